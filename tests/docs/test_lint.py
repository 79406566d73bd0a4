"""The page about scripts is run: its files are written, its commands called, and what they print is what it shows, in both languages."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tests.docs.pages import CHINESE, DOCS, Block, blocks, environment

pytest.importorskip("tree_sitter_pwsh", reason="no PowerShell grammar here (extra `lint`)")

PAGES = (DOCS / "lint.md", DOCS / f"lint{CHINESE}")
GONE = "..."
COMMANDS = [(page, block) for page in PAGES for block in blocks(page) if block.kind == "console"]


def files_of(page: Path) -> list[Block]:
    """The blocks that are files, whose names stand behind their kinds."""
    return [block for block in blocks(page) if block.words and block.kind in ("powershell", "bat", "toml")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("lint")
    for block in files_of(PAGES[0]):
        (path / block.words[0]).write_text(block.text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("page", "block"), COMMANDS, ids=lambda v: v.text.partition("\n")[0][2:] if isinstance(v, Block) else v.stem
)
def test_the_output_is_the_one_shown(page: Path, block: Block, folder):
    command, *shown = block.text.splitlines()
    program, *arguments = shlex.split(command.removeprefix("$ "))
    assert program == "cmfw"
    run = [sys.executable, "-m", "cmfw", *arguments]
    done = subprocess.run(run, cwd=folder, env=environment(page), capture_output=True, encoding="utf-8", check=False)
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
    assert len(COMMANDS) >= 4
    assert len(files_of(PAGES[0])) >= 3


def test_both_languages_have_the_same_files_and_commands():
    english, chinese = ([(block.kind, block.words, block.text) for block in files_of(page)] for page in PAGES)
    assert english == chinese
    asked = [[block.text.partition("\n")[0] for page, block in COMMANDS if page == one] for one in PAGES]
    assert asked[0] == asked[1]
