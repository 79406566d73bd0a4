"""Writes small registry hives from a description, each structure chosen by the caller, for tests of the reader.

A key is ``Key(values=[(name, type, data)], keys={name: Key})``. The builder is plain and trusts its caller.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from operator import xor
from struct import pack, pack_into, unpack_from

NIL = 0xFFFFFFFF
SEGMENT = 16344


@dataclass
class Key:
    values: list[tuple[str, int, bytes]] = field(default_factory=list)
    keys: dict[str, Key] = field(default_factory=dict)
    kind: str = "lh"
    """``lh``, ``lf``, ``li``, or ``ri`` over several ``lh`` of two subkeys each."""


def text(string: str) -> bytes:
    return f"{string}\0".encode("utf-16-le")


def at_path(path: str, key: Key) -> Key:
    """A root key with the key at that path below it."""
    for name in reversed(path.split("\\")):
        key = Key(keys={name: key})
    return key


class HiveBuilder:
    """Lays out cells in one bin. ``places`` maps a path, or ``path\\\\value name``, to its cell's offset in the file."""

    def __init__(self, root: Key, *, minor: int = 5) -> None:
        self.bin = bytearray(32)
        self.places: dict[str, int] = {}
        self.lists: dict[str, int] = {}
        """Offset in the file of each key's list of subkeys (``path``) and of values (``path\\\\*``)."""
        self.minor = minor
        root_cell = self.add_key("", "", root, NIL)
        free = -len(self.bin) % 4096
        self.bin += (pack("<i", free) + bytes(free - 4)) if free else b""
        pack_into("<4sII", self.bin, 0, b"hbin", 0, len(self.bin))
        base = bytearray(4096)
        pack_into("<4sII8xIIIIII", base, 0, b"regf", 7, 7, 1, minor, 0, 1, root_cell, len(self.bin))
        self.data = bytearray(base + self.bin)
        self.fix_checksum()

    def fix_checksum(self) -> None:
        total = reduce(xor, unpack_from("<127I", self.data))
        pack_into("<I", self.data, 508, {0: 1, NIL: NIL - 1}.get(total, total))

    def cell(self, content: bytes) -> int:
        """The offset, from the first bin, of a new cell with that content."""
        offset = len(self.bin)
        size = (len(content) + 4 + 7) & ~7
        self.bin += pack("<i", -size) + content + bytes(size - 4 - len(content))
        return offset

    def add_key(self, path: str, name: str, key: Key, parent: int) -> int:
        raw, is_ascii = encoded(name)
        flags = (0x20 if is_ascii else 0) | (0x4 if parent == NIL else 0)
        own = self.cell(pack("<2sH8x4xII4xI", b"nk", flags, parent, len(key.keys), NIL) + bytes(44) + raw)
        self.places[path] = own + 4096
        names = sorted(key.keys, key=str.upper)
        offsets = [self.add_key(f"{path}\\{n}".strip("\\"), n, key.keys[n], own) for n in names]
        subkeys = self.add_list(key.kind, names, offsets) if names else NIL
        values = [self.add_value(path, *value) for value in key.values]
        listed = self.cell(pack(f"<{len(values)}I", *values)) if values else NIL
        pack_into("<I4xIIII", self.bin, own + 32, subkeys, len(values), listed, NIL, NIL)
        pack_into("<HH", self.bin, own + 76, len(raw), 0)
        self.lists[path], self.lists[f"{path}\\*"] = subkeys + 4096, listed + 4096
        return own

    def add_list(self, kind: str, names: list[str], offsets: list[int]) -> int:
        if kind == "ri":
            parts = [self.add_list("lh", names[i : i + 2], offsets[i : i + 2]) for i in range(0, len(names), 2)]
            return self.cell(pack(f"<2sH{len(parts)}I", b"ri", len(parts), *parts))
        hints = {"lh": lh_hash, "lf": lf_hint, "li": lambda _: b""}[kind]
        entries = b"".join(pack("<I", at) + hints(name) for name, at in zip(names, offsets, strict=True))
        return self.cell(pack("<2sH", kind.encode(), len(names)) + entries)

    def add_value(self, path: str, name: str, kind: int, data: bytes) -> int:
        raw, is_ascii = encoded(name)
        length, at = len(data), NIL
        if length <= 4:
            length, at = length | 0x80000000, int.from_bytes(data, "little")
        elif length > SEGMENT and self.minor >= 4:
            parts = [self.cell(data[i : i + SEGMENT]) for i in range(0, length, SEGMENT)]
            at = self.cell(pack("<2sHI", b"db", len(parts), self.cell(pack(f"<{len(parts)}I", *parts))))
        else:
            at = self.cell(data)
        own = self.cell(pack("<2sHIIIHxx", b"vk", len(raw), length, at, kind, int(is_ascii)) + raw)
        self.places[f"{path}\\{name}".strip("\\")] = own + 4096
        return own


def encoded(name: str) -> tuple[bytes, bool]:
    try:
        return name.encode("latin-1"), True
    except UnicodeEncodeError:
        return name.encode("utf-16-le"), False


def lh_hash(name: str) -> bytes:
    upper = (char.upper() if len(char.upper()) == 1 else char for char in name)
    return pack("<I", reduce(lambda total, char: (total * 37 + ord(char)) & NIL, upper, 0))


def lf_hint(name: str) -> bytes:
    """The first four characters; Windows leaves the hint empty where one of them needs more than a byte."""
    raw, is_ascii = encoded(name[:4])
    return raw.ljust(4, b"\0") if is_ascii else bytes(4)


def build_hive(root: Key, *, minor: int = 5) -> bytes:
    return bytes(HiveBuilder(root, minor=minor).data)
