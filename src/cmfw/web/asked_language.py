"""The language of an answer, from what its request says."""

from __future__ import annotations

from starlette.requests import Request

from cmfw import words
from cmfw.words.accepted import accepted

LANGUAGE = "cmfw-lang"
"""The cookie that keeps what was chosen."""


def choose_language(request: Request) -> None:
    """The language that is asked for in the address, else was chosen before, else the first of the browser's that there is."""
    asked = (request.query_params.get("lang", ""), request.cookies.get(LANGUAGE, ""))
    chosen = next(filter(None, map(words.language_of, asked)), "")
    words.choose(chosen or accepted(request.headers.get("accept-language", "")) or "en")
