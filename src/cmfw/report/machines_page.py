"""Many machines as one page: what works on how many, every cause once with its repair and its machines, and a row for each machine.

One file, no script, no request, as the page of one machine. What is the same on many machines is told once, so the page grows with the
causes and only by a line with the machines. Source: issue 5, "Reports" and must-show 3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from cmfw.report.audit_words import ORDER
from cmfw.report.machines_view import Cause, Cell, Machine, Told, Unread
from cmfw.report.markup import Content, Markup, element
from cmfw.report.page import block, chip, code, page, section, table
from cmfw.report.signs import SIGNS
from cmfw.values import value
from cmfw.words import counted, say

PARTS = ("machines.features", "machines.causes", "machines.list", "findings", "evidence")
_TROUBLE = ("broken", "degraded", "unknown")
_SEVERITIES = ("error", "warning", "note")
_MOST_CAUSES = 500
_MOST_NAMES = 1000
_MOST_FINDINGS = 500


@value
class Group:
    """A cause with the machines that have it, in order of name, and one packet as an example."""

    cause: Cause
    machines: tuple[str, ...]
    flow: str


def render_machines(site: str, machines: tuple[Machine, ...], unread: tuple[Unread, ...] = ()) -> bytes:
    """The page of the machines of one site; those that could not be read are named and count as undecided."""
    causes = causes_of(machines)
    numbers = {group.cause: at for at, group in enumerate(causes[:_MOST_CAUSES], 1)}
    parts: dict[str, Content] = {
        "machines.features": _features(machines),
        "machines.causes": _causes(causes),
        "machines.list": [_unread(unread), _list(machines, numbers)],
        "findings": _findings(machines),
        "evidence": _evidence(machines),
    }
    links = [element("li", element("a", say(f"report.part.{name}"), href=f"#{name}")) for name in PARTS]
    return page(
        say("report.machines.title", site=site),
        element("header", element("h1", verdict(machines, unread)), _counts(machines, unread)),
        element("nav", element("ul", links), aria_label=say("report.contents")),
        element("main", [section(name, say(f"report.part.{name}"), inside) for name, inside in parts.items()]),
    )


def verdict(machines: tuple[Machine, ...], unread: tuple[Unread, ...]) -> str:
    """The answer in one sentence: how many machines do everything, and what the worst is of the others."""
    worst = Counter(one.worst for one in machines)
    told = [say(f"report.machines.{status}", count=worst[status]) for status in _TROUBLE if worst[status]]
    told += [say("report.machines.unread", count=len(unread))] if unread else []
    whole = sum(worst[status] for status in ("works", "disabled"))
    count = len(machines) + len(unread)
    if not told:
        return counted("report.machines.all", count)
    return counted("report.machines.some", count, works=whole, rest=say("audit.comma").join(told))


def _counts(machines: tuple[Machine, ...], unread: tuple[Unread, ...]) -> Markup:
    """How many machines have which status as their worst."""
    worst = Counter(one.worst for one in machines) + Counter({"unknown": len(unread)})
    told = [element("li", chip(status, f"{worst[status]} {say(f'status.{status}')}")) for status in ORDER if worst[status]]
    return element("ul", told, class_="counts", aria_label=say("report.machines.counts"))


def _features(machines: tuple[Machine, ...]) -> Content:
    """Each feature with the number of machines in every status."""
    counts: dict[str, Counter[str]] = {}
    titles: dict[str, str] = {}
    for cell in (cell for one in machines for cell in one.cells):
        counts.setdefault(cell.feature, Counter())[cell.status] += 1
        titles[cell.feature] = cell.cause.title
    rows: list[list[Content]] = [
        [titles[feature], *(chip(status, str(found[status])) if found[status] else "" for status in ORDER)]
        for feature, found in counts.items()
    ]
    return table([say("audit.column.feature"), *(say(f"status.{status}") for status in ORDER)], rows, class_="matrix")


def causes_of(machines: tuple[Machine, ...]) -> list[Group]:
    """Every cause of trouble, the worst first, then what is on the most machines."""
    names: dict[Cause, list[str]] = {}
    flows: dict[Cause, str] = {}
    for one in machines:
        for cell in one.cells:
            if cell.status in _TROUBLE:
                names.setdefault(cell.cause, []).append(one.name)
                flows.setdefault(cell.cause, cell.flow)
    found = [Group(cause, tuple(names[cause]), flows[cause]) for cause in names]
    return sorted(found, key=lambda group: (ORDER.index(group.cause.status), -len(group.machines)))


def _causes(causes: list[Group]) -> Content:
    if not causes:
        return element("p", say("none"))
    told: list[Content] = [_cause(group, at) for at, group in enumerate(causes[:_MOST_CAUSES], 1)]
    if len(causes) > _MOST_CAUSES:
        told.append(element("p", say("report.machines.more_causes", count=len(causes) - _MOST_CAUSES)))
    return told


def _cause(group: Group, number: int) -> Markup:
    cause = group.cause
    title = element("span", cause.heading, class_="title")
    count = say("report.machines.on", count=len(group.machines))
    ways = say("audit.comma").join(cause.reasons)
    summary = element("summary", chip(cause.status, cause.told), title, f"{count}{': ' if ways else ''}{ways}")
    told: list[Content] = [element("p", text) for text in cause.decided]
    told += [element("h3", say("report.witness")), block(group.flow)] if group.flow else []
    told += [element("h3", say("audit.repair")), block(*cause.repair)] if cause.repair else []
    if cause.alternatives:
        told.append(element("p", element("b", say("audit.alternatives")), say("audit.comma").join(cause.alternatives)))
    told += [element("h3", say("report.machines.which")), element("p", _names(group.machines))]
    return element("details", summary, element("div", told, id=f"cause-{number}"))


def _names(names: Iterable[str]) -> Content:
    listed = list(names)
    told = say("audit.comma").join(listed[:_MOST_NAMES])
    return [told, f" {say('audit.more', count=len(listed) - _MOST_NAMES)}" if len(listed) > _MOST_NAMES else None]


def _unread(unread: tuple[Unread, ...]) -> Content:
    if not unread:
        return None
    rows: list[list[Content]] = [[one.name, code(one.why)] for one in unread]
    return [
        element("h3", say("report.machines.not_read", count=len(unread))),
        table([say("report.machines.machine"), say("report.machines.why")], rows),
    ]


def _list(machines: tuple[Machine, ...], numbers: dict[Cause, int]) -> Content:
    """A row for each machine, the worst first; a cell leads to its cause."""
    features = {cell.feature: cell.cause.title for one in machines for cell in one.cells}
    columns = [say("report.machines.machine"), say("report.clients"), *features.values()]
    rows: list[list[Content]] = []
    for one in sorted(machines, key=lambda one: ORDER.index(one.worst)):
        cells = {cell.feature: cell for cell in one.cells}
        told: list[Content] = [_cell(cells[name], numbers) if name in cells else "" for name in features]
        rows.append([one.name, one.who, *told])
    return table(columns, rows, class_="machines")


def _cell(cell: Cell, numbers: dict[Cause, int]) -> Content:
    """Shape, word and colour without the frame of a chip: there are thousands."""
    number = numbers.get(cell.cause) if cell.status in _TROUBLE else None
    told = f"{SIGNS[cell.status]} {say(f'status.{cell.status}')}"
    shown = element("span", told, class_=cell.status) if number is None else _leading(told, cell.status, number)
    return [shown, element("span", say("report.only_with", peers=cell.peers), class_="why") if cell.peers else None]


def _leading(told: str, status: str, number: int) -> Markup:
    return element("a", told, class_=status, href=f"#cause-{number}")


def _findings(machines: tuple[Machine, ...]) -> Content:
    """Each finding once, the worst first, with the number of machines that have it."""
    counts: Counter[Told] = Counter()
    for one in machines:
        counts.update(set(one.findings))
    found = sorted(counts, key=lambda told: (_SEVERITIES.index(told.severity), told.code, -counts[told]))
    if not found:
        return element("p", say("none"))
    columns = [say(f"report.xlsx.{name}") for name in ("severity", "code", "message")] + [say("report.part.machines.list")]
    rows: list[list[Content]] = [
        [say(f"severity.{told.severity}"), code(told.code), told.message, str(counts[told])]
        for told in found[:_MOST_FINDINGS]
    ]
    more = element("p", say("audit.more", count=len(found) - _MOST_FINDINGS)) if len(found) > _MOST_FINDINGS else None
    return [table(columns, rows, heads=False), more]


def _evidence(machines: tuple[Machine, ...]) -> Content:
    """The files of every machine with their hashes, how many rules were read, and what the evidence does not show."""
    columns = [say("report.machines.machine"), *(say(f"report.{name}") for name in ("file", "format", "hash", "rules_read"))]
    columns += [say("report.gap"), say("report.machines.problems")]
    rows: list[list[Content]] = []
    for one in machines:
        for at, file in enumerate(one.files):
            gaps = say("audit.comma").join(one.gaps) if at == 0 else ""
            digest = element("code", file.sha256 or "-", class_="hash")
            problems = str(one.problems) if at == 0 else ""
            rows.append([one.name, code(file.path), file.format, digest, f"{file.rules[1]}/{file.rules[0]}", gaps, problems])
    return element("details", element("summary", say("report.machines.files", count=len(rows))), table(columns, rows))
