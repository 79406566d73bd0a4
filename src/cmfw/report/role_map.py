"""The drawing of one feature in the handbook: which role connects to which, and over what."""

from __future__ import annotations

from collections.abc import Iterable

from cmfw.catalog.types import FlowKind
from cmfw.report.catalog_rows import traffic_of
from cmfw.report.drawing import arrow, box, cut, heads
from cmfw.report.markup import Markup, element
from cmfw.words import role, say

LEVELS = ("required", "fallback", "conditional", "advisory", "documented_only")
_WIDTH, _MARGIN, _BOX, _LANE, _SPACE = 860, 8, 230, 28, 12
_MOST_LETTERS = 48


def arrow_heads() -> Markup:
    """The heads that all drawings of a page share, because an id stands once on a page."""
    return element("svg", heads(LEVELS), width=0, height=0, class_="heads", aria_hidden="true")


def role_map(title: str, flows: Iterable[tuple[FlowKind, str]]) -> Markup:
    """The roles of (flow, level) pairs: who opens the connection is on the left, the level is the kind of the arrow."""
    lanes: dict[tuple[str, str], dict[tuple[str, str], None]] = {}
    for flow, level in flows:
        lanes.setdefault((flow.from_role, flow.to_role), {})[traffic_of(flow), level] = None
    parts: list[Markup] = []
    y = _MARGIN
    for (source, target), told in lanes.items():
        height = 24 + len(told) * _LANE
        parts.append(box(_MARGIN, y, (_BOX, height), (role(source),), "peer"))
        parts.append(box(_WIDTH - _MARGIN - _BOX, y, (_BOX, height), (role(target),), "peer"))
        for at, (traffic, level) in enumerate(told):
            lane = y + 26 + at * _LANE
            words = f"{traffic} \u00b7 {say(f'necessity.{level}')}"
            line = arrow(_MARGIN + _BOX, _WIDTH - _MARGIN - _BOX, lane, level)
            label = element("text", cut(words, _MOST_LETTERS), x=_WIDTH // 2, y=lane - 6, class_="label")
            parts.append(element("g", element("title", words), line, label))
        y += height + _SPACE
    return element("svg", element("title", title), parts, viewBox=f"0 0 {_WIDTH} {y}", role="img", class_="map")
