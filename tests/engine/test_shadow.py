"""Why rules decide nothing, one case for each reason, and what covers them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cmfw.engine import shadow
from cmfw.engine.shadow import Doubt, Reason, shadows
from cmfw.model.rule import Action, Store
from cmfw.model.state import Gap, HostState
from cmfw.net.flow import Profile
from engine.small_rules import BLOCK, GONE, HIGH, INSIDE, LOW, ODD, OFF, OUT, SHIELDS, SMB, WIDE, everywhere, rule


@pytest.mark.parametrize(
    ("state", "reason", "by"),
    [
        pytest.param(HostState(rules=(replace(SMB, active=False),)), Reason.INACTIVE, [], id="switched off"),
        pytest.param(HostState(rules=(SMB,), settings=everywhere(GONE)), Reason.NOT_MERGED, [], id="not merged"),
        pytest.param(HostState(rules=(SMB,), settings=everywhere(OFF)), Reason.FIREWALL_OFF, [], id="firewall off"),
        pytest.param(HostState(rules=(SMB,), settings=everywhere(SHIELDS)), Reason.SETTING, [], id="block all inbound"),
        pytest.param(HostState(rules=(OUT,)), Reason.SETTING, [], id="outbound is allowed anyway"),
        pytest.param(HostState(rules=(BLOCK,)), Reason.SETTING, [], id="inbound is blocked anyway"),
        pytest.param(
            HostState(rules=(replace(SMB, extras=replace(SMB.extras, platforms=((2, 6, 1),))),), platform=(10, 0)),
            Reason.NEVER_MATCHES,
            [],
            id="for another Windows",
        ),
        pytest.param(HostState(rules=(SMB, replace(SMB, id="twin"))), Reason.DUPLICATE, ["twin"], id="said twice"),
        pytest.param(HostState(rules=(SMB, WIDE, LOW)), Reason.COVERED, ["wide"], id="inside another"),
        pytest.param(HostState(rules=(INSIDE, LOW, HIGH)), Reason.COVERED_TOGETHER, ["low", "high"], id="inside two"),
        pytest.param(HostState(rules=(SMB, BLOCK)), Reason.OVERRIDDEN, ["block"], id="blocked all the same"),
    ],
)  # fmt: skip
def test_the_first_rule_decides_nothing(state, reason, by):
    dead = shadows(state).dead[0]
    assert dead.rule is state.rules[0]
    assert dead.reason is reason
    assert [each.id for each in dead.by] == by


def test_one_of_two_halves_is_not_enough():
    found = shadows(HostState(rules=(INSIDE, LOW)))
    assert INSIDE in [each.rule for each in found.alive]


def test_a_living_rule_comes_with_a_flow_that_needs_it():
    (alive,) = shadows(HostState(rules=(SMB,))).alive
    assert (alive.verdict.answer, alive.without.answer) == ("allow", "block")
    assert alive.witness.local_port == 445


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(HostState(rules=(SMB, ODD)), id="covered by a rule that may match"),
        pytest.param(HostState(rules=(SMB,), gaps=(Gap("legacy_lists", "lists", may_allow=True),)), id="an unseen allow"),
    ],
)
def test_what_only_may_be_covered_is_not_dead(state):
    found = shadows(state)
    assert SMB not in [dead.rule for dead in found.dead]


def test_an_unknown_allow_beside_one_like_it_is_doubtful():
    twin = replace(ODD, id="twin")
    assert shadows(HostState(rules=(ODD, twin))).doubtful == ((ODD, Doubt.EVIDENCE), (twin, Doubt.EVIDENCE))


def test_lost_settings_leave_every_rule_in_doubt():
    state = HostState(rules=(SMB,), gaps=(Gap("setting:X", "lost", may_allow=True, may_block=True),))
    assert shadows(state).doubtful == ((SMB, Doubt.EVIDENCE),)


def test_too_complex_is_a_doubt_and_no_answer(monkeypatch):
    monkeypatch.setattr(shadow, "MOST_PIECES", 0)
    found = shadows(HostState(rules=(SMB, LOW)))
    assert [doubt for _, doubt in found.doubtful] == [Doubt.COMPLEXITY] * 2


def test_windows_own_stores_are_not_examined():
    hardening = replace(BLOCK, store=Store.HARDENING, service="rpcss")
    found = shadows(HostState(rules=(hardening, replace(SMB, store=Store.APPISO), SMB)))
    assert found.not_examined == 2
    assert [each.rule for each in found.alive] == [SMB]


def test_without_witnesses_the_dead_are_the_same():
    state = HostState(rules=(SMB, WIDE, LOW, BLOCK, replace(BLOCK, action=Action.BLOCK, id="again")))
    assert shadows(state, witnesses=False).dead == shadows(state).dead
    assert shadows(state, witnesses=False).alive == ()


def test_a_profile_that_does_not_merge_the_rule_needs_no_rule_that_covers_it():
    """Nothing is named for the profile where the rule decides nothing anyway, neither a rule nor what Windows keeps."""
    app = rule("app", "Action=Block|Dir=In|Protocol=6", store=Store.APPISO)
    not_public = ((Store.GPO, Profile.PUBLIC, GONE),)
    for_public = rule("public", "Action=Allow|Dir=In|Protocol=6|LPort2_10=1-1000|Profile=Public", store=Store.GPO)
    near = rule("near", "Action=Allow|Dir=In|Protocol=6|LPort=445|Profile=Domain")
    far = rule("far", "Action=Allow|Dir=In|Protocol=6|LPort=445|Profile=Public")
    both = (near, far)
    wide = rule("wide", "Action=Allow|Dir=In|Protocol=6|LPort2_10=1-1000|Profile=Domain", store=Store.GPO)
    found = shadows(HostState(rules=(*both, wide, for_public, app), settings=not_public))
    named = {dead.rule.id: (dead.reason, [each.id for each in dead.by]) for dead in found.dead}
    assert named == {"near": (Reason.COVERED, ["wide"]), "far": (Reason.NOT_MERGED, [])}
    spread = rule("spread", "Action=Allow|Dir=In|Protocol=6|LPort=445|Profile=Domain|Profile=Public")
    found = shadows(HostState(rules=(spread, wide, app), settings=not_public))
    assert [(dead.rule.id, [each.id for each in dead.by]) for dead in found.dead] == [("spread", ["wide"])]
