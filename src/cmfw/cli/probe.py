"""``cmfw probe``: send the packets that a site needs from here, and say what became of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cmfw.cli.app import CLEAN, FINDINGS, INCOMPLETE, worst
from cmfw.cli.options import advisory_option, make_command, option
from cmfw.words import say
from cmfw.words.phrases import phrase

if TYPE_CHECKING:
    from cmfw.diagnose.wire import WireOracle
    from cmfw.model.finding import Finding
    from cmfw.model.plan import Plan
    from cmfw.model.site import Site
    from cmfw.model.state import HostState
    from cmfw.model.wire import ProbeResult
    from cmfw.probe.initiate import Responder
    from cmfw.probe.plan import ProbePlan
    from cmfw.probe.run import Limits
    from cmfw.report.probe_view import Probing

_RATE = 500
_TIMEOUT_S = 3.5


@make_command("probe", "text", "json", "md")
@click.argument("site_path", metavar="SITE")
@option("--as", "asked", key="probe_as", metavar="GROUP|HOST")
@option("--target", "targets", key="target", multiple=True, metavar="ADDRESS")
@option("--feature", "wanted", key="feature", multiple=True, metavar="ID")
@advisory_option
@option("--responder", key="responder", metavar="ADDRESS[:PORT]")
@option("--key", "key_path", key="key", type=click.Path(exists=True, dir_okay=False), metavar="FILE")
@option("--against", "states", key="against", multiple=True, metavar="STATE")
@option("--against-as", "against_as", key="against_as", metavar="GROUP|HOST")
@option("--lab", "lab", key="lab_oracle", is_flag=True)
@option("--results", "results_path", key="results", type=click.Path(exists=True, dir_okay=False), metavar="FILE")
@option("--dry-run", "dry_run", key="dry_run", is_flag=True)
@option("--timeout", "timeout_s", key="timeout", type=click.FloatRange(0.1, 60), default=_TIMEOUT_S, metavar="SECONDS")
@option("--rate", key="rate", type=click.IntRange(1, 100_000), default=_RATE, metavar="N")
def command(
    site_path: str,
    asked: str | None,
    targets: tuple[str, ...],
    wanted: tuple[str, ...],
    advisory: bool,
    responder: str | None,
    key_path: str | None,
    states: tuple[str, ...],
    against_as: str | None,
    lab: bool,
    results_path: str | None,
    dry_run: bool,
    timeout_s: float,
    rate: int,
    form: str,
) -> int:
    """Probe from one place of the site; exit code 1 where a feature is broken or degraded, 3 where a status is open."""
    from dataclasses import replace

    from cmfw.cli import output
    from cmfw.cli.oracles import read_probe
    from cmfw.diagnose.wire import WireOracle, wire_rows
    from cmfw.probe.run import Limits
    from cmfw.report.probe_view import blocks, document

    if not states:
        _refuse_alone(against_as, lab=lab)
    limits = Limits(timeout_s=timeout_s, rate=rate)
    planned = _plan(site_path, asked, targets, wanted, limits, advisory=advisory, dry_run=dry_run)
    other_end = _responder(responder, key_path)
    sent = () if dry_run or results_path is not None else _send(planned.probes, limits, other_end)
    wire = WireOracle(sent) if results_path is None else read_probe(results_path)
    findings = _against(planned.site, planned.plan, states, against_as, wire, lab=lab)
    rows = wire_rows(planned.plan, wire.results, elsewhere=True)
    found = replace(planned, results=wire.results, rows=rows, findings=findings)
    if form == "json":
        output.show_json(document(found))
    else:
        output.show(blocks(found))
    return exit_code(found)


def _refuse_alone(against_as: str | None, *, lab: bool) -> None:
    """Raise UsageError for an option that says more about the machine of ``--against``."""
    if lab:
        raise click.UsageError(say("probe.lab_alone"))
    if against_as is not None:
        raise click.UsageError(say("probe.against_as_alone"))


def _plan(
    site_path: str,
    asked: str | None,
    targets: tuple[str, ...],
    wanted: tuple[str, ...],
    limits: Limits,
    *,
    advisory: bool,
    dry_run: bool,
) -> Probing:
    """What is to be sent, without results."""
    from cmfw.catalog import load
    from cmfw.cli.plan_view import only
    from cmfw.ingest.site import read_site
    from cmfw.probe.plan import plan_probes
    from cmfw.report.probe_view import Probing
    from cmfw.report.who import find_who
    from cmfw.resolve import resolve

    site = read_site(site_path)
    catalog = load(site.packs)
    plan = only(resolve(catalog, site, advisory=advisory), wanted, catalog)
    who = find_who(site, _here(site), asked)
    probes = plan_probes(plan, who.name, host=who.host, targets=_addresses(targets))
    return Probing(catalog, site, plan, who, probes, limits, dry_run=dry_run)


def _send(probes: ProbePlan, limits: Limits, responder: Responder | None) -> tuple[ProbeResult, ...]:
    from cmfw.cli.progress import Bar
    from cmfw.probe.initiate import probe_two_ended
    from cmfw.probe.run import run_probes

    bar = Bar()
    try:
        if responder is not None:
            return probe_two_ended(probes.probes, responder, limits, bar)
        return run_probes(probes.probes, limits, bar)
    finally:
        bar.close()


def _against(
    site: Site, plan: Plan, states: tuple[str, ...], asked: str | None, wire: WireOracle, *, lab: bool
) -> tuple[Finding, ...]:
    """Where the packets, the filters of the site, and the policy of the machine that the states describe disagree."""
    if not wire.results or not (states or site.filters):
        return ()
    from cmfw.cli.inputs import read_filters, read_host
    from cmfw.cli.oracles import played
    from cmfw.diagnose.place import find_place
    from cmfw.diagnose.reconcile import reconcile
    from cmfw.diagnose.testimony import HostOracle
    from cmfw.engine.exact import Engine
    from cmfw.report.who import find_who

    path, _ = read_filters(site)
    seen = (wire, *(() if path is None else (path,)))
    if not states:
        return reconcile(plan, seen)
    state = read_host(states, ())
    who = find_who(site, state, asked)
    host = HostOracle(find_place(site, who.name, host=who.host), Engine(state))
    with played(state, wanted=lab) as labs:
        return reconcile(plan, (host, *seen, *labs))


def _responder(text: str | None, key_path: str | None) -> Responder | None:
    """The responder told; raises InputError for half of one."""
    if text is None and key_path is None:
        return None
    from cmfw.cli.respond import key_of
    from cmfw.errors import COMMAND_LINE, InputError, Problem
    from cmfw.net.addr import parse_address
    from cmfw.probe.initiate import Responder
    from cmfw.probe.serve import PORT

    if text is None or key_path is None:
        missing = "--responder" if text is None else "--key"
        raise InputError(Problem(COMMAND_LINE, "--responder together with --key", "one of them", key=missing))
    address, port = split_end(text, PORT, "--responder")
    return Responder(parse_address(address), port, key_of(key_path))


def split_end(text: str, usual: int, name: str, least: int = 1) -> tuple[str, int]:
    """(address, port) of ``10.0.0.5``, ``10.0.0.5:99``, ``fe80::1`` or ``[fe80::1]:99``; raises InputError."""
    from cmfw.errors import COMMAND_LINE, InputError, Problem
    from cmfw.net.addr import parse_address

    bare, colon, port = text.rpartition(":") if text.count(":") == 1 or text.startswith("[") else (text, "", "")
    if text.endswith("]"):
        bare, colon, port = text, "", ""
    address = bare.removeprefix("[").removesuffix("]")
    try:
        parse_address(address)
    except ValueError as error:
        raise InputError(Problem(COMMAND_LINE, "ADDRESS or ADDRESS:PORT", f"`{text}`", key=name)) from error
    if colon and not (port.isascii() and port.isdigit() and len(port) < 6 and least <= int(port) < 65536):
        raise InputError(Problem(COMMAND_LINE, phrase("a port from {least} to 65535", least=least), f"`{port}`", key=name))
    return address, int(port) if colon else usual


def _here(site: Site) -> HostState:
    """This machine by its own addresses towards the systems of the site. Sends nothing."""
    from cmfw.model.state import HostState
    from cmfw.net.addr import AddrSet
    from cmfw.probe.sockets import source_towards

    found = {source_towards(system.addresses.ranges[0][0]) for system in site.systems if not system.addresses.is_empty}
    return HostState(addresses=AddrSet.from_pairs((one, one) for one in found if one is not None))


def _addresses(texts: tuple[str, ...]) -> tuple[int, ...]:
    """The addresses told; raises InputError that names every text that is none."""
    from cmfw.errors import COMMAND_LINE, InputError, Problem
    from cmfw.net.addr import parse_address

    found, problems = [], []
    for text in texts:
        try:
            found.append(parse_address(text))
        except ValueError as error:
            problems.append(Problem(COMMAND_LINE, "an IP address", str(error), key="--target"))
    if problems:
        raise InputError(*problems)
    return tuple(found)


def exit_code(found: Probing) -> int:
    """1 where a feature is broken or degraded or a layer is to blame, 3 where one is open or was not probed at all, else 0."""
    codes = {row.status for row in found.rows} | {one.severity.value for one in found.findings}
    if found.dry_run:
        return CLEAN
    return worst(
        FINDINGS if codes & {"broken", "degraded", "error"} else CLEAN,
        INCOMPLETE if "unknown" in codes or not found.rows or _leaves_out(found) else CLEAN,
    )


def _leaves_out(found: Probing) -> bool:
    """Whether a feature needs something that starts here, and none of its packets was sent."""
    from cmfw.model.need import leaves

    skipped = {one.item for one in found.probes.skipped}
    shown = {(row.feature, row.clients, row.peer) for row in found.rows}
    rows = [row for row in found.plan.rows if not row.disabled and (row.feature, row.clients, row.peer) not in shown]
    return any(not skipped.isdisjoint(leaves(row.need)) for row in rows)
