"""Reads and writes Registry.pol (PReg), the registry settings of one Group Policy, and applies them in their order.

A file is a header of 8 bytes and then records ``[key;name;type;size;data]`` in UTF-16LE, key and name ended by a NUL. They
are read by structure and length: names and data may hold brackets and semicolons. Source: MS-GPREG 2.2.1.
"""

from __future__ import annotations

import re
from codecs import utf_16_le_decode
from collections.abc import Iterable
from struct import Struct
from typing import NamedTuple

from cmfw.errors import FormatError, Problem
from cmfw.ingest.registry import (
    REG_DWORD,
    REG_DWORD_BE,
    REG_NONE,
    REG_QWORD,
    REG_SZ,
    RegistryTree,
    RegistryValue,
    decode_text,
    encode_text,
    text_flaw,
)
from cmfw.words.phrases import phrase

HEADER = b"PReg\x01\0\0\0"
MAX_SIZE = 0xFFFF
"""Bytes of data in one record. Source: MS-GPREG 2.2.1."""
RESUME_NAME = 2048
"""Bytes of a key or name in the records that reading goes on with after damage: it bounds the search in a hostile file."""
SIZES = {REG_DWORD: 4, REG_DWORD_BE: 4, REG_QWORD: 8}
_SWALLOWED = re.compile(r"\]\[|\[(?:software|system)\\", re.IGNORECASE)
"""What a key or a name holds where the end of one record was lost and the next one follows: no real key has it."""
_OPEN, _NEXT, _CLOSE = b"[\0", b";\0", b"]\0"
_BETWEEN = _CLOSE + _OPEN
"""What stands between two records."""
_END = phrase("the end of the file")
_REST = Struct("<2sI2sI2s")
"""What follows the name: semicolon, type, semicolon, size, semicolon."""


_USUAL = re.compile(r"\[([^\0]+)\0;([^\0]*)\0;\x01\0;(.)\0;([^\0]*)\0\]", re.DOTALL)
"""A record of text with one NUL, at its end, in characters."""


class Damage(NamedTuple):
    """Why no record could be read: what was expected and found, and at which offset."""

    expected: str
    found: str
    offset: int


class PolicyReading(NamedTuple):
    """The records of a Registry.pol in their order, special names included, and what was wrong with the file."""

    entries: tuple[RegistryValue, ...]
    problems: tuple[Problem, ...]


def is_preg(data: bytes) -> bool:
    """Whether a file that starts so is a Registry.pol."""
    return data[:4] == HEADER[:4]


def read_preg(data: bytes, source: str = "") -> PolicyReading:
    """The records of a Registry.pol; ``offset`` of an entry is where its record starts.

    An empty file is a policy without settings. Where a record is damaged, reading goes on at the first place from which
    everything up to the end of the file is whole records; what lies between is one problem, and lost.

    Raises:
        FormatError: the file is no Registry.pol.
    """
    if not data:
        return PolicyReading((), (Problem(source, "the header `PReg`", "an empty file", offset=0),))
    if not is_preg(data):
        raise FormatError("expected a Registry.pol (`PReg`)", source=source, offset=0)
    problems = []
    if data[: len(HEADER)] != HEADER:
        problems.append(Problem(source, "version 1", f"`{data[4:8].hex()}`", offset=4))
    entries: list[RegistryValue] = []
    at = len(HEADER)
    text = _as_characters(data)
    while at < len(data):
        if not at & 1:
            at = _read_usual(data, text, at, entries)
            if at == len(data):
                break
        record = _find_record(data, at, len(data))
        if isinstance(record, Damage):
            going_on = _resume(data, at)
            lost = phrase("{count} bytes from 0x{at:x} on are not read", count=going_on - at, at=at)
            problems.append(Problem(source, record.expected, record.found, hint=lost, offset=record.offset))
            at = going_on
            continue
        entry = record.entry(data, at)
        at = record.end + 2
        entries.append(entry)
        flaw = _flaw(entry)
        if flaw:
            key = f"{entry.key}\\{entry.name}"
            problems.append(Problem(source, flaw[0], flaw[1], key=key, offset=entry.offset))
    return PolicyReading(tuple(entries), tuple(problems))


