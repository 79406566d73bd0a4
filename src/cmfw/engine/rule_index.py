"""``RuleIndex``: the rules of one slice, so that a question looks only at those that it may touch. Conservative: never
leaves out a rule that touches the question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cmfw.model.rule import HostRule, canonical_program, is_resolved_program
from cmfw.net import intervals
from cmfw.net.box import ALL_PORTS, Box
from cmfw.net.flow import NO_SERVICE, Principal

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
