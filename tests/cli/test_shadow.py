"""``cmfw shadow``: the document, the exit codes, the text."""

from __future__ import annotations

import pytest

from cli.small_machines import machine


@pytest.fixture
def state(tmp_path):
    return machine(tmp_path / "machine.reg", "smb", "wide", "near", "idle", "out")


def test_the_document(state, run, valid):
    done = run("shadow", state, "--format", "json")
    found = valid("shadow", done.stdout)
    assert done.exit_code == 1
    assert [(rule["id"], rule["reason"], [r["id"] for r in rule["covered_by"]]) for rule in found["dead"]] == [
        ("smb", "covered", ["wide"]),
        ("idle", "inactive", []),
    ]
    assert [(rule["id"], rule["doubt"]) for rule in found["doubtful"]] == [("near", "evidence")] or found["doubtful"] == []
    assert found["alive"] == []
    assert found["counts"]["dead"] == 2


def test_living_rules_show_a_flow_on_request(state, run, valid):
    found = valid("shadow", run("shadow", state, "--witness", "--format", "json").stdout)
    alive = {rule["id"]: (rule["verdict"]["action"], rule["without"]["action"]) for rule in found["alive"]}
    assert alive["out"] == ("block", "allow")
    assert alive["wide"] == ("allow", "block")
    assert alive["near"] == ("unknown", "block")


@pytest.mark.parametrize(
    ("ids", "code"),
    [(("wide", "out"), 0), (("wide", "idle"), 0), (("wide", "smb"), 1)],
    ids=["all decide", "only idle", "covered"],
)
def test_exit_codes(ids, code, run, tmp_path):
    assert run("shadow", machine(tmp_path / "m.reg", *ids)).exit_code == code


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "en",
            (
                "Covered by one other rule (1)",
                "- SMB (smb, local)",
                "by: Wide (wide, local)",
                "Switched off (1)",
                "Rules that decide something: 3",
            ),
        ),
        ("zh_CN", ("被另一条规则覆盖（1）", "依据：Wide", "已禁用（1）", "3 条规则起决定作用")),
    ],
)
def test_text_in_both_languages(lang, words, state, run):
    shown = run("shadow", state, lang=lang).stdout
    assert [word for word in words if word not in shown] == []
    assert max(map(len, shown.splitlines())) <= 80


def test_text_with_witnesses(state, run):
    shown = run("shadow", state, "--witness").stdout
    assert "without the rule: allow" in shown
