"""Reads registry hives (regf): SYSTEM, SOFTWARE and the ``.wfw`` files of ``netsh advfirewall export``.

A ``Hive`` is a view that touches only the pages that are asked for. Every offset is checked before it is followed, no
key is its own ancestor, and a hostile file costs time and memory in proportion to its size. A subkey or value that cannot
be read is named by a problem, and reading goes on with what is sound; ``verify`` also finds what nothing leads to.

432 lines because keys, values and problems of one ``Hive`` share what was read and what is left to read.
"""

from __future__ import annotations

from collections.abc import Iterator
from mmap import mmap
from struct import Struct
from typing import Self

from cmfw.errors import FormatError, Problem
from cmfw.ingest import regf_cells as cells
from cmfw.ingest.regf_cells import BINS, INLINE, NIL, SEGMENT, Damage, Entry, KeyCell
from cmfw.ingest.registry import MAX_DEPTH, RegistryValue, fold
from cmfw.words.phrases import phrase

MAX_PROBLEMS = 1000
_VALUE, _NAMED_VALUE = phrase("a value"), phrase("a value whose name fits its cell")
_VALUES = phrase("a list of values")


def is_hive(data: bytes) -> bool:
    """Whether a file that starts so is a registry hive."""
    return data[:4] == b"regf"


class _Node:
    """A key that was reached: its cell, where it stands, and what has been read of it."""

    __slots__ = ("cell", "children", "depth", "folded", "parent", "path", "values")

    def __init__(self, cell: KeyCell, path: str, folded: str, parent: _Node | None) -> None:
        self.cell = cell
        self.path = path
        self.folded = folded
        self.parent = parent
        self.depth: int = parent.depth + 1 if parent else 0
        self.children: dict[str, tuple[int, str]] | None = None
        self.values: tuple[RegistryValue, ...] | None = None

    def way(self) -> set[int]:
        """The offsets of the key and of all above it."""
        found: set[int] = set()
        node: _Node | None = self
        while node:
            found.add(node.cell.offset)
            node = node.parent
        return found


