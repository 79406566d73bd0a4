"""From a machine's state to files, with the proof: what is written, what is refused, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.emit.machines import everywhere, machine, smb

from cmfw.emit import HOST_TARGETS, TARGETS
from cmfw.emit.convert import convert, host_target
from cmfw.engine.exact import Engine
from cmfw.errors import InputError
from cmfw.model.rule import Action, AddressMatch, Extras, PortMatch, Store
from cmfw.model.state import Gap, ProfileSettings
from cmfw.net.addr import AddrSet
from cmfw.net.flow import Profile
from cmfw.net.flowset import FlowSet
from cmfw.net.ports import PortSet

PACKAGED = Extras(packages=("S-1-15-2-1",))
TYPED = [t for t in HOST_TARGETS if t not in ("reg", "registry-pol", "gpo-backup")]
"""Targets that write conditions in words of their own; the others write rule strings."""


@pytest.mark.parametrize("target", HOST_TARGETS)
def test_a_plain_machine_is_written_equal(target):
    found = convert(machine(smb(), smb(id="other", local_port=PortMatch(PortSet.of(8003)))), target, where="m")
    assert (found.outcome, found.skipped) == ("equal", ())
    assert found.comparison.compared_rules == 2
    assert found.output.artifacts


@pytest.mark.parametrize("target", HOST_TARGETS)
def test_an_inactive_rule_stays_inactive(target):
    state = machine(smb(active=False), smb(id="on", local_port=PortMatch(PortSet.of(135))))
    module = host_target(target)
    made = module.read_policy(convert(state, target, where="m").output.artifacts).part.rules
    assert sorted(r.active for r in made) == [False, True]


@pytest.mark.parametrize("target", HOST_TARGETS)
def test_a_block_rule_blocks(target):
    state = machine(smb(), smb(id="no", action=Action.BLOCK, remote_address=AddressMatch(AddrSet.parse("10.1.0.5"))))
    found = convert(state, target, where="m")
    assert found.outcome == "equal"
    assert Action.BLOCK in {r.action for r in host_target(target).read_policy(found.output.artifacts).part.rules}


@pytest.mark.parametrize("target", TYPED)
def test_a_rule_that_the_target_cannot_say_is_refused_and_named(target):
    found = convert(machine(smb(), smb(id="app", extras=PACKAGED)), target, where="m")
    assert (found.outcome, found.output.artifacts, found.comparison) == ("refused", (), None)
    assert [(s.rule.id, s.effect) for s in found.skipped] == [("app", "narrower")]
    assert found.reasons[0].startswith("`app`: ")


@pytest.mark.parametrize("target", TYPED)
def test_it_is_left_out_where_narrower_is_allowed(target):
    state = machine(smb(), smb(id="rare", local_port=PortMatch(PortSet.of(99)), extras=Extras(ignore_remote=True)))
    found = convert(state, target, where="m", allow_narrower=True)
    assert found.outcome == "narrower"
    assert [s.rule.id for s in found.skipped] == ["rare"]
    assert found.output.artifacts
    (shown,) = found.comparison.shown
    assert shown.flow.local_port == 99
    assert shown.source != shown.written == "block"


@pytest.mark.parametrize("target", TYPED)
def test_a_block_rule_is_never_left_out(target):
    state = machine(smb(), smb(id="no", action=Action.BLOCK, extras=PACKAGED))
    found = convert(state, target, where="m", allow_narrower=True)
    assert found.outcome == "refused"
    assert [(s.rule.id, s.effect) for s in found.skipped] == [("no", "wider")]


@pytest.mark.parametrize("target", TYPED)
def test_an_inactive_rule_that_cannot_be_said_is_a_loss_and_no_refusal(target):
    found = convert(machine(smb(), smb(id="off", active=False, extras=PACKAGED)), target, where="m")
    assert found.outcome == "equal"
    assert [loss.item for loss in found.losses if loss.code == "inactive"] == ["off"]


def test_an_allow_that_may_block_is_not_simply_left_out():
    """An allow that demands IPsec blocks what is not authenticated (corrections 19): without it more passes."""
    ipsec = smb(id="ipsec", extras=Extras(security=("Authenticate",)))
    state = machine(smb(), ipsec)
    found = convert(state, "powershell", where="m", allow_narrower=True)
    assert found.outcome == "refused"
    assert found.comparison.answer == "wider"
    assert found.output.artifacts == ()
    shown = found.comparison.shown[0]
    assert (shown.source, shown.written) == ("unknown", "allow")


@pytest.mark.parametrize("target", ["reg", "registry-pol"])
def test_unknown_tokens_go_along_where_the_target_is_a_rule_string(target):
    novel = smb(id="novel", extras=Extras(unknown=(("Novel", "1"),)))
    found = convert(machine(novel), target, where="m")
    assert found.outcome == "equal"
    (made,) = host_target(target).read_policy(found.output.artifacts).part.rules
    assert made.extras.unknown == (("Novel", "1"),)


def test_predefined_rules_are_switched_by_id_where_the_machine_has_them():
    group = "@FirewallAPI.dll,-28502"
    on = smb(id="FPS-SMB-In-TCP", group=group, name="@FirewallAPI.dll,-28511")
    off = smb(id="FPS-NB_Session-In-TCP", group=group, active=False, local_port=PortMatch(PortSet.of(139)))
    found = convert(machine(on, off), "powershell", where="m")
    reading = host_target("powershell").read_policy(found.output.artifacts)
    assert (reading.members, reading.off, reading.part.rules) == (("FPS-SMB-In-TCP",), ("FPS-NB_Session-In-TCP",), ())
    assert "group-members" in {loss.code for loss in found.losses}


@pytest.mark.parametrize("target", ["reg", "registry-pol"])
def test_predefined_rules_are_kept_whole_in_rule_strings(target):
    one = smb(id="FPS-SMB-In-TCP", group="@FirewallAPI.dll,-28502", name="@FirewallAPI.dll,-28511")
    (made,) = host_target(target).read_policy(convert(machine(one), target, where="m").output.artifacts).part.rules
    assert (made.id, made.name, made.group) == (one.id, one.name, one.group)


def test_local_rules_that_the_policy_switches_off_stay_behind():
    gpo = ((Store.GPO, Profile.PUBLIC, ProfileSettings(allow_local_policy_merge=False)),)
    state = machine(smb(profiles=5), smb(id="policy", store=Store.GPO, local_port=PortMatch(PortSet.of(135))), settings={})
    found = convert(replace(state, settings=gpo), "reg", where="m")
    assert found.outcome == "equal"
    made = {r.id: r.profiles for r in host_target("reg").read_policy(found.output.artifacts).part.rules}
    assert made == {"cmfw-push-smb": 1, "policy": 1}
    assert {loss.code for loss in found.losses} >= {"merged", "not-counted"}


def test_rules_of_one_id_in_two_stores_both_go_along():
    state = machine(smb(), smb(store=Store.GPO, local_port=PortMatch(PortSet.of(135))))
    found = convert(state, "registry-pol", where="m")
    made = {r.id for r in host_target("registry-pol").read_policy(found.output.artifacts).part.rules}
    assert (found.outcome, made) == ("equal", {"cmfw-push-smb", "cmfw-push-smb (2)"})


def test_service_hardening_stays_behind_and_is_named():
    found = convert(machine(smb(), smb(id="h", store=Store.HARDENING, service="dhcp")), "reg", where="m")
    assert found.outcome == "equal"
    assert "hardening" in {loss.code for loss in found.losses}


@pytest.mark.parametrize("target", ["powershell", "registry-pol", "reg", "netsh"])
@pytest.mark.parametrize(
    "fields",
    [
        {"enable_firewall": False},
        {"enable_firewall": True, "do_not_allow_exceptions": True},
        {"default_outbound_allow": False},
        {"default_inbound_allow": True, "default_outbound_allow": True},
        {"disable_notifications": True, "disable_unicast_responses": True},
    ],
    ids=["off", "shields-up", "outbound-block", "inbound-allow", "cosmetic"],
)
def test_settings_go_along(target, fields):
    found = convert(machine(smb(), settings=everywhere(**fields)), target, where="m")
    assert found.outcome == "equal"
    settings = dict(host_target(target).read_policy(found.output.artifacts).part.settings)
    assert set(settings) == set(Profile)
    for each in settings.values():
        assert {name: getattr(each, name) for name in fields} == fields


def test_a_setting_without_a_word_is_a_loss_where_it_turns_no_verdict():
    found = convert(machine(smb(), settings=everywhere(disable_stealth_mode=True)), "powershell", where="m")
    assert found.outcome == "equal"
    assert [loss.item for loss in found.losses if loss.code == "setting-unsaid"] == [
        "domain.disable_stealth_mode",
        "private.disable_stealth_mode",
        "public.disable_stealth_mode",
    ]


def test_a_setting_without_a_word_that_decides_is_refused_with_the_flow():
    """Interfaces without a firewall pass everything; netsh cannot say that, and what it writes would be narrower."""
    state = machine(smb(), settings=everywhere(disabled_interfaces=("{A}",)))
    found = convert(state, "netsh", where="m")
    assert found.outcome == "refused"
    assert found.comparison.answer == "narrower"
    assert found.comparison.shown


def test_a_damaged_source_proves_nothing():
    gap = Gap("store:local", "the local store is damaged", may_allow=True, may_block=True)
    found = convert(machine(smb(), gaps=(gap,)), "reg", where="m")
    assert (found.outcome, found.output.artifacts) == ("undecided", ())
    assert found.reasons == ("store:local: the local store is damaged",)


def test_a_gap_that_turns_no_verdict_is_no_obstacle():
    found = convert(machine(smb(), gaps=(Gap("no_gpo_source", "none given"),)), "reg", where="m")
    assert found.outcome == "equal"


def test_a_target_that_is_none_of_a_host():
    with pytest.raises(InputError, match="found `list`"):
        convert(machine(smb()), "list", where="m")


def test_host_targets_are_targets_with_a_reader():
    for name in HOST_TARGETS:
        assert name in TARGETS
        module = host_target(name)
        assert {"CAPABILITIES", "check", "emit", "read_policy", "write_policy"} <= set(vars(module))


@pytest.mark.parametrize("target", HOST_TARGETS)
def test_the_proof_is_the_engines_answer(target):
    """What the proof calls equal, the engine finds equal: everything that passes on one host passes on the other."""
    from cmfw.emit.carried import carry
    from cmfw.emit.convert import written_state

    state = machine(smb(), smb(id="udp", protocol=17, local_port=PortMatch(PortSet.of((500, 600)))))
    module = host_target(target)
    carried = carry(state, module.CAPABILITIES, module.check, "m")
    output = module.write_policy(carried.policy)
    made = written_state(state, carried.policy, module.read_policy(output.artifacts))
    assert Engine(made).partition(FlowSet.ANY).allowed == Engine(state).partition(FlowSet.ANY).allowed
