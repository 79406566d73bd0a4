"""What ``cmfw probe`` shows: the packets and what became of each, then the features that follow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cmfw.catalog.types import Catalog
from cmfw.diagnose.wire import WireRow
from cmfw.model.finding import Finding
from cmfw.model.plan import Plan
from cmfw.model.site import Site
from cmfw.model.verdict import Answer
from cmfw.model.wire import ProbeResult, Speaks, Word
from cmfw.net.addr import format_address
from cmfw.net.flow import PROTOCOL_NAMES, end_text
from cmfw.probe.plan import Probe, ProbePlan
from cmfw.probe.record import SCHEMA, probe_row, result_row
from cmfw.probe.run import Limits
from cmfw.report.blocks import Block, Gap, Heading, Line, Table
from cmfw.report.finding_words import feature_title
from cmfw.report.who import Who
from cmfw.values import value
from cmfw.words import known, say
from cmfw.words.phrases import Phrase, told

_STYLES = {"broken": "bad", "degraded": "warn", "works": "good", "disabled": "dim", "unknown": "warn"}
_MOST_SHOWN = 60
_MOST_SKIPPED = 8


@value
class Probing:
    """One run, or with ``dry_run`` what one would send."""

    catalog: Catalog
    site: Site
    plan: Plan
    who: Who
    probes: ProbePlan
    limits: Limits
    results: tuple[ProbeResult, ...] = ()
    rows: tuple[WireRow, ...] = ()
    findings: tuple[Finding, ...] = ()
    dry_run: bool = False


def document(found: Probing) -> dict[str, Any]:
    """The run as ``cmfw/probe/1``."""
    from cmfw.report.finding_text import finding_row

    return {
        "schema": SCHEMA,
        "site": found.site.code,
        "as": {"name": found.who.name, "host": found.who.host, "by": found.who.by},
        "dry_run": found.dry_run,
        "limits": {"timeout_s": found.limits.timeout_s, "rate": found.limits.rate},
        "probes": [probe_row(one) for one in found.probes.probes],
        "skipped": [{"item": one.item, "reason": one.reason} for one in found.probes.skipped],
        "results": [result_row(one) for one in found.results],
        "features": [_feature_row(row) for row in found.rows],
        "findings": [finding_row(one, found.catalog) for one in found.findings],
    }


def _feature_row(row: WireRow) -> dict[str, Any]:
    return {
        "feature": row.feature,
        "clients": row.clients,
        "peer": row.peer or None,
        "status": row.status,
        "low": None if row.bounds is None else row.bounds.low.word,
        "high": None if row.bounds is None else row.bounds.high.word,
        "unseen": list(row.unseen),
    }


def blocks(found: Probing) -> list[Block]:
    """The run as text."""
    if found.dry_run:
        return [*_planned(found), *_skipped(found)]
    seen = [Gap(), _seen(found), *_refused(found)] if found.results else []
    return [*_head(found), *seen, *_features(found), *_findings(found), *_skipped(found)]


def _planned(found: Probing) -> list[Block]:
    probes = found.probes.probes
    head = say("probe.would_send", count=len(probes), who=found.who.name, rate=found.limits.rate)
    told: list[Block] = [Heading(head, 1), Line(say(f"probe.by.{found.who.by}", who=found.who.name), style="dim")]
    if not probes:
        return told
    columns = tuple(say(f"probe.column.{name}") for name in ("target", "talk", "needed_by"))
    rows = [(_target(one), _talk(one), ", ".join(_flows(one.items))) for one in probes]
    told += [Gap(), Table(columns, tuple(rows[:_MOST_SHOWN]))]
    return [*told, Line(say("more", count=len(rows) - _MOST_SHOWN))] if len(rows) > _MOST_SHOWN else told


def _head(found: Probing) -> list[Block]:
    counts = {answer: sum(one.answer is answer for one in found.results) for answer in Answer}
    parts = {answer.value: counts[answer] for answer in Answer}
    text = say("probe.head", who=found.who.name, count=len(found.results), **parts)
    return [Heading(text, 1), Line(say(f"probe.by.{found.who.by}", who=found.who.name), style="dim")]


def _seen(found: Probing) -> Table:
    columns = tuple(say(f"probe.column.{name}") for name in ("target", "word", "evidence", "listener"))
    order = {Answer.BLOCK: 0, Answer.UNKNOWN: 1, Answer.ALLOW: 2}
    shown = sorted(found.results, key=lambda one: order[one.answer])
    rows = tuple((_target(one), say(f"probe.word.{one.word.value}"), _evidence(one), _listener(one)) for one in shown)
    return Table(columns, rows[:_MOST_SHOWN])


def _refused(found: Probing) -> list[Block]:
    """What a refusal rests on where no responder has seen the packet arrive."""
    alone = (one for one in found.results if one.word is Word.CLOSED)
    if all(any(part.startswith("wire ") for part in one.evidence) for one in alone):
        return []
    return [Line(say("probe.refused_alone"), style="dim")]


def _target(one: Probe | ProbeResult) -> str:
    port: int | str | None = one.port
    if one.mapped:
        port = say("probe.dynamic") if one.port is None else f"{one.port} ({say('probe.dynamic')})"
    return f"{PROTOCOL_NAMES[one.protocol]} {end_text(format_address(one.address), port)}"


def _talk(probe: Probe) -> str:
    if probe.talk:
        return say(f"probe.talk.{probe.talk}")
    return say(f"probe.plain.{PROTOCOL_NAMES[probe.protocol]}")


def _flows(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(item.partition(":")[0] for item in items))


def _evidence(one: ProbeResult) -> str:
    """Who said so, how long it took, and what the system said."""
    parts = [_told(part) for part in one.evidence]
    if one.by is not None and one.by != one.address:
        parts.append(say("probe.from_box", box=format_address(one.by)))
    if one.ms is not None:
        parts.append(f"{one.ms:g} ms")
    if one.attempts > 1:
        parts.append(say("probe.attempts", count=one.attempts))
    return ", ".join(parts)


def _told(text: str) -> str:
    """What we say of an answer in the language of the run; what the other side said as it is."""
    return told(text) if isinstance(text, Phrase) else text


def _listener(one: ProbeResult) -> str:
    if one.service is None:
        return ""
    facts = (
        f"{known(f'probe.fact.{name}') or name} {_told(text)}"
        for name, text in one.service.facts
        if name != "certificate_sha256"
    )
    shown = ", ".join(facts)
    kind = say(f"probe.talk.{one.service.kind}")
    if one.service.speaks is Speaks.RIGHT:
        return f"{kind}{say('colon')}{shown}" if shown else kind
    heard = say("probe.silent" if one.service.speaks is Speaks.SILENT else "probe.other", kind=kind)
    return f"{heard} ({shown})" if shown else heard


def _features(found: Probing) -> list[Block]:
    if not found.rows:
        return []
    columns = tuple(say(f"probe.column.{name}") for name in ("feature", "clients", "peer", "status"))
    rows = tuple(
        (
            feature_title(row.feature, found.catalog),
            row.clients,
            row.peer or "-",
            say(f"status.{row.status}") + ("*" if _is_partly(row) else ""),
        )
        for row in found.rows
    )
    styles = tuple((say(f"status.{name}") + mark, style) for name, style in _STYLES.items() for mark in ("", "*"))
    told: list[Block] = [Gap(), Heading(say("probe.features")), Table(columns, rows, styles)]
    return [*told, Line(say("probe.partly"))] if any(map(_is_partly, found.rows)) else told


def _is_partly(row: WireRow) -> bool:
    """Whether what was not seen from here could still make it worse."""
    return bool(row.unseen) and row.status != "broken"


def _findings(found: Probing) -> Sequence[Block]:
    if not found.findings:
        return []
    from cmfw.report.finding_view import finding_blocks

    return [Gap(), Heading(say("probe.against")), *finding_blocks(found.findings, found.catalog)]


def _skipped(found: Probing) -> list[Block]:
    if not found.probes.skipped:
        return []
    reasons: dict[str, list[str]] = {}
    for one in found.probes.skipped:
        reasons.setdefault(one.reason, []).append(one.item)
    told: list[Block] = [Gap(), Heading(say("probe.skipped"))]
    for reason, items in reasons.items():
        names = ", ".join(items[:_MOST_SKIPPED])
        more = f", {say('more_short', count=len(items) - _MOST_SKIPPED)}" if len(items) > _MOST_SKIPPED else ""
        told.append(Line(f"{say(f'probe.skipped.{reason}')}{say('colon')}{names}{more}"))
    return told
