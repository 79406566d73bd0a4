"""What fits at the cursor: commands, options, values, and whether names of files do."""

from __future__ import annotations

import ast
import os
import subprocess
import sys

import click
import pytest

from cmfw.cli.app import COMMANDS, app, run
from cmfw.cli.completing import VARIABLE, fitting
from cmfw.emit import HOST_TARGETS, TARGETS


@pytest.fixture
def folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run(app, ["demo", "--files", "."])
    capsys.readouterr()
    return tmp_path


def words_for(*words: str) -> tuple[list[str], str]:
    found = fitting(app, words[:-1], words[-1])
    return [one.text for one in found.candidates], found.names


@pytest.mark.parametrize(
    ("words", "candidates", "names"),
    [
        (["pla"], ["plan"], ""),
        (["--la"], ["--lang"], ""),
        (["--lang", ""], ["en", "zh_CN"], ""),
        (["--lang", "zh_CN", "expl"], ["explain"], ""),
        (["--lang=zh_CN", "expl"], ["explain"], ""),
        (["site", ""], ["new", "show"], ""),
        (["site", "new", ""], [], "file"),
        (["nosuch", ""], [], ""),
        (["plan", ""], [], "file"),
        (["plan", "--ed"], ["--edition"], ""),
        (["plan", "--edition", "2"], ["2016"], ""),
        (["plan", "--edition", "=", "2"], ["2016"], ""),
        (["plan", "--edition", "="], ["current", "2016"], ""),
        (["plan", "--edition=2"], ["--edition=2016"], ""),
        (["plan", "--edition", "2016", "--ed"], [], ""),
        (["plan", "--feature", "x", "--feat"], ["--feature"], ""),
        (["plan", "s.toml", "--feature", "client_p"], ["client_push"], ""),
        (["plan", "s.toml", ""], [], ""),
        (["emit", "registry"], ["registry-pol"], ""),
        (["emit", "nft"], ["nftables"], ""),
        (["emit", "list", ""], [], "file"),
        (["emit", "list", "s", "-o", ""], [], "dir"),
        (["emit", "list", "s", "--output="], [], "dir"),
        (["convert", "a.hive", "nets"], ["netsh"], "file"),
        (["schema", "pl"], ["plan"], ""),
        (["explain", "port-4"], ["port-433"], ""),
        (["audit", "s", "m", "--fail-on", "wsus"], ["wsus-pair"], ""),
        (["whatif", "s", "--firewall", ""], ["on", "off"], ""),
        (["trace", "--", "-"], [], "file"),
        (["trace", "m", "--flow", ""], [], ""),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else part,
)
def test_what_fits(words, candidates, names):
    assert words_for(*words) == (candidates, names)


def test_all_commands_and_targets_fit():
    assert words_for("")[0] == list(COMMANDS)
    assert set(words_for("emit", "")[0]) > set(TARGETS)
    assert words_for("convert", "m", "")[0] == list(HOST_TARGETS)


@pytest.mark.parametrize("command", ["emit", "convert"])
def test_names_of_targets_come_without_the_values_that_targets_take(command):
    """Somebody waits at a prompt: half of the answer's time went into loading models that nobody looked at."""
    ask = f"from cmfw.__main__ import run; import os, sys; os._exit = sys.exit; sys.argv[1:] = ['{command}', '=']"
    told = f"{ask}\ntry: run()\nfinally: print(sorted(sys.modules), file=sys.stderr)"
    environment = os.environ | {VARIABLE: "1"}
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, encoding="utf-8", env=environment, check=True)
    assert "value\tregistry-pol\t" in done.stdout
    loaded = set(ast.literal_eval(done.stderr))
    assert "cmfw.emit" in loaded
    assert [name for name in loaded if name.startswith(("cmfw.model", "cmfw.net", "cmfw.catalog", "cmfw.engine"))] == []


@pytest.mark.usefixtures("folder")
def test_places_are_those_of_the_site_file():
    assert words_for("emit", "list", "site.toml", "--for", "")[0] == ["office", "cm1.example.com", "desk1.example.com"]
    assert words_for("emit", "list", "site.toml", "--for", "cm")[0] == ["cm1.example.com"]
    assert words_for("emit", "list", "--for", "")[0] == []
    assert words_for("audit", "client.reg", "m", "--as", "")[0] == []


def parameters(name: str, command: click.Command) -> list[tuple[str, click.Parameter]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        below = [(f"{name} {one}", command.get_command(context, one)) for one in command.list_commands(context)]
        return [pair for path, each in below for pair in parameters(path, each)]
    return [(name, parameter) for parameter in command.params]


def test_every_kind_of_value_is_one_of_a_command():
    from cmfw.cli.completing import _FROM_CATALOG, _FROM_SITE, NAMES

    met = {(one.metavar or "").replace("...", "").strip("[] ") for _, one in parameters("", app)}
    met |= {"FEATURE"} if any("--feature" in one.opts for _, one in parameters("", app)) else set()
    assert {*NAMES, *_FROM_SITE, *_FROM_CATALOG} <= met


def test_the_answer_has_a_line_for_each(monkeypatch, capsys):
    monkeypatch.setenv(VARIABLE, "1")
    assert run(app, ["convert", "m", "=nets"]) == 0
    assert capsys.readouterr().out == "value\tnetsh\t\nfile\n"
    monkeypatch.setenv("CMFW_LANG", "zh_CN")
    assert run(app, ["=trac"]) == 0
    assert capsys.readouterr().out == "value\ttrace\t计算机如何处理一条流量及原因\n"


def test_explanations_are_words_and_on_one_line():
    for words in ([""], ["-"], ["explain", ""], ["plan", "-"], ["whatif", "-"], ["lab", ""]):
        for one in fitting(app, words[:-1], words[-1]).candidates:
            assert one.about or one.text in ("new", "show"), one
            assert "\n" not in one.about
            assert not one.about.startswith("option.")
