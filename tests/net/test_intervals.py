from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cmfw.net import intervals

pairs = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)).map(lambda p: (p[0], p[0] + p[1])), max_size=6)
many = st.sets(st.integers(0, 60), min_size=12, max_size=40).map(lambda found: [(n, n) for n in found])
ranges = (pairs | many).map(intervals.normalise)
"""Few wide ranges, or so many that where to begin is looked up."""


def members(found) -> set[int]:
    return {n for first, last in found for n in range(first, last + 1)}


def is_canonical(found) -> bool:
    return all(a <= b for a, b in found) and all(x[1] + 1 < y[0] for x, y in pairwise(found))


@given(pairs)
def test_normalise_keeps_the_numbers_and_is_canonical(given_pairs):
    found = intervals.normalise(given_pairs)
    assert members(found) == members(given_pairs)
    assert is_canonical(found)


@given(ranges, ranges)
def test_operations_equal_python_sets(a, b):
    for found, wanted in (
        (intervals.union(a, b), members(a) | members(b)),
        (intervals.intersect(a, b), members(a) & members(b)),
        (intervals.subtract(a, b), members(a) - members(b)),
    ):
        assert members(found) == wanted
        assert is_canonical(found)
    assert intervals.overlaps(a, b) == bool(members(a) & members(b))
    assert intervals.covers(a, b) == (members(b) <= members(a))
    assert intervals.size(a) == len(members(a))


@given(ranges, st.integers(-2, 52))
def test_contains_equals_membership(a, number):
    assert intervals.contains(a, number) == (number in members(a))
