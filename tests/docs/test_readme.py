"""What the README shows is what the commands print: its ``console`` blocks are run, in one new folder."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.docs.pages import blocks

README = ROOT / "README.md"
GONE = "..."


def steps() -> list[tuple[str, list[str]]]:
    """(command, what is shown of its output), in order."""
    found: list[tuple[str, list[str]]] = []
    for block in blocks(README):
        for line in block.text.splitlines() if block.kind == "console" else ():
            if line.startswith("$ "):
                found.append((line.removeprefix("$ "), []))
            else:
                found[-1][1].append(line)
    return found


@pytest.fixture(scope="module")
def printed(tmp_path_factory) -> dict[str, list[str]]:
    """The output lines of every command, run one after the other in one folder."""
    folder = tmp_path_factory.mktemp("readme")
    env = os.environ | {"COLUMNS": "80", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "PYTHONUTF8": "1"}
    out = {}
    for command, _ in steps():
        program, *arguments = shlex.split(command)
        assert program == "cmfw"
        done = subprocess.run(
            [sys.executable, "-m", "cmfw", *arguments],
            cwd=folder,
            env=env,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode in (0, 1), done.stderr
        out[command] = (done.stdout + done.stderr).replace(str(folder) + os.sep, "").splitlines()
    return out


@pytest.mark.parametrize(("command", "shown"), steps(), ids=lambda v: v if isinstance(v, str) else "")
def test_the_output_is_the_one_shown(command, shown, printed):
    at, lines, gap = 0, printed[command], False
    for line in shown:
        if line == GONE:
            gap = True
            continue
        rest = lines[at:] if gap else lines[at : at + 1]
        assert line in rest, f"not printed there: {line}"
        at += rest.index(line) + 1
        gap = False
    assert gap or at == len(lines), f"left out without a sign: {lines[at]}"


def test_the_piece_of_a_script_is_of_that_script(tmp_path):
    (piece,) = [block.text for block in blocks(README) if "cmfw-push-smb-in" in block.text]
    example = ROOT / "src" / "cmfw" / "demo" / "site.toml"
    command = [sys.executable, "-m", "cmfw", "emit", "powershell", str(example), "--for", "office", "-o", str(tmp_path)]
    subprocess.run(command, capture_output=True, check=True)
    script = Path(tmp_path / "cmfw.ps1").read_text(encoding="utf-8-sig")
    assert piece in script


def test_there_are_commands():
    assert len(steps()) >= 6
