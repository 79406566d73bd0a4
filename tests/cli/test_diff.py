"""``cmfw diff``: two sides, the document, the exit codes, the text."""

from __future__ import annotations

import pytest

from cli.small_machines import machine
from cmfw.engine import difference as engine


@pytest.fixture
def files(tmp_path):
    names = {"base": ("wide",), "same": ("wide", "smb"), "more": ("wide", "near"), "shut": ("wide", "out"), "bare": ()}
    return {name: machine(tmp_path / f"{name}.reg", *ids) for name, ids in names.items()}


@pytest.mark.parametrize(
    ("before", "after", "code", "kinds"),
    [
        ("base", "base", 0, []),
        ("base", "same", 0, []),
        ("bare", "base", 1, ["allowed"]),
        ("base", "bare", 1, ["blocked"]),
        ("base", "shut", 1, ["blocked"]),
        ("base", "more", 3, ["unknown"]),
        ("more", "base", 3, ["known"]),
        ("bare", "more", 1, ["allowed", "unknown"]),
    ],
)
def test_kinds_and_exit_codes(before, after, code, kinds, files, run, valid):
    done = run("diff", files[before], files[after], "--format", "json")
    found = valid("diff", done.stdout)
    assert done.exit_code == code
    assert [change["kind"] for change in found["changes"]] == kinds
    assert found["equal"] is (code == 0)


def test_a_change_is_the_rule_that_came(files, run, valid):
    (change,) = valid("diff", run("diff", files["bare"], files["base"], "--format", "json").stdout)["changes"]
    assert change["flows"]["text"] == "in tcp * > *:400-500 program=system"
    assert (change["before"]["action"], change["after"]["action"]) == ("block", "allow")
    assert [rule["id"] for rule in change["after"]["by"]] == ["wide"]


def test_rules_are_listed_beside_flows(files, run, valid):
    found = valid("diff", run("diff", files["base"], files["same"], "--format", "json").stdout)
    (rule,) = found["rules"]
    assert (rule["kind"], rule["before"], rule["after"]["id"]) == ("added", None, "smb")


def test_two_sides_of_several_files(files, run, tmp_path):
    """The last file of the first side is no file of the second."""
    policy = tmp_path / "policy.reg"
    text = files["bare"].read_text(encoding="utf-16")
    key = r"SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"
    policy.write_text(text.replace(key, r"SOFTWARE\Policies\Microsoft\WindowsFirewall"), encoding="utf-16")
    assert run("diff", files["base"], policy, "--", files["base"]).exit_code == 0
    assert run("diff", files["base"], policy, "--after", files["base"]).exit_code == 0
    assert run("diff", files["base"], "--", files["same"], policy).exit_code == 0
    assert run("diff", files["base"], "--", files["bare"], policy).exit_code == 1


@pytest.mark.parametrize("count", [1, 3])
def test_without_a_sign_there_are_two_files(count, files, run):
    done = run("diff", *[files["base"]] * count)
    assert done.exit_code == 2
    assert "--" in done.output


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ("Newly allowed", "for example: ", "before: block", "after: allow", "+ Wide")),
        ("zh_CN", ("新允许", "例如：", "之前：", "新增：")),
    ],
)
def test_text_in_both_languages(lang, words, files, run):
    shown = run("diff", files["bare"], files["base"], lang=lang).stdout
    assert [word for word in words if word not in shown] == []
    assert max(map(len, shown.splitlines())) <= 80


def test_equal_is_said_with_certainty(files, run):
    shown = run("diff", files["base"], files["same"]).stdout
    assert "both give every flow the same verdict" in shown
    assert "+ SMB (smb, local)" in shown


def test_long_lists_are_cut_in_text_only(run, tmp_path, valid):
    one = machine(tmp_path / "one.reg", "smb", "near", DefaultOutboundAction=0)
    other = machine(tmp_path / "other.reg", "out", DefaultOutboundAction=1)
    everything = valid("diff", run("diff", one, other, "--format", "json").stdout)["changes"]
    shown = run("diff", one, other, "--count", "1").stdout
    assert len(everything) > 2
    assert shown.count("for example: ") == len({change["kind"] for change in everything})


def test_too_complex_is_not_equal(files, run, valid, monkeypatch):
    monkeypatch.setattr(engine, "MOST_PIECES", 0)
    done = run("diff", files["base"], files["shut"], "--format", "json")
    found = valid("diff", done.stdout)
    assert (done.exit_code, found["equal"], found["complete"]) == (3, False, False)
    assert "Too complex" in run("diff", files["base"], files["shut"]).stdout
