"""The path says what the specification says, step by step, and names what came close."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from cmfw.engine.decision_path import Stage, paths
from cmfw.engine.matching import Tri
from cmfw.engine.reference import judge
from cmfw.model.rule import Store
from cmfw.model.state import Gap, HostState, ProfileSettings, ServiceFact
from cmfw.net.flow import TCP, Direction, Flow, Profile
from engine.small_rules import BLOCK, LOW, ODD, SMB, everywhere
from properties import universe

FLOW = Flow(direction=Direction.IN, protocol=TCP, local=9, remote=10 << 24, local_port=445, remote_port=50000)


def step(state, stage, flow=FLOW):
    (path,) = paths(flow, state)
    return next(each for each in path if each.stage is stage)


def test_the_path_ends_where_the_verdict_says(seed):
    rng = Random(seed)
    for _ in range(150):
        state = universe.state(rng)
        for flow in (universe.flow_near(rng, state) for _ in range(5)):
            verdict = judge(flow, state)
            found = paths(flow, state)
            assert all(sum(each.decides for each in path) == 1 for path in found)
            if len(found) == 1 and len(found[0]) > 1 and verdict.answer != "unknown":
                decides = next(each for each in found[0] if each.decides)
                assert decides.answer is verdict.answer
                assert {ref.id for ref in verdict.by} <= {rule.id for rule in decides.sure}


def test_all_steps_come_in_the_order_of_windows():
    (path,) = paths(FLOW, HostState(rules=(SMB,)))
    assert [each.stage for each in path] == list(Stage)
    assert [each.stage for each in path if each.decides] == [Stage.ALLOW]


def test_a_rule_that_fails_in_one_condition_is_near():
    found = step(HostState(rules=(replace(SMB, profiles=2), replace(SMB, profiles=2, protocol=17))), Stage.ALLOW)
    assert [(miss.rule.profiles, miss.failed) for miss in found.near] == [(2, "profiles")]
    assert found.applies is Tri.NO


def test_a_rule_that_is_switched_off_is_idle_and_not_near():
    found = step(HostState(rules=(replace(SMB, active=False), LOW)), Stage.ALLOW)
    assert [rule.id for rule in found.idle] == ["smb"]
    assert [rule.id for rule in found.sure] == ["low"]


def test_a_rule_that_is_not_merged_is_idle():
    settings = everywhere(ProfileSettings(allow_local_policy_merge=False))
    assert step(HostState(rules=(BLOCK,), settings=settings), Stage.BLOCK).idle == (BLOCK,)


def test_what_may_match_says_what_is_missing():
    found = step(HostState(rules=(ODD,)), Stage.ALLOW)
    assert (found.applies, [rule.id for rule in found.possible], found.missing) == (Tri.MAYBE, ["odd"], ("token:Novel",))


def test_a_disabled_service_ends_the_path_at_once():
    (path,) = paths(FLOW, HostState(services=(ServiceFact(name="MpsSvc", start=4),)))
    assert [(each.stage, each.missing) for each in path] == [(Stage.SERVICE_STATE, ("service_state",))]


def test_lost_settings_end_the_path_too():
    (path,) = paths(FLOW, HostState(gaps=(Gap("setting:X", "lost", may_allow=True, may_block=True),)))
    assert path[0].missing == ("setting:X",)


def test_contradicting_policies_give_a_path_each():
    settings = tuple(
        (store, Profile.DOMAIN, ProfileSettings(default_inbound_allow=store is Store.MDM))
        for store in (Store.GPO, Store.MDM)
    )
    found = paths(FLOW, HostState(settings=settings))
    assert {path[-1].answer.value for path in found} == {"allow", "block"}
