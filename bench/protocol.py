"""What a bench gives back, and the two helpers that every one of them needs.

A bench is a module ``bench_<name>.py`` with ``run(quick: bool) -> Result``. ``quick`` asks for inputs so small that the
whole bench takes seconds: CI runs it so, for the answers and not for the times.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The outcome of one bench.

    ``figures`` are what was measured, units in the names (``audit_ms``, ``rules_per_s``, ``ratio``). ``answers`` are
    claims that hold on any machine (both programs counted the same rules): one that fails fails every run. ``claims``
    are about time (``50x faster than ...``): they fail a full run only.
    """

    figures: dict[str, float | int | str]
    answers: dict[str, bool] = field(default_factory=dict)
    claims: dict[str, bool] = field(default_factory=dict)


class Absent(Exception):
    """The bench needs something that this machine does not have; the text says what. Fails a run with CMFW_CI=1."""


def best_of(times: int, work: Callable[[], object]) -> float:
    """Seconds of the fastest of several runs, the one that the machine disturbed least."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def corpus(name: str) -> Path:
    """One file of the corpus of real exports; raises Absent where it is not there."""
    root = Path(__file__).resolve().parent.parent
    path = Path(os.environ.get("CMFW_CORPUS", root.parent / "shared" / "corpus")) / name
    if not path.exists():
        raise Absent(f"no `{name}` in the corpus (set CMFW_CORPUS)")
    return path
