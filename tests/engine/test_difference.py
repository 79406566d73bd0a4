"""Differences of small machines: whole rules come back as one box, settings count, and nothing is claimed beyond a bound."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cmfw.engine import difference
from cmfw.engine.difference import differ
from cmfw.engine.rule_changes import Kind, rule_changes
from cmfw.model.rule import Action, Store
from cmfw.model.state import Gap, HostState, ProfileSettings
from cmfw.net.flow import Profile
from engine.small_rules import BLOCK, LOW, ODD, OUT, SMB, WIDE, everywhere


def kinds(before, after):
    return [(change.before.value, change.after.value, len(change.boxes)) for change in differ(before, after).changes]


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        pytest.param((), (SMB,), [("block", "allow", 2)], id="a new allow"),
        pytest.param((SMB,), (), [("allow", "block", 2)], id="an allow that went"),
        pytest.param((SMB,), (SMB, BLOCK), [("allow", "block", 2)], id="a block over an allow"),
        pytest.param((WIDE,), (WIDE, SMB), [], id="an allow that was inside another"),
        pytest.param((SMB,), (replace(SMB, profiles=1), replace(SMB, profiles=6)), [], id="a rule in two halves"),
        pytest.param((BLOCK, SMB), (BLOCK,), [], id="an allow that was blocked"),
        pytest.param((), (ODD,), [("block", "unknown", 2)], id="an allow with a word that nobody knows"),
        pytest.param((SMB, WIDE), (WIDE, SMB), [], id="another order"),
    ],
)  # fmt: skip
def test_changes_of_rules(before, after, wanted):
    assert kinds(HostState(rules=before), HostState(rules=after)) == wanted


def test_a_new_rule_comes_back_as_the_rule_says_it():
    (change,) = differ(HostState(), HostState(rules=(LOW,))).changes
    (box,) = change.boxes
    assert box.local_port == ((300, 445),)
    assert (box.profile, box.interface) == (7, 15)
    assert [ref.id for ref in change.verdict_after.by] == ["low"]


def test_what_another_rule_already_allowed_is_left_out():
    (change,) = differ(HostState(rules=(SMB,)), HostState(rules=(SMB, WIDE))).changes
    assert change.boxes[0].local_port == ((400, 444), (446, 500))


def test_writing_a_default_down_changes_nothing():
    spelt = ProfileSettings(default_inbound_allow=False, default_outbound_allow=True, enable_firewall=True)
    assert differ(HostState(rules=(SMB,)), HostState(rules=(SMB,), settings=everywhere(spelt))).is_equal


def test_another_default_changes_all_but_what_rules_decide():
    closed = everywhere(ProfileSettings(default_outbound_allow=False))
    found = differ(HostState(rules=(OUT,)), HostState(rules=(OUT,), settings=closed)).changes
    assert {(change.before.value, change.after.value) for change in found} == {("allow", "block")}
    assert not any(box.remote_port == ((10123, 10123),) for change in found for box in change.boxes)


def test_a_setting_of_one_profile_changes_that_profile_only():
    public = ((Store.GPO, Profile.PUBLIC, ProfileSettings(enable_firewall=False)),)
    found = differ(HostState(), HostState(settings=public)).changes
    assert {box.profile for change in found for box in change.boxes} == {4}


def test_lost_settings_are_a_change_of_what_is_known():
    lost = HostState(gaps=(Gap("setting:X", "lost", may_allow=True, may_block=True),))
    assert {after for _, after, _ in kinds(HostState(), lost)} == {"unknown"}
    assert differ(lost, lost).is_equal


def test_too_complex_is_said_and_is_not_equal(monkeypatch):
    monkeypatch.setattr(difference, "MOST_PIECES", 0)
    found = differ(HostState(rules=(SMB,)), HostState(rules=(SMB, WIDE)))
    assert not found.is_equal
    assert len(found.not_compared) == 2


def test_rules_are_paired_by_store_and_id():
    old = (SMB, WIDE, BLOCK, LOW)
    new = (replace(SMB, origin="elsewhere"), replace(WIDE, profiles=1, name="Wider"), LOW, LOW, OUT)
    found = [(change.kind, change.rule.id, change.fields) for change in rule_changes(old, new)]
    assert found == [
        (Kind.CHANGED, "wide", ("profiles", "name")),
        (Kind.REMOVED, "block", ()),
        (Kind.ADDED, "low", ()),
        (Kind.ADDED, "out", ()),
    ]


def test_of_rules_with_one_id_the_equal_ones_are_paired_first():
    other = replace(SMB, action=Action.BLOCK)
    assert rule_changes((SMB, other), (other, SMB)) == ()


HARD = replace(BLOCK, id="hard", store=Store.HARDENING, service="rpcss")
MAYBE = replace(HARD, id="maybe", action=Action.ALLOW, extras=ODD.extras)


def test_hardening_before_an_allow_that_both_have_is_a_change():
    allow = replace(WIDE, program=None)
    assert kinds(HostState(rules=(allow,)), HostState(rules=(allow, HARD))) == [("allow", "block", 2)]


def test_hardening_that_may_be_lifted_leaves_the_flow_open():
    allow = replace(WIDE, program=None)
    assert kinds(HostState(rules=(allow, HARD)), HostState(rules=(allow, HARD, MAYBE))) == [("block", "unknown", 2)]
