"""CSV of PowerShell's firewall cmdlets: ``Export-Csv`` of flattened objects, the lists of Firewall-Manager, bare selections.

Columns are properties; which rules and conditions they show is told from their names, as in JSON. A table without
``Direction`` and ``Action`` is a list of wishes (or of something else) and no machine's state, so it is refused.

Source: RFC 4180, Microsoft, Export-Csv (``#TYPE``, delimiters); MScholtes/Firewall-Manager (layout).
"""

from __future__ import annotations

import csv
import io
from typing import Any

from cmfw.errors import FormatError, InputError, Problem
from cmfw.ingest.evidence import Evidence, ExportedObject
from cmfw.ingest.export_text import MOST_NOTES, MOST_OBJECTS, head_text, read_text
from cmfw.ingest.input_file import InputFile
from cmfw.ingest.netsec_objects import FILTER, OTHER, are_known, evidence_of, kind_of
from cmfw.words.phrases import phrase

FORMAT = "ps-csv"
_DELIMITERS = (",", ";", "\t")


def sniff(file: InputFile) -> bool:
    """Whether the first line, or the second after ``#TYPE``, is a row of property names."""
    return not file.is_hive and b"\0\0" not in file.head[:64] and _header(head_text(file)) is not None


def read(file: InputFile) -> tuple[Evidence, ...]:
    """The rows as objects.

    Raises:
        FormatError: it has more rows than any machine has rules.
        InputError: it is too large, or its rows are neither rules, filters nor profiles.
    """
    text = read_text(file)
    skipped, delimiter = _header(text) or (0, ",")
    reader = csv.reader(
        io.StringIO("".join(text.splitlines(keepends=True)[skipped:]), newline=""), delimiter=delimiter, strict=True
    )
    rows, lost = _rows(reader, skipped, file)
    names = [name.strip().lstrip("\ufeff") for name in rows[0][1]] if rows else []
    kind = kind_of(dict.fromkeys(names, "x"))
    if kind == OTHER or (kind == FILTER and "instanceid" not in {name.lower() for name in names}):
        hint = phrase("a table without them is no export of a machine")
        found = ", ".join(f"`{name}`" for name in names[:5])
        raise InputError(
            Problem(file.path, "columns Direction and Action, or InstanceID", found, line=skipped + 1, hint=hint)
        )
    if len({name.lower() for name in names}) < len(names):
        lost = "a column stands twice"
        file.problems.append(Problem(file.path, "every column once", "one twice", line=skipped + 1))
    objects = []
    for line, cells in rows[1:]:
        if not any(cells):
            continue
        if len(cells) != len(names):
            if len(file.problems) < MOST_NOTES:
                file.problems.append(
                    Problem(file.path, phrase("{count} cells", count=len(names)), f"{len(cells)}", line=line)
                )
            lost = lost or "rows of the table have cells too many or too few"
            continue
        objects.append(ExportedObject(file.path, dict(zip(names, cells, strict=True)), line=line))
    return (evidence_of(objects, path=file.path, form=FORMAT, lost=lost),)


def _rows(reader: Any, skipped: int, file: InputFile) -> tuple[list[tuple[int, list[str]]], str]:
    """((line, cells) of every row, what was lost): behind a quote that is never closed no cell can be trusted."""
    out: list[tuple[int, list[str]]] = []
    line = skipped + 1
    try:
        for cells in reader:
            out.append((line, cells))
            if len(out) > MOST_OBJECTS:
                raise FormatError(phrase("more than {most:,} rows in one table", most=MOST_OBJECTS), source=file.path)
            line = skipped + reader.line_num + 1
    except csv.Error as error:
        file.problems.append(Problem(file.path, "rows of cells", str(error).lower(), line=line))
        return out, f"the table cannot be read from line {line} on"
    return out, ""


def _header(text: str) -> tuple[int, str] | None:
    """(lines before the header, delimiter); None where no line looks like one."""
    lines = text.lstrip("\ufeff").split("\n", 3)
    skipped = 1 if lines[0].startswith("#TYPE") else 0
    if len(lines) <= skipped:
        return None
    best = max(_DELIMITERS, key=lambda mark: _known(lines[skipped], mark))
    return (skipped, best) if _known(lines[skipped], best) else None


def _known(line: str, delimiter: str) -> int:
    names = [name.strip().strip('"').lower() for name in line.strip("\r\n").split(delimiter)]
    return are_known(names) if len(names) > 1 else 0
