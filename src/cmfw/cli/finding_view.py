"""A ``Finding`` as JSON data and as text, with the words of the catalog."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cmfw.catalog.types import Catalog
from cmfw.cli.finding_words import named
from cmfw.cli.output import Block, Gap, Line, Verbatim
from cmfw.model.finding import Finding, Severity
from cmfw.model.rule import HostRule
from cmfw.model.verdict import RuleRef
from cmfw.words import language, say

_STYLES = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.NOTE: "dim"}
ORDER = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


def short_origin(origin: str) -> str:
    """Where a rule stands, short enough to read: the file's name and the last key of ``FILE!KEY\\VALUE``, else as it is."""
    path, mark, place = origin.partition("!")
    if not mark:
        return origin
    file = path.replace("\\", "/").rpartition("/")[2]
    keys = place.split("\\")
    return f"{file}!..\\{keys[-2]}" if len(keys) > 1 else f"{file}!{place}"


def rule_blocks(ref: RuleRef, rules: tuple[HostRule, ...], *, indent: int) -> list[Block]:
    """A deciding rule: its id and store, where it stands, and the rule string where it is a rule of the state."""
    found: list[Block] = [Line(f"{ref.id} ({ref.store}), {short_origin(ref.origin)}", indent=indent, mark=say("by"))]
    for rule in rules:
        if (rule.id, rule.store.value, rule.origin) == (ref.id, ref.store, ref.origin):
            from cmfw.ingest.rulestring import write_rule

            return [*found, Verbatim(write_rule(rule), indent + 2)]
    return found


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


_MOST_LISTED = 3
_MOST_NOTES = 4
_CAUSES = ("local-merge-off", "shields-up", "firewall-off", "service-disabled")
"""Codes that explain others: they come first within their severity."""
_TOLD_BY_FEATURE = ("exception-missing",)
"""Codes whose packet stands with the feature, and whose repair is a whole documented group: the feature has a smaller one."""


def _first(texts: Iterable[str]) -> list[str]:
    """The first few, and how many more the JSON form holds."""
    listed = list(texts)
    more = len(listed) - _MOST_LISTED
    return listed if more <= 1 else [*listed[:_MOST_LISTED], say("more", count=more)]


def finding_blocks(findings: Iterable[Finding], catalog: Catalog, about: str = "") -> list[Block]:
    """The findings as text, the worst first, those of one code together; notes without their details.

    ``about`` is the machine that all of it is about, so that its name need not stand in every line.
    """
    stories: dict[tuple[Severity, str], list[Finding]] = {}
    for finding in sorted(findings, key=lambda f: (ORDER.index(f.severity), f.code not in _CAUSES)):
        stories.setdefault((finding.severity, finding.code), []).append(finding)
    found: list[Block] = []
    for (severity, code), story in stories.items():
        words = catalog.findings.get(code)
        title = words.title.in_language(language()) if words else code
        found += [
            Gap(),
            Line(
                say("finding.head", severity=say(f"severity.{severity.value}"), title=title, code=code),
                style=_STYLES[severity],
            ),
        ]
        most = _MOST_NOTES if severity is Severity.NOTE and len(story) > _MOST_NOTES + 1 else len(story)
        for finding in story[:most]:
            found += _finding_blocks(finding, message_of(finding, catalog).removeprefix(f"{title} "), about)
        if len(story) > most:
            found.append(Line(say("more", count=len(story) - most), mark="- "))
    return found


def _finding_blocks(finding: Finding, message: str, about: str) -> list[Block]:
    subject = (
        "" if finding.subject in message or finding.subject == about else say("finding.subject", subject=finding.subject)
    )
    found: list[Block] = [Line(subject + message, mark="- ")]
    if finding.severity is Severity.NOTE or finding.code in _TOLD_BY_FEATURE:
        return found
    if finding.witness:
        found.append(Verbatim(finding.witness))
    return found + [Verbatim(text) for text in _first(finding.repair)]
