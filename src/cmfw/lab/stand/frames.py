"""Ethernet frames of the wake-up proxy, as bytes: neighbour resolution on behalf of a sleeper, connections to it, magic packets. Pure.

Source: RFC 826 (ARP), RFC 9293 (SYN); "Magic Packet Technology" white paper (AMD 20213): six bytes of 0xff, then the hardware
address sixteen times.
"""

from __future__ import annotations

import struct

BROADCAST = b"\xff" * 6
_ARP, _IPV4 = 0x0806, 0x0800
_REQUEST, _REPLY = 1, 2
_TCP, _UDP = 6, 17
_SYN, _SYN_ACK_MASK = 0x02, 0x12
_HEAD = 14


def magic(hardware: bytes) -> bytes:
    """The payload that wakes the machine with that hardware address."""
    return BROADCAST + hardware * 16


def arp_request_for(frame: bytes) -> tuple[int, bytes, int] | None:
    """(address asked for, hardware address and address of who asks) of an ARP request; None for any other frame."""
    if len(frame) < _HEAD + 28 or _type(frame) != _ARP or struct.unpack_from("!H", frame, _HEAD + 6)[0] != _REQUEST:
        return None
    sender, address = frame[_HEAD + 8 : _HEAD + 14], int.from_bytes(frame[_HEAD + 14 : _HEAD + 18], "big")
    return int.from_bytes(frame[_HEAD + 24 : _HEAD + 28], "big"), sender, address


def arp_reply(hardware: bytes, address: int, to_hardware: bytes, to_address: int) -> bytes:
    """Says that the address has the hardware address; the switch learns from it where the hardware address is."""
    body = struct.pack("!HHBBH", 1, _IPV4, 6, 4, _REPLY) + hardware + address.to_bytes(4, "big")
    return _frame(to_hardware, hardware, _ARP, body + to_hardware + to_address.to_bytes(4, "big"))


def opens_connection_to(frame: bytes, hardware: bytes) -> int:
    """The port of a TCP connection that the frame opens to the hardware address; 0 for any other frame."""
    rest = _of_protocol(frame, _TCP)
    if frame[:6] != hardware or len(rest) < 14 or rest[13] & _SYN_ACK_MASK != _SYN:
        return 0
    return int.from_bytes(rest[2:4], "big")


def magic_port(frame: bytes, hardware: bytes) -> int:
    """The UDP port to which the frame carries a magic packet for the hardware address; 0 for any other frame."""
    rest = _of_protocol(frame, _UDP)
    if frame[:6] not in (hardware, BROADCAST) or magic(hardware) not in rest:
        return 0
    return int.from_bytes(rest[2:4], "big")


def _of_protocol(frame: bytes, protocol: int) -> bytes:
    """What follows the IPv4 header; empty for any other frame."""
    if len(frame) < _HEAD + 20 or _type(frame) != _IPV4 or frame[_HEAD + 9] != protocol:
        return b""
    return frame[_HEAD + (frame[_HEAD] & 15) * 4 :]


def _type(frame: bytes) -> int:
    return int.from_bytes(frame[12:14], "big")


def _frame(target: bytes, source: bytes, kind: int, body: bytes) -> bytes:
    return (target + source + kind.to_bytes(2, "big") + body).ljust(60, b"\0")
