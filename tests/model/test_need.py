from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmfw.model.need import All, AnyOf, Leaf, Prefer, Spread, bounds, leaves, need_text, parse_need, repairs, status
from cmfw.model.verdict import Bounds, Status

B, D, W = Status.BROKEN, Status.DEGRADED, Status.WORKS
NAMES = ("a", "b", "c", "d")
needs = st.recursive(
    st.sampled_from(NAMES).map(Leaf),
    lambda inner: st.lists(inner, min_size=1, max_size=3).flatmap(
        lambda parts: st.sampled_from((All, AnyOf, Prefer, Spread)).map(lambda kind: kind(tuple(parts)))
    ),
    max_leaves=6,
)
worlds = st.fixed_dictionaries({name: st.sampled_from((B, W)) for name in NAMES})


@pytest.mark.parametrize(
    ("text", "works", "wanted"),
    [
        pytest.param("a and b", "a", B, id="and-needs-both"),
        pytest.param("a or b", "b", W, id="or-needs-one"),
        pytest.param("prefer(a, b or c)", "a", W, id="prefer-first-works"),
        pytest.param("prefer(a, b or c)", "c", D, id="prefer-later-degrades"),
        pytest.param("prefer(a, b or c)", "d", B, id="prefer-none-breaks"),
        pytest.param("spread(a, b)", "ab", W, id="spread-all-work"),
        pytest.param("spread(a, b)", "a", D, id="spread-some-work"),
        pytest.param("spread(a, b)", "c", B, id="spread-none-work"),
        pytest.param("a or b and c", "a", W, id="and-binds-tighter"),
        pytest.param("(a or b) and c", "a", B, id="brackets-win"),
        pytest.param("none", "", W, id="nothing-needed-works"),
    ],
)
def test_status_reads_as_the_formula_says(text, works, wanted):
    assert status(parse_need(text), lambda name: W if name in works else B) is wanted


@pytest.mark.parametrize("text", ["", "a and", "a b", "(a", "prefer()", "a, b", "or a", "a ! b", "prefer(a", "spread(a,)"])
def test_a_broken_formula_is_refused_with_its_place(text):
    with pytest.raises(ValueError, match=r" at \d+ in "):
        parse_need(text)


@given(needs, worlds)
def test_text_reads_back_to_the_same_meaning(need, world):
    again = parse_need(need_text(need))
    assert status(again, world.__getitem__) is status(need, world.__getitem__)
    assert set(leaves(again)) == set(leaves(need))


@given(needs, worlds, st.sampled_from(NAMES))
def test_formulas_are_monotone(need, world, name):
    assert status(need, (world | {name: W}).__getitem__) >= status(need, world.__getitem__)


@given(needs, worlds, st.frozensets(st.sampled_from(NAMES)))
def test_bounds_hold_every_possible_world(need, world, unknown):
    known = {name: Bounds(B, W) if name in unknown else Bounds(world[name], world[name]) for name in NAMES}
    found = bounds(need, known)
    assert found.low <= status(need, world.__getitem__) <= found.high


@given(needs, worlds, st.sampled_from((D, W)))
def test_repairs_are_sufficient_and_minimal(need, world, goal):
    for fixed in repairs(need, world.__getitem__, goal):
        assert status(need, (world | dict.fromkeys(fixed, W)).__getitem__) >= goal
        for name in fixed:
            less = world | dict.fromkeys(fixed - {name}, W)
            assert status(need, less.__getitem__) < goal


def test_the_smallest_repair_comes_first():
    found = repairs(parse_need("(a and b) or c"), lambda _: B)
    assert [sorted(names) for names in found] == [["c"], ["a", "b"]]
