"""An audit as text: the verdict in one sentence, the matrix, each broken feature with proof and repair, then findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cmfw.cli.finding_view import finding_blocks, rule_blocks
from cmfw.cli.output import Block, Gap, Heading, Line, Table, Verbatim
from cmfw.diagnose import BlockedFlow, RowResult
from cmfw.diagnose.commands import GPO_PLACE
from cmfw.diagnose.results import HOST
from cmfw.engine.path import STORE
from cmfw.net.flow import PROFILE_NAMES
from cmfw.report.audit_view import Audit, profile_row, rule_counts
from cmfw.report.finding_words import feature_title, gap_detail, missing_word
from cmfw.report.who import place_of
from cmfw.words import known, say

_STYLES = {"broken": "bad", "degraded": "warn", "works": "good", "disabled": "dim", "unknown": "warn"}
_ORDER = ("broken", "degraded", "unknown", "works", "disabled")
_MOST_LISTED = 6
_TOLD = ("feature-broken", "feature-degraded", "feature-unknown")


def blocks(audit: Audit) -> list[Block]:
    """The whole audit."""
    rows = audit.diagnosis.rows
    found = [*_verdict(audit, rows), *_machine(audit), Gap(), _matrix(audit, rows)]
    for story in _stories(audit, rows):
        found += _trouble(audit, story)
    found += _findings(audit)
    return found + _gaps(audit)


def _verdict(audit: Audit, rows: Sequence[RowResult]) -> list[Block]:
    """The answer in one sentence; a feature counts as its worst row."""
    worst: dict[str, str] = {}
    for row in rows:
        worst[row.feature] = min(worst.get(row.feature, row.status), row.status, key=_ORDER.index)
    named = {status: [_title(audit, name) for name, its in worst.items() if its == status] for status in _ORDER}
    parts = [
        say(f"audit.{status}", count=len(names), names=say("audit.comma").join(names))
        for status, names in named.items()
        if names and status in ("broken", "degraded", "unknown")
    ]
    judged = len(worst) - len(named["disabled"])
    key = "audit.some_work" if parts else "audit.all_work"
    text = say(key, who=audit.who.name, works=len(named["works"]), count=judged, rest=say("audit.and").join(parts))
    return [Heading(text, 1), Gap()]


def _title(audit: Audit, feature: str) -> str:
    return feature_title(feature, audit.catalog)


def _machine(audit: Audit) -> list[Block]:
    found: list[Block] = []
    for source in audit.state.sources:
        total, active = rule_counts(source)
        found.append(Line(say("audit.source", path=source.path, format=source.format, total=total, active=active)))
    profile = place_of(audit.site, audit.who).profile
    row = profile_row(audit.engine, profile)
    found.append(Line(say("audit.judged_as", name=audit.who.name, by=say(f"who.{audit.who.by}"))))
    settings = [say(f"audit.inbound.{row['inbound']}"), say(f"audit.outbound.{row['outbound']}")]
    settings += [say("audit.shields_up")] if row["block_all_inbound"] else []
    settings += [say("audit.local_rules_off")] if row["local_rules"] is False else []
    if row["firewall"] != "on":
        settings = [say(f"audit.firewall.{row['firewall']}")]
    said = say("audit.and").join(settings)
    return [*found, Line(say("audit.profile", profile=say(f"profile.{PROFILE_NAMES[profile]}"), settings=said))]


def _matrix(audit: Audit, rows: Sequence[RowResult]) -> Table:
    columns = tuple(say(f"audit.column.{name}") for name in ("feature", "peer", "status", "reason"))
    cells: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        key = (row.feature, _status(row), _reason(audit, row))
        cells.setdefault(key, []).append(row.peer or ("-" if row.disabled else say("audit.peers")))
    table = tuple((_title(audit, name), _few(peers), shown, why) for (name, shown, why), peers in cells.items())
    return Table(columns, table, tuple((say(f"status.{s}"), style) for s, style in _STYLES.items()))


def _status(row: RowResult) -> str:
    shown = say(f"status.{row.status}")
    if row.bounds is not None and row.bounds.low is not row.bounds.high:
        low, high = (say(f"status.{bound.word}") for bound in (row.bounds.low, row.bounds.high))
        shown += f" ({low} - {high})"
    return shown


def _few(names: Iterable[str], between: str = ", ") -> str:
    listed = list(dict.fromkeys(names))
    more = f" (+{len(listed) - 3})" if len(listed) > 3 else ""
    return between.join(listed[:3]) + more


def _reason(audit: Audit, row: RowResult) -> str:
    """Why, in a few words: the flows in the way, or what switches the feature off."""
    if row.disabled:
        return known(f"disabled.{row.disabled}") or say("audit.setting_off", setting=row.disabled)
    return _few((_short(audit, blocked) for blocked in row.blocking), "\n")


def _short(audit: Audit, blocked: BlockedFlow) -> str:
    """``in tcp 445``: the traffic of the item whose packet is stopped, and the filter where it is not the machine."""
    words_of = blocked.flow.text().split()[:2]
    item = audit.item(blocked.item)
    ports = [] if item is None or blocked.flow.endpoints()[3] is None else [str(item.ports)]
    return " ".join([*words_of, *ports, *([f"({blocked.box})"] if blocked.box != HOST else [])])


def _stories(audit: Audit, rows: Sequence[RowResult]) -> list[list[RowResult]]:
    """Rows in trouble that have a packet or a repair to show, those that tell the same together, the worst first."""
    stories: dict[tuple[object, ...], list[RowResult]] = {}
    for row in rows:
        if row.status in ("broken", "degraded", "unknown") and (row.blocking or row.repair):
            reason = tuple((_short(audit, b), b.verdict) for b in row.blocking)
            stories.setdefault((row.feature, row.clients, row.status, reason), []).append(row)
    return sorted(stories.values(), key=lambda story: _ORDER.index(story[0].status))


def _trouble(audit: Audit, story: Sequence[RowResult]) -> list[Block]:
    row = story[0]
    peers = _few(r.peer for r in story if r.peer) or say("audit.peers")
    title = say("audit.trouble", feature=_title(audit, row.feature), id=row.feature, status=_status(row))
    found: list[Block] = [Gap(), Heading(title), Line(say("audit.between", clients=row.clients, peers=peers))]
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
        names = ", ".join(f"{_title(audit, name)} ({name})" for name in row.alternatives)
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
