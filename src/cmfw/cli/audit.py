"""``cmfw audit``: which features work on one machine, and what to do about those that do not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from cmfw.cli.app import CLEAN, FINDINGS, INCOMPLETE, worst
from cmfw.cli.options import advisory_option, make_command, option, subnet_option
from cmfw.report import BINARY, FORMS
from cmfw.words.phrases import listed, phrase

if TYPE_CHECKING:
    from cmfw.catalog.types import Catalog
    from cmfw.diagnose import Diagnosis
    from cmfw.errors import Problem
    from cmfw.model.site import Site
    from cmfw.model.state import HostState
    from cmfw.model.verdict import Oracle
    from cmfw.report.audit_view import Audit


@make_command("audit", "text", *(form for form in FORMS if form not in BINARY))
@click.argument("site_path", metavar="SITE")
@click.argument("states", metavar="STATE...", nargs=-1, required=True)
@option("--as", "asked", key="as", metavar="GROUP|HOST")
@option("--fail-on", "fail_on", key="fail_on", multiple=True, metavar="CODE")
@subnet_option
@advisory_option
@option("--probe", "probe_path", key="audit_probe", type=click.Path(exists=True, dir_okay=False), metavar="FILE")
@option("--lab", "lab", key="lab_oracle", is_flag=True)
def command(
    site_path: str,
    states: tuple[str, ...],
    asked: str | None,
    fail_on: tuple[str, ...],
    local_subnets: tuple[str, ...],
    advisory: bool,
    probe_path: str | None,
    lab: bool,
    form: str,
) -> int:
    """Judge the site's features on the machine that the states describe."""
    from cmfw.catalog import load
    from cmfw.cli.inputs import read_evidence
    from cmfw.cli.oracles import played, read_probe
    from cmfw.ingest.site import read_site

    site = read_site(site_path)
    catalog = load(site.packs)
    _known_codes(catalog, fail_on)
    state, problems = read_evidence(states, local_subnets)
    wires = () if probe_path is None else (read_probe(probe_path),)
    with played(state, wanted=lab) as labs:
        audit = run_audit(catalog, site, state, asked, advisory=advisory, problems=problems, others=(*wires, *labs))
    show(audit, form)
    return exit_code(audit.diagnosis, fail_on)


def run_audit(
    catalog: Catalog,
    site: Site,
    state: HostState,
    asked: str | None,
    *,
    advisory: bool = False,
    problems: tuple[Problem, ...] = (),
    others: tuple[Oracle, ...] = (),
) -> Audit:
    """The audit of the machine behind the filters of the site; what of the filters could not be read is told on stderr.

    ``others`` judge the same flows, by packets; where they disagree there is a finding.
    """
    from cmfw.cli.inputs import read_filters
    from cmfw.report.audit_view import make_audit

    path, more = read_filters(site)
    return make_audit(catalog, site, state, asked, advisory=advisory, path=path, problems=(*problems, *more), others=others)


def show(audit: Audit, form: str) -> int:
    """Write the audit to stdout."""
    if form == "text":
        from cmfw.cli import output
        from cmfw.cli.audit_text import blocks

        output.show(blocks(audit))
    else:
        from cmfw.report import render

        click.echo(render(form, audit), nl=False)
    return CLEAN


def exit_code(diagnosis: Diagnosis, fail_on: Iterable[str] = ()) -> int:
    """1 for anything broken, degraded, of severity error or asked for; 3 where a feature is unknown; else 0."""
    from cmfw.model.verdict import Status

    codes = [CLEAN]
    for bounds in (row.bounds for row in diagnosis.rows if row.bounds is not None):
        if bounds.high is not Status.WORKS:
            codes.append(FINDINGS)
        elif bounds.low is not Status.WORKS:
            codes.append(INCOMPLETE)
    asked = set(fail_on)
    bad = [f for f in diagnosis.findings if f.severity.value == "error" or f.code in asked]
    return worst(*codes, *(FINDINGS for _ in bad))


def _known_codes(catalog: Catalog, codes: tuple[str, ...]) -> None:
    from cmfw.errors import COMMAND_LINE, InputError, Problem

    known = listed(catalog.findings)
    wrong = [code for code in codes if code not in catalog.findings]
    if wrong:
        raise InputError(
            *(Problem(COMMAND_LINE, phrase("one of {names}", names=known), f"`{c}`", key="--fail-on") for c in wrong)
        )
