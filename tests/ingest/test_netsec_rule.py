"""Single properties as PowerShell writes them, and what a rule becomes that does not show one."""

from __future__ import annotations

import pytest

from cmfw.ingest.netsec_fields import seen_fields
from cmfw.ingest.netsec_rule import rule_from
from cmfw.ingest.netsec_values import CUT, texts_of
from cmfw.model.rule import Action, AddressMatch, HostRule, PortMatch, Store
from cmfw.net.addr import AddrSet
from cmfw.net.flow import Direction
from cmfw.net.ports import PortSet

WHOLE = {
    "InstanceID": "r1", "DisplayName": "one", "Enabled": 1, "Direction": 1, "Action": 2, "Profile": 3, "Owner": None,
    "Platform": [], "Protocol": "TCP", "LocalPort": "2701", "RemotePort": "Any", "IcmpType": "Any", "DynamicTarget": 0,
    "LocalAddress": "Any", "RemoteAddress": "10.1.0.0/255.255.0.0", "Program": "System", "Package": "", "Service": "Any",
    "InterfaceAlias": "Any", "InterfaceType": 0, "Authentication": 0, "Encryption": 0, "OverrideBlockRules": False,
    "LocalUser": "Any", "RemoteUser": "Any", "RemoteMachine": "Any",
}  # fmt: skip


def read(*gone: str, **changes: object) -> tuple[HostRule | None, tuple[str, ...]]:
    seen, torn = seen_fields({k: v for k, v in (WHOLE | changes).items() if k not in gone})
    return rule_from(seen, torn, store=Store.LOCAL, origin="x")


def made(*gone: str, **changes: object) -> HostRule:
    rule, _ = read(*gone, **changes)
    assert rule is not None
    return rule


def test_a_whole_rule_says_everything():
    rule, problems = read()
    assert problems == ()
    assert rule == HostRule(
        id="r1",
        name="one",
        action=Action.ALLOW,
        direction=Direction.IN,
        profiles=3,
        protocol=6,
        local_port=PortMatch(PortSet.of(2701)),
        remote_address=AddressMatch(AddrSet.parse("10.1.0.0/16")),
        program="System",
        origin="x",
    )


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        ({"Enabled": 2}, "active", False),
        ({"Enabled": "True"}, "active", True),
        ({"Enabled": True}, "active", True),
        ({"Enabled": False}, "active", False),
        ({"Enabled": "2"}, "active", False),
        ({"Direction": "Outbound"}, "direction", Direction.OUT),
        ({"Action": 4}, "action", Action.BLOCK),
        ({"Action": "block"}, "action", Action.BLOCK),
        ({"Profile": 0}, "profiles", 7),
        ({"Profile": "Any"}, "profiles", 7),
        ({"Profile": "Domain, Public"}, "profiles", 5),
        ({"Profile": ["Private", "Public"]}, "profiles", 6),
        ({"Profile": 2147483647}, "profiles", 7),
        ({"Protocol": "47", "LocalPort": "Any"}, "protocol", 47),
        ({"Protocol": 17}, "protocol", 17),
        ({"Protocol": "Any", "LocalPort": "Any"}, "protocol", None),
        ({"LocalPort": ["80", "443", "5000-5010"]}, "local_port", PortMatch(PortSet.of(80, 443, (5000, 5010)))),
        ({"LocalPort": "80, 443"}, "local_port", PortMatch(PortSet.of(80, 443))),
        ({"LocalPort": {"value": ["81", "82"], "Count": 2}}, "local_port", PortMatch(PortSet.of((81, 82)))),
        ({"LocalPort": 445}, "local_port", PortMatch(PortSet.of(445))),
        ({"LocalPort": "RPCEPMap"}, "local_port", PortMatch(PortSet.EMPTY, ("RPC-EPMap",))),
        ({"LocalPort": "IPHTTPSIn"}, "local_port", PortMatch(PortSet.EMPTY, ("IPHTTPSIn", "IPTLSIn"))),
        ({"RemoteAddress": "LocalSubnet"}, "remote_address", AddressMatch(AddrSet.EMPTY, ("LocalSubnet4", "LocalSubnet6"))),
        ({"RemoteAddress": "LocalSubnet6"}, "remote_address", AddressMatch(AddrSet.EMPTY, ("LocalSubnet6",))),
        (
            {"RemoteAddress": ["fe80::/64", "LocalSubnet4"]},
            "remote_address",
            AddressMatch(AddrSet.parse("fe80::/64"), ("LocalSubnet4",)),
        ),
        ({"RemoteAddress": "Internet"}, "remote_address", AddressMatch(AddrSet.EMPTY, ("IntErnet4", "IntErnet6"))),
        ({"InterfaceType": "Wired, Wireless"}, "interfaces", 3),
        ({"InterfaceType": 4}, "interfaces", 4),
        ({"Service": "*"}, "service", "*"),
        ({"EdgeTraversalPolicy": 1}, "edge", True),
    ],
    ids=str,
)
def test_a_property(change, field, expected):
    rule, problems = read(**change)
    assert getattr(rule, field) == expected
    assert problems == ()
    assert rule.extras.unknown == ()


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        ({"EdgeTraversalPolicy": "DeferToApp"}, "defer", "App"),
        ({"EdgeTraversalPolicy": 2}, "defer", "User"),
        ({"Platform": ["6.1", "10.0+"]}, "platforms", ((2, 6, 1), (2, 10, 0))),
        ({"Platform": ["6.1", "10.0+"]}, "platform_at_least", True),
        ({"DynamicTarget": "WifiDirectPrinting"}, "proximity", ("WFDPrint",)),
        ({"Authentication": "Required", "Encryption": 2}, "security", ("AuthenticateEncrypt", "AnE-Nego")),
        ({"Authentication": 2, "RemoteUser": "O:LSD:(A;;CC;;;AA)"}, "remote_users", "O:LSD:(A;;CC;;;AA)"),
        ({"Package": "S-1-15-2-7"}, "packages", ("S-1-15-2-7",)),
        ({"Owner": "S-1-5-21-7"}, "local_owner", "S-1-5-21-7"),
        ({"LocalOnlyMapping": True}, "ignore_remote", True),
    ],
    ids=str,
)
def test_a_rarer_condition(change, field, expected):
    rule = made(**change)
    assert getattr(rule.extras, field) == expected
    assert rule.extras.unknown == ()


