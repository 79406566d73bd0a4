"""Where evidence stands, taken apart for formats that want a file, a line and a place in it."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from cmfw.values import value


@value
class Origin:
    """A file, the line in it (0: none is known) and what is named inside it (a registry key and value; empty: nothing)."""

    file: str
    line: int = 0
    inside: str = ""

    @property
    def uri(self) -> str:
        """The file as a relative reference, or as a ``file`` URI where its path is absolute. Source: RFC 3986, RFC 8089."""
        path = self.file.replace("\\", "/")
        told = quote(path, safe="/!$&'()*+,;=@-._~", errors="backslashreplace")
        if path.startswith("//"):
            return "file:" + told
        if path.startswith("/"):
            return "file://" + told
        if path[1:2] == ":":
            return "file:///" + path[0] + ":" + told[4:]
        return told


def origin_of(text: str, files: Iterable[str] = ()) -> Origin:
    """The place that evidence names: ``FILE!KEY\\VALUE`` or ``FILE:LINE``; anything else names no file (a line of the page).

    ``files`` are the files that were read: a name of theirs may hold the marks itself.
    """
    known = max((file for file in files if text.startswith((f"{file}!", f"{file}:"))), key=len, default="")
    if known and text[len(known)] == "!":
        return Origin(known, 0, text[len(known) + 1 :])
    file, mark, inside = text.partition("!")
    if mark and not known:
        return Origin(file, 0, inside)
    file, _, line = text.rpartition(":")
    if file and line.isascii() and line.isdigit() and 0 < int(line) < 2**31:
        return Origin(file, int(line))
    return Origin("", 0, text)