def write_preg(entries: Iterable[RegistryValue]) -> bytes:
    """The bytes of a Registry.pol with these records in this order.

    Raises:
        ValueError: a key or name holds a NUL, or data are longer than the format allows.
    """
    parts = [HEADER]
    last, key = "", b"\0\0"
    for entry_key, name, kind, data, _, _ in entries:
        if "\0" in entry_key or "\0" in name:
            raise ValueError(phrase("a NUL in `{key}\\{name}`", key=entry_key, name=name))
        if len(data) > MAX_SIZE:
            size, most = len(data), MAX_SIZE
            raise ValueError(
                phrase(
                    "{count} bytes in `{key}\\{name}`, at most {most} fit", count=size, key=entry_key, name=name, most=most
                )
            )
        if entry_key != last:
            # most entries stand in one key
            last, key = entry_key, encode_text(entry_key)
        parts += (_OPEN, key, _NEXT, encode_text(name), _REST.pack(_NEXT, kind, _NEXT, len(data), _NEXT), data, _CLOSE)
    return b"".join(parts)


def apply_preg(entries: Iterable[RegistryValue], tree: RegistryTree) -> None:
    """Change the tree as the registry extension of Group Policy does: in order, later records win.

    A special name that is not known is a problem of the tree, and changes nothing. Source: MS-GPREG 2.2.1.1, 3.2.5.1.
    """
    for entry in entries:
        try:
            if entry.name.startswith("**"):
                _apply_special(entry, tree)
            elif not entry.name and entry.type == REG_NONE and not entry.data:
                tree.create_key(entry.key)
            else:
                tree.set_value(entry)
        except FormatError as error:
            tree.note(Problem(tree.source, "a key that Windows can hold", str(error), key=entry.name, offset=entry.offset))


def is_special(entry: RegistryValue) -> bool:
    """Whether the entry is a command and not a value."""
    return entry.name.startswith("**")


def _apply_special(entry: RegistryValue, tree: RegistryTree) -> None:
    word = entry.name.lower()
    if word.startswith("**del."):
        tree.delete_value(entry.key, entry.name[6:])
    elif word.startswith("**soft."):
        name = entry.name[7:]
        if not tree.has_value(entry.key, name):
            tree.set_value(entry._replace(name=name))
    elif word in {"**delvals.", "**delvals"}:
        tree.delete_values(entry.key)
    elif word == "**deletevalues":
        for name in _names(entry):
            tree.delete_value(entry.key, name)
    elif word == "**deletekeys":
        for name in _names(entry):
            tree.delete_key(f"{entry.key}\\{name}")
    elif word != "**securekey":
        key = f"{entry.key}\\{entry.name}"
        tree.note(Problem(tree.source, "a special name that is known", f"`{entry.name}`", key=key, offset=entry.offset))


def _names(entry: RegistryValue) -> list[str]:
    return [name for name in decode_text(entry.data).split(";") if name]


def _flaw(entry: RegistryValue) -> tuple[str, str] | None:
    """Expected and found where an entry looks like several: damage to an end or a size makes it swallow the next ones."""
    if _SWALLOWED.search(entry.key) or _SWALLOWED.search(entry.name):
        return "a key and a name", "what looks like another record inside one of them"
    size = SIZES.get(entry.type)
    if size is not None and len(entry.data) != size:
        return f"{size} bytes of type {entry.type}", f"{len(entry.data)}"
    if _BETWEEN in entry.data and _resume(entry.data + _CLOSE, 0) < len(entry.data):
        return "data", "data that end in whole records"
    # one NUL in all the text stands at its end: nothing can follow it
    if entry.type == REG_SZ and entry.data.find(b"\0\0") < len(entry.data) - 3 and "something" in text_flaw(entry.data):
        return "text up to its NUL", "something after the NUL"
    return None


def _as_characters(data: bytes) -> str:
    """The file as characters of two bytes each; empty where it has others, or half of one."""
    if len(data) & 1:
        return ""
    text, _ = utf_16_le_decode(data, "surrogatepass", True)
    return text if 2 * len(text) == len(data) else ""


