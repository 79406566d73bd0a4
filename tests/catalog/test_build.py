"""``Table``: rows appear when asked for, and nothing else shows that they were not there before."""

from __future__ import annotations

import pytest

from cmfw.catalog.build import Table

ROWS = {"a": {"n": 11}, "b": {"n": 22}, "c": {"n": 33}}


def table(made: list[str]) -> Table[str]:
    def build(key: str, row: dict[str, int]) -> str:
        made.append(key)
        return f"{key}{row['n']}"

    return Table(ROWS, build)


def test_a_row_is_built_once_and_only_when_asked_for():
    made: list[str] = []
    rows = table(made)
    assert made == []
    assert rows["b"] == "b22"
    assert rows["b"] is rows["b"]
    assert made == ["b"]


def test_it_looks_whole():
    rows = table([])
    rows["c"]
    assert list(rows) == list(rows.keys()) == ["a", "b", "c"]
    assert list(rows.values()) == ["a11", "b22", "c33"]
    assert list(rows.items()) == [("a", "a11"), ("b", "b22"), ("c", "c33")]
    assert len(rows) == 3
    assert rows
    assert "a" in rows
    assert "d" not in rows


@pytest.mark.parametrize(
    "copy", [dict, lambda rows: {**rows}, lambda rows: dict(rows.items())], ids=["dict", "stars", "items"]
)
def test_a_copy_has_every_row(copy):
    assert copy(table([])) == {"a": "a11", "b": "b22", "c": "c33"}


def test_a_row_that_does_not_exist():
    rows = table([])
    assert rows.get("d") is None
    assert rows.get("a") == "a11"
    with pytest.raises(KeyError):
        rows["d"]
