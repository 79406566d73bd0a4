"""Rows of the flow-text grammar: what is read, what it means, what is refused and where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmfw.net.addr import V6_BASE, AddrSet
from cmfw.net.atoms import Atoms
from cmfw.net.flow import ICMP4, ICMP6, PORT_PROTOCOLS, TCP, UDP, Direction, Flow, Interface, Principal, Profile
from cmfw.net.flowtext import FlowParts, FlowTextError, parse_parts
from cmfw.net.ports import PortSet

CANONICAL = [
    "in tcp 10.0.0.5:50000 > 10.1.0.9:445",
    "out udp 10.2.0.0/16 > *:25536 profile=private",
    "in icmp4 10.0.0.5 > 10.1.0.9 type=8 code=0 profile=domain",
    "in icmp6 fe80::1 > 2001:db8::/32 type=128",
    "in tcp [2001:db8::5]:1024-2048 > [2001:db8:1::/48]:443",
    "out any * > 192.0.2.7",
    "out ip/47 * > *",
    'in tcp * > *:2701 program="C:\\Program Files\\SMS_CCM\\RemCtrl\\CmRcService.exe" service=cmrcservice',
    "in tcp * > * interface=ras program=*",
    'in tcp * > *:80 program=a.exe service=""',
]


@pytest.mark.parametrize("text", CANONICAL)
def test_canonical_text_prints_as_it_was_read(text):
    assert parse_parts(text).text() == text


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("IN  TCP\t* > 10.1.0.9:445", "in tcp * > 10.1.0.9:445"),
        ("Out Ip/6 * > *:443", "out tcp * > *:443"),
        ("in tcp 10.0.0.77/8:* > *:*", "in tcp 10.0.0.0/8 > *"),
        ("in tcp [FE80::0:1]:9 > *", "in tcp [fe80::1]:9 > *"),
        ('in udp * > *:9 PROFILE="Public" Service=WinMgmt', "in udp * > *:9 profile=public service=winmgmt"),
        ("in tcp * > *:0-65535", "in tcp * > *"),
        ("out tcp * > ::/0", "out tcp * > ::/0"),
    ],
    ids=lambda value: value,
)
def test_spellings_become_canonical(text, canonical):
    assert parse_parts(text).text() == canonical


@pytest.mark.parametrize(
    ("text", "position", "expected", "got"),
    [
        ("", 0, "`in` or `out`", "the end of the text"),
        ("sideways tcp * > *", 0, "`in` or `out`", "`sideways`"),
        ("in sctp * > *", 3, "a protocol", "`sctp`"),
        ("in ip/256 * > *", 3, "a protocol", "`ip/256`"),
        ("in tcp * 10.0.0.1", 9, "`>`", "`10.0.0.1`"),
        ("in tcp *>*", 7, "`*`, an address", "`*>*`"),
        ("in tcp * >", 10, "the end that answers", "the end of the text"),
        ("in tcp 10.0.0.300 > *", 7, "`*`, an address", "`10.0.0.300`"),
        ("in tcp 10.0.0.1-10.0.0.9 > *", 7, "`*`, an address", "`10.0.0.1-10.0.0.9`"),
        ("in tcp 10.0.0.0/255.0.0.0 > *", 7, "`*`, an address", "`10.0.0.0/255.0.0.0`"),
        ("in tcp any > *", 7, "`*`, an address", "`any`"),
        ("in tcp * > *:70000", 11, "a port", "`*:70000`"),
        ("in tcp * > *:9-3", 11, "a port", "`*:9-3`"),
        ("in tcp * > *:80,443", 11, "a port", "`*:80,443`"),
        ("in tcp * > *:", 11, "a port", "`*:`"),
        ("in tcp [fe80::1:9 > *", 7, "`[IPv6]`", "`[fe80::1:9`"),
        ("in tcp [10.0.0.1]:9 > *", 7, "`[IPv6]`", "`[10.0.0.1]:9`"),
        ("in icmp4 * > *:80", 13, "an end without a port", "`*:80`"),
        ("in any * > *:80", 11, "an end without a port", "`*:80`"),
        ("in tcp 10.0.0.1 > fe80::1", 18, "one address family", "`fe80::1`"),
        ("in icmp6 10.0.0.1 > 10.0.0.2", 20, "IPv6 addresses", "`10.0.0.2`"),
        ("in tcp * > * type=8", 13, "no `type=`", "`type=8`"),
        ("in icmp4 * > * code=0", 15, "`type=` beside", "`code=0` alone"),
        ("in icmp4 * > * type=256", 20, "0 to 255", "`256`"),
        ("in tcp * > * profile=work", 21, "`domain` or `private` or `public`", "`work`"),
        ("in tcp * > * profile=domain profile=public", 28, "`profile` once", "`profile=public` again"),
        ("in tcp * > * user=me", 13, "a part `key=value`", "`user=me`"),
        ("in tcp * > * program", 13, "a part `key=value`", "`program`"),
        ("in tcp * > * program=", 21, "a bare value", "``"),
        ('in tcp * > * program="', 13, "a closing quote", '`program="`'),
        ('in tcp * > * program=a"b c"d', 21, "a bare value", '`a"b c"d`'),
        ('in tcp * > * program=" "', 21, "a program path", '`" "`'),
    ],
)
def test_refused_with_place_and_reason(text, position, expected, got):
    with pytest.raises(FlowTextError) as caught:
        parse_parts(text)
    assert caught.value.position == position
    assert expected in caught.value.expected
    assert caught.value.got == got
    assert str(caught.value).endswith(f"at character {position + 1}")


def test_given_names_exactly_what_is_said():
    always = {"direction", "protocol"}
    assert parse_parts("in tcp * > *").given == always
    said = parse_parts("in tcp * > 10.0.0.1:445 profile=domain service=x").given
    assert said == always | {"destination", "destination_port", "profile", "service"}


def test_flows_see_local_and_remote_as_the_judged_host_does():
    asked = "tcp 10.0.0.5:1111 > 10.1.0.9:2222"
    (incoming,) = parse_parts(f"in {asked}").flows()
    (outgoing,) = parse_parts(f"out {asked}").flows()
    assert (incoming.local, incoming.local_port) == (AddrSet.parse("10.1.0.9").ranges, ((2222, 2222),))
    assert (outgoing.local, outgoing.local_port) == (AddrSet.parse("10.0.0.5").ranges, ((1111, 1111),))
    assert incoming.remote == outgoing.local
    assert outgoing.remote == incoming.local


def test_omitted_parts_are_free_but_the_interface_is_lan_or_wireless():
    box, other = parse_parts("in any * > *").flows()
    assert box.profile == 7
    assert box.interface == int(Interface.LAN | Interface.WIRELESS)
    assert box.program == Atoms.ANY
    assert box.principal == other.principal == int(Principal.ORDINARY | Principal.CONFINED)


@pytest.mark.parametrize("said", ["program=c:\\a.exe", "service=b", "program=* service=b"])
def test_a_named_program_or_service_is_an_ordinary_process(said):
    assert {box.principal for box in parse_parts(f"in tcp * > * {said}").flows()} == {int(Principal.ORDINARY)}


@pytest.mark.parametrize(("said", "codes"), [("type=8", ((2048, 2303),)), ("type=8 code=3", ((2051, 2051),))])
def test_icmp_type_without_code_is_every_code(said, codes):
    (box,) = parse_parts(f"in icmp4 * > * {said}").flows()
    assert box.icmp == codes


def test_text_of_a_flow_is_flow_text():
    flow = Flow(
        direction=Direction.IN,
        protocol=TCP,
        local=AddrSet.parse("10.1.0.9").ranges[0][0],
        remote=AddrSet.parse("10.0.0.5").ranges[0][0],
        local_port=445,
        remote_port=50000,
        profile=Profile.PRIVATE,
        interface=Interface.RAS,
        program="c:\\program files\\x.exe",
        service="y",
    )
    assert parse_parts(flow.text()).text() == flow.text()
    assert flow in parse_parts(flow.text()).flows()


@st.composite
def _ends(draw, family: int) -> AddrSet:
    if draw(st.booleans()):
        return AddrSet.ANY
    width, base = (32, 0) if family == 4 else (128, V6_BASE)
    length = draw(st.integers(0, width))
    size = 1 << (width - length)
    first = draw(st.integers(0, (1 << width) // size - 1)) * size + base
    return AddrSet.from_pairs([(first, first + size - 1)])


@st.composite
def _ports(draw) -> PortSet | None:
    first, last = sorted((draw(st.integers(0, 65535)), draw(st.integers(0, 65535))))
    found = PortSet.of((first, last))
    return draw(st.sampled_from([None, None if found.is_any else found, PortSet.of(first)]))


_VALUES = st.text(st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters='"'), min_size=1, max_size=30)


@st.composite
def flow_parts(draw) -> FlowParts:
    """Any parts that a flow text can say."""
    protocol = draw(st.sampled_from([TCP, UDP, ICMP4, ICMP6, None, 47, 2, 255]))
    family = {ICMP4: 4, ICMP6: 6}.get(protocol) or draw(st.sampled_from([4, 6]))
    ported = protocol in PORT_PROTOCOLS
    icmp_type = draw(st.none() | st.integers(0, 255)) if protocol in (ICMP4, ICMP6) else None
    values = _VALUES.map(str.strip).filter(lambda v: v and v.isprintable())
    return FlowParts(
        direction=draw(st.sampled_from(list(Direction))),
        protocol=protocol,
        source=draw(_ends(family)),
        destination=draw(_ends(family)),
        source_port=draw(_ports()) if ported else None,
        destination_port=draw(_ports()) if ported else None,
        icmp_type=icmp_type,
        icmp_code=None if icmp_type is None else draw(st.none() | st.integers(0, 255)),
        profile=draw(st.none() | st.sampled_from(list(Profile))),
        interface=draw(st.none() | st.sampled_from(list(Interface))),
        program=draw(st.none() | values),
        service=draw(st.none() | values.map(str.lower) | st.just("")),
    )


@given(flow_parts())
def test_what_is_printed_is_read_back(parts):
    again = parse_parts(parts.text())
    assert again == parts
    assert again.flows().same_flows(parts.flows())


@given(st.text(max_size=60) | st.from_regex(r"(in|out) (tcp|udp|any) \S{0,20} > \S{0,20}( \S{0,12}){0,3}", fullmatch=True))
def test_any_text_is_read_or_refused_with_a_place(text):
    try:
        parts, place = parse_parts(text), 0
    except FlowTextError as error:
        parts, place = None, error.position
    assert 0 <= place <= len(text)
    assert parts is None or parse_parts(parts.text()) == parts
