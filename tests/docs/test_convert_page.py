"""The example of docs/convert.md is what the commands print, run one after the other in one new folder."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest
from tests.docs.pages import DOCS, blocks

PAGE = DOCS / "convert.md"
GONE = "..."
CODES = {"equal": 0, "narrower": 1, "refused": 2, "undecided": 3}


def steps() -> list[tuple[str, list[str]]]:
    """(command, what is shown of its output), in order."""
    found: list[tuple[str, list[str]]] = []
    for block in blocks(PAGE):
        for line in block.text.splitlines() if block.kind == "console" else ():
            if line.startswith("$ "):
                found.append((line.removeprefix("$ "), []))
            else:
                found[-1][1].append(line)
    return found


@pytest.fixture(scope="module")
def printed(tmp_path_factory) -> dict[str, tuple[int, list[str]]]:
    folder = tmp_path_factory.mktemp("convert")
    env = os.environ | {"COLUMNS": "80", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "PYTHONUTF8": "1"}
    out = {}
    for command, _ in steps():
        arguments = shlex.split(command)[1:]
        done = subprocess.run(
            [sys.executable, "-m", "cmfw", *arguments],
            cwd=folder,
            env=env,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        out[command] = (done.returncode, (done.stdout + done.stderr).replace(os.sep, "/").splitlines())
    return out


@pytest.mark.parametrize(("command", "shown"), steps(), ids=lambda v: v if isinstance(v, str) else "")
def test_the_output_is_the_one_shown(command, shown, printed):
    _, lines = printed[command]
    at, gap = 0, False
    for line in shown:
        if line == GONE:
            gap = True
            continue
        rest = lines[at:] if gap else lines[at : at + 1]
        assert line in rest, f"not printed there: {line}"
        at += rest.index(line) + 1
        gap = False
    assert gap or at == len(lines), f"left out without a sign: {lines[at]}"


def test_the_exit_code_is_the_one_of_the_table(printed):
    codes = {lines[0].partition(":")[0].partition(",")[0].lower(): code for _, (code, lines) in printed.items()}
    for word, code in CODES.items():
        assert f"| {word} | {code} |" in PAGE.read_text(encoding="utf-8")
        assert codes.get(word, code) == code
    assert {"equal", "narrower", "refused"} <= set(codes)
