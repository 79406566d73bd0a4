"""The pages of formats: their tables are those of the code, in both languages."""

from __future__ import annotations

import pytest
from tools import format_pages

MADE = format_pages.pages()


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.name)
def test_the_tables_are_what_the_code_says(path):
    assert path.read_text(encoding="utf-8") == MADE[path], "run `python -m tools.pages`"


def test_both_languages_have_their_page():
    assert [path.name for path in MADE] == ["formats.md", "formats.zh.md"]
