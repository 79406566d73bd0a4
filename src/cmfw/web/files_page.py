"""Everything to take away: each target for each place, reports of machines, the handbook."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from cmfw.emit import NETWORK_TARGETS, TARGETS, Artifact, EmitRequest, Output, emit
from cmfw.emit.network import emit_between
from cmfw.report import FORMS
from cmfw.report.markup import Content, element
from cmfw.report.page import section, table
from cmfw.web.desk import Desk
from cmfw.web.exchange import Ask, NotThere, Reply, download, place, with_query
from cmfw.web.forms import button, select
from cmfw.web.frame import crumbs, framed, up_to
from cmfw.web.plan_page import EDITIONS, SCOPES, choices, chosen
from cmfw.words import known, language, say

_WHEN = (2016, 9, 2, 0, 0, 0)
"""The date of all members, so that the same plan gives the same bytes: the day of the source page."""
_MEDIA = {
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "csv": "text/csv; charset=utf-8",
    "sarif": "application/sarif+json",
    "junit": "application/xml",
    "md": "text/markdown; charset=utf-8",
    "github": "text/plain; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_ENDS = {"sarif": "sarif.json", "junit": "xml", "github": "txt"}


def show(desk: Desk, ask: Ask) -> Reply:
    """The page."""
    space = ask.param("space")
    case = desk.site(space)
    names = [group.name for group in case.site.clients] + [system.host for system in case.site.systems]
    where = chosen(ask.asked("for"), tuple(names))
    edition, scope = chosen(ask.asked("edition"), EDITIONS), chosen(ask.asked("scope"), SCOPES)
    picker = element(
        "form",
        element("label", say("web.files.for"), " ", select("for", [(name, name) for name in names], where)),
        choices(edition, scope),
        button(say("web.show")),
        method="get",
        class_="row",
    )
    inside = (
        crumbs(up_to(space)),
        element("h1", say("web.files.title")),
        element("p", say("web.files.about")),
        picker,
        section("hosts", say("web.files.hosts", name=where), _targets(TARGETS, space, where, edition, scope)),
        section(
            "networks",
            say("web.files.networks"),
            element("p", say("web.files.networks_about")),
            _targets(NETWORK_TARGETS, space, "", edition, scope),
        ),
        section(
            "handbook",
            say("web.files.handbook"),
            element("p", element("a", say("web.files.handbook_get"), href="/handbook")),
        ),
    )
    return framed(ask, say("web.files.title"), *inside, space=space)


def _targets(names: Iterable[str], space: str, where: str, edition: str, scope: str) -> Content:
    """Targets with their files. No link is marked as a download: a refusal is a page to be read."""
    told = say("web.files.download")
    rows: list[list[Content]] = []
    for name in names:
        href = with_query(place("w", space, "files", name), ("for", where), ("edition", edition), ("scope", scope))
        link = element("a", told, href=href, aria_label=f"{told}: {name}")
        rows.append([known(f"web.target.{name}") or name, element("code", name), link])
    return table([say("web.files.what"), say("web.files.target"), say("web.files.get")], rows, class_="slim")


def target(desk: Desk, ask: Ask) -> Reply:
    """The files of one target: the file itself, or all of them in a zip."""
    space, name = ask.param("space"), ask.param("target")
    case = desk.site(space)
    edition, scope = chosen(ask.asked("edition"), EDITIONS), chosen(ask.asked("scope"), SCOPES)
    plan = desk.plan(case, edition, scope)
    where = ask.asked("for")
    if name in NETWORK_TARGETS:
        made: Output = emit_between(name, case.site, plan)
    elif name in TARGETS:
        made = emit(name, EmitRequest(case.catalog, case.site, plan, where))
    else:
        raise NotThere(name)
    label = "-".join(part for part in ("cmfw", case.site.code, where, name) if part)
    if len(made.artifacts) == 1:
        only = made.artifacts[0]
        return download(only.content, f"{label}-{only.path.rpartition('/')[2]}", only.media_type)
    return download(zipped(made.artifacts), f"{label}.zip", "application/zip")


def zipped(artifacts: tuple[Artifact, ...]) -> bytes:
    """The files in a zip; the same bytes for the same files."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for one in artifacts:
            entry = ZipInfo(one.path, _WHEN)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, one.content)
    return out.getvalue()


def report(desk: Desk, ask: Ask) -> Reply:
    """The audit of a machine in one form."""
    from cmfw.report import render

    name = ask.param("form")
    if name not in FORMS:
        raise NotThere(name)
    found = desk.machine(ask.param("space"), ask.param("machine"))
    made = desk.memory.recall(("report", name, language(), *found.key), lambda: render(name, found.audit))
    return download(made, f"cmfw-{found.machine.name}.{_ENDS.get(name, name)}", _MEDIA[name])


def handbook(desk: Desk, ask: Ask) -> Reply:
    """The handbook of the whole catalog."""
    from cmfw.report.handbook import render_handbook

    edition = chosen(ask.asked("edition"), EDITIONS)
    made = desk.memory.recall(("handbook", edition, language()), lambda: render_handbook(desk.whole_catalog, edition))
    return download(made, f"cmfw-handbook-{edition}-{language()}.html", _MEDIA["html"])
