"""``cmfw report``: an answer as a file for other eyes. It shows and does not judge: exit code 0 once the file is written."""

from __future__ import annotations

from pathlib import Path

import click

from cmfw.cli.app import CLEAN
from cmfw.cli.options import advisory_option, make_command, option, subnet_option
from cmfw.report import BINARY, FORMS, form_of
from cmfw.words import say


@make_command("report")
@click.argument("site_path", metavar="SITE")
@click.argument("states", metavar="STATE...", nargs=-1, required=True)
@option("--format", "form", key="report_format", type=click.Choice(tuple(FORMS)), default=None)
@option("-o", "--output", "target", key="report_output", metavar="FILE")
@option("--as", "asked", key="as", metavar="GROUP|HOST")
@subnet_option
@advisory_option
def command(
    site_path: str,
    states: tuple[str, ...],
    form: str | None,
    target: str | None,
    asked: str | None,
    local_subnets: tuple[str, ...],
    advisory: bool,
) -> int:
    """Write the report."""
    from cmfw.catalog import load
    from cmfw.cli.audit import run_audit
    from cmfw.cli.inputs import read_evidence
    from cmfw.ingest.site import read_site
    from cmfw.report import render

    chosen = _form(form, target)
    site = read_site(site_path)
    state, problems = read_evidence(states, local_subnets)
    audit = run_audit(load(site.packs), site, state, asked, advisory=advisory, problems=problems)
    return write(render(chosen, audit), target)


def _form(form: str | None, target: str | None) -> str:
    """The form that was asked for by name or by the name of the file; a usage error where there is no telling."""
    found = form or form_of(target or "")
    if not found:
        raise click.UsageError(say("report.which_form", forms=", ".join(FORMS)))
    if found in BINARY and target is None:
        raise click.UsageError(say("report.needs_file", form=found))
    return found


def write(made: bytes, target: str | None) -> int:
    """Write the file, whole or not at all, and say so; to stdout where no file was named."""
    if target is None:
        click.echo(made, nl=False)
        return CLEAN
    path = Path(target)
    path.write_bytes(made)
    click.echo(say("emit.wrote", path=path), err=True)
    return CLEAN
