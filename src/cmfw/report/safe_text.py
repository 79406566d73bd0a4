"""Names that others chose, made safe to look at: nothing in them moves, hides or ends what stands around it."""

from __future__ import annotations

import re

_LONGEST_PILE = 4
"""Marks on one character; Vietnamese, Thai and Hebrew need at most three, more cover the lines around them."""
_EMPTY = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
"""Characters that show nothing although their category says otherwise. Source: Unicode, Default_Ignorable_Code_Point."""
_UNSEEN_IN_JSON = re.compile(
    "[\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    "\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def shown(text: str) -> str:
    """The text on one line, with control, direction and invisible characters written as their number: ``{U+202E}``.

    Source: Unicode TR36 and CVE-2021-42574 (direction), ECMA-48 (terminals), XML 1.0 section 2.2 (characters).
    """
    if text.isprintable() and (text.isascii() or not _EMPTY.search(text)) and not _is_piled(text):
        return text
    return _numbered(text, "")


def shown_lines(text: str) -> str:
    """As ``shown``, but line feeds stay: for text of our own that has lines, with names of others in it."""
    if text.isascii() and text.isprintable():
        return text
    return "\n".join(map(shown, text.split("\n")))


def _numbered(text: str, keep: str) -> str:
    from unicodedata import category

    out, marks = [], 0
    for char in text:
        kind = category(char)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        plain = kind[0] not in "CZ" or char in " \u3000" or char in keep
        out.append(char if plain and not _EMPTY.match(char) and marks <= _LONGEST_PILE else f"{{U+{ord(char):04X}}}")
    return "".join(out)


def _is_piled(text: str) -> bool:
    """Whether a character carries more marks than any language puts on one."""
    if text.isascii():
        return False
    from unicodedata import category

    run = 0
    for char in text:
        run = run + 1 if category(char) in ("Mn", "Me") else 0
        if run > _LONGEST_PILE:
            return True
    return False


def unhidden_json(text: str) -> str:
    """JSON text of the same value in which every character can be seen; the rest is written as ``\\u202e``."""
    return text if text.isascii() else _UNSEEN_IN_JSON.sub(lambda found: _escaped(found[0]), text)


def _escaped(char: str) -> str:
    import json

    return json.dumps(char)[1:-1]
