"""``cmfw plan``: every flow that the features of one site need, with the rules that each host needs for it."""

from __future__ import annotations

import click

from cmfw.cli.app import CLEAN
from cmfw.cli.options import advisory_option, edition_option, make_command, option, scope_option


@make_command("plan", "text", "json", "jsonl", "csv", "md")
@click.argument("site_path", metavar="SITE")
@edition_option
@scope_option
@advisory_option
@option("--feature", "wanted", key="feature", multiple=True, metavar="ID")
def command(site_path: str, edition: str, scope: str, advisory: bool, wanted: tuple[str, ...], form: str) -> int:
    """Resolve the site and show its plan."""
    from cmfw.catalog import load
    from cmfw.catalog.types import Edition
    from cmfw.cli import output, plan_view
    from cmfw.ingest.site import read_site
    from cmfw.report import plan_rows
    from cmfw.resolve import resolve

    site = read_site(site_path)
    catalog = load(site.packs)
    plan = resolve(catalog, site, edition=Edition(edition), scope=scope, advisory=advisory)
    plan = plan_view.only(plan, wanted, catalog)
    if form == "json":
        output.show_json(plan_rows.document(plan))
    elif form == "jsonl":
        output.show_json_lines({"schema": plan_rows.SCHEMA, **plan_rows.item_row(item)} for item in plan.items)
    elif form == "csv":
        output.show_csv(plan_rows.COLUMNS, (plan_rows.cells(item) for item in plan.items))
    else:
        output.show(plan_view.blocks(plan, catalog))
    return CLEAN
