"""The lines that let the flows of one item pass the filters on its way."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING

from cmfw.diagnose.leaves import EndResult
from cmfw.diagnose.results import Action, FilterLine, Step
from cmfw.engine.path import Passage, partition_between
from cmfw.model.path import PathLine, path_flows
from cmfw.model.verdict import Answer
from cmfw.net.addr import AddrSet
from cmfw.net.box import ALL_ICMP, ALL_PORTS, ALL_PROTOCOLS, Box
from cmfw.net.flow import Direction
from cmfw.net.flowset import FlowSet
from cmfw.net.intervals import Ranges
from cmfw.net.ports import PortSet

if TYPE_CHECKING:
    from cmfw.net.flowtext import FlowParts

NEW = "new"
"""Origin of a line that does not exist yet."""
_MOST_LINES = 64
"""More lines than that are no repair that anybody types."""


def opening_steps(one: EndResult) -> tuple[Step, ...]:
    """One step for each line to put first into each filter that stops some of the flows; none where no line can help."""
    found: list[Step] = []
    for each in one.passage.filters if one.passage else ():
        alone = Passage(each.from_zone, each.to_zone, (each,))
        if partition_between(one.flows, alone).allowed.same_flows(one.flows):
            continue
        for text, flows in _lines(one.flows).items():
            line = PathLine(answer=Answer.ALLOW, flows=flows, text=text, origin=NEW)
            at = FilterLine(each.from_zone, each.to_zone, each.file, line)
            found.append(Step(Action.OPEN_FILTER, f"{each.file}: {text}", passage=at))
    return tuple(found) if len(found) <= _MOST_LINES else ()


def _lines(flows: FlowSet) -> dict[str, FlowSet]:
    """Text of a line -> the flows that it holds: addresses, protocol and ports of the flows, whatever program opens them."""
    return {f"allow {parts.text().partition(' ')[2]}": path_flows(parts) for box in flows for parts in _parts(box)}


def _parts(box: Box) -> Iterator[FlowParts]:
    """The box as texts that say one address block, one port range and one protocol at each place."""
    from cmfw.net.flowtext import FlowParts

    ends = ((box.local, box.local_port), (box.remote, box.remote_port))
    (source, source_port), (target, target_port) = ends[::-1] if box.direction == Direction.IN else ends
    places = (
        _numbers(box.protocol, ALL_PROTOCOLS),
        _blocks(source),
        _blocks(target),
        _ports(source_port),
        _ports(target_port),
    )
    for protocol, a, z, from_port, to_port in product(*places):
        for icmp_type, code in _icmp(box.icmp):
            yield FlowParts(
                direction=Direction.OUT,
                protocol=protocol,
                source=a,
                destination=z,
                source_port=from_port,
                destination_port=to_port,
                icmp_type=icmp_type,
                icmp_code=code,
            )


def _numbers(ranges: Ranges, every: Ranges) -> list[int | None]:
    return [None] if ranges == every else [n for first, last in ranges for n in range(first, last + 1)]


def _blocks(ranges: Ranges) -> list[AddrSet]:
    return [AddrSet.parse(text) for text in AddrSet(ranges).cidrs()]


def _ports(ranges: Ranges) -> list[PortSet | None]:
    return [None] if ranges == ALL_PORTS else [PortSet.of(pair) for pair in ranges]


def _icmp(ranges: Ranges) -> list[tuple[int | None, int | None]]:
    """(type, code or None for every code) pairs that are exactly the ranges."""
    if ranges == ALL_ICMP:
        return [(None, None)]
    found: list[tuple[int | None, int | None]] = []
    for first, last in ranges:
        for kind in range(first >> 8, (last >> 8) + 1):
            low, high = max(first, kind << 8), min(last, (kind << 8) + 255)
            whole = high - low == 255
            found += [(kind, None)] if whole else [(kind, number & 255) for number in range(low, high + 1)]
    return found
