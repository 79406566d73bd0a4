"""The few files that pages use. All of them are ours or lie beside us with their licence; nothing is loaded from elsewhere."""

from __future__ import annotations

from functools import cache
from hashlib import sha256

from cmfw.web.desk import Desk
from cmfw.web.exchange import Ask, NotThere, Reply
from cmfw.web.frame import resource

TYPES = {
    "page.css": "text/css; charset=utf-8",
    "web.css": "text/css; charset=utf-8",
    "web.js": "text/javascript; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "htmx-LICENSE.txt": "text/plain; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_YEAR = "public, max-age=31536000, immutable"


@cache
def content_of(name: str) -> bytes:
    """The file."""
    return resource(name)


@cache
def version_of(name: str) -> str:
    """What stands for the content in the file's address."""
    return sha256(content_of(name)).hexdigest()[:12]


def show(desk: Desk, ask: Ask) -> Reply:
    """One file; an address of another version leads to nothing."""
    del desk
    name = ask.param("name")
    if name not in TYPES or ask.param("version") != version_of(name):
        raise NotThere(name)
    return Reply(content=content_of(name), media_type=TYPES[name], headers=(("cache-control", _YEAR),))
