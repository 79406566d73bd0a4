"""Answers as comma-separated values that a spreadsheet opens as text: nothing in them runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from cmfw.report.audit_view import Audit
from cmfw.report.finding_text import message_of
from cmfw.report.safe_text import shown

COLUMNS = (
    "row", "id", "clients", "peer", "status", "low", "high", "severity", "subject", "message", "flow", "by", "repair",
)  # fmt: skip
_STARTS_FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"
"""Also the wide ones, which a spreadsheet set to Chinese takes alike. Source: OWASP, "CSV Injection"."""


def render(audit: Audit) -> bytes:
    """One line for each feature row and finding. UTF-8 with a mark, without which a spreadsheet guesses another encoding."""
    return b"\xef\xbb\xbf" + csv_text(COLUMNS, rows(audit)).encode("utf-8")


def rows(audit: Audit) -> Iterable[Sequence[str]]:
    """The cells under ``COLUMNS``; several flows, rules or commands of a cell stand behind one another."""
    for row in audit.diagnosis.rows:
        bounds = ("", "") if row.bounds is None else (row.bounds.low.word, row.bounds.high.word)
        flows = "; ".join(blocked.flow.text() for blocked in row.blocking)
        by = "; ".join(dict.fromkeys(ref.origin or ref.id for blocked in row.blocking for ref in blocked.verdict.by))
        repair = "; ".join(row.repair[0].commands) if row.repair else ""
        yield "feature", row.feature, row.clients, row.peer, row.status, *bounds, "", "", row.disabled, flows, by, repair
    for found in audit.diagnosis.findings:
        message = message_of(found, audit.catalog)
        by, repair = "; ".join(found.evidence), "; ".join(found.repair)
        severity = found.severity.value
        yield "finding", found.code, "", "", "", "", "", severity, found.subject, message, found.witness, by, repair


def csv_text(columns: Sequence[str], found: Iterable[Sequence[object]], end: str = "\r\n") -> str:
    """The rows under their columns. Source: RFC 4180."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator=end)
    writer.writerow(columns)
    for row in found:
        writer.writerow([harmless(cell) for cell in row])
    return stream.getvalue()


def harmless(cell: object) -> str:
    """The cell as a spreadsheet shows it; one that it would run as a formula gets a quote in front."""
    text = "" if cell is None else shown(str(cell))
    return f"'{text}" if text.lstrip()[:1] in tuple(_STARTS_FORMULA) else text
