"""A machine: the verdict, what to do first, the matrix and the map; beside it findings and evidence."""

from __future__ import annotations

from cmfw.diagnose import RowResult
from cmfw.diagnose.results import HOST, Action
from cmfw.model.verdict import Answer
from cmfw.report import FORMS
from cmfw.report.audit_view import Audit
from cmfw.report.audit_words import both_ends, machine_lines, reasons, status_words, stories, title_of, verdict
from cmfw.report.edges import edges_of
from cmfw.report.html_evidence import exceptions_part, excess_part, findings_part, ledger_part
from cmfw.report.html_page import groups_of, worst_of
from cmfw.report.html_rows import repair_words
from cmfw.report.markup import Content, Markup, element
from cmfw.report.page import block, chip, section, table
from cmfw.report.zone_map import legend, zone_map
from cmfw.web.desk import Desk, MachineCase
from cmfw.web.exchange import Ask, Reply, place, redirect, with_query
from cmfw.web.forms import drop_button
from cmfw.web.frame import crumbs, framed, link, up_to
from cmfw.web.space_page import as_form, counts
from cmfw.words import say

_MOST_STORIES = 12


def show(desk: Desk, ask: Ask) -> Reply:
    """The page."""
    space, found = ask.param("space"), _found(desk, ask)
    audit = found.audit
    facts = element("ul", [element("li", line) for line in machine_lines(audit)], class_="facts")
    drawing = desk.part(found, "map", lambda: zone_map(audit, edges_of(audit, desk.judge(found))))
    inside: list[Content] = [
        head(ask, found),
        counts(audit),
        facts,
        _trouble(audit, space, found.machine.name),
        section("matrix", say("report.part.matrix"), matrix(audit, space, found.machine.name)),
        section("map", say("report.part.map"), element("p", say("report.map.about")), legend(), _figure(drawing)),
        section("reports", say("web.machine.reports"), _reports(space, found.machine.name)),
    ]
    if not desk.settings.read_only:
        inside.append(as_form(ask, space, found.machine, found.case.site))
        inside.append(drop_button(place("w", space, "m", found.machine.name, "drop"), ask.token, say("web.machine.drop")))
    return framed(ask, found.machine.name, *inside, space=space)


def _figure(drawing: Markup) -> Markup:
    """The drawing where it can be moved under a narrow window, by keys as well."""
    return element(
        "figure", element("div", drawing, class_="wide", tabindex=0, role="group", aria_label=say("report.part.map"))
    )


def _found(desk: Desk, ask: Ask) -> MachineCase:
    return desk.machine(ask.param("space"), ask.param("machine"))


def head(ask: Ask, found: MachineCase, title: str = "") -> Content:
    """The title (empty: the verdict), and the ways to everything else about the machine."""
    space, name = ask.param("space"), found.machine.name
    links = (
        (say("web.machine.overview"), place("w", space, "m", name)),
        (say("web.machine.findings", count=len(found.audit.diagnosis.findings)), place("w", space, "m", name, "findings")),
        (say("report.part.evidence"), place("w", space, "m", name, "evidence")),
        (say("web.machine.whatif"), place("w", space, "m", name, "whatif")),
        (say("web.flow.tab"), place("w", space, "m", name, "flow")),
    )
    listed = [link(ask, href, told) for told, href in links]
    ways = element("nav", element("ul", listed), class_="tabs", aria_label=say("web.machine.parts"))
    return [
        crumbs(up_to(space), (name, links[0][1])),
        element("h1", title or verdict(found.audit), class_=None if title else "verdict"),
        ways,
    ]


def _trouble(audit: Audit, space: str, machine: str) -> Content:
    """What does not work, the worst first, each with its cause and the smallest repair that was proved."""
    told = stories(audit)
    if not told:
        return None
    shown = [_story(audit, story, space, machine) for story in told[:_MOST_STORIES]]
    more = say("audit.more", count=len(told) - _MOST_STORIES) if len(told) > _MOST_STORIES else None
    return section("todo", say("web.machine.todo"), shown, more and element("p", more))


def _story(audit: Audit, story: list[RowResult], space: str, machine: str) -> Content:
    row = story[0]
    link = element("a", title_of(audit, row.feature), href=cell_place(space, machine, row))
    peers = ", ".join(one.peer for one in story if one.peer)
    summary = element("h3", chip(row.status, status_words(row)), " ", link)
    ends = element("p", both_ends(row.clients, peers))
    why = [_why(row), element("p", say("web.machine.in_the_way"), ", ".join(reasons(audit, row)))]
    repair: Content = None
    if row.repair:
        commands = row.repair[0].commands
        told, note = repair_words(commands)
        repair = [element("p", element("b", told)), block(*commands), note and element("p", note)]
    details = element("a", say("web.machine.details"), href=cell_place(space, machine, row))
    trial = repair_place(space, machine, row)
    tried = [" \u00b7 ", element("a", say("web.machine.try"), href=trial)] if trial else None
    return element("article", summary, ends, why, repair, element("p", details, tried), class_="story")


