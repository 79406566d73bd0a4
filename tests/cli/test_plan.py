"""``cmfw plan`` and ``cmfw emit``: documents, text, selection."""

from __future__ import annotations

import json

import pytest

from cmfw.ingest.rulestring import parse_rule


@pytest.mark.parametrize("edition", ["current", "2016"])
@pytest.mark.parametrize("scope", ["least", "documented"])
def test_the_document_is_valid_and_the_same_every_time(edition, scope, run, site_file, valid):
    args = ("plan", site_file, "--edition", edition, "--scope", scope, "--advisory", "--format", "json")
    first, second = run(*args), run(*args)
    assert first.exit_code == 0, first.output
    assert first.stdout == second.stdout
    document = valid("plan", first.stdout)
    assert (document["edition"], document["scope"]) == (edition, scope)
    assert document["items"]


def test_host_rules_say_their_conditions_twice_and_both_agree(run, site_file):
    items = json.loads(run("plan", site_file, "--format", "json").stdout)["items"]
    rules = [rule for item in items for rule in item["host_rules"]]
    assert rules
    for row in rules:
        rule, problems = parse_rule(row["rule"], id=row["id"])
        assert problems == ()
        assert rule.action.value == row["action"]
        assert (rule.program or "*") == row["program"]
        assert rule.local_port.ports.texts() == row["local_ports"] or row["local_ports"] == ["*"] or rule.local_port.keywords


def test_edition_2016_marks_what_it_prints_wrongly(run, tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(
        'code = "P01"\nsystem = [{ host = "cm1", mp.mode = "https" }]\nclients = [{ subnets = ["10.2.0.0/24"] }]\n',
        encoding="utf-8",
    )
    items = json.loads(run("plan", path, "--edition", "2016", "--format", "json").stdout)["items"]
    marked = [item for item in items if item["printed"] == ["433"]]
    assert marked
    assert all(item["ports"] == ["443"] and "E1" in item["errata"] for item in marked)
    assert "(printed 433)" in run("plan", path, "--edition", "2016").stdout


def test_one_feature_can_be_picked_and_an_unknown_one_not(run, site_file):
    items = json.loads(run("plan", site_file, "--feature", "remote_control", "--format", "json").stdout)["items"]
    assert {tuple(item["ports"]) for item in items} == {("2701",)}
    refused = run("plan", site_file, "--feature", "teleport")
    assert refused.exit_code == 2
    assert "`teleport`" in refused.stderr


@pytest.mark.parametrize(
    ("lang", "parts"),
    [
        (
            "en",
            (
                "Plan of site P01",
                "Remote Control (remote_control)",
                "tcp 2701",
                "required",
                "Windows Firewall rules by host",
            ),
        ),
        ("zh_CN", ("站点 P01 的计划", "远程控制 (remote_control)", "tcp 2701", "必需", "各主机的 Windows 防火墙规则")),
    ],
)
def test_text_is_readable_and_narrow(lang, parts, run, site_file):
    from cmfw.cli.output import width_of

    text = run("plan", site_file, lang=lang).stdout
    assert all(part in text for part in parts)
    assert max(width_of(line) for line in text.splitlines()) <= 80


def test_rows_for_programs(run, site_file):
    lines = run("plan", site_file, "--format", "jsonl").stdout.splitlines()
    assert all(json.loads(line)["schema"] == "cmfw/plan/1" for line in lines)
    csv = run("plan", site_file, "--format", "csv").stdout.splitlines()
    assert csv[0].startswith("id,features,necessity,from,")
    assert len(csv) == len(lines) + 1


def test_emit_writes_files_and_says_which(run, site_file, tmp_path, valid):
    folder = tmp_path / "out"
    done = run("emit", "powershell", site_file, "--for", "clients", "-o", folder, "--format", "json")
    assert done.exit_code == 0, done.output
    files = valid("emit", done.stdout)["files"]
    assert {path.name for path in folder.iterdir()} == {"cmfw.ps1", "undo.ps1"}
    assert [found["bytes"] for found in files] == [(folder / name).stat().st_size for name in ("cmfw.ps1", "undo.ps1")]


@pytest.mark.parametrize(
    ("target", "where"), [("papyrus", "clients"), ("powershell", "nobody")], ids=["unknown target", "unknown place"]
)
def test_emit_refuses_and_writes_nothing(target, where, run, site_file, tmp_path):
    folder = tmp_path / "out"
    done = run("emit", target, site_file, "--for", where, "-o", folder)
    assert done.exit_code == 2
    assert done.stderr.startswith("cmfw: ")
    assert not folder.exists()


def test_text_tells_the_level_that_the_feature_of_the_table_asks_for(run, tmp_path):
    site = tmp_path / "site.toml"
    site.write_text(
        'code = "P01"\nsystem = [{ host = "cm1" }]\nclients = [{ subnets = ["10.1.0.0/16"] }]\n', encoding="utf-8"
    )
    text = run("plan", str(site)).output
    requests, notification = (text.partition(f"({name})\n")[2].partition("\n\n")[0] for name in LEVELS)
    assert [LEVELS[n] in t for n, t in zip(LEVELS, (requests, notification), strict=True)] == [True, True]
    assert "fallback" not in requests


LEVELS = {"client_requests": "required", "client_notification": "fallback"}
