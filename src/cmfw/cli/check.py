"""``cmfw check``: is the site file right, does it hang together, and do its expectations hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from cmfw.cli.app import CLEAN, FAILED, FINDINGS, INCOMPLETE, worst
from cmfw.cli.options import make_command, option, subnet_option
from cmfw.errors import InputError
from cmfw.values import value
from cmfw.words import say

if TYPE_CHECKING:
    from cmfw.catalog.types import Catalog
    from cmfw.diagnose.envelopes import EnvelopeResult
    from cmfw.engine.exact import Engine
    from cmfw.engine.path import PathEngine
    from cmfw.model.envelope import Envelope
    from cmfw.model.finding import Finding
    from cmfw.model.plan import Plan
    from cmfw.model.site import Site
    from cmfw.model.state import HostState
    from cmfw.net.flowquery import FlowQuery, Names
    from cmfw.net.flowset import FlowSet

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


@make_command("check", "text", "json", "md")
@click.argument("site_path", metavar="SITE")
@click.argument("states", metavar="[STATE]...", nargs=-1)
@option("--as", "asked", key="as", metavar="GROUP|HOST")
@option("--envelope", "envelope_path", key="envelope", metavar="FILE")
@option("--before", "before", key="before", multiple=True, metavar="FILE")
@subnet_option
def command(
    site_path: str,
    states: tuple[str, ...],
    asked: str | None,
    envelope_path: str | None,
    before: tuple[str, ...],
    local_subnets: tuple[str, ...],
    form: str,
) -> int:
    """Check the site file."""
    from cmfw.cli import envelope_view, output
    from cmfw.ingest.site import read_site

    if envelope_path is None and before:
        raise click.UsageError(say("check.before_needs_envelope"))
    if envelope_path is not None and not states:
        raise click.UsageError(say("check.envelope_needs_state"))
    try:
        site = read_site(site_path)
        state, old = _states(states, before, local_subnets)
        judged, lints, catalog = _judge(site, state, asked)
        held = None if envelope_path is None or state is None else _hold(envelope_path, catalog, site, state, old)
    except InputError as error:
        if form != "json":
            raise
        problems = [problem.as_dict() for problem in error.problems]
        output.show_json({"schema": SCHEMA, "problems": problems, "lints": [], "expects": []})
        return FAILED
    if form == "json":
        from cmfw.report.finding_text import finding_row

        rows = [{"flow": j.flow, "want": j.want, "got": j.got, "by": j.by} for j in judged]
        document = {"schema": SCHEMA, "problems": [], "lints": [finding_row(f, catalog) for f in lints], "expects": rows}
        output.show_json(document | ({"envelope": envelope_view.row(*held)} if held else {}))
    else:
        output.show([*_blocks(site, catalog, lints, judged), *(envelope_view.blocks(*held) if held else [])])
    return worst(
        *(row.exit_code for row in judged),
        *(FINDINGS for finding in lints if finding.severity.value == "error"),
        *((envelope_view.exit_code(held[1]),) if held else ()),
    )


def _states(
    states: tuple[str, ...], before: tuple[str, ...], local_subnets: tuple[str, ...]
) -> tuple[HostState | None, HostState | None]:
    """(the machine, the machine as it was), None for what was not given."""
    from cmfw.cli.inputs import read_host

    return read_host(states, local_subnets) if states else None, read_host(before, local_subnets) if before else None


def _hold(
    path: str, catalog: Catalog, site: Site, state: HostState, old: HostState | None
) -> tuple[Envelope, EnvelopeResult]:
    """The envelope, and what of the machine is outside."""
    from cmfw.diagnose.envelopes import check_envelope
    from cmfw.engine.exact import Engine
    from cmfw.ingest.envelope import read_envelope
    from cmfw.net.addr import AddrSet
    from cmfw.report.flow_names import names_of
    from cmfw.report.question_view import preferences

    envelope = read_envelope(path, names_of(catalog))
    # witnesses of this site: a client, then somebody of the same network, then somebody from elsewhere (RFC 5737, RFC 3849)
    near = [
        first + step
        for step in (9, 77)
        for group in site.clients
        for first, last in group.subnets.ranges
        if last - first > 99
    ]
    elsewhere = [first for first, _ in AddrSet.parse("192.0.2.66", "2001:db8::66", "2001:db8::9").ranges]
    wanted = replace(preferences(), addresses=(*near, *elsewhere))
    return envelope, check_envelope(envelope, Engine(state), None if old is None else Engine(old), wanted)


def _judge(site: Site, state: HostState | None, asked: str | None) -> tuple[list[Judged], tuple[Finding, ...], Catalog]:
    from datetime import date

    from cmfw.catalog import load
    from cmfw.cli.inputs import read_path, read_queries
    from cmfw.report.flow_names import names_of
    from cmfw.resolve.lint import lint_site

    catalog = load(site.packs)
    lints = lint_site(catalog, site, date.today().isoformat())  # noqa: DTZ011 - the last day ends where the reader sits
    names = names_of(catalog)
    queries = read_queries([(e.flow, f"{site.path}: {e.key}", None) for e in site.expects], names)
    path = read_path(site) if queries else None
    if state is not None:
        judged = _by_state(site, queries, state, asked, names, path)
    else:
        judged = _by_plan(catalog, site, queries, path)
    return judged, lints, catalog


def _behind(word: str, flows: FlowSet, path: PathEngine | None) -> str:
    """What an answer for a host comes to behind the filters between the zones of the addresses."""
    if path is None or word == "block":
        return word
    part = path.partition(flows)
    if part.allowed.is_empty and part.unknown.is_empty:
        return "block"
    return word if part.blocked.is_empty and part.unknown.is_empty else "unknown"


def _by_plan(catalog: Catalog, site: Site, queries: list[FlowQuery], path: PathEngine | None) -> list[Judged]:
    from cmfw.resolve import resolve

    if not queries:
        return []
    plan = resolve(catalog, site)
    pairs = zip(site.expects, queries, strict=True)
    return [Judged(e.flow, e.verdict, _behind(planned(plan, query), query.flows, path), "plan") for e, query in pairs]


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


def _by_state(
    site: Site, queries: list[FlowQuery], state: HostState, asked: str | None, names: Names, path: PathEngine | None
) -> list[Judged]:
    """Every row on the machine; with ``--as`` a row without a profile is asked in the profile of that group or host."""
    from cmfw.engine.exact import Engine
    from cmfw.net.flowquery import parse_flow
    from cmfw.report.who import find_who, place_of

    engine: Engine = Engine(state)
    place = None if asked is None else place_of(site, find_who(site, state, asked))
    judged = []
    for expect, query in zip(site.expects, queries, strict=True):
        flows = query.flows
        if place is not None and query.parts.profile is None:
            flows = parse_flow(replace(query.parts, profile=place.profile).text(), names).flows
        got = _behind(engine.verdict(flows).answer.value, flows, path)
        judged.append(Judged(expect.flow, expect.verdict, got, "state"))
    return judged


def _blocks(site: Site, catalog: Catalog, lints: tuple[Finding, ...], judged: list[Judged]) -> list[Any]:
    from cmfw.cli.output import Gap, Heading, Line, Table
    from cmfw.report.finding_view import finding_blocks

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
