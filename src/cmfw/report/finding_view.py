"""Findings and deciding rules as blocks of text."""

from __future__ import annotations

from collections.abc import Iterable

from cmfw.catalog.types import Catalog
from cmfw.model.finding import Finding, Severity
from cmfw.model.rule import HostRule
from cmfw.model.verdict import RuleRef
from cmfw.report.blocks import Block, Gap, Line, Verbatim
from cmfw.report.finding_text import ORDER, message_of, rule_string, short_origin
from cmfw.words import language, say

_STYLES = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.NOTE: "dim"}


def rule_blocks(ref: RuleRef, rules: tuple[HostRule, ...], *, indent: int) -> list[Block]:
    """A deciding rule: its id and store, where it stands, and the rule string where it is a rule of the state."""
    found: list[Block] = [Line(f"{ref.id} ({ref.store}), {short_origin(ref.origin)}", indent=indent, mark=say("by"))]
    for rule in rules:
        if (rule.id, rule.store.value, rule.origin) == (ref.id, ref.store, ref.origin):
            return [*found, Verbatim(rule_string(rule), indent + 2)]
    return found


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
