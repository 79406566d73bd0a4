"""Policy keys of every store, as trees in memory: what becomes a setting, a rule, a gap or a problem."""

from __future__ import annotations

import pytest
from tests.ingest.registry_trees import tree

from cmfw.ingest.connection_rules import is_connection_rule, parse_connection_rule
from cmfw.ingest.host_keys import read_addresses, read_rpc_ports, read_services
from cmfw.ingest.policy_keys import policy_version, read_local_policy, read_policy, read_rules
from cmfw.ingest.registry import (
    REG_DWORD,
    REG_EXPAND_SZ,
    REG_MULTI_SZ,
    REG_SZ,
    RegistryTree,
    encode_text,
)
from cmfw.model.rule import Store
from cmfw.model.state import ProfileSettings, ServiceFact
from cmfw.net.addr import AddrSet
from cmfw.net.flow import Profile
from cmfw.net.ports import PortSet

RULE = "v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=2701|Name=n|"
ALL = (Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC)


def settings(view: RegistryTree, store: Store) -> dict[Profile, ProfileSettings]:
    return dict(read_policy(view, "", store).settings)


FIELDS = {
    "EnableFirewall 0": ({"EnableFirewall": 0}, {"enable_firewall": False}),
    "EnableFirewall in other case": ({"enablefirewall": 1}, {"enable_firewall": True}),
    "shields up": ({"DoNotAllowExceptions": 1}, {"do_not_allow_exceptions": True}),
    "inbound action 1 is block": ({"DefaultInboundAction": 1}, {"default_inbound_allow": False}),
    "outbound action 0 is allow": ({"DefaultOutboundAction": 0}, {"default_outbound_allow": True}),
    "local rules do not count": ({"AllowLocalPolicyMerge": 0}, {"allow_local_policy_merge": False}),
    "local ipsec rules do not count": ({"AllowLocalIPsecPolicyMerge": 0}, {"allow_local_ipsec_policy_merge": False}),
    "no notification": ({"DisableNotifications": 1}, {"disable_notifications": True}),
    "stealth off": ({"DisableStealthMode": 1}, {"disable_stealth_mode": True}),
    "no unicast answers": (
        {"DisableUnicastResponsesToMulticastBroadcast": 1},
        {"disable_unicast_responses": True},
    ),
    "interfaces exempt": ({"DisabledInterfaces": "{A},{B}"}, {"disabled_interfaces": ("{A}", "{B}")}),
    "values of no concern": ({"LogFileSize": 4096, "PolicyVersion": 7}, None),
}


@pytest.mark.parametrize(("values", "expected"), FIELDS.values(), ids=FIELDS)
def test_settings(values: dict[str, object], expected: dict[str, object] | None) -> None:
    found = settings(tree(DomainProfile=values), Store.GPO)
    assert found == ({} if expected is None else {Profile.DOMAIN: ProfileSettings(**expected)})


def test_user_preferences_stand_in_subkeys() -> None:
    view = tree(
        PublicProfile__AuthorizedApplications={"AllowUserPrefMerge": 0},
        PublicProfile__GloballyOpenPorts={"AllowUserPrefMerge": 1},
        PublicProfile__Logging={"LogDroppedPackets": 1},
    )
    expected = ProfileSettings(apps_allow_user_pref_merge=False, ports_allow_user_pref_merge=True)
    assert settings(view, Store.LOCAL) == {Profile.PUBLIC: expected}


OFF, ON = ProfileSettings(enable_firewall=False), ProfileSettings(enable_firewall=True)
PROFILE_KEYS = {
    "local: the private profile is StandardProfile": (
        Store.LOCAL,
        {"StandardProfile": 0, "PublicProfile": 1},
        {2: OFF, 4: ON},
    ),
    "local: PrivateProfile is not read": (Store.LOCAL, {"PrivateProfile": 0, "DomainProfile": 1}, {1: ON}),
    "GPO: StandardProfile alone feeds both": (Store.GPO, {"StandardProfile": 0}, {2: OFF, 4: OFF}),
    "GPO: PrivateProfile replaces StandardProfile": (Store.GPO, {"StandardProfile": 0, "PrivateProfile": 1}, {2: ON}),
    "GPO: PublicProfile replaces StandardProfile": (Store.GPO, {"StandardProfile": 0, "PublicProfile": 1}, {4: ON}),
    "MDM: private by its own name": (Store.MDM, {"PrivateProfile": 0, "PublicProfile": 1}, {2: OFF, 4: ON}),
    "MDM: private by the local name": (Store.MDM, {"StandardProfile": 0}, {2: OFF}),
}


