"""Text in XML documents, escaped so that a parser gives back exactly the same. Source: XML 1.0 (fifth edition) 2.2, 2.4, 3.3.3."""

from __future__ import annotations

import re

_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_ATTRIBUTE = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)
_MEANS_SOMETHING = re.compile(r"[&<>\r]")


def escaped(text: str) -> str:
    """The text as content of an element; `>` too, because of ``]]>``. Characters that XML has not are the caller's to refuse."""
    return text.translate(_TEXT) if _MEANS_SOMETHING.search(text) else text


def attribute(text: str) -> str:
    """The text as an attribute value in double quotes, blanks kept."""
    return text.translate(_ATTRIBUTE)
