"""``Judge``: what each plan item gets on this machine, and a flow that proves it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from cmfw.diagnose.place import Place, localised, on_link
from cmfw.diagnose.prefilter import is_confined, may_decide
from cmfw.diagnose.results import HOST, BlockedFlow
from cmfw.engine.exact import Engine
from cmfw.engine.reference import judge
from cmfw.engine.rule_boxes import RuleBoxes
from cmfw.model.need import Need, bounds, leaves
from cmfw.model.plan import PlanItem
from cmfw.model.rule import Action, HostRule, Store, canonical_program
from cmfw.model.state import HostState
from cmfw.model.verdict import Answer, Bounds, Partition, Status, Verdict
from cmfw.net.atoms import Atoms
from cmfw.net.flow import Direction, Flow, Principal
from cmfw.net.flowset import FlowSet, Preferences
from cmfw.net.intervals import size
from cmfw.values import value

if TYPE_CHECKING:
    from cmfw.engine.path import Passage, PathEngine

# Python 3.11 takes a tenth of a microsecond to look a member of an enumeration up, and these are asked for every rule
_HARDENING = Store.HARDENING

WORKS = Bounds(Status.WORKS, Status.WORKS)
BROKEN = Bounds(Status.BROKEN, Status.BROKEN)
OPEN = Bounds(Status.BROKEN, Status.WORKS)
"""Nothing is known."""

_MOST_BOXES = 8
_MOST_PORTS = 16
"""Lists of request ports hold a handful; a longer set is judged as a whole."""


@value
class EndResult:
    """One end of an item at this machine: all its flows, how they are cut, and the bounds that follow.

    ``item`` is the item as this machine meets it; ``engine`` judged it. ``passage`` is what stands between the two zones,
    None where nothing does; ``part`` and ``bounds`` are those of host and passage together, ``at_host`` of the host alone.
    ``is_elsewhere``: no firewall of this machine has a say, only the filters between the two ends.
    """

    item: PlanItem
    end: str
    flows: FlowSet
    part: Partition
    bounds: Bounds
    engine: Engine
    at_host: Partition
    passage: Passage | None = None
    is_elsewhere: bool = False

    @property
    def direction(self) -> Direction:
        """As the machine sees it."""
        return Direction.OUT if self.end == "from" else Direction.IN

    @property
    def profiles(self) -> int:
        """The profiles that the machine may be in."""
        return (self.item.source if self.end == "from" else self.item.target).profiles


@value
class LeafResult:
    """One item: the ends at this machine (none: it is assumed to pass) and the worse of their bounds."""

    ends: tuple[EndResult, ...]
    bounds: Bounds


_ASSUMED = LeafResult((), WORKS)


class Judge:
    """Judges plan items on one machine; every answer is kept."""

    def __init__(self, items: Mapping[str, PlanItem], place: Place, engine: Engine, path: PathEngine | None = None) -> None:
        self.items = items
        self.place = place
        self.engine = engine
        self.path = path
        self.state: HostState = engine.state
        self._near: Engine | None = None
        self._leaves: dict[str, LeafResult] = {}
        self._hardened: tuple[Atoms, Atoms] | None = None
        self._replays: dict[tuple[int, Flow], Verdict] = {}
        self._sorted: dict[int, dict[tuple[int, int | None, str], list[HostRule]]] = {}
        self._proofs: dict[str, BlockedFlow | None] = {}
        self._boxes: dict[int, tuple[HostRule, RuleBoxes]] = {}

    def on(self, engine: Engine, keep: Iterable[str] = ()) -> Judge:
        """The same questions to a changed state; the answers to the items in ``keep`` are taken over."""
        other = Judge(self.items, self.place, engine, self.path)
        other._leaves = {name: self._leaves[name] for name in keep if name in self._leaves}
        return other

    def beyond(self, path: PathEngine) -> Judge:
        """The same questions to the same machine behind changed filters."""
        return Judge(self.items, self.place, self.engine, path)

    def leaf(self, name: str) -> LeafResult:
        """What the item gets."""
        found = self._leaves.get(name)
        if found is None:
            item = self.items[name]
            ends = tuple(self._end(item, end) for end in self.place.ends(item)) or self._between(item)
            found = _ASSUMED
            if ends:
                low = min(one.bounds.low for one in ends)
                found = LeafResult(ends, Bounds(low, min(one.bounds.high for one in ends)))
            self._leaves[name] = found
        return found

    def known(self) -> Iterable[tuple[str, LeafResult]]:
        """The items asked about so far."""
        return tuple(self._leaves.items())

    def bounds(self, need: Need) -> Bounds:
        """The bounds of a formula over items."""
        return bounds(need, {name: self.leaf(name).bounds for name in leaves(need)})

    def _between(self, item: PlanItem) -> tuple[EndResult, ...]:
        """The way of an item that this machine's firewall has no say in; nothing where no filter stands there."""
        passage = None if self.path is None else self.path.between(item.source.name, item.target.name)
        if passage is None or passage.is_open:
            return ()
        from cmfw.engine.path import partition_between

        flows = item.flows_at("from")
        part = partition_between(flows, passage)
        is_free = item.source.addresses.is_empty or item.target.addresses.is_empty
        passed = Partition(flows, FlowSet.EMPTY, FlowSet.EMPTY)
        found = _bounds_of(part, is_free=is_free)
        return (EndResult(item, "from", flows, part, found, self.engine, passed, passage, is_elsewhere=True),)

    def _end(self, item: PlanItem, end: str) -> EndResult:
        seen = localised(item, end, self.place, self.state)
        engine = self._engine_for(seen, end)
        if seen.any_port and size(seen.ports.ranges) <= _MOST_PORTS:
            best: EndResult | None = None
            for first, last in seen.ports.ranges:
                for port in range(first, last + 1):
                    one = self._flows(seen, end, engine, seen.flows_at(end, port))
                    if best is None or (one.bounds.low, one.bounds.high) > (best.bounds.low, best.bounds.high):
                        best = one
            if best is not None:
                return best
        return self._flows(seen, end, engine, seen.flows_at(end))

    def _flows(self, item: PlanItem, end: str, engine: Engine, flows: FlowSet) -> EndResult:
        here, there = (item.source, item.target) if end == "from" else (item.target, item.source)
        processes = item.initiators if end == "from" else (() if item.listener is None else (item.listener,))
        if not processes:
            flows = self._not_hardened(flows)
        is_free = not processes or here.addresses.is_empty or there.addresses.is_empty
        at_host = engine.partition(flows)
        passage = None if self.path is None else self.path.between(item.source.name, item.target.name)
        if passage is None or passage.is_open:
            return EndResult(item, end, flows, at_host, _bounds_of(at_host, is_free=is_free), engine, at_host)
        from cmfw.engine.path import partition_between

        part = _behind(at_host, partition_between(flows, passage))
        return EndResult(item, end, flows, part, _bounds_of(part, is_free=is_free), engine, at_host, passage)

    def _engine_for(self, item: PlanItem, end: str) -> Engine:
        """The engine, with the group's subnets as on-link where that is certain although the state names none.

        A peer of the same subnet is on-link by definition, and a peer outside all subnets of the group is not.
        """
        near = on_link(self.place, self.state)
        if self.state.local_subnets is not None or near is None:
            return self.engine
        there = item.target if end == "from" else item.source
        if not item.same_subnet and (there.addresses.is_empty or not (there.addresses & near).is_empty):
            return self.engine
        if self._near is None:
            self._near = Engine(replace(self.state, local_subnets=near), self.engine)
        return self._near

    def _not_hardened(self, flows: FlowSet) -> FlowSet:
        """The flows without those of the Windows services and programs that service hardening restricts.

        Where the plan does not know the process, it is none of those. Source: corrections 20.
        """
        if self._hardened is None:
            blocks = [r for r in self.state.rules if r.store is _HARDENING and r.action is Action.BLOCK and r.active]
            services = Atoms.but(r.service.lower() for r in blocks if r.service is not None)
            programs = Atoms.but(canonical_program(r.program) for r in blocks if r.service is None and r.program is not None)
            self._hardened = programs, services
        programs, services = self._hardened
        cut = (replace(b, program=b.program & programs, service=b.service & services) for b in flows.boxes)
        return FlowSet(tuple(box for box in cut if not box.is_empty))

    def proof(self, name: str) -> BlockedFlow | None:
        """One flow of the item that does not surely pass, replayed through the specification; None where all pass.

        Raises:
            RuntimeError: where the engines disagree about a block, which is a bug.
        """
        if name not in self._proofs:
            self._proofs[name] = self._proof(name)
        return self._proofs[name]

    def _proof(self, name: str) -> BlockedFlow | None:
        one = next((one for one in self.leaf(name).ends if one.bounds.low is not Status.WORKS), None)
        if one is None:
            return None
        wanted = self.preferences(one)
        if one.bounds.high is Status.BROKEN or one.part.unknown.is_empty:
            flow = one.part.blocked.witness(wanted)
            verdict, box = self.end_to_end(flow, one)
            if verdict.answer is not Answer.BLOCK:
                raise RuntimeError(f"the engines disagree about `{flow.text()}`: block, reference {verdict.answer.value}")
            return BlockedFlow(name, one.end, flow, verdict, box)
        for piece in one.part.unknown.boxes[:_MOST_BOXES]:
            flow = FlowSet((piece,)).witness(wanted)
            verdict, box = self.end_to_end(flow, one)
            if verdict.answer is not Answer.ALLOW:
                return BlockedFlow(name, one.end, flow, verdict, box)
        # the exact engine is the more cautious one about programs that nobody names
        flow = one.part.unknown.witness(wanted)
        return BlockedFlow(name, one.end, flow, one.engine.verdict(FlowSet(one.part.unknown.boxes[:1]), wanted))

    def preferences(self, one: EndResult) -> Preferences:
        """Readable witnesses: this machine's own address, a neighbour that is not itself, the lowest port of the item."""
        own = [first for first, _ in (self.state.addresses & self.place.addresses).ranges]
        here = one.item.source if one.end == "from" else one.item.target
        near = [first + offset for offset in (1, 2) for first, last in here.addresses.ranges if last - first > 2]
        return Preferences(addresses=(*own, *near), ports=tuple(first for first, _ in one.item.ports.ranges))

    def end_to_end(self, flow: Flow, one: EndResult) -> tuple[Verdict, str]:
        """(what host and filters together do with the flow, by their specifications, the box that decides)."""
        if one.passage is None:
            return self.replay(flow, one.engine), HOST
        from cmfw.engine.path import judge_between, worst

        if one.is_elsewhere:
            between = judge_between(flow, one.passage)
            return between, _box_of(between, one.passage)
        at_host = self.replay(flow, one.engine)
        if at_host.answer is Answer.BLOCK:
            return at_host, HOST
        between = judge_between(flow, one.passage)
        verdict = worst((at_host, between))
        if verdict.answer is Answer.ALLOW or between.answer is Answer.ALLOW:
            return (at_host if between.answer is Answer.ALLOW else verdict), HOST
        return verdict, _box_of(between, one.passage)

    def replay(self, flow: Flow, engine: Engine | None = None) -> Verdict:
        """What the reference says of the flow, without the rules that cannot match it for certain."""
        state = (engine or self.engine).state
        key = (id(state), flow)  # states live as long as their engines, which this object holds
        found = self._replays.get(key)
        if found is None:
            found = self._replays[key] = judge(flow, self._fitting(state, flow))
        return found

    def _fitting(self, state: HostState, flow: Flow) -> HostState:
        """The state with only the rules that can matter to the flow: the specification walks every rule it is given."""
        if flow.principal is not Principal.ORDINARY:
            return state
        direction, profile = int(flow.direction), int(flow.profile)
        near = self._sorted_rules(state)
        keys = [(direction, protocol, service) for protocol in (None, flow.protocol) for service in {"", flow.service}]
        keys += [(0, None, service) for service in {"", flow.service}]
        rules = (r for key in keys for r in near.get(key, ()) if may_decide(r, flow, direction, profile))
        return replace(state, rules=tuple(rules))

    def _sorted_rules(self, state: HostState) -> dict[tuple[int, int | None, str], list[HostRule]]:
        """The rules that are about ordinary processes, by direction (0 for hardening, which is about both), protocol and
        service (empty for any). Source: corrections 30 (a known program is no app package's flow).
        """
        # the rules of a state live as long as it does, and states that differ in facts only have the same
        found = self._sorted.get(id(state.rules))
        if found is None:
            found = self._sorted[id(state.rules)] = {}
            for rule in state.rules:
                hardening = rule.store is _HARDENING
                if not rule.active or (is_confined(rule) and not hardening):
                    continue
                service = "" if rule.service in (None, "*") else (rule.service or "").lower()
                key = (0, None, service) if hardening else (int(rule.direction), rule.protocol, service)
                found.setdefault(key, []).append(rule)
        return found

    def boxes_of(self, rule: HostRule) -> RuleBoxes:
        """What the rule matches on this machine, kept."""
        found = self._boxes.get(id(rule))
        if found is None:
            found = self._boxes[id(rule)] = (rule, self.engine.boxes_of(rule))
        return found[1]


def _box_of(verdict: Verdict, passage: Passage) -> str:
    """The line or file of the filter that decides; the missing configuration where nobody gave it."""
    return next((ref.origin for ref in verdict.by), passage.missing)


def _behind(at_host: Partition, between: Partition) -> Partition:
    """The flows that pass the host and every filter, those that one of them stops, and the rest."""
    blocked = at_host.blocked | between.blocked
    return Partition(
        at_host.allowed & between.allowed,
        blocked,
        (at_host.unknown - between.blocked) | (between.unknown & at_host.allowed),
    )


def _bounds_of(part: Partition, *, is_free: bool) -> Bounds:
    """WORKS where everything passes, BROKEN where something surely does not, else open.

    Where the process or an address is not known (``is_free``), the flows that pass may be the real ones, so only a set of
    which nothing can pass is broken.
    """
    if part.blocked.is_empty and part.unknown.is_empty:
        return WORKS
    if is_free:
        return BROKEN if part.allowed.is_empty and part.unknown.is_empty else OPEN
    return OPEN if part.blocked.is_empty else BROKEN
