"""The tokens of the data part of our PowerShell scripts, and what they say: texts, lists of texts, lists of hash tables.

Strict: whatever is none of these is refused with its place. Source: PowerShell language specification 2.3.5.2, 2.3.5.4, 7.1.9.
"""

from __future__ import annotations

import re
from typing import Any

from cmfw.words.phrases import listed, phrase

QUOTES = "'\u2018\u2019\u201a\u201b"
"""Characters that end a single-quoted text; doubled they stand for themselves. Source: PowerShell language specification
2.3.5.2 (single-quote-character)."""

_TOKEN = re.compile(
    r"(?P<blank>[ \t\n]+)|(?P<comment>\#[^\n]*)"
    rf"|'(?P<text>[^{QUOTES}]*(?:(?:{'|'.join(q * 2 for q in QUOTES)})[^{QUOTES}]*)*)'(?![{QUOTES}])"
    r"|(?P<mark>@\(|@\{|\)|\}|=|,)|\$(?P<variable>[A-Za-z]+)|(?P<word>[A-Za-z]+)"
)
DOUBLED = re.compile(f"([{QUOTES}])\\1")
Token = tuple[str, str, int]
"""(kind, value, offset)."""


class Refusal(Exception):
    """The script leaves the dialect; carries what was expected, what was found, and the character offset."""

    def __init__(self, expected: str, found: str, at: int) -> None:
        self.expected, self.found, self.at = expected, found, at
        super().__init__(expected)


def tokens(body: str) -> list[Token]:
    """(kind, value, offset) of every token but blanks and comments."""
    out = []
    at = 0
    while at < len(body):
        found = _TOKEN.match(body, at)
        if found is None:
            raise Refusal(phrase("a quoted text, array, hash table or assignment"), f"`{body[at : at + 20]!r}`", at)
        kind = found.lastgroup or "text"
        value = found[kind]
        if kind == "text":
            value = DOUBLED.sub(r"\1", value)
        if kind not in ("blank", "comment"):
            out.append((kind, value, at))
        at = found.end()
    return out


def assignments(tokens: list[Token], end: int, names: tuple[str, ...]) -> dict[str, Any]:
    """Variable -> text, list of texts, or list of hash tables."""
    out: dict[str, Any] = {}
    at = 0
    while at < len(tokens):
        kind, name, offset = tokens[at]
        if kind != "variable" or name not in names or name in out:
            raise Refusal(phrase("one of {names}, once each", names=listed(names)), f"`{name}`", offset)
        at = _mark(tokens, at + 1, "=", end)
        out[name], at = _value(tokens, at, end)
    return out


def _peek(tokens: list[Token], at: int, end: int) -> Token:
    return tokens[at] if at < len(tokens) else ("end", "end of the data part", end)


def _mark(tokens: list[Token], at: int, wanted: str, end: int) -> int:
    kind, value, offset = _peek(tokens, at, end)
    if (kind, value) != ("mark", wanted):
        raise Refusal(f"`{wanted}`", f"`{value}`", offset)
    return at + 1


def _value(tokens: list[Token], at: int, end: int) -> tuple[Any, int]:
    kind, value, offset = _peek(tokens, at, end)
    if kind == "text":
        return value, at + 1
    if (kind, value) != ("mark", "@("):
        raise Refusal(phrase("a quoted text or `@(`"), f"`{value}`", offset)
    if _peek(tokens, at + 1, end)[:2] == ("mark", "@{"):
        return tables(tokens, at + 1, end)
    return _texts(tokens, at + 1, end)


def _texts(tokens: list[Token], at: int, end: int) -> tuple[list[str], int]:
    out: list[str] = []
    if _peek(tokens, at, end)[:2] == ("mark", ")"):
        return out, at + 1
    while True:
        kind, value, offset = _peek(tokens, at, end)
        if kind != "text":
            raise Refusal(phrase("a quoted text"), f"`{value}`", offset)
        out.append(value)
        at += 1
        if _peek(tokens, at, end)[:2] != ("mark", ","):
            return out, _mark(tokens, at, ")", end)
        at += 1


def tables(tokens: list[Token], at: int, end: int) -> tuple[list[dict[str, Any]], int]:
    """(the hash tables of a list that begins at a token, the token behind it)."""
    out: list[dict[str, Any]] = []
    while _peek(tokens, at, end)[:2] == ("mark", "@{"):
        table: dict[str, Any] = {}
        at += 1
        while _peek(tokens, at, end)[:2] != ("mark", "}"):
            kind, key, offset = _peek(tokens, at, end)
            if kind != "word" or key in table:
                raise Refusal(phrase("a parameter name, once each"), f"`{key}`", offset)
            at = _mark(tokens, at + 1, "=", end)
            table[key], at = _value(tokens, at, end)
        out.append(table)
        at += 1
    return out, _mark(tokens, at, ")", end)
