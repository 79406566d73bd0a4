"""Many machines told together: what each is able to do, and every cause once with the machines that have it.

An audit holds a machine's rules; here only texts of it are kept, so that a thousand machines fit into the memory of one.
"""

from __future__ import annotations

from cmfw.diagnose import BlockedFlow, RowResult
from cmfw.diagnose.results import HOST
from cmfw.model.finding import Finding
from cmfw.report.audit_view import Audit, rule_counts
from cmfw.report.audit_words import ORDER, reasons, short, status_words, title_of, title_with_id
from cmfw.report.finding_text import message_of
from cmfw.report.finding_words import missing_word, rule_title
from cmfw.values import value
from cmfw.words import say

_MOST_IDS = 10


@value
class Cause:
    """Why a feature has a status, in texts that say nothing of one machine alone: what is in the way, who decides, what repairs it."""

    feature: str
    title: str
    """As it stands among others."""
    heading: str
    """With the id, as it stands alone."""
    status: str
    told: str
    reasons: tuple[str, ...]
    decided: tuple[str, ...]
    repair: tuple[str, ...]
    alternatives: tuple[str, ...]


@value
class Told:
    """A finding in words."""

    severity: str
    code: str
    message: str


@value
class FileRead:
    """A file of a machine: its rules as (total, active)."""

    path: str
    format: str
    sha256: str
    rules: tuple[int, int]


@value
class Cell:
    """One feature on one machine: its worst row, the other end where not all rows are like it, and the cause."""

    feature: str
    status: str
    peers: str
    cause: Cause
    flow: str
    """A packet that does not pass, empty where there is none."""


@value
class Machine:
    """One machine: what it was judged as, its features, findings, files, and the codes of what its evidence does not show."""

    name: str
    who: str
    cells: tuple[Cell, ...]
    findings: tuple[Told, ...]
    files: tuple[FileRead, ...]
    gaps: tuple[str, ...]
    problems: int

    @property
    def worst(self) -> str:
        """The worst status of its features; ``disabled`` where none is judged."""
        return min((cell.status for cell in self.cells), key=ORDER.index, default="disabled")


@value
class Unread:
    """A machine of which nothing can be said, and why."""

    name: str
    why: str


def machine_of(name: str, audit: Audit) -> Machine:
    """What is told of the machine."""
    features = dict.fromkeys(row.feature for row in audit.diagnosis.rows)
    files = tuple(FileRead(one.path, one.format, one.sha256, rule_counts(one)) for one in audit.state.sources)
    return Machine(
        name,
        audit.who.name,
        tuple(_cell(audit, [row for row in audit.diagnosis.rows if row.feature == feature]) for feature in features),
        tuple(_told(audit, finding) for finding in audit.diagnosis.findings),
        files,
        tuple(dict.fromkeys(gap.code for gap in audit.state.gaps)),
        len(audit.problems),
    )


def _cell(audit: Audit, rows: list[RowResult]) -> Cell:
    row = min(rows, key=lambda one: ORDER.index(one.status))
    like = [one for one in rows if one.status == row.status]
    peers = ", ".join(one.peer or say("audit.peers") for one in like) if len(like) < len(rows) else ""
    flow = row.blocking[0].flow.text() if row.blocking else ""
    return Cell(row.feature, row.status, peers, _cause(audit, row), flow)


def _cause(audit: Audit, row: RowResult) -> Cause:
    told = tuple(reasons(audit, row)) if row.disabled else tuple(dict.fromkeys(short(audit, b) for b in row.blocking))
    return Cause(
        row.feature,
        title_of(audit, row.feature),
        title_with_id(audit, row.feature),
        row.status,
        status_words(row),
        told,
        tuple(dict.fromkeys(text for blocked in row.blocking for text in _decided(audit, blocked))),
        row.repair[0].commands if row.repair else (),
        tuple(title_with_id(audit, name) for name in row.alternatives),
    )


def _decided(audit: Audit, blocked: BlockedFlow) -> list[str]:
    """Who decides and by which rules, and what is missing to know."""
    verdict = blocked.verdict
    if blocked.box == HOST:
        names = {rule.id: rule.name for rule in audit.state.rules} if verdict.by else {}
        by = [f"{rule_title(ref.id, names.get(ref.id, ''))} ({ref.store})" for ref in verdict.by[:_MOST_IDS]]
        told = [say(f"why.{verdict.why.value}") + (f": {say('audit.comma').join(by)}" if by else "")]
    else:
        told = [say("audit.filter_default" if not verdict.by else "audit.filter", box=blocked.box)]
    if verdict.missing:
        told.append(say("missing") + say("audit.comma").join(map(missing_word, verdict.missing)))
    return told


def _told(audit: Audit, finding: Finding) -> Told:
    return Told(finding.severity.value, finding.code, message_of(finding, audit.catalog))
