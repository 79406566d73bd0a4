"""``value`` makes what ``dataclass(frozen=True, slots=True)`` makes, feature by feature."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import ClassVar

import pytest

from cmfw.value_inits import INITS
from cmfw.values import value


class Point:
    """A point."""

    x: int
    y: int = 7
    ORIGIN: ClassVar[str] = "here"

    def __post_init__(self) -> None:
        if self.x < 0:
            raise ValueError("negative")

    def sum(self) -> int:
        return self.x + self.y


class Named:
    name: str
    tags: tuple[str, ...] = ()


Theirs = dataclasses.dataclass(frozen=True, slots=True, order=True)(Point)
Ours = value(order=True)(Point)
Kept = value(kw_only=True)(Named)


@pytest.mark.parametrize("make", [Theirs, Ours])
def test_behaves_as_a_frozen_slotted_dataclass(make):
    p = make(3)
    assert (p.x, p.y, p.sum(), make.ORIGIN) == (3, 7, 10, "here")
    assert p == make(3, 7)
    assert p != make(4)
    assert p != (3, 7)
    assert hash(p) == hash(make(3, y=7))
    assert make(3, 8) > p >= make(2, 9)
    assert repr(p).endswith("Point(x=3, y=7)")
    assert dataclasses.replace(p, y=8) == make(3, 8)
    assert dataclasses.asdict(p) == {"x": 3, "y": 7}
    assert [f.name for f in dataclasses.fields(p)] == ["x", "y"]
    assert dataclasses.is_dataclass(p)
    assert make.__doc__ == "A point."
    assert not hasattr(p, "__dict__")
    match p:
        case make(x, y):
            assert (x, y) == (3, 7)
    with pytest.raises(dataclasses.FrozenInstanceError):
        p.x = 5
    with pytest.raises(dataclasses.FrozenInstanceError):
        del p.x
    with pytest.raises(ValueError, match="negative"):
        make(-1)
    with pytest.raises(ValueError, match="negative"):
        dataclasses.replace(p, x=-2)
    with pytest.raises(TypeError):
        make()
    with pytest.raises(TypeError):
        make(1, 2, 3)


@pytest.mark.parametrize("count", range(len(INITS)))
@pytest.mark.parametrize("kw_only", [False, True], ids=["positions", "keywords"])
def test_every_number_of_fields_is_filled_in_order(count, kw_only):
    names = [f"field_{n}" for n in range(count)]
    spelled = {"__annotations__": dict.fromkeys(names, "int"), "__module__": __name__}
    given = {name: 100 + n for n, name in enumerate(names) if n >= count // 2}
    ours = value(kw_only=kw_only)(type("Many", (), spelled | given))
    theirs = dataclasses.dataclass(frozen=True, slots=True, kw_only=kw_only)(type("Many", (), spelled | given))
    numbers = dict(zip(names, range(7, 7 + count), strict=True))
    for wanted in (numbers, dict(list(numbers.items())[: count // 2]), {}):
        for make in ((lambda cls, w=wanted: cls(**w)), (lambda cls, w=wanted: cls(*w.values()))):
            assert tried(make, ours) == tried(make, theirs)
    with pytest.raises(TypeError, match=r"got an unexpected keyword argument 'z'"):
        ours(**numbers, z=2)


def tried(make, cls):
    try:
        return dataclasses.asdict(make(cls))
    except TypeError as error:
        return str(error).replace("Many.", "")


def test_a_value_of_too_many_fields_is_refused_when_its_class_is_made():
    with pytest.raises(TypeError, match="`value_inits`"):
        value(type("Huge", (), {"__annotations__": {f"f{n}": "int" for n in range(len(INITS))}}))


def test_an_opened_value_is_frozen_once_it_has_its_class():
    half = value(kw_only=True, opened=True)(type("Half", (), {"__annotations__": {"a": "int", "b": "int"}, "b": 3}))
    opened = half.__base__()
    opened.a, opened.b = 1, 2
    opened.__class__ = half
    assert opened == half(a=1, b=2) != half(a=1)
    assert repr(opened).endswith("Half(a=1, b=2)")
    with pytest.raises(dataclasses.FrozenInstanceError):
        opened.a = 5
    globals()["Half"] = half
    assert dataclasses.replace(opened, a=4) == half(a=4, b=2)
    assert pickle.loads(pickle.dumps(opened)) == copy.deepcopy(opened) == opened
    assert not hasattr(opened, "__dict__")


def test_a_value_without_fields_or_with_one():
    one = value(type("One", (), {"__annotations__": {"a": "int"}, "__module__": __name__}))
    none = value(type("None_", (), {"__annotations__": {}, "__module__": __name__}))
    assert one(3) == one(a=3) != one(4)
    assert none() == none()
    assert len({one(3), one(3), none(), none()}) == 2


def test_copies_and_pickles():
    p = Ours(5, 9)
    assert copy.copy(p) == copy.deepcopy(p) == p
    kept = Kept(name="a", tags=("b",))
    globals()["Named"] = Kept
    assert pickle.loads(pickle.dumps(kept)) == kept


def test_keywords_only():
    assert Kept(name="a") == Kept(tags=(), name="a")
    with pytest.raises(TypeError):
        Kept("a")


def test_a_default_before_a_field_without_is_refused():
    class Wrong:
        a: int = 3
        b: int

    with pytest.raises(TypeError, match="without default"):
        value(Wrong)
