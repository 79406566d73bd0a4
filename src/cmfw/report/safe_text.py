"""Names that others chose, made safe to look at: nothing in them moves, hides or ends what stands around it."""

from __future__ import annotations

from cmfw.words.visible import visible

_UNSEEN_IN_JSON = (
    "[\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    "\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def shown(text: str) -> str:
    """The text on one line, with control, direction and invisible characters written as their number: ``{U+202E}``."""
    return visible(text)


def shown_lines(text: str) -> str:
    """As ``shown``, but line feeds stay: for text of our own that has lines, with names of others in it."""
    if text.isascii() and text.isprintable():
        return text
    return "\n".join(map(shown, text.split("\n")))


def unhidden_json(text: str) -> str:
    """JSON text of the same value in which every character can be seen; the rest is written as ``\\u202e``."""
    if text.isascii():
        return text
    import re

    return re.sub(_UNSEEN_IN_JSON, lambda found: _escaped(found[0]), text)


def _escaped(char: str) -> str:
    import json

    return json.dumps(char)[1:-1]
