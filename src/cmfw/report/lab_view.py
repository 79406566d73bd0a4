"""A proof of the lab as text, as ``cmfw/lab/1``, and as the packets of a capture file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cmfw.catalog.types import Catalog
from cmfw.lab.layout import ASSUMED, LabHost, Layout
from cmfw.lab.outcome import Outcome
from cmfw.lab.prove import Proof, Removal, Trial
from cmfw.lab.shots import ROUTER
from cmfw.lab.trial_packets import NOMINAL_PORT
from cmfw.model.plan import FeatureRow, Plan
from cmfw.model.site import Product, Site
from cmfw.model.verdict import Answer, Bounds, RuleRef, Status, Verdict
from cmfw.net.addr import format_address
from cmfw.net.flow import PROFILE_NAMES, PROTOCOL_NAMES
from cmfw.report.blocks import Block, Gap, Heading, Line, Table, Verbatim
from cmfw.report.finding_words import feature_title
from cmfw.values import value
from cmfw.words import say

SCHEMA = "cmfw/lab/1"
_STYLES = {"broken": "bad", "degraded": "warn", "works": "good", "unknown": "warn"}
_MOST_SHOWN = 8


@value
class Report:
    """A proof with what it is about. ``replaced`` are the client groups that have another product than Windows Firewall."""

    site: Site
    catalog: Catalog
    proof: Proof
    replaced: tuple[str, ...] = ()

    @property
    def unknown(self) -> tuple[Trial, ...]:
        """The packets that were not sent, because what the machine does with them is not known."""
        tried = (*self.proof.required, *self.proof.nearest)
        return tuple(trial for trial in tried if trial.seen.verdict.answer is Answer.UNKNOWN)

    @property
    def let_in(self) -> tuple[Trial, ...]:
        """The nearest wrong packets that get in."""
        return tuple(trial for trial in self.proof.nearest if trial.seen.verdict.answer is Answer.ALLOW)

    @property
    def needless(self) -> tuple[Removal, ...]:
        """The rules without which nothing fails."""
        return tuple(removal for removal in self.proof.removals if not removal.is_necessary)

    def worst(self) -> dict[str, Bounds]:
        """Each feature by its worst row."""
        found: dict[str, Bounds] = {}
        for row, bounds in zip(self.proof.rows, self.proof.bounds, strict=True):
            known = found.get(row.feature)
            if known is None or (bounds.low, bounds.high) < (known.low, known.high):
                found[row.feature] = bounds
        return found


def replaced_groups(site: Site) -> tuple[str, ...]:
    """The client groups of a site file in whose place the lab plays Windows Firewall."""
    return tuple(group.name for group in site.clients if group.product is Product.OTHER)


def failures(report: Report) -> list[str]:
    """Why the proof fails, one sentence part for each reason; empty where it holds or is only incomplete."""
    found: list[str] = []
    lame = [name for name, bounds in report.worst().items() if bounds.high < Status.WORKS]
    if lame:
        names = say("list").join(feature_title(name, report.catalog) for name in lame)
        found.append(say("lab.reason.features", count=len(lame), names=names))
    wrong = len(report.proof.wrong) + sum(not one.agrees and not one.wrong for one in report.proof.removals)
    if wrong:
        found.append(say("lab.reason.wrong", count=wrong))
    return found


def doubts(report: Report) -> list[str]:
    """Why the proof is incomplete, one sentence part for each reason."""
    found: list[str] = []
    if report.unknown:
        found.append(say("lab.reason.unknown", count=len(report.unknown)))
    if report.proof.not_played:
        names = say("list").join(f"`{item}`" for item, _ in report.proof.not_played)
        found.append(say("lab.reason.not_played", count=len(report.proof.not_played), names=names))
    apart = apart_features(report.proof.plan)
    if apart:
        names = say("list").join(feature_title(name, report.catalog) for name in apart)
        found.append(say("lab.reason.apart", count=len(apart), names=names))
    elif not report.proof.required:
        found.append(say("lab.reason.nothing"))
    return found


def apart_features(plan: Plan) -> list[str]:
    """The features that need flows between ends without a common address family; the plan has no rule for them, and no packet is one."""
    return list(dict.fromkeys(one.subject.partition(".")[0] for one in plan.omissions if one.code == "no_common_family"))


def blocks(report: Report) -> list[Block]:
    """The proof as text: one sentence, what it rests on, then features, rules and neighbours."""
    proof = report.proof
    reasons = [*failures(report), *doubts(report)]
    needed = len(proof.removals) - len(report.needless)
    head = say("lab.proven", features=len(report.worst()), rules=needed)
    if report.needless:
        head += " " + say("lab.needless", count=len(report.needless))
    if reasons:
        head = say("lab.not_proven", reasons=say("audit.comma").join(reasons))
    found: list[Block] = [Heading(head, 1), Gap()]
    found.append(Line(say("lab.evidence", packets=proof.sent, hosts=len(proof.layout.hosts))))
    if report.replaced:
        found.append(Line(say("lab.replaced", names=say("list").join(report.replaced)), style="warn"))
    stopped = sum(trial.seen.verdict.answer is Answer.BLOCK for trial in proof.nearest)
    found.append(Line(say("lab.nearest", tried=len(proof.nearest), stopped=stopped)))
    found += [Gap(), Heading(say("lab.sufficiency")), _features(report), *_stopped(report)]
    if proof.removals:
        found += [Gap(), Heading(say("lab.necessity")), _rules(report)]
    if report.let_in:
        found += [Gap(), Heading(say("lab.nearest_open"))]
        found += [block for trial in report.let_in for block in _packet(report, trial)]
    return [*found, Gap(), Heading(say("lab.hosts")), _hosts(report)]


def _features(report: Report) -> Table:
    columns = tuple(say(f"lab.column.{name}") for name in ("feature", "clients", "peer", "status"))
    rows = tuple(
        (feature_title(row.feature, report.catalog), row.clients, row.peer or "-", say(f"status.{bounds.word}"))
        for row, bounds in zip(report.proof.rows, report.proof.bounds, strict=True)
    )
    return Table(columns, rows, _styles())


def _styles() -> tuple[tuple[str, str], ...]:
    return tuple((say(f"status.{name}"), style) for name, style in _STYLES.items())


def _stopped(report: Report) -> Iterator[Block]:
    """Needed packets that did not arrive, each with what stopped it."""
    stopped = [trial for trial in report.proof.required if trial.seen.verdict.answer is Answer.BLOCK]
    for trial in stopped[:_MOST_SHOWN]:
        yield Line(say("lab.blocked", place=place_name(report.proof.layout, trial.seen)), style="strong")
        yield from _packet(report, trial)
    if len(stopped) > _MOST_SHOWN:
        yield Line(say("more", count=len(stopped) - _MOST_SHOWN))


def _packet(report: Report, trial: Trial) -> Iterator[Block]:
    yield Verbatim(flow_text(report.proof.layout, trial), 2)
    yield Line(rules_text(trial.seen.verdict.by), indent=4, mark=say("by"))


def _rules(report: Report) -> Table:
    columns = tuple(say(f"lab.column.{name}") for name in ("rule", "on", "then"))
    rows = tuple(
        (removal.removed.rule.id, removal.removed.key[1], tuple(_effects(report, removal)))
        for removal in report.proof.removals
    )
    return Table(columns, rows, _styles())


def _effects(report: Report, removal: Removal) -> list[str]:
    """What fails without the rule: features with their status, or flows that no feature counts on."""
    told = dict.fromkeys(
        say(
            "lab.then",
            feature=feature_title(change.row.feature, report.catalog),
            status=say(f"status.{change.seen.word}"),
        )
        for change in removal.changes
    )
    if told:
        return list(told)
    if removal.fallen:
        return [say("lab.only_flows", flows=say("list").join(dict.fromkeys(t.packet.item for t in removal.fallen)))]
    if not any(removal.removed.ref in trial.predicted.verdict.by for trial in report.proof.required):
        return [say("lab.nothing_uses")]
    return [say("lab.nothing_fails", rules=rules_text(_instead(report, removal)))]


def _instead(report: Report, removal: Removal) -> tuple[RuleRef, ...]:
    """The rules of the same place and direction that let the packets pass without the one that was taken out."""
    layout, removed = report.proof.layout, removal.removed
    rules = [rule for number in layout.at(removed.key) for rule in layout.hosts[number].state.rules]
    own = {RuleRef(one.id, one.store.value, one.origin) for one in rules if one.direction is removed.rule.direction}
    return tuple(ref for ref in removal.instead if ref in own)


def _hosts(report: Report) -> Table:
    columns = tuple(say(f"lab.column.{name}") for name in ("host", "stands_for", "addresses", "rules"))
    return Table(columns, tuple(_host_cells(report, number) for number in range(len(report.proof.layout.hosts))))


def _host_cells(report: Report, number: int) -> tuple[str, str, str, str]:
    host = report.proof.layout.hosts[number]
    addresses = say("list").join(map(format_address, host.addresses))
    if host.is_assigned:
        addresses = say("lab.assigned", addresses=addresses)
    profile = say(f"profile.{PROFILE_NAMES[host.profile]}")
    if number == report.proof.layout.stranger:
        return host.name, say("lab.stand.stranger"), addresses, "-"
    if host.is_outside:
        return host.name, say("lab.stand.outside"), addresses, "-"
    stands = say("lab.stand.clients" if host.is_client else "lab.stand.system", group=host.place, profile=profile)
    return host.name, stands, addresses, _rule_count(host)


def _rule_count(host: LabHost) -> str:
    if not host.is_planned:
        return say("lab.from_state", count=len(host.state.rules))
    assumed = sum(rule.origin == ASSUMED for rule in host.state.rules)
    count = len(host.state.rules) - assumed
    return say("lab.from_plan_assumed" if assumed else "lab.from_plan", count=count, assumed=assumed)


def place_name(layout: Layout, outcome: Outcome) -> str:
    """Where a packet was stopped, by name; where it arrived, the empty string."""
    if outcome.place is None:
        return ""
    if outcome.place == ROUTER:
        return " ".join([say("lab.router"), *(ref.origin for ref in outcome.verdict.by)])
    return layout.hosts[outcome.place].name


def flow_text(layout: Layout, trial: Trial) -> str:
    """The packet as flow text, as the firewall that decides sees it, with the port that it really left from."""
    packet = trial.packet
    end = "from" if trial.seen.place in (packet.source, ROUTER) else "to"
    port = NOMINAL_PORT if trial.evidence is None else trial.evidence.source_port
    return packet.flow(layout, end, port).text()


def rules_text(refs: Iterable[RuleRef]) -> str:
    """The ids of the rules, or the words for a default."""
    told = dict.fromkeys(f"`{ref.id or ref.origin}`" for ref in refs)
    return say("list").join(told) or say("lab.default")


def capture_packets(report: Report) -> list[tuple[bytes, str]]:
    """(bytes, comment) of every packet of the first trials, and of those that fell without a rule."""
    tried = (*report.proof.required, *report.proof.nearest)
    found = [(t.evidence.packet, _comment(report, t)) for t in tried if t.evidence is not None]
    for removal in report.proof.removals:
        rule = removal.removed
        without = say("lab.comment.without", rule=f"`{rule.rule.id}`", where=rule.key[1])
        found += [(t.evidence.packet, without + _comment(report, t)) for t in removal.fallen if t.evidence is not None]
    return found


def _comment(report: Report, trial: Trial) -> str:
    packet = trial.packet
    answer = trial.seen.verdict.answer
    return say(
        f"lab.comment.{answer.value}",
        kind=say(f"lab.kind.{packet.kind.value}"),
        host=report.proof.layout.hosts[packet.target].name,
        place=place_name(report.proof.layout, trial.seen),
        rules=rules_text(trial.seen.verdict.by),
        item=packet.item,
    )


def document(report: Report) -> dict[str, Any]:
    """The proof as ``cmfw/lab/1``."""
    proof = report.proof
    return {
        "schema": SCHEMA,
        "site": report.site.code,
        "proven": not failures(report) and not doubts(report),
        "packets": proof.sent,
        "hosts": [_host_row(host) for host in proof.layout.hosts],
        "features": [_row(row) | _bounds("", b) for row, b in zip(proof.rows, proof.bounds, strict=True)],
        "required": [trial_row(report.proof.layout, trial) for trial in proof.required],
        "nearest": [trial_row(report.proof.layout, trial) for trial in proof.nearest],
        "removed": [_removal_row(report, removal) for removal in proof.removals],
        "not_played": [{"item": item, "reason": reason} for item, reason in proof.not_played],
    }


def _host_row(host: LabHost) -> dict[str, Any]:
    return {
        "name": host.name,
        "place": host.place,
        "client": host.is_client,
        "zone": host.zone or None,
        "profile": PROFILE_NAMES[host.profile],
        "addresses": [format_address(address) for address in host.addresses],
        "assigned": host.is_assigned,
        "outside": host.is_outside,
        "planned": host.is_planned,
        "rules": len(host.state.rules),
    }


def _row(row: FeatureRow) -> dict[str, Any]:
    return {"feature": row.feature, "clients": row.clients, "peer": row.peer or None}


def _bounds(prefix: str, bounds: Bounds) -> dict[str, str]:
    return {f"{prefix}status": bounds.word}


def trial_row(layout: Layout, trial: Trial) -> dict[str, Any]:
    """One packet as data: what it is, what was predicted, and what became of it."""
    packet, evidence = trial.packet, trial.evidence
    return {
        "item": packet.item,
        "kind": packet.kind.value,
        "flow": flow_text(layout, trial),
        "protocol": PROTOCOL_NAMES[packet.protocol],
        "predicted": _verdict_row(layout, trial.predicted),
        "seen": _verdict_row(layout, trial.seen),
        "evidence": None if evidence is None else evidence.fate.value,
    }


def _verdict_row(layout: Layout, outcome: Outcome) -> dict[str, Any]:
    verdict: Verdict = outcome.verdict
    return {
        "verdict": verdict.answer.value,
        "why": verdict.why.value,
        "at": place_name(layout, outcome) or None,
        "by": [_ref_row(ref) for ref in verdict.by],
        "missing": list(verdict.missing),
    }


def _ref_row(ref: RuleRef) -> dict[str, str]:
    return {"id": ref.id, "store": ref.store, "origin": ref.origin}


def _removal_row(report: Report, removal: Removal) -> dict[str, Any]:
    rule = removal.removed.rule
    return {
        "rule": rule.id,
        "on": removal.removed.key[1],
        "direction": "in" if rule.direction.name == "IN" else "out",
        "necessary": removal.is_necessary,
        "instead": [_ref_row(ref) for ref in _instead(report, removal)],
        "packets": removal.sent,
        "changes": [
            _row(change.row)
            | _bounds("before_", change.before)
            | _bounds("predicted_", change.predicted)
            | _bounds("seen_", change.seen)
            for change in removal.changes
        ],
        "fallen": [trial_row(report.proof.layout, trial) for trial in removal.fallen],
        "wrong": [trial_row(report.proof.layout, trial) for trial in removal.wrong],
    }
