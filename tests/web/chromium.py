"""A person in front of Debian's Chromium: what the page says to the console, and whom it asks, is written down and held against it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from tests.conftest import need
from tests.web.process import Server

from cmfw.report import print_pdf

LONGEST_MS = 20_000
LANGUAGES = {"en": "en-US", "zh_CN": "zh-CN"}
"""Ours -> what the browser asks for."""


@contextmanager
def chromium() -> Iterator[Any]:
    """The browser. INVARIANT: while it runs, its thread has an event loop, so no other may be begun there."""
    need(find_spec("playwright") is not None, "no packages of the extra `browser`")
    program = print_pdf.browser()
    need(program is not None, "no Chromium here")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-quic"])
        yield browser
        browser.close()


class Watch:
    """What a visit did that no page of ours may do."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self.found: list[str] = []

    def page(self, page: Any) -> None:
        """Watch this page, too."""
        page.on("console", lambda said: self._say(said.type, said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self._say("error", str(error)))

    def request(self, asked: Any) -> None:
        """Anything that the browser asks for."""
        parts = urlsplit(asked.url)
        if f"{parts.scheme}://{parts.netloc}" != self._origin and parts.scheme not in ("data", "blob"):
            self._say("request", asked.url)
        if "token=" in asked.headers.get("referer", ""):
            self._say("referer", asked.headers["referer"])

    def _say(self, kind: str, text: str) -> None:
        # a page that says 404 or 422 on purpose is told to the console by the browser itself
        if "the server responded with a status of 4" not in text:
            self.found.append(f"{kind}: {text}")


@contextmanager
def visit(browser: Any, server: Server, lang: str = "en", width: int = 1280, **settings: Any) -> Iterator[Any]:
    """A page of a new visitor, on nothing yet; the visit was clean, or the test fails."""
    watch = Watch(server.origin)
    asked = {"locale": LANGUAGES[lang], "viewport": {"width": width, "height": 900}, "base_url": server.origin, **settings}
    context = browser.new_context(**asked)
    context.set_default_timeout(LONGEST_MS)
    context.on("page", watch.page)
    context.on("request", watch.request)
    try:
        yield context.new_page()
    finally:
        context.close()
    assert watch.found == []
    assert server.complaints() == ""
