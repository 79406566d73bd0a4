"""Where each key of a TOML or JSON text stands, so that a problem can name its line.

The scan is forgiving: it runs beside the real
parser and only has to be right on text that the parser accepts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cmfw.ingest.site_keys import Place

# compiled when a problem needs its line, by `re` itself: most site files have none
# none may try the same characters twice: a text of several lines can look like anything
_HEADER = r"\s*\[(\[?)([^\]]+)\]"
_KEY = r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*="""
_PART = r"""[\w-]+|"[^"]*"|'[^']*'"""
_STRING = r'"(?:\\.|[^"\\])*"?|' + r"'[^']*'?|#.*"


def _parts(text: str) -> list[str]:
    return [part.strip("\"'") for part in re.findall(_PART, text)]


def toml_lines(text: str) -> dict[Place, int]:
    """The line (1-based) of every table header and key of a TOML text."""
    lines: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    depth = 0
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        if fence:
            fence = "" if fence in line else fence
            continue
        if depth == 0 and (header := re.match(_HEADER, line)):
            table = _open_table(counts, _parts(header[2]), repeated=bool(header[1]))
            lines.setdefault(table, number)
            continue
        if depth == 0 and (key := re.match(_KEY, line)):
            place = (*table, *_parts(key[1]))
            for end in range(len(table) + 1, len(place) + 1):
                lines.setdefault(place[:end], number)
        opened = next((f for f in ('"""', "'''") if line.count(f) % 2), "")
        if opened:
            fence = opened
            continue
        bare = re.sub(_STRING, "", line)
        depth = max(0, depth + sum(bare.count(c) for c in "[{") - sum(bare.count(c) for c in "]}"))
    return lines


def _open_table(counts: dict[Place, int], parts: list[str], *, repeated: bool) -> Place:
    """The place of a table header: every repeated table on the way stands for its latest element."""
    place: Place = ()
    for at, part in enumerate(parts, 1):
        place = (*place, part)
        if repeated and at == len(parts):
            counts[place] = counts.get(place, 0) + 1
        if place in counts:
            place = (*place, counts[place] - 1)
    return place


_JSON = r'"(?:\\.|[^"\\])*"|[{}\[\],:\n]'


def json_lines(text: str) -> dict[Place, int]:
    """The line (1-based) of every key and array element of a JSON text."""
    lines: dict[Place, int] = {}
    stack: list[list[str | int]] = []
    number = 1
    previous = ""
    for found in re.finditer(_JSON, text):
        mark = found[0]
        if mark == "\n":
            number += 1
            continue
        if mark in "{[":
            stack.append(["" if mark == "{" else 0])
            if mark == "[":
                lines[_place(stack)] = number
            elif len(stack) > 1:
                lines.setdefault(_place(stack[:-1]), number)
        elif mark in "}]" and stack:
            stack.pop()
        elif mark == "," and stack and isinstance(stack[-1][0], int):
            stack[-1][0] += 1
            lines[_place(stack)] = number
        elif mark == ":" and stack:
            stack[-1][0] = previous.strip('"')
            lines[_place(stack)] = number
        previous = mark
    return lines


def _place(stack: list[list[str | int]]) -> Place:
    return tuple(level[0] for level in stack)


def line_of(lines: Mapping[Place, int], place: Place) -> int | None:
    """The line of the place, or of the innermost table around it that has one."""
    for end in range(len(place), 0, -1):
        if place[:end] in lines:
            return lines[place[:end]]
    return None
