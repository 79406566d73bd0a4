"""Blocks as GitHub Flavored Markdown: an answer for an issue, a wiki or the summary of a pipeline, whichever question it is of."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import assert_never

from cmfw.report.blocks import Block, Gap, Heading, Line, Table, Verbatim
from cmfw.report.markdown import code, table, text_of

_BULLETS = ("*", "-")


def markdown_of(blocks: Iterable[Block]) -> str:
    """The blocks as Markdown, ending in a line feed.

    Headings keep their level, lines to be copied are fenced code, and lines that are indented or have a bullet are items of a list.
    """
    parts: list[str] = []
    for kind, group in groupby(blocks, _kind):
        if kind == "code":
            parts.append(code(block.text for block in group if isinstance(block, Verbatim)))
        elif kind == "list":
            parts.append(_items(block for block in group if isinstance(block, Line)))
        else:
            parts += map(_part, group)
    return "\n\n".join(filter(None, parts)) + "\n"


def _kind(block: Block) -> str:
    if isinstance(block, Verbatim):
        return "code"
    return "list" if isinstance(block, Line) and (block.indent or block.mark.strip() in _BULLETS) else ""


def _items(lines: Iterable[Line]) -> str:
    """A list; an item is one level below the nearest item in front of it that is further to the left.

    More blanks than that would make it code. Source: CommonMark 0.31, sections 4.4 and 5.2.
    """
    open_at: list[int] = []
    out = []
    for line in lines:
        while open_at and open_at[-1] >= line.indent:
            open_at.pop()
        mark = "" if line.mark.strip() in _BULLETS else line.mark
        out.append(f"{'  ' * len(open_at)}- {_told(mark + line.text)}")
        open_at.append(line.indent)
    return "\n".join(out)


def _part(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {_told(text)}"
        case Line(text, _, mark, _):
            return _told(mark + text)
        case Table(columns, rows):
            return table(columns, ([(cell,) if isinstance(cell, str) else cell for cell in row] for row in rows))
        case Verbatim(text, _):
            return code([text])
        case Gap():
            return ""
    assert_never(block)


def _told(text: str) -> str:
    """The text on one line: of a text with several only the first would be an item, and a blank in front may mean something."""
    return text_of(" ".join(text.split()))
