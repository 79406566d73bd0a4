"""One page for each finding code in both languages, with the parts that every page has and the words of the catalog."""

from __future__ import annotations

import pytest
from tests.docs.pages import DOCS, headings, pages_in, title
from tools import finding_pages

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


def test_the_words_are_those_of_the_catalog():
    made = finding_pages.pages()
    stale = [path.name for path, text in made.items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run `python -m tools.pages`"
    # the two indexes, and a page for each code in each language
    assert len(made) == 2 + 2 * len(PAGES)


def test_no_page_is_left_over():
    made = {path.name for path in finding_pages.pages()}
    assert {path.name for path in FOLDER.glob("*.md")} == made


def test_a_chinese_page_is_chinese_and_has_the_example():
    text = (FOLDER / "wsus-pair.zh.md").read_text(encoding="utf-8")
    assert text.startswith("# wsus-pair：WSUS 的两个端口不匹配\n")
    assert "| 严重性 | 错误 |" in text
    assert "sup = { http = 8530, https = 8535 }" in text
    assert "更正站点文件中软件更新点的端口" in text
