"""The command line: asks the core and shows its answers. It decides nothing; every command is a module loaded when asked for."""

from __future__ import annotations

from collections.abc import Sequence


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 0 clean, 1 findings, 2 bad input or own failure, 3 not enough evidence."""
    from cmfw.cli.app import app, run

    return run(app, args)
