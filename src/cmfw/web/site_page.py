"""The site of a workspace: what was read of it, what does not hang together, its text to be changed, its filters."""

from __future__ import annotations

from cmfw.errors import InputError
from cmfw.model.site import Site
from cmfw.net.flow import PROFILE_NAMES
from cmfw.report.finding_text import message_of
from cmfw.report.markup import Content, element, lines
from cmfw.report.page import chip, code, section, table
from cmfw.web.desk import Desk, SiteCase, decoded
from cmfw.web.error_page import problems
from cmfw.web.exchange import Ask, NotThere, Reply, download, place, redirect
from cmfw.web.forms import button, file_input, form, labelled
from cmfw.web.frame import crumbs, framed, up_to
from cmfw.web.home_page import given
from cmfw.web.space_page import after_site, site_case
from cmfw.web.store import Given
from cmfw.words import role, say
from cmfw.words.phrases import told

_EXAMPLE = """\
schema = "cmfw/site/1"
code = "P01"

[[system]]
host = "cm1.example.com"
addresses = ["10.20.1.10"]

[[clients]]
name = "office"
subnets = ["10.30.0.0/22"]
install = [{ method = "push" }]
"""


def show(desk: Desk, ask: Ask) -> Reply:
    """The page."""
    space = ask.param("space")
    kept = desk.store.site(space)
    case, wrong = site_case(desk, space)
    text = _EXAMPLE if kept is None else desk.store.content(kept).decode("utf-8-sig", "replace")
    return _page(desk, ask, text, "" if kept is None else kept.name, case, wrong)


def _page(
    desk: Desk, ask: Ask, text: str, name: str, case: SiteCase | None, wrong: InputError | None, status: int = 200
) -> Reply:
    space = ask.param("space")
    inside: list[Content] = [crumbs(up_to(space)), element("h1", say("web.site.title"))]
    if wrong is not None:
        inside += [element("p", say("web.space.site_wrong")), problems(wrong)]
    if case is not None:
        inside += [_summary(case), _lints(case), _filters(desk, ask, case)]
    if not desk.settings.read_only:
        inside.append(_editor(ask, space, text, name))
    return framed(ask, say("web.site.title"), *inside, status=status, space=space)


def _summary(case: SiteCase) -> Content:
    site = case.site
    systems: list[list[Content]] = [
        [code(s.host), ", ".join(map(role, s.roles)), code(", ".join(s.addresses.texts()[:6]) or "*"), s.zone]
        for s in site.systems
    ]
    clients: list[list[Content]] = [
        [g.name, code(", ".join(g.subnets.texts()[:6])), say(f"profile.{PROFILE_NAMES[g.profile]}"), g.zone]
        for g in site.clients
    ]
    zone = say("report.map.zone")
    return [
        section(
            "systems",
            say("web.site.systems"),
            table([say("web.site.host"), say("web.site.roles"), say("web.site.addresses"), zone], systems),
        ),
        section(
            "clients",
            say("web.site.clients"),
            table([say("web.site.group"), say("web.site.subnets"), say("web.site.profile"), zone], clients, class_="slim"),
        ),
        _ports(site),
    ]


def _ports(site: Site) -> Content:
    ports = site.ports(site.code)
    rows: list[list[Content]] = [
        ["HTTP", code(", ".join(map(str, ports.http)))],
        ["HTTPS", code(", ".join(map(str, ports.https)))],
        [say("web.site.notification"), code(str(ports.notification))],
        [say("web.site.wol"), code(str(ports.wol))],
        [say("web.site.rpc"), code(str(ports.rpc))],
    ]
    return section(
        "ports", say("web.site.ports"), table([say("web.site.service"), say("web.site.port")], rows, class_="slim")
    )


def _lints(case: SiteCase) -> Content:
    if not case.lints:
        return None
    told = [
        element(
            "li",
            chip_of(one.severity.value),
            " ",
            message_of(one, case.catalog),
            " ",
            element("a", code(one.code), href=place("explain", "finding", one.code)),
        )
        for one in case.lints
    ]
    return section("lints", say("check.lints").rstrip(":\uff1a"), element("ul", told))


