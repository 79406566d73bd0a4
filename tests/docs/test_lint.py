"""The page about scripts is run: its files are written, its commands called, and what they print is what it shows."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest
from tests.docs.pages import DOCS, Block, blocks

pytest.importorskip("tree_sitter_pwsh", reason="no PowerShell grammar here (extra `lint`)")

PAGE = DOCS / "lint.md"
GONE = "..."
FILES = [block for block in blocks(PAGE) if block.words and block.kind in ("powershell", "bat", "toml")]
COMMANDS = [block for block in blocks(PAGE) if block.kind == "console"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("lint")
    for block in FILES:
        (path / block.words[0]).write_text(block.text, encoding="utf-8")
    return path


@pytest.mark.parametrize("block", COMMANDS, ids=lambda b: b.text.partition("\n")[0].removeprefix("$ "))
def test_the_output_is_the_one_shown(block: Block, folder):
    command, *shown = block.text.splitlines()
    program, *arguments = shlex.split(command.removeprefix("$ "))
    assert program == "cmfw"
    env = os.environ | {"COLUMNS": "80", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "PYTHONUTF8": "1"}
    run = [sys.executable, "-m", "cmfw", *arguments]
    done = subprocess.run(run, cwd=folder, env=env, capture_output=True, encoding="utf-8", check=False)
    assert f"exit={done.returncode}" in block.words, done.stderr
    lines, at, gap = done.stdout.splitlines(), 0, False
    for line in shown:
        if line == GONE:
            gap = True
            continue
        rest = lines[at:] if gap else lines[at : at + 1]
        assert line in rest, f"not printed there: {line}\n{done.stdout}"
        at += rest.index(line) + 1
        gap = False
    assert gap or at == len(lines)


def test_there_is_something_to_run():
    assert len(COMMANDS) >= 2
    assert len(FILES) >= 3
