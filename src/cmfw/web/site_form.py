"""A site by a form: the few things that every site has. What else a site file can say is written in its text afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterable

from cmfw.errors import InputError
from cmfw.ingest.site import read_site_text
from cmfw.ingest.site_keys import METHODS, USUAL_ROLES
from cmfw.model.site import ROLES
from cmfw.net.flow import PROFILE_NAMES
from cmfw.report.finding_words import feature_title
from cmfw.report.markup import Content, Markup, element
from cmfw.resolve.plans import METHOD_FEATURES
from cmfw.values import value
from cmfw.web.desk import Desk
from cmfw.web.error_page import problems
from cmfw.web.exchange import Ask, Reply, place
from cmfw.web.forms import button, checkbox, form, labelled, select, text_input
from cmfw.web.frame import crumbs, framed, up_to
from cmfw.web.space_page import after_site
from cmfw.web.store import Given
from cmfw.words import role, say

_MOST_ROWS = 40
_BLANK = 2
_COMMON = ROLES[:8]
_NAME = "site.toml"


@value
class SystemRow:
    """A host as it stands in the form."""

    host: str = ""
    addresses: str = ""
    roles: tuple[str, ...] = ()


@value
class ClientRow:
    """A client group as it stands in the form."""

    name: str = ""
    subnets: str = ""
    profile: str = "domain"
    install: tuple[str, ...] = ()


@value(kw_only=True)
class Filled:
    """All that the form holds; ``ports`` are texts by their key in the site file."""

    code: str = ""
    ports: tuple[tuple[str, str], ...] = (("http", "80"), ("https", "443"), ("notification", "10123"))
    systems: tuple[SystemRow, ...] = (SystemRow(roles=USUAL_ROLES),)
    clients: tuple[ClientRow, ...] = (ClientRow(install=("push",)),)


def filled_of(ask: Ask) -> Filled:
    """What was filled in; rows without a name or address are none."""
    hosts, addresses = ask.all_fields("host"), ask.all_fields("addresses")
    names, subnets, profiles = (ask.all_fields(name) for name in ("name", "subnets", "profile"))
    systems = tuple(
        SystemRow(host.strip(), where.strip(), ask.all_fields(f"roles-{at}"))
        for at, (host, where) in enumerate(zip(hosts, addresses, strict=False))
        if host.strip() or where.strip()
    )
    clients = tuple(
        ClientRow(name.strip(), where.strip(), profile, ask.all_fields(f"install-{at}"))
        for at, (name, where, profile) in enumerate(zip(names, subnets, profiles, strict=False))
        if name.strip() or where.strip()
    )
    ports = tuple((name, ask.field(f"port-{name}").strip()) for name in ("http", "https", "notification"))
    return Filled(code=ask.field("code").strip(), ports=ports, systems=systems[:_MOST_ROWS], clients=clients[:_MOST_ROWS])


def toml_of(filled: Filled) -> str:
    """The site file. Whatever was filled in stands there as text, so that the strict reader judges it."""
    found = ['schema = "cmfw/site/1"', f"code = {_text(filled.code)}", "", "[ports]"]
    for name, told in filled.ports:
        if told:
            numbers = [_number(part) for part in _parts(told)]
            found.append(f"{name} = {_list(numbers) if name in ('http', 'https') else numbers[0]}")
    for system in filled.systems:
        found += ["", "[[system]]", f"host = {_text(system.host)}"]
        found += [f"addresses = {_list(map(_text, _parts(system.addresses)))}"] if system.addresses else []
        found += [f"roles = {_list(map(_text, system.roles))}"] if system.roles else []
    for group in filled.clients:
        found += ["", "[[clients]]"]
        found += [f"name = {_text(group.name)}"] if group.name else []
        found += [f"subnets = {_list(map(_text, _parts(group.subnets)))}", f"profile = {_text(group.profile)}"]
        found += [f"install = {_list(f'{{ method = {_text(one)} }}' for one in group.install)}"] if group.install else []
    return "\n".join(found) + "\n"


def _text(told: str) -> str:
    return json.dumps(told, ensure_ascii=False)


def _list(told: Iterable[str]) -> str:
    return f"[{', '.join(told)}]"


def _parts(told: str) -> list[str]:
    return told.replace(",", " ").replace(";", " ").split()


def _number(told: str) -> str:
    return told if told.isascii() and told.isdigit() and (told == "0" or told[0] != "0") else _text(told)


def show(desk: Desk, ask: Ask) -> Reply:
    """The empty form."""
    return _page(desk, ask, Filled(), None)


def keep(desk: Desk, ask: Ask) -> Reply:
    """Keep the site, or show the form again: with more rows, or with all that is wrong."""
    filled = filled_of(ask)
    if ask.field("more"):
        return _page(desk, ask, filled, None)
    text = toml_of(filled)
    try:
        read_site_text(text, _NAME)
    except InputError as error:
        return _page(desk, ask, filled, error, 422)
    space = ask.param("space")
    desk.store.set_site(space, Given(_NAME, text.encode()))
    return after_site(desk, space)


def _page(desk: Desk, ask: Ask, filled: Filled, wrong: InputError | None, status: int = 200) -> Reply:
    space = ask.param("space")
    replaces = desk.store.site(space) is not None
    inside: list[Content] = [
        crumbs(up_to(space), (say("web.way.site"), place("w", space, "site"))),
        element("h1", say("web.build.title")),
        element("p", say("web.build.about")),
        element("p", say("web.build.replaces"), class_="problem") if replaces else None,
        None if wrong is None else problems(wrong),
        form(place("w", space, "site", "form"), ask.token, _fields(desk, filled), class_="panel"),
    ]
    return framed(ask, say("web.build.title"), *inside, status=status, space=space)


def _fields(desk: Desk, filled: Filled) -> Content:
    code = text_input("code", filled.code, required=True, maxlength=3, size=4, placeholder="P01")
    ports = [
        labelled(say(f"web.build.port.{name}"), text_input(f"port-{name}", told, maxlength=60, inputmode="numeric"))
        for name, told in filled.ports
    ]
    systems = [*filled.systems, *[SystemRow()] * _BLANK]
    clients = [*filled.clients, *[ClientRow()] * _BLANK]
    return [
        # the first button of a form is the one that Enter presses
        element("p", button(say("web.build.keep")), class_="first"),
        element("div", labelled(say("web.build.code"), code), ports, class_="row"),
        element("h2", say("web.site.systems")),
        element("p", say("web.build.systems_about"), class_="soft"),
        [_system(at, one) for at, one in enumerate(systems)],
        element("h2", say("web.site.clients")),
        [_clients(desk, at, one) for at, one in enumerate(clients)],
        element(
            "p",
            button(say("web.build.keep")),
            " ",
            button(say("web.build.more"), name="more", value="1", class_="second", formnovalidate=True),
        ),
    ]


def _system(at: int, row: SystemRow) -> Markup:
    chosen = [checkbox(f"roles-{at}", name, role(name), checked=name in row.roles) for name in _COMMON]
    return element(
        "fieldset",
        element("legend", row.host or say("web.build.system", number=at + 1)),
        labelled(say("web.site.host"), text_input("host", row.host, maxlength=200, placeholder="cm1.example.com")),
        labelled(say("web.site.addresses"), text_input("addresses", row.addresses, maxlength=400, placeholder="10.20.1.10")),
        element("div", chosen, class_="ticks", role="group", aria_label=say("web.site.roles")),
    )


def _clients(desk: Desk, at: int, row: ClientRow) -> Markup:
    methods = [
        checkbox(
            f"install-{at}", name, feature_title(METHOD_FEATURES[name], desk.whole_catalog), checked=name in row.install
        )
        for name in METHODS
    ]
    profiles = [(name, say(f"profile.{name}")) for name in PROFILE_NAMES.values()]
    return element(
        "fieldset",
        element("legend", row.name or say("web.build.group", number=at + 1)),
        labelled(say("web.site.group"), text_input("name", row.name, maxlength=100)),
        labelled(say("web.site.subnets"), text_input("subnets", row.subnets, maxlength=800, placeholder="10.30.0.0/22")),
        labelled(say("web.site.profile"), select("profile", profiles, row.profile)),
        element("div", methods, class_="ticks", role="group", aria_label=say("web.build.install")),
    )
