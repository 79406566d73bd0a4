"""``FlowSet``: sets of flows as disjoint boxes (``net.box``), with exact algebra and a readable member."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from cmfw.net.atoms import Atoms
from cmfw.net.box import ALL_ICMP, ALL_PORTS, ALL_PROTOCOLS, Box, boxes, icmp_range
from cmfw.net.flow import Flow
from cmfw.net.ports import PortSet
from cmfw.net.witness import FRESH_PROGRAM, FRESH_SERVICE, Preferences, witness
from cmfw.values import value

__all__ = [
    "ALL_ICMP",
    "ALL_PORTS",
    "ALL_PROTOCOLS",
    "FRESH_PROGRAM",
    "FRESH_SERVICE",
    "Box",
    "FlowSet",
    "Preferences",
    "boxes",
    "flow_box",
    "icmp_range",
]


@value
class FlowSet:
    """A set of flows as disjoint boxes. ``ANY`` and ``EMPTY`` are written out; emptiness never means any."""

    boxes: tuple[Box, ...]

    ANY: ClassVar[FlowSet]
    EMPTY: ClassVar[FlowSet]

    @classmethod
    def of(cls, parts: Iterable[Box]) -> FlowSet:
        """The union of the boxes, made disjoint. Exact."""
        out: list[Box] = []
        for part in parts:
            fresh = [part]
            for old in out:
                fresh = [piece for box in fresh for piece in box.subtract(old)]
                if not fresh:
                    break
            out += fresh
        return cls(tuple(out))

    @property
    def is_empty(self) -> bool:
        """Whether there is no flow in the set."""
        return not self.boxes

    def __or__(self, other: FlowSet) -> FlowSet:
        return FlowSet(self.boxes + (other - self).boxes)

    def __and__(self, other: FlowSet) -> FlowSet:
        found = (mine.intersect(theirs) for mine in self.boxes for theirs in other.boxes)
        return FlowSet(tuple(box for box in found if box is not None))

    def __sub__(self, other: FlowSet) -> FlowSet:
        rest = list(self.boxes)
        for theirs in other.boxes:
            rest = [piece for box in rest for piece in box.subtract(theirs)]
            if not rest:
                break
        return FlowSet(tuple(rest))

    def __le__(self, other: FlowSet) -> bool:
        return (self - other).is_empty

    def same_flows(self, other: FlowSet) -> bool:
        """Whether both sets hold exactly the same flows (their boxes may be cut differently)."""
        return self <= other <= self

    def __contains__(self, flow: Flow) -> bool:
        return any(flow in box for box in self.boxes)

    def __iter__(self) -> Iterator[Box]:
        return iter(self.boxes)

    def witness(self, preferences: Preferences = Preferences()) -> Flow:  # noqa: B008 - frozen value
        """One readable flow of the set, the same for the same set and preferences; ValueError where it is empty."""
        if not self.boxes:
            raise ValueError("an empty set has no witness")
        return witness(self.boxes[0], preferences)


def flow_box(flow: Flow) -> FlowSet:
    """The set of just this flow."""
    return FlowSet(
        boxes(
            direction=int(flow.direction),
            profile=int(flow.profile),
            interface=int(flow.interface),
            principal=int(flow.principal),
            protocol=((flow.protocol, flow.protocol),),
            local=((flow.local, flow.local),),
            remote=((flow.remote, flow.remote),),
            local_port=ALL_PORTS if flow.local_port is None else PortSet.of(flow.local_port).ranges,
            remote_port=ALL_PORTS if flow.remote_port is None else PortSet.of(flow.remote_port).ranges,
            icmp=ALL_ICMP if flow.icmp_type is None else (icmp_range(flow.icmp_type, flow.icmp_code),),
            program=Atoms.of(flow.program),
            service=Atoms.of(flow.service),
        )
    )


FlowSet.EMPTY = FlowSet(())
FlowSet.ANY = FlowSet(boxes())
