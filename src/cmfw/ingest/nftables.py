"""Reads an nftables ruleset, as text, as the lines of a filter between zones."""

from __future__ import annotations

from cmfw.errors import Problem
from cmfw.ingest.nft_ruleset import forward_lines
from cmfw.ingest.nft_text import NftText
from cmfw.ingest.packet_chains import EITHER
from cmfw.model.path import EVERYTHING, PathLine
from cmfw.model.verdict import Answer


def read_nftables(text: str, path: str) -> tuple[tuple[PathLine, ...], list[Problem]]:
    """(lines, problems) of a ruleset. A text of which a part was not read leaves everything in doubt."""
    found = NftText(text, path)
    found.read()
    lines = forward_lines(found.tables.values(), path)
    problems = list(found.problems)
    if lines is None:
        problems.append(Problem(path, "a chain of `type filter hook forward`", "none", "a file for a gateway has one"))
        lines = ()
    if problems:
        unread = PathLine(answer=Answer.UNKNOWN, flows=EVERYTHING, text="", origin=path, may=EITHER)
        lines = (unread, *lines)
    return lines, problems