class Hive:
    """A registry hive as a view. ``is_dirty``: the last changes are in its .LOG files, which are not read.

    Raises:
        FormatError: the bytes do not start as a hive does. All other damage is in ``problems``.
    """

    def __init__(self, buffer: cells.Buffer | memoryview, source: str = "") -> None:
        self.source = source
        self.is_dirty = False
        self._buffer: cells.Buffer = bytes(buffer) if isinstance(buffer, memoryview) else buffer
        self._problems: dict[Problem, None] = {}
        self._nodes: dict[str, _Node] = {}
        self._listed: set[int] = set()  # values that a key has claimed
        self._segmented = True
        self._end = len(self._buffer)  # of the bins; what a file has behind them is left from earlier
        self._unlisted: frozenset[int] | None = None
        # INVARIANT: lists and data do not overlap in a sound file, so nobody gets to read more than there is
        self._slots_left = len(self._buffer) // 4
        self._bytes_left = len(self._buffer)
        if self._buffer[:4] != b"regf":
            raise FormatError("expected a registry hive (`regf`)", source=source, offset=0)
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the mapped file back; nothing can be read after that."""
        if isinstance(self._buffer, mmap):
            self._buffer.close()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything found wrong in what was read so far; at most 1,000, the last of which then says so."""
        return tuple(self._problems)

    def has_key(self, key: str) -> bool:
        """Whether the key exists."""
        return self._resolve(key) is not None

    def subkeys(self, key: str) -> tuple[str, ...]:
        """The names of the key's direct subkeys, in the hive's order."""
        node = self._resolve(key)
        return tuple(name for _, name in self._children(node).values()) if node else ()

    def values(self, key: str) -> tuple[RegistryValue, ...]:
        """The values of the key itself, in the hive's order; ``offset`` is that of the value's cell."""
        node = self._resolve(key)
        if node is None:
            return ()
        if node.values is None:
            node.values = tuple(self._read_values(node))
        return node.values

    def walk(self, key: str = "") -> Iterator[str]:
        """The paths of the key and of everything below it, parents first, no key twice."""
        start = self._resolve(key)
        waiting = [start] if start else []
        seen: set[int] = set()
        while waiting:
            node = waiting.pop()
            if node.cell.offset in seen:
                self.note(node.path, "a key of its own", "a key that is read elsewhere", node.cell.offset + BINS)
                continue
            seen.add(node.cell.offset)
            yield node.path
            below = (self._adopt(node, Entry(offset, b"", 0)) for offset, _ in self._children(node).values())
            waiting.extend(reversed([child for child in below if child]))

    def verify(self) -> tuple[Problem, ...]:
        """All problems of the whole hive: reads everything, then looks for keys and values that nothing leads to.

        Takes some 20 microseconds a kilobyte; worth it for a ``.wfw``, slow for a SYSTEM hive.
        """
        reached = set()
        for path in self.walk():
            self.values(path)
            reached.add(self._nodes[fold(path)].cell.offset)
        for offset in sorted(cells.keys_in_use(self._buffer, self._end) - reached):
            self.note("", "a key that its parent lists", "a key that nothing leads to", offset + BINS)
        for offset in sorted(self._find_unlisted() - self._listed):
            self.note("", "a value that its key lists", "a value that nothing leads to", offset + BINS)
        return self.problems

    def note(self, key: str, expected: str, found: str, offset: int, *, hint: str = "") -> None:
        """Add a problem at that place, once."""
        if len(self._problems) < MAX_PROBLEMS - 1:
            problem = Problem(self.source, expected, found, hint=hint, key=key, offset=offset)
        else:
            most = phrase("fewer than {most} problems", most=MAX_PROBLEMS)
            problem = Problem(self.source, most, "more, not listed", offset=0)
        self._problems.setdefault(problem)

    # --- the base block ------------------------------------------------------------------------------------------

    def _open(self) -> None:
        if len(self._buffer) < BINS + 32:
            self.note(
                "", "a base block and a bin", phrase("a file of {count} bytes", count=len(self._buffer)), len(self._buffer)
            )
            return
        base = cells.read_base(self._buffer, self._noter(""))
        if base.first != base.second:
            self.is_dirty = True
            hint = phrase("the hive was not closed: changes that are only in its .LOG1 and .LOG2 files are not read")
            found = phrase("{first} and {second}", first=base.first, second=base.second)
            self.note("", "equal sequence numbers", found, 4, hint=hint)
        self._segmented = base.minor >= 4
        self._end = min(self._end, BINS + base.size)
        cell = self._find_root(base.root)
        if cell:
            self._nodes[""] = _Node(cell, "", "", None)

    def _find_root(self, stated: int) -> KeyCell | None:
        """The root key; where the base block does not lead to it, the first cell of the first bin, where it usually is."""
        weak = None
        for offset in dict.fromkeys((stated, 0x20)):
            try:
                cell = cells.read_key(self._buffer, offset, self._noter(""))
            except Damage as damage:
                self._damage("", damage, phrase("the root key"))
                continue
            if cell.flags & cells.KEY_ROOT:
                if offset != stated:
                    found = phrase("it at 0x{offset:x}", offset=offset)
                    self.note("", phrase("the root key at 0x{offset:x}", offset=stated), found, 36)
                return cell
            self.note("", "a root key", "a key that is not marked as root", offset + BINS)
            weak = weak or cell
        return weak

    # --- keys ----------------------------------------------------------------------------------------------------

    def _resolve(self, key: str) -> _Node | None:
        folded = fold(key.strip("\\"))
        node = self._nodes.get(folded)
        if node is not None or not self._nodes:
            return node
        node = self._nodes[""]
        for name in folded.split("\\"):
            node = self._find(node, name)
            if node is None:
                return None
        return node

    def _find(self, node: _Node, folded: str) -> _Node | None:
        known = self._nodes.get(f"{node.folded}\\{folded}" if node.folded else folded)
        if known is None and node.children is None:
            known = self._find_by_hash(node, folded)
        if known is not None:
            return known
        # the hash may be the damaged part: only the names themselves say that a key is not there
        offset, _ = self._children(node).get(folded, (None, ""))
        return None if offset is None else self._adopt(node, Entry(offset, b"", 0))

    def _find_by_hash(self, node: _Node, folded: str) -> _Node | None:
        buffer = self._buffer
        wanted = cells.NUMBER.pack(cells.name_hash(folded))
        for kind, first, count in self._leaves(node):
            at = buffer.find(wanted, first, first + 8 * count) if kind == b"lh" else -1
            while at >= 0:
                if (at - first) & 7 == 4:
                    child = self._adopt(node, Entry(cells.NUMBER.unpack_from(buffer, at - 4)[0], b"", 0))
                    if child and child.folded.rpartition("\\")[2] == folded:
                        return child
                at = buffer.find(wanted, at + 1, first + 8 * count)
        return None

    def _children(self, node: _Node) -> dict[str, tuple[int, str]]:
        """The subkeys that can be read: folded name to offset and name. ``_adopt`` makes a key of one, at no problem."""
        if node.children is None:
            children: dict[str, tuple[int, str]] = {}
            way, is_deepest = node.way(), node.depth >= MAX_DEPTH
            for offset, kind, hint, name in self._entries(node):
                if not name or is_deepest or offset in way:
                    child = self._adopt(node, Entry(offset, kind, hint))
                    if child is None:
                        continue
                    name = child.cell.name  # noqa: PLW2901
                folded = fold(name)
                if folded in children:
                    path = f"{node.path}\\{name}" if node.path else name
                    self.note(path, "one subkey of that name", "another one", offset + BINS)
                children.setdefault(folded, (offset, name))
            node.children = children
        return node.children

    def _adopt(self, node: _Node, entry: Entry) -> _Node | None:
        """The subkey that an entry of its parent's list points to; None, and a problem, where it cannot be one."""
        at = entry.offset + BINS
        try:
            cell = cells.read_key(self._buffer, entry.offset, self._noter(node.path))
        except Damage as damage:
            self._damage(node.path, damage, phrase("a subkey"))
            return None
        folded = fold(cell.name)
        path = f"{node.path}\\{cell.name}" if node.path else cell.name
        if not cells.hint_fits(entry, folded, cell.name):
            self.note(path, "the name that its parent's list keeps a hint of", f"`{cell.name}`", at)
        if cell.parent != node.cell.offset:
            found = phrase("one of 0x{offset:x}", offset=cell.parent)
            self.note(path, phrase("a subkey of 0x{offset:x}", offset=node.cell.offset), found, at)
        if not cell.name or "\\" in cell.name or "\0" in cell.name:
            self.note(path, "the name of a subkey", f"`{cell.name}`", at, hint="what is below it is not read")
            return None
        if node.depth >= MAX_DEPTH or entry.offset in node.way():
            bound = phrase("at most {most} levels and no circle", most=MAX_DEPTH)
            self.note(path, bound, "a key that contains itself, or more", at)
            return None
        whole = f"{node.folded}\\{folded}" if node.folded else folded
        known = self._nodes.setdefault(whole, _Node(cell, path, whole, node))
        return known if known.cell.offset == cell.offset else _Node(cell, path, whole, node)

    def _leaves(self, node: _Node) -> list[tuple[bytes, int, int]]:
        """The lists of subkeys of a key, without the list of lists (``ri``) that may stand above them."""
        if node.cell.subkey_list == NIL:
            return []
        note = self._noter(node.path)
        try:
            kind, first, count = cells.read_leaf(self._buffer, node.cell.subkey_list, note)
        except Damage as damage:
            self._damage(node.path, damage, phrase("{count} subkeys", count=node.cell.subkeys))
            return []
        if kind != b"ri":
            return [(kind, first, count)]
        leaves = {}
        for (offset,) in cells.NUMBER.iter_unpack(self._buffer[first : first + 4 * count]):
            try:
                kind, at, entries = cells.read_leaf(self._buffer, offset, note)
            except Damage as damage:
                self._damage(node.path, damage, phrase("some subkeys"))
                continue
            if kind == b"ri" or at in leaves:
                found = phrase("a list of lists") if kind == b"ri" else phrase("one that was read")
                self.note(node.path, "a list of subkeys of its own", found, offset + BINS, hint="it is left out")
                continue
            leaves[at] = (kind, at, entries)
        return list(leaves.values())

    def _entries(self, node: _Node) -> Iterator[tuple[int, bytes, int, str]]:
        """The parts of every ``Entry`` of the key's lists, and the name of what it points to where nothing about that is unusual."""
        cell, total = node.cell, 0
        for kind, first, stated in self._leaves(node):
            count = min(stated, self._slots_left)
            self._slots_left -= count
            total += count
            if count < stated:
                self.note(node.path, "lists that fit the file once", "more", first, hint="some subkeys could not be read")
            if kind == b"li":
                for (offset,) in cells.NUMBER.iter_unpack(self._buffer[first : first + 4 * count]):
                    yield offset, kind, 0, ""
            else:
                names = cells.sound_names(self._buffer, first, count, cell.offset) if kind == b"lh" else [""] * count
                pairs = cells.PAIR.iter_unpack(self._buffer[first : first + 8 * count])
                for (offset, hint), name in zip(pairs, names, strict=True):
                    yield offset, kind, hint, name
        if total != cell.subkeys or (cell.subkeys == 0) != (cell.subkey_list == NIL):
            found = phrase("{count} in the list", count=total)
            self.note(node.path, phrase("{count} subkeys", count=cell.subkeys), found, cell.offset + BINS)

    # --- values --------------------------------------------------------------------------------------------------

    def _read_values(self, node: _Node) -> list[RegistryValue]:
        """The values of a key. 50 lines because the sound case is spelled out: this loop is the time of reading a hive."""
        buffer, end, left = self._buffer, len(self._buffer), self._bytes_left
        unpack, unpack_size = cells.VALUE.unpack_from, cells.SIZE.unpack_from
        key, new = node.path, tuple.__new__  # the constructor of a named tuple takes twice as long
        result: list[RegistryValue] = []
        for offset in self._value_offsets(node):
            at = offset + BINS
            if not offset & 7 and at + 24 <= end:
                size, signature, name_length, length, data_at, kind, flags = unpack(buffer, at)
                start = at + 24
                stop = start + name_length
                if signature == b"vk" and stop <= at - size <= end and not size & 7 and flags & 1:
                    if length >= INLINE:
                        if length <= INLINE + 4:
                            data = buffer[at + 12 : at + 12 + (length & 7)]
                            name = buffer[start:stop].decode("latin-1")
                            result.append(new(RegistryValue, (key, name, kind, data, at, None)))
                            continue
                    elif length <= SEGMENT and not data_at & 7 and (first := data_at + BINS + 4) <= end:
                        (size,) = unpack_size(buffer, first - 4)
                        left -= length
                        if length - size >= 0 and first + length <= first - 4 - size <= end and not size & 7 and left >= 0:
                            name = buffer[start:stop].decode("latin-1")
                            result.append(new(RegistryValue, (key, name, kind, buffer[first : first + length], at, None)))
                            continue
                        left += length
            self._bytes_left = left
            value = self._read_odd_value(node, offset)
            left = self._bytes_left
            if value:
                result.append(value)
        self._bytes_left = left
        return result

    def _read_odd_value(self, node: _Node, offset: int) -> RegistryValue | None:
        """One value, step by step, with a problem for all that is odd about it; None where it is lost."""
        name, note = "", self._noter(node.path)
        try:
            start, end = cells.cell(self._buffer, offset, 20, _VALUE, note)
            _, signature, length, size, data_at, kind, flags = cells.VALUE.unpack_from(self._buffer, start)
            if signature != b"vk":
                raise Damage(_VALUE, phrase("a cell `{sign}`", sign=signature.decode("latin-1")), start)  # noqa: TRY301
            if start + 24 + length > end:
                raise Damage(_NAMED_VALUE, phrase("a name of {count} bytes", count=length), start)  # noqa: TRY301
            name = cells.read_name(self._buffer[start + 24 : start + 24 + length], bool(flags & cells.VALUE_ASCII))
            if size >= INLINE:
                size -= INLINE
                if size > 4:
                    raise Damage(phrase("at most 4 bytes of inline data"), f"{size}", start)  # noqa: TRY301
                return RegistryValue(node.path, name, kind, self._buffer[start + 12 : start + 12 + size], start)
            if size > self._bytes_left:
                raise Damage(phrase("value data that fits the file once"), phrase("{count} bytes more", count=size), start)  # noqa: TRY301
            self._bytes_left -= size
            data = cells.read_data(self._buffer, data_at, size, self._segmented, note)
        except Damage as damage:
            lost = phrase("the value `{name}`", name=name) if name else _VALUE
            self._damage(f"{node.path}\\{name}" if name else node.path, damage, lost)
            return None
        return RegistryValue(node.path, name, kind, data, start)

    def _value_offsets(self, node: _Node) -> tuple[int, ...]:
        cell, note = node.cell, self._noter(node.path)
        if (cell.values == 0) != (cell.value_list == NIL):
            found = phrase("a list at 0x{offset:x}", offset=cell.value_list)
            self.note(node.path, phrase("{count} values", count=cell.values), found, cell.offset + BINS)
        if cell.value_list == NIL or not cell.values:
            return ()
        try:
            start, end = cells.cell(self._buffer, cell.value_list, 4, _VALUES, note)
        except Damage as damage:
            self._damage(node.path, damage, phrase("{count} values", count=cell.values))
            return ()
        room = (end - start) // 4 - 1
        count = min(cell.values, room, self._slots_left)
        self._slots_left -= count
        if count < cell.values:
            found = phrase("{count} in their list", count=count)
            self.note(node.path, phrase("{count} values", count=cell.values), found, start, hint="the others are lost")
        offsets: tuple[int, ...] = Struct(f"<{count}I").unpack_from(self._buffer, start + 4)
        own = set(offsets)
        if len(own) < count or not own.isdisjoint(self._listed):
            self.note(node.path, "values of its own", "one that is listed twice", start)
        self._listed |= own
        if count == cell.values < room:
            self._check_rest(node, start + 4 + 4 * count, own)
        return offsets

    def _check_rest(self, node: _Node, place: int, own: set[int]) -> None:
        """Look at the first free slot of a value list: a value in use that no key lists means that the count is wrong."""
        (offset,) = cells.NUMBER.unpack_from(self._buffer, place)
        start = offset + BINS
        if offset & 7 or offset in own or self._buffer[start + 4 : start + 6] != b"vk":
            return
        if offset in self._find_unlisted():
            values = phrase("{count} values", count=node.cell.values)
            self.note(node.path, values, "another one behind them in the list", place)

    def _find_unlisted(self) -> frozenset[int]:
        if self._unlisted is None:
            self._unlisted = cells.unlisted_values(self._buffer, self._end)
        return self._unlisted

    # --- problems ------------------------------------------------------------------------------------------------

    def _noter(self, key: str) -> cells.Note:
        return lambda expected, found, offset: self.note(key, expected, found, offset)

    def _damage(self, key: str, damage: Damage, lost: str) -> None:
        self.note(key, damage.expected, damage.found, damage.offset, hint=phrase("{lost} could not be read", lost=lost))
