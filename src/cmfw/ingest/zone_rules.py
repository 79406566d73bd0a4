"""Rules of a zone firewall by the names of their objects, as several makes write them: what they come to as lines of a filter.

A make's reader fills ``ZoneObjects`` and the rules of each pair of zones; names that lead nowhere leave a rule in doubt.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cmfw.errors import Problem
from cmfw.ingest.packet_chains import EITHER
from cmfw.ingest.packet_match import NotUnderstood, PacketMatch
from cmfw.model.path import EVERYTHING, PathLine
from cmfw.model.verdict import Answer
from cmfw.net import intervals
from cmfw.net.addr import AddrSet
from cmfw.net.box import ALL_PORTS, ALL_PROTOCOLS, Box
from cmfw.net.flowset import FlowSet
from cmfw.net.intervals import Range, Ranges
from cmfw.values import value

Service = tuple[Range, Ranges, Ranges | None]
"""(protocol, destination ports, types of ICMP or None)."""
ANY_SERVICE: Service | None = None
_MOST_DEPTH = 20


@value(kw_only=True)
class ZoneRule:
    """One rule from one zone to another, by the names of its objects; no service means any."""

    name: str
    from_zone: str
    to_zone: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    services: tuple[str, ...]
    answer: Answer
    origin: str


@dataclass(slots=True)
class ZoneObjects:
    """What a configuration says: addresses and groups of them, services and groups of them, rules in order, and problems."""

    path: str
    addresses: dict[str, Range] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    services: dict[str, tuple[Service, ...]] = field(default_factory=dict)
    any_service: str = "any"
    rules: list[ZoneRule] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, expected: str, found: str, line: int | None = None) -> None:
        """Note what was not understood."""
        self.problems.append(Problem(self.path, expected, f"`{found[:80]}`", line=line))

    def lines(self, from_zone: str, to_zone: str) -> tuple[tuple[PathLine, ...], list[Problem]]:
        """The lines between two zones; with any problem in the file, all flows are in doubt."""
        found = [self._line(rule) for rule in self.rules if (rule.from_zone, rule.to_zone) == (from_zone, to_zone)]
        if self.problems:
            doubt = PathLine(answer=Answer.UNKNOWN, flows=EVERYTHING, text="", origin=self.path, may=EITHER)
            found.insert(0, doubt)
        return tuple(found), list(self.problems)

    def _line(self, rule: ZoneRule) -> PathLine:
        try:
            flows = self._flows(rule)
        except NotUnderstood:
            return PathLine(answer=Answer.UNKNOWN, flows=EVERYTHING, text=rule.name, origin=rule.origin, may=(rule.answer,))
        return PathLine(answer=rule.answer, flows=flows, text=rule.name, origin=rule.origin)

    def _flows(self, rule: ZoneRule) -> FlowSet:
        sources, targets = (self._ranges(names) for names in (rule.sources, rule.targets))
        found: list[Box] = []
        for service in self._services(rule.services):
            match = PacketMatch()
            match.narrow("source", sources, AddrSet.ANY.ranges)
            match.narrow("target", targets, AddrSet.ANY.ranges)
            if service is not None:
                protocol, ports, types = service
                match.narrow("protocol", (protocol,), ALL_PROTOCOLS)
                match.narrow("target_port", ports, ALL_PORTS)
                if types is not None:
                    match.narrow("types", types, ())
            found += match.flows().boxes
        return FlowSet(tuple(found))

    def _ranges(self, names: tuple[str, ...], depth: int = 0) -> Ranges:
        if depth > _MOST_DEPTH or not names:
            raise NotUnderstood(" ".join(names))
        found: list[Range] = []
        for name in names:
            if name in self.addresses:
                found.append(self.addresses[name])
            elif name in self.groups:
                found += self._ranges(self.groups[name], depth + 1)
            else:
                raise NotUnderstood(name)
        return intervals.normalise(found)

    def _services(self, names: tuple[str, ...]) -> list[Service | None]:
        if names == (self.any_service,):
            return [ANY_SERVICE]
        if not names or not all(name in self.services for name in names):
            raise NotUnderstood(" ".join(names))
        return [service for name in names for service in self.services[name]]
