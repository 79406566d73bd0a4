"""``StandRunner``: a lab with stand-ins in a process of its own, which ends with ours whatever ends us."""

from __future__ import annotations

import os
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from cmfw.errors import LabError
from cmfw.lab.shots import Evidence, Shot
from cmfw.lab.stand.behave import Script
from cmfw.lab.stand.exchange import Exchange, Played
from cmfw.lab.stand.stand import Stand
from cmfw.lab.supervisor import Supervised


class StandRunner:
    """The stand-ins of a script, to be used in a ``with`` block; raises LabError where this machine cannot hold them."""

    def __init__(self, script: Script) -> None:
        if os.geteuid() != 0:
            # in a user namespace nobody may change the groups of a process, and both servers do
            raise LabError("the stand-ins need root: nginx and Samba change user and groups")
        self._child = Supervised(lambda: Stand(script))

    @property
    def pid(self) -> int:
        """The process that holds every namespace."""
        return self._child.pid

    def load(self, changes: Sequence[tuple[int, str]]) -> None:
        """Run nftables commands on hosts (number, commands)."""
        self._child.call("load", changes)

    def send(self, shots: Sequence[Shot]) -> list[Evidence]:
        """What became of each bare packet."""
        found: list[Evidence] = self._child.call("send", shots)
        return found

    def play(self) -> tuple[tuple[Played, ...], tuple[Exchange, ...]]:
        """Every row once, with the rules as they are loaded."""
        found: tuple[tuple[Played, ...], tuple[Exchange, ...]] = self._child.call("play")
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._child.close()
