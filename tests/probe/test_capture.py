"""Reading captured packets, and the filter that keeps all others out."""

from __future__ import annotations

from struct import pack, unpack_from

import pytest

from cmfw.net.addr import parse_address
from cmfw.net.flow import TCP, UDP
from cmfw.probe.capture import Packet, peer_filter, read_packet

A4, B4, A6, B6 = "10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::2"


def packed(text: str) -> bytes:
    import socket

    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def tcp(flags: int) -> bytes:
    return pack(">HHIIBBHHH", 50001, 445, 7, 0, 0x50, flags, 1024, 0, 0)


UDP_CONTENT = pack(">HHHH", 50002, 25536, 9, 0) + b"x"


def v4(protocol: int, content: bytes, *, options: int = 0, offset: int = 0) -> bytes:
    head = pack(">BBHHHBBH", 0x45 + options, 0, 20 + 4 * options + len(content), 1, offset, 64, protocol, 0)
    return head + packed(A4) + packed(B4) + bytes(4 * options) + content


def v6(kind: int, content: bytes) -> bytes:
    return pack(">IHBB", 0x60000000, len(content), kind, 64) + packed(A6) + packed(B6) + content


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (v4(6, tcp(0x02)), (TCP, A4, 50001, B4, 445, True, False)),
        (v4(6, tcp(0x12)), (TCP, A4, 50001, B4, 445, False, True)),
        (v4(6, tcp(0x10)), (TCP, A4, 50001, B4, 445, False, False)),
        (v4(6, tcp(0xC2)), (TCP, A4, 50001, B4, 445, True, False)),
        (v4(6, tcp(0x02), options=3), (TCP, A4, 50001, B4, 445, True, False)),
        (v4(17, UDP_CONTENT), (UDP, A4, 50002, B4, 25536, True, False)),
        (v4(17, UDP_CONTENT, offset=0x2000), (UDP, A4, 50002, B4, 25536, True, False)),
        (v6(6, tcp(0x02)), (TCP, A6, 50001, B6, 445, True, False)),
        (v6(0, bytes((17, 0)) + bytes(6) + UDP_CONTENT), (UDP, A6, 50002, B6, 25536, True, False)),
        (v6(60, bytes((43, 0)) + bytes(6) + bytes((6, 1)) + bytes(14) + tcp(0x02)), (TCP, A6, 50001, B6, 445, True, False)),
    ],
    ids=[
        "SYN", "SYN+ACK", "ACK", "SYN with ECN bits", "IP options", "UDP", "first fragment", "IPv6 SYN", "hop-by-hop options",
        "two extension headers",
    ],
)  # fmt: skip
def test_a_packet(content, found):
    protocol, source, source_port, target, target_port, first, answer = found
    assert read_packet(content) == Packet(
        protocol, parse_address(source), source_port, parse_address(target), target_port, first, answer
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        v4(1, bytes(8)),
        v4(6, tcp(2), offset=5),
        v4(6, tcp(2)[:13]),
        v4(17, b"\0" * 7),
        v6(44, bytes(8)),
        v6(6, b""),
        b"\x45" + bytes(5),
    ],
    ids=["nothing", "ICMP", "a later fragment", "half a TCP header", "half a UDP header", "IPv6 fragment", "empty", "cut"],
)
def test_no_packet_of_ours(content):
    assert read_packet(content) is None


@pytest.mark.parametrize("content", [v4(6, tcp(2)), v6(17, UDP_CONTENT)], ids=["4", "6"])
def test_a_packet_cut_anywhere_is_read_or_not_but_never_fails(content):
    for end in range(len(content)):
        read_packet(content[:end])


def passes(program: bytes, packet: bytes) -> int:
    """What a classic BPF program returns for a packet. Source: BPF as in `linux/filter.h`."""
    at, register = 0, 0
    while True:
        code, true, false, number = unpack_from("=HBBI", program, 8 * at)
        at += 1
        if code == 0x20:
            if len(packet) < number + 4:
                return 0
            register = unpack_from(">I", packet, number)[0]
        elif code == 0x15:
            at += true if register == number else false
        else:
            assert code == 0x06
            return number


@pytest.mark.parametrize(
    ("peer", "packet", "kept"),
    [
        (A4, v4(6, tcp(2)), True),
        (B4, v4(6, tcp(2)), True),
        ("10.0.0.3", v4(6, tcp(2)), False),
        (A6, v6(6, tcp(2)), True),
        (B6, v6(6, tcp(2)), True),
        ("2001:db8::3", v6(6, tcp(2)), False),
        ("2001:db9::1", v6(6, tcp(2)), False),
        (A4, b"", False),
    ],
)
def test_the_filter(peer, packet, kept):
    assert bool(passes(peer_filter(parse_address(peer)), packet)) is kept
