"""An audit as one page: the verdict in a sentence, the matrix, the map, and every cell opened into proof, repair and source.

One file, no script, no request; ``details`` opens without any. Source: issue 5, "Reports".
"""

from __future__ import annotations

from cmfw.diagnose import RowResult
from cmfw.diagnose.leaves import Judge
from cmfw.report.audit_view import Audit
from cmfw.report.audit_words import ORDER, machine_lines, reasons, status_words, title_of, verdict
from cmfw.report.edges import edges_of, judge_of
from cmfw.report.html_evidence import exceptions_part, excess_part, findings_part, ledger_part
from cmfw.report.html_rows import feature_part
from cmfw.report.markup import Content, Markup, element
from cmfw.report.page import chip, page, section, table
from cmfw.report.zone_map import legend, zone_map
from cmfw.words import say

PARTS = ("matrix", "map", "features", "findings", "excess", "exceptions", "evidence")


def render(audit: Audit) -> bytes:
    """The page."""
    judge = judge_of(audit)
    drawing = element("div", zone_map(audit, edges_of(audit, judge)), class_="wide", tabindex=0)
    inside = (
        element("header", element("h1", verdict(audit)), _counts(audit), _facts(audit)),
        element("nav", element("ul", [_link(name) for name in PARTS]), aria_label=say("report.contents")),
        element(
            "main",
            _part("matrix", _matrix(audit)),
            _part("map", element("p", say("report.map.about")), legend(), element("figure", drawing)),
            _part("features", element("p", say("report.paper"), class_="paper soft"), *_features(audit, judge)),
            _part("findings", findings_part(audit)),
            _part("excess", excess_part(audit)),
            _part("exceptions", exceptions_part(audit)),
            _part("evidence", ledger_part(audit)),
        ),
    )
    return page(say("report.title", who=audit.who.name, site=audit.site.code), *inside)


def _part(name: str, *inside: Content) -> Markup:
    return section(name, say(f"report.part.{name}"), *inside)


def _link(name: str) -> Markup:
    return element("li", element("a", say(f"report.part.{name}"), href=f"#{name}"))


def _facts(audit: Audit) -> Markup:
    return element("ul", [element("li", line) for line in machine_lines(audit)], class_="facts")


def groups_of(audit: Audit) -> dict[tuple[str, str], list[RowResult]]:
    """The rows by (feature, client group), in plan order: one cell of the matrix each."""
    found: dict[tuple[str, str], list[RowResult]] = {}
    for row in audit.diagnosis.rows:
        found.setdefault((row.feature, row.clients), []).append(row)
    return found


def worst_of(rows: list[RowResult]) -> RowResult:
    """The row that a cell shows."""
    return min(rows, key=lambda row: ORDER.index(row.status))


def _counts(audit: Audit) -> Markup:
    """How many features have which status, each counted as its worst row."""
    worst: dict[str, list[RowResult]] = {}
    for row in audit.diagnosis.rows:
        worst.setdefault(row.feature, []).append(row)
    statuses = [worst_of(rows).status for rows in worst.values()]
    told = [
        element("li", chip(status, f"{statuses.count(status)} {say(f'status.{status}')}"))
        for status in ORDER
        if status in statuses
    ]
    return element("ul", told, class_="counts", aria_label=say("report.counts"))


def _matrix(audit: Audit) -> Markup:
    cells = groups_of(audit)
    clients = list(dict.fromkeys(clients for _, clients in cells))
    numbers = {key: number for number, key in enumerate(cells, 1)}
    rows: list[list[Content]] = []
    for feature in dict.fromkeys(feature for feature, _ in cells):
        row: list[Content] = [title_of(audit, feature)]
        for name in clients:
            key = (feature, name)
            row.append(_cell(audit, cells[key], numbers[key]) if key in cells else "")
        rows.append(row)
    return table([say("audit.column.feature"), *clients], rows, class_="matrix")


def _cell(audit: Audit, rows: list[RowResult], number: int) -> Content:
    """The status of the worst row, which leads to the whole story, and what is in its way."""
    row = worst_of(rows)
    told = element("a", chip(row.status, status_words(row)), href=f"#row-{number}")
    others = {one.status for one in rows}
    why: list[Content] = [element("span", text, class_="why") for text in reasons(audit, row)]
    if len(others) > 1:
        peers = say("list").join(one.peer or say("audit.peers") for one in rows if one.status == row.status)
        why.append(element("span", say("report.only_with", peers=peers), class_="why"))
    return [told, why]


def _features(audit: Audit, judge: Judge) -> list[Markup]:
    return [
        feature_part(audit, judge, rows, number, worst_of(rows)) for number, rows in enumerate(groups_of(audit).values(), 1)
    ]
