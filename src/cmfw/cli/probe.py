"""``cmfw probe``: send the packets that a site needs from here, and say what became of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cmfw.cli.app import CLEAN, FINDINGS, INCOMPLETE, worst
from cmfw.cli.options import advisory_option, make_command, option

if TYPE_CHECKING:
    from cmfw.cli.probe_view import Probing
    from cmfw.model.site import Site
    from cmfw.model.state import HostState
    from cmfw.probe.plan import ProbePlan

_RATE = 500
_TIMEOUT_S = 3.5


@make_command("probe", "text", "json")
@click.argument("site_path", metavar="SITE")
@option("--as", "asked", key="probe_as", metavar="GROUP|HOST")
@option("--target", "targets", key="target", multiple=True, metavar="ADDRESS")
@option("--feature", "wanted", key="feature", multiple=True, metavar="ID")
@advisory_option
@option("--dry-run", "dry_run", key="dry_run", is_flag=True)
@option("--timeout", "timeout_s", key="timeout", type=click.FloatRange(0.1, 60), default=_TIMEOUT_S, metavar="SECONDS")
@option("--rate", key="rate", type=click.IntRange(1, 100_000), default=_RATE, metavar="N")
def command(
    site_path: str,
    asked: str | None,
    targets: tuple[str, ...],
    wanted: tuple[str, ...],
    advisory: bool,
    dry_run: bool,
    timeout_s: float,
    rate: int,
    form: str,
) -> int:
    """Probe from one place of the site; exit code 1 where a feature is broken or degraded, 3 where a status is open."""
    from cmfw.catalog import load
    from cmfw.cli import output
    from cmfw.cli.plan_view import only
    from cmfw.cli.probe_view import Probing, blocks, document
    from cmfw.diagnose.wire import wire_rows
    from cmfw.ingest.site import read_site
    from cmfw.probe.plan import plan_probes
    from cmfw.probe.run import Limits
    from cmfw.report.who import find_who
    from cmfw.resolve import resolve

    site = read_site(site_path)
    catalog = load(site.packs)
    plan = only(resolve(catalog, site, advisory=advisory), wanted, catalog)
    who = find_who(site, _here(site), asked)
    probes = plan_probes(plan, who.name, host=who.host, targets=_addresses(targets))
    limits = Limits(timeout_s=timeout_s, rate=rate)
    results = () if dry_run else _send(probes, limits)
    rows = wire_rows(plan, results, elsewhere=True)
    found = Probing(catalog, site, plan, who, probes, limits, results, rows, dry_run=dry_run)
    if form == "json":
        output.show_json(document(found))
    else:
        output.show(blocks(found))
    return exit_code(found)


def _send(probes: ProbePlan, limits: Any) -> tuple[Any, ...]:
    from cmfw.cli.progress import Bar
    from cmfw.probe.run import run_probes

    bar = Bar()
    try:
        return run_probes(probes.probes, limits, bar)
    finally:
        bar.close()


def _here(site: Site) -> HostState:
    """This machine by its own addresses towards the systems of the site. Sends nothing."""
    from cmfw.model.state import HostState
    from cmfw.net.addr import AddrSet
    from cmfw.probe.sockets import source_towards

    found = {source_towards(system.addresses.ranges[0][0]) for system in site.systems if not system.addresses.is_empty}
    return HostState(addresses=AddrSet.from_pairs((one, one) for one in found if one is not None))


def _addresses(texts: tuple[str, ...]) -> tuple[int, ...]:
    """The addresses told; raises InputError that names every text that is none."""
    from cmfw.errors import InputError, Problem
    from cmfw.net.addr import parse_address

    found, problems = [], []
    for text in texts:
        try:
            found.append(parse_address(text))
        except ValueError as error:
            problems.append(Problem("command line", "an IP address", str(error), key="--target"))
    if problems:
        raise InputError(*problems)
    return tuple(found)


def exit_code(found: Probing) -> int:
    """1 where a feature is broken or degraded, 3 where what was probed leaves one open, else 0."""
    codes = {row.status for row in found.rows}
    if found.dry_run:
        return CLEAN
    return worst(
        FINDINGS if codes & {"broken", "degraded"} else CLEAN,
        INCOMPLETE if "unknown" in codes else CLEAN,
    )
