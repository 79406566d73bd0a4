"""Write the parts of the documentation that follow from the code: site keys, what each format can show, finding codes, verbs.

    python -m tools.pages

``test_site_file.py``, ``test_formats.py``, ``test_findings.py`` and ``test_verbs.py`` in ``tests/docs`` fail where a page and the code disagree.
"""

from __future__ import annotations

from pathlib import Path

from cmfw.ingest import FORMATS
from cmfw.ingest.format_table import ASPECTS, FormatTable, format_table
from cmfw.ingest.site_keys import SITE_KEYS, SiteKey
from cmfw.words import said_in
from tools import finding_pages, verb_pages

PAGE = Path(__file__).resolve().parent.parent / "docs" / "site-file.md"
START, END = "<!-- keys: written by tools/pages.py -->\n", "<!-- end of keys -->\n"
FORMATS_PAGE = PAGE.with_name("formats.md")
FORMAT_MARKS = ("<!-- formats: written by tools/pages.py -->\n", "<!-- end of formats -->\n")
COLUMNS = 6
"""Formats in one table: more do not fit on a page."""
TABLES = ("site[]", "system[]", "clients[]", "clients[].install[]", "clients[].settings", "filter[]", "expect[]")


def table_of(key: SiteKey) -> str:
    """The longest of the page's sections that the key belongs to; empty for the top of the file."""
    inside = [table for table in TABLES if key.path.startswith(f"{table}.")]
    return max(inside, key=len, default="")


def row(key: SiteKey, table: str) -> str:
    """One line of a Markdown table."""
    name = key.path.removeprefix(f"{table}.") if table else key.path
    meaning = key.meaning.en
    if key.choices:
        meaning += ": " + ", ".join(f"`{word}`" for word in key.choices)
    # a pipe would end the cell
    cells = [f"`{name}`", key.kind.replace("_", " "), key.default, meaning]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def key_tables() -> str:
    """All keys as one Markdown table for each table of the file."""
    out = []
    for table in ("", *TABLES):
        keys = [key for key in SITE_KEYS if table_of(key) == table]
        heading = f"`[[{table.removesuffix('[]')}]]`" if table.endswith("[]") else f"`[{table}]`"
        heading = heading.replace("[].", ".") if table else "Top of the file"
        out.append(f"### {heading}\n\n| key | type | default | meaning |\n| --- | --- | --- | --- |\n")
        out += [row(key, table) for key in keys]
        out.append("\n")
    return "".join(out)


def cell(text: str) -> str:
    """A text as a cell of a Markdown table: a pipe would end it."""
    return text.replace("|", "\\|")


def format_tables() -> str:
    """How each format is recognised and made, what each shows, and what to know before trusting it."""
    tables = [format_table(name) for name in FORMATS]
    out = ["## How to recognise and make them\n\n| format | is | recognised by |\n| --- | --- | --- |\n"]
    out += [f"| `{t.name}` | {cell(said_in('en', f'format.{t.name}'))} | {cell(t.recognised_en)} |\n" for t in tables]
    out += ["\n`cmfw explain format:NAME` prints the commands that make such a file.\n\n## What each can show\n"]
    for first in range(0, len(tables), COLUMNS):
        out.append(shown_table(tables[first : first + COLUMNS]))
    out.append("\n## Before you trust it\n")
    for table in tables:
        limits = "".join(f"- {row.en}{f' (`{row.gap}`)' if row.gap else ''}\n" for row in table.limits)
        out.append(f"\n### `{table.name}`\n\n{limits}")
    return "".join(out)


def shown_table(tables: list[FormatTable]) -> str:
    """One table with a column for each of the formats."""
    names = " | ".join(f"`{table.name}`" for table in tables)
    out = [f"\n| | {names} |\n|{' --- |' * (len(tables) + 1)}\n"]
    for aspect in ASPECTS:
        shown = " | ".join(said_in("en", f"shown.{dict(table.shows)[aspect]}") for table in tables)
        out.append(f"| {said_in('en', f'aspect.{aspect}')} | {shown} |\n")
    return "".join(out)


def with_tables(page: str, marks: tuple[str, str] = (START, END)) -> str:
    """The page with its generated part as it should be."""
    before, start, rest = page.partition(marks[0])
    _, end, after = rest.partition(marks[1])
    if not (start and end):
        raise ValueError("the page has lost its markers")
    generated = key_tables() if marks == (START, END) else format_tables() + "\n"
    return f"{before}{marks[0]}\n{generated}{marks[1]}{after}"


if __name__ == "__main__":
    for path, marks in ((PAGE, (START, END)), (FORMATS_PAGE, FORMAT_MARKS)):
        path.write_text(with_tables(path.read_text(encoding="utf-8"), marks), encoding="utf-8", newline="\n")
    for path, text in (finding_pages.pages() | verb_pages.pages()).items():
        path.write_text(text, encoding="utf-8", newline="\n")
