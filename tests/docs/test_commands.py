"""What pages show and do not run is at least valid: every ``cmfw`` command has such options, and the lab's scenario can be read.

Most pages are run; those that speak of a domain, a browser or root are not, in either language.
"""

from __future__ import annotations

import re
import shlex

import click
import pytest
from tests.docs.pages import DOCS, blocks

from cmfw.cli.app import app
from cmfw.ingest.lab_scenario import read_scenario_text

SHOWN = [
    pytest.param(line.removeprefix("$ "), id=f"{page.relative_to(DOCS).as_posix()}:{block.line + at}")
    for page in sorted(DOCS.rglob("*.md"))
    for block in blocks(page)
    if block.kind == "console"
    for at, line in enumerate(block.text.splitlines(), 1)
    if line.startswith("$ cmfw ")
]
LAB = [DOCS / "lab.md", DOCS / "lab.zh.md"]


def unknown_options(arguments: list[str]) -> list[str]:
    """The options that no command of the line has."""
    command: click.Command = app
    context = click.Context(app)
    given = list(arguments)
    while isinstance(command, click.Group):
        found = command.get_command(context, given.pop(0))
        assert found is not None, arguments
        command, context = found, click.Context(found, parent=context)
    known = {name for parameter in command.get_params(context) for name in (*parameter.opts, *parameter.secondary_opts)}
    options = given[: given.index("--")] if "--" in given else given
    return [name for name in options if re.match(r"--?[a-z]", name) and name.partition("=")[0] not in known]


@pytest.mark.parametrize("line", SHOWN)
def test_a_command_that_is_shown_has_such_options(line):
    program, *arguments = shlex.split(line)
    assert program == "cmfw"
    assert unknown_options(arguments) == []


def test_an_option_that_is_not_there_is_seen():
    assert unknown_options(["lab", "prove", "site.toml", "--pcap", "x"]) == ["--pcap"]


@pytest.mark.parametrize("page", LAB, ids=lambda p: p.name)
def test_the_scenario_of_the_lab_is_one(page):
    (scenario,) = [block for block in blocks(page) if block.kind == "toml"]
    assert len(read_scenario_text(scenario.text.encode(), str(page)).steps) == 2
