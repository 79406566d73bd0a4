"""``cmfw logs``: what logs of clients, servers and the firewall tell, and which planned flows they put in doubt."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from cmfw.cli.app import CLEAN, FINDINGS, INCOMPLETE
from cmfw.cli.options import make_command

if TYPE_CHECKING:
    from cmfw.cli.logs_view import Reading

_SITE_MARK = b'"cmfw/site/'


@make_command("logs", "text", "json", "md")
@click.argument("paths", metavar="[SITE] FILE...", nargs=-1, required=True)
def command(paths: tuple[str, ...], form: str) -> int:
    """Read the logs and put together what they tell of each host."""
    from cmfw.cli import output

    site, files = split_site(paths)
    reading = read(site, files)
    if form == "json":
        from cmfw.cli.logs_view import document

        output.show_json(document(reading))
    else:
        from cmfw.cli.inputs import warn
        from cmfw.cli.logs_text import blocks

        for problem in reading.logs.problems:
            warn(problem.text())
        output.show(blocks(reading))
    if reading.is_serious:
        return FINDINGS
    return CLEAN if reading.is_usable else INCOMPLETE


def split_site(paths: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """(the site file, the logs): the first path is a site where it ends in ``.toml`` or is a site in JSON."""
    first = paths[0]
    is_site = first.lower().endswith(".toml")
    if first.lower().endswith(".json"):
        try:
            with open(first, "rb") as file:  # noqa: PTH123 - pathlib costs start-up
                is_site = _SITE_MARK in file.read(4096)
        except OSError:
            is_site = False
    if is_site and len(paths) == 1:
        from cmfw.words import say

        raise click.UsageError(say("logs.no_file"))
    return (first, paths[1:]) if is_site else (None, paths)


def read(site_path: str | None, files: tuple[str, ...]) -> Reading:
    """The logs read and held against the plan of the site, where there is one."""
    from cmfw.catalog import PACKS, load
    from cmfw.catalog.log_facts import load_log_facts
    from cmfw.cli.logs_view import Reading
    from cmfw.diagnose.log_story import stories
    from cmfw.diagnose.seen_flows import seen_items, seen_kinds
    from cmfw.ingest.log_files import read_logs

    plan = site = None
    if site_path is not None:
        from cmfw.ingest.site import read_site
        from cmfw.resolve import resolve

        site = read_site(site_path)
        plan = resolve(load(site.packs), site)
    logs = read_logs(files, progress=_progress if sys.stderr.isatty() else None)
    facts = load_log_facts()
    return Reading(
        catalog=load(PACKS),
        facts=facts,
        site=site,
        plan=plan,
        logs=logs,
        stories=stories(logs.events, facts),
        kinds=seen_kinds(logs.observations),
        planned=seen_items(plan, logs.observations) if plan else (),
    )


_LARGE = 8 << 20
"""Bytes from which a file takes long enough to be named while it is read."""


def _progress(path: str, size: int) -> None:
    if size > _LARGE:
        click.echo(f"{path} ({size >> 20} MiB)", err=True)
