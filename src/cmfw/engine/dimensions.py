"""One dimension of the flow space for many boxes at once: which of them meet or cover a part, and how they cut it. Exact.

Boxes are numbered, and a set of them is a bit mask, so that one ``&`` speaks of all of them. A part is what a box holds in
one dimension: a bit mask of an enum of ``net.flow``, ranges of numbers, or names.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import or_

from cmfw.net import intervals
from cmfw.net.atoms import Atoms
from cmfw.net.box import Box
from cmfw.net.intervals import Ranges

Part = int | Ranges | Atoms
Cell = tuple[int, Part]
"""A piece of a part in which every flow meets the same boxes, behind the mask of these boxes."""
NAMES = ("protocol", "service", "program", "local_port", "remote_port", "remote", "local", "icmp", "principal", "interface")
"""The dimensions in which boxes are cut; direction and family are settled before, the profile last."""


def bits(mask: int) -> Iterator[int]:
    """The numbers in a mask, rising."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def part_of(box: Box, name: str) -> Part:
    """What the box holds in one dimension."""
    found: Part = getattr(box, name)
    return found


class Dimension:
    """The parts of all boxes in one dimension. Asked by part; answers are masks of box numbers, and kept."""

    def __init__(self, values: Mapping[Part, int]) -> None:
        self.values = values
        some = next(iter(values), 0)
        kind = _Flags if isinstance(some, int) else _Names if isinstance(some, Atoms) else _Numbers
        self._index: _Flags | _Names | _Numbers = kind(values)
        self._meeting: dict[Part, int] = {}
        self._covering: dict[Part, int] = {}

    def meeting(self, part: Part) -> int:
        """The boxes that share something with the part."""
        found = self._meeting.get(part)
        if found is None:
            found = self._meeting[part] = self._index.meeting(part)  # type: ignore[arg-type]
        return found

    def covering(self, part: Part) -> int:
        """The boxes that hold all of the part."""
        found = self._covering.get(part)
        if found is None:
            found = self._covering[part] = self._index.covering(part)  # type: ignore[arg-type]
        return found


class _Flags:
    def __init__(self, values: Mapping[Part, int]) -> None:
        self._values = [(part, mask) for part, mask in values.items() if isinstance(part, int)]

    def meeting(self, part: int) -> int:
        return reduce(or_, (mask for mine, mask in self._values if mine & part), 0)

    def covering(self, part: int) -> int:
        return reduce(or_, (mask for mine, mask in self._values if mine & part == part), 0)


class _Numbers:
    """Boxes with one range by both ends, with running unions, so that two look-ups answer; the others one by one."""

    def __init__(self, values: Mapping[Part, int]) -> None:
        single: list[tuple[int, int, int]] = []
        self._several: list[tuple[Ranges, int]] = []
        for part, mask in values.items():
            if not isinstance(part, tuple):
                continue
            if len(part) == 1:
                single.append((*part[0], mask))
            else:
                self._several.append((part, mask))
        starts = sorted((first, mask) for first, _, mask in single)
        ends = sorted((last, mask) for _, last, mask in single)
        self._firsts, self._lasts = [first for first, _ in starts], [last for last, _ in ends]
        self._begun, self._open = [0], [0]
        for _, mask in starts:
            self._begun.append(self._begun[-1] | mask)
        for _, mask in reversed(ends):
            self._open.append(self._open[-1] | mask)
        self._open.reverse()

    def _between(self, first: int, last: int) -> int:
        """The boxes that begin at ``first`` or before and end at ``last`` or after."""
        return self._begun[bisect_right(self._firsts, first)] & self._open[bisect_left(self._lasts, last)]

    def meeting(self, part: Ranges) -> int:
        found = reduce(or_, (self._between(last, first) for first, last in part), 0)
        return found | reduce(or_, (mask for mine, mask in self._several if intervals.overlaps(mine, part)), 0)

    def covering(self, part: Ranges) -> int:
        found = -1
        for first, last in part:
            found &= self._between(first, last)
        return found | reduce(or_, (mask for mine, mask in self._several if intervals.covers(mine, part)), 0)


