"""The recipes are run: their ``console`` blocks print what they show, in one new folder with the files that they name."""

from __future__ import annotations

import re

import pytest
from tests.docs.pages import DOCS, headings, pages_in
from tests.docs.test_verbs import GONE, run_page

FOLDER = DOCS / "recipes"
PAGES = pages_in(FOLDER)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
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


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_recipe_ends_with_a_summary_in_chinese(page):
    assert headings(page)[-1] == "中文摘要"
    summary = page.read_text(encoding="utf-8").partition("## 中文摘要")[2]
    assert len(re.findall(r"[\u4e00-\u9fff]", summary)) > 60


def test_the_index_has_every_recipe():
    linked = re.findall(r"\]\(([^)]+\.md)\)", (FOLDER / "index.md").read_text(encoding="utf-8"))
    assert sorted(linked) == [page.name for page in PAGES]
