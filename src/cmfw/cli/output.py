"""How answers look: a few kinds of block, written plainly into files and pipes and by rich on a terminal; JSON beside it.

Plain text is 80 columns wide, counts Chinese characters as two, and is the same on every machine; only a terminal without colours
that is narrower gets less. Characters that would steer a terminal are shown as their numbers (``words.visible``), and no text of a block
can begin a line: a line of its own is a block or a member of a cell.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from cmfw.cli.options import form
from cmfw.report.blocks import Block, Cell, Gap, Heading, Line, Table, Verbatim
from cmfw.words.visible import is_hidden, visible

__all__ = ["Block", "Cell", "Gap", "Heading", "Line", "Table", "Verbatim"]
"""The blocks, which commands take from here together with what shows them."""
WIDTH = 80
NARROWEST = 20
"""Columns below which nothing gets narrower."""

STYLES = {"good": "green", "bad": "bold red", "warn": "yellow", "dim": "dim", "strong": "bold"}


def show(blocks: Iterable[Block], stream: TextIO | None = None) -> None:
    """Write the blocks to stdout: as Markdown where that was asked for, by rich on a terminal, else plainly."""
    out = sys.stdout if stream is None else stream
    if form() == "md":
        from cmfw.report.block_markdown import markdown_of

        out.write(markdown_of(blocks))
    elif not out.isatty():
        out.write(plain(blocks))
    elif os.environ.get("TERM") == "dumb":
        from shutil import get_terminal_size

        out.write(plain(blocks, max(NARROWEST, min(WIDTH, get_terminal_size((WIDTH, 24)).columns))))
    else:
        from cmfw.cli.terminal import show_rich

        show_rich(blocks, out)


def show_json(document: Mapping[str, Any]) -> None:
    """Write one JSON document to stdout, keys in the order of the document: a line for each, and for each row of a list."""
    text = _json_text
    lines = []
    for key, part in document.items():
        is_rows = isinstance(part, list) and len(part) > 0 and isinstance(part[0], (dict, list))
        shown = "[\n" + ",\n".join(f"    {text(row)}" for row in part) + "\n  ]" if is_rows else text(part)
        lines.append(f"  {text(key)}: {shown}")
    sys.stdout.write("{\n" + ",\n".join(lines) + "\n}\n" if lines else "{}\n")


def show_json_lines(rows: Iterable[Mapping[str, Any]]) -> None:
    """Write one JSON object a line to stdout."""
    for row in rows:
        sys.stdout.write(_json_text(row, (",", ":")) + "\n")


def _json_text(part: Any, separators: tuple[str, str] = (", ", ": ")) -> str:
    """JSON on one line, readable in any language; what would steer a terminal is escaped, as JSON allows, and loses nothing."""
    import json

    text = json.dumps(part, ensure_ascii=False, separators=separators)
    if text.isprintable():
        return text
    return "".join(json.dumps(char)[1:-1] if is_hidden(char) else char for char in text)


def show_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write comma-separated rows to stdout; a cell that a spreadsheet would run as a formula gets a quote in front."""
    import csv

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_harmless(cell) for cell in row])


def _harmless(cell: object) -> str:
    text = "" if cell is None else visible(str(cell))
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def width_of(text: str) -> int:
    """How many columns a visible text takes on a terminal.

    Source: Unicode Standard Annex 11 for wide characters; marks that do not take room are of category Mn or Me, and the second and third
    part of a Hangul syllable stand inside its first.
    """
    if text.isascii():
        return len(text)
    try:
        return sum([_widths[char] for char in text])
    except KeyError:
        _widths.update({char: _width(char) for char in set(text) - _widths.keys()})
        return sum([_widths[char] for char in text])


_widths: dict[str, int] = {}
"""The columns of every character that was asked for: a Chinese answer asks for the same few hundred ten thousand times."""


