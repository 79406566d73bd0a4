"""Target ``request-xlsx``: the rule request as a workbook, for teams that work through a spreadsheet (extra ``xlsx``).

The same rows as ``request``. Every cell is text, so nothing that a name holds becomes a formula or a link.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cmfw.emit import Artifact
from cmfw.emit.crossings import Crossing
from cmfw.emit.network import Found, PathRequest
from cmfw.emit.path_capability import PathCapabilities
from cmfw.emit.rule_request import LOSSES, table
from cmfw.errors import MissingExtra, Unsupported
from cmfw.ingest.request_workbook import read_request_workbook
from cmfw.words.phrases import phrase

if TYPE_CHECKING:
    from xlsxwriter import Workbook

_LONGEST = 32_767
"""Characters of a cell. Source: Microsoft, "Excel specifications and limits"."""
_NO_ROOM = phrase("a cell of a workbook has at most {longest} characters; use `request`", longest=_LONGEST)
CAPABILITIES = PathCapabilities(
    target="request-xlsx",
    title="rule request for a firewall team as a workbook, English and Chinese (extra `xlsx`)",
    checked_by="python-calamine",
    lacks={"room": _NO_ROOM},
    losses=LOSSES,
)
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDEST = 60
_TO_FILL_IN = 3
"""Columns at the end that people fill in where the site file says nothing."""


def emit(request: PathRequest) -> tuple[Artifact, ...]:
    """``cmfw-request.xlsx``; raises MissingExtra without xlsxwriter, Unsupported for a cell that is too long."""
    rows = list(table(request))
    for row in rows:
        if max(map(len, row)) > _LONGEST:
            raise Unsupported(CAPABILITIES.target, row[0], _NO_ROOM)
    return (Artifact("cmfw-request.xlsx", _stored(_workbook(rows)), _TYPE),)


def read_back(artifacts: tuple[Artifact, ...], crossings: Sequence[Crossing]) -> list[Found]:
    """The lines that our own reader finds in what was written; the same for every crossing, because addresses tell them apart."""
    return [read_request_workbook(artifacts[0].content, artifacts[0].path)] * len(crossings)


def _workbook(rows: Sequence[tuple[str, ...]]) -> bytes:
    try:
        from xlsxwriter import Workbook
    except ImportError as error:
        raise MissingExtra("xlsx", phrase("target `{target}`", target=CAPABILITIES.target)) from error
    from datetime import datetime

    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = Workbook(stream, options)
    # the file has no zone; the same request gives the same bytes
    book.set_properties({"title": "cmfw", "created": datetime(1980, 1, 1)})  # noqa: DTZ001
    _sheet(book, rows)
    book.close()
    return stream.getvalue()


def _sheet(book: Workbook, rows: Sequence[tuple[str, ...]]) -> None:
    sheet = book.add_worksheet("cmfw")
    head = book.add_format(
        {"bold": True, "bg_color": "#1f3a5f", "font_color": "#ffffff", "text_wrap": True, "valign": "top"}
    )
    plain = book.add_format({"text_wrap": True, "valign": "top"})
    asked = book.add_format({"text_wrap": True, "valign": "top", "bg_color": "#fff8e1"})
    last = len(rows[0]) - 1
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            form = head if at == 0 else asked if column > last - _TO_FILL_IN else plain
            # the apostrophe of the CSV is for spreadsheets that guess; here nothing is guessed
            sheet.write_string(at, column, cell, form)
    for column in range(last + 1):
        widest = max(_width(row[column]) for row in rows)
        sheet.set_column(column, column, min(max(widest, 8), _WIDEST) + 2)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, len(rows) - 1, last)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _width(text: str) -> int:
    return sum(2 if char > "\u2e7f" else 1 for char in text)


def _stored(content: bytes) -> bytes:
    """The same zip without compression: compressed bytes are others with another zlib."""
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as plain:
        for entry in packed.infolist():
            same = zipfile.ZipInfo(entry.filename, date_time=(1980, 1, 1, 0, 0, 0))
            plain.writestr(same, packed.read(entry))
    return out.getvalue()
