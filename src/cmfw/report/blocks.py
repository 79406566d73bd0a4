"""The few kinds of block that answers in words are made of; each face shows them in its own way."""

from __future__ import annotations

from cmfw.values import value


@value
class Heading:
    """A title; ``level`` 1 is the answer itself, 2 a part of it."""

    text: str
    level: int = 2


@value
class Line:
    """A paragraph, wrapped; ``indent`` counts blanks, ``mark`` stands in front of its first line."""

    text: str
    indent: int = 0
    mark: str = ""
    style: str = ""


@value
class Verbatim:
    """One line to be copied: never wrapped, and changed only where it would steer a terminal."""

    text: str
    indent: int = 4


Cell = str | tuple[str, ...]
"""What stands in one place of a table: a text, or several that begin a line each."""


@value
class Table:
    """Rows under columns; cells wrap. ``styles`` colours cells by their text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    styles: tuple[tuple[str, str], ...] = ()


@value
class Gap:
    """An empty line."""


Block = Heading | Line | Verbatim | Table | Gap
