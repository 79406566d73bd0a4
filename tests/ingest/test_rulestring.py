"""Rule strings as they occur, each row one form; values are ours, forms are those of facts/windows_firewall.md section 6."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from cmfw.ingest.rulestring import parse_rule
from cmfw.ingest.rulewrite import write_rule
from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, PortMatch, Store
from cmfw.net.addr import AddrSet
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, Direction, Interface, Profile
from cmfw.net.ports import PortSet

HEAD = "v2.10|Action=Allow|Active=TRUE|Dir=In|"
NAME = "Name=n|"


def ports(*numbers: int | tuple[int, int], words: tuple[str, ...] = ()) -> PortMatch:
    return PortMatch(PortSet.of(*numbers), words)


def addresses(*texts: str, words: tuple[str, ...] = ()) -> AddressMatch:
    return AddressMatch(AddrSet.parse(*texts) if texts else AddrSet.EMPTY, words)


def parsed(text: str, store: Store = Store.LOCAL) -> HostRule:
    rule, _ = parse_rule(text, id="r1", store=store)
    assert rule is not None
    return rule


SUBNET = addresses(words=("LocalSubnet4", "LocalSubnet6"))

READABLE = {
    # tokens after `Dir=In|`, and what they set; anything not named stays at its default
    "one port of a kernel listener": (
        "Protocol=6|LPort=445|App=System|",
        {"protocol": 6, "local_port": ports(445), "program": "System"},
    ),
    "kernel in capitals stays as stored": ("App=SYSTEM|", {"program": "SYSTEM"}),
    "three ports are one union": (
        "Protocol=6|LPort=23554|LPort=23555|LPort=23557|",
        {"protocol": 6, "local_port": ports(23554, 23555, 23557)},
    ),
    "ranges stand beside single ports": (
        "Protocol=17|LPort=67|LPort2_10=5000-5020|LPort2_10=8554-8558|",
        {"protocol": 17, "local_port": ports(67, (5000, 5020), (8554, 8558))},
    ),
    "both ports": (
        "Protocol=17|LPort=68|RPort=67|Svc=dhcp|",
        {"protocol": 17, "local_port": ports(68), "remote_port": ports(67), "service": "dhcp"},
    ),
    "endpoint mapper keyword": (
        "Protocol=6|LPort=RPC-EPMap|Svc=Rpcss|",
        {"protocol": 6, "local_port": ports(words=("RPC-EPMap",)), "service": "Rpcss"},
    ),
    "keyword in other case": ("Protocol=6|LPort=rpc|", {"protocol": 6, "local_port": ports(words=("RPC",))}),
    "teredo keyword": ("Protocol=17|LPort=Teredo|", {"protocol": 17, "local_port": ports(words=("Teredo",))}),
    "two keywords in one rule": (
        "Protocol=6|LPort2_10=IPTLSIn|LPort2_10=IPHTTPSIn|",
        {"protocol": 6, "local_port": ports(words=("IPHTTPSIn", "IPTLSIn"))},
    ),
    "play-to keyword": ("Protocol=17|LPort2_20=Ply2Disc|", {"protocol": 17, "local_port": ports(words=("Ply2Disc",))}),
    "mDNS keyword": ("Protocol=17|LPort2_24=mDNS|", {"protocol": 17, "local_port": ports(words=("mDNS",))}),
    "on-link peers": ("RA4=LocalSubnet|RA6=LocalSubnet|", {"remote_address": SUBNET}),
    "keyword of an address in other case": ("RA4=localsubnet|", {"remote_address": addresses(words=("LocalSubnet4",))}),
    "only IPv4 is named, so only IPv4": ("RA4=10.31.0.0/16|", {"remote_address": addresses("10.31.0.0/16")}),
    "only IPv6 is named, so only IPv6": ("RA6=fe80::/64|", {"remote_address": addresses("fe80::/64")}),
    "internet and play-to words": (
        "RA42=IntErnet|RA62=IntErnet|RA42=Ply2Renders|",
        {"remote_address": addresses(words=("IntErnet4", "IntErnet6", "Ply2Renders4"))},
    ),
    "dotted mask": (
        "LA4=10.1.2.3|RA4=10.7.0.0/255.255.128.0|",
        {"local_address": addresses("10.1.2.3"), "remote_address": addresses("10.7.0.0/17")},
    ),
    "address range": ("RA4=10.1.0.5-10.1.0.9|", {"remote_address": addresses("10.1.0.5-10.1.0.9")}),
    "several addresses of both families": (
        "RA4=10.1.0.5|RA4=10.2.0.0/15|RA6=2001:db8::7|",
        {"remote_address": addresses("10.1.0.5", "10.2.0.0/15", "2001:db8::7")},
    ),
    "echo request": ("Protocol=1|ICMP4=8:*|", {"protocol": 1, "icmp": ((8, None),)}),
    "type and code": ("Protocol=1|ICMP4=3:4|", {"protocol": 1, "icmp": ((3, 4),)}),
    "several ICMPv6 types, an IPv4 address beside them": (
        "Protocol=58|ICMP6=132:*|ICMP6=131:2|RA4=LocalSubnet|",
        {"protocol": 58, "icmp": ((131, 2), (132, None)), "remote_address": addresses(words=("LocalSubnet4",))},
    ),
    "ICMP without a type is every type": ("Protocol=1|", {"protocol": 1, "icmp": None}),
    "protocol without ports": ("Protocol=47|", {"protocol": 47}),
    "two profiles": ("Profile=Private|Profile=Public|", {"profiles": int(Profile.PRIVATE | Profile.PUBLIC)}),
    "profile in lower case": ("Profile=domain|", {"profiles": int(Profile.DOMAIN)}),
    "no profile is every profile": ("", {"profiles": ALL_PROFILES, "interfaces": ALL_INTERFACES}),
    "wireless only": ("IFType=Wireless|", {"interfaces": int(Interface.WIRELESS)}),
    "any service, but no plain process": (
        "Protocol=6|LPort=RPC|Svc=*|",
        {"protocol": 6, "local_port": ports(words=("RPC",)), "service": "*"},
    ),
    "parentheses in a variable": (
        r"App=%ProgramFiles(x86)%\Player\p.exe|",
        {"program": r"%ProgramFiles(x86)%\Player\p.exe"},
    ),
    "doubled backslashes stay as stored": (r"App=C:\\Agent\\a.exe|", {"program": r"C:\\Agent\\a.exe"}),
    "tokens in lower case": (
        r"protocol=6|rport=8080|app=%windir%\x.exe|",
        {"protocol": 6, "remote_port": ports(8080), "program": r"%windir%\x.exe"},
    ),
    "edge deferred to the application": ("Edge=TRUE|Defer=App|", {"edge": True, "extras": Extras(defer="App")}),
    "edge written out as false": ("Edge=FALSE|", {"edge": False}),
    "edge deferred to the user": ("Defer=User|", {"extras": Extras(defer="User")}),
    "app package and its owner": (
        "LUOwn=S-1-5-21-7|AppPkgId=S-1-15-2-9|",
        {"extras": Extras(local_owner="S-1-5-21-7", packages=("S-1-15-2-9",))},
    ),
    "package family": ("PFN=Some.App_8wekyb|", {"extras": Extras(packages=("Some.App_8wekyb",))}),
    "platform at least": (
        "Platform=2:6:2|Platform2=GTEQ|",
        {"extras": Extras(platforms=((2, 6, 2),), platform_at_least=True)},
    ),
    "Wi-Fi Direct only": (
        "Protocol=6|App=System|TTK2_27=WFDKmDriver|",
        {"protocol": 6, "program": "System", "extras": Extras(proximity=("WFDKmDriver",))},
    ),
    "two proximity words": ("TTK=ProxSharing|TTK2_22=WFDPrint|", {"extras": Extras(proximity=("ProxSharing", "WFDPrint"))}),
    "authenticated and no encapsulation": (
        "Security=Authenticate|Security2_9=An-NoEncap|",
        {"extras": Extras(security=("Authenticate", "An-NoEncap"))},
    ),
    "machines without an owner part": (
        "RMauth=D:(A;;CC;;;WD)|Security=Authenticate|",
        {"extras": Extras(remote_machines="D:(A;;CC;;;WD)", security=("Authenticate",))},
    ),
    "local users with a deny": (
        "LUAuth=O:LSD:(D;;CC;;;S-1-2-1)|",
        {"extras": Extras(local_users="O:LSD:(D;;CC;;;S-1-2-1)")},
    ),
    "remote part ignored for replies": ("LOM=TRUE|", {"extras": Extras(ignore_remote=True)}),
    "skipped by old parsers": ("SkipVer=2.8|", {"extras": Extras(skip_version=(2, 8))}),
    "interface id with and without braces": (
        "IF={0f2a-1}|IF=0F2A-2|",
        {"extras": Extras(interface_ids=("{0F2A-1}", "{0F2A-2}"))},
    ),
    "texts, a group of plain text": (
        "Desc=@x.dll,-2|EmbedCtxt=DiagTrack|",
        {"description": "@x.dll,-2", "group": "DiagTrack"},
    ),
    "empty texts": ("Desc=|EmbedCtxt=|", {"description": "", "group": ""}),
    "equals signs in a value": ("Desc=a=b|", {"description": "a=b"}),
    "audit mark that says nothing of packets": ("CAudit=TRUE|", {}),
    "an empty field": ("|Protocol=6||", {"protocol": 6}),
}


@pytest.mark.parametrize(("tokens", "expected"), READABLE.values(), ids=READABLE)
def test_reads(tokens: str, expected: dict[str, object]) -> None:
    bare = HostRule(id="r1", action=Action.ALLOW, direction=Direction.IN, name="n")
    rule, problems = parse_rule(HEAD + tokens + NAME, id="r1")
    assert rule == replace(bare, **expected)
    assert problems == ()
    assert parse_rule(HEAD + NAME + tokens, id="r1") == (rule, ()), "order of tokens matters"


DOUBTFUL = {
    # tokens, what they set, and the token that says why the rule proves nothing
    "comma list, hand-written": ("Protocol=6|LPort=80,443|", {"protocol": 6, "local_port": ports(80, 443)}, "LPort"),
    "comma list of ranges": (
        "Protocol=6|RPort=1-66,69-554|",
        {"protocol": 6, "remote_port": ports((1, 66), (69, 554))},
        "RPort",
    ),
    "range in LPort": ("Protocol=6|LPort=1024-2047|", {"protocol": 6, "local_port": ports((1024, 2047))}, "LPort"),
    "protocol by name": ("Protocol=TCP|LPort=81|", {"protocol": 6, "local_port": ports(81)}, "Protocol"),
    "protocol any": ("Protocol=Any|", {"protocol": None}, "Protocol"),
    "protocol out of range": ("Protocol=256|", {"protocol": None}, "Protocol"),
    "profile any": ("Profile=Any|", {"profiles": ALL_PROFILES}, "Profile"),
    "invented profile beside a real one": ("Profile=Domain|Profile=Guest|", {"profiles": ALL_PROFILES}, "Profile"),
    "program any": ("App=any|", {"program": None}, "App"),
    "empty program": ("App=|", {"program": None}, "App"),
    "quoted program": ('App="C:\\a b\\c.exe"|', {"program": '"C:\\a b\\c.exe"'}, "App"),
    "empty service": ("Svc=|", {"service": None}, "Svc"),
    "service with two equals signs": ("Svc==Spooler|", {"service": None}, "Svc"),
    "empty port": ("Protocol=6|RPort=|", {"protocol": 6, "remote_port": ports(words=("unread",))}, "RPort"),
    "port that is no number": ("Protocol=6|LPort=http|", {"protocol": 6, "local_port": ports(words=("unread",))}, "LPort"),
    "port out of range": ("Protocol=6|LPort=70000|", {"protocol": 6, "local_port": ports(words=("unread",))}, "LPort"),
    "range that runs backwards": (
        "Protocol=6|LPort2_10=90-80|",
        {"protocol": 6, "local_port": ports(words=("unread",))},
        "LPort2_10",
    ),
    "good and bad port": (
        "Protocol=6|LPort=80|LPort=x|",
        {"protocol": 6, "local_port": ports(80, words=("unread",))},
        "LPort",
    ),
    "port word of a later schema": (
        "Protocol=6|LPort2_99=NewThing|",
        {"protocol": 6, "local_port": ports(words=("unread",))},
        "LPort2_99",
    ),
    "zero as an address": ("RA4=0|", {"remote_address": addresses(words=("unread4",))}, "RA4"),
    "invented mask token": (
        "RA4=10.5.0.0|RA4Mask=255.255.0.0|",
        {"remote_address": addresses("10.5.0.0", words=("unread4",))},
        "RA4Mask",
    ),
    "prefix of no bits": ("RA4=0.0.0.0/0|", {"remote_address": addresses(words=("unread4",))}, "RA4"),
    "IPv6 address under the IPv4 token": ("RA4=fe80::1|", {"remote_address": addresses(words=("unread4",))}, "RA4"),
    "PowerShell's word for on-link": ("RA4=LocalSubnet4|", {"remote_address": addresses(words=("unread4",))}, "RA4"),
    "later address words": ("RA43=Somewhere|", {"remote_address": addresses(words=("unread4",))}, "RA43"),
    "dynamic keyword addresses": ("RADynKey={7}|", {"remote_address": addresses(words=("unread4", "unread6"))}, "RADynKey"),
    "local keyword, which does not exist": ("LA4=LocalSubnet|", {"local_address": addresses(words=("unread4",))}, "LA4"),
    "ICMP without a code": ("Protocol=1|ICMP4=8|", {"protocol": 1, "icmp": None}, "ICMP4"),
    "ICMPv4 token under ICMPv6": ("Protocol=58|ICMP4=8:*|", {"protocol": 58, "icmp": None}, "ICMP4"),
    "interface type of a later schema": ("IFType2_99=Six|", {"interfaces": ALL_INTERFACES}, "IFType2_99"),
    "conditional local users": ("LUAuth2_24=Tzo=|", {}, "LUAuth2_24"),
    "network names": ("NNm=abc|", {}, "NNm"),
    "misspelt token": ("RMAddr=10.0.0.1|", {}, "RMAddr"),
    "missing separator before the program": (r"%SystemRoot%\x.exe|", {}, r"%SystemRoot%\x.exe"),
    "garbage at the end": ("0", {}, "0"),
    "flag that is neither": ("LSM=Ply2Disc|", {}, "LSM"),
    "platform that is no version": ("Platform=2:ten|", {}, "Platform"),
    "second program": (r"App=C:\a.exe|App=C:\b.exe|", {"program": r"C:\a.exe"}, "App"),
    "second direction": ("Dir=Out|", {}, "Dir"),
}


@pytest.mark.parametrize(("tokens", "expected", "token"), DOUBTFUL.values(), ids=DOUBTFUL)
def test_proves_nothing(tokens: str, expected: dict[str, object], token: str) -> None:
    bare = HostRule(id="r1", action=Action.ALLOW, direction=Direction.IN, name="n")
    rule, problems = parse_rule(HEAD + NAME + tokens, id="r1")
    assert rule is not None
    assert replace(rule, extras=Extras.NONE) == replace(bare, **expected)
    assert token in {name for name, _ in rule.extras.unknown}
    assert any(token.lower() in problem.lower() for problem in problems)
    again, _ = parse_rule(write_rule(rule), id="r1")
    assert again == replace(rule, version=again.version if again else (0, 0)), "not a fixed point of writing"


SHIPPED = {
    "protocol by name": ("Protocol=tcp|", {"protocol": 6}),
    "port list with ranges": (
        "LPort=1-553,555-8553|Protocol=6|",
        {"protocol": 6, "local_port": ports((1, 553), (555, 8553))},
    ),
    "service with two equals signs": ("Svc==Name|", {"service": "Name"}),
    "no name at all": ("Svc=x|", {"service": "x"}),
}


@pytest.mark.parametrize("store", [Store.HARDENING, Store.APPISO])
@pytest.mark.parametrize(("tokens", "expected"), SHIPPED.values(), ids=SHIPPED)
def test_windows_own_rules_may_do_more(tokens: str, expected: dict[str, object], store: Store) -> None:
    bare = HostRule(id="r1", action=Action.BLOCK, direction=Direction.OUT, store=store, version=(2, 0))
    rule, problems = parse_rule("V2.0|Action=Block|Dir=out|" + tokens, id="r1", store=store)
    assert (rule, problems) == (replace(bare, **expected), ())


@pytest.mark.parametrize(("store", "active"), [(store, store in (Store.HARDENING, Store.APPISO)) for store in Store])
def test_no_active_token(store: Store, active: bool) -> None:
    assert parsed("v2.0|Action=Allow|Dir=In|Name=n|", store).active is active


def test_active_that_is_neither_may_be_true() -> None:
    rule = parsed("v2.0|Action=Block|Dir=In|Active=1|Name=n|")
    assert rule.active
    assert rule.extras.unknown == (("Active", "1"),)


@pytest.mark.parametrize(
    ("text", "version"),
    [("v2.10|", (2, 10)), ("V2.0|", (2, 0)), ("V4.0|", (4, 0)), ("v2.33|", (2, 33))],
    ids=["v2.10", "capital V2.0", "V4.0 of the .NET installer", "v2.33"],
)
def test_versions(text: str, version: tuple[int, int]) -> None:
    assert parsed(text + "Action=Block|Dir=Out|Name=n|").version == version


NO_RULE = {
    "no version": ("Action=Allow|Dir=In|Name=n|", "version"),
    "version without a minor": ("v2|Action=Allow|Dir=In|Name=n|", "version"),
    "nothing": ("", "version"),
    "no action": ("v2.10|Active=TRUE|Dir=In|Name=n|", "`Action`"),
    "empty action": ("v2.10|Action=|Dir=In|Name=n|", "Action="),
    "connection security rule": ("v2.10|Action=Boundary|Dir=In|Name=n|", "Boundary"),
    "no direction": ("v2.10|Action=Allow|Active=TRUE|Name=n|", "`Dir`"),
    "direction both": ("v2.10|Action=Allow|Dir=Both|Name=n|", "Both"),
}


@pytest.mark.parametrize(("text", "word"), NO_RULE.values(), ids=NO_RULE)
def test_no_rule_can_be_made(text: str, word: str) -> None:
    rule, problems = parse_rule(text, id="r1")
    assert rule is None
    assert any(word in problem for problem in problems)


@pytest.mark.parametrize("action", ["ByPass", "Bypass", "BYPASS"])
def test_bypass_in_any_case(action: str) -> None:
    rule = parsed(f"v2.28|Action={action}|Dir=In|RMauth=D:(A;;CC;;;S-1-5-7)|Security=Authenticate|Name=n|")
    assert (rule.action, rule.extras.invalid) == (Action.BYPASS, ())


INVALID = {
    "no name": ("Protocol=6|LPort=80|", "Name"),
    "the reserved name": ("Name=ALL|", "reserved"),
    "ports without a protocol": ("LPort=80|Name=n|", "without protocol"),
    "ports of ICMP": ("Protocol=1|RPort=7|Name=n|", "without protocol"),
    "RPC over UDP": ("Protocol=17|LPort=RPC|Name=n|", "outside inbound TCP"),
    "bypass without machines": ("Action=ByPass|Security=Authenticate|Name=n|", "bypass"),
    "machines without security": ("RMauth=D:(A;;CC;;;WD)|Name=n|", "without `Security`"),
    "two strengths of security": ("Security=Authenticate|Security=AuthenticateEncrypt|Name=n|", "exclude"),
    "loose source mapping inbound": ("LSM=TRUE|Name=n|", "LSM"),
    "bypass out on an inbound rule": ("AuthByPassOut=TRUE|Name=n|", "AuthByPassOut"),
}


@pytest.mark.parametrize(("tokens", "word"), INVALID.values(), ids=INVALID)
def test_rules_that_windows_may_refuse(tokens: str, word: str) -> None:
    action = "" if "Action=" in tokens else "Action=Allow|"
    rule, problems = parse_rule(f"v2.10|{action}Active=TRUE|Dir=In|{tokens}", id="r1")
    assert rule is not None
    assert any(word in reason for reason in rule.extras.invalid)
    assert set(rule.extras.invalid) <= set(problems)
    assert parsed(write_rule(rule)).extras.invalid == rule.extras.invalid


def test_block_with_security_is_invalid() -> None:
    assert parsed("v2.10|Action=Block|Dir=In|Security=Authenticate|Name=n|").extras.invalid


def test_edge_on_an_outbound_rule_is_invalid() -> None:
    assert parsed("v2.10|Action=Allow|Dir=Out|Edge=TRUE|Name=n|").extras.invalid


@pytest.mark.parametrize("length", [511, 512], ids=["longest id", "too long id"])
def test_length_of_ids(length: int) -> None:
    rule, _ = parse_rule(HEAD + NAME, id="x" * length)
    assert rule is not None
    assert bool(rule.extras.invalid) == (length > 511)


def test_missing_last_bar_and_nul_at_the_end() -> None:
    text = HEAD + NAME + "Protocol=6|LPort=8531"
    assert parse_rule(text, id="r1") == parse_rule(text + "|", id="r1") == parse_rule(text + "|\0\0", id="r1")
    rule, problems = parse_rule(text + "|\0\0rest", id="r1")
    assert rule == parsed(text)
    assert problems == ("4 characters after the end of the text",)


def test_late_protocol_is_worth_a_word() -> None:
    rule, problems = parse_rule(HEAD + "LPort=443|Protocol=6|" + NAME, id="r1")
    assert rule == parsed(HEAD + "Protocol=6|LPort=443|" + NAME)
    assert ["Protocol" in problem for problem in problems] == [True]


def test_repeats_of_the_same_value_are_no_contradiction() -> None:
    assert parse_rule(HEAD + "App=System|App=System|Profile=Public|Profile=Public|" + NAME, id="r1")[1] == ()


def test_second_name_is_a_problem_and_the_first_counts() -> None:
    rule, problems = parse_rule(HEAD + "Name=first|Name=second|", id="r1")
    assert rule is not None
    assert (rule.name, rule.extras, len(problems)) == ("first", Extras.NONE, 1)


def test_the_two_ways_through_a_text_agree() -> None:
    """The quick way takes rules in Windows' own order; a blank after a token's name forces the slow one."""
    usual = HEAD + "Protocol=6|Profile=Domain|LPort=445|RA4=LocalSubnet|App=System|Name=n|Desc=d|EmbedCtxt=g|Edge=TRUE|"
    assert parsed(usual) == parsed(usual.replace("Name=", "name=")) == parsed(usual.replace("|Desc", "|EmbedCtxt=g|Desc"))


def test_a_text_that_was_met_before_is_read_anew() -> None:
    text = HEAD + "Protocol=6|LPort=8004|" + NAME
    first, second = (parse_rule(text, id=name, origin=f"f!{name}")[0] for name in ("a", "b"))
    assert first is not None
    assert second == replace(first, id="b", origin="f!b")
    assert parse_rule(text, id="x" * 512)[1]


def test_rules_are_frozen_and_share_their_parts() -> None:
    one, two = (parsed(HEAD + f"Protocol=6|LPort=8003|App={app}|" + NAME) for app in ("System", r"C:\a.exe"))
    assert one.local_port is two.local_port
    assert one.extras is Extras.NONE
    with pytest.raises(FrozenInstanceError):
        one.name = "other"  # type: ignore[misc]


WRITTEN = {
    "plain rule": (
        HostRule(id="x", action=Action.ALLOW, direction=Direction.IN, name="a b", protocol=6, local_port=ports(2701)),
        "v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=2701|Name=a b|",
    ),
    "profiles and addresses, protocol first": (
        HostRule(
            id="x",
            action=Action.BLOCK,
            direction=Direction.OUT,
            active=False,
            name="n",
            protocol=17,
            profiles=5,
            remote_port=ports(9, (25536, 25540)),
            remote_address=addresses("10.3.0.0/16", "10.9.0.1-10.9.0.3", "fe80::/64", words=("LocalSubnet4",)),
        ),
        (
            "v2.10|Action=Block|Active=FALSE|Dir=Out|Protocol=17|Profile=Domain|Profile=Public|RPort=9|RPort2_10=25536-25540|"
            "RA4=10.3.0.0/16|RA4=10.9.0.1-10.9.0.3|RA4=LocalSubnet|RA6=fe80::/64|Name=n|"
        ),
    ),
    "a later token raises the version": (
        HostRule(
            id="x", action=Action.ALLOW, direction=Direction.IN, name="n", remote_address=addresses(words=("IntErnet6",))
        ),
        "v2.20|Action=Allow|Active=TRUE|Dir=In|RA62=IntErnet|Name=n|",
    ),
    "texts, users and the rest in Windows' order": (
        HostRule(
            id="x",
            action=Action.ALLOW,
            direction=Direction.IN,
            name="n",
            description="d",
            group="@g.dll,-7",
            program="System",
            service="svc",
            edge=True,
            extras=Extras(defer="App", local_users="O:LSD:(A;;CC;;;WD)", proximity=("WFDKmDriver",)),
        ),
        (
            "v2.27|Action=Allow|Active=TRUE|Dir=In|App=System|Svc=svc|Name=n|Desc=d|LUAuth=O:LSD:(A;;CC;;;WD)|"
            "EmbedCtxt=@g.dll,-7|Edge=TRUE|Defer=App|TTK2_27=WFDKmDriver|"
        ),
    ),
}


@pytest.mark.parametrize(("rule", "text"), WRITTEN.values(), ids=WRITTEN)
def test_writes(rule: HostRule, text: str) -> None:
    assert write_rule(rule) == text
    assert parse_rule(text, id="x") == (replace(rule, version=parsed(text).version), ())


def test_a_whole_family_is_written_in_halves() -> None:
    rule = HostRule(id="x", action=Action.ALLOW, direction=Direction.IN, name="n", remote_address=AddressMatch(AddrSet.V6))
    assert "|RA6=::/1|RA6=8000::/1|" in write_rule(rule)
    assert parsed(write_rule(rule)).remote_address == rule.remote_address


def test_a_range_over_both_families_is_written_as_two() -> None:
    far = AddressMatch(AddrSet.ANY - AddrSet.parse("0.0.0.0/1", "8000::/1"))
    assert len(far.addresses.ranges) == 1
    rule = HostRule(id="x", action=Action.ALLOW, direction=Direction.IN, name="n", remote_address=far)
    assert "|RA4=128.0.0.0/1|RA6=::/1|" in write_rule(rule)
    assert parsed(write_rule(rule)).remote_address == far


@pytest.mark.parametrize("field", ["name", "program", "group"])
def test_a_bar_cannot_be_written(field: str) -> None:
    rule = HostRule(id="x", action=Action.ALLOW, direction=Direction.IN, **{"name": "n", field: "a|b"})
    with pytest.raises(ValueError, match="bar"):
        write_rule(rule)
