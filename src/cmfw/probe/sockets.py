"""Sockets that never wait, what the system says about them, and where it says less: the only calls that differ by system.

Source: Linux `ip(7)`, `ipv6(7)` (IP_RECVERR 11, IPV6_RECVERR 25, `struct sock_extended_err`), `tcp(7)` TCP_INFO, `icmp(7)` (ping sockets).
"""

from __future__ import annotations

import os
import socket
import sys
from struct import error, pack, unpack_from

from cmfw.net.addr import V6_BASE, is_v6
from cmfw.net.flow import TCP
from cmfw.probe.classify import QueuedError

LINUX = sys.platform == "linux"
_IP_RECVERR, _IPV6_RECVERR, _MSG_ERRQUEUE = 11, 25, 0x2000
_TCP_INFO, _TOTAL_RETRANSMITS = 11, 100
_LINGER = pack("ii", 1, 0) if os.name != "nt" else pack("hh", 1, 0)
_NONBLOCKING = getattr(socket, "SOCK_NONBLOCK", 0)
_SPARE_FILES = 64
_MOST_OPEN = 4096
_SELECT_LIMIT = 500
"""`select` of Windows takes 512 sockets. Source: Python's build of it (FD_SETSIZE)."""


def most_open() -> int:
    """How many probes may be in flight at once on this machine."""
    if os.name == "nt":
        return _SELECT_LIMIT
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_OPEN + _SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(16, min(_MOST_OPEN, (wanted if soft == resource.RLIM_INFINITY else soft) - _SPARE_FILES))


def ip_text(number: int) -> str:
    """The address as the socket calls want it."""
    if is_v6(number):
        return socket.inet_ntop(socket.AF_INET6, (number - V6_BASE).to_bytes(16, "big"))
    return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def number_of(packed: bytes) -> int:
    """The address number of 4 or 16 bytes; an IPv4 address inside an IPv6 one is an IPv4 address."""
    if len(packed) == 16 and packed[:12] == bytes(10) + b"\xff\xff":
        packed = packed[12:]
    return int.from_bytes(packed, "big") + (V6_BASE if len(packed) == 16 else 0)


def tcp_socket(*, v6: bool) -> socket.socket:
    """A socket that connects without waiting and names who refuses it (Linux)."""
    made = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_STREAM | _NONBLOCKING, TCP)
    try:
        _prepare(made, v6=v6)
    except OSError:
        made.close()
        raise
    return made


def close_at_once(made: socket.socket) -> None:
    """Let the connection end with a reset instead of TIME_WAIT: thousands of probes do not use up the ports of this machine."""
    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)


def udp_socket(*, v6: bool) -> socket.socket:
    """A datagram socket that names who refuses its packets (Linux)."""
    made = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM | _NONBLOCKING)
    _prepare(made, v6=v6)
    return made


def ping_socket(*, v6: bool) -> socket.socket:
    """A socket for ICMP echo: one that needs no rights where the system has it, else a raw one; OSError without the right."""
    family, protocol = (socket.AF_INET6, 58) if v6 else (socket.AF_INET, 1)
    try:
        made = socket.socket(family, socket.SOCK_DGRAM | _NONBLOCKING, protocol)
    except OSError:
        made = socket.socket(family, socket.SOCK_RAW | _NONBLOCKING, protocol)
    _prepare(made, v6=v6)
    return made


def _prepare(made: socket.socket, *, v6: bool) -> None:
    if not _NONBLOCKING:
        made.setblocking(False)
    if LINUX:
        if v6:
            made.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
        else:
            made.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)


def queued_error(made: socket.socket) -> QueuedError | None:
    """The newest record of the error queue, None where the system keeps none."""
    if not LINUX:
        return None
    found = None
    for _ in range(16):
        try:
            _, records, _, _ = made.recvmsg(256, 512, _MSG_ERRQUEUE)
        except OSError:
            return found
        for level, kind, content in records:
            if (level, kind) in ((socket.IPPROTO_IP, _IP_RECVERR), (socket.IPPROTO_IPV6, _IPV6_RECVERR)):
                found = read_record(content) or found
    return found


def read_record(content: bytes) -> QueuedError | None:
    """A `struct sock_extended_err` with the address behind it; None for one that is too short."""
    try:
        _, origin, kind, code = unpack_from("=IBBB", content)
        (family,) = unpack_from("=H", content, 16)
    except error:
        return None
    sender = None
    if family == socket.AF_INET and len(content) >= 24:
        sender = number_of(content[20:24])
    elif family == socket.AF_INET6 and len(content) >= 40:
        sender = number_of(content[24:40])
    return QueuedError(origin, kind, code, sender)


def retransmitted(made: socket.socket) -> int:
    """How often the system sent the first packet again; 0 where it does not say."""
    if not LINUX:
        return 0
    try:
        content = made.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _TOTAL_RETRANSMITS + 4)
        return int(unpack_from("=I", content, _TOTAL_RETRANSMITS)[0])
    except (OSError, error):
        return 0


def source_towards(target: int) -> int | None:
    """The own address from which packets to the target leave, None without a way. Sends nothing."""
    try:
        with socket.socket(socket.AF_INET6 if is_v6(target) else socket.AF_INET, socket.SOCK_DGRAM) as made:
            made.connect((ip_text(target), 9))
            text = made.getsockname()[0].partition("%")[0]
            return number_of(socket.inet_pton(made.family, text))
    except OSError:
        return None
