"""The translators' page: its terms are those of the source page and of our own words, and its example is a message that exists."""

from __future__ import annotations

import re

import pytest
from tests.docs.pages import DOCS
from tools import words as catalogs

PAGE = (DOCS / "translating.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| the page, lines? (\d+)(?: and (\d+))? \|$", re.MULTILINE)


@pytest.mark.corpus
def test_the_terms_stand_where_the_page_is_cited(corpus):
    lines = (
        (corpus.parent / "reference" / "clients-firewall-ports-zh-CN-2016-09-02.md").read_text(encoding="utf-8").splitlines()
    )
    rows = ROW.findall(PAGE)
    assert len(rows) > 20
    wrong = []
    for english, chinese, first, second in rows:
        cited = "".join(lines[int(at) - 1] for at in (first, second) if at)
        wrong += [(english, term) for term in chinese.split("，") if term not in cited]
    assert wrong == []


def test_every_term_is_one_that_we_use():
    from cmfw.catalog import PACKS, load

    catalog = load(PACKS)
    texts = [
        str(m.string)
        for area in catalogs.ALL_AREAS
        for m in catalogs.messages(catalogs.translation_of(area, "zh_CN")).values()
    ]
    rows = (*catalog.features.values(), *catalog.findings.values(), *catalog.groups.values(), *catalog.flows.values())
    used = "\n".join([*texts, *(row.title.zh_CN for row in rows), *(note.text.zh_CN for note in catalog.notes.values())])
    terms = [
        term
        for row in re.findall(r"^\| [^|]+ \| ([^|]+) \| [^|]+ \|$", PAGE, re.MULTILINE)
        for term in re.split("[，、]", row)
    ]
    assert [
        term for term in terms if re.search(r"[\u4e00-\u9fff]", term) and term.removesuffix("配置文件") not in used
    ] == []


def test_the_example_is_a_message_as_it_stands():
    example = re.search(r"```po\n(.*?)```", PAGE, re.DOTALL)
    assert example
    assert example[1] in catalogs.translation_of("audit", "zh_CN").read_text(encoding="utf-8")
