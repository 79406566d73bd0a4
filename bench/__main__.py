"""Run every bench, each in a process of its own, and print one JSON line for each.

    python -m bench                 all of them, in full
    python -m bench --quick         small inputs: answers are checked, times are not
    python -m bench parse startup   only these

Each line names the run that it is of: the commit, with `+` where the tree had changes, and when it began.
Exit code 1 where an answer is wrong, where a bench fails, or, in full, where a claim about time does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.protocol import Absent

HERE = Path(__file__).resolve().parent
TIMEOUT_S = 1800
RUN = "CMFW_BENCH_RUN"
"""Hands the name of a run to the processes of its benches."""


def names() -> list[str]:
    """All benches, by file name."""
    return sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))


def new_run() -> str:
    """The name of a run that begins now, ``COMMIT TIME``; without git the commit is ``unknown``."""
    command = ["git", "describe", "--always", "--dirty=+"]
    try:
        commit = subprocess.run(command, cwd=HERE.parent, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        commit = "unknown"
    return f"{commit} {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}"


def run_one(name: str, *, quick: bool) -> int:
    """Run one bench in this process and print its line."""
    start = time.perf_counter()
    line: dict[str, Any] = {"bench": name, "run": os.environ.get(RUN) or new_run(), "quick": quick}
    try:
        result = import_module(f"bench.bench_{name}").run(quick=quick)
    except Absent as absent:
        line["absent"] = str(absent)
        ok = os.environ.get("CMFW_CI") != "1"
    else:
        line |= {"figures": result.figures, "answers": result.answers, "claims": result.claims}
        ok = all(result.answers.values()) and (quick or all(result.claims.values()))
    line |= {"seconds": round(time.perf_counter() - start, 2), "python": platform.python_version(), "ok": ok}
    print(json.dumps(line, ensure_ascii=False), flush=True)
    return 0 if ok else 1


def run_apart(name: str, *, quick: bool) -> int:
    """Run one bench in a fresh process, so that none pays for what another has imported or cached."""
    command = [sys.executable, "-m", "bench", "--here", name] + (["--quick"] if quick else [])
    try:
        return subprocess.run(command, cwd=HERE.parent, check=False, timeout=TIMEOUT_S).returncode
    except subprocess.TimeoutExpired:
        print(json.dumps({"bench": name, "quick": quick, "ok": False, "timeout_s": TIMEOUT_S}), flush=True)
        return 1


def main(arguments: list[str]) -> int:
    """The exit code of the whole run."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="one JSON line per bench")
    parser.add_argument("names", nargs="*", help="benches to run (all)")
    parser.add_argument("--quick", action="store_true", help="small inputs, times do not count")
    parser.add_argument("--here", metavar="NAME", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.here:
        return run_one(asked.here, quick=asked.quick)
    known = names()
    unknown = sorted(set(asked.names) - set(known))
    if unknown:
        parser.error(f"no bench `{unknown[0]}` (there are {', '.join(known)})")
    os.environ[RUN] = new_run()
    codes = [run_apart(name, quick=asked.quick) for name in asked.names or known]
    return int(any(codes))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
