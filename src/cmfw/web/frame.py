"""The frame of every page: head, the way around, the language, and what a browser without scripts does not need."""

from __future__ import annotations

from importlib.resources import files

from cmfw import __version__
from cmfw.report.markup import Content, Markup, element
from cmfw.web.exchange import Ask, Reply, place, with_query
from cmfw.web.forms import button, form
from cmfw.words import language, say

# no styles of its own in the page, no evaluated text, nothing kept of pages behind the user's back
_HTMX = '{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true,"historyCacheSize":0,"refreshOnHistoryMiss":true}'
_OTHER = {"en": ("zh_CN", "zh-CN", "中文"), "zh_CN": ("en", "en", "English")}


def framed(ask: Ask, title: str, *inside: Content, status: int = 200, space: str = "", again_s: int = 0) -> Reply:
    """The page. ``space`` is the workspace that it is of; a browser without scripts asks again after ``again_s``."""
    body = element(
        "body",
        element("a", say("web.skip"), href="#main", class_="skip"),
        element("header", _way(ask, space), class_="bar"),
        element("main", inside, id="main", tabindex=-1),
        element("footer", say("web.footer", version=__version__)),
    )
    lang = "zh-CN" if language() == "zh_CN" else "en"
    whole = element("html", _head(title, again_s), body, lang=lang)
    return Reply(content=f"<!DOCTYPE html>\n{whole}\n".encode(), status=status)


def _head(title: str, again_s: int) -> Markup:
    again = element("noscript", element("meta", http_equiv="refresh", content=again_s)) if again_s else None
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="htmx-config", content=_HTMX),
        element("title", f"{title} - cmfw"),
        element("link", rel="icon", href=static("icon.svg"), type="image/svg+xml"),
        element("link", rel="stylesheet", href=static("page.css")),
        element("link", rel="stylesheet", href=static("web.css")),
        element("script", src=static("htmx.min.js"), defer=True),
        element("script", src=static("web.js"), defer=True),
        again,
    )


def static(name: str) -> str:
    """The address of a file of ours, which changes with its content."""
    from cmfw.web.static_files import version_of

    return f"/static/{version_of(name)}/{name}"


def _way(ask: Ask, space: str) -> Content:
    links = [element("li", element("a", "cmfw", href="/", class_="brand"))]
    if space:
        told, href = up_to(space)
        links.append(link(ask, href, told))
        links += [
            link(ask, place("w", space, name), say(f"web.way.{name}"))
            for name in ("site", "plan", "whatif", "diff", "files", "probe")
        ]
    links.append(link(ask, "/explain", say("web.way.explain")))
    other, code, told = _OTHER[language()]
    query = [pair for pair in ask.query if pair[0] != "lang"]
    # the answer to a form has no address of its own
    path = ask.path if ask.method == "GET" else "/"
    switch = element("a", told, href=with_query(path, *query, ("lang", other)), lang=code, hreflang=code)
    ends: list[Content] = [element("li", switch)]
    if ask.token:
        ends.append(element("li", form("/logout", ask.token, button(say("web.way.logout"), class_="quiet"))))
    return element("nav", element("ul", links), element("ul", ends, class_="ends"), aria_label=say("web.way"))


def link(ask: Ask, href: str, told: str) -> Markup:
    """An item of a list of ways, marked where it is the page itself."""
    return element("li", element("a", told, href=href, aria_current="page" if ask.path == href else None))


def crumbs(*parts: tuple[str, str]) -> Markup:
    """Where the page stands: (words, address) of what is above it."""
    listed = [element("li", element("a", told, href=href)) for told, href in parts]
    return element("nav", element("ol", listed), class_="crumbs", aria_label=say("web.crumbs"))


def up_to(space: str) -> tuple[str, str]:
    """(words, address) of a workspace. Its name alone could be that of a page: people call their workspaces `site`."""
    return say("web.way.space", name=space), place("w", space)


def resource(name: str) -> bytes:
    """A file that the pages use."""
    folder = files("cmfw.report") if name == "page.css" else files("cmfw.web").joinpath("static")
    return folder.joinpath(name).read_bytes()