@pytest.mark.parametrize(("store", "keys", "expected"), PROFILE_KEYS.values(), ids=PROFILE_KEYS)
def test_which_key_is_which_profile(store: Store, keys: dict[str, int], expected: dict[int, ProfileSettings]) -> None:
    view = tree(**{name: {"EnableFirewall": value} for name, value in keys.items()})
    part = read_policy(view, "", store)
    assert dict(part.settings) == expected
    ignored = "PrivateProfile" if store is Store.LOCAL else "StandardProfile"
    assert [problem.key for problem in part.problems] == ([ignored] if len(expected) < len(keys) else [])


def test_values_that_a_gpo_may_not_put_into_standard_profile() -> None:
    part = read_policy(tree(StandardProfile={"DefaultOutboundAction": 1, "EnableFirewall": 1}), "", Store.GPO)
    assert dict(part.settings) == {Profile.PRIVATE: ON, Profile.PUBLIC: ON}
    assert {problem.key for problem in part.problems} == {"StandardProfile\\DefaultOutboundAction"}


@pytest.mark.parametrize("value", [2, b"\0\0", "1", (REG_DWORD, b"\1")], ids=["two", "binary", "text", "short"])
def test_unreadable_setting_leaves_a_gap(value: object) -> None:
    part = read_policy(tree(DomainProfile={"EnableFirewall": value}), "", Store.LOCAL)
    assert part.settings == ()
    assert [(gap.code, gap.may_allow, gap.may_block) for gap in part.gaps] == [("setting:EnableFirewall", True, True)]
    assert [problem.key for problem in part.problems] == ["DomainProfile\\EnableFirewall"]


def test_unreadable_cosmetic_setting_leaves_a_problem_only() -> None:
    part = read_policy(tree(DomainProfile={"DisableNotifications": 3}), "", Store.GPO)
    assert (part.gaps, len(part.problems)) == ((), 1)


def test_every_value_of_a_rule_key_is_a_rule_or_a_problem() -> None:
    values = {
        "good": RULE,
        "inactive": RULE.replace("TRUE", "FALSE"),
        "boundary": RULE.replace("Allow", "Boundary"),
        "broken": RULE.replace("Action=Allow|", ""),
        "expand": (REG_EXPAND_SZ, encode_text(RULE)),
        "number": 5,
        "": RULE,
        "tail": (REG_SZ, encode_text(RULE) + encode_text("rest")),
        "open": (REG_SZ, encode_text(RULE)[:-2]),
    }
    rules, secured, problems = read_rules(tree(R=values), "R", Store.LOCAL)
    assert [rule.id for rule in rules] == ["good", "inactive", "tail", "open"]
    assert [rule.id for rule in secured] == ["boundary"]
    assert {problem.key for problem in problems} == {"R\\broken", "R\\expand", "R\\number", "R\\", "R\\tail", "R\\open"}
    assert [rule.active for rule in rules] == [True, False, True, True]
    assert rules[0].origin == "made.reg!R\\good"


def test_stores_of_a_local_policy() -> None:
    view = tree(
        P__FirewallRules={"a": RULE},
        P__RestrictedServices__Static__System={"b": RULE.replace("Active=TRUE|", ""), "c": RULE},
        P__RestrictedServices__Configurable__System={"d": RULE},
        P__RestrictedServices__AppIso__FirewallRules={"e": RULE},
        P__Mdm__FirewallRules={"f": RULE},
        P__Mdm__PublicProfile={"EnableFirewall": 0},
    )
    parts = read_local_policy(view, "P")
    found = {(part.store, part.name): [rule.id for rule in part.rules if rule.active] for part in parts}
    assert found == {
        (Store.LOCAL, "local"): ["a"],
        (Store.HARDENING, "hardening static"): ["b", "c"],
        (Store.HARDENING, "hardening configurable"): ["d"],
        (Store.APPISO, "appiso"): ["e"],
        (Store.MDM, "mdm"): ["f"],
    }
    assert parts[-1].settings == ((Profile.PUBLIC, OFF),)


def test_empty_mdm_key_is_no_store() -> None:
    assert [part.store for part in read_local_policy(tree(P__FirewallRules={}, P__Mdm={}), "P")] == [Store.LOCAL]