def chip_of(severity: str) -> Content:
    """A severity as shape, word and colour."""
    sign = {"error": "broken", "warning": "degraded", "note": "disabled"}[severity]
    return chip(sign, say(f"severity.{severity}"))


def _filters(desk: Desk, ask: Ask, case: SiteCase) -> Content:
    if not case.site.filters:
        return None
    kept = {one.name for one in desk.store.filters(ask.param("space"))}
    rows: list[list[Content]] = [
        [code(one.file), one.from_zone, one.to_zone, say("web.site.there" if one.file in kept else "web.site.missing")]
        for one in case.site.filters
    ]
    columns = [say("report.file"), say("web.site.from"), say("web.site.to"), say("web.site.is_there")]
    wrong = [element("li", code(told(one.text()))) for one in case.path_problems]
    upload = form(
        place("w", ask.param("space"), "site", "filters"),
        ask.token,
        labelled(say("web.site.filter_files"), file_input("filter", several=True, required=True)),
        button(say("web.site.add_filters")),
        files=True,
        class_="panel",
    )
    return section(
        "filters",
        say("web.site.filters"),
        table(columns, rows),
        wrong and element("ul", wrong, class_="problems"),
        None if desk.settings.read_only else upload,
    )


def _editor(ask: Ask, space: str, text: str, name: str) -> Content:
    area = element(
        "textarea",
        # a line feed right behind the tag is not part of the text
        lines(("", *text.split("\n"))),
        name="text",
        rows=min(max(text.count("\n") + 2, 12), 40),
        spellcheck="false",
        autocomplete="off",
        wrap="off",
        aria_describedby="edit-about",
    )
    kept = element("a", say("web.site.download"), href=place("w", space, "site", "file")) if name else None
    return section(
        "edit",
        say("web.site.edit"),
        element("p", say("web.site.edit_about"), id="edit-about"),
        element("p", element("a", say("web.keys.title"), href="/explain/site-file")),
        element("p", element("a", say("web.build.instead"), href=place("w", space, "site", "form"))),
        form(
            place("w", space, "site"),
            ask.token,
            labelled(say("web.site.text"), area),
            button(say("web.site.keep")),
            class_="panel",
        ),
        element("p", kept),
        element("h3", say("web.site.upload")),
        form(
            place("w", space, "site"),
            ask.token,
            labelled(say("web.home.site"), file_input("site", accept=".toml,.json", required=True)),
            button(say("web.site.keep")),
            files=True,
            class_="panel",
        ),
    )


def keep(desk: Desk, ask: Ask) -> Reply:
    """Keep a site that can be read; one that cannot stays in the form with all that is wrong with it."""
    from cmfw.ingest.site import read_site_text

    space = ask.param("space")
    uploads = ask.uploads("site")
    new = given(uploads[0]) if uploads else Given("site.toml", _unix(ask.field("text")).encode())
    if not uploads and ask.field("text").lstrip().startswith("{"):
        new = Given("site.json", new.content)
    try:
        read_site_text(decoded(new.content, new.name), new.name)
    except InputError as error:
        return _page(desk, ask, new.content.decode("utf-8-sig", "replace"), new.name, None, error, 422)
    desk.store.set_site(space, new)
    return after_site(desk, space)


def _unix(text: str) -> str:
    """The text with line feeds as it had them before a browser sent it. Source: HTML, form-data encoding of newlines."""
    return text.replace("\r\n", "\n")


def keep_filters(desk: Desk, ask: Ask) -> Reply:
    """Keep the files of filters."""
    space = ask.param("space")
    desk.store.add_filters(space, [given(one) for one in ask.uploads("filter")])
    return redirect(place("w", space, "site") + "#filters")


def file(desk: Desk, ask: Ask) -> Reply:
    """The site file as it was given."""
    kept = desk.store.site(ask.param("space"))
    if kept is None:
        raise NotThere("site")
    return download(desk.store.content(kept), kept.name, "application/octet-stream")
