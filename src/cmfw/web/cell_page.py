"""A cell of the matrix, opened: formula, proof, the rule as it stands on the machine, repair, alternatives, source."""

from __future__ import annotations

from cmfw.report.audit_words import status_words, title_of
from cmfw.report.html_page import groups_of, worst_of
from cmfw.report.html_rows import formula_part, row_part
from cmfw.report.markup import Content, element
from cmfw.report.page import chip
from cmfw.web.desk import Desk
from cmfw.web.exchange import Ask, NotThere, Reply, place
from cmfw.web.frame import crumbs, framed, up_to
from cmfw.words import say


def show(desk: Desk, ask: Ask) -> Reply:
    """The page."""
    space, name = ask.param("space"), ask.param("machine")
    feature, clients = ask.param("feature"), ask.param("clients")
    found = desk.machine(space, name)
    audit, judge = found.audit, desk.judge(found)
    rows = groups_of(audit).get((feature, clients))
    if rows is None:
        raise NotThere(feature)
    worst = worst_of(rows)
    title = title_of(audit, feature)
    above = crumbs(up_to(space), (name, place("w", space, "m", name)))
    links: list[Content] = [
        element("a", say("web.cell.explain", title=title), href=place("explain", "feature", feature)),
        " \u00b7 ",
        element("a", say("web.machine.whatif"), href=place("w", space, "m", name, "whatif")),
    ]
    inside = (
        above,
        element("h1", chip(worst.status, status_words(worst)), " ", title, " (", clients, ")"),
        element("p", links),
        formula_part(audit, feature),
        element("h2", say("web.cell.peers")),
        [row_part(audit, judge, row) for row in rows],
    )
    return framed(ask, f"{title}: {name}", *inside, space=space)
