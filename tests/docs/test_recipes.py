"""The recipes are run: their ``console`` blocks print what they show, in one new folder with the files that they name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.docs.pages import CHINESE, DOCS, blocks, chinese_pages_in, pages_in
from tests.docs.test_verbs import GONE, run_page

FOLDER = DOCS / "recipes"
PAGES, CHINESE_PAGES = pages_in(FOLDER), chinese_pages_in(FOLDER)


@pytest.mark.parametrize("page", [*PAGES, *CHINESE_PAGES], ids=lambda p: p.stem)
def test_the_recipe_shows_what_is_printed(page, tmp_path):
    ran = run_page(page, tmp_path)
    assert ran
    for step, code, printed in ran:
        shown = list(step.shown)
        wanted = int(shown.pop().removeprefix("exit ")) if shown and shown[-1].startswith("exit ") else 0
        assert code == wanted, (step.command, printed)
        at, gap = 0, False
        for line in shown:
            if line == GONE:
                gap = True
                continue
            rest = printed[at:] if gap else printed[at : at + 1]
            assert line in rest, f"{step.command}: not printed there: {line}\n" + "\n".join(printed)
            at += rest.index(line) + 1
            gap = False
        assert gap or at == len(printed), f"{step.command}: left out without a sign: {printed[at]}"


def code_of(page: Path) -> list[tuple[str, ...]]:
    """The files and commands of a page, without what the commands print."""
    found = []
    for block in blocks(page):
        if block.kind == "console":
            found += [(line,) for line in block.text.splitlines() if line.startswith("$ ")]
        else:
            found.append((block.kind, *block.words, block.text))
    return found


def test_every_recipe_is_there_in_chinese():
    assert [page.name for page in CHINESE_PAGES] == [page.name.replace(".md", CHINESE) for page in PAGES]


@pytest.mark.parametrize("page", CHINESE_PAGES, ids=lambda p: p.stem)
def test_the_chinese_page_has_the_same_files_and_commands(page):
    assert code_of(page) == code_of(page.with_name(page.name.replace(CHINESE, ".md")))
    assert len(re.findall(r"[\u4e00-\u9fff]", page.read_text(encoding="utf-8"))) > 150


@pytest.mark.parametrize("index", ["index.md", f"index{CHINESE}"])
def test_the_index_has_every_recipe(index):
    linked = re.findall(r"\]\(([^)]+\.md)\)", (FOLDER / index).read_text(encoding="utf-8"))
    assert sorted(linked) == [page.name for page in PAGES]
