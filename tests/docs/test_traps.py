"""The page of traps names tests that are there, the same in both languages."""

from __future__ import annotations

import re

import pytest
from tests.conftest import ROOT
from tests.docs.pages import CHINESE, DOCS

PAGES = {name: (DOCS / name).read_text(encoding="utf-8") for name in ("traps.md", f"traps{CHINESE}")}
NAMED = {name: re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", page) for name, page in PAGES.items()}
TESTS = NAMED["traps.md"]


@pytest.mark.parametrize(("file", "name"), TESTS, ids=[name for _, name in TESTS])
def test_the_test_of_a_trap_is_there(file, name):
    text = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(rf"^ *def {name}\(", text, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_every_row_names_a_test(page):
    rows = [line for line in PAGES[page].splitlines() if line.startswith("| ")]
    assert len(rows) - 2 == len(NAMED[page])


def test_both_languages_name_the_same_tests():
    assert NAMED[f"traps{CHINESE}"] == TESTS
