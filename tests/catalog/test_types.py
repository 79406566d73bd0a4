"""What the catalog says of documents is in both languages; only what a document calls itself may stay in one."""

from __future__ import annotations

import re

from cmfw.catalog import PACKS, load

CATALOG = load([*PACKS])
_WORDS = re.compile(r"[A-Za-z]*[a-z]{2}")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
OWN_TITLES = {"page-2016", "push-list", "push-samba"}
"""Documents without an address that have a title all the same."""


def test_what_is_printed_and_effective_is_in_both_languages():
    texts = [text for erratum in CATALOG.errata.values() for text in (erratum.printed, erratum.effective)]
    assert len(texts) > 20
    assert [text.en for text in texts if _WORDS.search(text.en) and not _CHINESE.search(text.zh_CN)] == []
    assert [text.en for text in texts if _CHINESE.search(text.en)] == []


def test_what_has_no_title_is_described_in_both_languages():
    same = {source.id for source in CATALOG.sources.values() if not source.url and source.title.en == source.title.zh_CN}
    assert same <= OWN_TITLES


def test_a_title_of_a_chinese_edition_is_chinese():
    halves = [source.title for source in CATALOG.sources.values() if source.title.en != source.title.zh_CN]
    assert len(halves) > 10
    assert [title.zh_CN for title in halves if not _CHINESE.search(title.zh_CN)] == []
    assert [title.en for title in halves if _CHINESE.search(title.en)] == []
