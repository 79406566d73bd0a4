"""The frame around every page: headings in order, and ways that are told apart."""

from __future__ import annotations

from importlib.util import find_spec

import html5lib
import pytest
from tests.conftest import need
from tests.report.readers import levels_left_out
from tests.web.conftest import ORIGIN, SECRET, Browser
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
