"""The proof that a written filter lets exactly the planned flows of a crossing pass, or the flow that shows otherwise.

Where every line is sure, as in everything written here, what is allowed is the union of what the lines allow of the flows that none
before them stopped, and boxes that both sides have cancel out. Lines in doubt are walked by the engine. Exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

from cmfw.emit.crossings import Crossing
from cmfw.engine.path import Passage, partition_between
from cmfw.model.path import PathFilter, PathLine
from cmfw.model.verdict import Answer
from cmfw.net.atoms import Atoms
from cmfw.net.box import Box
from cmfw.net.flowset import FlowSet
from cmfw.words.phrases import phrase


def difference(crossing: Crossing, lines: Sequence[PathLine]) -> str:
    """Empty where the lines let pass exactly what the crossing plans, else a flow that is too much, too little or unknown."""
    region = crossing.boxes()
    wanted = {_shape(box): box for box in (flow.box for flow in crossing.flows)}
    allowed = _allowed(region, lines, wanted)
    if allowed is None:
        found = partition_between(
            FlowSet(region), Passage(crossing.from_zone, crossing.to_zone, (_filter(crossing, lines),))
        )
        if not found.unknown.is_empty:
            return phrase("not certain, for example {flow}", flow=found.unknown.witness().text())
        allowed = list(found.allowed)
    # a box of the plan itself stands for its like, so nothing is looked at but which one it is
    if {id(box) for box in allowed} == {id(box) for box in wanted.values()}:
        return ""
    return _compared(set(allowed), set(wanted.values()))


def _filter(crossing: Crossing, lines: Sequence[PathLine]) -> PathFilter:
    return PathFilter(from_zone=crossing.from_zone, to_zone=crossing.to_zone, file="", lines=tuple(lines))


def _allowed(region: tuple[Box, ...], lines: Iterable[PathLine], wanted: dict[_Shape, Box]) -> list[Box] | None:
    """What the lines allow inside the region, boxes that may overlap; None where a line that matters is in doubt.

    A box that equals one of those wanted is that one.
    """
    allowed: list[Box] = []
    open_ = region
    near, far = ([getattr(box, side) for box in region] for side in ("local", "remote"))
    first_near, last_near = min(near)[0][0], max(part[-1][1] for part in near)
    first_far, last_far = min(far)[0][0], max(part[-1][1] for part in far)
    for line in lines:
        boxes = line.flows.boxes
        if len(boxes) == 1 and open_ is region:
            (box,) = boxes
            local, remote = box.local, box.remote
            if local[0][0] > last_near or local[-1][1] < first_near or remote[0][0] > last_far or remote[-1][1] < first_far:
                continue
            if line.answer is Answer.ALLOW and (known := _like(wanted, box)) is not None:
                # the usual case: nothing is closed yet, and what is wanted lies inside the region as it is
                allowed.append(known)
                continue
        cut = [both for box in line.flows for part in open_ if _may_meet(box, part) and (both := box.intersect(part))]
        if not cut:
            continue
        if line.answer is Answer.ALLOW:
            # stays open: what a later line does to it no longer matters, and what it allows again is allowed already
            allowed += (_like(wanted, box) or box for box in cut)
        elif line.answer is Answer.BLOCK:
            if tuple(cut) == open_:
                # the usual end: everything else
                break
            open_ = (FlowSet(open_) - FlowSet(tuple(cut))).boxes
            if not open_:
                break
        else:
            return None
    return allowed


_Shape = tuple[Any, ...]
_shape = attrgetter(
    "local", "remote", "remote_port", "protocol", "local_port", "icmp", "direction", "profile", "interface", "principal"
)
"""All of a box but its names; such a tuple is found in a quarter of the time of the box."""


def _like(wanted: dict[_Shape, Box], box: Box) -> Box | None:
    """The box of those wanted that equals this one; none of them has a program or service."""
    return wanted.get(_shape(box)) if box.program is Atoms.ANY and box.service is Atoms.ANY else None


def _may_meet(one: Box, other: Box) -> bool:
    """Whether the outermost addresses of two boxes leave room for a common one."""
    return (
        one.local[0][0] <= other.local[-1][1]
        and other.local[0][0] <= one.local[-1][1]
        and one.remote[0][0] <= other.remote[-1][1]
        and other.remote[0][0] <= one.remote[-1][1]
    )


_WIDER, _NARROWER = phrase("wider"), phrase("narrower")


def _compared(allowed: set[Box], wanted: set[Box]) -> str:
    # a box of one side alone is compared with all of the other: what both have may cover it
    for word, ours, others in ((_WIDER, allowed, wanted), (_NARROWER, wanted, allowed)):
        extra = FlowSet.of(ours - others) - FlowSet(tuple(others))
        if not extra.is_empty:
            return phrase("{word} than the plan, for example {flow}", word=word, flow=extra.witness().text())
    return ""
