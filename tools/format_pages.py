"""The pages of formats in both languages: how each is recognised and made, what it can show, what to know before trusting it.

``python -m tools.pages`` writes the part between the marks, ``tests/docs/test_formats.py`` fails where a page and the code disagree.
"""

from __future__ import annotations

from pathlib import Path

from cmfw.ingest import FORMATS
from cmfw.ingest.format_table import ASPECTS, FormatTable, format_table
from cmfw.words import said_in
from tools.finding_pages import cell, table_of, with_part

DOCS = Path(__file__).resolve().parent.parent / "docs"
MARKS = ("<!-- formats: written by tools/pages.py -->\n", "<!-- end of formats -->\n")
PAGES = ((DOCS / "formats.md", "en"), (DOCS / "formats.zh.md", "zh_CN"))
HEADINGS = {
    "en": ("How to recognise and make them", "What each can show", "Before you trust it"),
    "zh_CN": ("如何识别和生成", "各自能显示什么", "采信之前须知"),
}
COLUMNS = {"en": ("format", "is", "recognised by"), "zh_CN": ("格式", "内容", "识别依据")}
MAKE = {
    "en": "`cmfw explain format:NAME` prints the commands that make such a file.",
    "zh_CN": "`cmfw explain format:NAME` 打印生成这种文件的命令。",
}
BEFORE_A_GAP = {"en": " ", "zh_CN": ""}
"""A full stop of Chinese has no blank behind it."""
WIDTH = 6
"""Formats in one table: more do not fit on a page."""


def pages() -> dict[Path, str]:
    """Both pages as they should be."""
    return {path: with_part(path.read_text(encoding="utf-8"), MARKS, told(lang)) for path, lang in PAGES}


def told(lang: str) -> str:
    """The three sections in one language."""
    tables = [format_table(name) for name in FORMATS]
    known, shown, trusted = HEADINGS[lang]
    rows = [(f"`{t.name}`", cell(said_in(lang, f"format.{t.name}")), cell(recognised(t, lang))) for t in tables]
    parts = [f"## {known}\n", table_of((COLUMNS[lang], *rows)), f"{MAKE[lang]}\n", f"## {shown}\n"]
    parts += [shown_table(tables[first : first + WIDTH], lang) for first in range(0, len(tables), WIDTH)]
    parts.append(f"## {trusted}\n")
    parts += [f"### `{table.name}`\n\n{limits(table, lang)}" for table in tables]
    return "\n".join(parts)


def recognised(table: FormatTable, lang: str) -> str:
    """What the format is known by."""
    return table.recognised_zh_CN if lang == "zh_CN" else table.recognised_en


def shown_table(tables: list[FormatTable], lang: str) -> str:
    """One table with a column for each of the formats."""
    rows = [
        (said_in(lang, f"aspect.{aspect}"), *(said_in(lang, f"shown.{dict(table.shows)[aspect]}") for table in tables))
        for aspect in ASPECTS
    ]
    return table_of(((said_in(lang, "format.column.aspect"), *(f"`{table.name}`" for table in tables)), *rows))


def limits(table: FormatTable, lang: str) -> str:
    """What to know before trusting the format, with the gaps that it becomes."""
    rows = [(limit.zh_CN if lang == "zh_CN" else limit.en, limit.gap) for limit in table.limits]
    return "".join(f"- {text}{f'{BEFORE_A_GAP[lang]}(`{gap}`)' if gap else ''}\n" for text, gap in rows)
