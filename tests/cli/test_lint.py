"""``cmfw lint``: exit codes, the document, both languages."""

from __future__ import annotations

import json
import sys

import pytest

from cmfw.cli.schema import FOLDER

jsonschema = pytest.importorskip("jsonschema")
pytest.importorskip("tree_sitter_pwsh", reason="no PowerShell grammar here (extra `lint`)")

NEW = "New-NetFirewallRule -DisplayName n -Profile Domain -Protocol TCP"


@pytest.fixture
def script(tmp_path):
    def write(text: str, name: str = "x.ps1") -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return str(tmp_path / name)

    return write


@pytest.mark.parametrize(
    ("text", "level", "code"),
    [
        (f"{NEW} -LocalPort 80", "warning", 0),
        (f"{NEW} -LocalPort 433", "warning", 1),
        (f"{NEW} -LocalPort 433", "error", 0),
        (f"{NEW} -LocalPort 433 -Enabled $true", "error", 1),
        (f"{NEW} -LocalPort $p", "warning", 0),
        (f"{NEW} -LocalPort $p", "note", 1),
        (f"{NEW} -LocalPort 433 -Enabled $true", "never", 0),
        ("Get-Process", "warning", 3),
    ],
)
def test_exit_codes(text, level, code, script, run):
    assert run("lint", script(text), "--fail-on", level).exit_code == code


def test_the_document_fits_its_schema(script, run):
    found = run(
        "lint", script(f"{NEW} -LocalPort 433\n}}"), script("netsh firewall set opmode disable", "y.cmd"), "--format", "json"
    )
    document = json.loads(found.stdout)
    jsonschema.validate(document, json.loads((FOLDER / "lint.json").read_text(encoding="utf-8")))
    assert [one["format"] for one in document["files"]] == ["ps-script", "netsh-script"]
    assert [one["code"] for one in document["findings"]] == ["port-433", "deprecated-command"] or document["files"][0][
        "problems"
    ]


def test_both_languages(script, run):
    path = script(f"{NEW} -LocalPort 433")
    assert "HTTPS uses 443" in run("lint", path, "--lang", "en").output
    assert "HTTPS 使用的是 443" in run("lint", path, "--lang", "zh_CN").output
    clean = script(f"{NEW} -LocalPort 80", "z.ps1")
    assert "未发现问题" in run("lint", clean, "--lang", "zh_CN").output


def test_another_file_is_refused(script, run):
    found = run("lint", script("Rule Name: n", "x.txt"))
    assert found.exit_code == 2
    assert "a script that makes firewall rules" in found.stderr


def test_without_the_grammar_the_extra_is_named(script, run, monkeypatch):
    monkeypatch.setitem(sys.modules, "tree_sitter_pwsh", None)
    found = run("lint", script(NEW))
    assert found.exit_code == 2
    assert "cmfw[lint]" in found.stderr
    assert run("lint", script("netsh advfirewall firewall show rule name=all", "y.cmd")).exit_code == 0
