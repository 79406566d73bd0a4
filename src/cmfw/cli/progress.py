"""``Bar``: one progress bar on stderr for work longer than a second; none where nobody watches."""

from __future__ import annotations

import sys
import time

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

    def close(self) -> None:
        """Take the bar away."""
        if self._is_shown:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
