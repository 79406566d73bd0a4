"""The feature pages are run: what they say of a flow is held against the plan and the engine.

A page has a ``toml`` block (a whole site file) and ``flows`` blocks after it, one line per flow::

    FLOW TEXT -> needed | not needed              against the plan of the site
    FLOW TEXT -> allow | block | unknown          against the rules of the ``rules`` block before it

The Chinese pages have the same blocks (test_chinese_pages.py), so that what holds for one holds for both.

``needed``: the plan asks for every flow that the line says (parts that it leaves out do not count); ``not needed``: for
none of them. A ``rules`` block holds rule strings; ``local-subnet=CIDR`` behind the word gives the host's own subnet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
from tests.docs.pages import CHINESE, DOCS, Block, blocks, chinese_pages_in, headings, pages_in, title

from cmfw.catalog import PACKS, load
from cmfw.engine.exact import Engine
from cmfw.ingest.rulestring import parse_rule
from cmfw.ingest.site import read_site_text
from cmfw.model.plan import Plan
from cmfw.model.rule import canonical_program
from cmfw.model.state import HostState
from cmfw.net.addr import AddrSet
from cmfw.net.atoms import Atoms
from cmfw.net.flow import ALL_PRINCIPALS, ALL_PROFILES, Direction
from cmfw.net.flowquery import Names, parse_flow
from cmfw.net.flowset import FlowSet
from cmfw.net.flowtext import FlowParts, parse_parts
from cmfw.resolve import resolve

FOLDER = DOCS / "features"
PAGES = pages_in(FOLDER)
NEEDS = ("needed", "not needed")
ANSWERS = ("allow", "block", "unknown")
NAMES = Names(canonical=canonical_program)
"""Nobody is usual: a page that leaves the program out means every one."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a ``flows`` block with the blocks that it is about."""

    page: Path
    number: int
    flow: str
    claim: str
    site: str
    rules: Block | None


def lines(page: Path) -> Iterator[Line]:
    site, rules = "", None
    for block in blocks(page):
        match block.kind:
            case "toml":
                site, rules = block.text, None
            case "rules":
                rules = block
            case "flows":
                for number, text in block.lines():
                    flow, arrow, claim = text.rpartition(" -> ")
                    assert arrow, f"{page.name}:{number}: expected `FLOW -> CLAIM`"
                    yield Line(page, number, flow.strip(), claim.strip(), site, rules)


LINES = [line for page in PAGES for line in lines(page)]


@cache
def plan_of(site: str) -> Plan:
    found = read_site_text(site, "page.toml")
    return resolve(load(found.packs), found)


def widened(wanted: FlowSet, said: FlowParts) -> FlowSet:
    """What the plan asks for, with every part free that the line does not say."""
    free = {}
    if said.profile is None:
        free["profile"] = ALL_PROFILES
    if said.program is None:
        free |= {"program": Atoms.ANY, "principal": ALL_PRINCIPALS}
    if said.service is None:
        free["service"] = Atoms.ANY
    return FlowSet.of(replace(box, **free) for box in wanted)


def asked_for(plan: Plan, said: FlowParts) -> FlowSet:
    end = "from" if said.direction is Direction.OUT else "to"
    out = FlowSet.EMPTY
    for item in plan.items:
        if end in item.decides:
            out |= widened(item.flows_at(end), said)
    return out


def host(rules: Block) -> HostState:
    found = []
    for number, text in rules.lines():
        rule, problems = parse_rule(text, id=f"line-{number}")
        assert rule is not None, f"line {number}: {problems}"
        assert problems == (), f"line {number}: {problems}"
        found.append(rule)
    subnets = [word.removeprefix("local-subnet=") for word in rules.words]
    return HostState(rules=tuple(found), local_subnets=AddrSet.parse(*subnets) if subnets else None)


