"""The smallest change that makes a row work, each proved on the changed machine."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.diagnose.machines import (
    EPM,
    FPS,
    NOTIFY_BLOCK,
    SMB,
    WINMGMT,
    ask,
    configured,
    planned,
    row,
    rule,
    shipped,
    site,
    state,
)

from cmfw import catalog
from cmfw.catalog.types import Edition
from cmfw.diagnose import diagnose
from cmfw.diagnose.leaves import Judge
from cmfw.diagnose.place import find_place
from cmfw.diagnose.repairs import Repairer
from cmfw.diagnose.results import Action
from cmfw.engine.exact import Engine
from cmfw.model.need import leaves
from cmfw.model.rule import Store
from cmfw.model.state import Gap
from cmfw.resolve import resolve

MERGE_OFF = configured(Store.GPO, allow_local_policy_merge=False)
SHIELDS = configured(Store.LOCAL, do_not_allow_exceptions=True)
OUT_BLOCKED = configured(Store.LOCAL, default_outbound_allow=False)
BLOCK_SMB = rule("no-smb", "Action=Block|Dir=In|Protocol=6|LPort=445|")
RC = rule("rc", "Dir=In|Protocol=6|LPort=2701|")

REPAIRS = (
    (
        "shipped rules that are off are switched on, and no more of them than it takes",
        {"rules": shipped()},
        "client_push",
        ["enable FPS-SMB-In-TCP-NoScope", "enable FPS-RPCSS-In-TCP-NoScope", "enable WMI-WINMGMT-In-TCP-NoScope"],
    ),
    (
        "what works already stays as it is",
        {"rules": (*shipped(), SMB, EPM)},
        "client_push",
        ["enable WMI-WINMGMT-In-TCP-NoScope"],
    ),
    (
        "without rules to switch on, the plan's own are added",
        {"rules": ()},
        "client_push",
        ["add cmfw-push-smb-in", "add cmfw-push-epm-in", "add cmfw-push-wmi-in"],
    ),
    ("a block rule goes", {"rules": (NOTIFY_BLOCK,)}, "client_notification", ["disable no-notify"]),
    (
        "a block rule goes before an allow can help",
        {"rules": (*shipped(), BLOCK_SMB, EPM, WINMGMT)},
        "client_push",
        ["disable no-smb", "enable FPS-SMB-In-TCP-NoScope"],
    ),
    ("shields-up goes, the rule is there", {"rules": (RC,), "settings": SHIELDS}, "remote_control", ["shields gpo-less"]),
    (
        "shields-up hides a missing rule",
        {"rules": (), "settings": SHIELDS},
        "remote_control",
        ["shields gpo-less", "add cmfw-rc-tcp-in"],
    ),
    (
        "local rules that do not count: the plan's own go into the policy",
        {"rules": (RC,), "settings": MERGE_OFF},
        "remote_control",
        ["add cmfw-rc-tcp-in in gpo"],
    ),
    (
        "outbound blocked by surprise: rules that the plan has for such machines",
        {"rules": (), "settings": OUT_BLOCKED},
        "client_notification",
        ["add cmfw-notify-tcp-out"],
    ),
    (
        "peers need both directions where outbound is blocked",
        {"rules": (), "settings": OUT_BLOCKED},
        "wakeup_proxy",
        [
            "add cmfw-wup-udp-in",
            "add cmfw-wup-udp-out",
            "add cmfw-wup-wol-out",
            "add cmfw-wup-icmp-in",
            "add cmfw-wup-icmp-out",
        ],
    ),
    (
        "peers that let everything in still need the way out",
        {"rules": (rule("in", "Dir=In|"),), "settings": OUT_BLOCKED},
        "wakeup_proxy",
        ["add cmfw-wup-udp-out", "add cmfw-wup-wol-out", "add cmfw-wup-icmp-out"],
    ),
    ("nothing to repair where the row works", {"rules": (RC,)}, "remote_control", []),
    (
        "nothing is promised where a gap may block",
        {"rules": (), "gaps": (Gap("token:lost", "a value", may_block=True),)},
        "remote_control",
        [],
    ),
)


def said(step) -> str:
    match step.action:
        case Action.ENABLE_RULE:
            return f"enable {step.rule.id}"
        case Action.DISABLE_RULE:
            return f"disable {step.rule.id}"
        case Action.ADD_RULE:
            return f"add {step.rule.id}" + (f" in {step.store.value}" if step.store is not Store.LOCAL else "")
        case Action.LEAVE_SHIELDS_UP:
            return "shields gpo-less"
        case _:
            return f"merge {step.store.value}"


@pytest.mark.parametrize(("changes", "feature", "wanted"), [r[1:] for r in REPAIRS], ids=[r[0] for r in REPAIRS])
def test_repair(changes, feature, wanted):
    machine = state(*changes["rules"], **{k: v for k, v in changes.items() if k != "rules"})
    found = row(ask(machine), feature)
    steps = [said(step) for repair in found.repair for step in repair.steps]
    assert sorted(steps) == sorted(wanted)
    for repair in found.repair:
        assert row(ask(repair.apply(machine)), feature).status == "works"


def test_a_policy_rule_is_added_in_the_policy():
    (repair,) = row(ask(state(RC, settings=MERGE_OFF)), "remote_control").repair
    assert repair.commands[0].startswith("New-NetFirewallRule -PolicyStore '<domain>\\<policy>' -Name 'cmfw-rc-tcp-in'")


def test_local_rules_count_again_where_the_plan_has_no_rule_of_its_own():
    """With the plan's rules taken away, switching the merge on is what is left."""
    machine = state(RC, settings=MERGE_OFF)
    plan = planned(site())
    bare = replace(plan, items=tuple(replace(item, rules=()) for item in plan.items))
    judge = Judge({item.id: item for item in bare.items}, find_place(site(), "office", host=False), Engine(machine))
    need = next(r for r in bare.rows if r.feature == "remote_control").need
    (repair,) = Repairer(judge, (), lambda _item, _end: ()).repairs("remote_control", need, frozenset(leaves(need)))
    assert [said(step) for step in repair.steps] == ["merge gpo"]


