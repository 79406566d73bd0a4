"""The tables of the pages of targets in both languages: what each target can say, why it refuses, what it loses.

``python -m tools.pages`` writes them, ``tests/emit/test_capability.py`` and ``test_path_capability.py`` fail where a page and the targets
disagree. What the program itself tells in Chinese (why a target refuses) is told so; the rest stands in ``target_words.toml``.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import import_module
from pathlib import Path

from cmfw.emit import TARGETS
from cmfw.emit.capability import table
from cmfw.emit.network import NETWORK_TARGETS
from cmfw.emit.path_capability import path_table
from cmfw.words.phrases import told_in
from tools.finding_pages import with_part

DOCS = Path(__file__).resolve().parent.parent / "docs"
WORDS = Path(__file__).resolve().with_name("target_words.toml")
MARKS = ("<!-- table: begin -->\n", "<!-- table: end -->\n")


def pages() -> dict[Path, str]:
    """All four pages as they should be."""
    return host_pages() | network_pages()


def host_pages() -> dict[Path, str]:
    """The page of host targets in both languages."""
    columns = [import_module(module).CAPABILITIES for module in TARGETS.values()]
    return _with_tables("emit", table(columns), table(columns, in_chinese))


def network_pages() -> dict[Path, str]:
    """The page of network targets in both languages."""
    columns = [import_module(module).CAPABILITIES for module in NETWORK_TARGETS.values()]
    return _with_tables("network-targets", path_table(columns), path_table(columns, in_chinese))


def _with_tables(name: str, english: str, chinese: str) -> dict[Path, str]:
    made = {DOCS / f"{name}.md": english, DOCS / f"{name}.zh.md": chinese}
    return {path: with_part(path.read_text(encoding="utf-8"), MARKS, part) for path, part in made.items()}


@cache
def chinese_words() -> dict[str, str]:
    """English to Chinese; ValueError where a text stands in two tables of the file."""
    tables = tomllib.loads(WORDS.read_text(encoding="utf-8")).values()
    found = {english: chinese for one in tables for english, chinese in one.items()}
    if len(found) != sum(len(one) for one in tables):
        raise ValueError(f"{WORDS.name}: a text stands there twice")
    return found


def in_chinese(text: str) -> str:
    """The text in Chinese; KeyError where nobody has translated it."""
    known = chinese_words()
    if text in known:
        return known[text]
    told = told_in("zh_CN", text)
    if told == text:
        raise KeyError(text)
    return told
