"""A ``Finding`` as JSON data and as text, with the words of the catalog."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from cmfw.catalog.types import Catalog
from cmfw.cli.output import Block, Line, Verbatim
from cmfw.cli.words import language, say
from cmfw.model.finding import Finding, Severity

_STYLES = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.NOTE: "dim"}
ORDER = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


def message_of(finding: Finding, catalog: Catalog) -> str:
    """The message of the finding in the language of the call; a code without words shows its arguments."""
    text = catalog.findings.get(finding.code)
    if text is None:
        return "; ".join(f"{name}: {value}" for name, value in finding.args) or finding.code
    values = defaultdict(str, {"subject": finding.subject, "witness": finding.witness, **dict(finding.args)})
    return " ".join(text.message.in_language(language()).format_map(values).split())


def finding_row(finding: Finding, catalog: Catalog) -> dict[str, Any]:
    """One finding as a row of ``cmfw/audit/1`` and ``cmfw/check/1``."""
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "subject": finding.subject,
        "message": message_of(finding, catalog),
        "args": dict(finding.args),
        "witness": finding.witness or None,
        "repair": list(finding.repair),
        "evidence": list(finding.evidence),
        "depends_on": list(finding.depends_on),
    }


def finding_blocks(findings: tuple[Finding, ...], catalog: Catalog) -> list[Block]:
    """The findings as text, the worst first."""
    found: list[Block] = []
    for finding in sorted(findings, key=lambda f: ORDER.index(f.severity)):
        mark = f"{say(f'severity.{finding.severity.value}')} [{finding.code}] "
        subject = f"{finding.subject}: " if finding.subject else ""
        found.append(Line(subject + message_of(finding, catalog), mark=mark, style=_STYLES[finding.severity]))
        if finding.witness:
            found.append(Verbatim(finding.witness))
        found += [Line(text, indent=4, mark="> ", style="dim") for text in finding.evidence[:5]]
        found += [Verbatim(text) for text in finding.repair]
    return found
