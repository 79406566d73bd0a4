"""The command line: asks the core and shows its answers. It decides nothing; every command is a module loaded when asked for."""

from __future__ import annotations

import gc
from collections.abc import Sequence

YOUNG_OBJECTS = 200_000
"""Start of the first garbage collection. A command builds its values once and keeps them, so the collector, which by
default runs every 700 objects, would take a fifth of a short command and find nothing; a long one still gets it."""
HARDLY_USED = ("inspect",)
"""Imported by ``click`` and ``dataclasses`` for what no command here does; with what it imports, a third of what click costs."""


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 0 clean, 1 findings, 2 bad input or own failure, 3 not enough evidence."""
    gc.set_threshold(YOUNG_OBJECTS, 20, 100)
    from cmfw.cli.deferred import defer

    defer(*HARDLY_USED)
    from cmfw.cli.app import app, run

    return run(app, args)