@pytest.mark.parametrize(
    "twins",
    [
        {"Profile": "Domain, Private", "Profiles": 3},
        {"Profile": "Any", "Profiles": 0},
        {"DynamicTarget": "Any", "DynamicTransport": 0},
    ],
    ids=str,
)
def test_a_name_and_its_integer_agree(twins):
    """Export-Clixml and PowerShell 7 with -EnumsAsStrings write the name in one property and the integer in its twin."""
    rule, problems = read(**twins)
    assert (rule.extras.unknown, problems) == ((), ())


def test_an_icmp_rule_says_rpc_and_means_nothing_by_it():
    rule, problems = read(Protocol="ICMPv4", LocalPort="RPC", IcmpType=["8", "3:4"])
    assert (rule.protocol, rule.icmp, rule.local_port) == (1, ((3, 4), (8, None)), PortMatch.ANY)
    assert (problems, rule.extras.unknown) == ((), ())


@pytest.mark.parametrize(
    ("action", "override", "direction", "expected"),
    [
        (2, True, 1, Action.BYPASS),
        ("AllowBypass", False, 1, Action.BYPASS),
        (2, "True", 2, Action.ALLOW),
        (2, 0, 1, Action.ALLOW),
    ],
    ids=["override inbound", "its own action", "override outbound", "no override"],
)
def test_authenticated_bypass(action, override, direction, expected):
    changes = {"Authentication": 1, "RemoteMachine": "O:LSD:(A;;CC;;;DC)"}
    rule = made(Action=action, OverrideBlockRules=override, Direction=direction, **changes)
    assert rule.action is expected
    assert rule.extras.bypass_out is (direction == 2)


# --- what does not show ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gone", "token"),
    [
        (("Protocol", "LocalPort", "RemotePort", "IcmpType", "DynamicTarget"), "PortFilter"),
        (("LocalAddress", "RemoteAddress"), "AddressFilter"),
        (("Program", "Package"), "ApplicationFilter"),
        (("Service",), "ServiceFilter"),
        (("InterfaceAlias",), "InterfaceFilter"),
        (("InterfaceType",), "InterfaceTypeFilter"),
        (("Package",), "Package"),
        (("Authentication",), "Authentication"),
        (("RemotePort",), "RemotePort"),
        (("Profile",), "Profile"),
        (("Owner",), "Owner"),
        (("Enabled",), "Enabled"),
    ],
    ids=lambda part: part if isinstance(part, str) else " ".join(part),
)
def test_a_condition_that_is_not_shown_leaves_the_rule_proving_nothing(gone, token):
    assert made(*gone).extras.unknown == ((token, "not in this export"),)


@pytest.mark.parametrize("protocol", ["TCP", "UDP", "ICMPv4", "Any", "47"])
def test_types_of_icmp_are_missed_only_where_there_may_be_some(protocol):
    """Scripts of many makers leave the column empty, or out, where it cannot say anything."""
    wanted = () if protocol in ("TCP", "UDP") else (("IcmpType", "not in this export"),)
    assert made(Protocol=protocol, LocalPort="Any", IcmpType="").extras.unknown == wanted
    assert made("IcmpType", Protocol=protocol, LocalPort="Any").extras.unknown == wanted


