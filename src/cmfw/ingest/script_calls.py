"""A call in a script, before it is known what it means: for PowerShell and for batch files."""

from __future__ import annotations

from typing import NamedTuple

from cmfw.errors import Problem


class Given(NamedTuple):
    """One argument: its parameter (empty where none is named) and the texts of its value.

    ``texts`` is None where the value is not known before the script runs, and empty for a switch. ``is_boolean``: it is
    ``$true`` or ``$false``, which is no text.
    """

    name: str
    texts: tuple[str, ...] | None
    is_boolean: bool = False


class Call(NamedTuple):
    """One command: its name in lower case without folder and ``.exe``, as written, its arguments, line and blocks around it.

    ``is_piped``: what it works on comes through a pipe.
    """

    name: str
    written: str
    given: tuple[Given, ...]
    line: int
    inside: str = ""
    is_piped: bool = False


class Calls(NamedTuple):
    """All calls of a script in their order, and what of it could not be followed."""

    calls: tuple[Call, ...]
    problems: tuple[Problem, ...]


MACHINE_VARIABLES = frozenset(
    {
        "allusersprofile",
        "commonprogramfiles",
        "commonprogramfiles(x86)",
        "programdata",
        "programfiles",
        "programfiles(x86)",
        "programw6432",
        "systemdrive",
        "systemroot",
        "windir",
    }
)
"""Variables of every machine, which stand for themselves in a path."""


def program_name(text: str) -> str:
    """The name of a command without folder, module and ``.exe``, in lower case."""
    return text.strip("\"'").replace("/", "\\").rpartition("\\")[2].lower().removesuffix(".exe")
