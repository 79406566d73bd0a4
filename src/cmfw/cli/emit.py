"""``cmfw emit``: what one client group or host needs, as configuration files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cmfw.cli.app import CLEAN, FINDINGS, INCOMPLETE
from cmfw.cli.options import advisory_option, edition_option, make_command, option, scope_option, subnet_option
from cmfw.words import say

if TYPE_CHECKING:
    from pathlib import Path

    from cmfw.emit import Artifact, Output
    from cmfw.emit.deployed import Deployment

SCHEMA = "cmfw/emit/1"


@make_command("emit", "text", "json", "md")
@click.argument("target", metavar="TARGET")
@click.argument("site_path", metavar="SITE")
@option("--for", "where", key="for", metavar="GROUP|HOST")
@option("--between", "pairs", key="between_zones", nargs=2, multiple=True, metavar="ZONE ZONE")
@option("-o", "--output", "directory", key="output", metavar="DIR")
@option("--check", "states", key="deployed", multiple=True, metavar="STATE")
@subnet_option
@scope_option
@edition_option
@advisory_option
def command(
    target: str,
    site_path: str,
    where: str | None,
    pairs: tuple[tuple[str, str], ...],
    directory: str | None,
    states: tuple[str, ...],
    local_subnets: tuple[str, ...],
    scope: str,
    edition: str,
    advisory: bool,
    form: str,
) -> int:
    """Write the files of one target, or hold a machine against them."""
    from cmfw.catalog import load
    from cmfw.catalog.types import Edition
    from cmfw.emit import NETWORK_TARGETS, EmitRequest, check_target, emit, write
    from cmfw.emit.network import emit_between
    from cmfw.ingest.site import read_site
    from cmfw.resolve import resolve

    check_target(target)
    is_network = target in NETWORK_TARGETS
    _refuse_places(target, where, pairs, tuple(NETWORK_TARGETS))
    if directory is None and not states:
        raise click.UsageError(say("error.output_or_check"))
    site = read_site(site_path)
    catalog = load(site.packs)
    plan = resolve(catalog, site, edition=Edition(edition), scope=scope, advisory=advisory)
    if is_network:
        made = emit_between(target, site, plan, pairs)
    else:
        made = emit(target, EmitRequest(catalog, site, plan, where or ""))
    found = look(target, made.artifacts, states, local_subnets) if states else None
    paths = write(made.artifacts, directory) if directory is not None else ()
    head: dict[str, Any] = {"schema": SCHEMA, "target": target, "for": where}
    if is_network:
        head["between"] = [list(pair) for pair in pairs]
    _show(head, made, paths, found and found[0], form)
    return CLEAN if found is None else found[1]


def _show(head: dict[str, Any], made: Output, paths: tuple[Path, ...], found: Deployment | None, form: str) -> None:
    from cmfw.cli import output
    from cmfw.cli.emit_view import check_lines, check_row, file_rows, loss_lines, loss_row

    if form == "json":
        files = file_rows(made.artifacts, paths) if paths else []
        checked = {} if found is None else {"check": check_row(found)}
        output.show_json({**head, "files": files, "losses": [loss_row(loss) for loss in made.losses], **checked})
        return
    lines = [] if found is None else check_lines(found)
    written = [output.Line(say("emit.wrote", path=path)) for path in paths]
    output.show([*lines, *written, *(loss_lines(made.losses) if paths else ())])


def look(
    target: str, artifacts: tuple[Artifact, ...], states: tuple[str, ...], local_subnets: tuple[str, ...]
) -> tuple[Deployment, int]:
    """(what the machine has of it, exit code)."""
    from datetime import date

    from cmfw.cli.inputs import read_host
    from cmfw.emit.deployed import look_for

    state = read_host(states, local_subnets)
    found = look_for(target, artifacts, state, date.today().isoformat())  # noqa: DTZ011 - as in `cmfw check`
    if not found.is_as_asked:
        return found, FINDINGS
    return found, INCOMPLETE if any(gap.may_allow or gap.may_block for gap in state.gaps) else CLEAN


def _refuse_places(target: str, where: str | None, pairs: tuple[tuple[str, str], ...], networks: tuple[str, ...]) -> None:
    """Raise UsageError where ``--for`` or ``--between`` does not go with the target."""
    if target in networks and where is not None:
        raise click.UsageError(say("error.for_of_network", target=target))
    if target not in networks and (pairs or where is None):
        raise click.UsageError(say("error.for_of_host", target=target, targets=say("list").join(networks)))
