"""What a change does to the features of a site, seen on the wire: the plan's packets are sent before and after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from cmfw.engine.path import PathEngine
from cmfw.lab.layout import Layout
from cmfw.lab.prove import Bench, Lab, Trial, seen_answers
from cmfw.lab.row_status import row_bounds
from cmfw.lab.trial_packets import TrialPacket, required_packets
from cmfw.model.path import PathState
from cmfw.model.plan import FeatureRow, Plan
from cmfw.model.state import HostState
from cmfw.model.verdict import Bounds
from cmfw.values import value

ToState = Callable[[HostState], HostState]
ToPath = Callable[[PathState], PathState]


@value
class RowSeen:
    """One row before and after a change, by packets, and what the specification and the formula say of it after."""

    row: FeatureRow
    before: Bounds
    after: Bounds
    predicted: Bounds


@value(kw_only=True)
class Change:
    """One change on the wire: every row, and each packet before and after."""

    layout: Layout
    rows: tuple[RowSeen, ...]
    before: tuple[Trial, ...]
    after: tuple[Trial, ...]

    @property
    def turned(self) -> tuple[tuple[Trial, Trial], ...]:
        """The packets whose fate is another after the change."""
        pairs = zip(self.before, self.after, strict=True)
        return tuple((old, new) for old, new in pairs if old.seen.verdict.answer is not new.seen.verdict.answer)

    @property
    def wrong(self) -> tuple[Trial, ...]:
        """The packets that did something else than predicted."""
        return tuple(trial for trial in (*self.before, *self.after) if not trial.agrees)

    @property
    def sent(self) -> int:
        """How many packets were on the wire."""
        return sum(trial.evidence is not None for trial in (*self.before, *self.after))


def changed_layout(
    layout: Layout, places: Iterable[str], to_states: Iterable[ToState], to_paths: Iterable[ToPath]
) -> Layout:
    """The layout with the changes: of machines on the hosts of these places, of filters on the router."""
    chosen, functions = frozenset(places), tuple(to_states)
    hosts = []
    for host in layout.hosts:
        state = host.state
        for function in functions if host.place in chosen and not host.is_outside else ():
            state = function(state)
        hosts.append(replace(host, state=state))
    path = layout.path
    for turn in to_paths:
        path = PathEngine(turn(PathState() if path is None else path.state))
    return replace(layout, hosts=tuple(hosts), path=path)


def see_change(plan: Plan, layout: Layout, after: Layout, lab: Lab) -> Change:
    """What the plan's packets do in both layouts; their hosts have the same addresses."""
    packets, _ = required_packets(plan, layout)
    below = frozenset(packet.target for packet in packets if "to" not in packet.decides)
    old = _trials(layout, lab, below, packets)
    new = _trials(after, lab, below, packets)
    rows = tuple(row for row in plan.rows if not row.disabled)
    bounds = [
        row_bounds(plan, rows, answers)
        for answers in (
            seen_answers(old),
            seen_answers(new),
            {trial.packet: trial.predicted.verdict.answer for trial in new},
        )
    ]
    seen = tuple(RowSeen(row, *(of[row] for of in bounds)) for row in rows)
    return Change(layout=after, rows=seen, before=old, after=new)


def _trials(layout: Layout, lab: Lab, below: frozenset[int], packets: tuple[TrialPacket, ...]) -> tuple[Trial, ...]:
    bench = Bench(layout, lab, below)
    bench.load()
    return bench.trials(packets)
