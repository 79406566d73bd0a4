"""``cmfw excess``: exactly what a machine lets in beyond the plan, with a flow for each part, and the least-privilege score."""

from __future__ import annotations

from typing import Any

import click

from cmfw.cli.app import CLEAN, FINDINGS, INCOMPLETE
from cmfw.cli.options import make_command, option, subnet_option
from cmfw.diagnose.beyond import Excess, OpenBox
from cmfw.model.site import Site
from cmfw.words import counted, say

SCHEMA = "cmfw/excess/1"
_SHOWN = 20
_MOST_BASELINE = 3


@make_command("excess", "text", "json", "md")
@click.argument("site_path", metavar="SITE")
@click.argument("states", metavar="STATE...", nargs=-1, required=True)
@option("--as", "asked", key="as", metavar="GROUP|HOST")
@subnet_option
@option("--count", key="count", type=click.IntRange(min=1), default=_SHOWN)
def command(
    site_path: str, states: tuple[str, ...], asked: str | None, local_subnets: tuple[str, ...], count: int, form: str
) -> int:
    """Find what is open beyond the plan; exit code 1 where something is, 3 where that is not certain."""
    from cmfw.catalog import load
    from cmfw.cli import output
    from cmfw.cli.inputs import read_host
    from cmfw.cli.progress import Waiting
    from cmfw.diagnose.beyond import find_excess
    from cmfw.engine.exact import Engine
    from cmfw.ingest.site import read_site
    from cmfw.report.who import find_who
    from cmfw.resolve import resolve

    site = read_site(site_path)
    state = read_host(states, local_subnets)
    who = find_who(site, state, asked)
    with Waiting():
        found = find_excess(site, resolve(load(site.packs), site), Engine(state), who.name, host=who.host)
    if form == "json":
        output.show_json({"schema": SCHEMA, "site": site.code, "as": _as(who)} | document(found))
    else:
        output.show(blocks(site, who.name, found, count))
    if found.boxes:
        return FINDINGS
    return INCOMPLETE if found.doubtful or found.unseen else CLEAN


def _as(who: Any) -> dict[str, Any]:
    return {"name": who.name, "host": who.host, "by": who.by}


def document(found: Excess) -> dict[str, Any]:
    """The answer as data, beside what it is about."""
    from cmfw.report.question_view import rule_row

    return {
        "score": dict(zip(("low", "high"), found.score, strict=True)),
        "score_with_baseline": dict(zip(("low", "high"), found.with_baseline, strict=True)),
        "excess": [_row(one) for one in found.boxes],
        "baseline": [_row(one) for one in found.baseline],
        "doubtful": [rule_row(rule) for rule in found.doubtful],
        "unseen": list(found.unseen),
    }


def _row(one: OpenBox) -> dict[str, Any]:
    from cmfw.report.box_view import box_row
    from cmfw.report.question_view import rule_row, verdict_row

    return {
        "flows": box_row(one.parts),
        "witness": one.witness.text(),
        "verdict": verdict_row(one.verdict),
        "rules": [rule_row(rule) for rule in one.rules],
    }


def blocks(site: Site, who: str, found: Excess, count: int) -> list[Any]:
    """The answer as text: score, the boxes with rules and witnesses, then Windows' own rules and what is not certain."""
    from cmfw.cli.output import Gap, Heading, Line
    from cmfw.report.finding_words import missing_word
    from cmfw.report.question_view import rules_text

    told: list[Any] = [
        Heading(
            counted("excess.some", len(found.boxes), who=who, score=_score(found.score))
            if found.boxes
            else say("excess.none", who=who, score=_score(found.score)),
            1,
        )
    ]
    told.append(Line(say("excess.meaning", site=site.code, baseline=_score(found.with_baseline)), style="dim"))
    for one in found.boxes[:count]:
        told += [Gap(), *_box_blocks(one)]
    if len(found.boxes) > count:
        told += [Gap(), Line(say("more", count=len(found.boxes) - count))]
    if found.baseline:
        told += [Gap(), Heading(say("excess.baseline")), Line(say("excess.baseline_count", count=len(found.baseline)))]
        told += [block for one in found.baseline[:_MOST_BASELINE] for block in _box_blocks(one)]
    if found.doubtful or found.unseen:
        told += [Gap(), Heading(say("excess.unsure"))]
        told += [Line(rules_text(found.doubtful), mark=say("excess.doubtful"))] if found.doubtful else []
        told += [Line(missing_word(word), mark=say("missing")) for word in found.unseen]
    return told


def _box_blocks(one: OpenBox) -> list[Any]:
    from cmfw.cli.output import Line, Verbatim
    from cmfw.report.box_view import box_text
    from cmfw.report.question_view import rules_text

    opened = rules_text(one.rules) if one.rules else say(f"why.{one.verdict.why.value}")
    return [
        Line(box_text(one.parts), style="strong"),
        Line(opened, indent=2, mark=say("by")),
        Line(say("excess.witness"), indent=2),
        Verbatim(one.witness.text()),
    ]


def _score(pair: tuple[float, float]) -> str:
    low, high = pair
    return f"{low:g}" if low == high else f"{low:g} - {high:g}"
