"""Every relative link of a Markdown page leads to a file, and every anchor to a heading."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.docs.pages import CHINESE, DOCS

PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\((?P<target>[^)\s]+)\)")


def anchors(path: Path) -> set[str]:
    found = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    broken = []
    for found in LINK.finditer(re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)):
        target, _, anchor = found["target"].partition("#")
        if "://" in target:
            continue
        to = (page.parent / target).resolve() if target else page
        if not to.exists() or (anchor and anchor not in anchors(to)):
            broken.append(found["target"])
    assert broken == []


IMAGE = re.compile(r"!\[(?P<says>[^\]\n]*)\]\((?P<target>[^)\s]+)\)")
LARGEST_PICTURE = 200_000
"""Bytes."""


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_pictures_are_there_are_small_and_say_what_they_show(page):
    for found in IMAGE.finditer(page.read_text(encoding="utf-8")):
        assert (page.parent / found["target"]).stat().st_size < LARGEST_PICTURE, found["target"]
        assert found["says"], found["target"]


def test_every_picture_is_shown_somewhere():
    told = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    pictures = [path.name for path in (DOCS / "pictures").glob("*.png")]
    assert pictures
    assert [name for name in pictures if f"pictures/{name}" not in told] == []


def test_there_are_pages():
    assert len(PAGES) > 20


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda p: p.relative_to(DOCS).as_posix())
def test_every_page_is_linked_from_an_index(page):
    if page.name.endswith(CHINESE):
        # the Chinese page of an English one: the site leads to it wherever the English one is linked
        page = page.with_name(page.name.replace(CHINESE, ".md"))
        assert page.is_file()
    index = page.parent / "index.md" if page.stem != "index" else page.parent.parent / "index.md"
    if page == DOCS / "index.md":
        index = ROOT / "README.md"
    target = page.relative_to(index.parent).as_posix()
    assert f"]({target})" in index.read_text(encoding="utf-8")
