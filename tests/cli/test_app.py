"""The frame of the command line: help, languages, errors, exit codes, and what starting it may import."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module

import click
import pytest
from tests.conftest import ROOT

from cmfw import words
from cmfw.cli.app import CLEAN, COMMANDS, FAILED, FINDINGS, INCOMPLETE, SECTIONS, app, error_lines, worst
from cmfw.cli.options import form
from cmfw.errors import FormatError, InputError, Problem, Unsupported

HEAVY = {
    "rich", "asyncio", "ssl", "socket", "sqlite3", "numpy", "xml.etree.ElementTree", "importlib.metadata", "tomllib",
    "hashlib", "zipfile", "subprocess", "email", "ipaddress", "csv", "difflib",
}  # fmt: skip
"""What the quick commands must not pay for. Source: facts, performance section 7."""


@pytest.mark.parametrize(
    ("codes", "winner"),
    [((), CLEAN), ((0, 3), INCOMPLETE), ((3, 1, 0), FINDINGS), ((1, 2, 3), FAILED)],
    ids=["nothing is clean", "3 before 0", "1 before 3", "2 before 1"],
)
def test_the_worst_exit_code_wins(codes, winner):
    assert worst(*codes) == winner


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_exists_and_has_help_in_both_languages(name, run):
    assert isinstance(import_module(f"cmfw.cli.{name.replace('-', '_')}").command, click.Command)
    english, chinese = run(name, "--help"), run(name, "--help", lang="zh_CN")
    assert (english.exit_code, chinese.exit_code) == (0, 0)
    assert re.search(r"[\u4e00-\u9fff]", chinese.output)
    assert not re.search(r"[\u4e00-\u9fff]", english.output)
    assert "option." not in english.output


def test_every_command_module_is_in_the_table():
    modules = {p.stem for p in (ROOT / "src" / "cmfw" / "cli").glob("*.py")}
    commands = {name for name in modules if hasattr(import_module(f"cmfw.cli.{name}"), "command")}
    assert commands == {name.replace("-", "_") for name in COMMANDS}


def test_help_lists_the_sections_in_order(run):
    text = run("--help").output
    titles = [words.said_in("en", f"section.{key}") for key, _ in SECTIONS]
    places = [text.index(f"{title}:") for title in titles]
    assert places == sorted(places)
    assert all(re.search(rf"^  {name} ", text, re.MULTILINE) for name in COMMANDS)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["traec"], "no command `traec`; did you mean `trace`?"),
        (["xyzzy"], "no command `xyzzy`"),
        (["plan"], "Missing argument 'SITE'"),
        (["plan", "no-such.toml"], "no-such.toml: expected a readable site file"),
        (["schema", "poem"], "'poem' is not one of"),
        (["--lang", "tlh", "schema"], None),
        (["schema", "--lang", "tlh"], "`tlh` is not a language"),
        (["trace", "x.hive"], "no flow to judge"),
        (["trace", "x.hive", "--flow", "in tcp"], "command line: --flow: expected the end that opens the flow"),
        (["trace", "x.hive", "--flows", "no-such.txt"], "no-such.txt: no such file or directory"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_usage_is_told_in_one_line_and_exits_2(args, says, process):
    done = process(*args)
    if says is None:
        assert done.returncode == CLEAN
        return
    assert done.returncode == FAILED
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("cmfw: ")
    assert says in line


def test_every_problem_is_a_line():
    problems = (Problem("s.toml", "a", "b", line=3), Problem("s.toml", "c", "d", key="k"))
    assert error_lines(InputError(*problems)) == ["s.toml:3: expected a, found b", "s.toml: k: expected c, found d"]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (Unsupported("registry-pol", "fps", "why not"), "target `registry-pol` cannot express `fps`: why not"),
        (FormatError("no hive", source="x", offset=16), "x: no hive at offset 0x10"),
        (ValueError("two\nlines"), "ValueError: two lines (this is a fault of cmfw; --debug shows where)"),
    ],
    ids=["unsupported", "format", "own fault"],
)
def test_an_error_is_one_line(error, line):
    words.choose("en")
    assert error_lines(error) == [line]


def test_debug_shows_where_an_own_fault_is(process, tmp_path):
    done = process("--debug", "plan", tmp_path / "nothing.toml")
    assert "Traceback" in done.stderr


def _imported(process, *args):
    done = process(*args, python=("-X", "importtime"))
    assert done.returncode == CLEAN, done.stderr[-500:]
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}


def test_help_imports_no_command_and_nothing_heavy(process):
    modules = _imported(process, "--help")
    assert not modules & HEAVY
    assert not {f"cmfw.cli.{name}" for name in COMMANDS} & modules
    assert not {m for m in modules if m.startswith(("cmfw.model", "cmfw.net", "cmfw.catalog", "json"))}


def test_explain_imports_the_catalog_and_nothing_heavy(process):
    modules = _imported(process, "explain", "client_push")
    assert not modules & HEAVY
    assert "cmfw.catalog" in modules
    above = ("cmfw.resolve", "cmfw.engine", "cmfw.diagnose", "cmfw.emit", "cmfw.ingest.")
    assert not {m for m in modules if m.startswith(above)}


def test_a_plan_for_machines_does_not_load_rich(process, site_file):
    modules = _imported(process, "plan", site_file, "--format", "json")
    assert not modules & (HEAVY - {"tomllib", "ipaddress"})


def test_only_the_terminal_writer_imports_rich():
    users = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            users |= {path.name for name in names if name.split(".")[0] == "rich"}
    assert users == {"terminal.py"}


def test_a_closed_pipe_is_no_error():
    import os
    import subprocess
    import sys

    command = [sys.executable, "-m", "cmfw", "schema", "site"]
    env = {**os.environ, "CMFW_LANG": "en"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as running:
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait() == CLEAN


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "gbk"])
def test_output_in_a_pipe_is_utf_8_whatever_the_console_is(encoding, process):
    done = process("--help", env={"PYTHONIOENCODING": encoding, "CMFW_LANG": "zh_CN", "PYTHONUTF8": "0"})
    assert "需要什么" in done.stdout


def _leaves(group: click.Group, *before: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command
        if isinstance(command, click.Group):
            yield from _leaves(command, *before, name)
        else:
            yield (*before, name), command


def test_every_answer_in_words_can_be_had_as_json_and_markdown():
    """Of `site show` the words are a site file, and `audit` has a Markdown of its own."""
    forms = {
        names: next((p.type.choices for p in command.params if p.name == "form" and p.default == "text"), None)
        for names, command in _leaves(app)
    }
    told = {" ".join(names): set(choices) for names, choices in forms.items() if choices}
    assert len(told) > 15
    assert [name for name, choices in told.items() if not {"text", "json", "md"} <= choices] == ["site show"]


def test_markdown_is_the_form_of_one_run_only(run, site_file):
    assert run("plan", site_file, "--format", "md").output.startswith("# Plan of site P01")
    assert run("plan", site_file).output.startswith("Plan of site P01")
    assert form() == "text"
