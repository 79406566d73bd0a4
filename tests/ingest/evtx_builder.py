"""Small ``.evtx`` files: one chunk, records of plain binary XML without templates.

Source: the published descriptions of the format (libevtx: file header, chunk, event record, binary XML tokens).
"""

from __future__ import annotations

from struct import pack
from zlib import crc32

CHUNK = 65536
_TICKS_TO_1970 = 116_444_736_000_000_000


def evtx_file(events: list[dict[str, str | int]]) -> bytes:
    """An event log with these events; ``EventID``, ``Channel`` and ``Computer`` go to its system part, the rest to its data."""
    chunk = bytearray(512)
    for number, event in enumerate(events, 1):
        chunk += _record(number, event, len(chunk))
    last = 512 if events else 0
    body = bytes(chunk[512:])
    head = pack("<8sQQQQIII", b"ElfChnk\0", 1, len(events), 1, len(events), 128, last, len(chunk))
    head += pack("<I", crc32(body)) + bytes(64) + bytes(4)
    checked = head + bytes(384)
    chunk[:512] = head + pack("<I", crc32(checked)) + bytes(384)
    start = pack("<8sQQQIHHHH", b"ElfFile\0", 0, 0, len(events) + 1, 128, 1, 3, 4096, 1) + bytes(76)
    start = start[:120]
    header = (start + pack("<II", 0, crc32(start))).ljust(4096, b"\0")
    return header + bytes(chunk).ljust(CHUNK, b"\0")


def _record(number: int, event: dict[str, str | int], offset: int) -> bytes:
    writer = _Xml(offset + 24)
    writer.raw(b"\x0f\x01\x01\x00")
    system = {name: event[name] for name in ("EventID", "Channel", "Computer") if name in event}
    with_data = {name: value for name, value in event.items() if name not in system}
    writer.open("Event")
    writer.open("System")
    for name, value in system.items():
        writer.open(name)
        writer.text(str(value))
        writer.end()
    writer.end()
    writer.open("EventData")
    for name, value in with_data.items():
        writer.open("Data", ("Name", name))
        writer.text(str(value))
        writer.end()
    writer.end()
    writer.end()
    writer.raw(b"\0")
    size = 24 + len(writer.out) + 4
    size += -size % 8
    padding = size - 28 - len(writer.out)
    time = _TICKS_TO_1970 + 17_723_664_000_000_000
    return pack("<IIQQ", 0x2A2A, size, number, time) + bytes(writer.out) + bytes(padding) + pack("<I", size)


class _Xml:
    """Binary XML at a place in a chunk; every name stands where it is used."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.out = bytearray()
        self._opened: list[int] = []

    def raw(self, data: bytes) -> None:
        self.out += data

    def open(self, name: str, attribute: tuple[str, str] | None = None) -> None:
        self.raw(b"\x41" if attribute else b"\x01")
        self._opened.append(len(self.out))
        self.raw(bytes(4))
        self._name(name)
        if attribute:
            at = len(self.out)
            self.raw(bytes(4))
            self.raw(b"\x06")
            self._name(attribute[0])
            self.text(attribute[1])
            self.out[at : at + 4] = pack("<I", len(self.out) - at - 4)
        self.raw(b"\x02")

    def text(self, value: str) -> None:
        self.raw(b"\x05\x01" + pack("<H", len(value)) + value.encode("utf-16-le"))

    def end(self) -> None:
        self.raw(b"\x04")
        at = self._opened.pop()
        self.out[at : at + 4] = pack("<I", len(self.out) - at - 4)

    def _name(self, name: str) -> None:
        here = self.offset + len(self.out) + 4
        self.raw(pack("<IIHH", here, 0, _hash(name), len(name)) + name.encode("utf-16-le") + b"\0\0")


def _hash(name: str) -> int:
    value = 0
    for char in name:
        value = (value * 65599 + ord(char)) & 0xFFFFFFFF
    return value & 0xFFFF
