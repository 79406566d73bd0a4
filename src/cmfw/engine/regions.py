"""Regions of a slice walking the decision order: the set form of ``reference``'s walk. Exact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cmfw.model.rule import HostRule
from cmfw.model.verdict import Answer, Partition, Why
from cmfw.net.flowset import Box, FlowSet
from cmfw.values import value

_ALLOW, _BLOCK = 1, 2
MOST_PIECES = 20_000
"""Bound on the pieces one question may be cut into; beyond it the rest is unknown, never guessed."""


@value
class Step:
    """One step of the decision order inside a slice: the regions where it surely and where it possibly applies.

    ``lower`` and ``upper`` pair a box with the rule that it comes from (None for settings, gaps and defaults).
    """

    answer: Answer
    why: Why
    lower: tuple[tuple[Box, HostRule | None], ...]
    upper: tuple[tuple[Box, HostRule | None], ...] = ()


def split(parts: Sequence[Box], by: Iterable[Box]) -> tuple[list[Box], list[Box]]:
    """The parts inside and outside the union of ``by``, both disjoint where the parts are."""
    inside: list[Box] = []
    rest = list(parts)
    for cutter in by:
        if not rest:
            break
        left: list[Box] = []
        for part in rest:
            both = part.intersect(cutter)
            if both is None:
                left.append(part)
            else:
                inside.append(both)
                left += part.subtract(cutter)
        rest = left
    return inside, rest


def walk(box: Box, steps: Iterable[Step]) -> Partition:
    """The partition of a slice: regions walk the steps, carrying which answers are still possible."""
    live: dict[int, list[Box]] = {0: [box]}
    final: dict[int, list[Box]] = {_ALLOW: [], _BLOCK: [], _ALLOW | _BLOCK: []}
    for step in steps:
        bit = _ALLOW if step.answer is Answer.ALLOW else _BLOCK
        following: dict[int, list[Box]] = {}
        lower, upper = [cut for cut, _ in step.lower], [cut for cut, _ in step.upper]
        for possible, parts in live.items():
            if not parts:
                continue
            if possible | bit == _ALLOW | _BLOCK and possible & bit:
                final[possible] += parts
                continue
            decided, rest = split(parts, lower) if lower else ([], parts)
            final[possible | bit] += decided
            touched, untouched = split(rest, upper) if upper else ([], rest)
            following.setdefault(possible | bit, []).extend(touched)
            following.setdefault(possible, []).extend(untouched)
        live = following
        if sum(map(len, live.values())) > MOST_PIECES:
            break
    final[_ALLOW | _BLOCK] += [part for parts in live.values() for part in parts]
    return Partition(*(FlowSet(tuple(final[key])) for key in (_ALLOW, _BLOCK, _ALLOW | _BLOCK)))
