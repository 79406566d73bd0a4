"""``PortSet``: a set of TCP or UDP port numbers. Port keywords are not numbers and live in ``model.rule``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from cmfw.net import intervals
from cmfw.net.intervals import Range, Ranges
from cmfw.values import value
from cmfw.words.phrases import phrase

LAST_PORT = 65535


@value
class PortSet:
    """A set of port numbers, 0 to 65535; ``PortSet.ANY`` and ``PortSet.EMPTY`` are written out, empty never means any."""

    ranges: Ranges

    ANY: ClassVar[PortSet]
    EMPTY: ClassVar[PortSet]

    def __post_init__(self) -> None:
        if self.ranges and (self.ranges[0][0] < 0 or self.ranges[-1][1] > LAST_PORT):
            raise ValueError(phrase("port out of range 0-65535 in `{ranges}`", ranges=self.ranges))

    @classmethod
    def of(cls, *ports: int | Range) -> PortSet:
        """The set of the given ports and inclusive ``(first, last)`` pairs."""
        return cls.from_pairs((p, p) if isinstance(p, int) else p for p in ports)

    @classmethod
    def from_pairs(cls, pairs: Iterable[Range]) -> PortSet:
        """The set of inclusive ``(first, last)`` pairs in any order; raises ValueError where first > last."""
        checked = list(pairs)
        for first, last in checked:
            if first > last:
                raise ValueError(phrase("port range `{first}-{last}` runs backwards", first=first, last=last))
        return cls(intervals.normalise(checked))

    @classmethod
    def parse(cls, text: str) -> PortSet:
        """The set written as ``80``, ``80,443``, ``49152-65535`` or ``*``; raises ValueError with the offending part."""
        if text.strip() in ("*", "any"):
            return cls.ANY
        pairs = []
        for part in text.split(","):
            first, dash, last = part.strip().partition("-")
            if not (first.isascii() and first.isdigit() and (not dash or (last.isascii() and last.isdigit()))):
                raise ValueError(phrase("`{part}` is not a port or port range", part=part))
            pairs.append((int(first), int(last) if dash else int(first)))
        return cls.from_pairs(pairs)

    @property
    def is_any(self) -> bool:
        """Whether every port is in the set."""
        return self.ranges == PortSet.ANY.ranges

    @property
    def is_empty(self) -> bool:
        """Whether no port is in the set."""
        return not self.ranges

    def texts(self) -> list[str]:
        """The ranges as ``["80", "49152-65535"]``, sorted."""
        return [str(a) if a == b else f"{a}-{b}" for a, b in self.ranges]

    def __str__(self) -> str:
        return "*" if self.is_any else ",".join(self.texts())

    def __contains__(self, port: int) -> bool:
        return intervals.contains(self.ranges, port)

    def __or__(self, other: PortSet) -> PortSet:
        return PortSet(intervals.union(self.ranges, other.ranges))

    def __and__(self, other: PortSet) -> PortSet:
        return PortSet(intervals.intersect(self.ranges, other.ranges))

    def __sub__(self, other: PortSet) -> PortSet:
        return PortSet(intervals.subtract(self.ranges, other.ranges))

    def __le__(self, other: PortSet) -> bool:
        return intervals.covers(other.ranges, self.ranges)


PortSet.ANY = PortSet(((0, LAST_PORT),))
PortSet.EMPTY = PortSet(())
