"""An audit as JUnit XML: a test case for each feature row and each finding, so that a pipeline shows them as tests.

Source: the schema of the Jenkins xUnit plugin (junit-10.xsd), which other readers accept.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from cmfw.diagnose import RowResult
from cmfw.model.finding import Finding, Severity
from cmfw.report.audit_view import Audit
from cmfw.report.audit_words import reasons, status_words, title_with_id, verdict
from cmfw.report.finding_text import message_of
from cmfw.report.safe_text import shown
from cmfw.words import language, say

_OUTCOMES = {"broken": "failure", "degraded": "failure", "unknown": "error", "disabled": "skipped"}


def render(audit: Audit) -> bytes:
    """Two suites: ``features``, where what cannot be decided is an error, and ``findings``, where severity error fails."""
    root = Element("testsuites", {"name": shown(verdict(audit))})
    _suite(root, "features", [_feature(audit, row) for row in audit.diagnosis.rows])
    _suite(root, "findings", [_finding(audit, found) for found in audit.diagnosis.findings])
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _suite(root: Element, name: str, cases: Sequence[Element]) -> None:
    counts = {"tests": len(cases)}
    for total, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        counts[total] = sum(case.find(tag) is not None for case in cases)
    suite = SubElement(root, "testsuite", {"name": name} | {key: str(count) for key, count in counts.items()})
    suite.extend(cases)


def _case(classes: Sequence[str], name: str) -> Element:
    # dots part the levels of a class name, and host names have them
    told = ".".join(shown(part).replace(".", "\u2024") for part in classes if part)
    return Element("testcase", {"classname": told, "name": shown(name), "time": "0"})


def _feature(audit: Audit, row: RowResult) -> Element:
    peer = row.peer or say("audit.peers")
    case = _case(("cmfw", row.clients, peer), title_with_id(audit, row.feature))
    _properties(case, {"feature": row.feature, "clients": row.clients, "peer": row.peer, "status": row.status})
    outcome = _OUTCOMES.get(row.status)
    if outcome is not None:
        reason = ", ".join(reasons(audit, row))
        about = {"message": shown(f"{status_words(row)}: {reason}" if reason else status_words(row))}
        told = SubElement(case, outcome, about if outcome == "skipped" else about | {"type": row.status})
        proof = [f"{blocked.verdict.answer.value}: {blocked.flow.text()}" for blocked in row.blocking]
        told.text = "\n".join(map(shown, [*proof, *(row.repair[0].commands if row.repair else ())]))
    return case


def _finding(audit: Audit, found: Finding) -> Element:
    text = audit.catalog.findings.get(found.code)
    title = text.title.in_language(language()) if text else found.code
    message = message_of(found, audit.catalog)
    case = _case(("cmfw", found.subject, found.code), f"{title}: {message}")
    _properties(case, {"code": found.code, "severity": found.severity.value, "subject": found.subject})
    told = SubElement(case, "failure" if found.severity is Severity.ERROR else "system-out")
    if found.severity is Severity.ERROR:
        told.set("message", shown(message))
        told.set("type", found.code)
    told.text = "\n".join(shown(part) for part in (message, found.witness, *found.repair, *found.evidence) if part)
    return case


def _properties(case: Element, pairs: dict[str, str]) -> None:
    properties = SubElement(case, "properties")
    for name, text in pairs.items():
        SubElement(properties, "property", {"name": name, "value": shown(text)})
