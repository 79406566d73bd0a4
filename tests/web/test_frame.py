"""The frame around every page: headings in order, and ways that are told apart."""

from __future__ import annotations

import re
from importlib.util import find_spec

import html5lib
import pytest
from tests.conftest import need
from tests.report.readers import levels_left_out
from tests.web.conftest import DEMO, ORIGIN, SECRET, Browser
from tests.web.seen_pages import ADDRESSES, MORE, prepare


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Address -> its page, of every page that there is."""
    need(all(map(find_spec, ("starlette", "python_multipart", "anyio", "httpx"))), "no packages of the extra `web`")
    from cmfw.web.app import make_app
    from cmfw.web.desk import Desk
    from cmfw.web.settings import LOOPBACK, Settings, hosts_of

    settings = Settings(
        origin=ORIGIN,
        hosts=hosts_of(LOOPBACK, 8765, tls=False),
        secret=SECRET,
        store=str(tmp_path_factory.mktemp("frame") / "workspaces.sqlite"),
        runs=frozenset({"probe"}),
    )
    browser = Browser(make_app(settings, Desk(settings)))
    run = prepare(browser)
    addresses = (*ADDRESSES.values(), *MORE, run)
    return {one: html5lib.parse(browser.open(one).text, namespaceHTMLElements=False) for one in addresses}


def words_of(node) -> str:
    return " ".join("".join(node.itertext()).split()).casefold()


def test_no_heading_leaves_out_a_level(pages):
    assert {address: found for address, tree in pages.items() if (found := levels_left_out(tree))} == {}


def test_ways_of_one_name_lead_to_one_place(pages):
    wrong = []
    for address, tree in pages.items():
        named: dict[str, set[str]] = {}
        for way in tree.iter("nav"):
            for link in way.iter("a"):
                named.setdefault(words_of(link), set()).add(link.get("href"))
        wrong += [(address, name, found) for name, found in named.items() if len(found) > 1]
    assert wrong == []


def test_a_workspace_is_not_taken_for_a_page(serve):
    browser = serve()
    browser.send("/", {"name": "Site"}, files=[("site", ("s.toml", b'code = "P01"\nsystem = [{ host = "h" }]\n'))])
    tree = html5lib.parse(browser.open("/w/Site/site").text, namespaceHTMLElements=False)
    links = [(words_of(link), link.get("href")) for way in tree.iter("nav") for link in way.iter("a")]
    assert ("site", "/w/Site/site") in links
    assert ("workspace: site", "/w/Site") in links
    assert ("site", "/w/Site") not in links


def typed(tree) -> list[str]:
    """Options of a command that a page tells a reader to use, outside what it shows as typed on a command line."""
    for parent in list(tree.iter()):
        for child in list(parent):
            if child.tag in ("code", "pre"):
                child.clear()
    return re.findall(r"(?<![\w-])--[a-z][a-z-]+", " ".join(tree.find(".//main").itertext()))


def test_nobody_is_told_to_use_an_option_that_a_page_has_not(serve):
    browser = serve(runs=frozenset({"probe"}))
    run = prepare(browser)
    two = b'code = "P05"\nsystem = [{ host = "h" }]\nclients = [{ name = "a", subnets = ["10.1.0.0/24"] }, { name = "b", subnets = ["10.2.0.0/24"] }]\n'
    export = ("c.reg", (DEMO / "client.reg").read_bytes())
    browser.send("/", {"name": "two"}, files=[("site", ("s.toml", two)), ("machine", export)])
    pages = [browser.open(one) for one in ("/w/seen/probe", "/w/seen/plan", "/w/two", "/w/two/m/c", run)]
    pages.append(browser.send("/w/seen/machines", {"subnets": "nothing"}, files=[("machine", export)]))
    pages.append(browser.send("/w/seen/m/client/as", {"as": "nothing"}, follow_redirects=True))
    assert [
        (str(page.url), found) for page in pages if (found := typed(html5lib.parse(page.text, namespaceHTMLElements=False)))
    ] == []
    assert "Stands for: expected a client group or host of the site" in pages[2].text
    assert "Its own subnets: expected a subnet" in pages[-2].text


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_a_reason_of_the_plan_is_filled_in(serve, lang):
    browser = serve(lang=lang)
    browser.send("/demo")
    left_out = browser.open("/w/demo/plan").text.partition('id="omissions"')[2]
    assert "<code>mp.https</code>" in left_out
    assert "{" not in left_out