def repair_place(space: str, machine: str, row: RowResult) -> str:
    """The what-if page of the smallest repair, empty where it is more than switching rules of the machine."""
    steps = row.repair[0].steps if row.repair else ()
    switched = {Action.ENABLE_RULE: "enable", Action.DISABLE_RULE: "disable"}
    if not steps or any(step.action not in switched or step.rule is None for step in steps):
        return ""
    pairs = [(switched[step.action], step.rule.id) for step in steps if step.rule is not None]
    return with_query(place("w", space, "m", machine, "whatif"), *pairs)


def _why(row: RowResult) -> Content:
    """Why the first flow in the way does not pass, where the machine itself stops it."""
    first = next((one for one in row.blocking if one.box == HOST), None)
    if first is None:
        return None
    blocked = [element("b", say("web.machine.blocked")), " "] if first.verdict.answer is Answer.BLOCK else None
    return element("p", blocked, say(f"why.{first.verdict.why.value}"))


def cell_place(space: str, machine: str, row: RowResult) -> str:
    """The address of a cell of the matrix."""
    return place("w", space, "m", machine, "cell", row.feature, row.clients)


def matrix(audit: Audit, space: str, machine: str) -> Content:
    """Feature by client group: status as shape, colour and word, what is in the way, and the way to the whole story."""
    cells = groups_of(audit)
    clients = list(dict.fromkeys(clients for _, clients in cells))
    rows: list[list[Content]] = []
    for feature in dict.fromkeys(feature for feature, _ in cells):
        row: list[Content] = [element("a", title_of(audit, feature), href=place("explain", "feature", feature))]
        row += [_cell(audit, cells.get((feature, name), []), space, machine) for name in clients]
        rows.append(row)
    return table([say("audit.column.feature"), *clients], rows, class_="matrix")


def _cell(audit: Audit, rows: list[RowResult], space: str, machine: str) -> Content:
    if not rows:
        return ""
    row = worst_of(rows)
    label = f"{title_of(audit, row.feature)}, {row.clients}: {status_words(row)}"
    told = element("a", chip(row.status, status_words(row)), href=cell_place(space, machine, row), aria_label=label)
    why = [element("span", text, class_="why") for text in reasons(audit, row)]
    return [told, why]


def _reports(space: str, machine: str) -> Content:
    links = [
        element("li", element("a", say(f"web.form.{form}"), href=place("w", space, "m", machine, "report", form)))
        for form in FORMS
    ]
    return element("ul", links, class_="links")


def findings(desk: Desk, ask: Ask) -> Reply:
    """Findings, what is open beyond the plan, and the documented exceptions."""
    space, found = ask.param("space"), _found(desk, ask)
    audit = found.audit
    inside = (
        head(ask, found, say("web.machine.findings_of", name=found.machine.name)),
        section("findings", say("report.part.findings"), desk.part(found, "findings", lambda: findings_part(audit))),
        section("excess", say("report.part.excess"), desk.part(found, "excess", lambda: excess_part(audit))),
        section("exceptions", say("report.part.exceptions"), desk.part(found, "exceptions", lambda: exceptions_part(audit))),
    )
    return framed(ask, f"{found.machine.name}: {say('report.part.findings')}", *inside, space=space)


def evidence(desk: Desk, ask: Ask) -> Reply:
    """The ledger."""
    space, found = ask.param("space"), _found(desk, ask)
    part = section("evidence", say("report.part.evidence"), ledger_part(found.audit))
    return framed(
        ask,
        f"{found.machine.name}: {say('report.part.evidence')}",
        head(ask, found, say("web.machine.evidence_of", name=found.machine.name)),
        part,
        space=space,
    )


def set_as(desk: Desk, ask: Ask) -> Reply:
    """Judge the machine as another client group or host."""
    space, name = ask.param("space"), ask.param("machine")
    desk.store.set_asked(space, name, ask.field("as"))
    desk.machine(space, name)
    return redirect(place("w", space, "m", name))


def drop(desk: Desk, ask: Ask) -> Reply:
    """Throw the machine away."""
    desk.store.drop_machine(ask.param("space"), ask.param("machine"))
    return redirect(place("w", ask.param("space")))
