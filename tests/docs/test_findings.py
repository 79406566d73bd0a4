"""One page for each finding code, with the parts that every page has."""

from __future__ import annotations

import pytest
from tests.docs.pages import DOCS, headings, pages_in, title

from cmfw.catalog import load

FOLDER = DOCS / "findings"
PAGES = pages_in(FOLDER)


def test_pages_equal_codes():
    assert {page.stem for page in PAGES} == set(load().findings)


def test_the_index_lists_every_page():
    index = (FOLDER / "index.md").read_text(encoding="utf-8")
    assert [page.stem for page in PAGES if f"[`{page.stem}`]({page.name})" not in index] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_page_has_its_parts(page):
    assert title(page).startswith(f"{page.stem}: ")
    assert headings(page) == ["What it means", "Why it hurts", "Example", "Repair", "Source"]
