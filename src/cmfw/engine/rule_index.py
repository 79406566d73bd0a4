"""The rules of one state, sorted so that a question looks only at those that it may touch. Conservative: none that touches
the question is ever left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cmfw.engine.conditions import Settings, counts
from cmfw.model.rule import HostRule, Store, canonical_program, is_resolved_program
from cmfw.net import intervals
from cmfw.net.box import ALL_PORTS, Box
from cmfw.net.flow import NO_SERVICE, Direction, Principal, Profile

# Python 3.11 takes a tenth of a microsecond to look a member of an enumeration up, and these are asked for every rule
_APPISO, _HARDENING = Store.APPISO, Store.HARDENING
_ANY = "*"


class RuleIndex:
    """Rules by whether they speak of ordinary processes, by protocol and by service."""

    def __init__(self, rules: Iterable[HostRule]) -> None:
        self.rules = tuple(rules)
        self._ordinary: dict[tuple[int | None, str], list[HostRule]] = {}
        for rule in self.rules:
            extras = rule.extras
            if not (extras.packages or extras.local_owner or extras.proximity):
                service = _ANY if rule.service is None else rule.service.lower()
                self._ordinary.setdefault((rule.protocol, service), []).append(rule)

    def near(self, box: Box) -> Iterator[HostRule]:
        """The rules that may touch the box, in no particular order."""
        first, last = box.protocol[0]
        if box.principal != Principal.ORDINARY or box.service.complement or len(box.protocol) > 1 or first != last:
            yield from self.rules
            return
        for protocol in (None, first):
            for service in (_ANY, *box.service.names):
                yield from self._ordinary.get((protocol, service), ())


class SortedRules:
    """All rules of a state by direction, profile and effective settings, each slice made when it is first asked for.

    ``has_appiso``: there are rules of Windows' app isolation store, which no slice holds.
    """

    def __init__(self, rules: tuple[HostRule, ...]) -> None:
        self.rules = rules
        self.has_appiso = False
        self._active: dict[Direction, tuple[HostRule, ...]] = {}
        self._slices: dict[tuple[Direction, Profile, Settings], RuleIndex] = {}
        self._hardening: dict[tuple[Direction, Profile], RuleIndex] = {}
        self._named: frozenset[str] = frozenset()
        self._programs: dict[frozenset[str], frozenset[str]] = {}
        found: dict[Direction, list[HostRule]] = {each: [] for each in Direction}
        for rule in rules:
            if rule.store is _APPISO:
                self.has_appiso = True
            elif rule.active:
                found[rule.direction].append(rule)
        self._active = {each: tuple(them) for each, them in found.items()}

    def active(self, direction: Direction) -> tuple[HostRule, ...]:
        """The active rules of one direction that are not only for app containers, in state order."""
        return self._active[direction]

    def taking_part(self, direction: Direction, profile: Profile, settings: Settings) -> RuleIndex:
        """The rules of the rule stores that take part in one direction and profile under these settings."""
        key = (direction, profile, settings)
        found = self._slices.get(key)
        if found is None:
            bit = int(profile)
            found = self._slices[key] = RuleIndex(
                rule
                for rule in self._active[direction]
                if rule.profiles & bit and rule.store is not _HARDENING and counts(rule, settings)
            )
        return found

    def hardening(self, direction: Direction, profile: Profile) -> RuleIndex:
        """The service hardening rules of one direction and profile."""
        key = (direction, profile)
        found = self._hardening.get(key)
        if found is None:
            bit = int(profile)
            found = self._hardening[key] = RuleIndex(
                rule for rule in self._active[direction] if rule.store is _HARDENING and rule.profiles & bit
            )
        return found

    def programs(self, asked: frozenset[str]) -> frozenset[str]:
        """The canonical names of all programs that a rule names, and those of the question."""
        found = self._programs.get(asked)
        if found is None:
            if not self._programs:
                texts = {rule.program for rule in self.rules if rule.program is not None}
                self._named = frozenset(map(canonical_program, texts))
            found = self._programs[asked] = self._named | asked
        return found


def misses(rule: HostRule, box: Box) -> bool:
    """Whether the rule touches no flow of the box for certain; cheap, and False where it is not obvious."""
    if rule.protocol is not None and not intervals.contains(box.protocol, rule.protocol):
        return True
    for condition, ports in ((rule.local_port, box.local_port), (rule.remote_port, box.remote_port)):
        if ports is not ALL_PORTS and not condition.keywords and not intervals.overlaps(condition.ports.ranges, ports):
            return not rule.extras.ignore_remote
    if rule.service is not None and not box.service.complement:
        names = box.service.names
        if (names <= {NO_SERVICE}) if rule.service == "*" else (rule.service.lower() not in names):
            return True
    if rule.program is not None and not box.program.complement:
        path = canonical_program(rule.program)
        return path not in box.program.names and is_resolved_program(path)
    return False
