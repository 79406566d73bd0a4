"""Reads what a page and its Chinese sibling have to share: the parts that they are made of, and what each part names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HAN = re.compile(r"[\u4e00-\u9fff]")
SOME_WORDS = 4
"""That many Latin words without a Han character are a sentence that was left; fewer may be a name."""
MANY_WORDS = 20
"""Of a part with so many English words the length of the Chinese is compared: under it names weigh too much."""
HAN_PER_WORD = 0.8
"""Whole translations here have 1.0 to 2.5 characters for an English word; with fewer, something was left out."""
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_PLACE = re.compile(r'^<a id="(?P<name>[^"]+)"></a>$')
_CODE = re.compile(r"`([^`\n]+)`")
_TARGET = re.compile(r"\]\((?P<target>[^)\s]+)\)")
_ITEM = re.compile(r"\s*(?:[-*]|\d+\.) ")
_WORD = re.compile(r"(?<![\w-])[A-Za-z][A-Za-z'-]*(?![\w-])")
_LONG_ROW = re.compile(r"(?:[A-Za-z][A-Za-z'-]*[ ,;:]+){7,}[A-Za-z]+")
_QUOTED = re.compile(r"“[^”]*”|《[^》]*》")


@dataclass(frozen=True, slots=True)
class Part:
    """A heading, a paragraph, an item of a list, a row of a table (their kinds say so) or the place of a block."""

    kind: str
    text: str
    line: int

    @property
    def typed(self) -> set[str]:
        """What stands in backticks."""
        return set(_CODE.findall(self.text))

    @property
    def is_row(self) -> bool:
        """Whether it stands in a table."""
        return self.kind.startswith("row")

    @property
    def cells(self) -> list[str]:
        """What is to be read in each cell of a row."""
        return [cell.strip() for cell in re.split(r"(?<!\\)\|", self.prose.strip())[1:-1]]

    @property
    def links(self) -> list[str]:
        """Where its links lead, sorted; the picture of a Chinese screen counts as the English one."""
        return sorted(found["target"].replace("-zh_cn-", "-en-") for found in _TARGET.finditer(self.text))

    @property
    def prose(self) -> str:
        """What is to be read of it: without what is typed, where links lead, and comments of HTML."""
        return re.sub(r"<!--.*?-->", "", _TARGET.sub("]", _CODE.sub("", self.text)))

    @property
    def numbers(self) -> set[str]:
        """The numbers that it says, codes included."""
        return set(re.findall(r"\d+", _TARGET.sub("]", self.text)))

    @property
    def words(self) -> int:
        """How many Latin words are to be read."""
        return len(_WORD.findall(self.prose))

    @property
    def characters(self) -> int:
        """How many Han characters it has."""
        return len(HAN.findall(self.text))


def parts(page: Path) -> list[Part]:
    """What the page is made of, in order; a place for links is none of it."""
    text = _FENCE.sub(lambda found: "```" + "\n" * found[0].count("\n"), page.read_text(encoding="utf-8"))
    found: list[tuple[str, list[str], int]] = []
    goes_on = False
    for number, line in enumerate(text.splitlines(), 1):
        # a line that begins with a number and a stop is an item, but not amid a paragraph
        kind = "" if goes_on and found[-1][0] == "paragraph" and line[:1].isdigit() else kind_of(line)
        if not line.strip() or _PLACE.match(line):
            goes_on = False
        elif goes_on and not kind:
            found[-1][1].append(line)
        else:
            found.append((kind or "paragraph", [line], number))
            goes_on = not kind.startswith(("#", "row"))
    return [Part(kind, "\n".join(lines), number) for kind, lines, number in found]


def kind_of(line: str) -> str:
    """What a line begins; empty where it may go on with the part before it."""
    if line.startswith(("#", "```")):
        return line.partition(" ")[0]
    if line.startswith("|"):
        return f"row of {line.count('|') - 1}"
    return "item" if _ITEM.match(line) else ""


def places(page: Path) -> dict[str, int]:
    """The names that a page gives to its headings with ``<a id="...">``: name -> which heading follows, from 0."""
    found, headings = {}, 0
    for line in _FENCE.sub("", page.read_text(encoding="utf-8")).splitlines():
        if place := _PLACE.match(line):
            found[place["name"]] = headings
        headings += line.startswith("#")
    return found


def english_left(text: str) -> str:
    """The English sentence that stands in a text of a Chinese page, empty where there is none; titles in quotes are names."""
    if not HAN.search(text):
        return text if len(_WORD.findall(text)) >= SOME_WORDS else ""
    row = _LONG_ROW.search(_QUOTED.sub("", text))
    return row[0] if row else ""