@pytest.mark.parametrize("line", LINES, ids=lambda x: f"{x.page.stem}:{x.number}: {x.flow} -> {x.claim}")
def test_what_the_page_says_of_a_flow(line):
    said = parse_parts(line.flow)
    flows = parse_flow(line.flow, NAMES).flows
    if line.claim in NEEDS:
        wanted = asked_for(plan_of(line.site), said)
        if line.claim == "needed":
            assert flows <= wanted, f"the plan lacks {(flows - wanted).witness().text()}"
        else:
            both = flows & wanted
            assert both.is_empty, f"the plan has {both.witness().text()}"
    else:
        assert line.claim in ANSWERS
        assert line.rules is not None, "a rules block has to stand before"
        assert Engine(host(line.rules)).verdict(flows).answer == line.claim


WHOLE_PACKS = ("server", "environment")
"""Packs with one page for all of their ids."""


def beyond(pack: str) -> set[str]:
    """The features that a pack adds."""
    return load((pack,)).features.keys() - load().features.keys()


def test_pages_equal_the_features_of_the_catalog():
    single = set(load().features).union(*(beyond(pack) for pack in PACKS if pack not in WHOLE_PACKS))
    assert {page.stem for page in PAGES} == single | set(WHOLE_PACKS)


@pytest.mark.parametrize("pack", WHOLE_PACKS)
def test_the_page_of_a_pack_names_every_id(pack):
    text = (FOLDER / f"{pack}.md").read_text(encoding="utf-8")
    assert [key for key in sorted(beyond(pack)) if f"| `{key}` |" not in text] == []


@pytest.mark.parametrize("pack", WHOLE_PACKS)
def test_the_chinese_page_of_a_pack_has_the_titles_of_the_catalog(pack):
    text = (FOLDER / f"{pack}{CHINESE}").read_text(encoding="utf-8")
    titles = {key: feature.title.zh_CN for key, feature in load((pack,)).features.items() if key in beyond(pack)}
    assert [key for key, told in titles.items() if f"| `{key}` | {told} |" not in text] == []


def test_every_page_is_there_in_chinese():
    assert [page.name for page in chinese_pages_in(FOLDER)] == [page.name.replace(".md", CHINESE) for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_chinese_page_is_headed_by_the_title_of_the_catalog_and_the_english_one(page):
    """So that nobody takes one of two titles that look alike for the other."""
    chinese = page.with_name(page.name.replace(".md", CHINESE))
    if page.stem not in WHOLE_PACKS:
        assert title(chinese) == f"{load(PACKS).features[page.stem].title.zh_CN} (`{page.stem}`)"
    _, _, english, *_ = chinese.read_text(encoding="utf-8").splitlines()
    assert english == f"英文：{title(page).partition(' (')[0]}"


@pytest.mark.parametrize("pack", WHOLE_PACKS)
def test_the_page_of_a_pack_has_a_line_for_every_flow(pack):
    """What a site of that page plans for a feature of the pack is met by some line."""
    said = [x for x in lines(FOLDER / f"{pack}.md") if x.claim == "needed"]
    plan = plan_of(said[0].site)
    asked = [(parse_parts(x.flow), parse_flow(x.flow, NAMES).flows) for x in said]
    silent = set()
    for flow in {item.flow for item in plan.items if beyond(pack) & set(item.features)}:
        items = [(item, end) for item in plan.items if item.flow == flow for end in item.decides]
        if all((flows & widened(item.flows_at(end), parts)).is_empty for item, end in items for parts, flows in asked):
            silent.add(flow)
    assert silent == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_page_says_what_is_needed_and_what_is_not(page):
    claims = {line.claim for line in lines(page)}
    assert set(NEEDS) <= claims


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_page_has_the_usual_parts(page):
    assert headings(page)[:2] == ["What it does", "Which traffic it needs"]
    assert "Source" in headings(page)


def test_both_indexes_have_every_page():
    for name in ("index.md", "index.zh.md"):
        linked = re.findall(r"\]\((\w+\.md)\)", (FOLDER / name).read_text(encoding="utf-8"))
        assert sorted(set(linked)) == [page.name for page in PAGES], name