class _Names:
    """Boxes with a few names by name; those with all but a few one by one."""

    def __init__(self, values: Mapping[Part, int]) -> None:
        self._by_name: dict[str, int] = {}
        self._finite = 0
        self._others: list[tuple[Atoms, int]] = []
        for part, mask in values.items():
            if not isinstance(part, Atoms):
                continue
            if part.complement:
                self._others.append((part, mask))
                continue
            self._finite |= mask
            for name in part.names:
                self._by_name[name] = self._by_name.get(name, 0) | mask

    def meeting(self, part: Atoms) -> int:
        found = reduce(or_, (mask for mine, mask in self._others if not (mine & part).is_empty), 0)
        named = part.names if not part.complement else self._by_name.keys() - part.names
        return found | reduce(or_, (self._by_name.get(name, 0) for name in named), 0)

    def covering(self, part: Atoms) -> int:
        found = reduce(or_, (mask for mine, mask in self._others if part <= mine), 0)
        if part.complement:
            return found
        finite = self._finite
        for name in part.names:
            finite &= self._by_name.get(name, 0)
        return found | finite


def cut(part: Part, values: Iterable[tuple[Part, int]]) -> list[Cell]:
    """The cells into which the values (disjoint masks) cut the part; together they are the part."""
    if isinstance(part, int):
        return _cut_flags(part, values)
    return _cut_names(part, values) if isinstance(part, Atoms) else _cut_numbers(part, values)


def _cut_flags(part: int, values: Iterable[tuple[Part, int]]) -> list[Cell]:
    known = [(value, mask) for value, mask in values if isinstance(value, int)]
    cells: dict[int, int] = {}
    for number in bits(part):
        met = reduce(or_, (mask for value, mask in known if value >> number & 1), 0)
        cells[met] = cells.get(met, 0) | 1 << number
    return list(cells.items())


def _cut_numbers(part: Ranges, values: Iterable[tuple[Part, int]]) -> list[Cell]:
    """A sweep: at every border the mask of the boxes that hold the numbers from there on."""
    changes: dict[int, int] = {}
    for value, mask in values:
        if isinstance(value, tuple):
            for first, last in intervals.intersect(value, part):
                changes[first] = changes.get(first, 0) ^ mask
                changes[last + 1] = changes.get(last + 1, 0) ^ mask
    borders = sorted(changes)
    cells: dict[int, list[intervals.Range]] = {}
    met = at = 0
    for low, high in part:
        start = low
        while at < len(borders) and borders[at] <= high:
            border = borders[at]
            if border > start:
                cells.setdefault(met, []).append((start, border - 1))
                start = border
            met ^= changes[border]
            at += 1
        cells.setdefault(met, []).append((start, high))
        if at < len(borders) and borders[at] == high + 1:
            met ^= changes[borders[at]]
            at += 1
    return [(mask, intervals.normalise(ranges)) for mask, ranges in cells.items()]


def _cut_names(part: Atoms, values: Iterable[tuple[Part, int]]) -> list[Cell]:
    has: dict[str, int] = {}
    lacks: dict[str, int] = {}
    others = 0
    for value, mask in values:
        if isinstance(value, Atoms):
            others |= mask if value.complement else 0
            table = lacks if value.complement else has
            for name in value.names:
                table[name] = table.get(name, 0) | mask
    named = part.names if not part.complement else (has.keys() | lacks.keys()) - part.names
    cells: dict[int, set[str]] = {}
    for name in named:
        cells.setdefault(has.get(name, 0) | others & ~lacks.get(name, 0), set()).add(name)
    if not part.complement:
        return [(mask, Atoms(frozenset(names))) for mask, names in cells.items()]
    fresh = cells.pop(others, set())
    rest = Atoms(frozenset(part.names | (named - fresh)), complement=True)
    return [*((mask, Atoms(frozenset(names))) for mask, names in cells.items()), (others, rest)]


def joined(one: Part, other: Part) -> Part:
    """All of both parts."""
    if isinstance(one, int) and isinstance(other, int):
        return one | other
    if isinstance(one, Atoms) and isinstance(other, Atoms):
        return one | other
    assert isinstance(one, tuple)  # noqa: S101 - a part is a mask, names or ranges
    assert isinstance(other, tuple)  # noqa: S101
    return intervals.union(one, other)
