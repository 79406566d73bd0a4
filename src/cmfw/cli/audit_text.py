"""An audit as text: the verdict in one sentence, the matrix, each broken feature with proof and repair, then findings."""

from __future__ import annotations

from collections.abc import Sequence

from cmfw.cli.output import Block, Cell, Gap, Heading, Line, Table, Verbatim
from cmfw.diagnose import BlockedFlow, RowResult
from cmfw.diagnose.commands import GPO_PLACE
from cmfw.diagnose.results import HOST
from cmfw.engine.path import STORE
from cmfw.report.audit_view import Audit
from cmfw.report.audit_words import (
    both_ends,
    few,
    machine_lines,
    reasons,
    status_words,
    stories,
    title_of,
    title_with_id,
    verdict,
)
from cmfw.report.finding_view import finding_blocks, rule_blocks
from cmfw.report.finding_words import gap_detail, missing_word, plain_title
from cmfw.words import say

_STYLES = {"broken": "bad", "degraded": "warn", "works": "good", "disabled": "dim", "unknown": "warn"}
_MOST_LISTED = 6
_TOLD = ("feature-broken", "feature-degraded", "feature-unknown")


def blocks(audit: Audit) -> list[Block]:
    """The whole audit."""
    rows = audit.diagnosis.rows
    found: list[Block] = [Heading(verdict(audit), 1), Gap(), *map(Line, machine_lines(audit)), Gap(), _matrix(audit, rows)]
    for story in stories(audit):
        found += _trouble(audit, story)
    found += _findings(audit)
    return found + _gaps(audit)


def _matrix(audit: Audit, rows: Sequence[RowResult]) -> Table:
    columns = tuple(say(f"audit.column.{name}") for name in ("feature", "peer", "status", "reason"))
    cells: dict[tuple[str, str, Cell], list[str]] = {}
    for row in rows:
        key = (row.feature, status_words(row), tuple(reasons(audit, row)))
        cells.setdefault(key, []).append(row.peer or ("-" if row.disabled else say("audit.peers")))
    table = tuple((title_of(audit, name), few(peers), shown, why) for (name, shown, why), peers in cells.items())
    return Table(columns, table, tuple((say(f"status.{s}"), style) for s, style in _STYLES.items()))


def _trouble(audit: Audit, story: Sequence[RowResult]) -> list[Block]:
    row = story[0]
    peers = few(r.peer for r in story if r.peer)
    title = say("audit.trouble", feature=plain_title(row.feature, audit.catalog), id=row.feature, status=status_words(row))
    found: list[Block] = [Gap(), Heading(title), Line(both_ends(row.clients, peers))]
    # two needs can come down to one packet
    packets = list({(blocked.flow, blocked.verdict): blocked for blocked in row.blocking}.values())
    for blocked in packets[:_MOST_LISTED]:
        found += _proof(audit, blocked)
    if len(packets) > _MOST_LISTED:
        found.append(Line(say("audit.more", count=len(packets) - _MOST_LISTED)))
    repair = dict.fromkeys(command for r in story for command in (r.repair[0].commands if r.repair else ()))
    if repair:
        found.append(Line(say("audit.repair"), style="strong"))
        found += [Verbatim(command) for command in repair]
        if any(GPO_PLACE in command for command in repair):
            found.append(Line(say("audit.gpo_place", place=GPO_PLACE)))
    if row.alternatives:
        names = say("list").join(title_with_id(audit, name) for name in row.alternatives)
        found.append(Line(names, mark=say("audit.alternatives")))
    return found


def _proof(audit: Audit, blocked: BlockedFlow) -> list[Block]:
    """One packet that does not pass, why, and the deciding rules as they stand on the machine."""
    found: list[Block] = [Line(say("audit.undecided" if blocked.is_unknown else "audit.blocked"), style="strong")]
    found.append(Verbatim(blocked.flow.text()))
    if blocked.box != HOST:
        return [*found, *_at_filter(blocked)]
    found.append(Line(say(f"why.{blocked.verdict.why.value}"), indent=4))
    if blocked.verdict.missing:
        found.append(
            Line(say("audit.comma").join(map(missing_word, blocked.verdict.missing)), indent=4, mark=say("missing"))
        )
    for ref in blocked.verdict.by[:_MOST_LISTED]:
        found += rule_blocks(ref, audit.state.rules, indent=4)
    return found


def _at_filter(blocked: BlockedFlow) -> list[Block]:
    """The filter in the way, with its deciding line or with what is missing to know."""
    verdict = blocked.verdict
    lines = [ref.id for ref in verdict.by if ref.store == STORE and ref.id]
    key = "audit.filter" if lines or verdict.missing else "audit.filter_default"
    found: list[Block] = [Line(say(key, box=blocked.box), indent=4)]
    found += [Verbatim(text, 6) for text in lines]
    if verdict.missing:
        found.append(Line(say("audit.comma").join(map(missing_word, verdict.missing)), indent=4, mark=say("missing")))
    return found


def _findings(audit: Audit) -> list[Block]:
    # gaps have their own part below, features in trouble theirs above
    findings = [f for f in audit.diagnosis.findings if f.code != "gap" and f.code not in _TOLD]
    if not findings:
        return []
    return [Gap(), Heading(say("audit.findings")), *finding_blocks(findings, audit.catalog, audit.who.name)]


def _gaps(audit: Audit) -> list[Block]:
    if not audit.state.gaps:
        return []
    found: list[Block] = [Gap(), Heading(say("audit.gaps"))]
    return [
        *found,
        *(
            Line(say("audit.gap", detail=gap_detail(gap.code, gap.detail), code=gap.code), mark="- ")
            for gap in audit.state.gaps
        ),
    ]
