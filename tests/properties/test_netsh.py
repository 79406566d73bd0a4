"""What is written as ``netsh`` prints it reads back as it was, in every language and encoding; unknown languages by place."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ingest.netsh_writer import CODE_PAGES, LANGUAGES, STRANGE, as_shown, written

from cmfw.ingest.netsh_blocks import cut
from cmfw.ingest.netsh_rules import NOT_SHOWN, ListedRules, read_rules
from cmfw.ingest.netsh_words import known_words
from cmfw.ingest.unshown_conditions import unshown
from cmfw.ingest.windows_text import decode
from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, PortMatch, Store
from cmfw.net.addr import AddrSet
from cmfw.net.flow import ALL_INTERFACES, Direction
from cmfw.net.ports import PortSet

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cf", "Zs", "Cn", "Co")), max_size=12
)
NAMES = st.one_of(
    TEXT.filter(lambda t: t and t.lower() != "all" and "|" not in t),
    st.sampled_from(("Rule Name: x", "a:b: c", "Enabled:   No", "操作: 阻止", "Ok.", "---", "@FirewallAPI.dll,-28502")),
)
PORTS = st.one_of(
    st.just(PortMatch.ANY),
    st.lists(st.sampled_from(((80, 80), (443, 443), (5000, 5020), (49152, 65535))), min_size=1).map(
        lambda pairs: PortMatch(PortSet.from_pairs(pairs))
    ),
)
ADDRESSES = (
    "10.1.2.3", "10.0.0.0/8", "192.168.7.0/24", "10.3.0.1-10.3.0.9", "fe80::/64", "2001:db8::5", "ff02::1-ff02::3",
)  # fmt: skip
LOCAL = st.one_of(
    st.just(AddressMatch.ANY),
    st.lists(st.sampled_from(ADDRESSES), min_size=1, max_size=3).map(lambda texts: AddressMatch(AddrSet.parse(*texts))),
)
KEYWORDS = st.lists(st.sampled_from(("LocalSubnet", "DNS", "DHCP", "WINS", "DefaultGateway")), max_size=2).map(
    lambda words: tuple(sorted({f"{word}{family}" for word in words for family in "46"}))
)
PROGRAMS = (None, "System", "%SystemRoot%\\system32\\svchost.exe", "C:\\Tools\\a b\\agent.exe", "\\\\srv\\x\\y.exe")
SECURITY = (
    (),
    ("Authenticate",),
    ("AuthenticateEncrypt",),
    ("AuthenticateEncrypt", "AnE-Nego"),
    ("Authenticate", "An-NoEncap"),
)


@st.composite
def host_rules(draw: st.DrawFn) -> HostRule:
    direction = draw(st.sampled_from((Direction.IN, Direction.OUT)))
    protocol = draw(st.sampled_from((None, 6, 17, 1, 58, 2, 47)))
    remote = draw(LOCAL)
    words = draw(KEYWORDS)
    if words and not remote.is_any:
        remote = AddressMatch(remote.addresses, words)
    elif words:
        remote = AddressMatch(AddrSet.EMPTY, words)
    local_port = draw(PORTS)
    if protocol == 6 and direction is Direction.IN and draw(st.booleans()):
        local_port = PortMatch(PortSet.EMPTY, (draw(st.sampled_from(("RPC", "RPC-EPMap"))),))
    action = draw(st.sampled_from(Action))
    security = () if action is Action.BLOCK else draw(st.sampled_from(SECURITY[action is Action.BYPASS :]))
    defer = draw(st.sampled_from(("", "", "User", "App"))) if direction is Direction.IN else ""
    extras = Extras(security=security, defer=defer, remote_machines="O:LSD:(A;;CC;;;S-1-5-9)" if security else "")
    icmp = draw(st.sampled_from((None, ((8, None),), ((3, 4), (11, 0))))) if protocol in (1, 58) else None
    return HostRule(
        id="r",
        name=draw(NAMES),
        description=draw(TEXT),
        group=draw(st.sampled_from(("", "@FirewallAPI.dll,-28502", "Own group", "a: b", "TCP"))),
        action=action,
        direction=direction,
        store=draw(st.sampled_from((Store.LOCAL, Store.GPO))),
        active=draw(st.booleans()),
        profiles=draw(st.integers(1, 7)),
        protocol=protocol,
        local_port=local_port if protocol in (6, 17) else PortMatch.ANY,
        remote_port=draw(PORTS) if protocol in (6, 17) else PortMatch.ANY,
        icmp=icmp,
        local_address=draw(LOCAL),
        remote_address=remote,
        program=draw(st.sampled_from(PROGRAMS)),
        service=draw(st.sampled_from((None, "*", "RpcSs", "winmgmt"))),
        interfaces=draw(st.sampled_from((ALL_INTERFACES, 1, 2, 5))),
        edge=direction is Direction.IN and defer != "User" and draw(st.booleans()),
        extras=extras if extras != Extras.NONE else Extras.NONE,
    )


def listed(content: bytes) -> ListedRules:
    text = decode(content, "x", known_words)
    return read_rules(cut(text.lines("x"))[0], "x", text.is_sure)


def comparable(rule: HostRule, *, texts: bool = True) -> HostRule:
    """The rule as a listing shows it, without the doubts and reasons that a reader adds.

    Nor the edge, which decides nothing: its words for deferring are not known in every language.
    """
    shown = as_shown(rule)
    extras = replace(shown.extras, invalid=(), unknown=(), defer="")
    shown = replace(shown, extras=extras, edge=False)
    return shown if texts else replace(shown, name="", description="", group="")


ENCODINGS = {
    "utf-8": lambda text: text.encode(),
    "utf-8 with a mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "utf-16 of PowerShell": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "utf-16 big end first": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "two returns a line": lambda text: text.replace("\r\n", "\r\r\n").encode(),
}
SETTINGS = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("encoding", ENCODINGS)
@given(rules=st.lists(host_rules(), min_size=1, max_size=4))
@SETTINGS
def test_a_verbose_listing_reads_back(language, encoding, rules) -> None:
    found = listed(ENCODINGS[encoding](written(rules, LANGUAGES[language])))
    assert found.blocks == len(rules)
    assert not found.is_short
    assert [comparable(rule) for rule in found.rules] == [comparable(rule) for rule in rules]
    for rule in found.rules:
        # nothing that a listing shows is in doubt, whatever the texts look like
        assert rule.extras.unknown == unshown(rule)


@pytest.mark.parametrize("language", LANGUAGES)
@given(rules=st.lists(host_rules(), min_size=3, max_size=6))
@SETTINGS
def test_a_code_page_is_found_by_its_words(language, rules) -> None:
    content = written(rules, LANGUAGES[language]).encode(CODE_PAGES[language], "replace")
    found = listed(content)
    assert [comparable(rule, texts=False) for rule in found.rules] == [comparable(rule, texts=False) for rule in rules]
    assert all(rule.extras.unknown == unshown(rule) for rule in found.rules)


@pytest.mark.parametrize("language", LANGUAGES)
@given(rules=st.lists(host_rules(), min_size=1, max_size=4))
@SETTINGS
def test_a_short_listing_reads_back_and_proves_nothing(language, rules) -> None:
    found = listed(written(rules, LANGUAGES[language], verbose=False).encode())
    assert found.is_short
    unseen = {
        "description": "", "program": None, "service": None, "interfaces": ALL_INTERFACES, "store": Store.LOCAL,
    }  # fmt: skip

    def short(rule: HostRule) -> HostRule:
        kept = comparable(rule)
        return replace(kept, **unseen, extras=Extras.NONE)

    assert [short(rule) for rule in found.rules] == [short(rule) for rule in rules]
    assert all(set(NOT_SHOWN) <= set(rule.extras.unknown) for rule in found.rules)


DOUBTED = {
    "enabled": ("active",), "profiles": ("profiles",), "local_ip": ("local_address",), "remote_ip": ("remote_address",),
    "protocol": ("protocol", "local_port", "remote_port", "icmp"), "local_port": ("local_port",),
    "remote_port": ("remote_port",), "icmp types": ("icmp",), "program": ("program",), "service": ("service",),
    "interfaces": ("interfaces",), "security": ("extras",), "source": ("store",),
    "line": ("program", "service", "interfaces", "extras", "store"),
}  # fmt: skip
"""Token of a doubt to the fields that it is about."""


@given(rules=st.lists(host_rules(), min_size=2, max_size=8), verbose=st.booleans())
@SETTINGS
def test_an_unknown_language_is_read_by_place_or_left_in_doubt(rules, verbose) -> None:
    """Every rule is in doubt, for nobody knows its action; what is not in doubt of it is right, or wider than right.

    A rule in doubt may allow and may block all that it could match, so only a condition that is too narrow would lie.
    """
    found = listed(written(rules, STRANGE, verbose=verbose).encode())
    assert found.blocks == len(rules)
    by_line: dict[str, list[HostRule]] = {}
    for rule in found.rules:
        by_line.setdefault(rule.origin, []).append(rule)
    for rule, made in zip(rules, by_line.values(), strict=True):
        wanted = comparable(rule, texts=False)
        (like,) = [each for each in made if (each.direction, each.action) == (rule.direction, rule.action)] or made[:1]
        tokens = {field for field, _ in like.extras.unknown}
        assert tokens, "an action of an unknown language is never certain"
        doubted = {name for token in tokens for name in DOUBTED.get(token, ())}
        if len({each.store for each in rules}) == 1:
            # one unknown word for the source is taken as local policy, which counts as the other would
            doubted.add("store")
        if found.is_short:
            doubted |= {"program", "service", "interfaces", "extras", "store"}
        got = comparable(like, texts=False)
        for field in ("active", "profiles", "protocol", "local_port", "remote_port", "icmp", "local_address", "remote_address",
                      "program", "service", "interfaces", "extras", "store"):  # fmt: skip
            is_wider = field in ("program", "service") and getattr(got, field) is None
            assert field in doubted or is_wider or getattr(got, field) == getattr(wanted, field), field
