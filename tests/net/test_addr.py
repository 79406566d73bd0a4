from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmfw.net.addr import V6_BASE, AddrSet, format_address, parse_address, parse_range


@given(st.ip_addresses())
def test_an_address_reads_back(address):
    number = parse_address(str(address))
    assert number == int(address) + (V6_BASE if address.version == 6 else 0)
    assert ipaddress.ip_address(format_address(number)) == address


@given(st.lists(st.sampled_from([0, 0, 1, 0xAB, 0xFFFF]), min_size=8, max_size=8))
def test_an_ipv6_address_is_written_as_ipaddress_writes_it(groups):
    value = int("".join(f"{group:04x}" for group in groups), 16)
    theirs = ipaddress.IPv6Address(value)
    if theirs.ipv4_mapped is None:  # written with dots by newer versions of Python only
        assert format_address(value + V6_BASE) == str(theirs)


def test_an_ipv4_mapped_address_is_written_in_groups_on_every_python():
    assert format_address(parse_address("::ffff:10.1.2.3")) == "::ffff:a01:203"


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_a_prefix_is_the_network_that_ipaddress_gives(address, length):
    network = ipaddress.ip_network(f"{address}/{length}", strict=False)
    assert parse_range(f"{address}/{length}") == (int(network[0]), int(network[-1]))
    assert parse_range(f"{address}/{network.netmask}") == (int(network[0]), int(network[-1]))


V4_PIECES = st.lists(
    st.sampled_from(
        ("0", "1", "10", "255", "256", "010", "", ".", ".", ".", "/", "-", " ", "24", "32", "33", "\u0661", "::", "*")
    ),
    max_size=10,
).map("".join)
V4_TEXTS = st.tuples(
    st.ip_addresses(v=4).map(str),
    st.sampled_from(("", "/", "/0", "/8", "/32", "/33", "/024", "/+8", "/8.", "/255.0.0.0", "-")),
).map("".join)


def range_or_refusal(text):
    try:
        return parse_range(text)
    except ValueError as error:
        return str(error)


@given(V4_PIECES | V4_TEXTS)
def test_a_usual_range_is_read_as_any_other_is(text):
    """A blank in front, which says nothing, is the way round the look into the table."""
    assert range_or_refusal(text) == range_or_refusal(f" {text}")


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        pytest.param(["10.0.0.0/8"], ["10.0.0.0/8"], id="prefix"),
        pytest.param(["10.1.2.77/255.255.255.0"], ["10.1.2.0/24"], id="mask-drops-host-bits"),
        pytest.param(["10.0.0.1-10.0.0.2"], ["10.0.0.1", "10.0.0.2"], id="short-range-as-addresses"),
        pytest.param(["10.0.0.1-10.0.3.77"], ["10.0.0.1-10.0.3.77"], id="ragged-range-stays-a-range"),
        pytest.param(["fe80::/64"], ["fe80::/64"], id="ipv6-prefix"),
        pytest.param(["fe80::1%eth0"], ["fe80::1"], id="zone-is-dropped"),
        pytest.param(["10.0.0.0/25", "10.0.0.128/25"], ["10.0.0.0/24"], id="halves-melt"),
        pytest.param(["0.0.0.0/0"], ["0.0.0.0/0"], id="all-of-ipv4-is-not-any"),
        pytest.param(["255.255.255.255", "::"], ["255.255.255.255", "::"], id="families-touch-but-never-melt"),
    ],
)
def test_parse_and_text(texts, wanted):
    assert AddrSet.parse(*texts).texts() == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10.0.0",
        "010.0.0.1",
        "10.0.0.256",
        "10.0.0.0/33",
        "10.0.0.0/255.0.255.0",
        "10.0.0.9-10.0.0.3",
        "10.0.0.1-::1",
        "fe80::/200",
        "host",
    ],
)
def test_parse_refuses_what_is_no_address(text):
    with pytest.raises(ValueError, match=r"`.*`"):
        parse_range(text)


V6_PIECES = st.lists(
    st.sampled_from(("0", "1", "ab", "FFFF", "fe80", "12345", "g", "", ":", "::", "1.2.3.4", "1.2.3.256", "%eth0")),
    max_size=10,
)


@given(V6_PIECES.map(":".join) | V6_PIECES.map("".join) | st.ip_addresses(v=6).map(lambda a: a.exploded))
def test_ipv6_text_means_what_ipaddress_says(text):
    text = text if ":" in text else f"{text}:"
    try:
        wanted = int(ipaddress.IPv6Address(text.partition("%")[0])) + V6_BASE
    except ValueError:
        with pytest.raises(ValueError, match="IP address"):
            parse_address(text)
    else:
        assert parse_address(text) == wanted


def test_any_holds_both_families_and_each_part_is_one():
    assert AddrSet.ANY.is_any
    assert AddrSet.ANY.v4 == AddrSet.V4
    assert AddrSet.ANY.v6 == AddrSet.V6
    assert (AddrSet.V4 | AddrSet.V6).is_any
    assert (AddrSet.ANY - AddrSet.V4) == AddrSet.V6
    assert AddrSet.EMPTY.is_empty
    assert str(AddrSet.ANY) == "*"
    assert AddrSet.parse("10.0.0.5", " * ") == AddrSet.parse("10.0.0.256", "any") == AddrSet.ANY
