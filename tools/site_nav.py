"""The navigation of the documentation site: MkDocs calls this as a hook, so that no list of pages has to be kept beside the pages.

A heading of ``docs/index.md`` is a section with the pages that its table links, in that order; a link to the index of a folder is a
section of its own. The names in Chinese are the headings and links of ``index.zh.md``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent.parent / "docs"
LINK = re.compile(r"^\| [^\[\n]*\[(?P<name>[^\]]+)\]\((?P<target>[^)#:]+\.md)\)", re.MULTILINE)
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
HOME, HOME_IN_CHINESE = "Home", "首页"

Nav = list[Any]
"""What MkDocs calls ``nav``: paths, and ``{title: path}`` or ``{title: nav}``."""


def linked(text: str) -> dict[str, str]:
    """The pages that tables of an index link, the first of each row, with their names there."""
    return {found["target"]: found["name"].strip("`") for found in LINK.finditer(text)}


def sections(index: Path) -> list[tuple[str, dict[str, str]]]:
    """(heading, linked pages) of every part of the index that has any."""
    _, *rest = HEADING.split(index.read_text(encoding="utf-8"))
    found = [(title, linked(text)) for title, text in zip(rest[::2], rest[1::2], strict=True)]
    return [(title, pages) for title, pages in found if pages]


def nav(docs: Path = DOCS) -> Nav:
    """The whole navigation, the page of entry first."""
    parts = sections(docs / "index.md")
    return [{HOME: "index.md"}, *({title: [_entry(docs, *one) for one in pages.items()]} for title, pages in parts)]


def _entry(docs: Path, page: str, name: str) -> dict[str, str | Nav]:
    if not page.endswith("/index.md"):
        return {name: page}
    folder = page.removesuffix("index.md")
    # pages of other folders stand in the navigation once, where they belong
    inside = [one for one in linked((docs / page).read_text(encoding="utf-8")) if "/" not in one]
    return {name: [page, *(folder + one for one in inside)]}


def in_chinese(docs: Path = DOCS) -> dict[str, str]:
    """The names of sections and pages: English to Chinese. ValueError where the two entry pages have different sections."""
    names = {HOME: HOME_IN_CHINESE}
    for (title, pages), (other, theirs) in zip(
        *(sections(docs / name) for name in ("index.md", "index.zh.md")), strict=True
    ):
        names[title] = other
        names |= {name: theirs[page] for page, name in pages.items() if page in theirs}
    return names


def on_config(config: Any) -> Any:
    """Give MkDocs the navigation before it reads the pages."""
    config.nav = nav()
    for language in config.plugins["i18n"].config.languages:
        if language.locale == "zh":
            language.nav_translations = in_chinese()
    return config
