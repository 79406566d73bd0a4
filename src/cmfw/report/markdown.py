"""An audit as GitHub Flavored Markdown, for a wiki, an issue or the summary of a pipeline.

Source: GitHub, "GitHub Flavored Markdown Spec", sections 2.4 (escapes), 4.5 (fenced code), 4.10 (tables).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cmfw.diagnose import RowResult
from cmfw.model.finding import Finding
from cmfw.report.audit_view import Audit
from cmfw.report.audit_words import both_ends, few, machine_lines, reasons, status_words, stories, title_with_id, verdict
from cmfw.report.finding_text import ORDER, message_of
from cmfw.report.finding_words import gap_detail, plain_title
from cmfw.report.safe_text import shown
from cmfw.report.signs import SIGNS
from cmfw.words import language, say

_MARKS = re.compile(r"[\\`*_{}\[\]<>|~&!#$@]|(?<=[A-Za-z]):(?=//)|(?<=[wW])\.|^[-+=](?=\s|[-=]|$)|^\d+(?=[.)])")
"""What may begin markup, a link or a mention inside a line."""


def render(audit: Audit) -> bytes:
    """The verdict, the rows as a table, each trouble with proof and repair, then findings and gaps."""
    parts = [f"# {text_of(verdict(audit))}", "\n".join(f"- {text_of(line)}" for line in machine_lines(audit))]
    columns = [say(f"audit.column.{name}") for name in ("feature", "peer", "status", "reason")]
    parts.append(table([say("report.clients"), *columns], (_cells(audit, row) for row in audit.diagnosis.rows)))
    for story in stories(audit):
        parts += _trouble(audit, story)
    findings = sorted(audit.diagnosis.findings, key=lambda one: ORDER.index(one.severity))
    if findings:
        parts += [f"## {say('audit.findings')}", *(_finding(audit, found) for found in findings)]
    if audit.state.gaps:
        parts.append(f"## {say('audit.gaps')}")
        parts.append("\n".join(f"- {text_of(gap_detail(g.code, g.detail))} ({text_of(g.code)})" for g in audit.state.gaps))
    return ("\n\n".join(parts) + "\n").encode("utf-8")


def _cells(audit: Audit, row: RowResult) -> Sequence[Sequence[str]]:
    title = title_with_id(audit, row.feature)
    return [row.clients], [title], [row.peer], [f"{SIGNS[row.status]} {status_words(row)}"], reasons(audit, row)


def _trouble(audit: Audit, story: Sequence[RowResult]) -> list[str]:
    row = story[0]
    peers = few(one.peer for one in story if one.peer)
    title = say("audit.trouble", feature=plain_title(row.feature, audit.catalog), id=row.feature, status=status_words(row))
    parts = [f"## {text_of(title)}", text_of(both_ends(row.clients, peers))]
    for blocked in row.blocking:
        parts += [say("audit.undecided" if blocked.is_unknown else "audit.blocked"), code([blocked.flow.text()])]
    commands = dict.fromkeys(command for one in story for command in (one.repair[0].commands if one.repair else ()))
    if commands:
        parts += [say("audit.repair"), code(commands)]
    if row.alternatives:
        names = say("list").join(title_with_id(audit, name) for name in row.alternatives)
        parts.append(text_of(say("audit.alternatives") + names))
    return parts


def _finding(audit: Audit, found: Finding) -> str:
    text = audit.catalog.findings.get(found.code)
    title = text.title.in_language(language()) if text else found.code
    head = say("finding.head", severity=say(f"severity.{found.severity.value}"), title=title, code=found.code)
    told = [f"**{text_of(head)}**", text_of(f"{found.subject}: {message_of(found, audit.catalog)}")]
    told += [code(lines) for lines in ([found.witness] if found.witness else [], found.repair) if lines]
    return "\n\n".join(told)


def table(columns: Sequence[str], rows: Iterable[Sequence[Sequence[str]]]) -> str:
    """A table; a cell is lines, between which stands ``<br>``, the only markup in it."""
    lines = [columns, ["---"] * len(columns)]
    lines += [["<br>".join(map(text_of, cell)) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def text_of(text: str) -> str:
    """The text as Markdown that shows it, whatever it holds."""
    # the number of a list item is escaped behind itself: its dot is the mark
    return _MARKS.sub(lambda found: f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}", shown(text))


def code(lines: Iterable[str]) -> str:
    """A block of code, fenced with more back ticks than the text has in a row."""
    told = "\n".join(map(shown, lines))
    longest = max((len(run) for run in re.findall("`+", told)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{told}\n{fence}"
