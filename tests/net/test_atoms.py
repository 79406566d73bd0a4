from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cmfw.net.atoms import Atoms

NAMES = ("a", "b", "c", "fresh")
atoms = st.builds(Atoms, st.frozensets(st.sampled_from(NAMES[:3])), st.booleans())


def members(found) -> set[str]:
    """The names of the universe, the last one standing for all that nobody names."""
    return {name for name in NAMES if name in found}


@given(atoms, atoms)
def test_operations_equal_python_sets(a, b):
    assert members(a & b) == members(a) & members(b)
    assert members(a | b) == members(a) | members(b)
    assert members(a - b) == members(a) - members(b)
    assert (a <= b) == (members(a) <= members(b))
    assert a.is_empty == (not members(a))
    assert a.is_any == (members(a) == set(NAMES))


@given(atoms)
def test_an_example_is_a_member(a):
    if not a.is_empty:
        assert a.example("fresh") in a


def test_an_example_dodges_the_excluded_names():
    assert Atoms.but(("fresh",)).example("fresh") == "freshx"
