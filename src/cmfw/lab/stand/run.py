"""``StandRunner``: a lab with stand-ins in a process of its own, which ends with ours whatever ends us."""

from __future__ import annotations

import os

from cmfw.errors import LabError
from cmfw.lab.run import Held
from cmfw.lab.stand.behave import Script
from cmfw.lab.stand.exchange import Exchange, Played
from cmfw.lab.stand.stand import Stand
from cmfw.lab.supervisor import Supervised


class StandRunner(Held):
    """The stand-ins of a script; raises LabError where this machine cannot hold them."""

    def __init__(self, script: Script) -> None:
        if os.geteuid() != 0:
            # in a user namespace nobody may change the groups of a process, and both servers do
            raise LabError("the stand-ins need root: nginx and Samba change user and groups")
        super().__init__(Supervised(lambda: Stand(script)))

    def play(self) -> tuple[tuple[Played, ...], tuple[Exchange, ...]]:
        """Every row once, with the rules as they are loaded."""
        found: tuple[tuple[Played, ...], tuple[Exchange, ...]] = self._child.call("play")
        return found
