"""``prove``: the plan's flows pass (sufficiency), its nearest neighbours do not, and no rule can be missed (necessity).

Every answer is a packet's fate. The engines predict each of them beforehand; where they differ, the proof has failed, and so
it has where a prediction holds but is not what a plan should do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from cmfw.lab.firewall_rules import FirewallText, firewall_text
from cmfw.lab.layout import ASSUMED, Layout
from cmfw.lab.outcome import Observer, Outcome, Predictor, Removed
from cmfw.lab.path_rules import PathText, path_text
from cmfw.lab.row_status import row_bounds
from cmfw.lab.shots import ROUTER, Evidence, Shot
from cmfw.lab.trial_packets import TrialPacket, required_packets, wrong_packets
from cmfw.model.plan import FeatureRow, Plan
from cmfw.model.rule import Action
from cmfw.model.verdict import Answer, Bounds, RuleRef
from cmfw.values import value

FLUSH = "flush ruleset"


class Lab(Protocol):
    """Where packets are sent: ``lab.wire.Wire``, in a process of its own."""

    def load(self, changes: Sequence[tuple[int, str]]) -> None:
        """Run nftables commands on hosts."""
        ...

    def send(self, shots: Sequence[Shot]) -> list[Evidence]:
        """What became of each packet."""
        ...


@value
class Trial:
    """One packet: what the specification says of it, what became of it, and the evidence; None where it was not sent.

    A packet is not sent where what the machine does with it is not known: then ``seen`` is the same unknown verdict.
    """

    packet: TrialPacket
    predicted: Outcome
    seen: Outcome
    evidence: Evidence | None

    @property
    def agrees(self) -> bool:
        """Whether the wire did what the specification says, at the same place."""
        mine, theirs = self.seen, self.predicted
        return mine.verdict.answer is theirs.verdict.answer and mine.place in (theirs.place, *theirs.or_at)


@value
class RowChange:
    """What one rule means to one row: its status with all rules, without this one as the formula predicts, and as seen."""

    row: FeatureRow
    before: Bounds
    predicted: Bounds
    seen: Bounds


@value(kw_only=True)
class Removal:
    """The trial without one rule: rows that changed, how many packets were sent, and those that differed from prediction.

    ``fallen`` are the packets that pass with the rule and not without it; ``instead`` the rules that let pass, without it,
    what it let pass before.
    """

    removed: Removed
    changes: tuple[RowChange, ...]
    fallen: tuple[Trial, ...]
    wrong: tuple[Trial, ...]
    instead: tuple[RuleRef, ...]
    sent: int

    @property
    def is_necessary(self) -> bool:
        """Whether something that the plan asks for fails without the rule."""
        return bool(self.fallen)

    @property
    def agrees(self) -> bool:
        """Whether packets and statuses were as predicted."""
        return not self.wrong and all(change.predicted == change.seen for change in self.changes)


@value(kw_only=True)
class Proof:
    """Everything that was tried on one lab."""

    layout: Layout
    plan: Plan
    rows: tuple[FeatureRow, ...]
    required: tuple[Trial, ...]
    nearest: tuple[Trial, ...]
    bounds: tuple[Bounds, ...]
    removals: tuple[Removal, ...]
    not_played: tuple[tuple[str, str], ...]

    @property
    def sent(self) -> int:
        """How many packets were on the wire."""
        first = sum(trial.evidence is not None for trial in (*self.required, *self.nearest))
        return first + sum(removal.sent for removal in self.removals)

    @property
    def wrong(self) -> tuple[Trial, ...]:
        """Every packet that did something else than predicted."""
        first = tuple(trial for trial in (*self.required, *self.nearest) if not trial.agrees)
        return first + tuple(trial for removal in self.removals for trial in removal.wrong)


Told = Callable[[int, int, Removal | None], None]
"""Is called with how many rules were taken out, how many there are, and the last of those trials."""


class Bench:
    """A layout whose rule sets are loaded: sends packets and reads what became of them."""

    def __init__(self, layout: Layout, lab: Lab, below: frozenset[int] = frozenset()) -> None:
        """``below`` are the hosts that get packets of which their firewall has no say."""
        self.layout = layout
        self.lab = lab
        self.texts: tuple[FirewallText, ...] = tuple(
            firewall_text(host.state, host.profile, layout.marks, logs_wire=number in below)
            for number, host in enumerate(layout.hosts)
        )
        self.path: PathText = path_text(layout.path, [host.zone for host in layout.hosts])
        self.observer = Observer(self.texts, self.path)
        self.predictor = Predictor(layout)

    def load(self) -> None:
        """Load every rule set."""
        changes = [(number, f"{FLUSH}\n{text.text}") for number, text in enumerate(self.texts)]
        self.lab.load([*changes, (ROUTER, f"{FLUSH}\n{self.path.text}")])

    def trials(self, packets: Iterable[TrialPacket], removed: Removed | None = None) -> tuple[Trial, ...]:
        """Send every packet whose fate the machines' files settle, and compare with the prediction."""
        asked = [(packet, self.predictor.outcome(packet, removed)) for packet in packets]
        sent = [packet for packet, outcome in asked if outcome.verdict.answer is not Answer.UNKNOWN]
        evidence = dict(zip(sent, self.lab.send([packet.shot(self.layout) for packet in sent]), strict=True))
        return tuple(self._trial(packet, outcome, evidence.get(packet), removed) for packet, outcome in asked)

    def _trial(self, packet: TrialPacket, predicted: Outcome, evidence: Evidence | None, removed: Removed | None) -> Trial:
        if evidence is None:
            return Trial(packet, predicted, predicted, None)
        if self.predictor.depends_on_port(packet):
            predicted = self.predictor.outcome(packet, removed, evidence.source_port)
            if predicted.verdict.answer is Answer.UNKNOWN:
                return Trial(packet, predicted, predicted, None)
        return Trial(packet, predicted, self.observer.outcome(evidence), evidence)

    def take_out(self, removed: Removed) -> None:
        """Take one rule out on every host of its place."""
        self.lab.load([(n, self.texts[n].removed(removed.number)) for n in self.layout.at(removed.key)])

    def put_back(self, removed: Removed) -> None:
        """Put it back."""
        self.lab.load([(n, self.texts[n].restored(removed.number)) for n in self.layout.at(removed.key)])


