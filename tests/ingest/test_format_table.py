"""Every format that is read says what it can show, in both languages."""

from __future__ import annotations

import re

import pytest
from tests.conftest import ROOT

from cmfw.ingest import FORMATS
from cmfw.ingest.format_table import ASPECTS, SHOWS, format_table
from cmfw.words import said_in

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_the_folder_equals_the_table_of_formats():
    folder = ROOT / "src" / "cmfw" / "ingest" / "about"
    assert {path.stem for path in folder.glob("*.toml")} == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_says_what_it_shows(name):
    found = format_table(name)
    assert [aspect for aspect, _ in found.shows] == list(ASPECTS)
    assert found.make
    assert found.limits, "no format shows everything"
    assert found.recognised_en
    assert CHINESE.search(found.recognised_zh_CN)
    for limit in found.limits:
        assert CHINESE.search(limit.zh_CN), limit.en
        assert not CHINESE.search(limit.en)


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_every_aspect_has_words(lang):
    assert all(said_in(lang, f"aspect.{name}") for name in ASPECTS)
    assert all(said_in(lang, f"shown.{name}") for name in SHOWS)


def test_an_unknown_aspect_is_refused(monkeypatch, tmp_path):
    (tmp_path / "about").mkdir()
    text = (ROOT / "src" / "cmfw" / "ingest" / "about" / "wfw.toml").read_text(encoding="utf-8")
    (tmp_path / "about" / "wfw.toml").write_text(text.replace("groups =", "teams ="), encoding="utf-8")
    monkeypatch.setattr("cmfw.ingest.format_table.files", lambda _: tmp_path)
    with pytest.raises(ValueError, match="teams = yes"):
        format_table("wfw")
