"""Packets as the network card hands them over, before any host firewall: Linux packet sockets, and how to read what they give.

Source: Linux `packet(7)` (a SOCK_DGRAM packet socket begins at the IP header; type 4 is outgoing), `bpf` classic filters
(`linux/filter.h`); RFC 791, RFC 8200, RFC 9293, RFC 768.
"""

from __future__ import annotations

import ctypes
import socket
from struct import pack, unpack_from

from cmfw.net.addr import V6_BASE, is_v6
from cmfw.net.flow import TCP, UDP
from cmfw.probe.sockets import LINUX, number_of
from cmfw.values import value

OUTGOING = 4
_ETH_P_ALL = 3
"""Only a socket for every protocol sees what leaves. Source: `packet(7)`."""
_SO_ATTACH_FILTER = 26
_LOAD_WORD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
_SNAP = 256
_V6_HEADER = 40
_EXTENSIONS = (0, 43, 60)
"""Hop-by-hop, routing and destination options stand before the ports."""
_SYN, _ACK = 0x02, 0x10


@value
class Packet:
    """The ends of one TCP or UDP packet. ``first`` says that it opens a connection (every UDP packet may), ``answer`` SYN+ACK."""

    protocol: int
    source: int
    source_port: int
    target: int
    target_port: int
    first: bool
    answer: bool


def read_packet(content: bytes) -> Packet | None:
    """The packet that begins with an IP header; None for anything but the first piece of a TCP or UDP packet."""
    version = content[0] >> 4 if content else 0
    found = _v4(content) if version == 4 else _v6(content) if version == 6 else None
    if found is None:
        return None
    protocol, source, target, at = found
    if protocol not in (TCP, UDP) or len(content) < at + (14 if protocol == TCP else 8):
        return None
    source_port, target_port = unpack_from(">HH", content, at)
    flags = content[at + 13] & (_SYN | _ACK) if protocol == TCP else _SYN
    is_answer = protocol == TCP and flags == _SYN | _ACK
    return Packet(protocol, source, source_port, target, target_port, flags == _SYN, is_answer)


def _v4(content: bytes) -> tuple[int, int, int, int] | None:
    """(protocol, source, target, where its content begins)."""
    size = (content[0] & 15) * 4
    if size < 20 or len(content) < size or unpack_from(">H", content, 6)[0] & 0x1FFF:
        return None
    return content[9], number_of(content[12:16]), number_of(content[16:20]), size


def _v6(content: bytes) -> tuple[int, int, int, int] | None:
    if len(content) < _V6_HEADER:
        return None
    source, target = (int.from_bytes(content[at : at + 16], "big") + V6_BASE for at in (8, 24))
    kind, at = content[6], _V6_HEADER
    for _ in range(4):
        if kind not in _EXTENSIONS:
            return kind, source, target, at
        if len(content) < at + 8:
            return None
        kind, at = content[at], at + 8 * (1 + content[at + 1])
    return None


def peer_filter(peer: int) -> bytes:
    """A classic BPF program that lets packets from or to one address pass, as `struct sock_filter` records."""
    words, ends = [peer], (12, 16)
    if is_v6(peer):
        words = [(peer - V6_BASE) >> shift & 0xFFFFFFFF for shift in (96, 64, 32, 0)]
        ends = (8, 24)
    program: list[tuple[int, int, int, int]] = []
    length = 2 * len(words)
    total = 2 * length + 2
    for end in ends:
        for at, word in enumerate(words):
            program.append((_LOAD_WORD, 0, 0, end + 4 * at))
            here = len(program)
            # the last word that matches accepts; one that does not goes on with the other end, or refuses
            next_end = length if end == ends[0] else total - 2
            accept = total - 1 - here - 1 if at == len(words) - 1 else 0
            program.append((_JUMP_EQUAL, accept, next_end - here - 1, word))
    program += [(_RETURN, 0, 0, 0), (_RETURN, 0, 0, _SNAP)]
    return b"".join(pack("=HBBI", *step) for step in program)


def capture(peer: int) -> socket.socket | None:
    """A socket that sees the packets from and to the peer, None where this machine or user may not look."""
    if not LINUX:
        return None
    try:
        made = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, socket.htons(_ETH_P_ALL))
    except OSError:
        return None
    program = peer_filter(peer)
    buffer = ctypes.create_string_buffer(program, len(program))
    try:
        made.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, pack("@HP", len(program) // 8, ctypes.addressof(buffer)))
    except OSError:
        made.close()
        return None
    return made


def captured(made: socket.socket) -> list[tuple[Packet, bool]]:
    """(packet, whether it leaves) of everything that waits in the socket, at most a thousand."""
    found = []
    for _ in range(1000):
        try:
            content, where = made.recvfrom(_SNAP)
        except OSError:
            break
        packet = read_packet(content)
        if packet is not None:
            found.append((packet, where[2] == OUTGOING))
    return found
