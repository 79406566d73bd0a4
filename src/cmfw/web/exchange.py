"""``Ask`` and ``Reply``: a request and its answer as values, so that pages are functions that no server is needed for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import BinaryIO
from urllib.parse import quote, urlencode

from cmfw.values import value
from cmfw.words.visible import visible

HTML = "text/html; charset=utf-8"
_MOST_NAME = 120


class NotThere(LookupError):
    """Nothing of that name; the argument says of what."""


class Refused(Exception):
    """The server may not do that; the argument says why, in words."""


@value(kw_only=True)
class Upload:
    """One file that came with a form; ``name`` is what its owner calls it, without folders."""

    field: str
    name: str
    size: int
    stream: BinaryIO

    def content(self) -> bytes:
        """All of it."""
        self.stream.seek(0)
        return self.stream.read()


@value(kw_only=True)
class Ask:
    """A request: ``path`` as an address has it, ``params`` are its parts, ``query`` and ``fields`` pairs in the order of the sender.

    ``token`` goes into the forms of the answer. ``is_part`` says that a script asks for a part of a page that it has.
    """

    path: str
    method: str = "GET"
    params: Mapping[str, str] = MappingProxyType({})
    query: tuple[tuple[str, str], ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    files: tuple[Upload, ...] = ()
    token: str = ""
    is_part: bool = False

    def param(self, name: str) -> str:
        """A part of the path."""
        return self.params[name]

    def asked(self, name: str, default: str = "") -> str:
        """The last value of the name in the query."""
        return next((text for key, text in reversed(self.query) if key == name), default)

    def all_asked(self, name: str) -> tuple[str, ...]:
        """All values of the name in the query that are not empty."""
        return tuple(text.strip() for key, text in self.query if key == name and text.strip())

    def field(self, name: str, default: str = "") -> str:
        """The last value of a field of the form."""
        return next((text for key, text in reversed(self.fields) if key == name), default)

    def all_fields(self, name: str) -> tuple[str, ...]:
        """All values of a field of the form, empty ones too."""
        return tuple(text for key, text in self.fields if key == name)

    def uploads(self, field: str) -> tuple[Upload, ...]:
        """The files of a field; a browser sends an empty one where none was chosen."""
        return tuple(one for one in self.files if one.field == field and (one.name or one.size))


@value(kw_only=True)
class Reply:
    """An answer."""

    content: bytes = b""
    status: int = 200
    media_type: str = HTML
    headers: tuple[tuple[str, str], ...] = ()


Handler = Callable[..., Reply]
"""Takes the desk and the ask."""


def redirect(to: str) -> Reply:
    """Go there, and get it."""
    return Reply(status=303, headers=(("location", to),))


def download(content: bytes, name: str, media_type: str) -> Reply:
    """A file to be saved, never shown in place. Source: RFC 6266 (both forms of the name)."""
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "_" for char in name)
    told = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    return Reply(content=content, media_type=media_type, headers=(("content-disposition", told),))


def file_name(text: str) -> str:
    """What a file is called without its folders, on one line and not endless."""
    last = text.replace("\\", "/").rpartition("/")[2]
    return visible(last).strip()[-_MOST_NAME:]


def place(*parts: str) -> str:
    """The path of these parts."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


def with_query(path: str, *pairs: tuple[str, str]) -> str:
    """The path with a query; pairs without a value are left out."""
    told = urlencode([pair for pair in pairs if pair[1]])
    return f"{path}?{told}" if told else path
