"""ICMP echo, as bytes. Source: RFC 792, RFC 4443 4.1."""

from __future__ import annotations

from struct import pack, unpack_from

ECHO4, REPLY4, ECHO6, REPLY6 = 8, 0, 128, 129


def echo(payload: bytes, sequence: int, *, v6: bool) -> bytes:
    """An echo request with identifier 0, which a ping socket replaces; the kernel fills in the checksum for IPv6."""
    kind = ECHO6 if v6 else ECHO4
    message = pack(">BBHHH", kind, 0, 0, 0, sequence) + payload
    return message if v6 else message[:2] + pack(">H", checksum(message)) + message[4:]


def checksum(message: bytes) -> int:
    """The Internet checksum of a message whose own checksum field is zero. Source: RFC 1071."""
    padded = message + bytes(len(message) % 2)
    total: int = sum(unpack_from(f">{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def is_reply(packet: bytes, payload: bytes, *, v6: bool) -> bool:
    """Whether the packet is the reply to an echo request with that payload; an IPv4 header may stand in front."""
    if not v6 and packet and packet[0] >> 4 == 4:
        packet = packet[(packet[0] & 15) * 4 :]
    return len(packet) >= 8 and packet[0] == (REPLY6 if v6 else REPLY4) and packet[8:] == payload
