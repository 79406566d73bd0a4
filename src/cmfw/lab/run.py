"""``Runner``: a lab in a process of its own, which ends with ours whatever ends us."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from cmfw.lab.layout import Layout
from cmfw.lab.shots import Evidence, Shot
from cmfw.lab.supervisor import Supervised
from cmfw.lab.wire import Wire


class Held:
    """What keeps namespaces in a process of its own, to be used in a ``with`` block."""

    def __init__(self, child: Supervised) -> None:
        self._child = child

    @property
    def pid(self) -> int:
        """The process that holds every namespace."""
        return self._child.pid

    def load(self, changes: Sequence[tuple[int, str]]) -> None:
        """Run nftables commands on hosts (number, commands)."""
        self._child.call("load", changes)

    def send(self, shots: Sequence[Shot]) -> list[Evidence]:
        """What became of each packet."""
        found: list[Evidence] = self._child.call("send", shots)
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._child.close()


class Runner(Held):
    """The wire of a layout; raises LabError where this machine cannot hold a lab."""

    def __init__(self, layout: Layout) -> None:
        addresses = [host.addresses for host in layout.hosts]
        super().__init__(Supervised(lambda: Wire(addresses)))
