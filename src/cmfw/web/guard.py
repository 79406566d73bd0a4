"""``Guard``: what every request has to get past, and what every answer carries, whatever the pages behind it do.

In this order: the host that the request names (DNS rebinding), its size, its origin where it changes something (forgery), and a
session. Source: OWASP cheat sheets on cross-site request forgery and on headers; Fetch standard, section 3.2 (``Origin``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request, cookie_parser

from cmfw.web import error_page
from cmfw.web.asked_language import choose_language
from cmfw.web.exchange import Ask, with_query
from cmfw.web.sessions import Sessions
from cmfw.web.settings import Settings
from cmfw.words import say

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN_PATHS = ("/login", "/static/")
"""What is there without a session."""
_SAFE = ("GET", "HEAD")
_METHODS = (*_SAFE, "POST")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # not no-referrer: with it, browsers send `Origin: null` with forms of our own
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "x-robots-tag": "noindex",
}


class TooLarge(Exception):
    """The body is larger than the server takes; the application answers it with 413."""


class _Body:
    """The body of a request as it comes: it ends at the limit, whatever length the request stated."""

    def __init__(self, receive: Receive, most: int, *, is_there: bool) -> None:
        self._receive = receive
        self._most = most
        self._seen = 0
        self.is_whole = not is_there

    async def receive(self) -> Message:
        """The next piece; raises TooLarge."""
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if self._seen > self._most:
            raise TooLarge
        self.is_whole = self.is_whole or not message.get("more_body", False)
        return message


class Guard:
    """The application with everything in front of it that keeps others out."""

    def __init__(self, app: App, settings: Settings, sessions: Sessions) -> None:
        self._app = app
        self._settings = settings
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            # nothing here speaks WebSocket; refusing before the handshake is answered with 403
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = Headers(scope=scope)
        is_there = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
        body = _Body(receive, self._settings.most_upload, is_there=is_there)
        carry = self._carrying(send, scope, body)
        choose_language(Request(scope))
        refused = self._refused(scope, headers)
        if refused is not None:
            status, reason = refused
            page = error_page.for_status(Ask(path="/"), status, reason)
            await _answer(carry, status, page.content, ("content-type", page.media_type))
            return
        scope["session"] = self._session(headers)
        if scope["session"] is None and not scope["path"].startswith(OPEN_PATHS):
            await self._ask_in(scope, carry)
            return
        await self._app(scope, body.receive, carry)

    def _refused(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        """(status, reason in words) for a request that no page is to see."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._settings.hosts:
            return 421, say("web.guard.host", host=", ".join(hosts) or "-")
        if scope["method"] not in _METHODS:
            return 405, say("web.guard.method", methods=", ".join(_METHODS))
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or ("content-length" in headers and "transfer-encoding" in headers):
            return 400, say("web.guard.length")
        if int(length) > self._settings.most_upload:
            return 413, say("web.guard.size", most=self._settings.most_upload >> 20)
        if scope["method"] not in _SAFE and not self._is_own(headers, hosts[0].lower()):
            return 403, say("web.guard.origin")
        return None

    def _is_own(self, headers: Headers, host: str) -> bool:
        """Whether one of our own pages sent it; a client that is no browser says neither, and has to bring the form's token."""
        scheme = "https" if self._settings.is_tls else "http"
        origins, sites = headers.getlist("origin"), headers.getlist("sec-fetch-site")
        return all(one.lower() == f"{scheme}://{host}" for one in origins) and all(one == "same-origin" for one in sites)

    def _session(self, headers: Headers) -> str | None:
        for told in headers.getlist("cookie"):
            name = cookie_parser(told).get(self._settings.cookie, "")
            if name and self._sessions.is_open(name):
                return name
        return None

    async def _ask_in(self, scope: Scope, send: Send) -> None:
        """Send browsers to the page that asks for the secret, and tell scripts of a page that their session is over."""
        if Headers(scope=scope).get("hx-request"):
            await _answer(send, 401, b"", ("hx-refresh", "true"))
            return
        query = scope["query_string"].decode("latin-1")
        back = scope["path"] + (f"?{query}" if query else "")
        location = with_query("/login", ("next", back if back != "/" and scope["method"] == "GET" else ""))
        await _answer(send, 303, b"", ("location", location))

    def _carrying(self, send: Send, scope: Scope, body: _Body) -> Send:
        """Give every answer what it carries; what an answer says itself counts, but for the policy.

        What is answered before all of it came ends the connection: nobody reads on for a body that nobody wants.
        """

        async def carry(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, text in _HEADERS.items():
                    headers[name] = text
                if not scope["path"].startswith("/static/"):
                    headers["cache-control"] = "no-store"
                if not body.is_whole:
                    headers["connection"] = "close"
            await send(message)

        return carry


async def _answer(send: Send, status: int, content: bytes, *headers: tuple[str, str]) -> None:
    raw = [(name.encode("ascii"), text.encode("latin-1")) for name, text in headers]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": content})
