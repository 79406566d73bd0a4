"""What packets showed, as an oracle and as feature statuses. Pure.

A port that the endpoint mapper named stands for the dynamic ports of its item: Windows picks one of them, and the probe tried
that one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cmfw.model.need import bounds, leaves
from cmfw.model.plan import FeatureRow, Plan, PlanItem
from cmfw.model.verdict import Answer, Bounds, Status, Verdict, Why
from cmfw.model.wire import ProbeResult
from cmfw.net.flow import Flow
from cmfw.values import value

_ORDER = (Answer.BLOCK, Answer.UNKNOWN, Answer.ALLOW)


@value
class WireOracle:
    """Verdicts from probes: a flow is judged by the probes that sent its very first packet, whichever end asks."""

    results: tuple[ProbeResult, ...]

    @property
    def name(self) -> str:
        """What reports call it."""
        return "probe"

    def judge(self, flow: Flow) -> Verdict:
        """What became of such a packet; the worst where several were sent. Unknown for a flow that it does not see."""
        return verdict_of(self._seen(flow))

    def sees(self, flow: Flow) -> bool:
        """Whether such a packet was sent."""
        return bool(self._seen(flow))

    def _seen(self, flow: Flow) -> list[ProbeResult]:
        source, _, target, port = flow.endpoints()
        return [
            one
            for one in self.results
            if (one.protocol, one.address, one.source) == (flow.protocol, target, source)
            # an ICMP probe is an echo request: type 8, and 128 for IPv6
            and (one.port == port if flow.icmp_type is None else flow.icmp_type in (8, 128))
        ]


def verdict_of(results: Sequence[ProbeResult]) -> Verdict:
    """The worst of what the probes showed; unknown with the words of those that showed nothing."""
    if not results:
        return Verdict(Answer.UNKNOWN, Why.EVIDENCE, missing=("probe",))
    answer = min((one.answer for one in results), key=_ORDER.index)
    if answer is Answer.UNKNOWN:
        words = dict.fromkeys(f"wire:{one.word.value}" for one in results if one.answer is answer)
        return Verdict(answer, Why.EVIDENCE, missing=tuple(words))
    return Verdict(answer, Why.WIRE)


def item_bounds(item: PlanItem, results: Iterable[ProbeResult]) -> Bounds:
    """The status of one item by its probes: works where every target lets it in, degraded where some do, else broken.

    Of the request ports of one target one suffices where the item says so. Without a probe nothing is known.
    """
    by_target: dict[int, list[Bounds]] = {}
    for one in results:
        by_target.setdefault(one.address, []).append(_BOUNDS[one.answer])
    pick = max if item.any_port else min
    targets = [Bounds(pick(b.low for b in its), pick(b.high for b in its)) for its in by_target.values()]
    if not targets:
        return _BOUNDS[Answer.UNKNOWN]
    return Bounds(_spread([b.low for b in targets]), _spread([b.high for b in targets]))


_BOUNDS = {
    Answer.ALLOW: Bounds(Status.WORKS, Status.WORKS),
    Answer.BLOCK: Bounds(Status.BROKEN, Status.BROKEN),
    Answer.UNKNOWN: Bounds(Status.BROKEN, Status.WORKS),
}


def _spread(statuses: Sequence[Status]) -> Status:
    if min(statuses) is max(statuses):
        return statuses[0]
    return Status.DEGRADED


@value
class WireRow:
    """One feature for one client group against one peer, by what packets showed; None where the site switches it off.

    ``unseen`` are the items of its formula that nothing was sent for.
    """

    feature: str
    clients: str
    peer: str
    bounds: Bounds | None
    unseen: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """``broken`` | ``degraded`` | ``works`` | ``unknown`` | ``disabled``."""
        return "disabled" if self.bounds is None else self.bounds.word


def results_by_item(results: Iterable[ProbeResult]) -> dict[str, list[ProbeResult]]:
    """The results of each item."""
    found: dict[str, list[ProbeResult]] = {}
    for one in results:
        for name in one.items:
            found.setdefault(name, []).append(one)
    return found


def wire_rows(plan: Plan, results: Sequence[ProbeResult], *, elsewhere: bool = False) -> tuple[WireRow, ...]:
    """The rows of the plan of which at least one needed item was probed, in plan order.

    Items that were not probed leave the status open; with ``elsewhere`` those that start at another place are left to that
    place and count as passing.
    """
    by_item = results_by_item(results)
    items = {item.id: item for item in plan.items}
    starts = {items[name].source.name for name in by_item if name in items}
    found = []
    for row in plan.rows:
        names = dict.fromkeys(leaves(row.need))
        if not any(name in by_item for name in names):
            continue
        found.append(_row(row, {name: items[name] for name in names}, by_item, starts if elsewhere else None))
    return tuple(found)


def _row(
    row: FeatureRow, items: dict[str, PlanItem], by_item: dict[str, list[ProbeResult]], starts: set[str] | None
) -> WireRow:
    if row.disabled:
        return WireRow(row.feature, row.clients, row.peer, None)
    known = {name: item_bounds(item, by_item.get(name, ())) for name, item in items.items()}
    left = [name for name, item in items.items() if name not in by_item]
    if starts is not None:
        for name in left:
            if items[name].source.name not in starts:
                known[name] = _BOUNDS[Answer.ALLOW]
    return WireRow(row.feature, row.clients, row.peer, bounds(row.need, known), tuple(left))
