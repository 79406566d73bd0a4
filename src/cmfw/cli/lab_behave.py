"""``cmfw lab behave``: what features do over real servers and clients, with each port closed and open again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cmfw.cli.app import CLEAN, FINDINGS, INCOMPLETE
from cmfw.cli.options import Spoken, make_command, option
from cmfw.errors import COMMAND_LINE, InputError, Problem
from cmfw.report.lab_behave_view import Report
from cmfw.words import say
from cmfw.words.phrases import listed, phrase

if TYPE_CHECKING:
    from cmfw.model.site import Site


class _Behaving(Spoken):
    """The words of a command of this group stand under the group's name."""

    def get_help(self, ctx: click.Context) -> str:
        """The help text."""
        self.help = say("help.lab-behave")
        return click.Command.get_help(self, ctx)


@make_command("behave", "text", "json", "md", cls=_Behaving)
@click.argument("site_path", metavar="SITE")
@option("--group", "groups", key="group", multiple=True, metavar="GROUP")
@option("--pcapng", "capture", key="pcapng", metavar="FILE")
def behave(site_path: str, groups: tuple[str, ...], capture: str | None, form: str) -> int:
    """Play the site's features with stand-ins for its servers and clients."""
    from cmfw.catalog import load
    from cmfw.cli import output
    from cmfw.cli.inputs import read_path
    from cmfw.cli.lab import check_system
    from cmfw.cli.progress import Bar
    from cmfw.diagnose.planned_state import all_windows
    from cmfw.ingest.site import read_site
    from cmfw.lab.layout import make_layout
    from cmfw.lab.stand.behave import behave as play
    from cmfw.lab.stand.behave import make_script
    from cmfw.lab.stand.programs import versions
    from cmfw.lab.stand.run import StandRunner
    from cmfw.report import lab_behave_view as view
    from cmfw.resolve import resolve

    check_system()
    site = all_windows(read_site(site_path))
    check_groups(site, groups)
    catalog = load(site.packs)
    # echo requests before client push are played too, and never decide
    plan = resolve(catalog, site, advisory=True)
    script = make_script(plan, make_layout(site, plan, {}, read_path(site)), groups)
    bar = Bar()
    try:
        with StandRunner(script) as lab:
            seen = play(script, lab, bar)
    finally:
        bar.close()
    report = Report(site, catalog, seen, versions())
    if capture is not None:
        _write_capture(Path(capture), report)
    if form == "json":
        output.show_json(view.document(report))
    else:
        output.show(view.blocks(report))
    return _exit_code(report)


def check_groups(site: Site, groups: tuple[str, ...]) -> None:
    """Raise InputError for a client group that the site does not have."""
    from cmfw.ingest.site_values import closest

    known = [group.name for group in site.clients]
    problems = [
        Problem(
            COMMAND_LINE, phrase("one of {names}", names=listed(known)), f"`{name}`", closest(name, known), key="--group"
        )
        for name in groups
        if name not in known
    ]
    if problems:
        raise InputError(*problems)


def _exit_code(report: Report) -> int:
    """1 where something does not work or contradicts its prediction; 3 where something was not certain or not played for want of means."""
    seen = report.behaviour
    if seen.wrong or seen.lame or not seen.returns:
        return FINDINGS
    lacking = any(reason != "no_stand_in" for _, reason, _ in seen.script.not_played)
    return INCOMPLETE if lacking or seen.unsure or not seen.script.rows else CLEAN


def _write_capture(path: Path, report: Report) -> None:
    from cmfw.lab.pcapng import pcapng
    from cmfw.report.lab_behave_view import capture_packets

    packets = capture_packets(report)
    path.write_bytes(pcapng(packets, say("lab.capture", site=report.site.code), "cmfw"))
    click.echo(say("lab.wrote", path=path, count=len(packets)), err=True)
