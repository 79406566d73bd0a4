"""``cmfw report``: an answer as a file for other eyes. It shows and does not judge: exit code 0 once the file is written."""

from __future__ import annotations

from pathlib import Path

import click

from cmfw.cli.app import CLEAN
from cmfw.cli.options import advisory_option, edition_option, make_command, option, subnet_option
from cmfw.report import BINARY, FORMS, form_of
from cmfw.words import say
from cmfw.words.phrases import listed, told

PDF = "pdf"
"""The page, printed by a browser that is there."""


@make_command("report")
@click.argument("paths", metavar="[SITE STATE...]", nargs=-1)
@option("--kind", key="kind", type=click.Choice(("audit", "handbook")), default="audit")
@option("--format", "form", key="report_format", type=click.Choice((*FORMS, PDF)), default=None)
@option("-o", "--output", "target", key="report_output", metavar="FILE")
@option("--each", "each", key="each", is_flag=True)
@option("--as", "asked", key="as", metavar="GROUP|HOST")
@subnet_option
@advisory_option
@edition_option
def command(
    paths: tuple[str, ...],
    kind: str,
    form: str | None,
    target: str | None,
    each: bool,
    asked: str | None,
    local_subnets: tuple[str, ...],
    advisory: bool,
    edition: str,
) -> int:
    """Write the report."""
    chosen = _form(form, target)
    if each and kind == "handbook":
        raise click.UsageError(say("report.machines.handbook"))
    if kind == "handbook":
        return write(_handbook(paths, chosen, edition), target)
    if len(paths) < 2:
        raise click.UsageError(say("report.needs_site"))
    if each:
        return write(_each(paths, chosen, asked, local_subnets, advisory=advisory), target)
    from cmfw.catalog import load
    from cmfw.cli.audit import run_audit
    from cmfw.cli.inputs import read_evidence
    from cmfw.ingest.site import read_site
    from cmfw.report import render

    site = read_site(paths[0])
    state, problems = read_evidence(paths[1:], local_subnets)
    audit = run_audit(load(site.packs), site, state, asked, advisory=advisory, problems=problems)
    return write(_printed(render("html", audit)) if chosen == PDF else render(chosen, audit), target)


def _handbook(paths: tuple[str, ...], form: str, edition: str) -> bytes:
    """The handbook of the whole catalog, all packs included."""
    from cmfw.catalog import PACKS, load
    from cmfw.report.handbook import render_handbook

    if paths:
        raise click.UsageError(say("report.handbook_alone"))
    if form not in ("html", PDF):
        raise click.UsageError(say("report.handbook_forms"))
    made = render_handbook(load(PACKS), edition)
    return _printed(made) if form == PDF else made


def _each(paths: tuple[str, ...], form: str, asked: str | None, local_subnets: tuple[str, ...], *, advisory: bool) -> bytes:
    """One page of many machines."""
    from cmfw.cli.report_each import render_each

    if form not in ("html", PDF):
        raise click.UsageError(say("report.machines.form"))
    made = render_each(paths, asked, local_subnets, advisory=advisory)
    return _printed(made) if form == PDF else made


def _printed(page: bytes) -> bytes:
    from cmfw.report.print_pdf import printed

    return printed(page)


def _form(form: str | None, target: str | None) -> str:
    """The form that was asked for by name or by the name of the file; a usage error where there is no telling."""
    found = form or (PDF if (target or "").lower().endswith(".pdf") else form_of(target or ""))
    if not found:
        raise click.UsageError(say("report.which_form", forms=told(listed((*FORMS, PDF)))))
    if found in (*BINARY, PDF) and target is None:
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
