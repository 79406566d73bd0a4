"""Console text of PowerShell's firewall cmdlets: ``Format-List`` (the usual view of rules) and ``Format-Table``.

The console cuts: a list shows four items and then ``...``, a table cuts cells and leaves out columns that do not fit, a long value
goes on in the next line. What was cut is not shown, so it proves nothing; a line that went on is put together only where it is
certain how. Property names are English in every language of Windows.

Source: Microsoft, Format-List, Format-Table, $FormatEnumerationLimit; console output in public questions.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, NamedTuple

from cmfw.errors import FormatError, InputError, Problem
from cmfw.ingest import netsh
from cmfw.ingest.evidence import Evidence, ExportedObject
from cmfw.ingest.export_text import MOST_NOTES, head_text, read_text
from cmfw.ingest.input_file import InputFile
from cmfw.ingest.netsec_fields import FREE_TEXTS
from cmfw.ingest.netsec_objects import OTHER, are_known, evidence_of, kind_of
from cmfw.ingest.netsec_words import FIELD_OF
from cmfw.words.phrases import phrase

FORMAT = "ps-text"
_PROPERTY = re.compile(r"^([A-Za-z][A-Za-z0-9_]*) +: ?(.*)$")
"""A blank stands before the colon of even the longest name; netsh writes none, and shares some names."""
_DASHES = re.compile(r"-+")
_RULER = re.compile(r"^\s*-+(?: +-+)+\s*$")
_CUT_MARKS = ("...", "\u2026")
_MOST_LINES = 1_000_000
"""All filters of a machine with 1,500 rules take a third of it."""
_GONE = "System.Object"
"""Stands for a value that was cut; read as the name of a type is."""


def sniff(file: InputFile) -> bool:
    """Whether the first lines are a list of known properties, or the head of a table of them."""
    if file.is_hive or netsh.is_headed(file):
        return False
    lines = head_text(file).splitlines()
    return are_known(found[1] for found in map(_PROPERTY.match, lines) if found) > 0 or any(
        _is_table(lines, at) for at in range(1, len(lines))
    )


def read(file: InputFile) -> tuple[Evidence, ...]:
    """The objects that the text shows.

    Raises:
        FormatError: it has more lines than any machine's export.
        InputError: it is too large, or shows neither rules, filters nor profiles.
    """
    text = read_text(file)
    if text.count("\n") > _MOST_LINES:
        raise FormatError(phrase("more than {most:,} lines", most=_MOST_LINES), source=file.path)
    lines = text.splitlines()
    reader = _Reader(lines, file)
    objects = reader.objects()
    if all(kind_of(one.properties) == OTHER for one in objects):
        raise InputError(Problem(file.path, "rules, filters or profiles", "none of them"))
    return (evidence_of(objects, path=file.path, form=FORMAT, lost=reader.lost),)


class _Line(NamedTuple):
    number: int
    name: str
    value: str


class _Reader:
    """Goes through the lines once; ``lost`` says what could not be told."""

    def __init__(self, lines: list[str], file: InputFile) -> None:
        self.lines = lines
        self.file = file
        self.lost = ""
        self.widest = max(map(_width, lines), default=0)
        """The console's width, where any line filled it."""

    def objects(self) -> list[ExportedObject]:
        out: list[ExportedObject] = []
        at = 0
        while at < len(self.lines):
            if _is_table(self.lines, at + 1):
                found, at = self._table(at)
                out += found
            elif self._starts(at):
                one, at = self._list(at)
                out.append(one)
            else:
                line = self.lines[at].strip()
                if line and not line.startswith(("PS ", ">", "#", "```")):
                    self._note(at, "a property or a row of a table", line)
                at += 1
        return out

    def _note(self, at: int, expected: str, found: str) -> None:
        if len(self.file.problems) < MOST_NOTES:
            self.file.problems.append(Problem(self.file.path, expected, f"`{found[:60]}`", line=at + 1))

    # --- lists ---

    def _starts(self, at: int) -> bool:
        return _PROPERTY.match(self.lines[at]) is not None

    def _list(self, at: int) -> tuple[ExportedObject, int]:
        """The object whose list starts here, and the line behind it."""
        start, column = at, self.lines[at].index(":")
        found: list[_Line] = []
        while at < len(self.lines) and self.lines[at].strip():
            line = self.lines[at]
            name = line[:column].strip()
            if line[column : column + 1] == ":" and re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) and line[:1].strip():
                found.append(_Line(at, name, line[column + 1 :].strip()))
            elif not line[: column + 1].strip() and found:
                last = found.pop()
                found.append(last._replace(value=self._continued(last.value, at, line.strip(), last.name)))
            elif (loose := _PROPERTY.match(line)) is not None:
                found.append(_Line(at, loose[1], loose[2].strip()))
            else:
                self._note(at, "a property", line.strip())
            at += 1
        properties: dict[str, Any] = {}
        for number, name, value in found:
            if name in properties:
                self._note(number, "every property once in an object", name)
                self.lost = self.lost or f"`{name}` stands twice in one object"
                continue
            properties[name] = _value(name, value)
        return ExportedObject(self.file.path, properties, line=start + 1), at

    def _continued(self, before: str, at: int, more: str, name: str) -> str:
        """The value with its next line. A line that fills the console may have been broken anywhere, with a blank or not."""
        full = _width(self.lines[at - 1]) >= self.widest
        if FIELD_OF.get(name.lower(), "id") in FREE_TEXTS or before.endswith((",", "{")) or not full:
            return f"{before} {more}"
        return f"{before}{_CUT_MARKS[0]}"

    # --- tables ---

    def _table(self, at: int) -> tuple[list[ExportedObject], int]:
        """The rows of the table whose head is here, and the line behind them."""
        starts = [found.start() for found in _DASHES.finditer(self.lines[at + 1])]
        names = [name for name in _cells(self.lines[at], starts) if name is not None]
        out = []
        at += 2
        while at < len(self.lines) and self.lines[at].strip():
            cells = _cells(self.lines[at], starts)
            if None in cells or not cells[0] or len(names) != len(starts):
                # a wrapped row, or columns that are not where their heads are
                self._note(at, "cells below their heads", self.lines[at].strip())
                self.lost = self.lost or "rows of a table are not below their heads"
            else:
                properties = {name: _value(name, cell or "") for name, cell in zip(names, cells, strict=True)}
                out.append(ExportedObject(self.file.path, properties, line=at + 1))
            at += 1
        return out, at


