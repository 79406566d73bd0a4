"""``cmfw lint``: what is wrong with firewall scripts, before they run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cmfw.cli.app import CLEAN, FINDINGS, INCOMPLETE
from cmfw.cli.options import make_command, option
from cmfw.errors import InputError, Problem
from cmfw.words import say
from cmfw.words.phrases import phrase

if TYPE_CHECKING:
    from cmfw.catalog.types import Catalog
    from cmfw.model.finding import Finding
    from cmfw.model.script import Script

SCHEMA = "cmfw/lint/1"
NEVER = "never"
LEVELS = ("note", "warning", "error", NEVER)


@make_command("lint", "text", "json", "md")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True)
@option("--site", "site_path", key="lint_site", metavar="SITE")
@option("--fail-on", "level", key="fail_level", type=click.Choice(LEVELS), default="warning")
def command(paths: tuple[str, ...], site_path: str | None, level: str, form: str) -> int:
    """Check the scripts."""
    from cmfw.cli import output
    from cmfw.diagnose.script_lint import is_failing

    scripts, findings, catalog = lint(paths, site_path)
    if form == "json":
        output.show_json(_document(scripts, findings, catalog, level))
    else:
        from cmfw.cli.inputs import warn

        for script in scripts:
            for problem in script.problems:
                warn(problem.text())
        output.show(_blocks(scripts, findings, catalog))
    if level != NEVER and is_failing(findings, level):
        return FINDINGS
    return CLEAN if any(script.commands for script in scripts) else INCOMPLETE


def lint(paths: tuple[str, ...], site_path: str | None) -> tuple[list[Script], list[Finding], Catalog]:
    """The scripts, and the findings about them in their order."""
    from cmfw.catalog import PACKS, load
    from cmfw.diagnose.script_lint import lint_script

    plan = None
    catalog = load(PACKS)
    if site_path is not None:
        from cmfw.ingest.site import read_site
        from cmfw.resolve import resolve

        site = read_site(site_path)
        catalog = load(site.packs)
        plan = resolve(catalog, site)
    scripts = [_read(path) for path in paths]
    return scripts, [one for script in scripts for one in lint_script(script, catalog, plan)], catalog


def _read(path: str) -> Script:
    from cmfw.ingest.firewall_script import BATCH, POWERSHELL, is_batch, is_powershell, read_script
    from cmfw.ingest.input_file import open_input

    file = open_input(path)
    if is_powershell(file):
        return read_script(file, POWERSHELL)
    if is_batch(file):
        return read_script(file, BATCH)
    hint = phrase("name a .ps1, .bat or .cmd file, or a command file of netsh")
    raise InputError(Problem(path, "a script that makes firewall rules", "something else", hint=hint))


def _document(scripts: list[Script], findings: list[Finding], catalog: Catalog, level: str) -> dict[str, Any]:
    from cmfw.report.finding_text import finding_row

    return {
        "schema": SCHEMA,
        "files": [
            {
                "path": script.path,
                "format": script.dialect,
                "commands": len(script.commands),
                "rules": len(script.rules),
                "problems": [problem.as_dict() for problem in script.problems],
            }
            for script in scripts
        ],
        "fail_on": level,
        "findings": [finding_row(one, catalog) for one in findings],
    }


def _blocks(scripts: list[Script], findings: list[Finding], catalog: Catalog) -> list[Any]:
    from cmfw.cli.output import Gap, Line
    from cmfw.report.finding_view import finding_blocks

    blocks: list[Any] = [
        Line(say("lint.file", path=script.path, commands=len(script.commands), rules=len(script.rules)))
        for script in scripts
    ]
    if not findings:
        return [*blocks, Gap(), Line(say("lint.nothing"), style="good")]
    return [*blocks, *finding_blocks(findings, catalog)]
