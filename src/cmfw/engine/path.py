"""``PathEngine``: which flows pass the perimeter filters between zones. An ``Oracle`` for the network between hosts.

``judge_line_by_line`` is the specification: one flow, one filter, the first line that holds it. ``partition`` does the same for sets, with
the walk of the host engine. Exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cmfw.engine.regions import Step, walk
from cmfw.model.path import PathFilter, PathState
from cmfw.model.verdict import Answer, Partition, RuleRef, Verdict, Why
from cmfw.net.box import Box, with_part
from cmfw.net.flow import Direction, Flow
from cmfw.net.flowset import FlowSet, boxes
from cmfw.values import value

STORE = "filter"
"""The store of a line of a filter, where a verdict names it."""


@value
class Passage:
    """What stands between two zones: the filters in the direction of the flow, and whether one stands only the other way."""

    from_zone: str
    to_zone: str
    filters: tuple[PathFilter, ...]
    only_reverse: bool = False

    @property
    def is_open(self) -> bool:
        """Whether nothing stands between."""
        return not self.filters and not self.only_reverse

    @property
    def missing(self) -> str:
        """The word for the configuration that nobody gave."""
        return f"filter:{self.from_zone}>{self.to_zone}"


class PathEngine:
    """Answers for flows between the zones of one path state."""

    name = "path"

    def __init__(self, state: PathState) -> None:
        self.state = state

    def passage(self, from_zone: str, to_zone: str) -> Passage:
        """What a flow from one zone to the other has to pass; nothing inside a zone, and nothing where a zone has no name."""
        if not from_zone or not to_zone or from_zone == to_zone:
            return Passage(from_zone, to_zone, ())
        along = self._filters(from_zone, to_zone)
        return Passage(from_zone, to_zone, along, only_reverse=not along and bool(self._filters(to_zone, from_zone)))

    def between(self, source: str, target: str) -> Passage:
        """What stands between two client groups or hosts of the site."""
        return self.passage(self.state.zone_of(source), self.state.zone_of(target))

    def sees(self, flow: Flow) -> bool:
        """Whether some filter, or one whose configuration is missing, stands in the flow's way by its addresses."""
        return any(not passage.is_open for passage in self._met(flow))

    def judge(self, flow: Flow) -> Verdict:
        """What the filters between the zones of the flow's addresses do with it; allow where none stands there."""
        return worst(judge_between(flow, passage) for passage in self._met(flow))

    def partition(self, flows: FlowSet) -> Partition:
        """The flows cut by the filters between the zones of their addresses; an address in two zones has to pass for both."""
        blocked, unknown = FlowSet.EMPTY, FlowSet.EMPTY
        for passage in self._passages():
            here, there = (self.state.addresses_of(zone).ranges for zone in (passage.from_zone, passage.to_zone))
            ways = ((Direction.OUT, here, there), (Direction.IN, there, here))
            region = FlowSet(tuple(b for way, a, z in ways for b in boxes(direction=int(way), local=a, remote=z)))
            part = partition_between(flows & region, passage)
            blocked, unknown = blocked | part.blocked, unknown | part.unknown
        return Partition(flows - blocked - unknown, blocked, unknown - blocked)

    def _filters(self, from_zone: str, to_zone: str) -> tuple[PathFilter, ...]:
        return tuple(one for one in self.state.filters if (one.from_zone, one.to_zone) == (from_zone, to_zone))

    def _passages(self) -> Iterator[Passage]:
        """Every ordered pair of zones between which something stands."""
        pairs = {(one.from_zone, one.to_zone) for one in self.state.filters}
        for pair in sorted(pairs | {(there, here) for here, there in pairs}):
            found = self.passage(*pair)
            if not found.is_open:
                yield found

    def _met(self, flow: Flow) -> Iterator[Passage]:
        source, _, destination, _ = flow.endpoints()
        for passage in self._passages():
            here, there = (self.state.addresses_of(zone) for zone in (passage.from_zone, passage.to_zone))
            if source in here and destination in there:
                yield passage


def judge_between(flow: Flow, passage: Passage) -> Verdict:
    """What the filters of the passage do with one flow: it has to pass each of them."""
    if passage.only_reverse:
        return Verdict(Answer.UNKNOWN, Why.EVIDENCE, missing=(passage.missing,))
    return worst(judge_line_by_line(flow, one) for one in passage.filters)


