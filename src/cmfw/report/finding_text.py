"""A ``Finding`` as JSON data and as a sentence, with the words of the catalog."""

from __future__ import annotations

from typing import Any

from cmfw.catalog.types import Catalog
from cmfw.model.finding import Finding, Severity
from cmfw.model.rule import HostRule
from cmfw.report.finding_words import named
from cmfw.words import language

ORDER = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


def short_origin(origin: str) -> str:
    """Where a rule stands, short enough to read: the file's name and the last key of ``FILE!KEY\\VALUE``, else as it is."""
    path, mark, place = origin.partition("!")
    if not mark:
        return origin
    file = path.replace("\\", "/").rpartition("/")[2]
    keys = place.split("\\")
    return f"{file}!..\\{keys[-2]}" if len(keys) > 1 else f"{file}!{place}"


def rule_string(rule: HostRule) -> str:
    """The rule string of a rule; its conditions in words where a text of it holds what no rule string can carry.

    Exports other than the registry's can have names with bars in them.
    """
    from cmfw.ingest.rulewrite import write_rule

    try:
        return write_rule(rule)
    except ValueError:
        from cmfw.report.plan_rows import rule_text

        return rule_text(rule)


def message_of(finding: Finding, catalog: Catalog) -> str:
    """The message of the finding in the language of the call; one whose words do not fit shows its arguments."""
    args = dict(finding.args)
    text = catalog.findings.get(finding.code)
    told = "; ".join(f"{name}: {value}" for name, value in args.items())
    if text is None:
        return told or finding.code
    values = {"subject": finding.subject, "witness": finding.witness, **named(finding, catalog)}
    message = text.variants.get(args.get("variant", ""), text.message)
    try:
        return " ".join(message.in_language(language()).format_map(values).split())
    except KeyError:
        return f"{text.title.in_language(language())} ({told})"


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
