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
@option("--for", "where", key="for", metavar="GROUP|HOST")
@option("--between", "pairs", key="between_zones", nargs=2, multiple=True, metavar="ZONE ZONE")
@option("-o", "--output", "directory", key="output", required=True, metavar="DIR")
@scope_option
@edition_option
@advisory_option
def command(
    target: str,
    site_path: str,
    where: str | None,
    pairs: tuple[tuple[str, str], ...],
    directory: str,
    scope: str,
    edition: str,
    advisory: bool,
    form: str,
) -> int:
    """Write the files of one target."""
    from cmfw.catalog import load
    from cmfw.catalog.types import Edition
    from cmfw.cli import output
    from cmfw.cli.emit_view import file_rows, loss_lines, loss_row
    from cmfw.emit import EmitRequest, emit, write
    from cmfw.emit.network import NETWORK_TARGETS, emit_between
    from cmfw.ingest.site import read_site
    from cmfw.resolve import resolve

    is_network = target in NETWORK_TARGETS
    _refuse_places(target, where, pairs, tuple(NETWORK_TARGETS))
    site = read_site(site_path)
    catalog = load(site.packs)
    plan = resolve(catalog, site, edition=Edition(edition), scope=scope, advisory=advisory)
    if is_network:
        made = emit_between(target, site, plan, pairs)
    else:
        made = emit(target, EmitRequest(catalog, site, plan, where or ""))
    paths = write(made.artifacts, directory)
    if form == "json":
        files = file_rows(made.artifacts, paths)
        losses = [loss_row(loss) for loss in made.losses]
        head = {"schema": SCHEMA, "target": target, "for": where}
        between = {"between": [list(pair) for pair in pairs]} if is_network else {}
        output.show_json({**head, **between, "files": files, "losses": losses})
    else:
        output.show([*(output.Line(say("emit.wrote", path=path)) for path in paths), *loss_lines(made.losses)])
    return CLEAN


def _refuse_places(target: str, where: str | None, pairs: tuple[tuple[str, str], ...], networks: tuple[str, ...]) -> None:
    """Raise UsageError where ``--for`` or ``--between`` does not go with the target."""
    if target in networks and where is not None:
        raise click.UsageError(say("error.for_of_network", target=target))
    if target not in networks and (pairs or where is None):
        raise click.UsageError(say("error.for_of_host", target=target, targets=say("list").join(networks)))
