"""The cells of a hive, each checked against the file before it is followed: keys, lists of keys and values, value data.

A cell that cannot be read raises ``Damage``, which names the offset. A cell that is odd but can be read is passed to
``note``. Offsets in the file's own structures count from the first bin, 4096 bytes in; those of problems from 0.

Source: the regf format as described by J. Metz, "Windows NT Registry File (REGF) format" (libregf), and by M. Suhanov,
"Windows registry file format specification"; both name the structures as the code does (nk, vk, lf, lh, li, ri, db).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from itertools import count
from mmap import mmap
from operator import mul, xor
from struct import Struct
from typing import NamedTuple

from cmfw.values import value
from cmfw.words.phrases import phrase

_KEY, _SUBKEYS, _DATA = phrase("a key"), phrase("a list of subkeys"), phrase("value data")
_SEGMENTS, _SEGMENT = phrase("a list of segments"), phrase("a segment of value data")
"""What a cell is expected to be."""
BINS = 0x1000
"""Where the first bin starts, from which all offsets in the file count."""
NIL = 0xFFFFFFFF
"""The offset that says: none."""
SEGMENT = 16344
"""Data longer than this lies in segments of this size, from version 1.4 on."""
INLINE = 0x80000000
"""In the length of a value's data: the data stand where their offset would."""
KEY_ROOT, KEY_ASCII = 0x4, 0x20
VALUE_ASCII = 0x1

BASE = Struct("<4sII8xIIIIII")
"""signature, two sequence numbers, major, minor, type, format, root, size of the bins: the first 44 bytes."""
CHECKSUM_AT = 508
SIZE = Struct("<i")
NUMBER = Struct("<I")
PAIR = Struct("<II")
KEY = Struct("<i2sH12xIIII4xII")
"""size, signature, flags, parent, subkeys, volatile subkeys, subkey list, values, value list: the first 48 bytes."""
KEY_NAME = Struct("<H")
KEY_AND_NAME = Struct("<i2sH12xI52xH")
"""size, signature, flags, parent, length of the name: the first 78 bytes."""
VALUE = Struct("<i2sHIIIH")
"""size, signature, name length, data length (high bit: inline), data offset, type, flags: the first 22 bytes."""
LIST = Struct("<i2sH")
BIG = Struct("<i2sHI")

Buffer = bytes | mmap
Note = Callable[[str, str, int], None]
"""Takes expected, found, offset."""


class Damage(Exception):
    """A cell that cannot be read; ``offset`` counts bytes from the start of the file."""

    def __init__(self, expected: str, found: str, offset: int) -> None:
        self.expected, self.found, self.offset = expected, found, offset
        super().__init__(f"expected {expected}, found {found} at 0x{offset:x}")


@value
class Base:
    """What of the base block matters: both sequence numbers, minor version, root key's offset, size of all bins."""

    first: int
    second: int
    minor: int
    root: int
    size: int


@value
class KeyCell:
    """A key (nk). Counts and offsets are as stored; nothing behind them was followed."""

    offset: int
    name: str
    flags: int
    parent: int
    subkeys: int
    subkey_list: int
    values: int
    value_list: int


class Entry(NamedTuple):
    """One entry of a list of subkeys: the key's offset, and the list's hint of its name (None: it has none)."""

    offset: int
    kind: bytes
    hint: int


def read_base(buffer: Buffer, note: Note) -> Base:
    """The base block of a file of at least 4128 bytes, with the first bin's signature checked."""
    _, first, second, major, minor, kind, layout, root, size = BASE.unpack_from(buffer)
    (checksum,) = NUMBER.unpack_from(buffer, CHECKSUM_AT)
    total = reduce(xor, Struct("<127I").unpack_from(buffer))
    if checksum != {0: 1, NIL: NIL - 1}.get(total, total):
        note(phrase("the checksum 0x{checksum:08x} of the base block", checksum=total), f"0x{checksum:08x}", CHECKSUM_AT)
    if major != 1 or not 3 <= minor <= 6 or kind or layout != 1:
        note(
            "a hive of version 1.3 to 1.6",
            phrase("{major}.{minor}, type {kind}, format {layout}", major=major, minor=minor, kind=kind, layout=layout),
            20,
        )
    if BINS + size > len(buffer):
        note(
            phrase("bins of {size} bytes", size=size),
            phrase("{size}: the file is cut", size=len(buffer) - BINS),
            len(buffer),
        )
    if buffer[BINS : BINS + 4] != b"hbin":
        note("a bin (`hbin`)", f"`{buffer[BINS : BINS + 4].decode('latin-1')}`", BINS)
    return Base(first, second, minor, root, size)


