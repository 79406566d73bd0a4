"""Searches on a small machine: what is found, what certainly is not, and where nothing is claimed."""

from __future__ import annotations

import pytest

from cmfw.engine import search as module
from cmfw.engine.search import search
from cmfw.model.state import HostState
from cmfw.model.verdict import Answer
from cmfw.net.flowtext import parse_parts
from engine.small_rules import BLOCK, LOW, ODD, OUT, SMB, WIDE

STATE = HostState(rules=(SMB, WIDE, LOW, OUT))


def found(text, *answers, state=STATE, rules=None):
    hits = search(state, parse_parts(text).flows(), answers, rules).found
    return [(hit.boxes[0].local_port, hit.verdict.answer.value) for hit in hits]


@pytest.mark.parametrize(
    ("text", "answer", "wanted"),
    [
        pytest.param("in tcp 10.0.0.0/8 > *:445", Answer.ALLOW, [((445, 445),)], id="an allow"),
        pytest.param("in tcp 10.0.0.0/8 > *:*", Answer.ALLOW, [((300, 445),), ((400, 500),)], id="two rules, two boxes"),
        pytest.param("in tcp 192.0.2.0/24 > *:300-399", Answer.ALLOW, [], id="nothing outside the scope"),
        pytest.param("in tcp * > *:445 program=system", Answer.BLOCK, [], id="nothing of it is blocked"),
        pytest.param("in tcp 192.0.2.0/24 > *:399-400 program=system", Answer.BLOCK, [((399, 399),)], id="a block"),
    ],
)
def test_what_is_found(text, answer, wanted):
    assert sorted(ports for ports, _ in found(text, answer)) == wanted


def test_a_rule_decides_only_where_no_other_step_does():
    state = HostState(rules=(WIDE, BLOCK))
    assert found("in tcp 10.0.0.5 > *", *Answer, state=state, rules=[WIDE]) == [(((400, 439), (451, 500)), "allow")]
    assert found("in tcp 10.0.0.5 > *", *Answer, state=state, rules=[BLOCK]) == [(((440, 450),), "block")]


def test_a_rule_without_effect_decides_nothing():
    hits = search(HostState(rules=(SMB, BLOCK)), parse_parts("in any * > *").flows(), tuple(Answer), [SMB])
    assert hits.found == ()
    assert hits.not_searched == ()


def test_an_unknown_answer_names_the_rule_in_doubt():
    (hit,) = search(HostState(rules=(ODD,)), parse_parts("in tcp 10.0.0.5 > 10.1.0.9").flows(), [Answer.UNKNOWN]).found
    assert [ref.id for ref in hit.verdict.by] == ["odd"]


def test_too_complex_is_said(monkeypatch):
    monkeypatch.setattr(module, "MOST_PIECES", 0)
    hits = search(STATE, parse_parts("in tcp 10.0.0.0/8 > *:445").flows(), [Answer.ALLOW])
    assert hits.found == ()
    assert len(hits.not_searched) == 1
