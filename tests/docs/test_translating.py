"""The translators' page in both languages: its terms are those of the source page and of our own words, and its example is a message that exists."""

from __future__ import annotations

import re

import pytest
from tests.docs.pages import CHINESE, DOCS
from tools import words as catalogs

PAGES = {name: (DOCS / name).read_text(encoding="utf-8") for name in ("translating.md", f"translating{CHINESE}")}
PAGE = PAGES["translating.md"]
CITED = r"(?:the page, lines? (?P<first>\d+)(?: and (?P<second>\d+))?|来源页面，第 (?P<one>\d+)(?: 和 (?P<other>\d+))? 行)"
ROW = re.compile(rf"^\| ([^|]+) \| ([^|]+) \| {CITED} \|$", re.MULTILINE)


def cited_rows(page: str) -> list[tuple[str, str, str, str]]:
    """(English, Chinese, line of the source page, another one or nothing) of every term of the source page."""
    rows = ROW.finditer(page)
    return [(row[1], row[2], row["first"] or row["one"], row["second"] or row["other"] or "") for row in rows]


@pytest.mark.corpus
def test_the_terms_stand_where_the_page_is_cited(corpus):
    lines = (
        (corpus.parent / "reference" / "clients-firewall-ports-zh-CN-2016-09-02.md").read_text(encoding="utf-8").splitlines()
    )
    rows = cited_rows(PAGE)
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
    texts += [row.title.zh_CN for row in rows]
    texts += [found.message.zh_CN for found in catalog.findings.values()]
    used = "\n".join([*texts, *(note.text.zh_CN for note in catalog.notes.values())])
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


def test_both_pages_have_the_same_terms():
    english, chinese = (cited_rows(page) for page in PAGES.values())
    assert english == chinese
    terms = [
        re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$", page.rpartition("| --- |\n")[2], re.MULTILINE)
        for page in PAGES.values()
    ]
    assert terms[0] == terms[1]
