"""A workspace: its site in a line, its machines with what works on each, and a place to drop another."""

from __future__ import annotations

from cmfw.errors import CmfwError, InputError
from cmfw.model.site import Site
from cmfw.report.audit_view import Audit
from cmfw.report.audit_words import ORDER, verdict
from cmfw.report.markup import Content, element
from cmfw.report.page import chip
from cmfw.web.desk import Desk, SiteCase
from cmfw.web.error_page import problems
from cmfw.web.exchange import Ask, NotThere, Reply, place, redirect
from cmfw.web.forms import button, drop_button, file_input, form, labelled, select, text_input
from cmfw.web.frame import framed
from cmfw.web.home_page import given, plain, stem
from cmfw.web.store import Machine
from cmfw.words import say


def show(desk: Desk, ask: Ask) -> Reply:
    """The page."""
    space = ask.param("space")
    machines = desk.store.machines(space)
    case, wrong = site_case(desk, space)
    inside: list[Content] = [element("h1", say("web.space.title", name=space)), _site(space, case, wrong)]
    if machines:
        inside += [element("h2", say("web.space.machines")), [_machine(desk, ask, one, case) for one in machines]]
    if not desk.settings.read_only:
        inside += [_add(ask, space, case), _drop(ask, space)]
    return framed(ask, space, *inside, space=space)


def site_case(desk: Desk, space: str) -> tuple[SiteCase | None, InputError | None]:
    """(the site, None) where it can be read, (None, what is wrong) where not, (None, None) where there is none yet."""
    try:
        return desk.site(space), None
    except InputError as error:
        return None, error
    except NotThere:
        return None, None


def _site(space: str, case: SiteCase | None, wrong: InputError | None) -> Content:
    page = place("w", space, "site")
    if wrong is not None:
        told = element("p", say("web.space.site_wrong"))
        return element(
            "div", told, problems(wrong), element("p", element("a", say("web.space.mend"), href=page)), class_="panel"
        )
    if case is None:
        return element(
            "p", say("web.space.no_site"), " ", element("a", say("web.space.add_site"), href=page), class_="panel"
        )
    site = case.site
    counts = say("web.space.site", code=site.code, systems=len(site.systems), groups=len(site.clients))
    lints = None
    if case.lints:
        lints = [" ", element("a", say("web.space.lints", count=len(case.lints)), href=page + "#lints")]
    return element("p", counts, " ", element("a", say("web.space.see_site"), href=page), lints)


def _machine(desk: Desk, ask: Ask, machine: Machine, case: SiteCase | None) -> Content:
    space = ask.param("space")
    head = element("h3", element("a", machine.name, href=place("w", space, "m", machine.name)))
    files = element("p", ", ".join(one.name for one in machine.files), class_="soft")
    if case is None:
        return element("article", head, files, class_="machine")
    try:
        audit = desk.machine(space, machine.name).audit
    except CmfwError as error:
        mend = None if desk.settings.read_only else as_form(ask, space, machine, case.site)
        return element("article", head, files, problems(error), mend, class_="machine")
    return element("article", head, counts(audit), element("p", verdict(audit)), files, class_="machine")


def as_form(ask: Ask, space: str, machine: Machine, site: Site) -> Content:
    """Whom the machine stands for, to be said or changed."""
    choice = select("as", places(site), machine.asked)
    action = place("w", space, "m", machine.name, "as")
    label = element("label", say("web.machine.as"), " ", choice)
    return form(action, ask.token, label, button(say("web.machine.change")), class_="row")


def counts(audit: Audit) -> Content:
    """How many features have which status, each counted as its worst row."""
    worst: dict[str, list[str]] = {}
    for row in audit.diagnosis.rows:
        worst.setdefault(row.feature, []).append(row.status)
    statuses = [min(its, key=ORDER.index) for its in worst.values()]
    told = [
        element("li", chip(status, f"{statuses.count(status)} {say(f'status.{status}')}"))
        for status in ORDER
        if status in statuses
    ]
    return element("ul", told, class_="counts", aria_label=say("report.counts"))


def places(site: Site | None) -> list[tuple[str, str]]:
    """Whom a machine can stand for, as choices of a form."""
    names = [] if site is None else [g.name for g in site.clients] + [s.host for s in site.systems]
    return [("", say("web.machine.found_out")), *((name, name) for name in names)]


def _add(ask: Ask, space: str, case: SiteCase | None) -> Content:
    site = None if case is None else case.site
    return element(
        "section",
        element("h2", say("web.space.add"), id="add"),
        form(
            place("w", space, "machines"),
            ask.token,
            labelled(
                say("web.home.machine"), file_input("machine", several=True, required=True), say("web.home.machine_hint")
            ),
            labelled(say("web.machine.name"), text_input("name", maxlength=64), say("web.machine.name_hint")),
            labelled(say("web.machine.as"), select("as", places(site)), say("web.machine.as_hint")),
            labelled(say("web.machine.subnets"), text_input("subnets", maxlength=400), say("web.machine.subnets_hint")),
            button(say("web.machine.add")),
            files=True,
            class_="panel",
        ),
        aria_labelledby="add",
    )


def add_machine(desk: Desk, ask: Ask) -> Reply:
    """Keep a machine, and show what works on it; one that cannot be read is not kept."""
    space = ask.param("space")
    files = [given(one) for one in ask.uploads("machine")]
    subnets = tuple(ask.field("subnets").replace(",", " ").split())
    desk.read(files, subnets)
    name = plain(ask.field("name")) or stem(files[0].name)
    desk.store.set_machine(space, name, ask.field("as"), subnets, files)
    return redirect(place("w", space, "m", name))


def _drop(ask: Ask, space: str) -> Content:
    return drop_button(place("w", space, "drop"), ask.token, say("web.space.drop"))


def after_site(desk: Desk, space: str) -> Reply:
    """On to the answer: the only machine where it has one, else the workspace."""
    machines = desk.store.machines(space)
    if len(machines) == 1:
        try:
            desk.machine(space, machines[0].name)
        except CmfwError:
            return redirect(place("w", space))
        return redirect(place("w", space, "m", machines[0].name))
    return redirect(place("w", space))


def drop(desk: Desk, ask: Ask) -> Reply:
    """Throw the workspace away."""
    desk.store.drop(ask.param("space"))
    return redirect("/")
