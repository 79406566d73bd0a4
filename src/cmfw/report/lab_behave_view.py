"""What stand-ins made of a site's features, as text, as ``cmfw/lab-behaviour/1`` and as the packets of a capture file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cmfw.catalog.types import Catalog
from cmfw.lab.stand.behave import Behaviour, ExchangeSeen, Round, RowSeen
from cmfw.lab.stand.closings import Closing
from cmfw.model.need import leaves
from cmfw.model.plan import FeatureRow
from cmfw.model.site import Site
from cmfw.model.verdict import Status
from cmfw.report.blocks import Block, Gap, Heading, Line, Table, Verbatim
from cmfw.report.finding_words import feature_title
from cmfw.report.lab_view import place_name, rules_text
from cmfw.values import value
from cmfw.words import language, say

SCHEMA = "cmfw/lab-behaviour/1"
_STYLES = {"broken": "bad", "degraded": "warn", "works": "good"}


@value
class Report:
    """What was played, with what it is about and the programs that played it."""

    site: Site
    catalog: Catalog
    behaviour: Behaviour
    programs: tuple[tuple[str, str], ...]


def blocks(report: Report) -> list[Block]:
    """One sentence, what played, then features with all ports open, with each closed, and what was exchanged."""
    seen = report.behaviour
    found: list[Block] = [Heading(_answer(report), 1), Gap(), Line(_stand_ins(report)), Line(say("lab.behave.limits"))]
    found.append(Line(_evidence(seen)))
    found += [Gap(), Heading(say("lab.sufficiency")), _open(report)]
    if seen.changes:
        found += [
            Gap(),
            Heading(say("lab.behave.closed")),
            _closed(report),
            Line(say("lab.behave.returns" if seen.returns else "lab.behave.stays")),
        ]
    found += [Gap(), Heading(say("lab.behave.exchanged")), *_exchanged(report)]
    if seen.wrong:
        found += [Gap(), Heading(say("lab.behave.wrong")), _wrong(report)]
    if seen.script.not_played:
        found += [Gap(), Heading(say("lab.behave.not_played")), _not_played(report)]
    return found


def _answer(report: Report) -> str:
    seen = report.behaviour
    reasons = []
    if seen.lame:
        names = say("list").join(dict.fromkeys(feature_title(row.row.feature, report.catalog) for row in seen.lame))
        reasons.append(say("lab.reason.features", count=len({row.row.feature for row in seen.lame}), names=names))
    if seen.wrong:
        reasons.append(say("lab.behave.reason", count=len(seen.wrong)))
    if reasons:
        return say("lab.behave.fails", reasons=say("audit.comma").join(reasons))
    if not seen.script.rows:
        return say("lab.not_shown", reasons=say("lab.reason.nothing"))
    return say(
        "lab.behave.holds", features=len({row.feature for row in seen.script.rows}), closings=len(seen.script.closings)
    )


def _stand_ins(report: Report) -> str:
    programs = say("list").join(f"{name} ({version})" for name, version in report.programs)
    return say("lab.behave.stand_ins", programs=programs)


def _evidence(seen: Behaviour) -> str:
    exchanges = [one.exchange for each in seen.rounds for one in each.exchanges]
    failed = sum(not one.is_done for one in exchanges)
    return say("lab.behave.evidence", done=len(exchanges) - failed, failed=failed, hosts=len(seen.script.layout.hosts))


def _styles() -> tuple[tuple[str, str], ...]:
    return tuple((say(f"status.{name}"), style) for name, style in _STYLES.items())


def _columns(*names: str) -> tuple[str, ...]:
    return tuple(say(f"lab.column.{name}") for name in names)


def _open(report: Report) -> Table:
    first = report.behaviour.rounds[0]
    rows = tuple((*_who(report, row.row), _status(row.seen), _through(report, row)) for row in first.rows)
    return Table(_columns("feature", "clients", "peer", "status", "through"), rows, _styles())


def _who(report: Report, row: FeatureRow) -> tuple[str, str, str]:
    return feature_title(row.feature, report.catalog), row.clients, row.peer or "-"


def _status(status: Status) -> str:
    return say(f"status.{status.word}")


def _through(report: Report, row: RowSeen) -> tuple[str, ...]:
    """The flows by which a row works, as people call them."""
    return tuple(dict.fromkeys(_flow(report, item) for item in row.through)) or ("-",)


def _flow(report: Report, item: str) -> str:
    flow = report.catalog.flows.get(item.partition(":")[0])
    return item if flow is None else flow.title.in_language(language())


def _closed(report: Report) -> Table:
    """What each closing changes; a closing that changes nothing says so."""
    rows: list[tuple[str | tuple[str, ...], ...]] = []
    for each, changed in report.behaviour.changes:
        told = closing_text(each.closing)
        rows += [(told, *_who(report, row.row)[:2], _status(row.seen), _way(report, each, row)) for row in changed]
        if not changed:
            rows.append((told, say("lab.unchanged"), "-", "-", "-"))
    return Table(_columns("closed", "feature", "clients", "status", "by_or_stop"), tuple(rows), _styles())


def _way(report: Report, each: Round, row: RowSeen) -> tuple[str, ...]:
    """By which flows a row works, or which of its flows did not come about."""
    if row.seen is not Status.BROKEN:
        return _through(report, row)
    failed = {one.exchange.item for one in each.exchanges if not one.exchange.is_done}
    return tuple(dict.fromkeys(_flow(report, item) for item in leaves(row.row.need) if item in failed)) or ("-",)


def closing_text(closing: Closing | None) -> tuple[str, ...]:
    """Where what is closed, one line each: ``mp1: in tcp/80``."""
    return () if closing is None else closing.text()


def _exchanged(report: Report) -> Iterator[Block]:
    """What went over each flow, once."""
    seen: set[str] = set()
    for one in report.behaviour.rounds[0].exchanges:
        if one.exchange.item not in seen and one.exchange.is_done:
            seen.add(one.exchange.item)
            yield Line(f"{_flow(report, one.exchange.item)} (`{one.exchange.item}`)", style="strong")
            yield Verbatim(facts_text(one), 4)
            yield Line(rules_text(one.outcome.verdict.by), indent=4, mark=say("by"))


def facts_text(one: ExchangeSeen) -> str:
    """What both sides saw, on one line."""
    return say("list").join(
        say("lab.fact.told", name=say(f"lab.fact.{name}"), text=text) for name, text in one.exchange.facts
    )


def _wrong(report: Report) -> Table:
    rows = tuple(
        (
            closing_text(each.closing) or ("-",),
            *_who(report, row.row)[:2],
            _status(row.seen),
            say(f"status.{row.meant.word}"),
            say(f"status.{row.predicted.word}"),
        )
        for each in report.behaviour.rounds
        for row in each.wrong
    )
    return Table(_columns("closed", "feature", "clients", "status", "meant", "predicted"), rows, _styles())


def _not_played(report: Report) -> Table:
    rows = tuple(
        (*_who(report, row), say(f"lab.behave.obstacle.{reason}", programs=say("list").join(map(_source, lacking))))
        for row, reason, lacking in report.behaviour.script.not_played
    )
    return Table(_columns("feature", "clients", "peer", "why"), rows)


def _source(program: str) -> str:
    """A program that is not installed, with the command where it comes with an extra of ours."""
    return f"{program} (pip install 'cmfw[publish]')" if program == "smbprotocol" else program


def capture_packets(report: Report) -> list[tuple[bytes, str]]:
    """(bytes, comment) of the packet that opened each exchange, in every round."""
    found = []
    for each in report.behaviour.rounds:
        closed = say("list").join(closing_text(each.closing))
        before = say("lab.behave.while", closed=closed) if closed else ""
        found += [(one.exchange.packet, before + _comment(report, one)) for one in each.exchanges if one.exchange.packet]
    return found


def _comment(report: Report, one: ExchangeSeen) -> str:
    layout, outcome = report.behaviour.script.layout, one.outcome
    if one.exchange.is_done:
        return say("lab.behave.comment.done", rules=rules_text(outcome.verdict.by), item=one.exchange.item)
    return say(
        "lab.behave.comment.stopped",
        place=place_name(layout, outcome),
        rules=rules_text(outcome.verdict.by),
        item=one.exchange.item,
    )


def document(report: Report) -> dict[str, Any]:
    """Everything as ``cmfw/lab-behaviour/1``."""
    seen = report.behaviour
    return {
        "schema": SCHEMA,
        "site": report.site.code,
        "agrees": not seen.wrong,
        "works": not seen.lame,
        "returns": seen.returns,
        "stand_ins": [{"program": name, "version": version} for name, version in report.programs],
        "rounds": [_round(report, each) for each in seen.rounds],
        "not_played": [
            _row(row) | {"reason": reason, "programs": list(lacking)} for row, reason, lacking in seen.script.not_played
        ],
    }


def _round(report: Report, each: Round) -> dict[str, Any]:
    shut = () if each.closing is None else each.closing.shut
    ways = {1: "in", 2: "out"}
    return {
        "closed": [{"at": place, "direction": ways[traffic.directions], "traffic": traffic.text} for place, traffic in shut],
        "features": [
            _row(row.row)
            | {
                "status": row.seen.word,
                "through": list(row.through),
                "meant": row.meant.word,
                "predicted": row.predicted.word,
            }
            for row in each.rows
        ],
        "exchanges": [_exchange(report, one) for one in each.exchanges],
    }


def _row(row: FeatureRow) -> dict[str, Any]:
    return {"feature": row.feature, "clients": row.clients, "peer": row.peer or None}


def _exchange(report: Report, one: ExchangeSeen) -> dict[str, Any]:
    return {
        "item": one.exchange.item,
        "done": one.exchange.is_done,
        "facts": [{"name": name, "value": text} for name, text in one.exchange.facts],
        "at": place_name(report.behaviour.script.layout, one.outcome) or None,
        "by": [{"id": ref.id, "store": ref.store, "origin": ref.origin} for ref in one.outcome.verdict.by],
    }
