"""The lines of a text file of flows: UTF-8, or UTF-16 with its mark as Windows PowerShell redirects text; ``#`` begins a comment."""

from __future__ import annotations

from collections.abc import Iterator

from cmfw.errors import InputError, Problem
from cmfw.words.phrases import phrase


def text_lines(content: bytes, path: str) -> list[tuple[int, str]]:
    """(line number, text without comment and outer blanks) of every line that says something; raises InputError for other bytes."""
    return list(_lines(decoded(content, path)))


def decoded(content: bytes, path: str) -> str:
    """The text of the file; raises InputError with the offset of the first byte that is none."""
    try:
        return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        found = (
            phrase("byte {byte:#04x}", byte=content[error.start])
            if error.start < len(content)
            else phrase("the end of the file")
        )
        raise InputError(Problem(path, "UTF-8 or UTF-16 text", found, "save it as UTF-8", offset=error.start)) from error


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, raw in enumerate(text.splitlines(), 1):
        line = without_comment(raw).strip()
        if line:
            yield number, line


def without_comment(line: str) -> str:
    """The line up to a ``#`` that begins it or follows a blank, outside double quotes."""
    quoted = False
    for at, char in enumerate(line):
        if char == '"':
            quoted = not quoted
        elif char == "#" and not quoted and (at == 0 or line[at - 1].isspace()):
            return line[:at]
    return line
