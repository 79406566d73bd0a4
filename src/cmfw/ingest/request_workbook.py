"""Reads back the workbook of a rule request (``emit request-xlsx``): the rows of its first sheet, each of which lets its flow pass.

Only what we write is read: one sheet of texts that are shared by number. Anything else is a problem, and nothing is proved by it.
Source: ECMA-376 part 1, 18.3 (worksheets), 18.4 (shared strings).
"""

from __future__ import annotations

import io
import re

from cmfw.errors import FormatError, Problem
from cmfw.ingest.packet_chains import EITHER
from cmfw.ingest.rule_request import request_lines
from cmfw.ingest.xml_tree import Element, read_xml
from cmfw.model.path import EVERYTHING, PathLine
from cmfw.model.verdict import Answer
from cmfw.words.phrases import phrase

STRINGS, SHEET = "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"
MOST_BYTES = 1 << 26
"""Of one part, so that a small file that unpacks to a large one costs no memory."""
_PLACE = re.compile(r"([A-Z]{1,2})([0-9]{1,7})")


def read_request_workbook(content: bytes, path: str) -> tuple[tuple[PathLine, ...], list[Problem]]:
    """(lines, problems) of a request; where anything was not understood, everything is in doubt."""
    lines: tuple[PathLine, ...] = ()
    try:
        lines, problems = request_lines(_rows(content, path), path)
    except (FormatError, ValueError, KeyError, IndexError) as error:
        problems = [Problem(path, "a workbook as we write it", str(error))]
    doubt = PathLine(answer=Answer.UNKNOWN, flows=EVERYTHING, text="", origin=path, may=EITHER)
    return ((*lines, doubt) if problems else lines), problems


def _rows(content: bytes, path: str) -> list[tuple[int, list[str]]]:
    """The rows of the first sheet with their numbers, every one as long as the first."""
    strings = [_text(one, path) for one in _part(content, STRINGS, path).all("si")]
    sheet = _part(content, SHEET, path)
    data = sheet.find("sheetData") or Element("", 0)
    rows: list[tuple[int, list[str]]] = []
    for row in data.children:
        cells = {_column(cell, row, path): _cell(cell, strings, path) for cell in row.children}
        width = len(rows[0][1]) if rows else max(cells, default=-1) + 1
        if max(cells, default=-1) >= width:
            raise FormatError(phrase("row {number} is longer than the first", number=row.attributes.get("r")), source=path)
        rows.append((int(row.attributes["r"]), [cells.get(at, "") for at in range(width)]))
    return rows


def _part(content: bytes, name: str, path: str) -> Element:
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(name) as stream:
            found = stream.read(MOST_BYTES + 1)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError) as error:
        raise FormatError(f"`{name}`: {error}".lower(), source=path) from error
    if len(found) > MOST_BYTES:
        raise FormatError(phrase("`{name}` has more than {most} bytes", name=name, most=MOST_BYTES), source=path)
    return read_xml(found.decode("utf-8"))


def _text(one: Element, path: str) -> str:
    """The text of a shared string without formats of its own."""
    if [child.name for child in one.children] != ["t"]:
        raise FormatError("a text of several formats", source=path)
    return one.children[0].text


def _column(cell: Element, row: Element, path: str) -> int:
    place = _PLACE.fullmatch(cell.attributes.get("r", ""))
    if cell.name != "c" or row.name != "row" or place is None or place[2] != row.attributes.get("r"):
        raise FormatError(phrase("a cell at `{place}`", place=cell.attributes.get("r")), source=path)
    column = 0
    for letter in place[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1


def _cell(cell: Element, strings: list[str], path: str) -> str:
    if not cell.children:
        return ""
    if cell.attributes.get("t") != "s" or [child.name for child in cell.children] != ["v"]:
        raise FormatError(phrase("a cell that is no text at `{place}`", place=cell.attributes.get("r")), source=path)
    number = int(cell.children[0].text)
    if number < 0:
        raise FormatError(phrase("string {number}", number=number), source=path)
    return strings[number]
