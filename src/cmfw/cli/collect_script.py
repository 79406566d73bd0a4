"""``cmfw collect-script``: the script that collects what one Windows machine says of itself."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cmfw.cli.app import CLEAN
from cmfw.cli.options import make_command, option
from cmfw.words import say

SCRIPT = Path(__file__).resolve().parent.parent / "ingest" / "collect.ps1"


@make_command("collect-script")
@option("--out", "out", key="out", metavar="FILE")
def command(out: str | None) -> int:
    """Print the script, or write it to a file."""
    content = SCRIPT.read_bytes()
    if out is None:
        sys.stdout.write(content.decode("ascii"))
    else:
        Path(out).write_bytes(content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        click.echo(say("emit.wrote", path=out))
    return CLEAN
