"""The recipes and guides are run in both languages: their ``console`` blocks print what they show, in one new folder with their files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.docs.pages import CHINESE, DOCS, blocks, chinese_pages_in, pages_in
from tests.docs.test_verbs import assert_shown

FOLDER = DOCS / "recipes"
PAGES, CHINESE_PAGES = pages_in(FOLDER), chinese_pages_in(FOLDER)
GUIDES = [DOCS / name for name in ("tour.md", f"tour{CHINESE}", "installing.md", f"installing{CHINESE}")]


@pytest.mark.parametrize("page", [*PAGES, *CHINESE_PAGES, *GUIDES], ids=lambda p: p.stem)
def test_the_recipe_shows_what_is_printed(page, tmp_path):
    assert_shown(page, tmp_path)


def code_of(page: Path) -> list[tuple[str, ...]]:
    """The files and commands of a page, without what the commands print and without text to be read."""
    found = []
    for block in blocks(page):
        if block.kind == "console":
            found += [(line,) for line in block.text.splitlines() if line.startswith("$ ")]
        elif block.words:
            found.append((block.kind, *block.words, block.text))
    return found


def test_every_recipe_is_there_in_chinese():
    assert [page.name for page in CHINESE_PAGES] == [page.name.replace(".md", CHINESE) for page in PAGES]


@pytest.mark.parametrize("page", [*CHINESE_PAGES, *GUIDES[1::2]], ids=lambda p: p.stem)
def test_the_chinese_page_has_the_same_files_and_commands(page):
    assert code_of(page) == code_of(page.with_name(page.name.replace(CHINESE, ".md")))
    assert len(re.findall(r"[\u4e00-\u9fff]", page.read_text(encoding="utf-8"))) > 150


@pytest.mark.parametrize("index", ["index.md", f"index{CHINESE}"])
def test_the_index_has_every_recipe(index):
    linked = re.findall(r"\]\(([^)]+\.md)\)", (FOLDER / index).read_text(encoding="utf-8"))
    assert sorted(linked) == [page.name for page in PAGES]
