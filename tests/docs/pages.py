"""Reads a documentation page: its title and its fenced blocks."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

DOCS = ROOT / "docs"
CHINESE = ".zh.md"
"""How the name of a Chinese page ends; it stands beside the English one."""
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


def pages_in(folder: Path) -> list[Path]:
    """The English pages of a folder but its index, sorted."""
    return sorted(path for path in folder.glob("*.md") if path.stem != "index" and not path.name.endswith(CHINESE))


def chinese_pages_in(folder: Path) -> list[Path]:
    """The Chinese pages of a folder but its index, sorted."""
    return sorted(path for path in folder.glob(f"*{CHINESE}") if path.name != f"index{CHINESE}")


def environment(page: Path) -> dict[str, str]:
    """What the commands of a page run in: 80 columns without colour, in the language of the page."""
    told = {"COLUMNS": "80", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "PYTHONUTF8": "1"}
    return os.environ | told | ({"CMFW_LANG": "zh_CN"} if page.name.endswith(CHINESE) else {})


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