def test_a_plan_as_documented_lacks_rules_and_the_repair_does_not():
    """The page of 2016 gives the wake-up proxy no inbound exception for UDP 25536."""
    plan = resolve(catalog.load(), site(), edition=Edition.PAGE_2016, scope="documented")
    found = row(diagnose(catalog.load(), site(), plan, Engine(state()), "office"), "wakeup_proxy")
    assert "cmfw-wup-udp-in" in {step.rule.id for repair in found.repair for step in repair.steps}


def test_the_twin_for_the_local_subnet_is_no_repair():
    found = row(ask(state(*shipped()), of=site("private")), "client_push")
    assert [step.action for step in found.repair[0].steps] == [Action.ADD_RULE] * 3


def test_documented_groups_are_preferred_to_others_that_would_do():
    other = rule("A-Other-445", "Dir=In|Protocol=6|LPort=445|App=System|Profile=Domain|", on=False)
    found = row(ask(state(other, *shipped(), EPM, WINMGMT)), "client_push")
    assert [step.rule.id for step in found.repair[0].steps] == ["FPS-SMB-In-TCP-NoScope"]


def test_the_json_holds_the_commands_of_the_repair():
    found = row(ask(state(*shipped(), EPM, WINMGMT)), "client_push").as_dict()
    assert found["repair"] == ["Enable-NetFirewallRule -Name 'FPS-SMB-In-TCP-NoScope'"]


@pytest.mark.parametrize(
    ("group", "first"),
    [
        ("@PeerDistSvc.dll,-9002", "New-NetFirewallRule -Name 'cmfw-"),
        (FPS, "Enable-NetFirewallRule -Name 'idle'"),
        ("hand made", "Enable-NetFirewallRule -Name 'idle'"),
    ],
    ids=["another feature of Windows stays off", "a documented group", "a rule of the administrator"],
)
def test_only_rules_that_are_meant_for_it_are_switched_on(group, first):
    idle = rule("idle", f"Dir=In|Protocol=6|LPort=2701|Name={group}|EmbedCtxt={group}|", on=False)
    (repair,) = row(ask(state(idle)), "remote_control").repair
    assert len(repair.commands) == 1
    assert repair.commands[0].startswith(first)
