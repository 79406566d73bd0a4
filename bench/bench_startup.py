"""How long the short commands take from the shell's view, process and all; the budgets are for a quiet machine."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from bench.protocol import Result, best_of

SITE = """\
code = "P01"
system = [{ host = "cm1", addresses = ["10.1.0.5"] }]
clients = [{ subnets = ["10.2.0.0/24"] }]
"""
BUDGETS_MS = {"help": 80, "explain": 80, "plan": 150}


def run(*, quick: bool) -> Result:
    """Wall time of `--help`, `explain` and `plan` of a three-line site, the best of several runs."""
    figures: dict[str, float | int | str] = {}
    answers: dict[str, bool] = {}
    claims: dict[str, bool] = {}
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site.toml"
        site.write_text(SITE, encoding="utf-8")
        commands = {
            "help": ["--help"],
            "explain": ["explain", "client_push"],
            "plan": ["plan", str(site), "--format", "json"],
        }
        bare = [sys.executable, "-c", "pass"]
        times = 2 if quick else 15
        figures["python_ms"] = round(1000 * best_of(times, lambda: subprocess.run(bare, check=True)), 1)
        for name, arguments in commands.items():
            command = [sys.executable, "-m", "cmfw", *arguments]
            done = subprocess.run(command, capture_output=True, check=False)
            answers[f"`cmfw {arguments[0]}` prints and succeeds"] = done.returncode == 0 and bool(done.stdout)
            best = 1000 * best_of(times, lambda command=command: subprocess.run(command, capture_output=True, check=False))
            figures[f"{name}_ms"] = round(best, 1)
            claims[f"`cmfw {arguments[0]}` in under {BUDGETS_MS[name]} ms"] = best < BUDGETS_MS[name]
    return Result(figures=figures, answers=answers, claims=claims)
