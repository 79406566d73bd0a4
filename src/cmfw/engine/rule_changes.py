"""Which rules came, went or changed between two states: what people did, beside what it does (``difference``)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from itertools import zip_longest
from operator import attrgetter

from cmfw.model.rule import HostRule
from cmfw.values import value

FIELDS = (
    "action", "direction", "active", "profiles", "protocol", "local_port", "remote_port", "icmp", "local_address",
    "remote_address", "program", "service", "interfaces", "name", "group", "edge", "extras",
)  # fmt: skip
"""What may change in a rule that stays; where it is written and its description do not count."""


class Kind(StrEnum):
    """What happened to a rule."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@value
class RuleChange:
    """One rule that is not the same in both states; ``fields`` names what changed in a rule that both have."""

    kind: Kind
    before: HostRule | None
    after: HostRule | None
    fields: tuple[str, ...] = ()

    @property
    def rule(self) -> HostRule:
        """The rule as it is after the change, or was last."""
        found = self.after or self.before
        assert found is not None  # noqa: S101 - a change has a rule on one side at least
        return found


def rule_changes(before: Iterable[HostRule], after: Iterable[HostRule]) -> tuple[RuleChange, ...]:
    """The rules that differ, paired by store and id; rules that share both are paired by content first, then in order."""
    old, new = _by_name(before), _by_name(after)
    found = []
    for key in dict.fromkeys((*old, *new)):
        gone, come = _without_equal(old.get(key, []), new.get(key, []))
        for one, other in zip_longest(gone, come):
            if one is None or other is None:
                found.append(RuleChange(Kind.ADDED if one is None else Kind.REMOVED, one, other))
            else:
                fields = tuple(name for name in FIELDS if getattr(one, name) != getattr(other, name))
                found.append(RuleChange(Kind.CHANGED, one, other, fields))
    return tuple(found)


_content = attrgetter(*FIELDS)


def _by_name(rules: Iterable[HostRule]) -> dict[tuple[str, str], list[HostRule]]:
    found: dict[tuple[str, str], list[HostRule]] = {}
    for rule in rules:
        found.setdefault((rule.store.value, rule.id), []).append(rule)
    return found


def _without_equal(old: list[HostRule], new: list[HostRule]) -> tuple[list[HostRule], list[HostRule]]:
    rest = list(new)
    gone = []
    for rule in old:
        twin = next((at for at, each in enumerate(rest) if _content(each) == _content(rule)), None)
        if twin is None:
            gone.append(rule)
        else:
            del rest[twin]
    return gone, rest
