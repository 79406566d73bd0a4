"""The few shapes that drawings are made of: boxes with lines of text, arrows of a kind, and the heads of the arrows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cmfw.report.markup import Markup, element, joined
from cmfw.report.safe_text import shown

_HEAD = 9
_MOST_NAME, _MOST_LINE = 27, 32
"""Letters that a box takes in a line."""


def arrow(start: int, end: int, y: int, kind: str) -> Markup:
    """A level arrow; what it looks like is the kind's."""
    gap = _HEAD if end > start else -_HEAD
    return element("line", x1=start, y1=y, x2=end - gap, y2=y, class_=f"edge {kind}", marker_end=f"url(#head-{kind})")


def box(x: int, y: int, size: tuple[int, int], told: Sequence[str], kind: str) -> Markup:
    """A box of (width, height) with its name in bold and more lines below it."""
    width, height = size
    first, *rest = (text for text in told if text)
    texts = [element("text", cut(first, _MOST_NAME), x=x + 10, y=y + 20, class_="name")]
    texts += [element("text", cut(text, _MOST_LINE), x=x + 10, y=y + 37 + 16 * at) for at, text in enumerate(rest)]
    frame = element("rect", x=x, y=y, width=width, height=height, rx=6, class_=f"node {kind}")
    return element("g", element("title", ", ".join(text for text in told if text)), frame, texts)


def heads(kinds: Iterable[str]) -> Markup:
    """The arrow heads, one for each kind: a marker cannot take its line's colour everywhere."""
    shape = element("path", d="M0,0 L10,5 L0,10 z")
    return element(
        "defs",
        [
            element(
                "marker",
                shape,
                id=f"head-{kind}",
                class_=f"head {kind}",
                viewBox="0 0 10 10",
                refX=1,
                refY=5,
                markerWidth=_HEAD,
                markerHeight=_HEAD,
                markerUnits="userSpaceOnUse",
                orient="auto",
            )
            for kind in kinds
        ],
    )


def cut(text: str, most: int) -> Markup:
    """The text, shortened by its width: a Chinese letter is two wide."""
    told, wide = shown(text), 0
    for at, char in enumerate(told):
        wide += 2 if char > "\u2e7f" else 1
        if wide > most:
            return joined(told[: max(at - 1, 1)] + "\u2026")
    return joined(told)
