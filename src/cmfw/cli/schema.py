"""``cmfw schema``: the JSON Schema (2020-12) of what the command line writes and of the site file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cmfw.cli.app import CLEAN
from cmfw.cli.options import make_command

FOLDER = Path(__file__).with_name("schemas")
KINDS = (
    "site", "plan", "trace", "search", "diff", "shadow", "audit", "audit-row", "check", "excess", "whatif", "explain", "emit", "publish", "convert", "lint", "logs", "probe", "lab", "lab-change", "lab-behaviour", "collector",
)  # fmt: skip


@make_command("schema")
@click.argument("kind", metavar="KIND", type=click.Choice(KINDS), required=False)
def command(kind: str | None) -> int:
    """Print the schema of one kind of document, or the kinds there are."""
    if kind is None:
        sys.stdout.write("\n".join(KINDS) + "\n")
    else:
        sys.stdout.write(FOLDER.joinpath(f"{kind}.json").read_text(encoding="utf-8"))
    return CLEAN
