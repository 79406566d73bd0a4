"""The text of an export that a person or a script wrote: decoded from whatever PowerShell, a redirection or an editor made.

``>`` in Windows PowerShell writes UTF-16, ``Export-Csv`` ASCII, ``-Encoding UTF8`` a byte order mark, cmd.exe the OEM code
page. Property names are ASCII in all of them, so a wrong guess can spoil only texts that nothing is decided by.
"""

from __future__ import annotations

from typing import NamedTuple

from cmfw.errors import Problem
from cmfw.ingest.input_file import InputFile
from cmfw.words.phrases import phrase

MOST_BYTES = 1 << 25
"""Most bytes of a text export: a machine with 1,500 rules takes about 3 MiB with all filters, three times that as 5.1 indents it."""
MOST_OBJECTS = 250_000
"""Most rules, filters and other objects of one export: 20 times those of such a machine."""
MOST_NOTES = 200
"""Most problems that a container lists; behind them stands how many there are."""
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


class ExportText(NamedTuple):
    """The text, the encoding that it was read with, and the offset of the first byte that did not fit it (None: all did)."""

    text: str
    encoding: str
    flaw: int | None = None


def decode(content: bytes) -> ExportText:
    """The text by its byte order mark, else by the NULs of UTF-16, else UTF-8, else one byte for one character."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _decoded(content[len(mark) :], encoding, len(mark))
    head = content[:400]
    if len(head) > 3 and head[1::2].count(0) > len(head) // 3 and 0 not in head[0::2]:
        return _decoded(content, "utf-16-le", 0)
    try:
        return ExportText(content.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        # the code page is not known, and only texts outside ASCII depend on it
        return ExportText(content.decode("latin-1"), "latin-1")


def _decoded(content: bytes, encoding: str, skipped: int) -> ExportText:
    try:
        return ExportText(content.decode(encoding), encoding)
    except UnicodeDecodeError as error:
        return ExportText(content.decode(encoding, "replace"), encoding, error.start + skipped)


def read_text(file: InputFile) -> str:
    """The whole text; bytes that do not fit its encoding are a problem of the file.

    Raises:
        InputError: it is larger than ``MOST_BYTES``.
    """
    content = file.content(MOST_BYTES)
    found = decode(content)
    if found.flaw is not None:
        file.problems.append(
            Problem(file.path, phrase("text in {encoding}", encoding=found.encoding), "other bytes", offset=found.flaw)
        )
    return found.text


def head_text(file: InputFile) -> str:
    """The beginning of the file as text, for a look at what it is."""
    return decode(file.head[: len(file.head) & ~1] if file.head[:2] in (b"\xff\xfe", b"\xfe\xff") else file.head).text
