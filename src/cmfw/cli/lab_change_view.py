"""What changes did on the wire, as text and as ``cmfw/lab-change/1``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cmfw.catalog.types import Catalog
from cmfw.cli.output import Block, Gap, Heading, Line, Table, Verbatim
from cmfw.ingest.lab_scenario import ScenarioStep
from cmfw.lab.changed import Change, RowSeen
from cmfw.lab.prove import Trial
from cmfw.model.plan import Plan
from cmfw.model.site import Site
from cmfw.model.verdict import Answer
from cmfw.report.finding_words import feature_title
from cmfw.report.lab_view import apart_features, place_name, rules_text, trial_row
from cmfw.values import value
from cmfw.words import say

SCHEMA = "cmfw/lab-change/1"
_STYLES = {"broken": "bad", "degraded": "warn", "works": "good", "unknown": "warn"}
_ORDER = ("broken", "degraded", "unknown", "works")
_MOST_SHOWN = 6


@value
class ExpectSeen:
    """The status that a step expects of a feature, and its worst row on the wire (empty: the plan has none)."""

    feature: str
    want: str
    got: str


@value
class StepSeen:
    """One step, its changes as they were asked for, and what the packets did."""

    step: ScenarioStep
    changes: tuple[str, ...]
    change: Change

    def expects(self) -> tuple[ExpectSeen, ...]:
        """Every expectation with what the packets showed."""
        worst: dict[str, str] = {}
        for row in self.change.rows:
            words = (worst.get(row.row.feature, row.after.word), row.after.word)
            worst[row.row.feature] = min(words, key=_ORDER.index)
        return tuple(ExpectSeen(feature, want, worst.get(feature, "")) for feature, want in self.step.expected)


@value
class ChangeReport:
    """The steps that were played on one site."""

    site: Site
    catalog: Catalog
    plan: Plan
    steps: tuple[StepSeen, ...]


def doubts(report: ChangeReport) -> list[str]:
    """What no packet could show: features whose ends have no common address family, or all of them."""
    apart = apart_features(report.plan)
    if apart:
        names = say("list").join(feature_title(name, report.catalog) for name in apart)
        return [say("lab.reason.apart", count=len(apart), names=names)]
    return [] if report.steps and all(seen.change.before for seen in report.steps) else [say("lab.reason.nothing")]


def blocks(report: ChangeReport) -> list[Block]:
    """Every step as text: what was changed, which features changed, and a packet for each."""
    found: list[Block] = []
    for seen in report.steps:
        found += [*([Gap()] if found else []), *_step(report, seen)]
    return found


def _step(report: ChangeReport, seen: StepSeen) -> Iterator[Block]:
    rows = [row for row in seen.change.rows if row.before != row.after]
    names = say("list").join(dict.fromkeys(feature_title(row.row.feature, report.catalog) for row in rows))
    told = say("lab.changed", count=len({row.row.feature for row in rows}), names=names)
    head = told if rows else say("lab.unchanged")
    yield Heading(f"{seen.step.name}: {head}" if seen.step.name else head, 1)
    yield Gap()
    yield from (Verbatim(text, 2) for text in seen.changes)
    yield Line(say("lab.evidence", packets=seen.change.sent, hosts=len(seen.change.layout.hosts)))
    doubt = doubts(report)
    if doubt:
        yield Line(say("lab.not_shown", reasons=say("audit.comma").join(doubt)), style="warn")
    if rows:
        yield Gap()
        yield _table(report, rows)
    for one in seen.expects():
        feature = feature_title(one.feature, report.catalog)
        holds = one.want == one.got
        got = say(f"status.{one.got}") if one.got else "-"
        text = say(
            "lab.expect_holds" if holds else "lab.expect_fails", feature=feature, want=say(f"status.{one.want}"), got=got
        )
        yield Line(text, style="good" if holds else "bad")
    if seen.change.wrong:
        yield Line(say("lab.reason.wrong", count=len(seen.change.wrong)), style="bad")
    yield from _turned(seen)


def _table(report: ChangeReport, rows: list[RowSeen]) -> Table:
    columns = tuple(say(f"lab.column.{name}") for name in ("feature", "clients", "peer", "before", "after"))
    cells = tuple(
        (
            feature_title(row.row.feature, report.catalog),
            row.row.clients,
            row.row.peer or "-",
            say(f"status.{row.before.word}"),
            say(f"status.{row.after.word}"),
        )
        for row in rows
    )
    return Table(columns, cells, tuple((say(f"status.{name}"), style) for name, style in _STYLES.items()))


def _turned(seen: StepSeen) -> Iterator[Block]:
    """The packets with another fate, and what decides it."""
    turned = seen.change.turned
    if turned:
        yield Gap()
    for _, new in turned[:_MOST_SHOWN]:
        stopped = new.seen.verdict.answer is Answer.BLOCK
        place = place_name(seen.change.layout, new.seen)
        yield Line(say("lab.now_stopped", place=place) if stopped else say("lab.now_passes"))
        yield Verbatim(_flow(seen, new), 2)
        yield Line(rules_text(new.seen.verdict.by), indent=4, mark=say("by"))
    if len(turned) > _MOST_SHOWN:
        yield Line(say("more", count=len(turned) - _MOST_SHOWN))


def _flow(seen: StepSeen, trial: Trial) -> str:
    return str(trial_row(seen.change.layout, trial)["flow"])


def document(report: ChangeReport) -> dict[str, Any]:
    """The steps as ``cmfw/lab-change/1``."""
    return {"schema": SCHEMA, "site": report.site.code, "steps": [_step_row(seen) for seen in report.steps]}


def _step_row(seen: StepSeen) -> dict[str, Any]:
    layout = seen.change.layout
    return {
        "name": seen.step.name or None,
        "changes": list(seen.changes),
        "packets": seen.change.sent,
        "features": [
            {
                "feature": row.row.feature,
                "clients": row.row.clients,
                "peer": row.row.peer or None,
                "before": row.before.word,
                "after": row.after.word,
                "predicted": row.predicted.word,
            }
            for row in seen.change.rows
        ],
        "turned": [{"before": trial_row(layout, old), "after": trial_row(layout, new)} for old, new in seen.change.turned],
        "wrong": [trial_row(layout, trial) for trial in seen.change.wrong],
        "expects": [{"feature": one.feature, "want": one.want, "got": one.got or None} for one in seen.expects()],
    }
