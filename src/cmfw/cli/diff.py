"""``cmfw diff``: what two machines, or one machine before and after, do differently."""

from __future__ import annotations

from typing import Any

import click

from cmfw.cli.app import CLEAN, FINDINGS, INCOMPLETE
from cmfw.cli.options import Spoken, make_command, option, subnet_option
from cmfw.engine.difference import Change, Difference
from cmfw.engine.rule_changes import RuleChange
from cmfw.model.verdict import Answer
from cmfw.words import say

SCHEMA = "cmfw/diff/1"
_SHOWN = 20
_AFTER = "--after"


class _TwoSides(Spoken):
    """Takes ``BEFORE... -- AFTER...``: what stands behind ``--`` are files of the second machine."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments with every word behind ``--`` turned into an ``--after``."""
        if "--" in args:
            at = args.index("--")
            args = [*args[:at], *(word for path in args[at + 1 :] for word in (_AFTER, path))]
        return super().parse_args(ctx, args)


@make_command("diff", "text", "json", cls=_TwoSides)
@click.argument("before", metavar="BEFORE... [--] AFTER...", nargs=-1, required=True)
@option(_AFTER, "after", key="after", multiple=True, metavar="FILE")
@subnet_option
@option("--count", key="count", type=click.IntRange(min=1), default=_SHOWN)
def command(before: tuple[str, ...], after: tuple[str, ...], local_subnets: tuple[str, ...], count: int, form: str) -> int:
    """Compare; exit code 1 where a flow is newly allowed or blocked, 3 where only what is known differs, 0 where all is equal."""
    from cmfw.cli.inputs import read_host
    from cmfw.cli.progress import Waiting
    from cmfw.cli.question_view import preferences
    from cmfw.engine.difference import differ
    from cmfw.engine.rule_changes import rule_changes

    if not after:
        if len(before) != 2:
            raise click.UsageError(say("error.two_sides"))
        before, after = before[:1], before[1:]
    old, new = read_host(before, local_subnets), read_host(after, local_subnets)
    with Waiting():
        found = differ(old, new, preferences())
    rules = rule_changes(old.rules, new.rules)
    if form == "json":
        from cmfw.cli import output

        output.show_json(document(found, rules, before, after))
    else:
        _show(found, rules, count)
    if any(is_certain(change) for change in found.changes):
        return FINDINGS
    return CLEAN if found.is_equal else INCOMPLETE


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
    from cmfw.report.box_view import box_row

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
    from cmfw.cli.question_view import verdict_row
    from cmfw.report.box_view import box_row

    return {
        "kind": kind_of(change),
        "flows": box_row(change.boxes),
        "witness": change.witness.text(),
        "before": verdict_row(change.verdict_before),
        "after": verdict_row(change.verdict_after),
    }


def rule_change_row(change: RuleChange) -> dict[str, Any]:
    """One rule that is not the same, as data."""
    from cmfw.cli.question_view import rule_row

    return {
        "kind": change.kind.value,
        "before": None if change.before is None else rule_row(change.before),
        "after": None if change.after is None else rule_row(change.after),
        "fields": list(change.fields),
    }


_KINDS = ("allowed", "blocked", "unknown", "known")


def _show(found: Difference, rules: tuple[RuleChange, ...], count: int) -> None:
    from cmfw.cli import output

    output.show([*difference_blocks(found, count), *_rule_blocks(rules, count)])


def difference_blocks(found: Difference, count: int) -> list[Any]:
    """The changes for people, at most ``count`` of each kind, and what could not be compared."""
    from cmfw.cli.output import Block, Heading, Line
    from cmfw.report.box_view import box_text

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


def _change_blocks(change: Change) -> list[Any]:
    from cmfw.cli.output import Gap, Line
    from cmfw.cli.question_view import verdict_lines
    from cmfw.report.box_view import box_text

    return [
        Line(box_text(change.boxes), style="strong"),
        Line(change.witness.text(), indent=2, mark=say("question.example")),
        *verdict_lines(change.verdict_before, indent=2, mark=say("diff.before")),
        *verdict_lines(change.verdict_after, indent=2, mark=say("diff.after")),
        Gap(),
    ]


def _rule_blocks(rules: tuple[RuleChange, ...], count: int) -> list[Any]:
    from cmfw.cli.output import Heading, Line
    from cmfw.cli.question_view import rule_title

    if not rules:
        return [Line(say("diff.same_rules"))]
    found: list[Any] = [Heading(say("diff.rules"))]
    for change in rules[:count]:
        title = rule_title(change.rule)
        fields = say("list").join(change.fields)
        found.append(Line(f"{title}{say('colon')}{fields}" if fields else title, mark=say(f"diff.rule.{change.kind.value}")))
    if len(rules) > count:
        found.append(Line(say("more", count=len(rules) - count)))
    return found
