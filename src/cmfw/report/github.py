"""An audit as annotations of a GitHub workflow: commands in its log that mark the run.

Source: GitHub, "Workflow commands for GitHub Actions" (``error``, ``warning``, ``notice``; escapes of toolkit ``command.ts``).
"""

from __future__ import annotations

from cmfw.model.finding import Severity
from cmfw.report.audit_view import Audit
from cmfw.report.audit_words import status_words, title_with_id, verdict
from cmfw.report.finding_text import ORDER, message_of
from cmfw.report.origins import Origin, origin_of
from cmfw.report.safe_text import shown
from cmfw.words import language, say

_WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(audit: Audit) -> bytes:
    """The verdict and every row as lines of the log, then one annotation for each finding, the worst first.

    A step shows ten annotations of a kind, so what works is told without one.
    """
    files = [source.path for source in audit.state.sources]
    lines = [_log(verdict(audit))]
    lines += [
        _log(f"{status_words(row)}{say('colon')}{title_with_id(audit, row.feature)} {row.clients} {row.peer}")
        for row in audit.diagnosis.rows
    ]
    for found in sorted(audit.diagnosis.findings, key=lambda one: ORDER.index(one.severity)):
        text = audit.catalog.findings.get(found.code)
        title = f"{text.title.in_language(language())} [{found.code}]" if text else found.code
        places = (origin_of(text, files) for text in found.evidence)
        place = next((one for one in places if one.file), None)
        parts = [message_of(found, audit.catalog), found.witness, *found.repair]
        lines.append(annotation(_WORDS[found.severity], title, parts, place, found.subject))
    return ("\n".join(lines) + "\n").encode("utf-8")


def annotation(kind: str, title: str, parts: list[str], place: Origin | None, subject: str) -> str:
    """One command; its parts stand below one another, ``place`` is the file that it marks."""
    properties = {"title": f"{title} {subject}"}
    if place is not None:
        properties |= {"file": place.file} | ({"line": str(place.line)} if place.line else {})
    told = ",".join(f"{name}={_escaped(shown(value), ':,')}" for name, value in properties.items())
    return f"::{kind} {told}::{'%0A'.join(_escaped(shown(part)) for part in parts if part)}"


def _escaped(text: str, more: str = "") -> str:
    return "".join(f"%{ord(char):02X}" if char in "%\r\n" + more else char for char in text)


def _log(text: str) -> str:
    """A line of the log that is no command, whatever names it holds."""
    return "cmfw: " + shown(text).rstrip().replace("::", ": :").replace("##[", "## [")
