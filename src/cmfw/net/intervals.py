"""Exact set arithmetic on integer ranges, the ground that ports and addresses stand on.

A value of type ``Ranges`` is a tuple of ``(first, last)`` pairs: inclusive, sorted, disjoint and never adjacent, so two
equal sets are equal tuples. Every function here is exact and total on such tuples.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

Range = tuple[int, int]
Ranges = tuple[Range, ...]

_LAST = (1 << 256,)
_LONG = 9
"""From so many parts on it pays to look up where the other set begins and ends."""


def normalise(pairs: Iterable[Range]) -> Ranges:
    """The pairs as canonical ``Ranges``; pairs may overlap and come in any order, but need first <= last."""
    ordered = sorted(pairs)
    if len(ordered) < 2:
        return tuple(ordered)
    out: list[Range] = []
    for first, last in ordered:
        if out and first <= out[-1][1] + 1:
            if last > out[-1][1]:
                out[-1] = (out[-1][0], last)
        else:
            out.append((first, last))
    return tuple(out)


def union(a: Ranges, b: Ranges) -> Ranges:
    """Every number in ``a`` or ``b``."""
    if not a or a == b:
        return b
    if not b:
        return a
    return normalise((*a, *b))


def _near(a: Ranges, b: Ranges) -> Ranges:
    """What of a long ``a`` may meet ``b``."""
    if len(a) < _LONG or not b:
        return a
    first = bisect_right(a, (b[0][0],))
    return a[max(first - 1, 0) : bisect_right(a, (b[-1][1] + 1,), first)]


def intersect(a: Ranges, b: Ranges) -> Ranges:
    """Every number in both ``a`` and ``b``."""
    if a is b or a == b:
        return a
    if len(a) == 1 == len(b):  # by far the commonest question
        (low, high), (first, last) = a[0], b[0]
        if low >= first and high <= last:
            return a
        if first >= low and last <= high:
            return b
        low, high = (max(first, low)), (min(last, high))
        return ((low, high),) if low <= high else ()
    if not a or not b or a[0][0] > b[-1][1] or b[0][0] > a[-1][1]:
        return ()
    # the next commonest: one range has room for all of the other set
    if len(b) == 1 and b[0][0] <= a[0][0] and a[-1][1] <= b[0][1]:
        return a
    if len(a) == 1 and a[0][0] <= b[0][0] and b[-1][1] <= a[0][1]:
        return b
    return _intersect_many(_near(a, b), _near(b, a))


def _intersect_many(a: Ranges, b: Ranges) -> Ranges:
    out: list[Range] = []
    i = j = 0
    while i < len(a) and j < len(b):
        low, high = a[i]
        first, last = b[j]
        if high < last:
            i += 1
            last = high
        else:
            j += 1
        first = max(first, low)
        if first <= last:
            out.append((first, last))
    return tuple(out)


def subtract(a: Ranges, b: Ranges) -> Ranges:
    """Every number in ``a`` that is not in ``b``."""
    if not b:
        return a
    out: list[Range] = []
    j = 0
    for first, last in a:
        at = first
        while j < len(b) and b[j][1] < at:
            j += 1
        k = j
        while k < len(b) and b[k][0] <= last:
            if b[k][0] > at:
                out.append((at, b[k][0] - 1))
            at = max(at, b[k][1] + 1)
            k += 1
        if at <= last:
            out.append((at, last))
    return tuple(out)


def contains(a: Ranges, number: int) -> bool:
    """Whether ``number`` is in ``a``."""
    at = bisect_right(a, (number, *_LAST)) - 1
    return at >= 0 and a[at][1] >= number


def overlaps(a: Ranges, b: Ranges) -> bool:
    """Whether ``a`` and ``b`` share a number."""
    i = j = 0
    while i < len(a) and j < len(b):
        if a[i][1] < b[j][0]:
            i += 1
        elif b[j][1] < a[i][0]:
            j += 1
        else:
            return True
    return False


def covers(a: Ranges, b: Ranges) -> bool:
    """Whether every number of ``b`` is in ``a``."""
    if a is b or not b:
        return True
    if len(a) == 1:
        return a[0][0] <= b[0][0] and b[-1][1] <= a[0][1]
    i = max(bisect_right(a, b[0]) - 1, 0) if len(a) >= _LONG else 0
    for first, last in b:
        while i < len(a) and a[i][1] < first:
            i += 1
        if i == len(a) or a[i][0] > first or a[i][1] < last:
            return False
    return True


def size(a: Ranges) -> int:
    """How many numbers ``a`` holds."""
    return sum(last - first + 1 for first, last in a)