def cell(buffer: Buffer, offset: int, least: int, what: str, note: Note) -> tuple[int, int]:
    """Where the cell starts and ends in the file; the file holds all of it and at least ``least`` bytes of content.

    Raises:
        Damage: the offset is none, unaligned or outside the file, or the cell is too small or leaves the file.
    """
    start = offset + BINS
    if offset == NIL or offset & 7 or start + 4 > len(buffer):
        raise Damage(what, phrase("the impossible cell offset 0x{offset:x}", offset=offset), min(start, len(buffer)))
    (size,) = SIZE.unpack_from(buffer, start)
    if size > 0:
        note(phrase("{what} in use", what=what), "a cell marked free", start)
    size = abs(size)
    if size & 7 or size < least + 4:
        raise Damage(what, phrase("a cell of {count} bytes", count=size), start)
    if start + size > len(buffer):
        raise Damage(what, phrase("a cell of {count} bytes that leaves the file", count=size), start)
    return start, start + size


def read_name(raw: bytes, is_ascii: bool) -> str:
    """A key's or value's name; compressed names hold the low bytes of the characters."""
    if is_ascii:
        return raw.decode("latin-1")
    return raw[: len(raw) & ~1].decode("utf-16-le", "surrogatepass")


def read_key(buffer: Buffer, offset: int, note: Note) -> KeyCell:
    """The key at that offset.

    Raises:
        Damage: there is no readable key.
    """
    start, end = cell(buffer, offset, 76, _KEY, note)
    _, signature, flags, parent, subkeys, _, subkey_list, values, value_list = KEY.unpack_from(buffer, start)
    if signature != b"nk":
        raise Damage(_KEY, phrase("a cell `{sign}`", sign=signature.decode("latin-1")), start)
    (length,) = KEY_NAME.unpack_from(buffer, start + 76)
    if start + 80 + length > end:
        raise Damage(phrase("a key whose name fits its cell"), phrase("a name of {count} bytes", count=length), start)
    name = read_name(buffer[start + 80 : start + 80 + length], bool(flags & KEY_ASCII))
    return KeyCell(offset, name, flags, parent, subkeys, subkey_list, values, value_list)


def read_leaf(buffer: Buffer, offset: int, note: Note) -> tuple[bytes, int, int]:
    """Kind (``lf``, ``lh``, ``li``, ``ri``), first entry's place in the file and number of entries of a list of subkeys.

    A list that claims more entries than its cell holds is cut, and noted.

    Raises:
        Damage: there is no list.
    """
    start, end = cell(buffer, offset, 4, _SUBKEYS, note)
    _, kind, count = LIST.unpack_from(buffer, start)
    if kind not in {b"lf", b"lh", b"li", b"ri"}:
        raise Damage(_SUBKEYS, phrase("a cell `{sign}`", sign=kind.decode("latin-1")), start)
    room = (end - start - 8) // (8 if kind in {b"lf", b"lh"} else 4)
    if count > room:
        note(phrase("at most {most} subkeys in the list", most=room), f"{count}", start)
        count = room
    return kind, start + 8, count


_POWERS = tuple(pow(37, place, 1 << 32) for place in range(64))
"""Factors of the characters of a name in its hash, from the last character on."""


def name_hash(folded: str) -> int:
    """The hash that ``lh`` lists keep of a key's name in upper case."""
    powers: Iterable[int] = _POWERS
    if len(folded) > len(_POWERS):
        powers = (pow(37, place, 1 << 32) for place in count())
    found: int = sum(map(mul, map(ord, reversed(folded)), powers))
    return found & 0xFFFFFFFF


def sound_names(buffer: Buffer, first: int, count: int, parent: int) -> list[str]:
    """The names of the keys that an ``lh`` list at ``first`` points to; empty where anything about one is unusual.

    What ``read_key`` and its callers look at, in one go: a SYSTEM hive has 700 services, and one that is not there is sure
    only when all of them were looked at.
    """
    end, unpack = len(buffer) - 80, KEY_AND_NAME.unpack_from
    names = []
    for offset, hint in PAIR.iter_unpack(buffer[first : first + 8 * count]):
        start, found = offset + BINS, ""
        if not offset & 7 and start <= end:
            size, signature, flags, above, length = unpack(buffer, start)
            stop = start + 80 + length
            if (
                signature == b"nk"
                and above == parent
                and flags & KEY_ASCII
                and not size & 7
                and stop <= start - size <= end + 80
            ):
                raw = buffer[start + 80 : stop]
                # of a name in ASCII the bytes are the characters, and what ``name_hash`` counts
                same = length <= 64 and sum(map(mul, raw.upper()[::-1], _POWERS)) & 0xFFFFFFFF == hint
                if same and raw.isascii() and b"\\" not in raw and b"\0" not in raw:
                    found = raw.decode("ascii")
        names.append(found)
    return names


