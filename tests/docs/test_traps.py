"""The page of traps names tests that are there."""

from __future__ import annotations

import re

import pytest
from tests.conftest import ROOT
from tests.docs.pages import DOCS

TESTS = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", (DOCS / "traps.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("file", "name"), TESTS, ids=[name for _, name in TESTS])
def test_the_test_of_a_trap_is_there(file, name):
    text = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(rf"^ *def {name}\(", text, re.MULTILINE)


def test_every_row_names_a_test():
    rows = [line for line in (DOCS / "traps.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    assert len(rows) - 2 == len(TESTS)
