"""RDP: the X.224 connection request with a negotiation of security. Source: MS-RDPBCGR 2.2.1.1, 2.2.1.2; RFC 1006."""

from __future__ import annotations

from struct import pack, unpack_from

from cmfw.model.wire import Speaks
from cmfw.probe.proto.talk import Talk, Unexpected
from cmfw.words.phrases import phrase

_TLS, _CREDSSP = 1, 2
_REQUEST = pack(">BBH", 3, 0, 19) + pack(">BBHHB", 14, 0xE0, 0, 0, 0) + pack("<BBHI", 1, 0, 8, _TLS | _CREDSSP)
_CONFIRM = 0xD0
_ANSWER, _FAILURE = 2, 3
_LONGEST = 512
_SECURITY = {0: "rdp", 1: "tls", 2: "credssp", 8: "credssp_ex"}


class RdpTalk(Talk):
    """Right where an X.224 connection is confirmed."""

    kind = "rdp"

    def opening(self) -> bytes:
        """The connection request."""
        return _REQUEST

    def step(self) -> bytes | None:
        """Read the one confirmation."""
        if self.buffer and self.buffer[0] != 3:
            raise Unexpected("no TPKT header")
        if len(self.buffer) < 4:
            return None
        (length,) = unpack_from(">H", self.buffer, 2)
        if not 11 <= length <= _LONGEST:
            raise Unexpected(phrase("a TPKT of {count} bytes", count=length))
        if len(self.buffer) < length:
            return None
        packet = self.take(length)
        if packet[5] & 0xF0 != _CONFIRM:
            raise Unexpected(phrase("X.224 packet 0x{code:02x}", code=packet[5]))
        if length < 19:
            self.finish(Speaks.RIGHT, ("security", _SECURITY[0]))
            return b""
        kind, _, _, chosen = unpack_from("<BBHI", packet, 11)
        if kind == _ANSWER:
            self.finish(Speaks.RIGHT, ("security", _SECURITY.get(chosen, str(chosen))))
        elif kind == _FAILURE:
            self.finish(Speaks.RIGHT, ("failure", str(chosen)))
        else:
            raise Unexpected(phrase("RDP negotiation of type {type}", type=kind))
        return b""
