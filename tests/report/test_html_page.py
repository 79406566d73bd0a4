"""The page is HTML without a fault, holds everything in itself, and opens every cell into proof, repair and source."""

from __future__ import annotations

import re
from dataclasses import replace

import html5lib
import pytest
from tests.report.audits import demo, named
from tests.report.readers import levels_left_out

from cmfw import words
from cmfw.report.html_page import PARTS, render

SVG = "{http://www.w3.org/2000/svg}"


def tree_of(data: bytes):
    return html5lib.parse(data, namespaceHTMLElements=False)


def text_of(node) -> str:
    return " ".join("".join(node.itertext()).split())


@pytest.mark.parametrize("lang", words.LANGUAGES)
@pytest.mark.parametrize("name", ["", "</title><b>\u202e&amp;\"'"], ids=["example", "odd names"])
def test_a_reader_by_others_finds_no_fault(name, lang):
    words.choose(lang)
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(render(named(name) if name else demo()))
    assert parser.errors == []


def test_the_reader_would_find_one():
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(render(demo()).replace(b"</table>", b"</tabel>", 1))
    assert parser.errors


def test_no_heading_leaves_out_a_level():
    assert levels_left_out(tree_of(render(demo()))) == []
    assert levels_left_out(tree_of(b"<h1>a</h1><h2>b</h2><h4>c</h4>")) == ["h4 c"]


def test_nothing_runs_and_nothing_is_loaded():
    made = render(demo()).decode()
    assert 'content="default-src &#x27;none&#x27;; style-src ' in made
    assert re.findall(r"<(?:script|link|img|iframe|object|embed|form|input|base)\b", made) == []
    assert re.findall(r"""\son\w+=|javascript:|url\((?!#)|@import|src=""", made) == []


def test_ids_are_unique_and_every_link_inside_leads_to_one():
    tree = tree_of(render(demo()))
    ids = [node.get("id") for node in tree.iter() if node.get("id")]
    assert len(ids) == len(set(ids))
    inside = [node.get("href")[1:] for node in tree.iter("a") if node.get("href").startswith("#")]
    assert set(PARTS) <= set(inside) <= set(ids)


def test_the_style_that_the_policy_allows_is_the_style():
    from base64 import b64encode
    from hashlib import sha256

    tree = tree_of(render(demo()))
    style = next(tree.iter("style")).text
    policy = next(node.get("content") for node in tree.iter("meta") if node.get("http-equiv"))
    assert b64encode(sha256(style.encode()).digest()).decode() in policy


def test_a_cell_tells_its_status_by_shape_and_word_and_leads_to_the_story():
    words.choose("en")
    tree = tree_of(render(demo()))
    matrix = tree.find(".//table[@class='matrix']")
    cells = {text_of(row.find("th")): row.find("td/a") for row in matrix.iter("tr") if row.find("td") is not None}
    assert text_of(cells["Client Push Installation"]) == "\u2716 broken"
    assert text_of(cells["Remote Control"]) == "\u2714 works"
    assert text_of(cells["Client Notification"]) == "\u25b2 degraded"
    story = tree.find(f".//*[@id='{cells['Client Notification'].get('href')[1:]}']")
    told = text_of(story)
    assert "out tcp 10.30.0.1:50000 > 10.20.1.10:10123" in told
    assert "v2.10|Action=Block|Active=TRUE|Dir=Out|" in told
    assert "Disable-NetFirewallRule -Name '{5C90E6A2-8D13-4F7B-B2A4-D36E1F08C7A5}'" in told
    assert "prefer(notify_tcp, mp_http or mp_https)" in told
    push = text_of(tree.find(f".//*[@id='{cells['Client Push Installation'].get('href')[1:]}']"))
    assert "Works now instead" in push
    assert "line 117" in push
    assert "erratum E12" in push


def test_the_map_has_an_edge_of_every_kind_that_there_is():
    tree = tree_of(render(demo()))
    drawing = tree.find(f".//{SVG}svg[@role='img']")
    kinds = {node.get("class") for node in drawing.iter(f"{SVG}line")}
    assert kinds == {"edge allowed", "edge blocked"}
    titles = [text_of(node) for node in drawing.iter(f"{SVG}title")]
    assert any("10123" in title and title.startswith("blocked") for title in titles)


def test_the_ledger_names_files_hashes_and_what_was_not_understood():
    from cmfw.errors import Problem

    words.choose("en")
    audit = demo()
    source = replace(audit.state.sources[0], sha256="ab" * 32)
    state = replace(audit.state, sources=(source,))
    engine = type(audit.engine)(state)
    problem = Problem("client.reg", "a rule", "`Novel=7`", key="KEY\\V", line=9)
    told = text_of(tree_of(render(replace(audit, engine=engine, problems=(problem,)))))
    assert "ab" * 32 in told
    assert "Not understood (1)" in told
    assert "client.reg:9: KEY\\V: expected a rule, found `Novel=7`" in told
    assert "no_gpo_source" in told


def test_a_machine_with_another_firewall_is_undecided_and_not_scored():
    from cmfw.model.site import Product
    from cmfw.report.audit_view import make_audit

    words.choose("en")
    base = demo()
    site = replace(base.site, clients=(replace(base.site.clients[0], product=Product.OTHER),))
    tree = tree_of(render(make_audit(base.catalog, site, base.state, None)))
    assert {node.get("class") for node in tree.find(f".//{SVG}svg[@role='img']").iter(f"{SVG}line")} == {"edge undecided"}
    assert "Another firewall product decides" in text_of(tree)
    assert tree.find(".//meter") is None
