"""``cmfw search``: the document, the exit codes, the text."""

from __future__ import annotations

import pytest

from cli.small_machines import machine
from cmfw.engine import search as engine


@pytest.fixture
def state(tmp_path):
    return machine(tmp_path / "machine.reg", "smb", "wide", "near", "out")


def test_the_document(state, run, valid):
    done = run("search", state, "--flow", "in tcp * > *:440-450", "--format", "json")
    found = valid("search", done.stdout)
    assert done.exit_code == 1
    (hit,) = found["hits"]
    assert found["patterns"] == ["in tcp * > *:440-450"]
    assert (found["total"], found["complete"], found["actions"]) == (1, True, ["allow"])
    assert hit["flows"]["local_ports"] == ["440-450"]
    assert hit["flows"]["programs"] == {"only": ["system"]}
    assert hit["flows"]["text"] == "in tcp * > *:440-450 interface=lan,wireless program=system"
    assert hit["verdict"]["action"] == "allow"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--flow", "in tcp * > *:445"), 1),
        (("--flow", "in tcp * > *:9"), 0),
        (("--flow", "in tcp * > *:445", "--action", "unknown"), 0),
        (("--flow", "in tcp * > *:2701", "--action", "unknown"), 1),
        (("--flow", "in tcp 10.0.0.0/8 > *:2701", "--action", "unknown", "--local-subnet", "10.1.0.0/24"), 0),
        (("--rule", "OUT"), 1),
        (("--rule", "no notification", "--action", "block"), 1),
        (("--rule", "no notification", "--action", "allow"), 0),
        (("--rule", "nobody"), 2),
        (("--flow", "in nonsense"), 2),
    ],
)
def test_exit_codes(words, code, state, run):
    assert run("search", state, *words).exit_code == code


def test_without_a_pattern_everything_is_searched(state, run, valid):
    found = valid("search", run("search", state, "--rule", "out", "--format", "json").stdout)
    assert [hit["flows"]["remote_ports"] for hit in found["hits"]] == [["10123"]]


def test_a_profile_narrows_the_pattern(state, run, valid):
    found = valid(
        "search", run("search", state, "--flow", "in tcp * > *:445", "--profile", "public", "--format", "json").stdout
    )
    assert [hit["flows"]["profiles"] for hit in found["hits"]] == [["public"]]


def test_count_limits_what_is_listed_and_total_says_how_many(state, run, valid):
    done = run("search", state, "--flow", "in tcp * > *", "--action", "block", "--count", "1", "--format", "json")
    found = valid("search", done.stdout)
    assert (len(found["hits"]), found["total"] > 1) == (1, True)
    assert "more" in run("search", state, "--flow", "in tcp * > *", "--action", "block", "--count", "1").stdout


@pytest.mark.parametrize(
    ("lang", "certain", "example"), [("en", "That is certain", "for example"), ("zh_CN", "确定", "例如")]
)
def test_text_in_both_languages(lang, certain, example, state, run):
    assert certain in run("search", state, "--flow", "in tcp * > *:9", lang=lang).stdout
    shown = run("search", state, "--flow", "in tcp * > *:445", lang=lang).stdout
    assert example in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_too_complex_is_not_known(state, run, valid, monkeypatch):
    monkeypatch.setattr(engine, "MOST_PIECES", 0)
    done = run("search", state, "--flow", "in tcp * > *:445", "--format", "json")
    found = valid("search", done.stdout)
    assert (done.exit_code, found["complete"], found["hits"]) == (3, False, [])
    assert "Too complex" in run("search", state, "--flow", "in tcp * > *:445").stdout
