"""The blocks of ``output`` on a terminal, with colours and frames by rich. Nothing else imports rich."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from cmfw.cli.output import (
    LONGEST_HANG,
    STYLES,
    Block,
    Cell,
    Gap,
    Heading,
    Line,
    Table,
    Verbatim,
    cell_lines,
    column_widths,
    plain,
    width_of,
)
from cmfw.words.visible import visible


def show_rich(blocks: Iterable[Block], stream: TextIO) -> None:
    """Write the blocks with rich; NO_COLOR and the width of the terminal are rich's own business."""
    console = Console(file=stream, highlight=False, emoji=False, markup=False)
    blank = True
    for block in blocks:
        starts_blank = isinstance(block, Gap) or (isinstance(block, Heading) and block.level > 1)
        if starts_blank and not blank:
            console.print()
        blank = isinstance(block, Gap)
        match block:
            case Heading(text, level):
                console.print(Text(visible(text), "bold underline" if level == 2 else "bold"))
            case Line(text, indent, mark, style):
                front, shown = Text(visible(mark)), Text(visible(text), STYLES.get(style, ""))
                if width_of(front.plain) > LONGEST_HANG:
                    console.print(Padding(front + shown, (0, 0, 0, indent)))
                    continue
                grid = RichTable.grid()
                grid.add_row(front, shown)
                console.print(Padding(grid, (0, 0, 0, indent)))
            case Verbatim(text, indent):
                console.print(Text(" " * indent + visible(text), "cyan"), soft_wrap=True)
            case Table() if column_widths(block, console.width):
                console.print(_table(block))
            case Table():
                # too narrow for its columns: the plain form has one for that
                console.print(Text(plain([block], console.width)))
            case Gap():
                pass


def _table(table: Table) -> RichTable:
    styles = dict(table.styles)
    found = RichTable(*map(visible, table.columns), box=box.SIMPLE_HEAD, pad_edge=False)
    for row in table.rows:
        found.add_row(*(Text("\n".join(cell_lines(cell)), _style(cell, styles)) for cell in row))
    return found


def _style(cell: Cell, styles: dict[str, str]) -> str:
    return STYLES.get(styles.get(cell, ""), "") if isinstance(cell, str) else ""
