"""What the answers of ``search``, ``diff``, ``shadow`` and ``trace --path`` have in common: rules and verdicts, as data and text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cmfw.model.rule import HostRule
from cmfw.model.verdict import Answer, RuleRef, Verdict
from cmfw.net.flowset import Preferences
from cmfw.report.blocks import Block, Line
from cmfw.report.finding_text import short_origin
from cmfw.words import say

READABLE_PORTS = (445, 135, 443, 80, 3389, 2701, 10123)
"""Ports that a witness shows where it may choose."""
STYLES = {Answer.ALLOW: "good", Answer.BLOCK: "bad", Answer.UNKNOWN: "warn"}
_MOST_RULES = 3


def preferences() -> Preferences:
    """What a readable witness looks like where no site says better."""
    return Preferences(ports=READABLE_PORTS)


def ref_row(ref: RuleRef) -> dict[str, str]:
    """A deciding rule as data."""
    return {"id": ref.id, "store": ref.store, "origin": ref.origin}


def rule_row(rule: HostRule) -> dict[str, str]:
    """A rule as data."""
    return {"id": rule.id, "store": rule.store.value, "origin": rule.origin, "name": rule.name}


def verdict_row(verdict: Verdict) -> dict[str, Any]:
    """A verdict as data."""
    return {
        "action": verdict.answer.value,
        "why": verdict.why.value,
        "by": [ref_row(ref) for ref in verdict.by],
        "missing": list(verdict.missing),
    }


def rule_title(rule: HostRule) -> str:
    """``Name (id, store)``; the id alone where the name is a resource or says nothing more."""
    plain = not rule.name or rule.name.startswith("@") or rule.name == rule.id
    return f"{rule.id} ({rule.store.value})" if plain else f"{rule.name} ({rule.id}, {rule.store.value})"


def by_line(refs: Iterable[RuleRef], *, indent: int) -> list[Block]:
    """The deciding rules in one line, a few of them."""
    listed = list(refs)
    if not listed:
        return []
    shown = [f"{ref.id} ({ref.store}), {short_origin(ref.origin)}" for ref in listed[:_MOST_RULES]]
    return [Line(say("semicolon").join([*shown, *_more(len(listed) - _MOST_RULES)]), indent=indent, mark=say("by"))]


def rules_text(rules: Iterable[HostRule]) -> str:
    """The titles of a few rules."""
    listed = list(rules)
    return say("semicolon").join([*map(rule_title, listed[:_MOST_RULES]), *_more(len(listed) - _MOST_RULES)])


def _more(count: int) -> list[str]:
    return [say("more_short", count=count)] if count > 0 else []


def verdict_lines(verdict: Verdict, *, indent: int, mark: str = "") -> list[Block]:
    """Answer, reason, deciding rules and what is missing, in two lines or three."""
    from cmfw.report.finding_words import missing_word

    answer = say(f"answer.{verdict.answer.value}")
    found: list[Block] = [
        Line(
            f"{answer}{say('colon')}{say(f'why.{verdict.why.value}')}",
            indent=indent,
            mark=mark,
            style=STYLES[verdict.answer],
        )
    ]
    found += by_line(verdict.by, indent=indent + 2)
    if verdict.missing:
        missing = say("audit.comma").join(map(missing_word, verdict.missing))
        found.append(Line(missing, indent=indent + 2, mark=say("missing")))
    return found
