"""LDAP: an anonymous search of the root DSE, which every directory and global catalog answers.

Source: RFC 4511 4.1.1, 4.5; MS-ADTS 3.1.1.3.2 (rootDSE attributes).
"""

from __future__ import annotations

from collections.abc import Iterator

from cmfw.model.wire import Speaks
from cmfw.probe.proto.talk import Talk, Unexpected
from cmfw.words.phrases import phrase

ATTRIBUTES = ("dnsHostName", "defaultNamingContext", "isGlobalCatalogReady")
_SEQUENCE, _SET, _INTEGER, _OCTETS, _BOOLEAN, _ENUMERATED = 0x30, 0x31, 0x02, 0x04, 0x01, 0x0A
_SEARCH, _ENTRY, _DONE, _PRESENT = 0x63, 0x64, 0x65, 0x87
_LONGEST = 32 * 1024


def _tlv(tag: int, content: bytes) -> bytes:
    length = len(content)
    return bytes((tag, length)) + content if length < 0x80 else bytes((tag, 0x82)) + length.to_bytes(2, "big") + content


def _request() -> bytes:
    wanted = b"".join(_tlv(_OCTETS, name.encode()) for name in ATTRIBUTES)
    search = (
        _tlv(_OCTETS, b"")
        + _tlv(_ENUMERATED, b"\0")
        + _tlv(_ENUMERATED, b"\0")
        + _tlv(_INTEGER, b"\1")
        + _tlv(_INTEGER, b"\0")
        + _tlv(_BOOLEAN, b"\0")
        + _tlv(_PRESENT, b"objectClass")
        + _tlv(_SEQUENCE, wanted)
    )
    return _tlv(_SEQUENCE, _tlv(_INTEGER, b"\1") + _tlv(_SEARCH, search))


def _head(content: bytes, at: int) -> tuple[int, int, int] | None:
    """(tag, start, end) of the element at ``at``; None where its head is not all there. Raises Unexpected."""
    if len(content) < at + 2:
        return None
    tag, first = content[at], content[at + 1]
    if first < 0x80:
        return tag, at + 2, at + 2 + first
    count = first & 0x7F
    if not 1 <= count <= 4:
        raise Unexpected("a BER length that we cannot read")
    if len(content) < at + 2 + count:
        return None
    length = int.from_bytes(content[at + 2 : at + 2 + count], "big")
    return tag, at + 2 + count, at + 2 + count + length


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """(tag, content) of each element; raises Unexpected where one ends early."""
    at = 0
    while at < len(content):
        head = _head(content, at)
        if head is None or head[2] > len(content):
            raise Unexpected("a BER element that ends early")
        tag, start, at = head
        yield tag, content[start:at]


class LdapTalk(Talk):
    """Right where a search answer comes back."""

    kind = "ldap"

    def opening(self) -> bytes:
        """The search request."""
        return _request()

    def step(self) -> bytes | None:
        """Read one message."""
        if self.buffer and self.buffer[0] != _SEQUENCE:
            raise Unexpected("no LDAP message")
        head = _head(bytes(self.buffer[:8]), 0)
        if head is None:
            return None
        if head[2] > _LONGEST:
            raise Unexpected(phrase("an LDAP message of {count} bytes", count=head[2]))
        if len(self.buffer) < head[2]:
            return None
        parts = list(_elements(self.take(head[2])[head[1] :]))
        if len(parts) < 2 or parts[0][0] != _INTEGER:
            raise Unexpected("no LDAP message")
        tag, content = parts[1]
        if tag == _ENTRY:
            self.facts += _facts(content)
        elif tag == _DONE:
            self.finish(Speaks.RIGHT)
        else:
            raise Unexpected(phrase("LDAP operation 0x{tag:02x}", tag=tag))
        return b""


def _facts(entry: bytes) -> list[tuple[str, str]]:
    """What the root DSE says of itself, of the attributes that we asked for."""
    parts = list(_elements(entry))
    found: list[tuple[str, str]] = []
    if len(parts) < 2:
        return found
    known = {name.lower(): name for name in ATTRIBUTES}
    for _, attribute in _elements(parts[1][1]):
        pair = list(_elements(attribute))
        name = known.pop(pair[0][1].decode("utf-8", "replace").lower(), "") if len(pair) == 2 else ""
        values = list(_elements(pair[1][1])) if name else []
        found += [(name, values[0][1].decode("utf-8", "replace"))] if values else []
    return found
