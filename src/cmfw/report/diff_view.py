"""A difference of two machines as blocks and as JSON data (``cmfw/diff/1``)."""

from __future__ import annotations

from typing import Any

from cmfw.engine.difference import Change, Difference
from cmfw.engine.rule_changes import RuleChange
from cmfw.model.verdict import Answer
from cmfw.report.blocks import Block, Gap, Heading, Line
from cmfw.report.box_view import box_row, box_text
from cmfw.report.question_view import rule_row, rule_title, verdict_lines, verdict_row
from cmfw.words import say

SCHEMA = "cmfw/diff/1"


def is_certain(change: Change) -> bool:
    """Whether the flow is known on both sides, so that a change of what is known alone does not count."""
    return Answer.UNKNOWN not in (change.before, change.after)


def kind_of(change: Change) -> str:
    """``allowed``, ``blocked``, ``unknown`` or ``known``: what the flows newly are."""
    if change.after is Answer.UNKNOWN:
        return "unknown"
    if change.before is Answer.UNKNOWN:
        return "known"
    return "allowed" if change.after is Answer.ALLOW else "blocked"


def document(
    found: Difference, rules: tuple[RuleChange, ...], before: tuple[str, ...], after: tuple[str, ...]
) -> dict[str, Any]:
    """The difference as ``cmfw/diff/1``."""
    return {
        "schema": SCHEMA,
        "before": list(before),
        "after": list(after),
        "equal": found.is_equal,
        "complete": not found.not_compared,
        "changes": [change_row(change) for change in found.changes],
        "not_compared": [box_row((box,)) for box in found.not_compared],
        "rules": [rule_change_row(change) for change in rules],
    }


def change_row(change: Change) -> dict[str, Any]:
    """One change as data."""
    return {
        "kind": kind_of(change),
        "flows": box_row(change.boxes),
        "witness": change.witness.text(),
        "before": verdict_row(change.verdict_before),
        "after": verdict_row(change.verdict_after),
    }


def rule_change_row(change: RuleChange) -> dict[str, Any]:
    """One rule that is not the same, as data."""
    return {
        "kind": change.kind.value,
        "before": None if change.before is None else rule_row(change.before),
        "after": None if change.after is None else rule_row(change.after),
        "fields": list(change.fields),
    }


_KINDS = ("allowed", "blocked", "unknown", "known")


def difference_blocks(found: Difference, count: int) -> list[Block]:
    """The changes for people, at most ``count`` of each kind, and what could not be compared."""
    blocks: list[Block] = []
    for kind in _KINDS:
        changes = [change for change in found.changes if kind_of(change) == kind]
        if changes:
            blocks.append(Heading(say(f"diff.{kind}")))
        for change in changes[:count]:
            blocks += _change_blocks(change)
        if len(changes) > count:
            blocks.append(Line(say("diff.more", count=len(changes) - count)))
    if found.not_compared:
        blocks.append(Line(say("diff.not_compared"), style="warn"))
        blocks += [Line(box_text((box,)), indent=2) for box in found.not_compared]
    if found.is_equal:
        blocks.append(Line(say("diff.equal"), style="good"))
    return blocks


def _change_blocks(change: Change) -> list[Block]:
    return [
        Line(box_text(change.boxes), style="strong"),
        Line(change.witness.text(), indent=2, mark=say("question.example")),
        *verdict_lines(change.verdict_before, indent=2, mark=say("diff.before")),
        *verdict_lines(change.verdict_after, indent=2, mark=say("diff.after")),
        Gap(),
    ]


def rule_blocks(rules: tuple[RuleChange, ...], count: int) -> list[Block]:
    """The rules that differ for people, at most ``count``."""
    if not rules:
        return [Line(say("diff.same_rules"))]
    found: list[Block] = [Heading(say("diff.rules"))]
    for change in rules[:count]:
        title = rule_title(change.rule)
        fields = say("list").join(change.fields)
        found.append(Line(f"{title}{say('colon')}{fields}" if fields else title, mark=say(f"diff.rule.{change.kind.value}")))
    if len(rules) > count:
        found.append(Line(say("more", count=len(rules) - count)))
    return found
