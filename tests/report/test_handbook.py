"""The handbook holds the whole catalog: every row with its place, every erratum, every group, every step, in both languages."""

from __future__ import annotations

import re

import html5lib
import pytest
from tests.report.readers import levels_left_out

from cmfw import words
from cmfw.catalog import PACKS, load
from cmfw.catalog.types import Catalog
from cmfw.report.cited_place import cited_place
from cmfw.report.handbook import render_handbook

CATALOG: Catalog = load(PACKS)


def told(lang: str, edition: str = "current"):
    words.choose(lang)
    return html5lib.parse(render_handbook(CATALOG, edition), namespaceHTMLElements=False)


def text_of(node) -> str:
    return " ".join("".join(node.itertext()).split())


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_a_reader_by_others_finds_no_fault_and_links_lead_somewhere(lang):
    words.choose(lang)
    parser = html5lib.HTMLParser(strict=False, tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
    tree = parser.parse(render_handbook(CATALOG, "current"))
    assert parser.errors == []
    ids = [node.get("id") for node in tree.iter() if node.get("id")]
    assert len(ids) == len(set(ids))
    assert levels_left_out(tree) == []
    assert {n.get("href")[1:] for n in tree.iter("a") if n.get("href").startswith("#")} <= set(ids)


@pytest.mark.parametrize("lang", words.LANGUAGES)
@pytest.mark.parametrize("edition", ["2016", "current"])
def test_every_row_of_the_catalog_is_in_it(lang, edition):
    tree = told(lang, edition)
    articles = {node.find("h3").get("id").removeprefix("feature-"): node for node in tree.iter("article")}
    assert set(articles) == set(CATALOG.features)
    missing = []
    for row in CATALOG.requirements.values():
        if edition in row.level:
            text = text_of(articles[row.feature])
            where = f"{cited_place(row.cite.at)} ({row.cite.as_of})"
            title = CATALOG.flows[row.flow].title.in_language(lang)
            missing += [
                row.id for one in (row.id.removeprefix(f"{row.feature}."), where, title) if " ".join(one.split()) not in text
            ]
    assert missing == []


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_errata_groups_sources_and_steps(lang):
    text = text_of(told(lang))
    wanted = [f"{e.id}{words.said_in(lang, 'colon')}{e.title.in_language(lang)}" for e in CATALOG.errata.values()]
    wanted += [e.reason.in_language(lang) for e in CATALOG.errata.values()]
    wanted += [part.in_language(lang) for e in CATALOG.errata.values() for part in (e.printed, e.effective)]
    wanted += [g.resource for g in CATALOG.groups.values()] + [s.title.in_language(lang) for s in CATALOG.sources.values()]
    wanted += [n.text.in_language(lang) for n in CATALOG.notes.values() if n.kind in ("step", "steps", "procedure")]
    wanted += [step.in_language(lang) for f in CATALOG.features.values() for step in f.steps]
    assert len(wanted) > 60
    assert [one for one in wanted if " ".join(one.split()) not in text] == []


def test_every_port_is_in_the_table_of_ports():
    tree = told("en")
    found = tree.find(".//section[@aria-labelledby='ports']").iterfind(".//tbody/tr/th/code")
    table = "; ".join(map(text_of, found))
    ports = {p for r in CATALOG.requirements.values() if "current" in r.level for p in CATALOG.flows[r.flow].default}
    assert len(ports) > 20
    assert [port for port in ports if not re.search(rf"\b{re.escape(port)}\b", table)] == []


def test_a_feature_is_drawn():
    svg = "{http://www.w3.org/2000/svg}"
    tree = told("en")
    article = next(node for node in tree.iter("article") if node.find("h3").get("id") == "feature-client_push")
    drawing = next(article.iter(f"{svg}svg"))
    assert {node.get("class") for node in drawing.iter(f"{svg}line")} >= {"edge required"}
    assert "tcp 445" in text_of(drawing)
