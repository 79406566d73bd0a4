"""What anything is about: features, ports, flows, groups, errata, findings, notes and formats of the whole catalog."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cmfw.report.blocks import Block, Gap, Heading, Line, Table, Verbatim
from cmfw.report.explain_view import topic_blocks
from cmfw.report.markup import Content, Markup, element
from cmfw.report.page import between, block, prose, table
from cmfw.report.topics import Topic, find_topics, topics_of
from cmfw.web.desk import Desk
from cmfw.web.exchange import Ask, NotThere, Reply, place, redirect
from cmfw.web.forms import button, labelled, text_input
from cmfw.web.frame import crumbs, framed
from cmfw.web.plan_page import EDITIONS, chosen
from cmfw.words import language, say

_LONGEST = 100
_LINKED = ("feature", "flow", "group", "erratum", "finding")
_STYLES = {"dim": "soft", "strong": "strong", "good": "works", "bad": "broken", "warn": "degraded"}
"""Styles of blocks as classes of the pages."""


def index(desk: Desk, ask: Ask) -> Reply:
    """What a word means, or everything that there is."""
    catalog = desk.whole_catalog
    text = ask.asked("q").strip()[:_LONGEST]
    found, near = find_topics(catalog, text) if text else ([], [])
    if len(found) == 1:
        return redirect(place("explain", found[0].kind, found[0].id))
    field = text_input("q", text, type="search", list="topics")
    search = element(
        "form",
        labelled(say("web.explain.word"), field, say("web.explain.hint")),
        button(say("web.explain.ask")),
        method="get",
        class_="panel",
    )
    inside: list[Content] = [element("h1", say("web.explain.title")), search]
    if text and not found:
        links: list[Content] = [element("a", name, href="/explain?q=" + name) for name in near]
        inside.append(element("p", say("web.explain.nothing", text=text), " ", between(links, ", "), role="alert"))
    inside.append(element("p", element("a", say("web.keys.title"), href="/explain/site-file")))
    inside.append(_listed(found or topics_of(catalog)))
    return framed(ask, say("web.explain.title"), *inside, status=404 if text and not found else 200)


def _listed(topics: list[Topic]) -> Content:
    kinds = dict.fromkeys(topic.kind for topic in topics)
    return [
        element(
            "section",
            element("h2", say(f"explain.kind.{kind}"), id=f"kind-{kind}"),
            element("ul", [_link(one) for one in topics if one.kind == kind], class_="topics"),
            aria_labelledby=f"kind-{kind}",
        )
        for kind in kinds
    ]


def _link(topic: Topic) -> Markup:
    title = topic.title.in_language(language())
    short = title if len(title) <= _LONGEST else title[: _LONGEST - 1].rstrip() + "\u2026"
    told = element("a", short, href=place("explain", topic.kind) + "/" + _path(topic.id))
    return element("li", told, " ", element("code", topic.id, class_="soft"))


def _path(name: str) -> str:
    from urllib.parse import quote

    return quote(name, safe="")


def topic(desk: Desk, ask: Ask) -> Reply:
    """One topic."""
    catalog = desk.whole_catalog
    kind, name = ask.param("kind"), ask.param("id")
    found = next((one for one in find_topics(catalog, f"{kind}:{name}")[0] if (one.kind, one.id) == (kind, name)), None)
    if found is None:
        raise NotThere(name)
    edition = chosen(ask.asked("edition"), EDITIONS)
    links = {one.id: place("explain", one.kind) + "/" + _path(one.id) for one in topics_of(catalog) if one.kind in _LINKED}
    inside = (crumbs((say("web.way.explain"), "/explain")), html_of(topic_blocks(catalog, found, edition), links=links))
    return framed(ask, found.title.in_language(language())[:_LONGEST], *inside)


def site_keys(desk: Desk, ask: Ask) -> Reply:
    """Every key of a site file, with what holds without it."""
    from cmfw.ingest.site_keys import SITE_KEYS

    del desk
    rows: list[list[Content]] = []
    for key in SITE_KEYS:
        words = element("span", ", ".join(key.choices), class_="why") if key.choices else None
        needed = key.default.in_language(language())
        rows.append([element("code", key.path), [key.meaning.in_language(language()), words], element("code", needed)])
    columns = [say("web.keys.key"), say("web.keys.meaning"), say("web.keys.default")]
    inside = (crumbs((say("web.way.explain"), "/explain")), element("h1", say("web.keys.title")), table(columns, rows))
    return framed(ask, say("web.keys.title"), *inside)


def html_of(blocks: list[Block], below: int = 0, links: Mapping[str, str] = MappingProxyType({})) -> list[Markup]:
    """Blocks of words as parts of a page; their headings are so many levels below where they would be alone.

    ``links`` are addresses by id: a cell that ends in such an id leads there, and so do lists of them.
    """
    return [_shown(one, below, links) for one in blocks if not isinstance(one, Gap)]


def _shown(one: Block, below: int, links: Mapping[str, str]) -> Markup:
    match one:
        case Heading(text, level):
            return element(f"h{level + below}", text)
        case Line(text, indent, mark, style):
            named = " ".join(filter(None, (_STYLES.get(style, ""), "in" if indent else "")))
            return element(
                "p", element("b", mark) if mark.strip("-* ") else None, _listed_links(text, links), class_=named or None
            )
        case Verbatim(text, _):
            return block(text)
        case Table(columns, rows, styles):
            coloured = {text: _STYLES.get(style, "") for text, style in styles}
            return table(list(columns), [[_cell(cell, coloured, links) for cell in row] for row in rows], heads=False)
        case Gap():
            return Markup()


def _cell(cell: str | tuple[str, ...], coloured: Mapping[str, str], links: Mapping[str, str]) -> Content:
    if not isinstance(cell, str):
        return between(list(cell), element("br"))
    if cell in coloured:
        return element("span", cell, class_=coloured[cell])
    return _linked(cell, links)


def _linked(text: str, links: Mapping[str, str]) -> Content:
    """The text, as a link where it ends in a known id in parentheses; an id alone may be the name of a row."""
    found = links.get(text.rpartition("(")[2].removesuffix(")")) if text.endswith(")") else None
    return element("a", text, href=found) if found else text


def _listed_links(text: str, links: Mapping[str, str]) -> Content:
    """The text, its parts as links where each of them is a known id, or ends in one."""
    parts = text.split(", ") if links else []
    linked = [element("a", part, href=links[part]) if part in links else _linked(part, links) for part in parts]
    return between(linked, ", ") if linked and all(isinstance(one, Markup) for one in linked) else prose(text)
