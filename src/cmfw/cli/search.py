"""``cmfw search``: which flows a machine allows, blocks or cannot be judged on, out of all that match a pattern."""

from __future__ import annotations

from typing import Any

import click

from cmfw.cli.app import CLEAN, FINDINGS, INCOMPLETE
from cmfw.cli.options import make_command, option, subnet_option
from cmfw.engine.search import Hit, Hits
from cmfw.model.rule import HostRule
from cmfw.model.state import HostState
from cmfw.model.verdict import Answer
from cmfw.net.flowquery import FlowQuery
from cmfw.net.flowset import FlowSet
from cmfw.words import say

SCHEMA = "cmfw/search/1"
_SHOWN = 10


@make_command("search", "text", "json", "md")
@click.argument("states", metavar="STATE...", nargs=-1, required=True)
@option("--flow", "asked", key="pattern", multiple=True, metavar="PATTERN")
@option("--action", key="action", type=click.Choice([answer.value for answer in Answer]))
@option("--rule", "rule_ids", key="rule", multiple=True, metavar="ID")
@option("--profile", "profiles", key="profile", type=click.Choice(("domain", "private", "public")), multiple=True)
@option("--count", key="count", type=click.IntRange(min=1), default=_SHOWN)
@subnet_option
def command(
    states: tuple[str, ...],
    asked: tuple[str, ...],
    action: str | None,
    rule_ids: tuple[str, ...],
    profiles: tuple[str, ...],
    count: int,
    local_subnets: tuple[str, ...],
    form: str,
) -> int:
    """Find the flows; exit code 1 where there are some, 0 where there certainly are none, 3 where that is not known."""
    from cmfw.cli.inputs import read_host, read_queries
    from cmfw.cli.progress import Waiting
    from cmfw.engine.search import search
    from cmfw.errors import COMMAND_LINE
    from cmfw.model.rule import canonical_program
    from cmfw.net.flowquery import Names
    from cmfw.report.question_view import preferences

    names = Names(canonical=canonical_program)
    queries = read_queries([(text, COMMAND_LINE, None) for text in asked or _EVERYTHING], names)
    state = read_host(states, local_subnets)
    rules = _rules(state, rule_ids) if rule_ids else None
    if action is not None:
        answers: tuple[Answer, ...] = (Answer(action),)
    else:
        answers = tuple(Answer) if rules is not None else (Answer.ALLOW,)
    with Waiting():
        hits = search(state, _within(queries, profiles), answers, rules, preferences())
    if form == "json":
        from cmfw.cli import output

        output.show_json(document(hits, queries, answers, count))
    else:
        _show(hits, answers, count)
    if hits.found:
        return FINDINGS
    return INCOMPLETE if hits.not_searched else CLEAN


_EVERYTHING = ("in any * > *", "out any * > *")


def _within(queries: list[FlowQuery], profiles: tuple[str, ...]) -> FlowSet:
    """The flows of all patterns, in the profiles asked for."""
    from cmfw.net.flow import PROFILE_NAMES
    from cmfw.net.flowset import boxes

    flows = FlowSet.of(box for query in queries for box in query.flows)
    mask = sum(int(profile) for profile, name in PROFILE_NAMES.items() if name in profiles)
    return flows & FlowSet(boxes(profile=mask)) if mask else flows


def _rules(state: HostState, ids: tuple[str, ...]) -> list[HostRule]:
    """The rules of the ids (or display names); a usage error where one is of no rule."""
    found = []
    for wanted in ids:
        same = [rule for rule in state.rules if wanted.lower() in (rule.id.lower(), rule.name.lower())]
        if not same:
            raise click.UsageError(say("error.no_rule", id=wanted))
        found += same
    return found


def document(hits: Hits, queries: list[FlowQuery], answers: tuple[Answer, ...], count: int) -> dict[str, Any]:
    """The hits as ``cmfw/search/1``."""
    from cmfw.report.box_view import box_row

    return {
        "schema": SCHEMA,
        "patterns": [query.text for query in queries],
        "actions": [answer.value for answer in answers],
        "total": len(hits.found),
        "complete": not hits.not_searched,
        "hits": [hit_row(hit) for hit in hits.found[:count]],
        "not_searched": [box_row((box,)) for box in hits.not_searched],
    }


def hit_row(hit: Hit) -> dict[str, Any]:
    """One hit as data."""
    from cmfw.report.box_view import box_row
    from cmfw.report.question_view import verdict_row

    return {"flows": box_row(hit.boxes), "witness": hit.witness.text(), "verdict": verdict_row(hit.verdict)}


def _show(hits: Hits, answers: tuple[Answer, ...], count: int) -> None:
    from cmfw.cli import output
    from cmfw.cli.output import Block, Gap, Line
    from cmfw.report.box_view import box_text
    from cmfw.report.question_view import verdict_lines

    blocks: list[Block] = []
    for hit in hits.found[:count]:
        blocks += [
            Line(box_text(hit.boxes), style="strong"),
            Line(hit.witness.text(), indent=2, mark=say("question.example")),
            *verdict_lines(hit.verdict, indent=2),
            Gap(),
        ]
    if len(hits.found) > count:
        blocks.append(Line(say("search.more", count=len(hits.found) - count)))
    asked = say("list").join(say(f"answer.{answer.value}") for answer in answers)
    if not hits.found and not hits.not_searched:
        blocks.append(Line(say("search.none", actions=asked)))
    if hits.not_searched:
        blocks.append(Line(say("search.not_known"), style="warn"))
        blocks += [Line(box_text((box,)), indent=2) for box in hits.not_searched]
    output.show(blocks)
