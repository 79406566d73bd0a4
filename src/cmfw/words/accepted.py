"""The language that a browser asks for. Source: RFC 9110, sections 12.4.2 (weights) and 12.5.4 (Accept-Language)."""

from __future__ import annotations

from cmfw.words import LANGUAGES, language_of

_MOST = 32
"""Ranges that are looked at; a browser sends a handful."""


def accepted(header: str) -> str:
    """The language of ours that an ``Accept-Language`` header likes best, the empty string where it names none.

    Of languages with equal weight the first one counts. ``*`` stands for the first of ours that the header neither names nor refuses.
    What is no range with a weight is passed over: a header that nobody could read is one that says nothing.
    """
    told: dict[str, float] = {}
    for part in header.split(",")[:_MOST]:
        name, weight = _range(part)
        found = name if name == "*" else language_of(name)
        if found and weight is not None:
            told[found] = max(told.get(found, 0.0), weight)
    others = [language for language in LANGUAGES if language not in told]
    if "*" in told:
        told |= dict.fromkeys(others[:1], told["*"])
    liked = [(weight, -at, name) for at, (name, weight) in enumerate(told.items()) if weight > 0 and name != "*"]
    return max(liked)[2] if liked else ""


def _range(part: str) -> tuple[str, float | None]:
    """Name and weight of one range; the weight is 1 where none is given, and None where it is no weight."""
    name, _, parameter = part.partition(";")
    key, _, number = parameter.partition("=")
    if not parameter.strip():
        return name.strip(), 1.0
    digits = number.strip()
    # `float` alone would take `nan` and `1e9`
    if key.strip().lower() != "q" or not digits.replace(".", "", 1).isdecimal() or not digits.isascii():
        return name.strip(), None
    weight = float(digits)
    return name.strip(), weight if weight <= 1 else None
