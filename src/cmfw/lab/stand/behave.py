"""``behave``: every feature is played with real servers and clients: with the plan's rules, with each port closed, and open again.

Three words on each feature have to agree: what the stand-ins came to themselves, the feature's formula over the exchanges that
were seen, and what the specification predicts of the same rules.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from cmfw.lab.layout import Layout
from cmfw.lab.outcome import Outcome
from cmfw.lab.prove import Bench, Lab
from cmfw.lab.row_status import row_bounds
from cmfw.lab.shots import Evidence, Fate
from cmfw.lab.stand.closings import Closing, closings
from cmfw.lab.stand.exchange import Exchange, Played
from cmfw.lab.stand.parts import FILE_FLOWS, PLAYED, Parts, legs_of, parts_of
from cmfw.lab.stand.programs import FILES, WEB, missing
from cmfw.lab.stand.shares import dynamic_ports
from cmfw.lab.stand.steps import NOTIFICATION, STEPS, WAKE_UP_PROXY
from cmfw.lab.trial_packets import TrialPacket, required_packets
from cmfw.model.need import bounds, leaves
from cmfw.model.plan import FeatureRow, Plan, PlanItem
from cmfw.model.verdict import Bounds, Status
from cmfw.values import value

_OPEN = Bounds(Status.BROKEN, Status.WORKS)
_SEEN = {True: Bounds(Status.WORKS, Status.WORKS), False: Bounds(Status.BROKEN, Status.BROKEN)}


class Theatre(Lab, Protocol):
    """Where rounds are played: ``stand.Stand``, in a process of its own."""

    def play(self) -> tuple[tuple[Played, ...], tuple[Exchange, ...]]:
        """Every row once, with the rules as they are loaded."""
        ...


@value(kw_only=True)
class Script:
    """What is played on a layout: rows by number, with the stand-ins that they need, and the rows that cannot be.

    ``not_played`` is (row, reason, programs that are missing); reasons are ``no_stand_in``, ``address``,
    ``rpc_range`` and ``programs``.
    """

    plan: Plan
    layout: Layout
    packets: tuple[TrialPacket, ...]
    parts: Parts
    rows: tuple[FeatureRow, ...]
    not_played: tuple[tuple[FeatureRow, str, tuple[str, ...]], ...]
    closings: tuple[Closing, ...]


@value
class RowSeen:
    """One row in one round: what the stand-ins came to and by which items, what their exchanges mean, and what was predicted."""

    row: FeatureRow
    seen: Status
    through: tuple[str, ...]
    meant: Bounds
    predicted: Bounds

    @property
    def agrees(self) -> bool:
        """Whether the three are the same, as far as the specification knows what happens."""
        return self.meant == Bounds(self.seen, self.seen) and self.predicted.low <= self.seen <= self.predicted.high

    @property
    def is_unsure(self) -> bool:
        """Whether what the machines do with the row's flows is not known beforehand."""
        return self.predicted.low is not self.predicted.high


@value
class ExchangeSeen:
    """One exchange, and which rules of which firewalls let it through or stopped it."""

    exchange: Exchange
    outcome: Outcome


@value(kw_only=True)
class Round:
    """Everything once: with one closing, or None with the plan's rules as they are."""

    closing: Closing | None
    rows: tuple[RowSeen, ...]
    exchanges: tuple[ExchangeSeen, ...]

    @property
    def wrong(self) -> tuple[RowSeen, ...]:
        """The rows whose three words do not agree."""
        return tuple(row for row in self.rows if not row.agrees)


@value(kw_only=True)
class Behaviour:
    """All rounds in the order in which they were played: with the plan's rules, then each closing and the rules again."""

    script: Script
    rounds: tuple[Round, ...]

    @property
    def wrong(self) -> tuple[RowSeen, ...]:
        """The rows that did something else than predicted, in any round."""
        return tuple(row for each in self.rounds for row in each.wrong)

    @property
    def unsure(self) -> tuple[RowSeen, ...]:
        """The rows of which nothing certain could be predicted, in any round."""
        return tuple(row for each in self.rounds for row in each.rows if row.is_unsure)

    @property
    def changes(self) -> tuple[tuple[Round, tuple[RowSeen, ...]], ...]:
        """Each round with a closing, and the rows whose status is another than with the plan's rules."""
        usual = {row.row: row.seen for row in self.rounds[0].rows}
        closed = (each for each in self.rounds if each.closing is not None)
        return tuple((each, tuple(row for row in each.rows if row.seen is not usual[row.row])) for each in closed)

    @property
    def returns(self) -> bool:
        """Whether everything was as at first whenever the ports were open again."""
        first = [row.seen for row in self.rounds[0].rows]
        return all([row.seen for row in each.rows] == first for each in self.rounds if each.closing is None)

    @property
    def lame(self) -> tuple[RowSeen, ...]:
        """The rows that do not work with the plan's rules."""
        return tuple(row for row in self.rounds[0].rows if row.seen is not Status.WORKS)


