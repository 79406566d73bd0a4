"""``make_app``: the routes, and the way from a request to a page and back.

Reading a request is asynchronous; what a page takes is worked out in a few threads, so that a long answer keeps nobody waiting for a
short one.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cmfw import words
from cmfw.errors import CmfwError
from cmfw.web import error_page, login_page
from cmfw.web.asked_language import LANGUAGE, choose_language
from cmfw.web.desk import Desk
from cmfw.web.exchange import Ask, Handler, NotThere, Refused, Reply, Upload, file_name
from cmfw.web.guard import App, Guard, TooLarge
from cmfw.web.routes import ROUTES, SAFE_POSTS
from cmfw.web.sessions import Sessions
from cmfw.web.settings import Settings
from cmfw.words import say

_THREADS = 4
_MOST_FIELDS = 600
_MOST_FILES = 40
_MOST_TEXT = 1 << 20
"""Bytes of one field that is no file; site files are some thousands."""
_MOST_QUERY = 1 << 16


def make_app(settings: Settings, desk: Desk, sessions: Sessions | None = None) -> App:
    """The application with its guard in front. The desk is the caller's, who may have put something on it."""
    known = sessions or Sessions(settings.secret)
    face = _Face(settings, desk, known)
    routes = [
        Route(path, face.endpoint(handler), methods=[method], include_in_schema=False) for method, path, handler in ROUTES
    ]
    routes += [
        Route("/login", face.login, methods=["GET", "POST"]),
        Route("/logout", face.logout, methods=["POST"]),
    ]
    failures = {HTTPException: face.failed, TooLarge: face.too_large}
    return Guard(Starlette(routes=routes, exception_handlers=failures), settings, known)


class _Face:
    """Endpoints for handlers."""

    def __init__(self, settings: Settings, desk: Desk, sessions: Sessions) -> None:
        self._settings = settings
        self._desk = desk
        self._sessions = sessions
        self._limiter = CapacityLimiter(_THREADS)

    def endpoint(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint of a page."""

        async def answer(request: Request) -> Response:
            choose_language(request)
            session: str = request.scope["session"] or ""
            async with request.form(max_files=_MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=_MOST_TEXT) as form:
                ask = self._ask(request, session, list(form.multi_items()))
                if request.method == "POST" and not self._sessions.is_own(session, ask.field("token")):
                    return _response(request, error_page.refused(ask, say("web.error.token")))
                if request.method == "POST" and self._settings.read_only and handler not in SAFE_POSTS:
                    return _response(request, error_page.refused(ask, say("web.error.read_only")))
                reply = await to_thread.run_sync(partial(_answered, handler, self._desk, ask), limiter=self._limiter)
            return _response(request, reply)

        return answer

    def _ask(self, request: Request, session: str, form: list[tuple[str, str | UploadFile]]) -> Ask:
        if len(request.scope["query_string"]) > _MOST_QUERY:
            raise HTTPException(414)
        files = tuple(
            Upload(field=key, name=file_name(one.filename or ""), size=one.size or 0, stream=one.file)
            for key, one in form
            if isinstance(one, UploadFile)
        )
        return Ask(
            path=_address(request),
            method=request.method,
            params=request.path_params,
            query=tuple(request.query_params.multi_items()),
            fields=tuple((key, text) for key, text in form if isinstance(text, str)),
            files=files,
            token=self._sessions.forgery_token(session) if session else "",
            is_part=request.headers.get("hx-request") == "true",
        )

    async def login(self, request: Request) -> Response:
        """Ask for the secret, and open a session for it. A link with the secret in it is exchanged for one without."""
        choose_language(request)
        ask = Ask(path="/login", method=request.method, query=tuple(request.query_params.multi_items()))
        secret = ask.asked("token")
        to = login_page.safe_path(ask.asked("next"))
        if request.method == "POST":
            async with request.form(max_files=0, max_fields=9, max_part_size=4096) as form:
                secret = str(form.get("secret", ""))
                to = login_page.safe_path(str(form.get("next", "")))
        if not secret:
            return _response(request, login_page.show(to))
        braked = self._sessions.is_braked
        session = self._sessions.opened(secret)
        if session is None:
            return _response(request, login_page.show(to, say("web.login.braked" if braked else "web.login.wrong")))
        answer = Response(status_code=303, headers={"location": to})
        tls = self._settings.is_tls
        # lax, not strict: an address of ours in a mail has to open; what changes something is guarded by origin and token
        answer.set_cookie(self._settings.cookie, session, path="/", httponly=True, samesite="lax", secure=tls)
        return answer

    async def logout(self, request: Request) -> Response:
        """Close the session."""
        session: str = request.scope["session"] or ""
        async with request.form(max_files=0, max_fields=9, max_part_size=4096) as form:
            if not self._sessions.is_own(session, str(form.get("token", ""))):
                return _response(request, error_page.refused(Ask(path="/logout"), say("web.error.token")))
        self._sessions.close(session)
        answer = Response(status_code=303, headers={"location": "/login"})
        answer.delete_cookie(self._settings.cookie, path="/")
        return answer

    async def failed(self, request: Request, error: Exception) -> Response:
        """The page for what the framework refuses: no such path, no such method, a form that is none."""
        choose_language(request)
        status = error.status_code if isinstance(error, HTTPException) else 500
        return _response(request, error_page.for_status(self._ask_of(request), status))

    async def too_large(self, request: Request, error: Exception) -> Response:
        """The page for a body over the limit."""
        del error
        choose_language(request)
        told = say("web.guard.size", most=self._settings.most_upload >> 20)
        return _response(request, error_page.for_status(self._ask_of(request), 413, told))

    def _ask_of(self, request: Request) -> Ask:
        session = request.scope.get("session") or ""
        return Ask(path=_address(request), token=self._sessions.forgery_token(session) if session else "")


def _answered(handler: Handler, desk: Desk, ask: Ask) -> Reply:
    """What the page says, or what is wrong. Nothing of a failure of our own leaves the server but that there was one."""
    try:
        return handler(desk, ask)
    except NotThere:
        return error_page.for_status(ask, 404)
    except Refused as error:
        return error_page.refused(ask, str(error))
    except CmfwError as error:
        return error_page.wrong_input(ask, error)
    except Exception:  # noqa: BLE001 - the boundary
        traceback.print_exc(file=sys.stderr)
        return error_page.for_status(ask, 500)


def _address(request: Request) -> str:
    """The path as an address has it, so that pages can lead to themselves."""
    path: str = request.scope["path"]
    return quote(path, safe="/")


def _response(request: Request, reply: Reply) -> Response:
    answer = Response(reply.content, reply.status, dict(reply.headers), reply.media_type)
    if words.language_of(request.query_params.get("lang", "")):
        answer.set_cookie(LANGUAGE, words.language(), path="/", max_age=31_536_000, samesite="lax", httponly=True)
    return answer
