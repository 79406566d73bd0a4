"""``cmfw site``: start a site file, and show one as it is understood."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cmfw.cli.app import CLEAN
from cmfw.cli.options import SpokenGroup, make_command, option
from cmfw.errors import InputError, Problem
from cmfw.words import say


@click.group("site", cls=SpokenGroup)
def command() -> None:
    """Replaced by the words of the chosen language."""


@make_command("new")
@click.argument("path", metavar="[FILE]", required=False)
@option("--force", key="force", is_flag=True)
def new(path: str | None, force: bool) -> int:
    """Write a commented starter site file."""
    from cmfw.cli.site_view import starter

    text = starter()
    if path is None or path == "-":
        sys.stdout.write(text)
        return CLEAN
    target = Path(path)
    if target.exists() and not force:
        raise InputError(Problem(path, "a new file", "one that is there", say("site.use_force")))
    target.write_text(text, encoding="utf-8", newline="\n")
    click.echo(say("site.wrote", path=path), err=True)
    return CLEAN


@make_command("show", "text", "json")
@click.argument("path", metavar="SITE")
def show(path: str, form: str) -> int:
    """Show the site with every default filled in."""
    from cmfw.cli import output, site_view
    from cmfw.ingest.site import read_site

    document = site_view.site_document(read_site(path))
    if form == "json":
        output.show_json(document)
    else:
        sys.stdout.write(site_view.toml_text(document))
    return CLEAN


command.add_command(new)
command.add_command(show)
