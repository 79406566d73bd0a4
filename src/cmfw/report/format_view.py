"""One file format for ``cmfw explain format:NAME``: how to make such a file, what it shows, what to know before trusting it."""

from __future__ import annotations

from typing import Any

from cmfw.ingest.format_table import Limit, format_table
from cmfw.report.blocks import Block, Gap, Heading, Line, Table, Verbatim
from cmfw.words import language, say


def format_blocks(name: str) -> list[Block]:
    """The format as text, below its title."""
    found = format_table(name)
    chinese = language() == "zh_CN"
    recognised = found.recognised_zh_CN if chinese else found.recognised_en
    rows = tuple((say(f"aspect.{aspect}"), say(f"shown.{shown}")) for aspect, shown in found.shows)
    return [
        Gap(),
        Line(recognised, mark=say("format.recognised")),
        Gap(),
        Heading(say("format.make")),
        *map(Verbatim, found.make),
        Gap(),
        Heading(say("format.shows")),
        Table((say("format.column.aspect"), say("format.column.shown")), rows),
        Gap(),
        Heading(say("format.limits")),
        *(Line(_limit_text(limit, chinese=chinese), mark="- ") for limit in found.limits),
    ]


def _limit_text(limit: Limit, *, chinese: bool) -> str:
    text = limit.zh_CN if chinese else limit.en
    return say("audit.gap", detail=text, code=limit.gap) if limit.gap else text


def format_row(name: str) -> dict[str, Any]:
    """The format as JSON data, both languages."""
    found = format_table(name)
    return {
        "recognised": {"en": found.recognised_en, "zh_CN": found.recognised_zh_CN},
        "make": list(found.make),
        "shows": dict(found.shows),
        "limits": [{"gap": limit.gap or None, "en": limit.en, "zh_CN": limit.zh_CN} for limit in found.limits],
    }