Told = Callable[[int, int], None]
"""Is called with how many rounds were played and how many there are."""


def make_script(plan: Plan, layout: Layout, groups: Collection[str] = ()) -> Script:
    """What of the plan is played here; only rows of these client groups, where there are any."""
    packets, _ = required_packets(plan, layout)
    legs = legs_of(plan, packets)
    items = {item.id: item for item in plan.items}
    known = {name for leg in legs for name in leg.items}
    rows: list[FeatureRow] = []
    refused: list[tuple[FeatureRow, str, tuple[str, ...]]] = []
    for row in plan.rows:
        if row.disabled or (groups and row.clients not in groups):
            continue
        reason, lacking = _obstacle(row, items, known)
        if reason:
            refused.append((row, reason, lacking))
        else:
            rows.append(row)
    wanted = {name for row in rows for name in (*leaves(row.need), *row.advisory)}
    chosen = tuple(packet for packet in packets if packet.item in wanted and items[packet.item].flow in PLAYED)
    parts = parts_of(plan, chosen)
    return Script(
        plan=plan,
        layout=layout,
        packets=packets,
        parts=parts,
        rows=tuple(rows),
        not_played=tuple(refused),
        closings=closings(plan, layout, parts.legs, rows),
    )


def _obstacle(row: FeatureRow, items: Mapping[str, PlanItem], known: set[str]) -> tuple[str, tuple[str, ...]]:
    """Why a row cannot be played, as a stable word, and the programs that it lacks; empty where it can."""
    names = tuple(leaves(row.need))
    if row.feature not in (*STEPS, NOTIFICATION, WAKE_UP_PROXY) or any(items[name].flow not in PLAYED for name in names):
        return "no_stand_in", ()
    if not known.issuperset(names):
        return "address", ()
    ranges = [items[name].ports.ranges[0] for name in names if items[name].flow == "push_wmi"]
    if any(not dynamic_ports(*each) for each in ranges):
        return "rpc_range", ()
    lacking = missing(WEB if row.feature != WAKE_UP_PROXY else ())
    if any(items[name].flow in FILE_FLOWS for name in names):
        lacking += missing(FILES)
    return ("programs", lacking) if lacking else ("", ())


def behave(script: Script, lab: Theatre, told: Told = lambda _done, _all: None) -> Behaviour:
    """Play every round."""
    order = [None, *(each for closing in script.closings for each in (closing, None))]
    rounds: list[Round] = []
    for number, closing in enumerate(order):
        told(number, len(order))
        rounds.append(_round(script, closing, lab))
    told(len(order), len(order))
    return Behaviour(script=script, rounds=tuple(rounds))


def _round(script: Script, closing: Closing | None, lab: Theatre) -> Round:
    layout = script.layout if closing is None else closing.layout(script.layout)
    bench = Bench(layout, lab, frozenset(packet.target for packet in script.packets if "to" not in packet.decides))
    bench.load()
    predicted = row_bounds(
        script.plan,
        script.rows,
        {packet: bench.predictor.outcome(packet).verdict.answer for packet in script.packets},
    )
    played, exchanges = lab.play()
    answers = _answers(exchanges)
    rows = tuple(
        RowSeen(row, of.status, of.through, _meant(row, answers), predicted[row])
        for row, of in zip(script.rows, played, strict=True)
    )
    return Round(closing=closing, rows=rows, exchanges=tuple(ExchangeSeen(one, _outcome(one, bench)) for one in exchanges))


def _answers(exchanges: Iterable[Exchange]) -> dict[str, Bounds]:
    """What each item's exchanges mean; one that failed once does not work."""
    found: dict[str, bool] = {}
    for one in exchanges:
        found[one.item] = found.get(one.item, True) and one.is_done
    return {item: _SEEN[is_done] for item, is_done in found.items()}


def _meant(row: FeatureRow, answers: Mapping[str, Bounds]) -> Bounds:
    """The formula over the exchanges; what nobody tried is open."""
    return bounds(row.need, {name: answers.get(name, _OPEN) for name in leaves(row.need)})


def _outcome(exchange: Exchange, bench: Bench) -> Outcome:
    """Which rules decided, by the firewalls' entries."""
    fate = Fate.RECEIVED if exchange.is_done else Fate.STOPPED
    logs = exchange.logs
    if exchange.is_done:
        # what another program of the same talk met on its way is not its own fate
        logs = tuple(entry for entry in logs if not replace(exchange, logs=(entry,)).is_stopped)
    return bench.observer.outcome(Evidence(fate, exchange.source_port, logs, exchange.packet))
