"""What a script says to the firewall: one value for each command, whatever tool it calls."""

from __future__ import annotations

from enum import StrEnum

from cmfw.errors import Problem
from cmfw.model.rule import HostRule
from cmfw.values import value

NOT_FOLLOWED = "may not run"
OPEN = "not known before the script runs"
REFUSED = "refused"
"""Why a rule of a script is in doubt: the values in ``extras.unknown``."""


class Verb(StrEnum):
    """What a command does. ``OTHER`` changes the firewall in a way that is not followed (profiles, reset, import)."""

    ADD = "add"
    SET = "set"
    ENABLE = "enable"
    DISABLE = "disable"
    DELETE = "delete"
    LOOK = "look"
    OTHER = "other"


class Tool(StrEnum):
    """Who carries a command out; ``NETSH_XP`` is the context `netsh firewall`, ``COM`` the object HNetCfg.FwRule."""

    POWERSHELL = "powershell"
    NETSH = "netsh"
    NETSH_XP = "netsh-xp"
    COM = "com"


@value
class Fault:
    """Why the tool refuses a command. ``kind`` is a variant of the finding ``rejected-parameter``."""

    kind: str
    parameter: str
    value: str = ""


@value(kw_only=True)
class ScriptCommand:
    """One command. ``written`` are its parameters as the tool names them, with the texts of their values; ``open`` those whose
    value is not known before the script runs (``@`` for a whole table of them).

    ``rule`` is the rule that it makes or changes, None where there is none. ``inside`` names the blocks around it
    (``if@3/for@5``): it may not run.
    """

    verb: Verb
    tool: Tool
    name: str
    line: int
    written: tuple[tuple[str, tuple[str, ...]], ...] = ()
    open: tuple[str, ...] = ()
    rule: HostRule | None = None
    faults: tuple[Fault, ...] = ()
    inside: str = ""

    def texts(self, parameter: str) -> tuple[str, ...]:
        """The values of a parameter, empty where it is not written or not known."""
        return next((texts for name, texts in self.written if name == parameter), ())


@value(kw_only=True)
class Script:
    """One script: its commands in order, and the rules that are there when all of it has run.

    ``dialect`` is ``ps-script`` or ``netsh-script``. A rule whose command may not run, or whose values are not all known, says
    so in ``extras.unknown``.
    """

    path: str
    dialect: str
    commands: tuple[ScriptCommand, ...]
    rules: tuple[HostRule, ...]
    problems: tuple[Problem, ...] = ()
