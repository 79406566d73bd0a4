"""``Sightings``: single sights of traffic added up to observations, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator

from cmfw.errors import Problem
from cmfw.model.observation import Observation, Place, Seen
from cmfw.net.flowtext import FlowParts
from cmfw.words.phrases import phrase

MOST_KINDS = 200_000
"""Kinds of traffic kept of one file (about half a kilobyte each); of those beyond it only that there were more."""


class _Kind:
    """One kind of traffic while it is counted; ``flow`` None is a packet that says nothing about rules."""

    __slots__ = ("count", "first", "flow", "last", "line", "seen", "until")

    def __init__(self, flow: FlowParts | None, seen: Seen, when: str, line: int) -> None:
        self.flow, self.seen, self.count = flow, seen, 1
        self.first = self.last = when
        self.line = self.until = line


class Sightings:
    """What was seen in one file, by a key that implies the flow and what became of it."""

    def __init__(self, host: str, path: str, note: Callable[[Problem], None]) -> None:
        self.host, self.path, self.note = host, path, note
        self.at_least = False
        self._kinds: dict[Hashable, _Kind] = {}
        self._full = False

    def again(self, key: Hashable, when: str, line: int) -> bool:
        """Whether the key is known; if so it is counted once more."""
        kind = self._kinds.get(key)
        if kind is None:
            return False
        kind.count += 1
        kind.until = line
        if when < kind.first:
            kind.first = when
        elif when > kind.last:
            kind.last = when
        return True

    def add(self, key: Hashable, flow: FlowParts | None, seen: Seen, when: str, line: int) -> None:
        """The first sight of a key."""
        if len(self._kinds) < MOST_KINDS:
            self._kinds[key] = _Kind(flow, seen, when, line)
        elif not self._full:
            self._full = True
            found = phrase("more from line {line} on; they are not kept", line=line)
            self.note(Problem(self.path, phrase("at most {most:,} kinds of traffic", most=MOST_KINDS), found))

    @property
    def midway(self) -> int:
        """How many packets were of connections that were open before."""
        return sum(kind.count for kind in self._kinds.values() if kind.flow is None)

    def observations(self) -> Iterator[Observation]:
        """All of them, in the order of first sight."""
        for kind in self._kinds.values():
            if kind.flow is None:
                continue
            numbers = dict.fromkeys((kind.line, kind.until))
            yield Observation(
                host=self.host,
                flow=kind.flow,
                seen=kind.seen,
                count=kind.count,
                first=kind.first,
                last=kind.last,
                places=tuple(Place(self.path, number) for number in numbers),
                at_least=self.at_least or self._full,
            )
