"""An audit as a workbook for a spreadsheet: the plan as a request to the firewall team, the feature matrix, the findings.

Every cell is text: nothing that a name holds becomes a formula, a link or a number. Needs the extra ``[xlsx]``.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cmfw.errors import MissingExtra
from cmfw.model.plan import PlanItem
from cmfw.report.audit_view import Audit
from cmfw.report.audit_words import reasons, status_words, title_of, title_with_id, verdict
from cmfw.report.cited_place import cited_place
from cmfw.report.finding_text import ORDER, message_of
from cmfw.report.plan_rows import end_name, icmp_text, protocol_name
from cmfw.report.safe_text import shown
from cmfw.report.signs import SIGNS
from cmfw.words import language, say

if TYPE_CHECKING:
    from xlsxwriter import Workbook

_LONGEST = 32_700
"""A cell holds 32,767 characters. Source: Microsoft, "Excel specifications and limits"."""
_EPOCH = datetime(1980, 1, 1)  # noqa: DTZ001 - the file has no zone; the same audit gives the same bytes
_COLOURS = {
    "broken": ("#9c0006", "#ffc7ce"), "degraded": ("#7f4f00", "#ffeb9c"), "unknown": ("#4b2c92", "#e9ddff"),
    "works": ("#006100", "#c6efce"), "disabled": ("#555555", "#eeeeee"),
}  # fmt: skip
_REQUEST = ("from", "from_addresses", "to", "to_addresses", "protocol", "ports", "icmp", "level", "purpose", "source")
_TO_FILL_IN = ("owner", "ticket", "expiry")


def render(audit: Audit) -> bytes:
    """The workbook.

    Raises:
        MissingExtra: where xlsxwriter is not installed.
    """
    try:
        from xlsxwriter import Workbook
    except ImportError as error:
        raise MissingExtra("xlsx", "a workbook") from error
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = Workbook(stream, options)
    book.set_properties({"title": cell_text(verdict(audit)), "created": _EPOCH})
    _sheet(book, "request", [say(f"report.xlsx.{name}") for name in (*_REQUEST, *_TO_FILL_IN)], _requests(audit))
    matrix = [say("report.clients"), *(say(f"audit.column.{name}") for name in ("feature", "peer", "status", "reason"))]
    _sheet(book, "matrix", [*matrix, say("report.code")], _matrix(audit), status_at=3)
    findings = [
        say(f"report.xlsx.{name}") for name in ("severity", "code", "subject", "message", "flow", "repair", "evidence")
    ]
    _sheet(book, "findings", findings, _findings(audit))
    book.close()
    return stream.getvalue()


def _requests(audit: Audit) -> Iterable[Sequence[str]]:
    """One row for each flow of the whole site, as whoever keeps a firewall reads it; three cells are left to fill in."""
    for item in audit.plan.items:
        ends = [(end_name(end), " ".join(end.addresses.texts())) for end in (item.source, item.target)]
        level = say(f"necessity.{item.necessity}") + (f" ({', '.join(item.errata)})" if item.errata else "")
        yield (
            *(text for end in ends for text in end),
            protocol_name(item.protocol),
            (" " + say("or") + " " if item.any_port else " ").join(item.ports.texts()),
            icmp_text(item.icmp) or "",
            level,
            _purpose(audit, item),
            "\n".join(f"{cite.source}: {cited_place(cite.at)}" for cite in item.citations),
            *("" for _ in _TO_FILL_IN),
        )


def _purpose(audit: Audit, item: PlanItem) -> str:
    flow = audit.catalog.flows.get(item.flow)
    what = [] if flow is None else [flow.title.in_language(language())]
    return "\n".join([*what, *(title_of(audit, feature) for feature in item.features)])


def _matrix(audit: Audit) -> Iterable[Sequence[str]]:
    for row in audit.diagnosis.rows:
        title = title_with_id(audit, row.feature)
        told = f"{SIGNS[row.status]} {status_words(row)}"
        yield row.clients, title, row.peer, told, "\n".join(map(shown, reasons(audit, row))), row.status


def _findings(audit: Audit) -> Iterable[Sequence[str]]:
    for found in sorted(audit.diagnosis.findings, key=lambda one: ORDER.index(one.severity)):
        severity, message = say(f"severity.{found.severity.value}"), message_of(found, audit.catalog)
        repair, evidence = ("\n".join(map(shown, texts)) for texts in (found.repair, found.evidence))
        yield severity, found.code, found.subject, message, found.witness, repair, evidence


def _sheet(
    book: Workbook, name: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, status_at: int | None = None
) -> None:
    """A sheet with a head that stays in view, a filter, and a width for each column that fits most of its cells."""
    sheet = book.add_worksheet(say(f"report.xlsx.sheet.{name}"))
    head = book.add_format(
        {"bold": True, "bg_color": "#1f3a5f", "font_color": "#ffffff", "text_wrap": True, "valign": "top"}
    )
    plain = book.add_format({"text_wrap": True, "valign": "top"})
    marked = {word: book.add_format({"font_color": ink, "bg_color": paper, "bold": True, "valign": "top"})
              for word, (ink, paper) in _COLOURS.items()}  # fmt: skip
    widths = [_width(column) for column in columns]
    for at, column in enumerate(columns):
        sheet.write_string(0, at, column, head)
    last = 0
    for last, row in enumerate(rows, 1):
        for at, cell in enumerate(row):
            told = cell_text(cell)
            form: Any = marked.get(row[-1], plain) if at == status_at else plain
            sheet.write_string(last, at, told, form)
            widths[at] = max(widths[at], min(_width(told), 60))
    for at, width in enumerate(widths):
        sheet.set_column(at, at, width + 2)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, last, len(columns) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def cell_text(text: str) -> str:
    """The text as a cell holds it: its lines, each safe to look at; what is too long for a cell ends in a note that says so."""
    told = "\n".join(map(shown, text.split("\n")))
    return told if len(told) <= _LONGEST else f"{told[: _LONGEST - 40]}\u2026 (+{len(told) - _LONGEST + 40})"


def _width(text: str) -> int:
    return max(sum(2 if char > "\u2e7f" else 1 for char in line) for line in text.split("\n"))