def _width(char: str) -> int:
    from unicodedata import category, east_asian_width

    if char < "\u0300":
        return 1
    if category(char) in ("Mn", "Me") or "\u1160" <= char <= "\u11ff" or "\ud7b0" <= char <= "\ud7fb":
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def wrap(text: str, width: int) -> list[str]:
    """The text, made visible, as lines of at most ``width`` columns; breaks at blanks and between Chinese characters, else in a word."""
    text, width = visible(text), max(width, 4)
    if width_of(text) <= width:
        return [text]
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if line and width_of(line) + width_of(piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece.lstrip() if not line else piece
        while width_of(line.rstrip()) > width:
            cut = _fitting(line, width)
            lines.append(line[:cut])
            line = line[cut:]
    if line.strip() or not lines:
        lines.append(line.rstrip())
    return lines


_NO_START = "，。、；：？！）】》”’%"
"""Characters that do not begin a line in Chinese typesetting."""


def _pieces(text: str) -> list[str]:
    """The text cut where a line may end."""
    pieces: list[str] = []
    start = 0
    for at in range(1, len(text)):
        before, here = text[at - 1], text[at]
        wide = (before > "\u2e7f" or here > "\u2e7f") and not _joins(here)
        if (before == " " and here != " ") or (wide and here not in _NO_START and here != " " and before not in "（《“【"):
            pieces.append(text[start:at])
            start = at
    pieces.append(text[start:])
    return pieces


def _joins(char: str) -> bool:
    """Whether the character belongs to the one in front of it: a mark, a part of a syllable, the skin of an emoji."""
    return width_of(char) == 0 or "\U0001f3fb" <= char <= "\U0001f3ff"


def _fitting(text: str, width: int) -> int:
    """How many characters of the text fit into the width, at least one, and none without its marks."""
    used = 0
    for at, char in enumerate(text):
        used += width_of(char)
        if used > width:
            return max(at, 1)
    return len(text)


def plain(blocks: Iterable[Block], width: int = WIDTH) -> str:
    """The blocks as plain text, ending in a line feed; never two empty lines in a row."""
    lines: list[str] = []
    for block in blocks:
        match block:
            case Heading(text, level):
                new = wrap(text, width)
                if level > 1:
                    new = ["", *new, ("-" if level == 2 else "") * min(max(map(width_of, new)), width)]
            case Line(text, indent, mark, _):
                new = _marked(text, mark, width - indent)
                new = [" " * indent + line for line in new]
            case Verbatim(text, indent):
                new = [" " * indent + visible(text)]
            case Table():
                new = _plain_table(block, width)
            case Gap():
                new = [""]
        lines += [line.rstrip() for line in new]
    kept = [line for i, line in enumerate(lines) if line or (i > 0 and lines[i - 1])]
    return "\n".join(kept).rstrip("\n") + "\n"


LONGEST_HANG = 10
"""A mark wider than this does not push the following lines to the right of it."""


def _marked(text: str, mark: str, width: int) -> list[str]:
    """The text with its mark in front of the first line and the others under the text."""
    mark = visible(mark)
    size = width_of(mark)
    if size <= LONGEST_HANG:
        return [(" " * size if at else mark) + line for at, line in enumerate(wrap(text, width - size))]
    whole = visible(mark + text)
    first = wrap(whole, width)[0]
    # what is left is taken from the text itself: joining lines would put blanks between Chinese characters
    rest = whole[len(first) :].lstrip()
    return [first, *("  " + line for line in wrap(rest, width - 2))] if rest else [first]


def cell_lines(cell: Cell) -> tuple[str, ...]:
    """What a cell holds as visible texts, one for each line that it begins."""
    return (visible(cell),) if isinstance(cell, str) else tuple(map(visible, cell))


def _plain_table(table: Table, width: int) -> list[str]:
    widths = column_widths(table, width)
    if not widths:
        return _records(table, width)
    out = []
    for number, row in enumerate((table.columns, *table.rows)):
        cells = [[line for text in cell_lines(cell) for line in wrap(text, n)] for cell, n in zip(row, widths, strict=True)]
        for at in range(max(map(len, cells))):
            parts = [c[at] if at < len(c) else "" for c in cells]
            out.append("  ".join(p + " " * (size - width_of(p)) for p, size in zip(parts, widths, strict=True)))
        if number == 0:
            out.append("  ".join("-" * size for size in widths))
    return out


def _records(table: Table, width: int) -> list[str]:
    """The table where its columns find no room beside each other: one below the other, an empty line between rows."""
    out: list[str] = []
    for row in table.rows:
        for column, cell in zip(table.columns, row, strict=True):
            for text in filter(None, cell_lines(cell)):
                out += _marked(text, f"{column}: ", width)
        out.append("")
    return out


NARROWEST_COLUMN = 6


def column_widths(table: Table, width: int) -> list[int]:
    """Column widths that fit into ``width``: natural where possible, else columns give way, the widest first; empty where none do.

    A column gives way to where it would cut a word, such as the name of a host, only when all the others have.
    """
    columns = list(zip(table.columns, *table.rows, strict=True))
    lines = [[line for cell in column for line in cell_lines(cell)] for column in columns]
    widths = [max(map(width_of, column)) for column in lines]
    if sum(widths) + 2 * (len(widths) - 1) <= width:
        return widths
    words = [max(width_of(piece.rstrip()) for line in column for piece in _pieces(visible(line))) for column in lines]
    while sum(widths) + 2 * (len(widths) - 1) > width:
        if max(widths) <= NARROWEST_COLUMN:
            return []
        whole = [size > max(word, NARROWEST_COLUMN) for size, word in zip(widths, words, strict=True)]
        widths[max(range(len(widths)), key=lambda at: (whole[at], widths[at]))] -= 1
    return widths
