"""The overview of verbs in both languages: what ``cmfw --help`` says of each, with the page that tells more.

``python -m tools.pages`` writes it, ``tests/docs/test_verbs.py`` fails where a page and the help disagree.
"""

from __future__ import annotations

from pathlib import Path

from cmfw.cli.app import SECTIONS
from cmfw.words import said_in
from tools.finding_pages import cell, table_of, with_part

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "verbs"
MARKS = ("<!-- verbs: written by tools/pages.py -->\n", "<!-- end of verbs -->\n")
COLUMNS = {"en": ("verb", "does"), "zh_CN": ("命令", "用途")}
ELSEWHERE = {
    "explain": "tour", "plan": "tour", "audit": "tour", "demo": "tour", "site": "site-file", "schema": "machine-contract",
    "completion": "installing", "serve": "tour",
}  # fmt: skip
"""Verbs without a page of their name, and the page that shows them."""


def pages() -> dict[Path, str]:
    """Both overviews as they should be."""
    indexes = ((FOLDER / "index.md", "en"), (FOLDER / "index.zh.md", "zh_CN"))
    return {path: with_part(path.read_text(encoding="utf-8"), MARKS, overview(lang)) for path, lang in indexes}


def overview(lang: str) -> str:
    """A table for each section of the help."""
    parts = []
    for section, verbs in SECTIONS:
        rows = [(linked(verb), cell(said_in(lang, f"summary.{verb}"))) for verb in verbs]
        parts.append(f"## {said_in(lang, f'section.{section}')}\n\n{table_of((COLUMNS[lang], *rows))}")
    return "\n".join(parts)


def linked(verb: str) -> str:
    """The verb, as a link where a page tells more: its own, one beside the folder, or the one that shows it."""
    if (FOLDER / f"{verb}.md").is_file():
        return f"[`{verb}`]({verb}.md)"
    for name in (verb, ELSEWHERE.get(verb, "")):
        if name and (FOLDER.parent / f"{name}.md").is_file():
            return f"[`{verb}`](../{name}.md)"
    return f"`{verb}`"