def _is_table(lines: list[str], ruler: int) -> bool:
    """Whether the line is the row of dashes under the head of a table of known properties."""
    if not 0 < ruler < len(lines) or not _RULER.match(lines[ruler]):
        return False
    return are_known(lines[ruler - 1].split()) > 0


def _width(line: str) -> int:
    """How many cells of a console the line takes."""
    return len(line) if line.isascii() else sum(map(_cell_width, line))


def _cell_width(char: str) -> int:
    return 2 if unicodedata.east_asian_width(char) in "WF" else 0 if unicodedata.combining(char) else 1


def _cells(line: str, starts: list[int]) -> list[str | None]:
    """The texts between the columns' starts, in cells of the console; None for one that runs over its left edge."""
    if not line.isascii():
        # a wide character takes two cells: a filler after it makes places equal cells
        line = "".join(char + "\0" * (_cell_width(char) - 1) for char in line)
    out: list[str | None] = []
    for start, end in zip(starts, [*starts[1:], len(line)], strict=True):
        runs_over = start > 0 and line[start - 1 : start].strip() != ""
        out.append(None if runs_over else line[start:end].replace("\0", "").strip())
    return out


def _value(name: str, text: str) -> Any:
    """The value as other exports hold it: lists as lists, what the console cut as the name of a type."""
    field = FIELD_OF.get(name.lower())
    if field in FREE_TEXTS:
        return text
    if text.endswith((*_CUT_MARKS, *(mark + "}" for mark in _CUT_MARKS))) or _CUT_MARKS[1] in text:
        return _GONE
    if text[:1] == "{" and text[-1:] == "}" and len(text) > 1:
        return [part.strip() for part in text[1:-1].split(",") if part.strip()]
    return _GONE if text[:1] == "{" else text