@pytest.mark.parametrize("value", ["", None, {}, []], ids=repr)
@pytest.mark.parametrize("name", ["LocalPort", "RemoteAddress", "Program", "Service", "InterfaceType", "LocalUser"])
def test_an_empty_property_is_not_any(name, value):
    unknown = dict(made(**{name: value}).extras.unknown)
    assert unknown, f"an empty {name} was taken for any"


@pytest.mark.parametrize(
    "value", ["System.String[]", "System.Object[]", "@{value=System.Object[]; Count=2}", {"a": 1}], ids=str
)
@pytest.mark.parametrize("name", ["LocalPort", "RemoteAddress", "Profile", "Package", "Owner", "RemoteUser"])
def test_a_value_that_was_cut_off_is_unread(name, value):
    rule, problems = read(**{name: value})
    assert (name, "cut off in this export") in rule.extras.unknown
    assert problems == (f"`{name}` is cut off",)


@pytest.mark.parametrize(
    ("change", "token"),
    [
        ({"LocalPort": ["80", "https"]}, ("LocalPort", "https")),
        ({"LocalPort": "70000"}, ("LocalPort", "70000")),
        ({"RemoteAddress": "Client"}, ("RemoteAddress", "Client")),
        ({"RemoteAddress": "0.0.0.0/0"}, ("RemoteAddress", "0.0.0.0/0")),
        ({"LocalAddress": "LocalSubnet"}, ("LocalAddress", "LocalSubnet")),
        ({"Protocol": "Whatever"}, ("Protocol", "Whatever")),
        ({"Protocol": "ICMPv4", "IcmpType": "echo"}, ("IcmpType", "echo")),
        ({"Profile": "Heim"}, ("Profile", "Heim")),
        ({"Profile": 65535}, ("Profile", "65535")),
        ({"Enabled": "Wahr"}, ("Enabled", "Wahr")),
        ({"InterfaceType": 8}, ("InterfaceType", "8")),
        ({"Platform": ["6.1+", "10.0"]}, ("Platform", "6.1+")),
        ({"Authentication": "Maybe"}, ("Authentication", "Maybe 0")),
        ({"DynamicTarget": 64}, ("DynamicTarget", "64")),
        ({"Program": "C:\\Tools\\*.exe"}, ("Program", "C:\\Tools\\*.exe")),
        ({"Profiles": 4}, ("Profile", "two values that contradict one another")),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_recorded_and_reported(change, token):
    rule, problems = read(**change)
    assert token in rule.extras.unknown
    assert problems


def test_an_unread_port_may_be_any_and_the_others_stay():
    rule = made(LocalPort=["80", "https"])
    assert rule.local_port == PortMatch(PortSet.of(80), ("unread",))


@pytest.mark.parametrize("name", ["InterfaceAlias", "RemoteDynamicKeywordAddresses", "PolicyAppId"])
def test_a_condition_that_is_shown_and_not_modelled_narrows(name):
    assert (name, "something") in made(**{name: "something"}).extras.unknown


@pytest.mark.parametrize(
    ("rule_id", "word"),
    [
        ("WiFiDirect-KM-Driver-In-TCP", "WFDKmDriver"),
        ("CDPSvc-WFD-In-TCP", "WFDCDPSvc"),
        ("NETDIS-SSDPSrv-In-UDP-Teredo", "UPnP"),
    ],
)
def test_a_wifi_direct_rule_that_looks_like_all_of_tcp_is_known_by_its_id(rule_id, word):
    rule = made(InstanceID=rule_id, LocalPort="Any", RemoteAddress="Any", Profile=0)
    assert rule.extras.proximity == (word,)


def test_without_an_id_such_a_rule_could_hide():
    assert ("Name", "not in this export") in made("InstanceID").extras.unknown


@pytest.mark.parametrize("change", [{"Action": 0}, {"Direction": 3}, {"Action": None}], ids=str)
def test_a_rule_without_action_or_direction_is_none(change):
    rule, problems = read(**change)
    assert rule is None
    assert len(problems) == 1


def test_what_windows_may_refuse_proves_nothing():
    rule, problems = read(Direction=2, LocalPort="RPC")
    assert rule.extras.invalid == problems == ("port keyword `RPC` outside inbound TCP",)


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ("a", ("a",)),
        (" a ", ("a",)),
        (7, ("7",)),
        (True, ("True",)),
        (None, ()),
        ({}, ()),
        ("", ()),
        ({"value": [], "Count": 0}, ()),
        ({"value": ["a", 7], "Count": 2}, ("a", "7")),
        ({"value": "a", "Count": 1}, ("a",)),
        (["a", ["b"], None], ("a", "b")),
        ("x" * 100_001, CUT),
        ({"value": [], "more": 1}, CUT),
        (["a", {"b": 1}], CUT),
    ],
    ids=lambda part: repr(part)[:40],
)
def test_the_shapes_of_a_value(value, texts):
    assert texts_of(value) == texts
