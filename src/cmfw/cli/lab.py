"""``cmfw lab``: a site in network namespaces, where real packets prove what its rules do. Linux only."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cmfw.cli.app import CLEAN, FINDINGS, INCOMPLETE
from cmfw.cli.options import SpokenGroup, make_command, option, subnet_option
from cmfw.errors import LabError
from cmfw.words import say

if TYPE_CHECKING:
    from cmfw.engine.path import PathEngine
    from cmfw.lab.layout import Layout, PlaceKey
    from cmfw.lab.prove import Proof, Removal
    from cmfw.model.plan import Plan
    from cmfw.model.site import Site
    from cmfw.model.state import HostState


_COMMANDS = ("prove", "behave", "whatif", "run")


class _Lazy(SpokenGroup):
    """The group of the lab's commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in their order."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now; None for a name that no command has."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        if cmd_name == "behave":
            from cmfw.cli import lab_behave

            return lab_behave.behave
        from cmfw.cli import lab_change

        found: dict[str, click.Command] = {"prove": prove, "whatif": lab_change.whatif, "run": lab_change.run}
        return found[cmd_name]


@click.group("lab", cls=_Lazy)
def command() -> None:
    """Replaced by the words of the chosen language."""


@make_command("prove", "text", "json", "md")
@click.argument("site_path", metavar="SITE")
@option("--state", "states", key="state", multiple=True, metavar="FILE")
@option("--as", "asked", key="as", metavar="GROUP|HOST")
@subnet_option
@option("--pcapng", "capture", key="pcapng", metavar="FILE")
def prove(
    site_path: str,
    states: tuple[str, ...],
    asked: str | None,
    local_subnets: tuple[str, ...],
    capture: str | None,
    form: str,
) -> int:
    """Prove the site's plan, or a machine's own rules, with packets."""
    from cmfw.catalog import load
    from cmfw.cli import output
    from cmfw.cli.inputs import read_path
    from cmfw.diagnose.planned_state import all_windows
    from cmfw.ingest.site import read_site
    from cmfw.report import lab_view
    from cmfw.resolve import resolve

    if not states and (asked is not None or local_subnets):
        raise click.UsageError(say("lab.state_alone"))
    check_system()
    told = read_site(site_path)
    site = all_windows(told)
    catalog = load(site.packs)
    given = _given(site, states, asked, local_subnets)
    proof = _prove(site, resolve(catalog, site), given, read_path(site))
    report = lab_view.Report(site, catalog, proof, lab_view.replaced_groups(told))
    if form == "json":
        output.show_json(lab_view.document(report))
    else:
        output.show(lab_view.blocks(report))
    if capture is not None:
        # last, so that a file that cannot be written does not cost the answer
        _write_capture(Path(capture), report)
    if lab_view.failures(report):
        return FINDINGS
    return INCOMPLETE if lab_view.doubts(report) else CLEAN


def check_system() -> None:
    """Raise LabError where this system has no network namespaces."""
    if sys.platform != "linux":
        raise LabError("the lab needs Linux: it is made of network namespaces and nftables")


def _given(
    site: Site, states: tuple[str, ...], asked: str | None, local_subnets: tuple[str, ...]
) -> dict[PlaceKey, HostState]:
    """The machine that the states describe, by its place in the site."""
    if not states:
        return {}
    from cmfw.cli.inputs import read_host
    from cmfw.report.who import find_who

    state = read_host(states, local_subnets)
    who = find_who(site, state, asked)
    return {(not who.host, who.name): state}


def _prove(site: Site, plan: Plan, given: dict[PlaceKey, HostState], path: PathEngine | None) -> Proof:
    from cmfw.lab.layout import make_layout
    from cmfw.lab.prove import prove as prove_plan
    from cmfw.lab.run import Runner

    layout: Layout = make_layout(site, plan, given, path)
    with Runner(layout) as lab:
        return prove_plan(plan, layout, lab, _live if sys.stderr.isatty() else _silence)


def _live(done: int, total: int, last: Removal | None) -> None:
    """The trial that has just ended as a line on stderr, and below it how far the work is."""
    if last is not None:
        fell = dict.fromkeys(f"{change.row.feature} {say('status.' + change.seen.word)}" for change in last.changes)
        effect = say("list").join(fell) or "-"
        click.echo(f"\r\x1b[K{last.removed.rule.id} ({last.removed.key[1]}): {effect}", err=True)
    click.echo(f"\r\x1b[K{say('lab.progress', done=done, all=total)}", err=True, nl=done == total)


def _silence(_done: int, _total: int, _last: Removal | None) -> None:
    pass


def _write_capture(path: Path, report: object) -> None:
    from cmfw.lab.pcapng import pcapng
    from cmfw.report.lab_view import Report, capture_packets

    assert isinstance(report, Report)  # noqa: S101 - for the type checker alone
    packets = capture_packets(report)
    path.write_bytes(pcapng(packets, say("lab.capture", site=report.site.code), "cmfw"))
    click.echo(say("lab.wrote", path=path, count=len(packets)), err=True)
