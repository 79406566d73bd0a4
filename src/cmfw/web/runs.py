"""``Runs``: work that takes longer than a page may: a probe or a lab, one at a time, with how far it is and what came out."""

from __future__ import annotations

import secrets
import sys
import traceback
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock, Thread

from cmfw.errors import CmfwError
from cmfw.report.blocks import Block
from cmfw.web.exchange import NotThere

_MOST_KEPT = 40

Told = Callable[[int, int], None]
Work = Callable[[Told], list[Block]]


class Run:
    """One run; ``result`` are its blocks, ``failed`` what went wrong, both None while it is under way."""

    def __init__(self, kind: str, space: str) -> None:
        self.kind = kind
        self.space = space
        self.done = self.total = 0
        self.result: list[Block] | None = None
        self.failed: CmfwError | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether it has neither result nor failure yet."""
        return self.result is None and self.failed is None

    def tell(self, done: int, total: int) -> None:
        """So much is done of all."""
        self.done, self.total = done, total


class Busy(CmfwError):
    """Another run is under way."""


class Runs:
    """The runs of a server, the oldest forgotten. INVARIANT: at most one is under way."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[str, Run] = OrderedDict()

    def start(self, kind: str, space: str, work: Work) -> str:
        """The id of a new run of the work, which is told how to tell how far it is; raises Busy."""
        run = Run(kind, space)
        with self._lock:
            if any(one.is_under_way for one in self._kept.values()):
                raise Busy
            name = secrets.token_urlsafe(9)
            self._kept[name] = run
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        Thread(target=_carry_out, args=(run, work), name=f"cmfw {kind}", daemon=True).start()
        return name

    def find(self, space: str, name: str) -> Run:
        """The run of that id in the workspace; raises NotThere."""
        run = self._kept.get(name)
        if run is None or run.space != space:
            raise NotThere(name)
        return run


def _carry_out(run: Run, work: Work) -> None:
    try:
        run.result = work(run.tell)
    except CmfwError as error:
        run.failed = error
    except Exception as error:  # noqa: BLE001 - the boundary
        traceback.print_exc(file=sys.stderr)
        run.failed = CmfwError(f"a failure of our own: {type(error).__name__}")
