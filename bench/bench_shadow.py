"""Which of 1,350 rules decide something: ours, with what covers the others, against CUDD's answer to the same question.

The rules are those of a real Windows 10 many times over, most of them varied. CUDD gets the best way that we know (unions of all
rules before and after each one); it says which rules matter, ours also why the others do not, and which rules cover them.
"""

from __future__ import annotations

import time
from collections import Counter

from bench.bench_diff import machine, yardstick
from bench.protocol import Result

RULES = 1350
WANTED = 1.0
SECONDS = 1.5


def run(*, quick: bool) -> Result:
    """Fastest of several runs of each side, interleaved."""
    from cmfw.engine.shadow import shadows

    diagrams = yardstick()
    state = machine(150 if quick else RULES)
    ours, theirs = [], []
    for _ in range(1 if quick else 9):
        start = time.perf_counter()
        found = shadows(state, witnesses=False)
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        living = diagrams(state).living(state)
        theirs.append(time.perf_counter() - start)
    start = time.perf_counter()
    proved = shadows(state)
    witnessed = time.perf_counter() - start
    place = {id(rule): at for at, rule in enumerate(state.rules)}
    ratio = min(theirs) / min(ours)
    reasons = Counter(str(dead.reason) for dead in found.dead)
    return Result(
        figures={
            "rules": len(state.rules),
            "shadow_ms": round(1000 * min(ours), 1),
            "cudd_ms": round(1000 * min(theirs), 1),
            "ratio": round(ratio, 2),
            "with_witnesses_ms": round(1000 * witnessed, 1),
            "alive": len(proved.alive),
            "doubtful": len(found.doubtful),
            **{f"dead_{reason}": count for reason, count in sorted(reasons.items())},
        },
        answers={
            "both find the same rules alive": {place[id(each.rule)] for each in proved.alive} == living,
            "every rule is dead, alive or doubtful": len(found.dead) + len(found.doubtful) + len(living) == len(state.rules),
        },
        claims={
            f"{RULES} rules take less than {SECONDS} s": max(ours) < SECONDS,
            f"shadow is {WANTED:g} times as fast as CUDD": ratio >= WANTED,
        },
    )
