"""The flows that two big machines treat differently: our answer in boxes against CUDD's on the same question.

Both sides start from the same parsed states of 1,500 rules, grown from a real Windows 10, of which a share changed. CUDD is asked for
the set of flows whose verdict differs and stops there; ours also gives the set as boxes. What makes these few, judges a
witness of each on both machines and names rules, is timed apart.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

from bench.grown import changed, grown
from bench.protocol import Absent, Result, corpus

RULES = 1500
WANTED = 1.0
SHARES = (0.01, 0.05, 0.3)


def yardstick():
    """The class of the decision diagrams; raises Absent where CUDD is not installed."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
    try:
        from oracles.diagrams import Diagrams
    except ImportError as error:
        raise Absent("no `dd` with CUDD") from error
    return Diagrams


def machine(count: int):
    """A state of that many rules grown from a real Windows 10."""
    from cmfw.ingest import read_state

    real = read_state([str(corpus("hives/win10_SYSTEM.xz"))], local_subnets=["10.9.8.0/24"]).state
    return grown(real, count, seed=7)


def run(*, quick: bool) -> Result:
    """Fastest of several runs of each side, interleaved, for several shares of changed rules and for a changed default."""
    from cmfw.engine.difference import Pair, differ

    diagrams = yardstick()
    before = machine(150 if quick else RULES)
    figures: dict[str, float | int | str] = {"rules": len(before.rules)}
    answers: dict[str, bool] = {}
    ratios = []
    for share in SHARES:
        # new objects for every rule, as two files give them
        after = changed(replace(before, rules=tuple(replace(rule) for rule in before.rules)), share, seed=11)
        ours, theirs = [], []
        for _ in range(1 if quick else 5):
            start = time.perf_counter()
            found, _, lost = Pair(before, after).unlike()
            ours.append(time.perf_counter() - start)
            start = time.perf_counter()
            other = diagrams(before, after)
            unlike = other.difference(before, after)
            theirs.append(time.perf_counter() - start)
        percent = round(share * 100)
        ratios.append(min(theirs) / min(ours))
        start = time.perf_counter()
        told = differ(before, after)
        figures[f"changed_{percent}_told_ms"] = round(1000 * (time.perf_counter() - start), 1)
        figures[f"changed_{percent}_ms"] = round(1000 * min(ours), 1)
        figures[f"changed_{percent}_cudd_ms"] = round(1000 * min(theirs), 1)
        figures[f"changed_{percent}_ratio"] = round(ratios[-1], 2)
        figures[f"changed_{percent}_sets"] = len(told.changes)
        answers[f"both find the same flows with {percent} % changed"] = (
            not lost and other.flows(box for its_boxes in found.values() for box in its_boxes) == unlike
        )
        answers[f"what is told of {percent} % is the same, too"] = (
            other.flows(box for change in told.changes for box in change.boxes) == unlike
        )
    return Result(
        figures=figures,
        answers=answers,
        claims={f"a difference is found {WANTED:g} times as fast as by CUDD": min(ratios) >= WANTED},
    )
