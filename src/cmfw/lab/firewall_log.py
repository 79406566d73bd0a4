"""``FirewallLog``: the packets that rules with ``log group`` report, with the words that each rule puts in front.

Source: linux/netfilter/nfnetlink_log.h.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterator

from cmfw.errors import LabError
from cmfw.lab.firewall_rules import LOG_GROUP
from cmfw.lab.netlink import NETFILTER, Netlink, attribute, attributes, messages
from cmfw.values import value

_PACKET, _CONFIG = 4 << 8, 4 << 8 | 1
_COMMAND, _MODE, _THRESHOLD = 1, 2, 5
_BIND, _COPY_PACKET = b"\1", 2
_PAYLOAD, _PREFIX = 9, 10
_COPIED_BYTES = 256
_FORCED_BUFFER = 33
"""SO_RCVBUFFORCE, which Python does not name. Source: asm-generic/socket.h."""
_BUFFER_BYTES = 16 << 20


@value
class LogEntry:
    """One packet that a rule reported: the rule's words, and the packet from its IP header on."""

    prefix: str
    packet: bytes


class FirewallLog:
    """Reads the log group of the namespace in which it was made."""

    def __init__(self) -> None:
        self._netlink = Netlink(NETFILTER)
        try:
            self._netlink.socket.setsockopt(socket.SOL_SOCKET, _FORCED_BUFFER, _BUFFER_BYTES)
        except PermissionError:
            # root of a user namespace may not exceed the machine's limit; a full buffer is an error, not a verdict
            self._netlink.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self._configure(_COMMAND, _BIND)
        self._configure(_MODE, struct.pack("!IBx", _COPIED_BYTES, _COPY_PACKET))
        self._configure(_THRESHOLD, struct.pack("!I", 1))
        self._netlink.socket.setblocking(False)

    def fileno(self) -> int:
        """The file descriptor to wait on."""
        return self._netlink.socket.fileno()

    def entries(self) -> Iterator[LogEntry]:
        """Everything that was reported since the last call. Raises LabError where the kernel lost entries."""
        while True:
            try:
                received = self._netlink.socket.recv(1 << 16)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno == errno.ENOBUFS:
                    raise LabError("the kernel lost entries of the firewall log") from error
                raise
            for kind, content in messages(received):
                if kind == _PACKET:
                    parts = dict(attributes(content[4:]))
                    yield LogEntry(
                        parts.get(_PREFIX, b"").rstrip(b"\0").decode("ascii", "replace"), parts.get(_PAYLOAD, b"")
                    )

    def _configure(self, kind: int, content: bytes) -> None:
        head = struct.pack("!BBH", socket.AF_UNSPEC, 0, LOG_GROUP)
        self._netlink.ask(_CONFIG, 0, head + attribute(kind, content), "firewall log")

    def close(self) -> None:
        """Close the socket; the group is free again."""
        self._netlink.close()
