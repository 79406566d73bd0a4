"""The exception tree, and the one record that says what is wrong with an input.

    CmfwError
    +-- InputError      the user's own file or command line; carries every problem found, not just the first
    +-- FormatError     a vendor file that cannot be read at all; carries the offset
    +-- Unsupported     a target cannot express a plan item; nothing was written
    +-- MissingExtra    an optional dependency is needed; names the extra to install
    +-- LabError        the lab could not be built, or a packet of it left no evidence

Builtin exceptions are left for bugs.
"""

from __future__ import annotations

from typing import Any

from cmfw.values import value
from cmfw.words.phrases import Phrase, constant, listed, phrase

COMMAND_LINE = phrase("command line")
"""Where a problem is that stands in no file."""
SITE = phrase("site")
"""Where a problem of a site is that came from no file."""


@value
class Problem:
    """One thing wrong with an input: where it is, what was expected, what was found.

    ``line`` is 1-based, ``offset`` counts bytes from 0, ``key`` is a dotted key path or a registry key and value.
    """

    file: str
    expected: str
    found: str
    hint: str = ""
    key: str = ""
    line: int | None = None
    offset: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """The problem as plain JSON data, with the keys of ``cmfw/check/1``."""
        out: dict[str, Any] = {
            "file": self.file,
            "line": self.line,
            "key": self.key or None,
            "expected": self.expected,
            "found": self.found,
            "hint": self.hint or None,
        }
        if self.offset is not None:
            out["offset"] = self.offset
        return out

    def text(self) -> Phrase:
        """One line for people: ``file:line: key: expected X, found Y (hint)``."""
        place = ""
        if self.line is not None:
            place = f":{self.line}"
        elif self.offset is not None:
            place = f"@0x{self.offset:x}"
        if self.key:
            place += f": {self.key}"
        expected, found = constant(self.expected), constant(self.found)
        text = phrase(
            "{file}{place}: expected {expected}, found {found}", file=self.file, place=place, expected=expected, found=found
        )
        return phrase("{problem} ({hint})", problem=text, hint=constant(self.hint)) if self.hint else text


class CmfwError(Exception):
    """Base of everything that cmfw raises on purpose."""


class InputError(CmfwError):
    """The user's file or arguments are wrong; ``problems`` holds every one of them."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__(listed((p.text() for p in problems), "\n"))


class FormatError(CmfwError):
    """A vendor file is not what it claims to be; ``offset`` is where reading had to stop (bytes from 0)."""

    def __init__(self, message: str, *, source: str = "", offset: int | None = None) -> None:
        self.source = source
        self.offset = offset
        text = constant(message)
        if offset is not None:
            text = phrase("{message} at offset 0x{offset:x}", message=text, offset=offset)
        super().__init__(phrase("{source}: {message}", source=source, message=text) if source else text)


class Unsupported(CmfwError):
    """The target cannot express a plan item; nothing may be written."""

    def __init__(self, target: str, item: str, reason: str) -> None:
        self.target = target
        self.item = item
        self.reason = reason
        words = {"target": target, "item": item, "reason": constant(reason)}
        super().__init__(phrase("target `{target}` cannot express `{item}`: {reason}", **words))


class MissingExtra(CmfwError):
    """An optional dependency is not installed; ``extra`` names what to install."""

    def __init__(self, extra: str, wanted_by: str) -> None:
        self.extra = extra
        wanted = constant(wanted_by)
        super().__init__(
            phrase("{wanted} needs the extra `{extra}`: pip install 'cmfw[{extra}]'", wanted=wanted, extra=extra)
        )


class LabError(CmfwError):
    """The lab could not be built on this machine, or a packet of it left no evidence."""