def prove(plan: Plan, layout: Layout, lab: Lab, told: Told = lambda _done, _all, _last: None) -> Proof:
    """Try everything: the plan's packets, their nearest neighbours, and the plan's packets without each single rule."""
    packets, not_played = required_packets(plan, layout)
    bench = Bench(layout, lab, frozenset(packet.target for packet in packets if "to" not in packet.decides))
    bench.load()
    required = bench.trials(packets)
    nearest = bench.trials(wrong_packets(plan, layout))
    rows = tuple(row for row in plan.rows if not row.disabled)
    before = row_bounds(plan, rows, seen_answers(required))
    removable = _removable(bench, required)
    removals: list[Removal] = []
    for number, removed in enumerate(removable):
        told(number, len(removable), removals[-1] if removals else None)
        bench.take_out(removed)
        trials = bench.trials(packets, removed)
        bench.put_back(removed)
        removals.append(_removal(plan, rows, before, required, removed, trials))
    told(len(removable), len(removable), removals[-1] if removals else None)
    return Proof(
        layout=layout,
        plan=plan,
        rows=rows,
        required=required,
        nearest=nearest,
        bounds=tuple(before[row] for row in rows),
        removals=tuple(removals),
        not_played=not_played,
    )


def seen_answers(trials: Iterable[Trial]) -> dict[TrialPacket, Answer]:
    """What became of each packet."""
    return {trial.packet: trial.seen.verdict.answer for trial in trials}


def _removable(bench: Bench, required: Iterable[Trial]) -> list[Removed]:
    """Every rule of the plan, and every rule of a machine as it was read that lets one of the plan's packets through."""
    used = {ref for trial in required for ref in trial.predicted.verdict.by}
    found: list[Removed] = []
    seen: set[tuple[object, int]] = set()
    for host, text in zip(bench.layout.hosts, bench.texts, strict=True):
        for number, _ in text.chains:
            removed = Removed(host.key, number, host.state.rules[number])
            is_asked = removed.rule.origin != ASSUMED if host.is_planned else removed.ref in used
            if is_asked and removed.rule.action is Action.ALLOW and (host.key, number) not in seen:
                seen.add((host.key, number))
                found.append(removed)
    return found


def _removal(
    plan: Plan,
    rows: Sequence[FeatureRow],
    before: Mapping[FeatureRow, Bounds],
    required: Sequence[Trial],
    removed: Removed,
    trials: Sequence[Trial],
) -> Removal:
    predicted = row_bounds(plan, rows, {trial.packet: trial.predicted.verdict.answer for trial in trials})
    seen = row_bounds(plan, rows, seen_answers(trials))
    changes = [
        RowChange(row, before[row], predicted[row], seen[row])
        for row in rows
        if before[row] != seen[row] or before[row] != predicted[row]
    ]
    passed = {trial.packet for trial in required if trial.seen.verdict.answer is Answer.ALLOW}
    concerned = {trial.packet for trial in required if removed.ref in trial.predicted.verdict.by}
    instead = {ref for trial in trials if trial.packet in concerned for ref in trial.seen.verdict.by}
    return Removal(
        removed=removed,
        changes=tuple(changes),
        fallen=tuple(t for t in trials if t.packet in passed and t.seen.verdict.answer is Answer.BLOCK),
        wrong=tuple(trial for trial in trials if not trial.agrees),
        instead=tuple(sorted(instead)),
        sent=sum(trial.evidence is not None for trial in trials),
    )
