"""``cmfw trace``: what one machine does with given flows, and which rules decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cmfw.cli.app import CLEAN, FINDINGS, INCOMPLETE, worst
from cmfw.cli.options import Spoken, make_command, option, subnet_option
from cmfw.model.rule import HostRule
from cmfw.model.state import HostState
from cmfw.model.verdict import Answer, Verdict
from cmfw.net.flowquery import FlowQuery
from cmfw.report.finding_view import rule_blocks
from cmfw.words import say

if TYPE_CHECKING:
    from cmfw.report.path_view import Paths

SCHEMA = "cmfw/trace/1"
_FILE = "\0"
"""Marks a ``--flow`` value that is really a file: both options share one list, so that their order is kept."""
_EXIT = {Answer.ALLOW: CLEAN, Answer.BLOCK: FINDINGS, Answer.UNKNOWN: INCOMPLETE}


class _Ordered(Spoken):
    """Keeps ``--flow`` and ``--flows`` in the order in which they were typed."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments with every ``--flows FILE`` turned into a marked ``--flow``."""
        told: list[str] = []
        rest = iter(args)
        for word in rest:
            if word == "--":
                told += [word, *rest]
            elif word.startswith("--flows="):
                told += ["--flow", _FILE + word.removeprefix("--flows=")]
            elif word == "--flows" and (path := next(rest, None)) is not None:
                told += ["--flow", _FILE + path]
            else:
                told.append(word)
        return super().parse_args(ctx, told)


_MOST_RULES = 6


@make_command("trace", "text", "json", "jsonl", "csv", "md", cls=_Ordered)
@click.argument("states", metavar="STATE...", nargs=-1, required=True)
@option("--flow", "asked", key="flow", multiple=True, metavar="TEXT")
@option("--flows", key="flows", metavar="FILE", expose_value=False)
@option("--path", "with_path", key="path", is_flag=True)
@subnet_option
def command(
    states: tuple[str, ...], asked: tuple[str, ...], with_path: bool, local_subnets: tuple[str, ...], form: str
) -> int:
    """Judge the flows on the machine that the states describe."""
    from cmfw.catalog import load
    from cmfw.cli.inputs import flow_file, read_host, read_queries
    from cmfw.engine.exact import Engine
    from cmfw.errors import COMMAND_LINE
    from cmfw.net.flowquery import in_profile
    from cmfw.report.flow_names import names_of

    texts: list[tuple[str, str, int | None]] = []
    for text in asked:
        texts += flow_file(text[1:]) if text.startswith(_FILE) else [(text, COMMAND_LINE, None)]
    if not texts:
        raise click.UsageError(say("error.no_flow"))
    queries = read_queries(texts, names_of(load()))
    engine = Engine(read_host(states, local_subnets))
    live = engine.state.live_profiles
    if live is not None and len(live) == 1:
        # whatever interface such a flow takes now, its profile is this one
        queries = [in_profile(query, live[0]) for query in queries]
    verdicts = [(query, engine.verdict(query.flows)) for query in queries]
    _show(verdicts, engine.state, form, with_path=with_path)
    return worst(*(_EXIT[verdict.answer] for _, verdict in verdicts))


def verdict_row(query: FlowQuery, verdict: Verdict, state: HostState | None = None) -> dict[str, Any]:
    """One verdict as a row of ``cmfw/trace/1``, with the decision path of one of its flows where a state is given."""
    row: dict[str, Any] = {
        "flow": query.text,
        "normal": query.normal,
        "action": verdict.answer.value,
        "why": verdict.why.value,
        "by": [{"id": rule.id, "store": rule.store, "origin": rule.origin} for rule in verdict.by],
        "missing": list(verdict.missing),
        "assumed": dict(query.assumed),
    }
    if state is not None:
        from cmfw.report.path_view import path_row

        row["path"] = path_row(_paths(query, state))
    return row


def _paths(query: FlowQuery, state: HostState) -> Paths:
    """The paths of one readable flow of the question."""
    from cmfw.report.path_view import paths_of
    from cmfw.report.question_view import preferences

    return paths_of(query.flows.witness(preferences()), state)


def _show(verdicts: list[tuple[FlowQuery, Verdict]], state: HostState, form: str, *, with_path: bool) -> None:
    from cmfw.cli import output

    rows = [verdict_row(query, verdict, state if with_path else None) for query, verdict in verdicts]
    if form == "json":
        output.show_json({"schema": SCHEMA, "verdicts": rows})
    elif form == "jsonl":
        output.show_json_lines({"schema": SCHEMA, **row} for row in rows)
    elif form == "csv":
        columns = ("flow", "normal", "action", "why", "by", "missing")
        cells = ([*(r[c] for c in columns[:4]), "; ".join(b["id"] for b in r["by"]), " ".join(r["missing"])] for r in rows)
        output.show_csv(columns, cells)
    else:
        output.show(block for pair in verdicts for block in _blocks(*pair, state, with_path=with_path))


def _blocks(query: FlowQuery, verdict: Verdict, state: HostState, *, with_path: bool) -> list[Any]:
    blocks = verdict_blocks(query, verdict, state.rules)
    if not with_path:
        return blocks
    from cmfw.cli.output import Gap
    from cmfw.report.path_view import path_blocks

    return [*blocks[:-1], *path_blocks(_paths(query, state), indent=8), Gap()]


def verdict_blocks(query: FlowQuery, verdict: Verdict, rules: tuple[HostRule, ...]) -> list[Any]:
    """One verdict as text: the answer and the flow, why, the deciding rules, what was assumed or is missing."""
    from cmfw.cli.output import Gap, Line, width_of
    from cmfw.report.finding_words import missing_word

    style = {Answer.ALLOW: "good", Answer.BLOCK: "bad", Answer.UNKNOWN: "warn"}[verdict.answer]
    answer = say(f"answer.{verdict.answer.value}")
    blocks: list[Any] = [Line(query.text, mark=answer + " " * (8 - width_of(answer)), style=style)]
    blocks.append(Line(say(f"why.{verdict.why.value}"), indent=8))
    most = len(verdict.by) if len(verdict.by) <= _MOST_RULES + 1 else _MOST_RULES
    blocks += [block for ref in verdict.by[:most] for block in rule_blocks(ref, rules, indent=8)]
    if len(verdict.by) > most:
        blocks.append(Line(say("more", count=len(verdict.by) - most), indent=8))
    if verdict.missing:
        blocks.append(Line(say("audit.comma").join(map(missing_word, verdict.missing)), indent=8, mark=say("missing")))
    if query.assumed:
        said = ", ".join(f"{name}={value or say('none')}" for name, value in query.assumed)
        blocks.append(Line(said, indent=8, mark=say("assumed"), style="dim"))
    return [*blocks, Gap()]
