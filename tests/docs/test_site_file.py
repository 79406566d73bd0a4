"""The site file's page: its table is that of the code, and its examples are valid site files."""

from __future__ import annotations

import pytest
from tests.conftest import ROOT
from tests.docs.pages import blocks
from tools import pages

from cmfw.ingest.site import read_site_text

EXAMPLES = [
    (path.relative_to(ROOT).as_posix(), block)
    for path in (pages.PAGE, ROOT / "README.md")
    for block in blocks(path)
    if block.kind == "toml" and "part" not in block.words
]


def test_the_table_is_what_the_code_says():
    text = pages.PAGE.read_text(encoding="utf-8")
    assert text == pages.with_tables(text), "run `python -m tools.pages`"


@pytest.mark.parametrize(("page", "block"), EXAMPLES, ids=[f"{page}:{block.line}" for page, block in EXAMPLES])
def test_the_examples_are_valid(page, block):
    assert read_site_text(block.text, page).code


def test_there_are_examples():
    assert len(EXAMPLES) >= 3
