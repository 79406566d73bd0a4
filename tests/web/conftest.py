"""The web face without a socket: a browser that asks the application itself, keeps cookies and fills in forms."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROOT, need

DEMO = ROOT / "src" / "cmfw" / "demo"
ORIGIN = "http://127.0.0.1:8765"
SECRET = "a secret of this test"


@pytest.fixture
def settings(tmp_path: Path) -> Any:
    """A server on loopback with workspaces of its own."""
    need(all(map(find_spec, ("starlette", "python_multipart", "anyio", "httpx"))), "no packages of the extra `web`")
    from cmfw.web.settings import LOOPBACK, Settings, hosts_of

    return Settings(
        origin=ORIGIN,
        hosts=hosts_of(LOOPBACK, 8765, tls=False),
        secret=SECRET,
        store=str(tmp_path / "workspaces.sqlite"),
    )


class Browser:
    """Asks an application. ``open`` and ``send`` give the answer as httpx has it."""

    def __init__(self, app: Any, *, signed_in: bool = True, lang: str = "en") -> None:
        import httpx

        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=True),
            base_url=ORIGIN,
            headers={"accept-language": lang},
        )
        self.token = ""
        if signed_in:
            assert self.open("/login", params={"token": SECRET}).status_code == 303
            self.open("/")

    def open(self, path: str, **settings: Any) -> Any:
        """GET."""
        return self.ask("GET", path, **settings)

    def send(self, path: str, fields: dict[str, str] | None = None, **settings: Any) -> Any:
        """POST a form of ours, with the token of the last page."""
        return self.ask("POST", path, data={"token": self.token, **(fields or {})}, **settings)

    def ask(self, method: str, path: str, **settings: Any) -> Any:
        """Any request."""
        import anyio

        answer = anyio.run(lambda: self._client.request(method, path, **settings))
        found = (
            re.search(r'name="token" value="(\w+)"', answer.text)
            if "html" in answer.headers.get("content-type", "")
            else None
        )
        self.token = found[1] if found else self.token
        return answer

    def follow(self, answer: Any) -> Any:
        """The page that an answer leads to."""
        assert answer.status_code == 303, answer.text
        return self.open(answer.headers["location"])


@pytest.fixture
def serve(settings: Any) -> Callable[..., Browser]:
    """A browser in front of a new server; settings can be changed, ``signed_in`` and ``lang`` are the browser's."""
    from dataclasses import replace

    from cmfw.web.app import make_app
    from cmfw.web.desk import Desk

    def start(*, signed_in: bool = True, lang: str = "en", **changed: Any) -> Browser:
        own = replace(settings, **changed)
        return Browser(make_app(own, Desk(own)), signed_in=signed_in, lang=lang)

    return start


@pytest.fixture
def browser(serve: Callable[..., Browser]) -> Browser:
    """A browser that is signed in."""
    return serve()


@pytest.fixture
def demo(browser: Browser) -> Browser:
    """A browser with the workspace of the example."""
    browser.send("/demo")
    return browser


def text_of(answer: Any) -> str:
    """What a page says, without its markup."""
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", "<main" + main)).split())
