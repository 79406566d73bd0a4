"""The frame of every page: one file, nothing loaded from anywhere, nothing that runs, readable in light, dark and on paper."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from cmfw import __version__
from cmfw.report.markup import Content, Markup, element, joined
from cmfw.report.signs import SIGNS
from cmfw.words import language, say

_STYLE = Path(__file__).with_name("page.css")


def page(title: str, *inside: Content) -> bytes:
    """The whole file in UTF-8. Its policy forbids scripts and every request, also to those who find a way to put one in."""
    style = _STYLE.read_text(encoding="utf-8")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="generator", content=f"cmfw {__version__}"),
        element("title", title),
        element("style", Markup(style)),
    )
    lang = "zh-CN" if language() == "zh_CN" else "en"
    body = element("body", inside, element("footer", say("report.made_by", version=__version__)))
    return f"<!DOCTYPE html>\n{element('html', head, body, lang=lang)}\n".encode()


def section(name: str, title: str, *inside: Content) -> Markup:
    """A part of the page that can be linked to."""
    return element("section", element("h2", title, id=name), inside, aria_labelledby=name)


def chip(status: str, told: str) -> Markup:
    """A status as shape, word and colour."""
    sign = element("span", SIGNS[status], class_="sign", aria_hidden="true")
    return element("span", sign, " ", told, class_=f"chip {status}")


def table(columns: list[str], rows: list[list[Content]], *, class_: str = "", heads: bool = True) -> Markup:
    """A table that scrolls by itself where it is too wide; the first cell of a row is its heading with ``heads``."""
    head = element("thead", element("tr", [element("th", column, scope="col") for column in columns]))
    body = [element("tr", [_cell(cell, head=heads and at == 0) for at, cell in enumerate(row)]) for row in rows]
    whole = element("table", head, element("tbody", body), class_=class_ or None)
    return element("div", whole, class_="wide", tabindex=0, role="group", aria_label=" / ".join(columns))


def _cell(inside: Content, *, head: bool) -> Markup:
    return element("th", inside, scope="row") if head else element("td", inside)


def code(inside: str) -> Markup:
    """A name, flow or rule as it stands."""
    return element("code", inside)


def prose(text: str) -> Content:
    """A sentence in which what stands in backticks is to be typed, or is shown as it stands."""
    parts = text.split("`")
    return text if len(parts) % 2 == 0 else [code(one) if at % 2 else one for at, one in enumerate(parts)]


def block(*texts: str) -> Markup:
    """Text to be copied, each on a line of its own."""
    from cmfw.report.markup import lines

    return element("pre", element("code", lines(texts)), tabindex=0)


def between(parts: list[Content], mark: str) -> Markup:
    """The parts with the mark between them."""
    return joined([part for at, one in enumerate(parts) for part in ((mark, one) if at else (one,))])
