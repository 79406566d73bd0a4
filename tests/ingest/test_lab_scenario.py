"""Scenario files: what they mean, and every problem at once."""

from __future__ import annotations

import pytest

from cmfw.errors import InputError
from cmfw.ingest.lab_scenario import ScenarioStep, read_scenario, read_scenario_text

GOOD = b"""
schema = "cmfw/scenario/1"
site = "sites\\\\one.toml"
[[step]]
name = "first"
close = ["tcp/445"]
between = ["a", "b"]
expect = { client_push = "broken" }
[[step]]
name = "second"
remove = ["r1"]
disable = ["r2", "r3"]
on = ["office"]
"""


def test_steps_are_read_in_order(tmp_path):
    path = tmp_path / "s.toml"
    path.write_bytes(GOOD.replace(b"\\\\", b"\\\\"))
    found = read_scenario(str(path))
    assert found.site == str(tmp_path / "sites" / "one.toml")
    assert found.steps == (
        ScenarioStep(name="first", closed=("tcp/445",), between=("a", "b"), expected=(("client_push", "broken"),)),
        ScenarioStep(name="second", rules=(("remove", "r1"), ("disable", "r2"), ("disable", "r3")), on=("office",)),
    )


@pytest.mark.parametrize(
    ("text", "key", "told"),
    [
        ('step = [{ name = "x" }]', "site", "the path of a site file"),
        ('site = "s"', "step", "at least one `[[step]]`"),
        ('site = "s"\nstep = [1]', "step[0]", "a table"),
        ('site = "s"\nstep = [{}]', "step[0].name", "a name"),
        ('site = "s"\nstep = [{ name = "x", clos = ["tcp/1"] }]', "step[0].clos", "did you mean `close`?"),
        ('site = "s"\nstep = [{ name = "x", close = "tcp/1" }]', "step[0].close", "a list of texts"),
        ('site = "s"\nstep = [{ name = "x", between = ["a"] }]', "step[0].between", "two zones"),
        ('site = "s"\nstep = [{ name = "x", between = ["a", "b"], on = ["c"] }]', "step[0].on", "not both"),
        ('site = "s"\nstep = [{ name = "x", expect = { queries = "fine" } }]', "step[0].expect.queries", "`broken`"),
        ('site = "s"\nstep = [{ name = "x", expect = 3 }]', "step[0].expect", "a table of feature and status"),
        ('schema = "cmfw/scenario/2"\nsite = "s"\nstep = [{ name = "x" }]', "schema", "`cmfw/scenario/1`"),
        ('sight = "s"\nsite = "s"\nstep = [{ name = "x" }]', "sight", "did you mean `site`?"),
    ],
    ids=lambda value: value if value and "\n" not in value else "",
)
def test_a_problem_names_its_key(text, key, told):
    with pytest.raises(InputError) as caught:
        read_scenario_text(text.encode(), "s.toml")
    (problem,) = caught.value.problems
    assert problem.key == key
    assert told in problem.text()


def test_every_problem_is_told_at_once():
    with pytest.raises(InputError) as caught:
        read_scenario_text(b'step = [{ clos = 1 }, { name = "x", expect = { a = "b" } }]', "s.toml")
    assert [p.key for p in caught.value.problems] == ["site", "step[0].clos", "step[0].name", "step[1].expect.a"]


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"site = ", "expected valid TOML"), (b"\xff\xfe\x00", "expected TOML in UTF-8")],
    ids=["cut", "no UTF-8"],
)
def test_what_is_no_toml_is_said(content, told):
    with pytest.raises(InputError, match=told):
        read_scenario_text(content, "s.toml")


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(InputError, match="a readable scenario"):
        read_scenario(str(tmp_path / "none.toml"))
