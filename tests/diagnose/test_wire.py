"""What packets showed, as an oracle and as statuses of features."""

from __future__ import annotations

import pytest
from tests.diagnose.test_reconcile import PLAN, SERVER, TARGET, result

from cmfw.diagnose.wire import WireOracle, item_bounds, wire_rows
from cmfw.model.verdict import Answer, Why
from cmfw.model.wire import Word
from cmfw.net.flow import Direction, Flow

ITEMS = {item.flow: item for item in PLAN.items}


def flow(port: int = 445, *, direction: Direction = Direction.IN, remote: int = SERVER, local: int = TARGET) -> Flow:
    inbound = direction is Direction.IN
    return Flow(
        direction=direction,
        protocol=6,
        local=local if inbound else remote,
        remote=remote if inbound else local,
        local_port=port if inbound else 50000,
        remote_port=50000 if inbound else port,
    )


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize(
    ("words", "answer", "missing"),
    [
        ([Word.OPEN], Answer.ALLOW, ()),
        ([Word.CLOSED], Answer.ALLOW, ()),
        ([Word.REJECTED], Answer.BLOCK, ()),
        ([Word.FILTERED], Answer.UNKNOWN, ("wire:filtered",)),
        ([Word.OPEN, Word.NETWORK_DROPS], Answer.BLOCK, ()),
        ([Word.OPEN, Word.HOST_DOWN], Answer.UNKNOWN, ("wire:host_down",)),
    ],
    ids=lambda value: "+".join(map(str, value)) if isinstance(value, list) else "",
)
def test_both_ends_ask_about_the_same_packets(direction, words, answer, missing):
    oracle = WireOracle(tuple(result(word) for word in words))
    verdict = oracle.judge(flow(direction=direction))
    assert (verdict.answer, verdict.missing) == (answer, missing)
    assert verdict.why is (Why.EVIDENCE if missing else Why.WIRE)
    assert oracle.sees(flow(direction=direction))
    assert oracle.name == "probe"


@pytest.mark.parametrize(
    "other", [flow(446), flow(remote=SERVER + 1), flow(local=TARGET + 1)], ids=["port", "source", "target"]
)
def test_other_packets_were_not_seen(other):
    oracle = WireOracle((result(Word.OPEN),))
    assert not oracle.sees(other)
    assert oracle.judge(other).missing == ("probe",)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ({1: Word.OPEN, 2: Word.OPEN}, "works"),
        ({1: Word.OPEN, 2: Word.REJECTED}, "degraded"),
        ({1: Word.REJECTED, 2: Word.REJECTED}, "broken"),
        ({1: Word.FILTERED, 2: Word.OPEN}, "unknown"),
        ({}, "unknown"),
    ],
    ids=["all", "some", "none", "one is silent", "no probe"],
)
def test_an_item_over_several_targets(words, status):
    results = [result(word, address=TARGET + at) for at, word in words.items()]
    assert item_bounds(ITEMS["push_smb"], results).word == status


def test_rows_follow_from_the_formula():
    names = ("push_smb", "push_epm", "push_wmi")
    working = [result(Word.OPEN, flow=name, port=port) for name, port in zip(names, (445, 135, 49664), strict=True)]
    (push,) = [row for row in wire_rows(PLAN, working, elsewhere=True) if row.feature == "client_push"]
    assert push.status == "works"
    assert any(name.startswith("setup_mp") for name in push.unseen)
    # what starts elsewhere is left open where it is not assumed
    assert {row.status for row in wire_rows(PLAN, working)} == {"unknown"}
    broken = [*working[:2], result(Word.HOST_DROPS, flow="push_wmi", port=49664)]
    (push,) = [row for row in wire_rows(PLAN, broken, elsewhere=True) if row.feature == "client_push"]
    assert push.status == "broken"
