"""Netlink messages as bytes, and a socket that sends them: what links, addresses, routes and log groups are made with.

Source: linux/netlink.h, linux/rtnetlink.h; the numbers are part of the kernel's stable interface.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator

from cmfw.errors import LabError
from cmfw.words.phrases import constant, phrase

ROUTE, NETFILTER = 0, 12
REQUEST, ACK, CREATE, EXCLUSIVE = 0x1, 0x4, 0x400, 0x200
_ERROR = 2
_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_NESTED_BITS = 0x3FFF
"""The upper two bits of an attribute's type are flags."""
_MOST_BYTES = 1 << 18


def attribute(kind: int, content: bytes) -> bytes:
    """One attribute, padded to four bytes."""
    return _ATTRIBUTE.pack(len(content) + 4, kind) + content + b"\0" * (-len(content) % 4)


def attributes(content: bytes) -> Iterator[tuple[int, bytes]]:
    """(type, content) of every attribute in the bytes; a length that does not fit ends the list."""
    at = 0
    while at + 4 <= len(content):
        length, kind = _ATTRIBUTE.unpack_from(content, at)
        if length < 4 or at + length > len(content):
            return
        yield kind & _NESTED_BITS, content[at + 4 : at + length]
        at += length + (-length % 4)


def message(kind: int, flags: int, content: bytes) -> bytes:
    """One message with its header."""
    return _HEADER.pack(len(content) + 16, kind, flags, 1, 0) + content


def messages(received: bytes) -> Iterator[tuple[int, bytes]]:
    """(type, content) of every message in what one read gave."""
    at = 0
    while at + 16 <= len(received):
        length, kind, _, _, _ = _HEADER.unpack_from(received, at)
        if length < 16:
            return
        yield kind, received[at + 16 : at + length]
        at += length + (-length % 4)


class Netlink:
    """A netlink socket in the namespace in which it is made, and stays."""

    def __init__(self, family: int) -> None:
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, family)
        self.socket.bind((0, 0))

    def ask(self, kind: int, flags: int, content: bytes, what: str) -> None:
        """Send one message and wait for the kernel's word on it. Raises LabError with the kernel's reason."""
        self.socket.sendall(message(kind, flags | REQUEST | ACK, content))
        for answer, told in messages(self.socket.recv(_MOST_BYTES)):
            if answer == _ERROR:
                number = -struct.unpack_from("=i", told)[0]
                if number:
                    raise LabError(
                        phrase("{what}: {reason}", what=constant(what), reason=constant(os.strerror(number).lower()))
                    )
                return
        raise LabError(phrase("{what}: the kernel gave no answer", what=constant(what)))

    def look_up(self, kind: int, content: bytes, what: str) -> bytes:
        """The content of the kernel's one answer. Raises LabError with the kernel's reason."""
        self.socket.sendall(message(kind, REQUEST, content))
        for answer, told in messages(self.socket.recv(_MOST_BYTES)):
            if answer == _ERROR:
                reason = constant(os.strerror(-struct.unpack_from("=i", told)[0]).lower())
                raise LabError(phrase("{what}: {reason}", what=constant(what), reason=reason))
            return told
        raise LabError(phrase("{what}: the kernel gave no answer", what=constant(what)))

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()
