"""Reads TOML that a person wrote, for every file and option that takes it: bounded before it is parsed, and one problem where it is none."""

from __future__ import annotations

from typing import Any

from cmfw.errors import InputError, Problem
from cmfw.words.phrases import phrase

MOST_NAMES = 16
"""Names that one key or one table header joins by dots. No file of ours nests deeper than four; the standard library's parser takes the
square of them for each key, so that 100 KB of dots would keep it busy for minutes."""

# compiled when a line has that many dots: few files have one, and then most often in a list of addresses
_NAME = r"""(?:[\w-]+|"(?:\\[^\n]|[^"\\\n])*"|'[^'\n]*')"""
_APART = r'"""(?:\\.|[^\\])*?"""+|' + r"'''.*?'''+|\#[^\n]*"
"""Where dots join nothing: strings of several lines, which may end in quotation marks of their own, and comments."""


def toml_document(text: str, path: str) -> dict[str, Any]:
    """The tables of the text; raises InputError with one problem where it is no TOML or joins more names than ``MOST_NAMES``."""
    import tomllib

    line = _line_of_endless_key(text)
    if line is not None:
        raise InputError(Problem(path, phrase("at most {most} names joined by dots", most=MOST_NAMES), "more", line=line))
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise InputError(Problem(path, "valid TOML", "nesting too deep")) from error
    except ValueError as error:
        # also what tomllib lets through: a number of thousands of digits
        import re

        message = plain_message(error)
        at = re.search(r" \(at line (\d+), column (\d+)\)$", message)
        at_end = message.endswith("(at end of document)")
        line = int(at[1]) if at else text.count("\n") + 1 if at_end else None
        found = message[: at.start()] if at else message.replace(" (at end of document)", " at the end")
        raise InputError(Problem(path, "valid TOML", found[:1].lower() + found[1:], line=line)) from error


def plain_message(error: ValueError) -> str:
    """What the parser says; Python's advice on its own limit of digits is none for the author of a file."""
    text = str(error)
    return "a number with too many digits" if text.startswith("Exceeds the limit") else text


def _line_of_endless_key(text: str) -> int | None:
    """The line (1-based) of the first key that joins too many names; None where there is none before the text stops being TOML.

    A key stands on one line, between blanks and tabs alone, and so few dots on each line settle it. What is inside strings of one line
    stands as one name here, and a run of names and dots can be nothing but a key. Source: TOML 1.0.0, "Keys".
    """
    if all(line.count(".") < MOST_NAMES for line in text.split("\n")):
        return None
    import re

    # possessive: a name is not cut shorter to find another end, and a string that does not end is an end of TOML
    endless = rf"({_NAME}(?:[ \t]*+\.[ \t]*+{_NAME}){{{MOST_NAMES}}}+)"
    for found in re.finditer(rf"{_APART}|{endless}|{_NAME}|([\"'])", text, re.DOTALL | re.ASCII):
        if found[1]:
            return text.count("\n", 0, found.start()) + 1
        if found[2]:
            return None
    return None
