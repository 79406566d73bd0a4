"""Two machines of a workspace, or one before and after: what the features do, which flows fare differently, which rules changed."""

from __future__ import annotations

from dataclasses import replace

from cmfw.engine.difference import Change, Difference, differ
from cmfw.engine.rule_changes import RuleChange, rule_changes
from cmfw.errors import CmfwError
from cmfw.report.audit_words import ORDER
from cmfw.report.diff_view import difference_blocks, kind_of, rule_blocks
from cmfw.report.finding_words import feature_title
from cmfw.report.markup import Content, Markup, element
from cmfw.report.page import chip, section, table
from cmfw.report.question_view import preferences
from cmfw.web.desk import Desk
from cmfw.web.error_page import problems
from cmfw.web.exchange import Ask, Reply, place, with_query
from cmfw.web.explain_page import html_of
from cmfw.web.forms import button, select
from cmfw.web.frame import crumbs, framed, up_to
from cmfw.words import say

_MOST_SHOWN = 20
"""Changes of one kind on a page that was not asked for all."""


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
    inside: list[Content] = [crumbs(up_to(space)), element("h1", say("web.diff.title"))]
    inside.append(picker if len(names) > 1 else element("p", say("web.diff.needs_two")))
    if old and new:
        inside += [_statuses(desk, space, old, new), _changes(desk, space, old, new, all_of_it=bool(ask.asked("all")))]
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
    told = (
        table([say("audit.column.feature"), old, new], rows, class_="slim")
        if rows
        else element("p", say("web.diff.same_features"))
    )
    return section("features", say("report.part.matrix"), told)


def _worst(desk: Desk, space: str, name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in desk.machine(space, name).audit.diagnosis.rows:
        found[row.feature] = min(found.get(row.feature, row.status), row.status, key=ORDER.index)
    return found


def _chip(status: str | None) -> Markup:
    return element("span", say("whatif.not_planned")) if status is None else chip(status, say(f"status.{status}"))


def _changes(desk: Desk, space: str, old: str, new: str, *, all_of_it: bool) -> Content:
    found, rules = _difference(desk, space, old, new)
    shown, left = _first(found, len(found.changes) if all_of_it else _MOST_SHOWN)
    whole = with_query(place("w", space, "diff"), ("before", old), ("after", new), ("all", "1"))
    more = element("p", element("a", say("web.diff.all", count=left), href=whole)) if left else None
    flows = html_of(difference_blocks(shown, len(shown.changes)), below=1)
    return [
        section("flows", say("report.flows"), flows, more),
        section("rules", say("web.diff.rules"), html_of(rule_blocks(rules, len(rules)), below=1)),
    ]


def _first(found: Difference, most: int) -> tuple[Difference, int]:
    """(at most so many changes of each kind, how many were left out)."""
    kept: dict[str, list[Change]] = {}
    for change in found.changes:
        kept.setdefault(kind_of(change), []).append(change)
    changes = tuple(change for its in kept.values() for change in its[:most])
    return replace(found, changes=changes), len(found.changes) - len(changes)


def _difference(desk: Desk, space: str, old: str, new: str) -> tuple[Difference, tuple[RuleChange, ...]]:
    machines = [desk.store.machine(space, name) for name in (old, new)]
    states = [desk.state(one).state for one in machines]
    key = ("diff", *(part for one in machines for part in (*one.subnets, *(file.digest for file in one.files), "\0")))
    found = desk.memory.recall(key, lambda: differ(states[0], states[1], preferences()))
    return found, rule_changes(states[0].rules, states[1].rules)
