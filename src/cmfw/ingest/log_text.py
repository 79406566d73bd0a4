"""Text of a log file in pieces: encoding found out, memory bounded, whatever the file is or how long its lines are.

Pieces are cut at line ends where there are any within ``PIECE``. UTF-8 that is broken is kept as lone surrogates, which swallow no
neighbour, so the marks of a record are always found; ``readable`` turns such a text into what was meant.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from typing import BinaryIO

from cmfw.errors import Problem
from cmfw.words.phrases import phrase

PIECE = 1 << 20
"""Bytes read at once."""
LONGEST = 4 << 20
"""Characters that a line, or a record of several lines, may have: the longest real ones (policies) are below 1 Mi."""
MOST_BYTES = 1 << 32
"""Bytes read of one file or member. Windows rolls these logs at a few megabytes; more than this is no log."""
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_ANSI = ("gb18030", "cp1252")


def encoding_of(head: bytes) -> tuple[str, int]:
    """(encoding, bytes of its mark) of a file that starts with ``head``; without a mark UTF-16 is told by its zeros."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, len(mark)
    even, odd = head[:512:2].count(0), head[1:512:2].count(0)
    # text in any script has blanks and line ends: some zeros on one side, none on the other
    if odd > 8 and not even:
        return "utf-16-le", 0
    if even > 8 and not odd:
        return "utf-16-be", 0
    return "utf-8", 0


def pieces(file: BinaryIO, path: str, note: Callable[[Problem], None]) -> Iterator[str]:
    """The text of the file in order, in pieces of about ``PIECE``; a file that goes on for ever is cut and noted."""
    head = file.read(PIECE)
    name, skipped = encoding_of(head)
    decoder = codecs.getincrementaldecoder(name)(errors="surrogateescape" if name == "utf-8" else "replace")
    done = len(head)
    yield decoder.decode(head[skipped:])
    while data := file.read(PIECE):
        done += len(data)
        if done > MOST_BYTES:
            found = phrase("more; the rest is not read")
            note(Problem(path, phrase("a log of at most {most} GiB", most=MOST_BYTES >> 30), found, offset=MOST_BYTES))
            break
        yield decoder.decode(data)
    if rest := decoder.decode(b"", final=True):
        yield rest


def lines(file: BinaryIO, path: str, note: Callable[[Problem], None]) -> Iterator[tuple[int, str]]:
    """(line number, line without its end) of the file; of a line longer than ``LONGEST`` the beginning, and a problem."""
    number, rest, dropping = 1, "", False
    for piece in pieces(file, path, note):
        found = (rest + piece).split("\n")
        rest = found.pop()
        for line in found:
            if not dropping:
                yield number, line.removesuffix("\r")
            dropping = False
            number += 1
        if dropping:
            rest = ""
        elif len(rest) > LONGEST:
            note(
                Problem(
                    path,
                    phrase("a line of at most {most} Mi characters", most=LONGEST >> 20),
                    "a longer one, cut",
                    line=number,
                )
            )
            yield number, rest[:LONGEST]
            rest, dropping = "", True
    if rest and not dropping:
        yield number, rest.removesuffix("\r")


def readable(text: str) -> str:
    """The text with its lone surrogates decoded as the ANSI code page that fits (Chinese, else Western European).

    Source: server logs are written in the code page of the system; a Chinese Windows has 936.
    """
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raw = text.encode("utf-8", "surrogateescape") if _is_escaped(text) else text.encode("utf-8", "replace")
        for name in _ANSI:
            try:
                return raw.decode(name)
            except UnicodeDecodeError:
                continue
        return raw.decode("latin-1")
    return text


def _is_escaped(text: str) -> bool:
    return all(not "\ud800" <= char <= "\udfff" or "\udc80" <= char <= "\udcff" for char in text)
