"""``cmfw demo``: the audit of an example machine, to see what an answer looks like before having any file of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cmfw.cli.app import CLEAN
from cmfw.cli.options import make_command, option
from cmfw.words import say

if TYPE_CHECKING:
    from cmfw.cli.output import Block

FOLDER = Path(__file__).resolve().parent.parent / "demo"
SITE = "site.toml"
CLIENT = "client.reg"


@make_command("demo", "text", "json", "md")
@option("--files", "folder", key="files", metavar="DIR")
def command(folder: str | None, form: str) -> int:
    """Audit the example; exit code 0, because its findings are meant."""
    from cmfw.catalog import load
    from cmfw.cli.audit import run_audit, show
    from cmfw.cli.inputs import read_host
    from cmfw.ingest.site import read_site

    if folder is not None:
        return write_files(Path(folder))
    site = read_site(str(FOLDER / SITE))
    audit = run_audit(load(site.packs), site, read_host([str(FOLDER / CLIENT)], ()), None)
    if form == "json":
        return show(audit, form)
    from cmfw.cli import audit_text, output

    steps = map(_taught, say("demo.steps").split("\n"))
    output.show([*audit_text.blocks(audit), output.Gap(), output.Heading(say("demo.next")), *steps])
    return CLEAN


def _taught(line: str) -> Block:
    from cmfw.cli.output import Line, Verbatim

    return Verbatim(line[2:]) if line.startswith("$ ") else Line(line)


def write_files(folder: Path) -> int:
    """Copy the example's files into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (SITE, CLIENT):
        folder.joinpath(name).write_bytes(FOLDER.joinpath(name).read_bytes())
        click.echo(say("emit.wrote", path=folder / name))
    return CLEAN