def test_policy_without_rules_since_vista_is_damaged() -> None:
    (part,) = read_local_policy(tree(P={"PolicyVersion": 542}), "P")
    assert [(gap.code, gap.may_allow, gap.may_block) for gap in part.gaps] == [("store:local", True, True)]


def test_policy_version() -> None:
    assert policy_version(tree(P={"PolicyVersion": 542}), "P", []) == (2, 30)
    problems: list = []
    assert policy_version(tree(P={"PolicyVersion": "542"}), "P", problems) is None
    assert [problem.key for problem in problems] == ["P\\PolicyVersion"]


@pytest.mark.parametrize("has_rules", [True, False], ids=["Vista and later", "Windows XP"])
def test_local_exceptions_of_windows_xp_count_only_there(has_rules: bool) -> None:
    keys = {"DomainProfile__AuthorizedApplications__List": {"a": "a:*:Enabled:A"}} | (
        {"FirewallRules": {}} if has_rules else {}
    )
    parts = read_local_policy(tree(**keys), "")
    assert [part.store for part in parts] == ([Store.LOCAL] if has_rules else [Store.LOCAL, Store.LEGACY])


def test_connection_rule() -> None:
    text = "v2.30|Action=SecureServer|Active=TRUE|Profile=Private|EP1_4=10.6.0.0/16|EP1_6=fd00::/8|Protocol=17|Name=n|"
    assert is_connection_rule(text)
    rule, problems = parse_connection_rule(text, id="x", store=Store.GPO, origin="o")
    assert rule is not None
    assert problems == ()
    assert (rule.action, rule.active, rule.profiles, rule.protocol) == ("secureserver", True, 2, 17)
    assert (rule.endpoint1, rule.endpoint2) == (AddrSet.parse("10.6.0.0/16", "fd00::/8"), AddrSet.ANY)


@pytest.mark.parametrize("token", ["EP2_4=LocalSubnet", "EP2_42=IntrAnet", "EP2_4=10.0.0.5|EP2_42=x"])
def test_unread_endpoint_is_any(token: str) -> None:
    rule, _ = parse_connection_rule(f"v2.30|Action=Secure|Active=TRUE|{token}|", id="x", store=Store.LOCAL, origin="")
    assert rule is not None
    assert rule.endpoint2 is AddrSet.ANY


def test_unknown_action_of_a_connection_rule_may_demand_ipsec() -> None:
    rule, problems = parse_connection_rule("v2.30|Action=New|Active=TRUE|", id="x", store=Store.LOCAL, origin="")
    assert rule is not None
    assert (rule.action, len(problems)) == ("secure", 1)


def test_services() -> None:
    view = tree(
        C__Services__MpsSvc={"Start": 4, "ServiceSidType": 3, "ObjectName": r"NT Authority\LocalService"},
        C__Services__Spooler={"Start": 2},
        C__Services__Other={"Start": 3},
    )
    assert read_services(view, "C", ["spooler", "Absent"]) == (
        ServiceFact(name="MpsSvc", start=4, sid_type=3, account=r"NT Authority\LocalService"),
        ServiceFact(name="spooler", start=2, sid_type=0),
    )


def test_addresses_of_interfaces() -> None:
    view = tree(
        C__Services__Tcpip__Parameters__Interfaces__1={
            "EnableDHCP": 0,
            "IPAddress": (REG_MULTI_SZ, "10.4.0.7\0bad\0\0".encode("utf-16-le")),
            "DhcpIPAddress": "10.4.0.8",
        },
        C__Services__Tcpip__Parameters__Interfaces__2={
            "EnableDHCP": 1,
            "IPAddress": "10.4.0.9",
            "DhcpIPAddress": "10.4.0.10",
        },
        C__Services__Tcpip__Parameters__Interfaces__3={"EnableDHCP": 1, "DhcpIPAddress": "0.0.0.0"},
    )
    assert read_addresses(view, "C").texts() == ["10.4.0.7", "10.4.0.10"]


RPC = {
    "limited": ({"Ports": "5000-5099", "PortsInternetAvailable": "Y", "UseInternetPorts": "Y"}, PortSet.of((5000, 5099))),
    "ports to avoid": ({"Ports": "5000-5099", "PortsInternetAvailable": "N", "UseInternetPorts": "N"}, None),
    "not set": ({}, None),
}


@pytest.mark.parametrize(("values", "expected"), RPC.values(), ids=RPC)
def test_rpc_ports(values: dict[str, object], expected: PortSet | None) -> None:
    assert read_rpc_ports(tree(Microsoft__Rpc__Internet=values), "") == expected
