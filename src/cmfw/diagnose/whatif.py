"""What a change does to every feature: the diagnosis before and after, row by row, with a flow that shows the difference.

The two sides are judged independently; what is said to stay the same does so for certain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from cmfw.catalog.types import Catalog
from cmfw.diagnose.leaves import EndResult, Judge
from cmfw.diagnose.place import find_place
from cmfw.diagnose.results import Diagnosis, RowResult
from cmfw.diagnose.run import diagnose
from cmfw.engine.exact import Engine
from cmfw.engine.path import PathEngine, as_sent_box
from cmfw.model.need import All, AnyOf, Leaf, Need, Prefer, Spread, leaves, status
from cmfw.model.path import PathFilter, PathLine
from cmfw.model.plan import FeatureRow, Plan
from cmfw.model.rule import Store
from cmfw.model.site import Site
from cmfw.model.state import HostState
from cmfw.model.verdict import Answer, Bounds, Status, Verdict
from cmfw.net.flow import Flow
from cmfw.net.flowset import Box, FlowSet
from cmfw.values import value


class Outcome(StrEnum):
    """What becomes of one row."""

    SAME = "same"
    BETTER = "better"
    WORSE = "worse"
    UNDECIDED = "undecided"
    """The evidence does not say whether anything changes."""
    OFF = "off"
    """The site switches the feature off, or asks for it no longer."""


@value(kw_only=True)
class Case:
    """One side of the question: the site, its plan, the machine and the filters."""

    site: Site
    plan: Plan
    engine: Engine
    path: PathEngine | None = None


@value(kw_only=True)
class Witness:
    """One flow that fares differently on the two sides, by the specifications; ``box`` is what decides on the worse side."""

    item: str
    end: str
    flow: Flow
    before: Verdict
    after: Verdict
    box: str

    def as_dict(self) -> dict[str, Any]:
        """The witness in ``cmfw/whatif/1``."""
        return {
            "item": self.item,
            "end": self.end,
            "flow": self.flow.text(),
            "before": _verdict(self.before),
            "after": _verdict(self.after),
            "box": self.box,
        }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "action": verdict.answer.value,
        "why": verdict.why.value,
        "by": [{"id": ref.id, "store": ref.store, "origin": ref.origin} for ref in verdict.by],
        "missing": list(verdict.missing),
    }


@value(kw_only=True)
class RowChange:
    """One feature, client group and peer on both sides; a side is None where the plan does not ask for the row.

    ``witnesses`` show what changed, one flow for each item that did; ``fallback`` are the items that carry the feature now
    and did not before.
    """

    feature: str
    clients: str
    peer: str
    before: RowResult | None
    after: RowResult | None
    outcome: Outcome
    witnesses: tuple[Witness, ...] = ()
    fallback: tuple[str, ...] = ()


def compare(
    catalog: Catalog, before: Case, after: Case, who: str, *, host: bool = False, known: Diagnosis | None = None
) -> tuple[RowChange, ...]:
    """Every row of a client group or host on both sides, in plan order, rows that only the changed plan has last.

    ``known`` is the diagnosis of ``before``, where somebody has it already.
    """
    first = known or _diagnosed(catalog, before, who, host=host)
    same = all(getattr(before, name) is getattr(after, name) for name in ("site", "plan", "engine", "path"))
    sides = (first, first if same else _diagnosed(catalog, after, who, host=host))
    old, new = ({(row.feature, row.clients, row.peer): row for row in side.rows} for side in sides)
    comparison = _Comparison(before, after, who, host=host)
    asked = [k for k in dict.fromkeys((*old, *new)) if not (_stands_for_all(k, old, new) or _stands_for_all(k, new, old))]
    return tuple(
        comparison.row(key, old.get(key) or _switched_off(key, old), new.get(key) or _switched_off(key, new))
        for key in asked
    )


def _diagnosed(catalog: Catalog, case: Case, who: str, *, host: bool) -> Diagnosis:
    return diagnose(catalog, case.site, case.plan, case.engine, who, host=host, path=case.path)


_Rows = Mapping[tuple[str, str, str], RowResult]


def _switched_off(key: tuple[str, str, str], rows: _Rows) -> RowResult | None:
    """The one row of a feature that the site switches off: it has no peer, whatever peers the feature would have."""
    row = rows.get((key[0], key[1], ""))
    return row if row is not None and row.bounds is None else None


def _stands_for_all(key: tuple[str, str, str], rows: _Rows, others: _Rows) -> bool:
    """Whether the row is a switched off one that the other side has with its peers."""
    mine = rows.get(key)
    if mine is None or mine.bounds is not None or key in others:
        return False
    return any(other[:2] == key[:2] for other in others)


class _Comparison:
    """Both sides with their judges."""

    def __init__(self, before: Case, after: Case, who: str, *, host: bool) -> None:
        self._before, self._after = before, after
        self._judges = tuple(
            Judge(
                {item.id: item for item in case.plan.items},
                find_place(case.site, who, host=host),
                case.engine,
                case.path,
            )
            for case in (before, after)
        )
        self._needs = tuple({(r.feature, r.clients, r.peer): r for r in case.plan.rows} for case in (before, after))
        self._touched = touched(before.engine, after.engine)

    def row(self, key: tuple[str, str, str], before: RowResult | None, after: RowResult | None) -> RowChange:
        """What becomes of one row."""
        outcome = self._outcome(key, before, after)
        witnesses: tuple[Witness, ...] = ()
        fallback: tuple[str, ...] = ()
        if outcome not in (Outcome.SAME, Outcome.OFF) and before is not None and after is not None:
            rows = tuple(needs.get(key) for needs in self._needs)
            if rows[0] is not None and rows[1] is not None:
                witnesses = tuple(self._witnesses(rows[1].need))
                fallback = self._fallback(rows[0], rows[1])
        feature, clients, peer = key
        return RowChange(
            feature=feature,
            clients=clients,
            peer=peer,
            before=before,
            after=after,
            outcome=outcome,
            witnesses=witnesses,
            fallback=fallback,
        )

    def _outcome(self, key: tuple[str, str, str], before: RowResult | None, after: RowResult | None) -> Outcome:
        old, new = (None if row is None else row.bounds for row in (before, after))
        if new is None:
            return Outcome.SAME if old is None else Outcome.OFF
        if old is None:
            if new.low is Status.WORKS:
                return Outcome.BETTER
            return Outcome.WORSE if new.high is not Status.WORKS else Outcome.UNDECIDED
        if new.high < old.low:
            return Outcome.WORSE
        if new.low > old.high:
            return Outcome.BETTER
        certain = old == new and old.low is old.high
        return Outcome.SAME if certain or self._is_untouched(key) else Outcome.UNDECIDED

    def _is_untouched(self, key: tuple[str, str, str]) -> bool:
        """Whether nothing that changed can have a part in the row: not its formula, items, rules or filters."""
        rows = tuple(needs.get(key) for needs in self._needs)
        if rows[0] is None or rows[0] != rows[1] or self._judges[0].place != self._judges[1].place:
            return False
        before, after = self._judges
        return all(
            before.items[name] == after.items[name] and self._leaf_is_untouched(name) for name in leaves(rows[0].need)
        )

    def _leaf_is_untouched(self, name: str) -> bool:
        before, after = (judge.leaf(name).ends for judge in self._judges)
        if len(before) != len(after):
            return False
        for one, other in zip(before, after, strict=True):
            if not one.is_elsewhere and (self._touched is None or _meet(one.flows, self._touched)):
                return False
            lines = changed_lines(_filters(one), _filters(other))
            if lines is None or _meet(FlowSet(tuple(map(as_sent_box, one.flows))), lines):
                return False
            if one.flows != other.flows and not one.flows.same_flows(other.flows):
                return False
        return True

    def _witnesses(self, need: Need) -> Iterator[Witness]:
        before, after = self._judges
        for name in dict.fromkeys(leaves(need)):
            if name in before.items and before.leaf(name).bounds != after.leaf(name).bounds:
                yield from self._witness(name)

    def _witness(self, name: str) -> Iterator[Witness]:
        """A flow of the item that passes on one side only; else one whose answer differs."""
        before, after = self._judges
        for one, other in zip(before.leaf(name).ends, after.leaf(name).ends, strict=False):
            for flows in (
                one.part.allowed & other.part.blocked,
                other.part.allowed & one.part.blocked,
                one.part.allowed - other.part.allowed,
                other.part.allowed - one.part.allowed,
                one.part.unknown & other.part.blocked,
                one.part.blocked - other.part.blocked,
            ):
                if flows.is_empty:
                    continue
                flow = flows.witness(after.preferences(other))
                old, box_before = before.end_to_end(flow, one)
                new, box_after = after.end_to_end(flow, other)
                if old.answer is not new.answer:
                    box = box_after if new.answer is not Answer.ALLOW else box_before
                    yield Witness(item=name, end=other.end, flow=flow, before=old, after=new, box=box)
                    return

    def _fallback(self, before: FeatureRow, after: FeatureRow) -> tuple[str, ...]:
        """The items that carry the feature after the change and did not before."""
        old, new = (
            carriers(row.need, {name: judge.leaf(name).bounds for name in leaves(row.need)})
            for row, judge in zip((before, after), self._judges, strict=True)
        )
        return tuple(name for name in new if name not in old)


def _filters(one: EndResult) -> tuple[PathFilter, ...]:
    return one.passage.filters if one.passage else ()


def carriers(need: Need, of: dict[str, Bounds]) -> tuple[str, ...]:
    """The leaves that together give the formula its status: all that ``and`` needs, the first that reaches as far of a choice."""
    match need:
        case Leaf(name):
            return (name,) if of[name].low is not Status.BROKEN else ()
        case All(parts):
            return tuple(name for part in parts for name in carriers(part, of))
        case Spread(parts):
            return tuple(name for part in parts if _low(part, of) > Status.BROKEN for name in carriers(part, of))
        case AnyOf(parts) | Prefer(parts):
            best = max(parts, key=lambda part: _low(part, of), default=None)
            return () if best is None or _low(best, of) is Status.BROKEN else carriers(best, of)


def _low(need: Need, of: dict[str, Bounds]) -> Status:
    return status(need, lambda name: of[name].low)


_SUBJECTS = (Store.HARDENING, Store.APPISO)
"""Stores whose rules also matter to flows that they do not match."""


def touched(before: Engine, after: Engine) -> FlowSet | None:
    """Flows that some changed rule may match; no other flow fares differently. None where the change may reach every flow.

    Conservative: more flows than need be.
    """
    if _facts(before.state) != _facts(after.state):
        return None
    found: list[Box] = []
    for engine, other in ((before, after), (after, before)):
        kept = {id(rule) for rule in other.state.rules}
        for rule in engine.state.rules:
            if id(rule) in kept or not rule.active:
                continue
            if rule.store in _SUBJECTS:
                return None
            found += engine.boxes_of(rule).upper
    return FlowSet(tuple(found))


def _facts(state: HostState) -> tuple[object, ...]:
    return (
        {(store, profile): each for store, profile, each in state.settings},
        state.connection_rules,
        state.services,
        state.policy_version,
        state.platform,
        state.local_subnets,
        state.addresses,
        state.keywords,
        state.rpc_ports,
        state.gaps,
    )


def changed_lines(before: Iterable[PathFilter], after: Iterable[PathFilter]) -> FlowSet | None:
    """The flows, as sent, of the lines that only one side has; None where the filters themselves differ."""
    old, new = tuple(before), tuple(after)
    if len(old) != len(new):
        return None
    found: list[PathLine] = []
    for mine, theirs in zip(old, new, strict=True):
        kept = [line for line in mine.lines if line in theirs.lines]
        if kept != [line for line in theirs.lines if line in mine.lines]:
            return None
        found += [line for line in (*mine.lines, *theirs.lines) if line not in kept]
    return FlowSet(tuple(box for line in found for box in line.flows))


def _meet(flows: FlowSet, others: FlowSet) -> bool:
    return any(mine.intersect(theirs) for mine in flows for theirs in others)
