"""The page of rows played with stand-ins is what a run shows, and leaves no row out."""

from __future__ import annotations

import re
import tomllib

import pytest
from tests.conftest import ROOT
from tests.lab.stand_sites import need_programs
from tools.lab_behaviour_page import PAGE, page_text

BARE = {38, 43, 45, 48, 80, 96}
"""Lines whose exceptions or features have no stand-in: groups of rules, remote assistance, event viewer and its like."""


@pytest.mark.lab
@pytest.mark.debian
@pytest.mark.slow
def test_the_page_is_what_the_stand_ins_did():
    need_programs()
    assert page_text() == PAGE.read_text(encoding="utf-8"), "run python -m tools.lab_behaviour_page"


def test_every_row_of_the_source_page_is_played_or_named():
    facts = tomllib.loads((ROOT / "tests" / "data" / "page_facts.toml").read_text(encoding="utf-8"))
    wanted = {row["line"] for kind in ("row", "exception") for row in facts[kind]}
    text = PAGE.read_text(encoding="utf-8")
    played = {int(line) for line in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}
    named = {int(line) for line in re.findall(r"\d+", text.rpartition("only: lines")[2])}
    assert named == BARE
    assert wanted - played - named == set()
    assert len(played) > 25