def _read_usual(data: bytes, text: str, at: int, entries: list[RegistryValue]) -> int:
    """Where the usual records from ``at`` on end, which are added to the entries; one that a second look is due at is none."""
    match, add, last = _USUAL.match, entries.append, ""
    while (usual := match(text, at >> 1)) is not None:
        key, name, size = usual.group(1, 2, 3)
        start, end = usual.span(4)
        found = data[2 * start : 2 * end + 2]
        if ord(size) != len(found) or _BETWEEN in found or "[" in name or "]" in name:
            break
        if key != last:
            # where it has a bracket, something may have been swallowed
            if "[" in key or "]" in key:
                break
            last = key
        add(RegistryValue(key, name, REG_SZ, found, at, None))
        # a NUL and a bracket follow the text
        at = 2 * end + 4
    return at


# --- one record ------------------------------------------------------------------------------------------------------


class _Record(NamedTuple):
    key_end: int
    name_end: int
    kind: int
    start: int
    end: int
    """Of the data; the next record follows the ``]`` there."""

    def entry(self, data: bytes, at: int) -> RegistryValue:
        """The record that starts at ``at``, as a value."""
        key = data[at + 2 : self.key_end].decode("utf-16-le", "surrogatepass")
        name = data[self.key_end + 4 : self.name_end].decode("utf-16-le", "surrogatepass")
        return RegistryValue(key, name, self.kind, data[self.start : self.end], at)


def _find_record(data: bytes, at: int, longest: int) -> _Record | Damage:
    """Where the parts of the record at that offset are; key and name have at most ``longest`` bytes."""
    if data[at : at + 2] != _OPEN:
        return Damage(phrase("a record (`[`)"), _shown(data, at), at)
    key_end = _find_nul(data, at + 2, longest)
    if key_end < 0:
        return Damage(phrase("a key ended by NUL"), _END, at)
    if data[key_end + 2 : key_end + 4] != _NEXT:
        return Damage(phrase("`;` after the key"), _shown(data, key_end + 2), key_end + 2)
    name_end = _find_nul(data, key_end + 4, longest)
    if name_end < 0:
        return Damage(phrase("a value name ended by NUL"), _END, key_end + 4)
    place = name_end + 2
    if place + _REST.size > len(data):
        return Damage(phrase("type and size"), _END, place)
    first, kind, second, size, third = _REST.unpack_from(data, place)
    if first != _NEXT or second != _NEXT or third != _NEXT:
        return Damage("`;type;size;`", f"`{data[place : place + _REST.size].hex()}`", place)
    start = place + _REST.size
    end = start + size
    if end + 2 > len(data):
        return Damage(
            phrase("{size} bytes of data and `]`", size=size),
            phrase("{count} bytes in the file", count=len(data) - start),
            place,
        )
    if data[end : end + 2] != _CLOSE:
        return Damage(phrase("`]` after {size} bytes of data", size=size), _shown(data, end), end)
    return _Record(key_end, name_end, kind, start, end)


def _find_nul(data: bytes, start: int, longest: int) -> int:
    """Where the first NUL character in the ``longest`` bytes from ``start`` on is, -1 if nowhere."""
    at = data.find(b"\0\0", start, start + longest)
    while at >= 0 and (at - start) & 1:
        at = data.find(b"\0\0", at + 1, start + longest)
    return at


def _shown(data: bytes, at: int) -> str:
    return f"`{data[at : at + 2].hex()}`" if at < len(data) else _END


def _resume(data: bytes, damaged: int) -> int:
    """Where to go on after a damaged record: data may look like records, so only a whole rest of the file is believed."""
    failing: set[int] = set()
    at = data.find(_OPEN, damaged + 1)
    while at >= 0:
        chain = []
        place = at
        while place < len(data) and place not in failing:
            chain.append(place)
            record = _find_record(data, place, RESUME_NAME)
            if isinstance(record, Damage):
                break
            place = record.end + 2
        if place == len(data):
            return at
        failing.update(chain)
        at = data.find(_OPEN, at + 1)
    return len(data)
