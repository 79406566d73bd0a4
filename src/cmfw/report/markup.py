"""HTML and SVG as values: text cannot become markup by accident, because only ``element`` makes markup."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Union

from cmfw.report.safe_text import shown

_VOID = frozenset({"meta", "br", "hr", "img", "col", "wbr", "input", "link"})


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


Content = Union[str, Markup, None, Iterable["Content"]]  # noqa: UP007 - a recursive alias has to be a string
"""What stands inside an element: text (escaped), markup (kept), nothing, or several of them."""


def element(tag: str, /, *inside: Content, **attributes: object) -> Markup:
    """One element. ``class_`` is ``class``, other underscores are hyphens; an attribute that is None or False is left out."""
    told = "".join(
        f" {_attribute(key)}{_value(found)}" for key, found in attributes.items() if found is not None and found is not False
    )
    if tag in _VOID:
        return Markup(f"<{tag}{told}>")
    return Markup(f"<{tag}{told}>{joined(inside)}</{tag}>")


def joined(inside: Content) -> Markup:
    """The content as markup."""
    if inside is None:
        return Markup()
    if isinstance(inside, Markup):
        return inside
    if isinstance(inside, str):
        return Markup(escape(shown(inside)))
    return Markup("".join(map(joined, inside)))


def lines(texts: Iterable[str]) -> Markup:
    """Texts below one another, for an element that keeps line feeds."""
    return Markup("\n".join(joined(text) for text in texts))


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _value(found: object) -> str:
    return "" if found is True else f'="{escape(shown(str(found)))}"'
