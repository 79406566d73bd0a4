"""``Senders``: the first packet of each flow, sent from a socket of its own with the mark of its program."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Mapping
from functools import cache

from cmfw.errors import LabError
from cmfw.lab.namespaces import Namespace
from cmfw.lab.packet_bytes import PacketKey
from cmfw.lab.shots import Shot
from cmfw.net.addr import format_address, is_v6
from cmfw.net.flow import ICMP6, TCP, UDP
from cmfw.words.phrases import phrase
from cmfw.words.system_errors import of_system

MARK = 36
"""SO_MARK, which Python names only on some platforms. Source: asm-generic/socket.h."""
ABORT = struct.pack("ii", 1, 0)
"""A linger time of 0: closing sends a reset and leaves nothing behind."""
_FIRST_PORT, _LAST_PORT = 49152, 65535
"""The ports from which Windows opens connections. Source: Microsoft, "Service overview and network port requirements"."""
_PAYLOAD = b"cmfw lab"
_EXPECTED = (0, errno.EINPROGRESS, errno.EPERM, errno.EACCES)
"""EPERM and EACCES: the host's own firewall stops the packet; its log entry is the evidence, not this."""


class Senders:
    """Sends from the hosts of the lab; no port is used twice in 16,000 packets."""

    def __init__(self, namespaces: Mapping[int, Namespace]) -> None:
        self._namespaces = namespaces
        self._next = _FIRST_PORT

    def send(self, shot: Shot) -> tuple[PacketKey, socket.socket]:
        """Send the packet; the socket has to stay open until its evidence is in. Raises LabError where it cannot be sent."""
        self._namespaces[shot.source].enter()
        if not shot.has_ports:
            return self._echo(shot)
        kind = {TCP: socket.SOCK_STREAM, UDP: socket.SOCK_DGRAM}[shot.protocol]
        family = socket.AF_INET6 if is_v6(shot.source_address) else socket.AF_INET
        made = socket.socket(family, kind)
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, MARK, shot.sender)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        if shot.protocol == TCP:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
        port = self._bind(made, shot)
        target = (_text(shot.target_address), shot.target_port)
        number = made.connect_ex(target) if shot.protocol == TCP else _sent_to(made, _PAYLOAD, target)
        if number not in _EXPECTED:
            made.close()
            raise LabError(
                phrase("cannot send to `{target}`: {reason}", target=target[0], reason=errno.errorcode.get(number, number))
            )
        key = PacketKey(shot.protocol, shot.source_address, port, shot.target_address, shot.target_port)
        return key, made

    def _bind(self, made: socket.socket, shot: Shot) -> int:
        """Bind to the port of the shot, or to the next fresh one."""
        address = _text(shot.source_address)
        for _ in range(64):
            port = shot.source_port or self._fresh()
            try:
                made.bind((address, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE and not shot.source_port:
                    continue
                made.close()
                raise LabError(
                    phrase("cannot send from port {port}: {reason}", port=port, reason=of_system(error))
                ) from error
            return port
        raise LabError("no free port to send from")

    def _fresh(self) -> int:
        port = self._next
        self._next = _FIRST_PORT if port == _LAST_PORT else port + 1
        return port

    def _echo(self, shot: Shot) -> tuple[PacketKey, socket.socket]:
        """An ICMP packet with an identifier of its own."""
        kind, code = shot.icmp or (0, 0)
        identifier = self._fresh()
        family = socket.AF_INET6 if is_v6(shot.source_address) else socket.AF_INET
        made = socket.socket(family, socket.SOCK_RAW, shot.protocol)
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, MARK, shot.sender)
        made.bind((format_address(shot.source_address), 0))
        # the kernel computes the checksum of ICMPv6, whose pseudo header it knows
        content = struct.pack("!BBHHH", kind, code, 0, identifier, 1) + _PAYLOAD
        if shot.protocol != ICMP6:
            content = content[:2] + struct.pack("!H", _checksum(content)) + content[4:]
        number = _sent_to(made, content, (format_address(shot.target_address), 0))
        if number not in _EXPECTED:
            made.close()
            raise LabError(phrase("cannot send ICMP: {reason}", reason=errno.errorcode.get(number, number)))
        return PacketKey(shot.protocol, shot.source_address, identifier, shot.target_address, kind), made


@cache
def _text(address: int) -> str:
    """The text of an address of the lab; it has few."""
    return format_address(address)


def _sent_to(made: socket.socket, content: bytes, target: tuple[str, int]) -> int:
    """The error number of sending, 0 where it went well."""
    try:
        made.sendto(content, target)
    except OSError as error:
        return error.errno or 0
    return 0


def _checksum(content: bytes) -> int:
    """The Internet checksum. Source: RFC 1071."""
    padded = content + b"\0" * (len(content) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
