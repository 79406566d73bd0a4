"""``cmfw diff``: what two machines, or one machine before and after, do differently."""

from __future__ import annotations

import click

from cmfw.cli.app import CLEAN, FINDINGS, INCOMPLETE
from cmfw.cli.options import Spoken, make_command, option, subnet_option
from cmfw.engine.difference import Difference
from cmfw.engine.rule_changes import RuleChange
from cmfw.words import say

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


@make_command("diff", "text", "json", "md", cls=_TwoSides)
@click.argument("before", metavar="BEFORE... [--] AFTER...", nargs=-1, required=True)
@option(_AFTER, "after", key="after", multiple=True, metavar="FILE")
@subnet_option
@option("--count", key="count", type=click.IntRange(min=1), default=_SHOWN)
def command(before: tuple[str, ...], after: tuple[str, ...], local_subnets: tuple[str, ...], count: int, form: str) -> int:
    """Compare; exit code 1 where a flow is newly allowed or blocked, 3 where only what is known differs, 0 where all is equal."""
    from cmfw.cli.inputs import read_host
    from cmfw.cli.progress import Waiting
    from cmfw.engine.difference import differ
    from cmfw.engine.rule_changes import rule_changes
    from cmfw.report.diff_view import document, is_certain
    from cmfw.report.question_view import preferences

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


def _show(found: Difference, rules: tuple[RuleChange, ...], count: int) -> None:
    from cmfw.cli import output
    from cmfw.report.diff_view import difference_blocks, rule_blocks

    output.show([*difference_blocks(found, count), *rule_blocks(rules, count)])
