"""SyncML of the Firewall CSP: commands in their order, defaults, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.ingest.policy_writers import ROOT

from cmfw.engine.exact import Engine
from cmfw.errors import InputError
from cmfw.ingest import read_state
from cmfw.model.rule import Action, Store, canonical_program
from cmfw.model.state import HostState
from cmfw.net.flow import Direction, Profile
from cmfw.net.flowquery import Names, parse_flow

NAMES = Names(canonical=canonical_program)
IN_80 = "in tcp 10.3.0.9:51000 > 10.7.0.2:80 profile=domain program=system service=none"
OUT_80 = "out tcp 10.7.0.2:51000 > 10.3.0.9:80 profile=domain program=system service=none"
RULE = {"Name": "n", "Enabled": "true", "Direction": "IN", "Action/Type": "1", "Protocol": "6", "LocalPortRanges": "80"}


def command(verb: str, node: str, data: str | None, *, root: str = ROOT) -> str:
    value = "" if data is None else f"<Data>{data}</Data>"
    return f"<{verb}><CmdID>1</CmdID><Item><Target><LocURI>{root}/{node}</LocURI></Target>{value}</Item></{verb}>"


def commands(nodes: dict[str, str], rule: str = "r", verb: str = "Add") -> str:
    return "".join(command(verb, f"FirewallRules/{rule}/{name}", data) for name, data in nodes.items())


def state(tmp_path: Path, body: str, *, bare: bool = False) -> HostState:
    path = tmp_path / "policy.xml"
    path.write_text(body if bare else f"<SyncML><SyncBody>{body}</SyncBody></SyncML>", encoding="utf-8")
    return read_state([str(path)]).state


def answer(found: HostState, flow: str) -> str:
    return Engine(found).verdict(parse_flow(flow, NAMES).flows).answer.value


DOUBT = {
    "sent in full": ({}, "allow"),
    "off": ({"Enabled": "false"}, "block"),
    "blocked": ({"Action/Type": "0"}, "block"),
    "another port": ({"LocalPortRanges": "81,90-99"}, "block"),
    "of a list": ({"LocalPortRanges": "70-90,443"}, "allow"),
    "Enabled not sent": ({"Enabled": None}, "unknown"),
    "Direction not sent": ({"Direction": None}, "unknown"),
    "Action not sent": ({"Action/Type": None}, "unknown"),
    "ports without a protocol": ({"Protocol": None}, "unknown"),
    "a port word, which the CSP has none of": ({"LocalPortRanges": "http"}, "unknown"),
    "an address that is none": ({"RemoteAddressRanges": "10.0.0"}, "unknown"),
    "another address": ({"RemoteAddressRanges": "10.9.0.0/16"}, "block"),
    "an address with a mask": ({"RemoteAddressRanges": "10.3.0.0/255.255.0.0"}, "allow"),
    "dynamic addresses": ({"RemoteAddressDynamicKeywords": "{1}"}, "unknown"),
    "an application control id": ({"PolicyAppId": "a"}, "unknown"),
    "a qualified name": ({"App/Fqbn": "O=X"}, "unknown"),
    "a package, which the listener is not": ({"App/PackageFamilyName": "a_b"}, "block"),
    "a node that is not known": ({"Novel": "1"}, "unknown"),
    "profiles as a sum": ({"Profiles": "3"}, "allow"),
    "another profile": ({"Profiles": "6"}, "block"),
    "all profiles": ({"Profiles": "2147483647"}, "allow"),
    "profiles that are none": ({"Profiles": "8"}, "unknown"),
    "interfaces": ({"InterfaceTypes": "Lan,Wireless"}, "allow"),
}


@pytest.mark.parametrize(("changes", "expected"), DOUBT.values(), ids=DOUBT)
def test_what_a_rule_proves(tmp_path: Path, changes: dict, expected: str) -> None:
    nodes = {name: data for name, data in (RULE | changes).items() if data is not None}
    flow = f"{IN_80} interface=lan"
    assert answer(state(tmp_path, commands(nodes)), flow) == expected


def test_a_rule_of_which_nothing_decisive_is_sent_may_be_anything(tmp_path: Path) -> None:
    found = state(tmp_path, commands({"Name": "n", "Protocol": "6"}))
    assert {(rule.action, rule.direction) for rule in found.rules} == {
        (action, direction) for action in (Action.ALLOW, Action.BLOCK) for direction in Direction
    }
    assert (answer(found, IN_80), answer(found, OUT_80)) == ("unknown", "unknown")


SHAPES = {
    "with a root": (commands(RULE), False),
    "without one": (commands(RULE), True),
    "with a declaration and no root": (f'<?xml version="1.0"?>{commands(RULE)}', True),
    "replaced": (commands(RULE, verb="Replace"), False),
    "below Device": (commands(RULE).replace("./Vendor", "./Device/Vendor"), False),
    "in an Atomic": (f"<Atomic>{commands(RULE)}</Atomic>", False),
    "as data": (commands(RULE | {"Name": "<![CDATA[n]]>"}), False),
    "the later value counts": (commands(RULE | {"LocalPortRanges": "81"}) + commands({"LocalPortRanges": "80"}), False),
    "other CSPs around it": (
        command("Add", "x", "1", root="./Vendor/MSFT/BitLocker") + commands(RULE) + command("Exec", "y", "1"),
        False,
    ),
}


@pytest.mark.parametrize(("body", "bare"), SHAPES.values(), ids=SHAPES)
def test_shapes(tmp_path: Path, body: str, bare: bool) -> None:
    (rule,) = state(tmp_path, body, bare=bare).rules
    assert (rule.id, rule.name, rule.store, str(rule.local_port.ports)) == ("r", "n", Store.MDM, "80")


def test_the_answer_of_a_machine(tmp_path: Path) -> None:
    body = commands(RULE).replace("<Add>", "<Results>").replace("</Add>", "</Results>").replace("Target", "Source")
    assert len(state(tmp_path, body).rules) == 1


def test_a_deleted_rule_is_gone(tmp_path: Path) -> None:
    body = commands(RULE) + commands(RULE, rule="s") + command("Delete", "FirewallRules/R", None)
    assert [rule.id for rule in state(tmp_path, body).rules] == ["s"]


def test_settings(tmp_path: Path) -> None:
    nodes = {"EnableFirewall": "true", "Shielded": "false", "DefaultOutboundAction": "1", "DefaultInboundAction": "0"}
    nodes |= {
        "AllowLocalPolicyMerge": "false",
        "GlobalPortsAllowUserPrefMerge": "false",
        "AuthAppsAllowUserPrefMerge": "true",
    }
    nodes |= {"LogFilePath": "x", "EnableLogDroppedPackets": "true"}
    body = "".join(command("Add", f"PublicProfile/{name}", data) for name, data in nodes.items())
    found = state(tmp_path, body).setting(Store.MDM, Profile.PUBLIC)
    assert (found.enable_firewall, found.do_not_allow_exceptions) == (True, False)
    assert (found.default_outbound_allow, found.default_inbound_allow) == (False, True)
    assert (found.allow_local_policy_merge, found.ports_allow_user_pref_merge) == (False, False)
    assert found.apps_allow_user_pref_merge is True


@pytest.mark.parametrize(
    ("name", "data"), [("EnableFirewall", "perhaps"), ("DefaultInboundAction", "2"), ("NewSwitch", "1")]
)
def test_a_setting_that_is_not_known_leaves_everything_open(tmp_path: Path, name: str, data: str) -> None:
    found = state(tmp_path, command("Add", f"DomainProfile/{name}", data) + commands(RULE))
    assert answer(found, IN_80) == "unknown"
    assert [gap.code for gap in found.gaps if gap.may_allow] == [f"setting:{name.lower()}"]


REFUSED = {
    "a document type": f'<!DOCTYPE SyncML [<!ENTITY a "b">]><SyncML>{commands(RULE)}</SyncML>',
    "another CSP alone": command("Add", "x", "1", root="./Vendor/MSFT/Firewall/MdmStoreX"),
    "no XML": f"<SyncML>{commands(RULE)}",
    "deep nesting": "<a>" * 300 + commands(RULE) + "</a>" * 300,
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_what_is_refused(tmp_path: Path, body: str) -> None:
    with pytest.raises(InputError):
        state(tmp_path, body, bare=True)


def test_an_address_in_a_command_that_is_not_known_is_not_passed_over(tmp_path: Path) -> None:
    found = state(tmp_path, commands(RULE) + command("Amend", "DomainProfile/EnableFirewall", "false"))
    assert [(gap.code, gap.may_allow, gap.may_block) for gap in found.gaps if gap.may_allow] == [("store:mdm", True, True)]


def test_a_question_to_the_machine_changes_nothing(tmp_path: Path) -> None:
    found = state(tmp_path, commands(RULE) + command("Get", "DomainProfile/EnableFirewall", None))
    assert (len(found.rules), [gap.code for gap in found.gaps if gap.may_allow]) == (1, [])


def test_two_policies_with_different_rules_of_one_id_prove_nothing(tmp_path):
    """A node of the CSP holds one rule, and which policy wrote last is not known."""
    paths = []
    for name, port in (("one", "80"), ("two", "81")):
        path = tmp_path / f"{name}.xml"
        path.write_text(
            f"<SyncML><SyncBody>{commands(RULE | {'LocalPortRanges': port})}</SyncBody></SyncML>", encoding="utf-8"
        )
        paths.append(str(path))
    assert answer(read_state(paths[:1]).state, IN_80) == "allow"
    both = read_state(paths).state
    assert answer(both, IN_80) == "unknown"
    assert [gap.code for gap in both.gaps if gap.code == "gpo_conflict"] == ["gpo_conflict"]
    assert not any("GPO" in gap.detail for gap in both.gaps if gap.code == "gpo_conflict")
