"""SMB2 negotiate without credentials: the dialect that the server chooses, and whether it signs.

Source: MS-SMB2 2.2.1 (header), 2.2.3 (negotiate request), 2.2.4 (response); MS-SMB2 2.1 (direct TCP transport).
"""

from __future__ import annotations

from struct import pack, unpack_from

from cmfw.model.wire import Speaks
from cmfw.probe.proto.talk import Talk, Unexpected
from cmfw.words.phrases import phrase

DIALECTS = (0x0202, 0x0210, 0x0300, 0x0302, 0x0311)
_MAGIC, _OLD_MAGIC = b"\xfeSMB", b"\xffSMB"
_HEADER = 64
_PREAUTH, _SHA512 = 1, 1
_NOT_SUPPORTED = 0xC00000BB
_LONGEST = 1 << 16
_SIGNING_REQUIRED = 2


def _request() -> bytes:
    """A negotiate request that offers every SMB2 dialect; 3.1.1 wants a pre-authentication context."""
    header = pack("<4sHHIHHIIQIIQ16s", _MAGIC, _HEADER, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, b"")
    dialects = pack(f"<{len(DIALECTS)}H", *DIALECTS)
    body_size = 36 + len(dialects)
    padding = -(_HEADER + body_size) % 8
    context = pack("<HHI", _PREAUTH, 38, 0) + pack("<HHH32s", 1, 32, _SHA512, b"cmfw probe of the negotiation...")
    offset = _HEADER + body_size + padding
    body = pack("<HHHHI16sIHH", 36, len(DIALECTS), 1, 0, 0, b"cmfw probe......", offset, 1, 0)
    message = header + body + dialects + bytes(padding) + context
    return pack(">I", len(message)) + message


class SmbTalk(Talk):
    """Right where an SMB2 negotiate response comes back."""

    kind = "smb"

    def opening(self) -> bytes:
        """The negotiate request."""
        return _request()

    def step(self) -> bytes | None:
        """Read the one response."""
        if len(self.buffer) >= 1 and self.buffer[0] != 0:
            raise Unexpected("no SMB transport header")
        if len(self.buffer) < 4:
            return None
        (length,) = unpack_from(">I", self.buffer)
        if not 36 <= length < _LONGEST:
            raise Unexpected(phrase("a transport header of {count} bytes", count=length))
        magic = bytes(self.buffer[4:8])
        if magic and not _MAGIC.startswith(magic) and not _OLD_MAGIC.startswith(magic):
            raise Unexpected("no SMB header")
        if len(self.buffer) < 4 + length:
            return None
        self._read(self.take(4 + length)[4:])
        return b""

    def _read(self, message: bytes) -> None:
        if message[:4] == _OLD_MAGIC:
            self.finish(Speaks.RIGHT, ("dialect", "SMB1"))
            return
        if len(message) < _HEADER + 8:
            raise Unexpected("a short SMB2 message")
        status, command = unpack_from("<I", message, 8)[0], unpack_from("<H", message, 12)[0]
        if command != 0:
            raise Unexpected(phrase("SMB2 command {command}", command=command))
        if status:
            speaks = Speaks.RIGHT if status == _NOT_SUPPORTED else Speaks.OTHER
            self.finish(speaks, ("status", f"0x{status:08x}"))
            return
        size, security, dialect = unpack_from("<HHH", message, _HEADER)
        if size != 65 or dialect not in (*DIALECTS, 0x02FF):
            raise Unexpected(phrase("SMB2 dialect 0x{dialect:04x}", dialect=dialect))
        signing = phrase("required") if security & _SIGNING_REQUIRED else phrase("offered")
        self.finish(Speaks.RIGHT, ("dialect", f"0x{dialect:04x}"), ("signing", signing))
