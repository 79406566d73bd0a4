"""The command line: asks the core and shows its answers. It decides nothing; every command is a module loaded when asked for."""

from __future__ import annotations

import gc
from collections.abc import Sequence

YOUNG_OBJECTS = 200_000
"""Start of the first garbage collection. A command builds its values once and keeps them, so the collector, which by
default runs every 700 objects, would take a fifth of a short command and find nothing; a long one still gets it."""

LETTERS, DIGITS = "abcdefghijklmnopqrstuvwxyz", "0123456789"


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 0 clean, 1 findings, 2 bad input or own failure, 3 not enough evidence."""
    gc.set_threshold(YOUNG_OBJECTS, 20, 100)
    _load_less()
    from cmfw.cli.app import app, run

    return run(app, args)


def _load_less() -> None:
    """Keep click from loading what no command uses: nearly half of what its import costs."""
    import _thread
    import sys

    from cmfw.cli.click_words import told, told_of
    from cmfw.cli.deferred import defer, restore

    # for the help texts of options, which are keys here, and for default values that are functions
    defer("inspect")
    # for `asdict` of dataclasses, which no value of ours goes through
    defer("copy")
    if sys.platform == "linux":
        # `uuid`, with which some targets make ids, asks for the name of the system
        defer("platform", system=lambda: "Linux")
    # tomllib compiles patterns of numbers and dates; many a site file has none
    defer(
        "tomllib._re",
        "RE_DATETIME",
        "RE_LOCALTIME",
        "RE_NUMBER",
        "match_to_datetime",
        "match_to_localtime",
        "match_to_number",
    )
    # and asks it for these three, where it compiles a pattern of its own
    defer("string", ascii_letters=f"{LETTERS}{LETTERS.upper()}", digits=DIGITS, hexdigits=f"{DIGITS}abcdefABCDEF")
    # parameters that are dates and ids: no command of ours has any
    defer("datetime", "datetime")
    defer("uuid", "UUID")
    # click's own words, which it looks for in the machine's catalogs
    defer("gettext", gettext=told, ngettext=told_of)
    # click keeps its current call in a value of each thread, and starts none; the class is one of the interpreter's own
    defer("threading", local=_thread._local)  # noqa: SLF001 - `threading.local` itself
    import click  # noqa: F401 - takes the stand-ins, and is the only one to have these four

    restore("datetime", "uuid", "gettext", "threading")
