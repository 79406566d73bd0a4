"""``cmfw emit``: what one client group or host needs, as configuration files."""

from __future__ import annotations

import click

from cmfw.cli.app import CLEAN
from cmfw.cli.options import advisory_option, edition_option, make_command, option, scope_option
from cmfw.words import say

SCHEMA = "cmfw/emit/1"


@make_command("emit", "text", "json")
@click.argument("target", metavar="TARGET")
@click.argument("site_path", metavar="SITE")
@option("--for", "where", key="for", required=True, metavar="GROUP|HOST")
@option("-o", "--output", "directory", key="output", required=True, metavar="DIR")
@scope_option
@edition_option
@advisory_option
def command(
    target: str, site_path: str, where: str, directory: str, scope: str, edition: str, advisory: bool, form: str
) -> int:
    """Write the files of one target."""
    from cmfw.catalog import load
    from cmfw.catalog.types import Edition
    from cmfw.cli import output
    from cmfw.cli.emit_view import file_rows, loss_lines, loss_row
    from cmfw.emit import EmitRequest, emit, write
    from cmfw.ingest.site import read_site
    from cmfw.resolve import resolve

    site = read_site(site_path)
    catalog = load(site.packs)
    plan = resolve(catalog, site, edition=Edition(edition), scope=scope, advisory=advisory)
    made = emit(target, EmitRequest(catalog, site, plan, where))
    paths = write(made.artifacts, directory)
    if form == "json":
        files = file_rows(made.artifacts, paths)
        losses = [loss_row(loss) for loss in made.losses]
        output.show_json({"schema": SCHEMA, "target": target, "for": where, "files": files, "losses": losses})
    else:
        output.show([*(output.Line(say("emit.wrote", path=path)) for path in paths), *loss_lines(made.losses)])
    return CLEAN
