"""``cmfw completion``: the script that lets a shell complete commands, options and their values."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cmfw.cli.app import CLEAN
from cmfw.cli.options import make_command

FOLDER = Path(__file__).with_name("completions")
SCRIPTS = {"bash": "cmfw.bash", "zsh": "cmfw.zsh", "fish": "cmfw.fish", "powershell": "cmfw.ps1"}
"""Shell -> its script. Each asks ``cmfw.cli.completing`` for what fits and leaves names of files to its shell."""


@make_command("completion")
@click.argument("shell", metavar="SHELL", type=click.Choice(tuple(SCRIPTS)))
def command(shell: str) -> int:
    """Print the script of one shell."""
    sys.stdout.write(FOLDER.joinpath(SCRIPTS[shell]).read_text(encoding="ascii"))
    return CLEAN
