"""Reads a documentation page: its title and its fenced blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

DOCS = ROOT / "docs"
_FENCE = re.compile(r"^```(?P<kind>\w*)(?P<rest>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: its kind (``toml``, ``flows`` ...), the words after it, its text and first line number."""

    kind: str
    words: tuple[str, ...]
    text: str
    line: int

    def lines(self) -> list[tuple[int, str]]:
        """(line number in the page, text) of every line that says something; ``#`` starts a comment line."""
        numbered = enumerate(self.text.splitlines(), self.line + 1)
        return [(n, text.strip()) for n, text in numbered if text.strip() and not text.lstrip().startswith("#")]


def blocks(path: Path) -> list[Block]:
    """All fenced blocks of a page in order."""
    text = path.read_text(encoding="utf-8")
    return [
        Block(found["kind"], tuple(found["rest"].split()), found["body"], text.count("\n", 0, found.start()) + 1)
        for found in _FENCE.finditer(text)
    ]


def headings(path: Path) -> list[str]:
    """The ``##`` headings of a page in order."""
    return re.findall(r"^## (.+)$", re.sub(_FENCE, "", path.read_text(encoding="utf-8")), re.MULTILINE)


def title(path: Path) -> str:
    """The first line of a page without its ``#``."""
    return path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ").strip()
