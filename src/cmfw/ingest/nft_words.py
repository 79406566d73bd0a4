"""The words of an nftables ruleset, line by line. Source: nft(8), INPUT FILE FORMATS."""

from __future__ import annotations

import re

_WORD = re.compile(r'("[^"]*"|[{};,]|[^\s{};,"#]+)|#.*')
"""A word; of a comment, an empty text."""
_MARKS = re.compile("[{};,]")


def words_of(line: str) -> list[str]:
    """The words of one line of a ruleset, its comment left out."""
    if "#" in line:
        return [] if line.lstrip()[0] == "#" else list(filter(None, _WORD.findall(line)))
    # white space parts the words of most lines, which takes a third of what the pattern does
    if '"' not in line:
        if _MARKS.search(line) is not None:
            for mark in "{};,":
                line = line.replace(mark, f" {mark} ")
        return line.split()
    words = line.split()
    if _MARKS.search(line) is None and _quoted_last(line, words[-1]):
        return words
    return list(filter(None, _WORD.findall(line)))


def _quoted_last(line: str, last: str) -> bool:
    """Whether the last word of a line is in quotes and no other has any."""
    return len(last) > 1 and last[0] == last[-1] == '"' and line.count('"') == 2


def elements_of(words: list[str]) -> list[str]:
    """The elements between commas; one of several words stays one text, which no reader of values takes."""
    values = words[::2]
    if words[1::2] == [","] * (len(words) // 2) and "," not in values:
        return values
    found: list[list[str]] = [[]]
    for word in words:
        if word == ",":
            found.append([])
        else:
            found[-1].append(word)
    return ["".join(part) if part[1:2] == ["-"] else " ".join(part) for part in found if part]
