"""A pcapng file of the lab's packets, each with a comment. Source: draft-ietf-opsawg-pcapng, sections 4.1 to 4.3."""

from __future__ import annotations

import struct
from collections.abc import Iterable

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_BYTE_ORDER = 0x1A2B3C4D
_RAW_IP = 101
"""LINKTYPE_RAW: packets begin with their IP header. Source: tcpdump.org, link-layer header types."""
_END, _COMMENT, _NAME, _APPLICATION = 0, 1, 2, 4
_MOST_COMMENT_BYTES = 65535


def pcapng(packets: Iterable[tuple[bytes, str]], comment: str, application: str) -> bytes:
    """The file. Packets stand in order, one microsecond apart: the lab has no use for time."""
    section = struct.pack("<IHHq", _BYTE_ORDER, 1, 0, -1) + _options((_COMMENT, comment), (_APPLICATION, application))
    interface = struct.pack("<HHI", _RAW_IP, 0, 0) + _options((_NAME, "lab"))
    out = [_block(_SECTION, section), _block(_INTERFACE, interface)]
    for at, (packet, said) in enumerate(packets):
        head = struct.pack("<IIIII", 0, at >> 32, at & 0xFFFFFFFF, len(packet), _total_length(packet))
        out.append(_block(_PACKET, head + _padded(packet) + _options((_COMMENT, said))))
    return b"".join(out)


def _total_length(packet: bytes) -> int:
    """How long the packet was on the wire: the log keeps its first bytes only."""
    if len(packet) >= 6 and packet[0] >> 4 == 6:
        return max(len(packet), 40 + int.from_bytes(packet[4:6], "big"))
    return max(len(packet), int.from_bytes(packet[2:4], "big")) if len(packet) >= 4 else len(packet)


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def _options(*options: tuple[int, str]) -> bytes:
    found = b""
    for code, text in options:
        content = text.encode("utf-8")[:_MOST_COMMENT_BYTES]
        found += struct.pack("<HH", code, len(content)) + _padded(content)
    return found + struct.pack("<HH", _END, 0)


def _padded(content: bytes) -> bytes:
    return content + b"\0" * (-len(content) % 4)
