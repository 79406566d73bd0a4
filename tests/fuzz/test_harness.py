"""The harness itself: what it says of its changes is true, and it sees a loss, a crash and a hang."""

from __future__ import annotations

import random

import pytest
from tests.fuzz import containers, harness
from tests.fuzz.harness import Mutation, Seed, Target, inputs, mutate, run

from cmfw.ingest.preg import PolicyReading
from cmfw.ingest.regf import Hive

CONTENT = bytes(random.Random(3).randbytes(400))


def no_check(seed: Seed, mutation: Mutation) -> None:
    """Accepts everything."""


def test_the_same_number_gives_the_same_inputs():
    target = Target("t", (Seed("a", CONTENT), Seed("b", CONTENT[:90], weight=3)), no_check, (b"token",))
    first, again, other = (list(inputs(target, 200, seed)) for seed in (7, 7, 8))
    assert first == again
    assert first != other
    assert sum(origin.name == "b" for origin, _ in first) > 100


@pytest.mark.parametrize("length", [400, 9, 1])
def test_what_a_mutation_leaves_is_there(length):
    origin = Seed("a", CONTENT[:length], hot=((0, min(length, 20)),))
    rng = random.Random(5)
    moved = 0
    for _ in range(2000):
        mutation = mutate(origin, rng, (b"token", b"\0"))
        for at in range(length):
            if mutation.leaves_in_place(at, at + 1):
                assert mutation.content[at : at + 1] == origin.content[at : at + 1], mutation.steps
            elif mutation.moved_from is not None and mutation.leaves(at, at + 1):
                back = length - at
                assert mutation.content[len(mutation.content) - back :][:1] == origin.content[at : at + 1], mutation.steps
                moved += 1
    assert moved or length == 1


def test_all_kinds_of_changes_occur():
    steps = {
        step.split()[0] for _, m in inputs(Target("t", (Seed("a", CONTENT),), no_check, (b"t",)), 500, 1) for step in m.steps
    }
    assert steps == {step.__name__ for step in harness.IN_PLACE} | {"cut", "leave", "put"}


def test_an_empty_seed_can_be_changed():
    report = run(Target("t", (Seed("empty", b""),), no_check, (b"t",)), 200, 1)
    assert (report.inputs, report.failures) == (200, [])


def failing(error: BaseException):
    def check(*_: object) -> None:
        raise error

    return check


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (AssertionError("rule-1"), "lost: rule-1"),
        (ValueError("x"), "crashed: ValueError('x')"),
        (RecursionError(), "crashed"),
    ],
)
def test_a_failure_is_reported_and_the_run_ends_early(error, says):
    report = run(Target("t", (Seed("a", CONTENT),), failing(error)), 100, 9)
    assert report.inputs == len(report.failures) == 5
    assert report.failures[0].startswith("t seed 9 input 0 of `a` (")
    assert says in report.failures[0]


def test_a_slow_input_is_a_failure(monkeypatch):
    times = iter(range(0, 10_000, 3))
    monkeypatch.setattr(harness.time, "thread_time", lambda: next(times))
    report = run(Target("t", (Seed("a", CONTENT),), no_check), 100, 9)
    assert "took 3.0 s" in report.failures[0]


@pytest.mark.slow
class TestTheChecksSee:
    """A reader that keeps quiet about damage, or drops something of a sound file, is found out within few inputs."""

    def test_a_hive_reader_without_problems(self, monkeypatch):
        target = containers.fuzz_regf(None)
        monkeypatch.setattr(Hive, "note", lambda *_, **__: None)
        assert any("lost" in f for f in run(target, 1000, 1).failures)

    def test_a_hive_reader_that_drops_a_value(self, monkeypatch):
        target = containers.fuzz_regf(None)
        read = Hive.values
        monkeypatch.setattr(Hive, "values", lambda self, key: read(self, key)[:7])
        assert any("lost" in f for f in run(target, 1000, 1).failures)

    def test_a_policy_reader_without_problems(self, monkeypatch):
        target = containers.fuzz_preg(None)
        read = containers.read_preg
        monkeypatch.setattr(containers, "read_preg", lambda *a: PolicyReading(read(*a).entries, ()))
        assert any("lost" in f for f in run(target, 1000, 1).failures)

    def test_a_reg_reader_without_problems(self, monkeypatch):
        target = containers.fuzz_reg(None)
        read = containers.read_reg
        monkeypatch.setattr(containers, "read_reg", lambda *a: read(*a)._replace(problems=()))
        assert any("lost" in f for f in run(target, 1000, 1).failures)
