"""``cmfw shadow``: the rules of a machine that never decide anything, and why."""

from __future__ import annotations

from typing import Any

import click

from cmfw.cli.app import CLEAN, FINDINGS, INCOMPLETE
from cmfw.cli.options import make_command, option, subnet_option
from cmfw.engine.shadow import Dead, Reason, Shadows
from cmfw.words import say

SCHEMA = "cmfw/shadow/1"
_SHOWN = 20


@make_command("shadow", "text", "json", "md")
@click.argument("states", metavar="STATE...", nargs=-1, required=True)
@option("--witness", "with_witness", key="witness", is_flag=True)
@subnet_option
@option("--count", key="count", type=click.IntRange(min=1), default=_SHOWN)
def command(states: tuple[str, ...], with_witness: bool, local_subnets: tuple[str, ...], count: int, form: str) -> int:
    """List the rules; exit code 1 where an active rule decides nothing, 3 where that is not known of one, else 0."""
    from cmfw.cli.inputs import read_host
    from cmfw.cli.progress import Waiting
    from cmfw.engine.shadow import shadows
    from cmfw.report.question_view import preferences

    state = read_host(states, local_subnets)
    with Waiting():
        found = shadows(state, preferences())
    if form == "json":
        from cmfw.cli import output

        output.show_json(document(found, with_witness=with_witness))
    else:
        _show(found, count, with_witness=with_witness)
    if any(dead.reason is not Reason.INACTIVE for dead in found.dead):
        return FINDINGS
    return INCOMPLETE if found.doubtful else CLEAN


def document(found: Shadows, *, with_witness: bool) -> dict[str, Any]:
    """The shadows as ``cmfw/shadow/1``."""
    from cmfw.report.question_view import rule_row, verdict_row

    return {
        "schema": SCHEMA,
        "dead": [
            {**rule_row(dead.rule), "reason": dead.reason.value, "covered_by": [rule_row(rule) for rule in dead.by]}
            for dead in found.dead
        ],
        "doubtful": [{**rule_row(rule), "doubt": doubt.value} for rule, doubt in found.doubtful],
        "alive": [
            {
                **rule_row(each.rule),
                "witness": each.witness.text(),
                "verdict": verdict_row(each.verdict),
                "without": verdict_row(each.without),
            }
            for each in (found.alive if with_witness else ())
        ],
        "counts": {
            "dead": len(found.dead),
            "doubtful": len(found.doubtful),
            "alive": len(found.alive),
            "not_examined": found.not_examined,
        },
    }


def _show(found: Shadows, count: int, *, with_witness: bool) -> None:
    from cmfw.cli import output
    from cmfw.cli.output import Block, Heading, Line
    from cmfw.report.question_view import rule_title

    blocks: list[Block] = []
    for reason in Reason:
        dead = [each for each in found.dead if each.reason is reason]
        if not dead:
            continue
        blocks.append(Heading(say(f"shadow.{reason.value}", count=len(dead))))
        if reason is Reason.INACTIVE:
            continue
        for each in dead[:count]:
            blocks += _dead_blocks(each)
        if len(dead) > count:
            blocks.append(Line(say("more", count=len(dead) - count)))
    if found.doubtful:
        blocks.append(Heading(say("shadow.doubtful", count=len(found.doubtful))))
        blocks += [
            Line(f"{rule_title(rule)}{say('colon')}{say(f'shadow.doubt.{doubt.value}')}", mark="- ")
            for rule, doubt in found.doubtful[:count]
        ]
        blocks += [Line(say("more", count=len(found.doubtful) - count))] if len(found.doubtful) > count else []
    if with_witness:
        blocks += _alive_blocks(found)
    counts = {"alive": len(found.alive), "windows": found.not_examined}
    output.show([*blocks, Heading(say("shadow.sum"), 3), Line(say("shadow.counts", **counts))])


def _dead_blocks(dead: Dead) -> list[Any]:
    from cmfw.cli.output import Line
    from cmfw.report.question_view import rule_title, rules_text

    found: list[Any] = [Line(rule_title(dead.rule), mark="- ")]
    if dead.by:
        found.append(Line(rules_text(dead.by), indent=4, mark=say("shadow.by")))
    return found


def _alive_blocks(found: Shadows) -> list[Any]:
    from cmfw.cli.output import Heading, Line
    from cmfw.report.question_view import rule_title

    blocks: list[Any] = [Heading(say("shadow.alive", count=len(found.alive)))]
    for each in found.alive:
        needing = say(
            "shadow.without",
            flow=each.witness.text(),
            answer=say(f"answer.{each.verdict.answer.value}"),
            other=say(f"answer.{each.without.answer.value}"),
        )
        blocks += [Line(rule_title(each.rule), mark="- "), Line(needing, indent=4)]
    return blocks
