"""The pages of the site file: their tables are those of the code in both languages, and their examples are valid site files."""

from __future__ import annotations

import pytest
from tests.conftest import ROOT
from tests.docs.pages import blocks
from tools import site_key_pages

from cmfw.ingest.site import SITE_KEYS, read_site_text

MADE = site_key_pages.pages()
EXAMPLES = [
    (path.relative_to(ROOT).as_posix(), block)
    for path in (*MADE, ROOT / "README.md")
    for block in blocks(path)
    if block.kind == "toml" and "part" not in block.words
]


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.name)
def test_the_table_is_what_the_code_says(path):
    text = path.read_text(encoding="utf-8")
    assert text == MADE[path], "run `python -m tools.pages`"
    assert text.count("\n| `") == len(SITE_KEYS)


def test_both_languages_have_their_page():
    assert [path.name for path in MADE] == ["site-file.md", "site-file.zh.md"]


@pytest.mark.parametrize(("page", "block"), EXAMPLES, ids=[f"{page}:{block.line}" for page, block in EXAMPLES])
def test_the_examples_are_valid(page, block):
    assert read_site_text(block.text, page).code


def test_there_are_examples():
    assert len(EXAMPLES) >= 5
