"""What a machine has of our rules: found by id or name, compared by what they match."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.emit.machines import everywhere, machine
from tests.emit.plans import group_exception, item, request, rule

from cmfw.emit import HOST_TARGETS, emit
from cmfw.emit.convert import host_target
from cmfw.emit.deployed import look_for
from cmfw.errors import InputError
from cmfw.model.rule import AddressMatch, PortMatch, Store
from cmfw.net.addr import AddrSet
from cmfw.net.ports import PortSet

OTHER = rule(id="cmfw-web", local_port=PortMatch(PortSet.of(80)))
ASKED = request(item(rule(), OTHER, citations=()))


def deployed(target):
    """What the artifacts of the target make, as a machine has it."""
    artifacts = emit(target, ASKED).artifacts
    return artifacts, host_target(target).read_policy(artifacts).part.rules


@pytest.mark.parametrize("target", HOST_TARGETS)
def test_what_was_written_is_as_asked(target):
    artifacts, rules = deployed(target)
    found = look_for(target, artifacts, machine(*rules))
    assert found.is_as_asked
    assert found.same == 2


@pytest.mark.parametrize("target", ["netsh", "intune", "dsc", "ansible"])
def test_a_rule_whose_id_the_format_lost_is_found_by_its_name(target):
    artifacts, rules = deployed(target)
    anonymous = [replace(r, id=f"{{GUID-{n}}}") for n, r in enumerate(rules)]
    assert look_for(target, artifacts, machine(*anonymous)).is_as_asked


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({"active": False}, ("inactive",)),
        ({"local_port": PortMatch(PortSet.of(446))}, ("ports",)),
        ({"remote_address": AddressMatch.ANY}, ("remote_address",)),
        ({"program": None, "profiles": 3}, ("profiles", "program")),
    ],
    ids=["switched off", "port", "wider", "two conditions"],
)
def test_what_differs_is_named(change, reasons):
    artifacts, (first, second) = deployed("powershell")
    found = look_for("powershell", artifacts, machine(replace(first, **change), second))
    assert [(d.id, d.reasons) for d in found.different] == [("cmfw-push-smb", reasons)]
    assert (found.same, found.missing, found.extra) == (1, (), ())


def test_another_spelling_is_the_same():
    artifacts, (first, second) = deployed("powershell")
    halves = [replace(first, remote_address=AddressMatch(AddrSet.parse("10.1.0.5-10.1.0.5"))), second]
    assert look_for("powershell", artifacts, machine(*halves)).is_as_asked


def test_missing_and_left_over():
    artifacts, (first, _) = deployed("powershell")
    old = replace(first, id="cmfw-old")
    theirs = replace(first, id="theirs", name="theirs", group="")
    found = look_for("powershell", artifacts, machine(first, old, theirs))
    assert (found.missing, found.extra) == (("cmfw-web",), ("cmfw-old",))


def test_a_local_rule_that_policy_does_not_let_count():
    artifacts, rules = deployed("reg")
    state = machine(*rules, settings=everywhere(allow_local_policy_merge=False), store=Store.GPO)
    found = look_for("reg", artifacts, state)
    assert {d.reasons for d in found.different} == {("not_counted",)}


def test_groups_are_looked_for_by_their_members():
    asked = request(exceptions=[group_exception()], scope="documented")
    artifacts = emit("powershell", asked).artifacts
    member = rule(id="FPS-SMB-In-TCP-NoScope", group="@FirewallAPI.dll,-28502")
    assert look_for("powershell", artifacts, machine(member)).is_as_asked
    off = look_for("powershell", artifacts, machine(replace(member, active=False)))
    assert [d.reasons for d in off.different] == [("inactive",)]
    assert look_for("powershell", artifacts, machine()).missing == ("@FirewallAPI.dll,-28502",)


def test_a_list_has_nothing_to_look_for():
    with pytest.raises(InputError, match="found `list`"):
        look_for("list", emit("list", ASKED).artifacts, machine())


@pytest.mark.parametrize(
    ("day", "expired"),
    [("", ()), ("2027-06-30", ()), ("2027-07-01", ("cmfw-push-smb",))],
    ids=["no day asked", "the last day", "the day after"],
)
def test_rules_whose_last_day_is_over(day, expired):
    """Said by their descriptions, and no difference: nobody knows yet whether they are still needed."""
    artifacts, (one, other) = deployed("powershell")
    one, other = sorted((one, other), key=lambda each: each.id)
    said = machine(
        replace(one, description="SMB; owner: x; expires: 2027-06-30"),
        replace(other, description="expires: tomorrow"),
        rule(id="theirs", group="", description="owner: y; expires: 2001-01-01"),
    )
    found = look_for("powershell", artifacts, said, day)
    assert found.is_as_asked
    assert found.expired == expired
