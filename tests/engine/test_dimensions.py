"""Boxes in one dimension: meeting, covering and cutting equal what plain loops say."""

from __future__ import annotations

from random import Random

import pytest

from cmfw.engine.dimensions import Dimension, bits, cut, joined
from cmfw.net import intervals
from cmfw.net.atoms import Atoms

WORDS = ("agent", "system", "svchost", "ccmexec")


def flags(rng):
    return rng.randint(1, 7)


def numbers(rng):
    return intervals.normalise((first, first + rng.randint(0, 9)) for first in rng.sample(range(40), rng.randint(1, 3)))


def names(rng):
    some = frozenset(rng.sample(WORDS, rng.randint(0, 3)))
    return Atoms(some, complement=rng.random() < 0.4 or not some)


def members(part):
    """The points of a part, in a universe that is large enough to tell any two parts apart."""
    if isinstance(part, int):
        return {n for n in range(3) if part >> n & 1}
    if isinstance(part, Atoms):
        return {word for word in (*WORDS, "a fresh name") if word in part}
    return {n for first, last in part for n in range(first, last + 1)}


@pytest.mark.parametrize("made", [flags, numbers, names])
def test_meeting_and_covering_equal_sets_of_points(made, seed):
    rng = Random(seed)
    for _ in range(150):
        parts = [made(rng) for _ in range(8)]
        values = {}
        for number, part in enumerate(parts):
            values[part] = values.get(part, 0) | 1 << number
        dimension, asked = Dimension(values), made(rng)
        meeting = {n for n, part in enumerate(parts) if members(part) & members(asked)}
        covering = {n for n, part in enumerate(parts) if members(part) >= members(asked)}
        assert set(bits(dimension.meeting(asked))) == meeting
        assert set(bits(dimension.covering(asked))) == covering


@pytest.mark.parametrize("made", [flags, numbers, names])
def test_cells_are_the_points_that_meet_the_same(made, seed):
    rng = Random(seed + 1)
    for _ in range(150):
        whole, parts = made(rng), list(dict.fromkeys(made(rng) for _ in range(5)))
        cells = cut(whole, [(part, 1 << number) for number, part in enumerate(parts)])
        wanted = {}
        for point in members(whole):
            mask = sum(1 << number for number, part in enumerate(parts) if point in members(part))
            wanted.setdefault(mask, set()).add(point)
        found = {mask: members(part) for mask, part in cells if members(part)}
        assert found == wanted
        assert len(cells) == len({mask for mask, _ in cells})


@pytest.mark.parametrize("made", [flags, numbers, names])
def test_joined_is_the_union(made, seed):
    rng = Random(seed + 2)
    for _ in range(50):
        one, other = made(rng), made(rng)
        assert members(joined(one, other)) == members(one) | members(other)
