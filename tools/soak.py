"""Run the random and mutated inputs in full number; write down what was run in ``docs/soak.json`` and ``docs/soak.md``.

    python -m tools.soak [--factor 40]

A test belongs to the soak by asking for the fixture ``record_count``; it scales its numbers by $CMFW_SOAK and records
what it really did. The record names the command, seed, counts, commit and the digest of every file that it covers, and
``tests/test_soak.py`` holds the tree against it: a record older than the code it covers is no record.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "docs" / "soak.json"
PAGE = ROOT / "docs" / "soak.md"
START, END = "<!-- counts: written by tools/soak.py -->\n", "<!-- end of counts -->\n"
SEED = 20160902
FACTOR = 40
COVERED_PACKAGES = ("net", "model", "engine", "ingest")
MUTATED = "mutated inputs"
"""Total of the counts ``mutated inputs: READER``."""
REQUIRED = {"exact = reference, random (state, flow) pairs": 100_000, MUTATED: 1_000_000}
"""What the record has to show at least, by the names that the tests give to ``record_count``."""
LEAST_SHARE = 0.05
"""Of the mutated inputs, for each reader."""


def counting_tests(root: Path = ROOT) -> list[str]:
    """The test files that record counts, as sorted paths relative to the root."""
    found = (path for path in (root / "tests").rglob("test_*.py") if "record_count" in path.read_text(encoding="utf-8"))
    return sorted(path.relative_to(root).as_posix() for path in found if path.name != "test_soak.py")


def covered(root: Path = ROOT) -> dict[str, str]:
    """Path to SHA-256 of every file whose change makes a record old; line ends do not count."""
    paths = {root / name for name in counting_tests(root)}
    paths |= set((root / "tests" / "properties").glob("universe.py"))
    for package in COVERED_PACKAGES:
        paths |= set((root / "src" / "cmfw" / package).rglob("*.py"))
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
        for path in sorted(paths)
    }


def stale(record: dict[str, Any], root: Path = ROOT) -> list[str]:
    """The covered files that a record does not describe as they are, in order."""
    now, then = covered(root), record["files"]
    return sorted(path for path in now.keys() | then.keys() if now.get(path) != then.get(path))


def with_total(counts: dict[str, int]) -> dict[str, int]:
    """The counts with the sum over all readers."""
    return counts | {MUTATED: sum(n for name, n in counts.items() if name.startswith(f"{MUTATED}: "))}


def with_counts(page: str, record: dict[str, Any]) -> str:
    """The page with the figures of a record between its marks."""
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError("docs/soak.md has lost its marks")
    table = "".join(f"| {name} | {n:,} |\n" for name, n in record["counts"].items())
    run = f"Seed {record['seed']}, factor {record['factor']}, at commit `{record['commit'][:12]}`.\n"
    return f"{before}{START}\n{run}\n| what | how many |\n| --- | ---: |\n{table}\n{END}{after}"


def main() -> int:
    """Run the soak; the record is written only where every test passed."""
    parser = argparse.ArgumentParser(prog="python -m tools.soak", description="random tests in full number")
    parser.add_argument("--factor", type=int, default=FACTOR, help=f"multiplies every count ({FACTOR})")
    factor = parser.parse_args().factor
    command = ["pytest", f"--hypothesis-seed={SEED}", "-p", "no:cacheprovider", *counting_tests()]
    before = covered()
    with tempfile.TemporaryDirectory() as folder:
        counts_file = Path(folder) / "counts.json"
        env = os.environ | {
            "CMFW_SOAK": str(factor),
            "CMFW_COUNTS": str(counts_file),
            "CMFW_SEED": str(SEED),
            "CMFW_CI": "1",
        }
        code = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env=env, check=False).returncode
        if code:
            return code
        counts = with_total(json.loads(counts_file.read_text(encoding="utf-8")))
    if covered() != before:
        sys.stderr.write("the covered code changed during the run: nothing is written\n")
        return 1
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S607
    record = {
        "schema": "cmfw/soak/1",
        "command": f"CMFW_SOAK={factor} CMFW_SEED={SEED} {' '.join(command)}",
        "seed": SEED,
        "factor": factor,
        "counts": counts,
        "commit": commit.strip(),
        "files": before,
    }
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8", newline="\n")
    PAGE.write_text(with_counts(PAGE.read_text(encoding="utf-8"), record), encoding="utf-8", newline="\n")
    missing = {name: least for name, least in REQUIRED.items() if counts.get(name, 0) < least}
    for name, least in missing.items():
        sys.stderr.write(f"`{name}` counted {counts.get(name, 0)}, at least {least} are promised\n")
    return int(bool(missing))


if __name__ == "__main__":
    raise SystemExit(main())
