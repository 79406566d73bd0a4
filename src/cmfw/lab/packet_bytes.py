"""``PacketKey``: what tells one packet of the lab from all others, read from its bytes. Source: RFC 791, 8200, 768, 9293, 4443."""

from __future__ import annotations

from typing import NamedTuple

from cmfw.net.addr import V6_BASE
from cmfw.net.flow import ICMP4, ICMP6, PORT_PROTOCOLS

_V4, _V6 = 4, 6
_V6_HEADER = 40


class PacketKey(NamedTuple):
    """Protocol, addresses and ports; for ICMP the identifier stands in place of the source port, the type in the other's.

    A tuple, because it is hashed for every log entry, and tuples do that in a tenth of the time.
    """

    protocol: int
    source: int
    source_port: int
    target: int
    target_port: int


def key_of(packet: bytes) -> PacketKey | None:
    """The key of a packet that begins with its IP header; None where it is too short or none that the lab sends."""
    if not packet:
        return None
    version = packet[0] >> 4
    if version == _V4 and len(packet) >= 20:
        head = (packet[0] & 15) * 4
        protocol = packet[9]
        source, target = (int.from_bytes(packet[at : at + 4], "big") for at in (12, 16))
    elif version == _V6 and len(packet) >= _V6_HEADER:
        head, protocol = _V6_HEADER, packet[6]
        source, target = (int.from_bytes(packet[at : at + 16], "big") + V6_BASE for at in (8, 24))
    else:
        return None
    rest = packet[head : head + 8]
    if len(rest) < 8:
        return None
    if protocol in PORT_PROTOCOLS:
        return PacketKey(protocol, source, int.from_bytes(rest[:2], "big"), target, int.from_bytes(rest[2:4], "big"))
    if protocol in (ICMP4, ICMP6):
        return PacketKey(protocol, source, int.from_bytes(rest[4:6], "big"), target, rest[0])
    return None
