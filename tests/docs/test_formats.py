"""The page of formats: its tables are those of the code."""

from __future__ import annotations

from tools import pages


def test_the_tables_are_what_the_code_says():
    text = pages.FORMATS_PAGE.read_text(encoding="utf-8")
    assert text == pages.with_tables(text, pages.FORMAT_MARKS), "run `python -m tools.pages`"
