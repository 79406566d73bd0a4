"""The page of the source page's rows is what a run shows, and leaves no row out."""

from __future__ import annotations

import re
import tomllib

import pytest
from tests.conftest import ROOT
from tools.lab_page import PAGE, page_text

pytestmark = pytest.mark.lab


def test_the_page_is_what_the_packets_show():
    assert page_text() == PAGE.read_text(encoding="utf-8"), "run python -m tools.lab_page"


def test_every_row_and_exception_of_the_source_page_is_played():
    facts = tomllib.loads((ROOT / "tests" / "data" / "page_facts.toml").read_text(encoding="utf-8"))
    wanted = {row["line"] for kind in ("row", "exception") for row in facts[kind]}
    assert len(wanted) > 30
    shown = {int(line) for line in re.findall(r"^\| (\d+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)}
    assert wanted - shown == set()
