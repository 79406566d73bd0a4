"""Two machines of a workspace, or one before and after: what the features do, which flows fare differently, which rules changed."""

from __future__ import annotations

from cmfw.engine.difference import Difference, differ
from cmfw.engine.rule_changes import RuleChange, rule_changes
from cmfw.errors import CmfwError
from cmfw.report.audit_words import ORDER
from cmfw.report.diff_view import difference_blocks, rule_blocks
from cmfw.report.finding_words import feature_title
from cmfw.report.markup import Content, Markup, element
from cmfw.report.page import chip, section, table
from cmfw.report.question_view import preferences
from cmfw.web.desk import Desk
from cmfw.web.error_page import problems
from cmfw.web.exchange import Ask, Reply, place
from cmfw.web.explain_page import html_of
from cmfw.web.forms import button, select
from cmfw.web.frame import crumbs, framed
from cmfw.words import say

_MOST_SHOWN = 60


def show(desk: Desk, ask: Ask) -> Reply:
    """The page."""
    space = ask.param("space")
    names = [one.name for one in desk.store.machines(space)]
    old, new = ask.asked("before"), ask.asked("after")
    choices = [(name, name) for name in names]
    picker = element(
        "form",
        element("label", say("web.diff.before"), " ", select("before", choices, old)),
        element("label", say("web.diff.after"), " ", select("after", choices, new or (names[1] if len(names) > 1 else ""))),
        button(say("web.diff.compare")),
        method="get",
        class_="row",
    )
    inside: list[Content] = [crumbs((space, place("w", space))), element("h1", say("web.diff.title"))]
    inside.append(picker if len(names) > 1 else element("p", say("web.diff.needs_two")))
    if old and new:
        inside += [_statuses(desk, space, old, new), _changes(desk, space, old, new)]
    return framed(ask, say("web.diff.title"), *inside, space=space)


def _statuses(desk: Desk, space: str, old: str, new: str) -> Content:
    """Features whose worst status differs."""
    try:
        sides = [_worst(desk, space, name) for name in (old, new)]
    except CmfwError as error:
        return section("features", say("report.part.matrix"), problems(error))
    catalog = desk.site(space).catalog
    rows: list[list[Content]] = [
        [feature_title(name, catalog), _chip(sides[0].get(name)), _chip(sides[1].get(name))]
        for name in dict.fromkeys((*sides[0], *sides[1]))
        if sides[0].get(name) != sides[1].get(name)
    ]
    told = table([say("audit.column.feature"), old, new], rows) if rows else element("p", say("web.diff.same_features"))
    return section("features", say("report.part.matrix"), told)


def _worst(desk: Desk, space: str, name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in desk.machine(space, name).audit.diagnosis.rows:
        found[row.feature] = min(found.get(row.feature, row.status), row.status, key=ORDER.index)
    return found


def _chip(status: str | None) -> Markup:
    return element("span", say("whatif.not_planned")) if status is None else chip(status, say(f"status.{status}"))


def _changes(desk: Desk, space: str, old: str, new: str) -> Content:
    found, rules = _difference(desk, space, old, new)
    return [
        section("flows", say("report.flows"), html_of(difference_blocks(found, _MOST_SHOWN), below=1)),
        section("rules", say("web.diff.rules"), html_of(rule_blocks(rules, _MOST_SHOWN), below=1)),
    ]


def _difference(desk: Desk, space: str, old: str, new: str) -> tuple[Difference, tuple[RuleChange, ...]]:
    machines = [desk.store.machine(space, name) for name in (old, new)]
    states = [desk.state(one).state for one in machines]
    key = ("diff", *(part for one in machines for part in (*one.subnets, *(file.digest for file in one.files), "\0")))
    found = desk.memory.recall(key, lambda: differ(states[0], states[1], preferences()))
    return found, rule_changes(states[0].rules, states[1].rules)
