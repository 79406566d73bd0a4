"""The statements of a Junos configuration in braces: words, and the statements inside. Source: Juniper, "CLI User Guide"."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cmfw.errors import FormatError
from cmfw.words.phrases import phrase

_TOKEN = re.compile(r'/\*.*?\*/|#[^\n]*|"([^"\n]*)"|([{};\[\]])|([^\s{};\[\]"]+)|(")', re.DOTALL)
_MOST_DEPTH = 60


@dataclass(slots=True)
class Statement:
    """One statement: its words (a list in brackets is spread out), the line that it starts in, and what stands in its braces."""

    words: list[str]
    line: int
    inside: list[Statement] = field(default_factory=list)

    def all(self, *words: str) -> list[Statement]:
        """The statements inside that begin with the words."""
        return [one for one in self.inside if one.words[: len(words)] == list(words)]

    def find(self, *path: str) -> Statement | None:
        """The statement down a path of single words, None where there is none or more than one."""
        found: Statement = self
        for word in path:
            inner = found.all(word)
            if len(inner) != 1:
                return None
            (found,) = inner
        return found


def read_junos(text: str, path: str) -> Statement:
    """A statement without words that holds all of the text; tags ``replace:`` say how to load it and are left out.

    Raises FormatError where braces or quotes do not close.
    """
    root = Statement([], 1)
    open_ = [root]
    words: list[str] = []
    line, counted = 1, 0
    for found in _TOKEN.finditer(text):
        line += text.count("\n", counted, found.start())
        counted = found.start()
        sign = found[2]
        if sign == "{":
            if not words or len(open_) > _MOST_DEPTH:
                raise FormatError("expected words before a brace", source=path, offset=found.start())
            one = Statement(words, line)
            open_[-1].inside.append(one)
            open_.append(one)
            words = []
        elif sign == ";" and words:
            open_[-1].inside.append(Statement(words, line))
            words = []
        elif sign == "}" and len(open_) > 1 and not words:
            open_.pop()
        elif found[4] or sign in (";", "}"):
            raise FormatError(
                phrase("expected a statement, found `{found}`", found=found[0]), source=path, offset=found.start()
            )
        elif found[1] is not None or (found[3] and found[3] != "replace:"):
            words.append(found[1] if found[1] is not None else found[3])
    if words or len(open_) > 1:
        raise FormatError("expected the end of a statement", source=path, offset=len(text))
    return root
