"""The lab as an oracle: the same answers as the engine by packets, with the deciding rule, and unknown where it cannot play."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from tests.diagnose.machines import ask
from tests.diagnose.machines import state as client

from cmfw.engine.reference import judge
from cmfw.lab.oracle import NOT_PLAYED, LabOracle
from cmfw.model.rule import Action, HostRule, PortMatch
from cmfw.model.state import Gap, HostState
from cmfw.model.verdict import Answer, Oracle, RuleRef, Verdict, Why
from cmfw.net.addr import parse_address
from cmfw.net.flow import TCP, Direction, Flow, Interface, Principal
from cmfw.net.ports import PortSet
from properties import universe

pytestmark = pytest.mark.lab

RULE = HostRule(
    id="agent-in",
    action=Action.ALLOW,
    direction=Direction.IN,
    protocol=TCP,
    local_port=PortMatch(PortSet.of(2701)),
    program="C:\\Tools\\agent.exe",
    origin="test.reg",
)
STATE = HostState(rules=(RULE,))
FLOW = Flow(
    direction=Direction.IN,
    protocol=TCP,
    local=parse_address("10.4.0.7"),
    remote=parse_address("10.5.0.8"),
    local_port=2701,
    remote_port=50003,
    program="c:\\tools\\agent.exe",
)


def test_a_verdict_names_the_rule_that_decided():
    with LabOracle(STATE) as oracle:
        asked: Oracle = oracle
        assert asked.judge(FLOW) == Verdict(Answer.ALLOW, Why.RULE, (RuleRef("agent-in", "local", "test.reg"),))
        assert asked.judge(FLOW).answer is Answer.ALLOW  # the second time is a new flow
        assert asked.judge(replace(FLOW, program="c:\\tools\\other.exe")) == Verdict(Answer.BLOCK, Why.DEFAULT)
        assert asked.judge(replace(FLOW, local_port=2702)) == Verdict(Answer.BLOCK, Why.DEFAULT)
        out = replace(FLOW, direction=Direction.OUT)
        assert asked.judge(out) == Verdict(Answer.ALLOW, Why.DEFAULT)


@pytest.mark.parametrize(
    "flow",
    [
        replace(FLOW, interface=Interface.WIRELESS),
        replace(FLOW, remote=parse_address("224.0.0.5")),
        replace(FLOW, principal=Principal.CONFINED),
        replace(FLOW, protocol=47, local_port=None, remote_port=None),
    ],
    ids=["wireless", "multicast", "app container", "gre"],
)
def test_what_sockets_cannot_be_is_unknown(flow):
    with LabOracle(STATE) as oracle:
        assert not oracle.sees(flow)
        assert oracle.judge(flow) == Verdict(Answer.UNKNOWN, Why.EVIDENCE, missing=(NOT_PLAYED,))


def test_a_gap_stays_unknown_and_sends_nothing():
    with LabOracle(replace(STATE, gaps=(Gap("token:x", "a value", may_block=True),))) as oracle:
        assert oracle.judge(FLOW).missing == ("token:x",)
        assert not oracle._addresses


def test_random_flows_get_the_engines_answer(soak, seed, record_count):
    rng = Random(seed + 9)
    judged = 0
    for _ in range(4 * soak):
        state = universe.state(rng)
        with LabOracle(state) as oracle:
            for _ in range(12):
                flow = universe.flow_near(rng, state)
                found, wanted = oracle.judge(flow), judge(flow, state)
                if found.missing == (NOT_PLAYED,):
                    continue
                assert found.answer is wanted.answer, (flow.text(), found, wanted)
                judged += found.answer is not Answer.UNKNOWN
    assert judged >= 10
    record_count("lab oracle = engine, random (state, flow) pairs", judged)


def test_a_diagnosis_can_be_held_against_the_oracle():
    """Every counterexample of an audit is stopped on the wire too, by the same rule or default."""
    state = client()
    blocked = [flow for row in ask(state).rows for flow in row.blocking if flow.verdict.answer is Answer.BLOCK]
    assert blocked
    with LabOracle(state) as oracle:
        for one in blocked:
            if oracle.sees(one.flow):
                assert oracle.judge(one.flow).answer is Answer.BLOCK
