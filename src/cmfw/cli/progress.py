"""``Bar`` and ``Waiting``: one progress bar on stderr for work longer than a second; none where nobody watches."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Self

_WIDTH = 30
_EVERY_S = 0.1
_FIRST_S = 1.0


class Bar:
    """Shows how much is done. Writes nothing where stderr is no terminal, and nothing in the first second."""

    def __init__(self) -> None:
        self._begun = self._shown = time.monotonic()
        self._is_shown = False
        self._watched = sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        """So many of all are done."""
        now = time.monotonic()
        if not self._watched or now - self._begun < _FIRST_S or now - self._shown < _EVERY_S:
            return
        self._shown, self._is_shown = now, True
        full = _WIDTH * done // max(total, 1)
        sys.stderr.write(f"\r[{'#' * full}{'.' * (_WIDTH - full)}] {done}/{total}")
        sys.stderr.flush()

    def wait(self) -> None:
        """It takes this long so far."""
        seconds = time.monotonic() - self._begun
        if not self._watched or seconds < _FIRST_S:
            return
        self._is_shown = True
        at = int(seconds / _EVERY_S) % _WIDTH
        sys.stderr.write(f"\r[{'.' * at}#{'.' * (_WIDTH - at - 1)}] {seconds:.0f} s")
        sys.stderr.flush()

    def close(self) -> None:
        """Take the bar away."""
        if self._is_shown:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


class Waiting:
    """A bar for one long answer of which nobody knows how much is left: a mark that moves, and the seconds so far.

    It runs beside the work, as that computes and knows nothing of terminals.
    """

    def __init__(self) -> None:
        self._bar = Bar()
        self._done = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._thread is not None:
            self._done.set()
            self._thread.join()
            self._bar.close()

    def _run(self) -> None:
        while not self._done.wait(_EVERY_S):
            self._bar.wait()
