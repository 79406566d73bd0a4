"""The documentation as a site: the navigation follows the index pages, and what is wrong with a built page is seen.

The whole site is built and checked by `nox -s docs` and `.ci/run`; here is what that check sees, on pages of a few lines.
"""

from __future__ import annotations

import re

import pytest
from tests.docs.pages import DOCS
from tools import site, site_blocks, site_nav


def flat(nav) -> list[str]:
    """Every page of a navigation, in order."""
    if isinstance(nav, str):
        return [nav]
    return [page for one in (nav.values() if isinstance(nav, dict) else nav) for page in flat(one)]


def test_the_navigation_has_every_page_once():
    pages = flat(site_nav.nav())
    told = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md") if not page.name.endswith(".zh.md")}
    assert sorted(pages) == sorted(told)


def test_a_folder_is_a_section_with_its_index_first():
    (ask,) = [one["Ask"] for one in site_nav.nav() if "Ask" in one]
    (findings,) = [one["Findings"] for one in ask if isinstance(one, dict) and "Findings" in one]
    assert findings[0] == "findings/index.md"
    assert len(findings) > 30


def test_every_section_and_page_of_the_entry_has_a_name_in_chinese():
    names = site_nav.in_chinese()
    sections = [title for one in site_nav.nav() for title in one]
    pages = [name for _, linked in site_nav.sections(DOCS / "index.md") for name in linked.values()]
    assert [title for title in (*sections, *pages) if not re.search(r"[\u4e00-\u9fff]", names.get(title, ""))] == []


def test_both_pages_of_entry_link_the_same():
    ours, theirs = (site_nav.sections(DOCS / name) for name in ("index.md", "index.zh.md"))
    assert [list(pages) for _, pages in ours] == [list(pages) for _, pages in theirs]


OPENINGS = {
    "```toml file site.toml": '```toml title="site.toml"',
    "```powershell rules.ps1": '```powershell title="rules.ps1"',
    "```console exit=1": '```console title="exit=1"',
    "```rules local-subnet=10.2.0.0/24": '```rules title="local-subnet=10.2.0.0/24"',
    "```toml": "```toml",
    "```": "```",
    '```toml title="a.toml"': '```toml title="a.toml"',
    "```one``` in a line": "```one``` in a line",
}


@pytest.mark.parametrize("opening", OPENINGS)
def test_a_block_opens_so_that_the_site_can_read_it(opening):
    assert site_blocks.on_page_markdown(f"a\n\n{opening}\nb\n") == f"a\n\n{OPENINGS[opening]}\nb\n"


GOOD = (
    '<a id="top"></a><a href="#top">a</a><a href="b.html#x">b</a><a href="https://a.example/">c</a><img src="data:,x">'
    '<link rel="canonical" href="https://a.example/"><link rel="stylesheet" href="a.css"><style>p{fill:url(#g)}</style>'
)
FAULTS = {
    '<script src="https://a.example/x.js"></script>': "loads from elsewhere: https://a.example/x.js",
    '<script src="//a.example/x.js"></script>': "loads from elsewhere: //a.example/x.js",
    '<img src="http://a.example/x.png">': "loads from elsewhere: http://a.example/x.png",
    '<link rel="stylesheet" href="https://a.example/x.css">': "loads from elsewhere: https://a.example/x.css",
    '<link rel="preconnect" href="https://a.example">': "loads from elsewhere: https://a.example",
    "<style>@import 'https://a.example/x.css';</style>": "loads from elsewhere: https://a.example/x.css",
    '<p style="background:url(https://a.example/x)">': "loads from elsewhere: https://a.example/x",
    '<form action="https://a.example/"></form>': "loads from elsewhere: https://a.example/",
    '<svg><use xlink:href="https://a.example/x"/></svg>': "loads from elsewhere: https://a.example/x",
    '<img src="gone.png">': "loads what is not there: gone.png",
    '<a href="gone.html">x</a>': "link leads nowhere: gone.html",
    '<a href="b.html#gone">x</a>': "no such place: b.html#gone",
    '<a href="#gone">x</a>': "no such place: #gone",
    '<a href="../outside.html">x</a>': "link leaves the site: ../outside.html",
    "<p>```toml file a.toml\ncode</p>": "blocks that were not read: 1",
}


@pytest.fixture
def built(tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    (tmp_path / "outside.html").write_text("", encoding="utf-8")
    (folder / "b.html").write_text('<p id="x">', encoding="utf-8")
    (folder / "a.css").write_text("p { color: red }", encoding="utf-8")
    site.read_page.cache_clear()
    return folder


def test_a_good_page_has_no_fault(built):
    (built / "a.html").write_text(GOOD, encoding="utf-8")
    assert site.faults(built) == []


@pytest.mark.parametrize("bad", FAULTS)
def test_a_fault_is_seen(built, bad):
    (built / "a.html").write_text(GOOD + bad, encoding="utf-8")
    assert site.faults(built) == [f"a.html: {FAULTS[bad]}"]


def test_a_style_sheet_that_loads_from_elsewhere_is_seen(built):
    (built / "a.css").write_text("@font-face { src: url('https://a.example/f.woff2') }", encoding="utf-8")
    assert site.faults(built) == ["a.css: loads from elsewhere: https://a.example/f.woff2"]


def test_a_site_without_pages_is_a_fault(tmp_path):
    assert site.faults(tmp_path) == [f"{tmp_path}: no pages"]


def test_what_lets_search_run_without_a_server_is_what_was_published():
    from hashlib import sha256

    made = (site.ROOT / "tools" / "site_theme" / "iframe-worker.js").read_bytes()
    assert sha256(made).hexdigest() == "e8e412dbcfea9b7e31b5ffa288d7b6035915e714c542f4176a0cdbe262fc9609"
