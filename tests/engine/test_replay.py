"""Leaving out rules that cannot matter changes no verdict of the specification."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from cmfw.engine.reference import judge
from cmfw.engine.replay import Replay
from cmfw.model.rule import Action, Store
from cmfw.model.state import HostState
from cmfw.net.flow import TCP, Direction, Flow
from engine.small_rules import BLOCK, OFF, everywhere
from properties import universe


def test_every_verdict_is_that_of_the_whole_state(seed):
    rng = Random(seed)
    for _ in range(150):
        state = universe.state(rng)
        replay = Replay(state)
        for flow in (universe.flow_near(rng, state) for _ in range(8)):
            assert replay.judge(flow) == judge(flow, state), f"{flow.text()}\n{state}"
        assert len(replay.without_strangers(flow).rules) <= len(state.rules)


def test_hardening_of_a_service_counts_for_other_programs_where_the_firewall_is_off():
    hardening = replace(BLOCK, store=Store.HARDENING, action=Action.BLOCK, service="rpcss", program="C:\\a.exe")
    state = HostState(rules=(hardening,), settings=everywhere(OFF))
    flow = Flow(
        direction=Direction.OUT,
        protocol=TCP,
        local=9,
        remote=7,
        local_port=1,
        remote_port=2,
        program="c:\\b.exe",
        service="rpcss",
    )
    assert Replay(state).judge(flow) == judge(flow, state)
    assert Replay(state).judge(flow).answer == "unknown"
