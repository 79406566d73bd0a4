"""Where a fact stands, in the language of the call: the catalog writes places as the documents call them, and lines in English."""

from __future__ import annotations

from cmfw.words import say


def cited_place(at: str) -> str:
    """``line 53`` and ``lines 57-58, 61`` in words of the language; a heading or a table stays as the document has it."""
    kind, _, numbers = at.partition(" ")
    if kind in ("line", "lines") and numbers.replace("-", "").replace(", ", "").isdecimal():
        return say(f"plan.at_{kind}", at=numbers.replace(", ", say("list")))
    return at
