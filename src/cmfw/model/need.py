"""``Need``: what a feature requires, as a monotone formula over flow ids.

Grammar (``and`` binds tighter than ``or``)::

    need   = clause { "or" clause }
    clause = atom { "and" atom }
    atom   = id | "none" | "(" need ")" | "prefer(" need { "," need } ")" | "spread(" need { "," need } ")"

``prefer(first, rest...)`` works with the first and is degraded with a later one; ``spread(a, b...)`` works if all work,
is broken if all are broken, else degraded (several management or distribution points). There is no negation, so bounds
from two evaluations are true bounds. Source: DESIGN.md section 3, CONTRACT.md "House".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import assert_never

from cmfw.model.verdict import Bounds, Status
from cmfw.values import value
from cmfw.words.phrases import phrase


@value
class Leaf:
    """One flow id."""

    id: str


@value
class All:
    """Works as well as its worst part; without parts it works."""

    parts: tuple[Need, ...]


@value
class AnyOf:
    """Works as well as its best part; without parts it is broken."""

    parts: tuple[Need, ...]


@value
class Prefer:
    """Works with the first part, degraded with a later one. At least one part."""

    parts: tuple[Need, ...]


@value
class Spread:
    """Works if all parts work, broken if all are broken, else degraded. At least one part."""

    parts: tuple[Need, ...]


Need = Leaf | All | AnyOf | Prefer | Spread
NOTHING: Need = All(())

_TOKEN = re.compile(r"\s*([^\W\d][\w.:@>/-]*|[(),])")
"""Flow ids, and the plan item ids that resolve makes of them (``push_smb:cm1>branch-7/v6``)."""


def parse_need(text: str) -> Need:
    """The formula written in ``text``; raises ValueError with the position (0-based) of what is wrong."""
    tokens: list[tuple[str, int]] = []
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            raise ValueError(phrase("unexpected `{word}` at {at} in `{text}`", word=text[at:].strip()[0], at=at, text=text))
        tokens.append((found[1], found.start(1)))
        at = found.end()
    need, rest = _parse_or(tokens, 0, text)
    if rest != len(tokens):
        word, at = tokens[rest]
        raise ValueError(phrase("unexpected `{word}` at {at} in `{text}`", word=word, at=at, text=text))
    return need


def _parse_or(tokens: list[tuple[str, int]], at: int, text: str) -> tuple[Need, int]:
    return _parse_chain(tokens, at, text, "or", _parse_and, AnyOf)


def _parse_and(tokens: list[tuple[str, int]], at: int, text: str) -> tuple[Need, int]:
    return _parse_chain(tokens, at, text, "and", _parse_atom, All)


def _parse_chain(
    tokens: list[tuple[str, int]],
    at: int,
    text: str,
    word: str,
    parse: Callable[[list[tuple[str, int]], int, str], tuple[Need, int]],
    build: type[All | AnyOf],
) -> tuple[Need, int]:
    first, at = parse(tokens, at, text)
    parts = [first]
    while at < len(tokens) and tokens[at][0] == word:
        part, at = parse(tokens, at + 1, text)
        parts.append(part)
    return (first if len(parts) == 1 else build(tuple(parts))), at


def _unexpected(expected: str, found: tuple[str, int], text: str) -> ValueError:
    word, at = found
    return ValueError(
        phrase("expected {expected}, got `{word}` at {at} in `{text}`", expected=expected, word=word, at=at, text=text)
    )


def _expect(tokens: list[tuple[str, int]], at: int, text: str, wanted: str) -> int:
    if at >= len(tokens) or tokens[at][0] != wanted:
        found = tokens[at] if at < len(tokens) else ("end", len(text))
        raise _unexpected(f"`{wanted}`", found, text)
    return at + 1


def _parse_atom(tokens: list[tuple[str, int]], at: int, text: str) -> tuple[Need, int]:
    if at >= len(tokens) or tokens[at][0] in (")", ",", "and", "or"):
        found = tokens[at] if at < len(tokens) else ("end", len(text))
        raise _unexpected(phrase("a flow id or `(`"), found, text)
    word = tokens[at][0]
    if word == "(":
        need, at = _parse_or(tokens, at + 1, text)
        return need, _expect(tokens, at, text, ")")
    if word in ("prefer", "spread") and at + 1 < len(tokens) and tokens[at + 1][0] == "(":
        parts: list[Need] = []
        at += 1
        while not parts or tokens[at][0] == ",":
            part, at = _parse_or(tokens, at + 1, text)
            parts.append(part)
            if at >= len(tokens):
                break
        at = _expect(tokens, at, text, ")")
        return (Prefer if word == "prefer" else Spread)(tuple(parts)), at
    return (NOTHING if word == "none" else Leaf(word)), at + 1


def need_text(need: Need) -> str:
    """The formula as text that ``parse_need`` reads back to an equal value."""
    match need:
        case Leaf(name):
            return name
        case All(parts):
            if not parts:
                return "none"
            return " and ".join(
                f"({need_text(p)})" if isinstance(p, (AnyOf, All)) and p.parts else need_text(p) for p in parts
            )
        case AnyOf(parts):
            return " or ".join(f"({need_text(p)})" if isinstance(p, AnyOf) else need_text(p) for p in parts)
        case Prefer(parts):
            return f"prefer({', '.join(need_text(p) for p in parts)})"
        case Spread(parts):
            return f"spread({', '.join(need_text(p) for p in parts)})"
        case _:
            assert_never(need)


def leaves(need: Need) -> Iterator[str]:
    """The flow ids of the formula in reading order, repeats included."""
    if isinstance(need, Leaf):
        yield need.id
    else:
        for part in need.parts:
            yield from leaves(part)


def status(need: Need, of: Callable[[str], Status]) -> Status:
    """The status of the formula when each leaf has the status that ``of`` gives. Exact."""
    match need:
        case Leaf(name):
            return of(name)
        case All(parts):
            return min((status(p, of) for p in parts), default=Status.WORKS)
        case AnyOf(parts):
            return max((status(p, of) for p in parts), default=Status.BROKEN)
        case Prefer(parts):
            first, *rest = (status(p, of) for p in parts)
            return max([first, *(min(Status.DEGRADED, s) for s in rest)])
        case Spread(parts):
            values = [status(p, of) for p in parts]
            return values[0] if min(values) is max(values) else Status.DEGRADED
        case _:
            assert_never(need)


def bounds(need: Need, of: Mapping[str, Bounds]) -> Bounds:
    """Lowest and highest status when each leaf lies within its bounds: the formula is monotone, so two runs suffice."""
    return Bounds(status(need, lambda name: of[name].low), status(need, lambda name: of[name].high))


def repairs(need: Need, of: Callable[[str], Status], goal: Status = Status.WORKS) -> tuple[frozenset[str], ...]:
    """The smallest sets of leaves that, once they work, lift the formula to ``goal``; empty when nothing can.

    Each set is minimal (no leaf of it is superfluous); sets are sorted by size, then by name. Exact.
    """
    if status(need, of) >= goal:
        return (frozenset(),)
    found = _repairs(need, of, goal)
    smallest: list[frozenset[str]] = []
    for candidate in sorted(found, key=lambda s: (len(s), sorted(s))):
        if not any(kept <= candidate for kept in smallest):
            smallest.append(candidate)
    return tuple(smallest)


_MOST_REPAIRS = 64
"""Keeps spread() over many systems from multiplying out; the smallest sets are kept."""


def _repairs(need: Need, of: Callable[[str], Status], goal: Status) -> set[frozenset[str]]:
    if status(need, of) >= goal:
        return {frozenset()}
    match need:
        case Leaf(name):
            return {frozenset((name,))}
        case All(parts):
            return _product([_repairs(p, of, goal) for p in parts])
        case AnyOf(parts):
            return {s for p in parts for s in _repairs(p, of, goal)}
        case Prefer(parts):
            out = set(_repairs(parts[0], of, goal))
            if goal is Status.DEGRADED:
                out |= {s for p in parts[1:] for s in _repairs(p, of, goal)}
            return out
        case Spread(parts):
            if goal is Status.WORKS:
                return _product([_repairs(p, of, goal) for p in parts])
            return {s for p in parts for s in _repairs(p, of, goal)}
        case _:
            assert_never(need)


def _product(choices: list[set[frozenset[str]]]) -> set[frozenset[str]]:
    out: set[frozenset[str]] = {frozenset()}
    for options in choices:
        merged = {left | right for left in out for right in options}
        out = set(sorted(merged, key=lambda s: (len(s), sorted(s)))[:_MOST_REPAIRS])
    return out