def judge_line_by_line(flow: Flow, one: PathFilter) -> Verdict:
    """What one filter does with one flow: the first line that holds it decides, without one it is blocked. By definition."""
    sent = _as_sent(flow)
    unsure: dict[Answer, RuleRef] = {}
    for line in one.lines:
        if sent not in line.flows:
            continue
        ref = RuleRef(line.text, STORE, line.origin)
        if line.answer is Answer.UNKNOWN:
            for answer in line.may:
                unsure.setdefault(answer, ref)
            continue
        return _decided(line.answer, Why.RULE, ref, unsure)
    return _decided(Answer.BLOCK, Why.DEFAULT, RuleRef("", STORE, one.file), unsure)


def _decided(answer: Answer, why: Why, ref: RuleRef, unsure: dict[Answer, RuleRef]) -> Verdict:
    """The answer of a sure line, or unknown where an unread line before it may answer otherwise."""
    contrary = [other for other in unsure if other is not answer]
    if not contrary:
        return Verdict(answer, why, (ref,))
    refs = tuple(sorted({unsure[other] for other in contrary}))
    return Verdict(Answer.UNKNOWN, Why.EVIDENCE, refs, tuple(sorted({f"filter:{r.origin}" for r in refs})))


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of boxes one behind the other: a block decides, else what is unknown, else all let pass."""
    open_: list[Verdict] = []
    allowed: list[Verdict] = []
    for verdict in verdicts:
        if verdict.answer is Answer.BLOCK:
            return verdict
        (open_ if verdict.answer is Answer.UNKNOWN else allowed).append(verdict)
    if open_:
        refs = tuple(sorted({ref for verdict in open_ for ref in verdict.by}))
        return Verdict(Answer.UNKNOWN, Why.EVIDENCE, refs, tuple(sorted({w for v in open_ for w in v.missing})))
    refs = tuple(ref for verdict in allowed for ref in verdict.by)
    return Verdict(Answer.ALLOW, Why.RULE if refs else Why.DEFAULT, refs)


def partition_between(flows: FlowSet, passage: Passage) -> Partition:
    """The flows (as a host at either end sees them) cut by the filters of the passage. Exact."""
    if passage.only_reverse:
        return Partition(FlowSet.EMPTY, FlowSet.EMPTY, flows)
    allowed: list[Box] = []
    blocked: list[Box] = []
    unknown: list[Box] = []
    for box in _one_way(flows):
        incoming = box.direction == Direction.IN
        rest = [_turned(box) if incoming else box]
        unsure: list[Box] = []
        for one in passage.filters:
            parts = [walk(each, _steps(each, one)) for each in (*rest, *unsure)]
            sure, doubtful = parts[: len(rest)], parts[len(rest) :]
            blocked += _back((b for part in parts for b in part.blocked), incoming)
            unsure = [b for part in sure for b in part.unknown]
            unsure += [b for part in doubtful for b in (*part.allowed, *part.unknown)]
            rest = [b for part in sure for b in part.allowed]
        allowed += _back(rest, incoming)
        unknown += _back(unsure, incoming)
    return Partition(FlowSet(tuple(allowed)), FlowSet(tuple(blocked)), FlowSet(tuple(unknown)))


def _steps(box: Box, one: PathFilter) -> Iterator[Step]:
    """The lines of a filter as steps of a walk."""
    for line in one.lines:
        cuts = tuple((cut, None) for part in line.flows if (cut := part.intersect(box)) is not None)
        if not cuts:
            continue
        if line.answer is Answer.UNKNOWN:
            for answer in line.may:
                yield Step(answer, Why.EVIDENCE, (), cuts)
        else:
            yield Step(line.answer, Why.RULE, cuts)
    yield Step(Answer.BLOCK, Why.DEFAULT, ((box, None),))


def _one_way(flows: FlowSet) -> Iterator[Box]:
    for box in flows:
        for way in Direction:
            if box.direction & way:
                yield box if box.direction == way else with_part(box, "direction", int(way))


def _turned(box: Box) -> Box:
    """The box as the host at the other end sees it."""
    return Box(
        int(Direction.IN if box.direction == Direction.OUT else Direction.OUT),
        box.profile,
        box.interface,
        box.principal,
        box.protocol,
        box.remote,
        box.local,
        box.remote_port,
        box.local_port,
        box.icmp,
        box.program,
        box.service,
    )


def as_sent_box(box: Box) -> Box:
    """A box of one direction as the end that opens its flows sees it."""
    return _turned(box) if box.direction == Direction.IN else box


def _back(parts: Iterable[Box], incoming: bool) -> Iterator[Box]:
    return map(_turned, parts) if incoming else iter(parts)


def _as_sent(flow: Flow) -> Flow:
    """The flow as the end that opens it sees it."""
    if flow.direction is Direction.OUT:
        return flow
    source, source_port, destination, destination_port = flow.endpoints()
    return replace(
        flow,
        direction=Direction.OUT,
        local=source,
        remote=destination,
        local_port=source_port,
        remote_port=destination_port,
    )
