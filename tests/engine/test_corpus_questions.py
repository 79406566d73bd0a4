"""Questions about real machines: the answers hold for flows of these machines, and come in time and in few boxes."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from cmfw.engine.difference import differ
from cmfw.engine.reference import judge
from cmfw.engine.search import search
from cmfw.engine.shadow import EXAMINED, Reason, shadows
from cmfw.engine.space import ANYWHERE, known_programs
from cmfw.ingest import read_state
from cmfw.model.rule import canonical_program, program_basename
from cmfw.model.verdict import Answer
from cmfw.net.flow import TCP, UDP, Direction, Flow, Profile
from cmfw.net.flowtext import parse_parts

pytestmark = [pytest.mark.corpus, pytest.mark.slow]
HIVES = ("hives/win10_SYSTEM.xz", "hives/luthfina16_v2.30.wfw", "hives/win7_SYSTEM.xz")


@pytest.fixture(scope="module")
def machines(corpus):
    return {name: read_state([str(corpus / name)], local_subnets=["10.9.8.0/24"]).state for name in HIVES}


def flows(rng, *states):
    """Flows near the rules of the states: their programs, services and ports, over a few addresses."""
    rules = [rule for state in states for rule in state.rules if rule.store in EXAMINED and rule.active]
    for _ in range(60):
        rule, other = rng.choice(rules), rng.choice(rules)
        ports = [first for condition in (rule.local_port, rule.remote_port) for first, _ in condition.ports.ranges]
        program = canonical_program(rng.choice((rule, other)).program or "c:\\tools\\agent.exe")
        yield Flow(
            direction=rule.direction if rng.random() < 0.8 else rng.choice(tuple(Direction)),
            protocol=rng.choice((TCP, UDP)),
            local=(10 << 24) + 2311,
            remote=rng.choice(((10 << 24) + 2312, (192 << 24) + 513)),
            local_port=rng.choice([*ports, 445, 50000]),
            remote_port=rng.choice([*ports, 443, 50000]),
            profile=rng.choice(tuple(Profile)),
            program=program,
            service="" if program == "system" else (rule.service or "").strip("*").lower(),
        )


@pytest.mark.parametrize("name", HIVES)
def test_dead_rules_of_a_real_machine_can_go(name, machines, seed):
    state = machines[name]
    found = shadows(state)  # replays a witness of every living rule
    assert found.alive
    dead = [each for each in found.dead if each.reason is not Reason.INACTIVE]
    for each in Random(seed).sample(dead, min(len(dead), 12)):
        rest = replace(state, rules=tuple(rule for rule in state.rules if rule is not each.rule))
        assert differ(state, rest).is_equal, each


@pytest.mark.parametrize("name", HIVES)
def test_a_real_machine_equals_itself_in_another_order(name, machines):
    state = machines[name]
    assert differ(state, replace(state, rules=state.rules[::-1])).is_equal


@pytest.mark.parametrize(("one", "other"), [(HIVES[0], HIVES[1]), (HIVES[2], HIVES[0])])
def test_the_difference_of_two_real_machines_holds_their_flows(one, other, machines, seed):
    before, after = machines[one], machines[other]
    found = differ(before, after)
    assert not found.not_compared
    known = known_programs((*before.rules, *after.rules))
    for flow in flows(Random(seed), before, after):
        answers = judge(flow, before).answer, judge(flow, after).answer
        anywhere = ANYWHERE + program_basename(flow.program)
        told = replace(flow, program=anywhere) if flow.program not in known and anywhere in known else flow
        hits = {(change.before, change.after) for change in found.changes if any(told in box for box in change.boxes)}
        assert hits == ({answers} if answers[0] is not answers[1] else set()), flow.text()


def test_a_whole_real_machine_can_be_searched(machines, seed):
    state = machines[HIVES[0]]
    asked = parse_parts("in any * > *").flows()
    found = search(state, asked, [Answer.ALLOW])
    assert found.found
    assert not found.not_searched
    for flow in flows(Random(seed), state):
        allowed = flow in asked and judge(flow, state).answer is Answer.ALLOW
        assert any(flow in box for hit in found.found for box in hit.boxes) is allowed, flow.text()
