"""Parts of forms: every field has a label that it is tied to, and every form of a session brings its token back."""

from __future__ import annotations

from collections.abc import Iterable

from cmfw.report.markup import Content, Markup, element
from cmfw.report.page import prose
from cmfw.words import say


def form(action: str, token: str, *inside: Content, files: bool = False, **attributes: object) -> Markup:
    """A form that changes something; with ``files`` it can carry them."""
    kept = element("input", type="hidden", name="token", value=token) if token else None
    encoding = "multipart/form-data" if files else None
    return element("form", kept, inside, method="post", action=action, enctype=encoding, **attributes)


def labelled(told: Content, field: Content, hint: str = "") -> Markup:
    """A field inside its label, with a hint below."""
    return element(
        "label",
        element("span", told, class_="name"),
        field,
        hint and element("span", prose(hint), class_="why"),
        class_="field",
    )


def text_input(name: str, value: str = "", **attributes: object) -> Markup:
    """One line of text."""
    settings: dict[str, object] = {"type": "text", **attributes}
    return element("input", name=name, value=value or None, **settings)


def file_input(name: str, *, several: bool = False, **attributes: object) -> Markup:
    """A place to choose files or drop them on."""
    return element("input", type="file", name=name, multiple=several, class_="files", **attributes)


def checkbox(name: str, value: str, told: Content, *, checked: bool = False, **attributes: object) -> Markup:
    """A box to tick, with its words."""
    box = element("input", type="checkbox", name=name, value=value, checked=checked, **attributes)
    return element("label", box, " ", told, class_="tick")


def select(name: str, choices: Iterable[tuple[str, str]], chosen: str = "", **attributes: object) -> Markup:
    """A choice of (value, words)."""
    options = [element("option", told, value=key, selected=key == chosen) for key, told in choices]
    return element("select", options, name=name, **attributes)


def button(told: str, **attributes: object) -> Markup:
    """The button of a form."""
    settings: dict[str, object] = {"type": "submit", **attributes}
    return element("button", told, **settings)


def drop_button(action: str, token: str, told: str) -> Markup:
    """A form of one button that throws something away; a browser with scripts asks first."""
    return form(action, token, button(told, class_="quiet"), class_="inline", data_ask=say("web.sure"))
