"""The example of docs/convert.md is what the commands print, run one after the other in one new folder, in both languages."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tests.docs.pages import CHINESE, DOCS, blocks, environment

PAGES = (DOCS / "convert.md", DOCS / f"convert{CHINESE}")
GONE = "..."
OUTCOMES = {
    "convert.md": {"equal": 0, "narrower": 1, "refused": 2, "undecided": 3},
    "convert.zh.md": {"相等": 0, "更窄": 1, "已拒绝": 2, "无法判定": 3},
}
"""The first word of an answer -> its exit code; the last of them is not in the example."""


def steps(page: Path) -> list[tuple[str, list[str]]]:
    """(command, what is shown of its output), in order."""
    found: list[tuple[str, list[str]]] = []
    for block in blocks(page):
        for line in block.text.splitlines() if block.kind == "console" else ():
            if line.startswith("$ "):
                found.append((line.removeprefix("$ "), []))
            else:
                found[-1][1].append(line)
    return found


@pytest.fixture(scope="module", params=PAGES, ids=lambda page: page.name)
def page(request) -> Path:
    return request.param


@pytest.fixture(scope="module")
def printed(page, tmp_path_factory) -> list[tuple[int, list[str]]]:
    folder = tmp_path_factory.mktemp("convert")
    out = []
    for command, _ in steps(page):
        run = [sys.executable, "-m", "cmfw", *shlex.split(command)[1:]]
        done = subprocess.run(run, cwd=folder, env=environment(page), capture_output=True, encoding="utf-8", check=False)
        out.append((done.returncode, (done.stdout + done.stderr).replace(os.sep, "/").splitlines()))
    return out


def test_the_output_is_the_one_shown(page, printed):
    for (command, shown), (_, lines) in zip(steps(page), printed, strict=True):
        at, gap = 0, False
        for line in shown:
            if line == GONE:
                gap = True
                continue
            rest = lines[at:] if gap else lines[at : at + 1]
            assert line in rest, f"{command}: not printed there: {line}"
            at += rest.index(line) + 1
            gap = False
        assert gap or at == len(lines), f"{command}: left out without a sign: {lines[at]}"


def test_the_exit_code_is_the_one_of_the_table(page, printed):
    outcomes = OUTCOMES[page.name]
    # what each answer begins with: `Narrower, as you allowed: nothing ...`
    codes = {re.split("[:,：，]", lines[0])[0].lower(): code for code, lines in printed}
    for word, code in outcomes.items():
        assert f"| {word} | {code} |" in page.read_text(encoding="utf-8")
        assert codes.get(word, code) == code
    assert set(outcomes) - set(codes) == {list(outcomes)[-1]}


def test_both_languages_have_the_same_commands():
    english, chinese = ([command for command, _ in steps(page)] for page in PAGES)
    assert english == chinese
