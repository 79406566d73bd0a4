"""The verb pages are run in both languages: their ``console`` blocks print what they show, in one new folder with the files that they name.

A ``file NAME`` word behind the kind of a block writes the block into that file; ``$ `` begins a command; ``...`` stands for lines left
out; a last line ``exit N`` of a command is its exit code, 0 where there is none.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.docs.pages import CHINESE, DOCS, blocks, chinese_pages_in, environment, headings, pages_in
from tools import verb_pages

from cmfw.cli.app import COMMANDS

FOLDER = DOCS / "verbs"
PAGES, CHINESE_PAGES = pages_in(FOLDER), chinese_pages_in(FOLDER)
GONE = "..."
CHECKED = {
    "check", "collect-script", "completion", "diff", "excess", "probe", "report", "respond", "schema", "search", "shadow", "site", "trace", "whatif",
}  # fmt: skip
"""Verbs that have a page for certain; the others get theirs with the questions that they answer."""


@dataclass
class Step:
    """One command of a page and what is shown of its output."""

    command: str
    shown: list[str] = field(default_factory=list)


def run_page(page: Path, folder: Path) -> list[tuple[Step, int, list[str]]]:
    """(step, exit code, printed lines) of every command of the page, in order."""
    env = environment(page)
    found = []
    for block in blocks(page):
        if block.words[:1] == ("file",):
            (folder / block.words[1]).write_text(block.text, encoding="utf-8")
        if block.kind != "console":
            continue
        steps: list[Step] = []
        for line in block.text.splitlines():
            if line.startswith("$ "):
                steps.append(Step(line.removeprefix("$ ")))
            else:
                steps[-1].shown.append(line)
        for step in steps:
            program, *arguments = shlex.split(step.command)
            assert program == "cmfw"
            command = [sys.executable, "-m", "cmfw", *arguments]
            done = subprocess.run(command, cwd=folder, env=env, capture_output=True, encoding="utf-8", check=False)
            printed = (done.stdout + done.stderr).replace(str(folder) + os.sep, "").splitlines()
            found.append((step, done.returncode, printed))
    return found


def assert_shown(page: Path, folder: Path) -> None:
    """Run the page and hold what it shows against what is printed."""
    ran = run_page(page, folder)
    assert ran
    for step, code, printed in ran:
        shown = list(step.shown)
        wanted = int(shown.pop().removeprefix("exit ")) if shown and shown[-1].startswith("exit ") else 0
        assert code == wanted, (step.command, printed)
        at, gap = 0, False
        for line in shown:
            if line == GONE:
                gap = True
                continue
            rest = printed[at:] if gap else printed[at : at + 1]
            assert line in rest, f"{step.command}: not printed there: {line}\n" + "\n".join(printed)
            at += rest.index(line) + 1
            gap = False
        assert gap or at == len(printed), f"{step.command}: left out without a sign: {printed[at]}"


@pytest.mark.parametrize("page", [*PAGES, *CHINESE_PAGES], ids=lambda p: p.stem)
def test_the_page_shows_what_is_printed(page, tmp_path):
    assert_shown(page, tmp_path)


def test_verbs_have_their_pages():
    names = {page.stem for page in PAGES}
    assert names >= CHECKED
    assert names <= set(COMMANDS)
    assert [page.name for page in CHINESE_PAGES] == [page.name.replace(".md", CHINESE) for page in PAGES]


@pytest.mark.parametrize("page", [*PAGES, *CHINESE_PAGES], ids=lambda p: p.stem)
def test_a_page_says_how_it_answers(page):
    assert ("退出代码" if page in CHINESE_PAGES else "Exit codes") in headings(page)


def test_the_overviews_are_what_the_help_says():
    made = verb_pages.pages()
    assert [path.name for path, text in made.items() if path.read_text(encoding="utf-8") != text] == [], (
        "run `python -m tools.pages`"
    )
    assert all(f"`{name}`" in text for text in made.values() for name in COMMANDS)


def test_every_verb_has_a_page_that_tells_more():
    assert [name for name in COMMANDS if "](" not in verb_pages.linked(name)] == []
