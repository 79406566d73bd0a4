"""The proof that a written filter lets exactly the planned flows of a crossing pass, or the flow that shows otherwise.

Where every line is sure, as in everything written here, what is allowed is the union of what the lines allow of the flows that none
before them stopped, and boxes that both sides have cancel out. Lines in doubt are walked by the engine. Exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cmfw.emit.crossings import Crossing
from cmfw.engine.path import Passage, partition_between
from cmfw.model.path import PathFilter, PathLine
from cmfw.model.verdict import Answer
from cmfw.net.box import Box
from cmfw.net.flowset import FlowSet


def difference(crossing: Crossing, lines: Sequence[PathLine]) -> str:
    """Empty where the lines let pass exactly what the crossing plans, else a flow that is too much, too little or unknown."""
    region = crossing.boxes()
    wanted = [box for flow in crossing.flows for box in flow.boxes()]
    allowed = _allowed(region, lines)
    if allowed is None:
        found = partition_between(
            FlowSet(region), Passage(crossing.from_zone, crossing.to_zone, (_filter(crossing, lines),))
        )
        if not found.unknown.is_empty:
            return f"not certain, for example {found.unknown.witness().text()}"
        allowed = list(found.allowed)
    return _compared(allowed, wanted)


def _filter(crossing: Crossing, lines: Sequence[PathLine]) -> PathFilter:
    return PathFilter(from_zone=crossing.from_zone, to_zone=crossing.to_zone, file="", lines=tuple(lines))


def _allowed(region: tuple[Box, ...], lines: Iterable[PathLine]) -> list[Box] | None:
    """What the lines allow inside the region, boxes that may overlap; None where a line that matters is in doubt."""
    allowed: list[Box] = []
    open_ = FlowSet(region)
    for line in lines:
        cut = line.flows & open_
        if cut.is_empty:
            continue
        if line.answer is Answer.ALLOW:
            # stays open: what a later line does to it no longer matters, and what it allows again is allowed already
            allowed += cut
        elif line.answer is Answer.BLOCK:
            open_ -= cut
            if open_.is_empty:
                break
        else:
            return None
    return allowed


def _compared(allowed: Iterable[Box], wanted: Iterable[Box]) -> str:
    mine, theirs = set(allowed), set(wanted)
    if mine == theirs:
        return ""
    # a box of one side alone is compared with all of the other: what both have may cover it
    for word, ours, others in (("wider", mine, theirs), ("narrower", theirs, mine)):
        extra = FlowSet.of(ours - others) - FlowSet(tuple(others))
        if not extra.is_empty:
            return f"{word} than the plan, for example {extra.witness().text()}"
    return ""