def hint_fits(entry: Entry, folded: str, name: str) -> bool:
    """Whether a list's hint belongs to the name of the key that it points to; a list without hints always fits."""
    if entry.kind == b"lh":
        return entry.hint == name_hash(folded)
    if entry.kind == b"lf":
        # how a name beyond Latin-1 is hinted at is described in two ways: it proves nothing
        raw = name[:4].encode("latin-1", "ignore")
        return len(raw) < len(name[:4]) or raw.ljust(4, b"\0") == entry.hint.to_bytes(4, "little")
    return True


def read_data(buffer: Buffer, offset: int, length: int, segmented: bool, note: Note) -> bytes:
    """The data of a value that does not lie inline.

    Raises:
        Damage: some of it cannot be read; part of a value is no value.
    """
    if not length:
        return b""
    if segmented and length > SEGMENT:
        start, end = cell(buffer, offset, 4, _DATA, note)
        if end - start >= 12 and buffer[start + 4 : start + 6] == b"db":
            return _read_segments(buffer, start, length, note)
    start, end = cell(buffer, offset, 0, _DATA, note)
    if start + 4 + length > end:
        raise Damage(
            phrase("{count} bytes of value data", count=length), phrase("a cell of {count} bytes", count=end - start), start
        )
    return buffer[start + 4 : start + 4 + length]


def _read_segments(buffer: Buffer, start: int, length: int, note: Note) -> bytes:
    _, _, count, offsets = BIG.unpack_from(buffer, start)
    if count != -(-length // SEGMENT):
        raise Damage(
            phrase("{count} segments for {size} bytes", count=-(-length // SEGMENT), size=length), f"{count}", start
        )
    at, end = cell(buffer, offsets, 4 * count, _SEGMENTS, note)
    parts: list[bytes] = []
    for place in range(at + 4, at + 4 + 4 * count, 4):
        wanted = min(SEGMENT, length - SEGMENT * len(parts))
        (segment,) = NUMBER.unpack_from(buffer, place)
        first, end = cell(buffer, segment, 0, _SEGMENT, note)
        if first + 4 + wanted > end:
            raise Damage(
                phrase("a segment of {count} bytes", count=wanted),
                phrase("a cell of {count} bytes", count=end - first),
                first,
            )
        parts.append(buffer[first + 4 : first + 4 + wanted])
    return b"".join(parts)


def unlisted_values(buffer: Buffer, end: int) -> frozenset[int]:
    """Offsets of the values (vk) in use that no key (nk) in use lists: each was lost by damage to its key or list.

    Looks at the whole file up to ``end``, so it is asked for only where something is suspicious or where the whole is
    read anyway.
    """
    found = set(_in_use(buffer, b"vk", 20, end))
    slots = end // 4  # lists cannot overlap, so more slots than this are nobody's; keeps hostile files linear
    for offset in _in_use(buffer, b"nk", 76, end):
        *_, count, at = KEY.unpack_from(buffer, offset + BINS)
        start = at + BINS
        count = min(count, (end - start - 4) // 4, slots)
        if count > 0:
            slots -= count
            found.difference_update(Struct(f"<{count}I").unpack_from(buffer, start + 4))
    return frozenset(found)


def keys_in_use(buffer: Buffer, end: int) -> frozenset[int]:
    """Offsets of everything up to ``end`` that looks like a key (nk) in use, whether or not anything leads to it."""
    return frozenset(_in_use(buffer, b"nk", 76, end))


def _in_use(buffer: Buffer, signature: bytes, least: int, end: int) -> list[int]:
    found = []
    at = buffer.find(signature, BINS, end)
    while at >= 0:
        if at & 7 == 4 and at + least <= end:
            (size,) = SIZE.unpack_from(buffer, at - 4)
            if -size >= least + 4 and not size & 7 and at - 4 - size <= end:
                found.append(at - 4 - BINS)
        at = buffer.find(signature, at + 2, end)
    return found
