"""The first page: drop what there is, or take the example, or go back to a workspace."""

from __future__ import annotations

import re
from unicodedata import normalize

from cmfw.errors import InputError, Problem
from cmfw.report.markup import Content, element
from cmfw.web.desk import Desk
from cmfw.web.exchange import Ask, Reply, Upload, place, redirect
from cmfw.web.forms import button, file_input, form, labelled, text_input
from cmfw.web.frame import framed
from cmfw.web.store import Given
from cmfw.words import say
from cmfw.words.phrases import phrase

_MOST_NAME = 64
_STEMS = re.compile(r"(\.(xz|toml|json|reg|wfw|pol|hiv|hve|zip|txt|csv|xml|clixml|html?|log|ps1|cmd|bat))+$", re.IGNORECASE)
_SITE_ENDS = (".toml", ".json")


def show(desk: Desk, ask: Ask) -> Reply:
    """The page."""
    inside: list[Content] = [
        element("h1", say("web.home.title")),
        element("p", say("web.home.about"), class_="lead"),
    ]
    if desk.settings.read_only:
        inside.append(element("p", say("web.read_only"), class_="soft"))
    else:
        inside += [_start(ask), _demo(ask)]
    spaces = desk.store.spaces()
    if spaces:
        inside += [element("h2", say("web.home.spaces")), element("ul", [_space(*one) for one in spaces], class_="cards")]
    return framed(ask, say("web.home.short"), *inside)


def _start(ask: Ask) -> Content:
    site = file_input("site", accept=".toml,.json")
    machine = file_input("machine", several=True)
    return form(
        "/",
        ask.token,
        labelled(say("web.home.site"), site, say("web.home.site_hint")),
        labelled(say("web.home.machine"), machine, say("web.home.machine_hint")),
        labelled(say("web.home.name"), text_input("name", maxlength=_MOST_NAME), say("web.home.name_hint")),
        button(say("web.home.start")),
        files=True,
        class_="panel",
    )


def _demo(ask: Ask) -> Content:
    told = element("p", say("web.home.demo_about"))
    return form("/demo", ask.token, told, button(say("web.home.demo"), class_="second"), class_="panel")


def _space(name: str, machines: int) -> Content:
    link = element("a", name, href=place("w", name))
    return element("li", link, " ", element("span", say("web.home.machines", count=machines), class_="soft"))


def start(desk: Desk, ask: Ask) -> Reply:
    """Make a workspace of what was dropped, and go where the next question is answered."""
    sites, exports = ask.uploads("site"), ask.uploads("machine")
    name = plain(ask.field("name")) or free_name(desk, stem(sites[0].name) if sites else "site")
    desk.store.make(name)
    try:
        if sites:
            desk.store.set_site(name, given(sites[0]))
        machine = stem(exports[0].name) if exports else ""
        if exports:
            desk.store.set_machine(name, machine, "", (), [given(one) for one in exports])
        if sites and exports:
            desk.machine(name, machine)
            return redirect(place("w", name, "m", machine))
    except InputError:
        # what was dropped stays, so that only what is wrong has to be mended
        return redirect(place("w", name) if sites else place("w", name, "site", "form"))
    return redirect(place("w", name) if sites else place("w", name, "site", "form"))


def demo(desk: Desk, ask: Ask) -> Reply:
    """The workspace of the example, made where there is none."""
    from importlib.resources import files

    del ask
    folder = files("cmfw").joinpath("demo")
    name, machine = "demo", "client"
    if not desk.store.has(name):
        desk.store.make(name)
        desk.store.set_site(name, Given("site.toml", folder.joinpath("site.toml").read_bytes()))
        exports = [Given("client.reg", folder.joinpath("client.reg").read_bytes())]
        desk.store.set_machine(name, machine, "", (), exports)
    return redirect(place("w", name))


def given(upload: Upload) -> Given:
    """The file to be kept."""
    return Given(upload.name or "file", upload.content())


def plain(text: str) -> str:
    """A name that can stand in an address and on a line; raises InputError for one that cannot."""
    name = " ".join(normalize("NFC", text).split())
    if name and (len(name) > _MOST_NAME or not name.isprintable() or name in (".", "..") or set(name) & set("/\\?#%")):
        raise InputError(
            Problem("name", phrase("at most {most} characters without `/ \\ ? # %`", most=_MOST_NAME), f"`{name[:80]}`")
        )
    return name


def stem(name: str) -> str:
    """What a file is called without its ends, as a name for what is in it."""
    found = "".join(char for char in _STEMS.sub("", name) if char not in "/\\?#%" and char.isprintable()).strip(" .")
    return found[:_MOST_NAME].strip() or "machine"


def is_site(name: str) -> bool:
    """Whether a file is called as site files are."""
    return name.lower().endswith(_SITE_ENDS)


def free_name(desk: Desk, wanted: str) -> str:
    """The name, with a number behind it where it is taken."""
    taken = {name for name, _ in desk.store.spaces()}
    number = 1
    name = wanted
    while name in taken:
        number += 1
        name = f"{wanted[: _MOST_NAME - 6]} {number}"
    return name
