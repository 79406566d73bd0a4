"""``cmfw check``: is the site file right, does it hang together, and do its expectations hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from cmfw.cli.app import CLEAN, FAILED, FINDINGS, INCOMPLETE, worst
from cmfw.cli.options import make_command, option, subnet_option
from cmfw.cli.words import say
from cmfw.errors import InputError
from cmfw.values import value

if TYPE_CHECKING:
    from cmfw.catalog.types import Catalog
    from cmfw.engine.exact import Engine
    from cmfw.model.finding import Finding
    from cmfw.model.plan import Plan
    from cmfw.model.site import Site
    from cmfw.model.state import HostState
    from cmfw.net.flowquery import FlowQuery, Names

SCHEMA = "cmfw/check/1"


@value
class Judged:
    """One ``[[expect]]`` row: the verdict wanted and got (``allow`` | ``block`` | ``unknown``), and by ``plan`` or ``state``."""

    flow: str
    want: str
    got: str
    by: str

    @property
    def exit_code(self) -> int:
        """What it means for the exit code."""
        return CLEAN if self.got == self.want else INCOMPLETE if self.got == "unknown" else FINDINGS


@make_command("check", "text", "json")
@click.argument("site_path", metavar="SITE")
@click.argument("states", metavar="[STATE]...", nargs=-1)
@option("--as", "asked", key="as", metavar="GROUP|HOST")
@subnet_option
def command(site_path: str, states: tuple[str, ...], asked: str | None, local_subnets: tuple[str, ...], form: str) -> int:
    """Check the site file."""
    from cmfw.cli import output
    from cmfw.ingest.site import read_site

    try:
        site = read_site(site_path)
        judged, lints, catalog = _judge(site, states, asked, local_subnets)
    except InputError as error:
        if form != "json":
            raise
        problems = [problem.as_dict() for problem in error.problems]
        output.show_json({"schema": SCHEMA, "problems": problems, "lints": [], "expects": []})
        return FAILED
    if form == "json":
        from cmfw.cli.finding_view import finding_row

        rows = [{"flow": j.flow, "want": j.want, "got": j.got, "by": j.by} for j in judged]
        output.show_json(
            {"schema": SCHEMA, "problems": [], "lints": [finding_row(f, catalog) for f in lints], "expects": rows}
        )
    else:
        output.show(_blocks(site, catalog, lints, judged))
    return worst(
        *(row.exit_code for row in judged),
        *(FINDINGS for finding in lints if finding.severity.value == "error"),
    )


def _judge(
    site: Site, states: tuple[str, ...], asked: str | None, local_subnets: tuple[str, ...]
) -> tuple[list[Judged], tuple[Finding, ...], Catalog]:
    from cmfw.catalog import load
    from cmfw.cli.inputs import names_of, read_host, read_queries
    from cmfw.resolve import lint_site

    catalog = load(site.packs)
    lints = lint_site(catalog, site)
    names = names_of(catalog)
    queries = read_queries([(e.flow, f"{site.path}: {e.key}", None) for e in site.expects], names)
    if states:
        judged = _by_state(site, queries, read_host(states, local_subnets), asked, names)
    else:
        judged = _by_plan(catalog, site, queries)
    return judged, lints, catalog


def _by_plan(catalog: Catalog, site: Site, queries: list[FlowQuery]) -> list[Judged]:
    from cmfw.resolve import resolve

    if not queries:
        return []
    plan = resolve(catalog, site)
    pairs = zip(site.expects, queries, strict=True)
    return [Judged(expect.flow, expect.verdict, planned(plan, query), "plan") for expect, query in pairs]


def planned(plan: Plan, query: FlowQuery) -> str:
    """``allow`` where everything asked is planned, ``block`` where nothing is, else ``unknown``.

    A profile that the question leaves open means the profiles that the plan speaks of.
    """
    from cmfw.net.flow import Direction
    from cmfw.net.flowset import FlowSet

    end = "to" if query.parts.direction is Direction.IN else "from"
    needed = [box for item in plan.items for box in item.flows_at(end)]
    asked = query.flows
    if query.parts.profile is None:
        mask = 0
        for box in (asked & FlowSet.of(needed)).boxes:
            mask |= box.profile
        if not mask:
            return "block"
        asked = FlowSet(tuple(replace(box, profile=box.profile & mask) for box in asked))
    rest = asked
    for box in needed:
        rest = rest - FlowSet((box,))
        if rest.is_empty:
            return "allow"
    return "block" if rest.same_flows(asked) else "unknown"


def _by_state(site: Site, queries: list[FlowQuery], state: HostState, asked: str | None, names: Names) -> list[Judged]:
    """Every row on the machine; with ``--as`` a row without a profile is asked in the profile of that group or host."""
    from cmfw.cli.who import find_who, place_of
    from cmfw.engine.exact import Engine
    from cmfw.net.flowquery import parse_flow

    engine: Engine = Engine(state)
    place = None if asked is None else place_of(site, find_who(site, state, asked))
    judged = []
    for expect, query in zip(site.expects, queries, strict=True):
        flows = query.flows
        if place is not None and query.parts.profile is None:
            flows = parse_flow(replace(query.parts, profile=place.profile).text(), names).flows
        judged.append(Judged(expect.flow, expect.verdict, engine.verdict(flows).answer.value, "state"))
    return judged


def _blocks(site: Site, catalog: Catalog, lints: tuple[Finding, ...], judged: list[Judged]) -> list[Any]:
    from cmfw.cli.finding_view import finding_blocks
    from cmfw.cli.output import Gap, Heading, Line, Table

    blocks: list[Any] = [Heading(say("check.valid", path=site.path, systems=len(site.systems), groups=len(site.clients)), 1)]
    if lints:
        blocks += [Gap(), Heading(say("check.lints")), *finding_blocks(lints, catalog)]
    if judged:
        blocks += [Gap(), Heading(say("check.expects"))]
        blocks += [Line(say("check.by_plan"), style="dim")] if judged[0].by == "plan" else []
        words = {CLEAN: say("check.ok"), FINDINGS: say("check.failed"), INCOMPLETE: say("check.unsure")}
        columns = tuple(say(f"check.column.{name}") for name in ("result", "want", "got", "flow"))
        rows = tuple((words[j.exit_code], j.want, j.got, j.flow) for j in judged)
        styles = tuple(zip(words.values(), ("good", "bad", "warn"), strict=True))
        blocks.append(Table(columns, rows, styles))
    return blocks
