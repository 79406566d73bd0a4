"""Run the random and mutated inputs in full number; write down what was run in ``docs/soak.json`` and ``docs/soak.md``.

    python -m tools.soak                  what is older than the code it covers
    python -m tools.soak --all            everything
    python -m tools.soak tests/fuzz/...   these files, whether old or not

A test belongs to the soak by asking for the fixture ``record_count``; it scales its numbers by $CMFW_SOAK and records
what it really did. Each test file has a record of its own: counts, seconds, commit, and the digest of everything in this
project that it imports, directly or through others. So a change makes only those records old that it can matter to, and
``tests/test_soak.py`` holds the tree against them: a record older than the code it covers is no record.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "docs" / "soak.json"
PAGE = ROOT / "docs" / "soak.md"
START, END = "<!-- counts: written by tools/soak.py -->\n", "<!-- end of counts -->\n"
SEED = 20160902
FACTOR = 50
"""CI runs a fiftieth."""
MUTATED = "mutated inputs"
"""Total of the counts ``mutated inputs: READER``."""
REQUIRED = {
    "exact = reference, random (state, flow) pairs": 100_000,
    "fuzzed messages to the responder": 1_000_000,
    MUTATED: 1_000_000,
}
"""What the records have to show at least, by the names that the tests give to ``record_count``."""
LEAST_OF_A_READER = 20_000
"""Of the mutated inputs, for each reader. (Five per cent of them for each is not possible with more than twenty readers.)"""
PLACES = ("src", "", "tests")
"""Folders that names of modules start from (pyproject.toml: ``pythonpath``)."""
TABLES = frozenset({"src/cmfw/ingest/__init__.py", "src/cmfw/emit/__init__.py"})
"""Tables of formats and targets, which every reader imports and which another format does not change for it. A test covers
the modules that it names by their keys, and all of them where it takes a table as a whole."""
WHOLE_TABLES = frozenset({"FORMATS", "TARGETS", "HOST_TARGETS"})


def counting_tests(root: Path = ROOT) -> list[str]:
    """The test files that record counts, as sorted paths relative to the root."""
    found = (path for path in (root / "tests").rglob("test_*.py") if "record_count" in path.read_text(encoding="utf-8"))
    return sorted(path.relative_to(root).as_posix() for path in found if path.name != "test_soak.py")


def imports(path: Path, root: Path = ROOT) -> Iterator[Path]:
    """The files of this project that a Python file imports, wherever in it, packages on the way included."""
    for name in imported_names(path.read_text(encoding="utf-8")):
        yield from _file_of(name.split("."), root)


@cache
def imported_names(code: str) -> tuple[str, ...]:
    """Every module that the code may import, packages on the way and names that may be modules included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.update((node.module, *(f"{node.module}.{alias.name}" for alias in node.names)))
    return tuple(sorted({name.rsplit(".", cut)[0] for name in names for cut in range(name.count(".") + 1)}))


@cache
def table_modules(root: Path = ROOT) -> tuple[tuple[str, str], ...]:
    """Key and module of everything that is loaded by its name in one of the tables; two tables may have one key."""
    found: set[tuple[str, str]] = set()
    for table in TABLES:
        path = root / table
        code = ast.parse(path.read_text(encoding="utf-8")) if path.is_file() else ast.Module(body=[])
        for node in ast.walk(code):
            if isinstance(node, ast.Dict):
                rows = zip(node.keys, node.values, strict=True)
                found |= {
                    (key.value, value.value)
                    for key, value in rows
                    if isinstance(key, ast.Constant) and isinstance(value, ast.Constant) and "." in str(value.value)
                }
    return tuple(sorted(found))


def loaded_by_name(path: Path, root: Path = ROOT) -> Iterator[Path]:
    """The readers and targets that a test file loads through the tables."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    imported = {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    for key, module in table_modules(root):
        if key in texts or imported & WHOLE_TABLES:
            yield from _file_of(module.split("."), root)


def _file_of(parts: Sequence[str], root: Path) -> Iterator[Path]:
    for place in PLACES:
        base = root.joinpath(place, *parts)
        for path in (base.with_suffix(".py"), base / "__init__.py"):
            if path.is_file():
                yield path


def covered(test: str, root: Path = ROOT) -> dict[str, str]:
    """Path to SHA-256 of every file whose change makes the record of a test file old; line ends do not count."""
    waiting, found = [root / test], set()
    while waiting:
        path = waiting.pop()
        if path not in found and path.relative_to(root).as_posix() not in TABLES:
            found.add(path)
            waiting.extend(imports(path, root))
            if (root / "tests") in path.parents:
                waiting.extend(loaded_by_name(path, root))
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
        for path in sorted(found)
    }


def digest(test: str, root: Path = ROOT) -> str:
    """One digest of everything that the test file covers."""
    return hashlib.sha256(json.dumps(covered(test, root)).encode()).hexdigest()


def stale(record: dict[str, Any], root: Path = ROOT) -> list[str]:
    """The test files that the records do not describe as they are, gone ones among them, in order."""
    runs = record.get("runs", {})
    now = counting_tests(root)
    old = [test for test in now if runs.get(test, {}).get("digest") != digest(test, root)]
    return sorted({*old, *(runs.keys() - set(now))})


def total(record: dict[str, Any]) -> dict[str, int]:
    """The counts of all runs, with the sum over all readers."""
    counts: dict[str, int] = {}
    for run in record["runs"].values():
        for name, n in run["counts"].items():
            counts[name] = counts.get(name, 0) + n
    mutated = sum(n for name, n in counts.items() if name.startswith(f"{MUTATED}: "))
    return dict(sorted(counts.items())) | {MUTATED: mutated}


def with_counts(page: str, record: dict[str, Any]) -> str:
    """The page with the figures of the records between its marks."""
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError("docs/soak.md has lost its marks")
    table = "".join(f"| {name} | {n:,} |\n" for name, n in total(record).items())
    seconds = sum(run["seconds"] for run in record["runs"].values())
    run = f"Seed {record['seed']}, factor {record['factor']}; {seconds / 60:.0f} minutes of one core in all.\n"
    return f"{before}{START}\n{run}\n| what | how many |\n| --- | ---: |\n{table}\n{END}{after}"


def run(test: str, factor: int) -> dict[str, Any] | None:
    """The record of one test file run in full number; None where a test failed or the code changed meanwhile."""
    before, start = digest(test), time.monotonic()
    command = ["pytest", "-q", f"--hypothesis-seed={SEED}", "-p", "no:cacheprovider", test]
    with tempfile.TemporaryDirectory() as folder:
        counts_file = Path(folder) / "counts.json"
        env = os.environ | {
            "CMFW_SOAK": str(factor),
            "CMFW_COUNTS": str(counts_file),
            "CMFW_SEED": str(SEED),
            "CMFW_CI": "1",
        }
        done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env=env, check=False, capture_output=True)
        if done.returncode:
            sys.stderr.write(done.stdout.decode(errors="replace")[-4000:] + done.stderr.decode(errors="replace")[-2000:])
            return None
        counts = json.loads(counts_file.read_text(encoding="utf-8"))
    if digest(test) != before:
        sys.stderr.write(f"{test}: the covered code changed during the run\n")
        return None
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S607
    return {
        "command": f"CMFW_SOAK={factor} CMFW_SEED={SEED} {' '.join(command)}",
        "counts": counts,
        "seconds": round(time.monotonic() - start, 1),
        "commit": commit.strip(),
        "digest": before,
    }


def main() -> int:
    """Run what is asked for; the record of a file is written only where every test of it passed."""
    parser = argparse.ArgumentParser(prog="python -m tools.soak", description="random tests in full number")
    parser.add_argument("tests", nargs="*", help="test files to run (those whose record is old)")
    parser.add_argument("--all", action="store_true", help="run every test file")
    parser.add_argument("--factor", type=int, default=FACTOR, help=f"multiplies every count ({FACTOR})")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="test files at a time")
    asked = parser.parse_args()
    record: dict[str, Any] = {"schema": "cmfw/soak/2", "seed": SEED, "factor": asked.factor, "runs": {}}
    if RECORD.is_file():
        known = json.loads(RECORD.read_text(encoding="utf-8"))
        if known.get("schema") == record["schema"] and known["factor"] == asked.factor:
            record["runs"] = known["runs"]
    there = counting_tests()
    record["runs"] = {test: found for test, found in record["runs"].items() if test in there}
    wanted = asked.tests or (there if asked.all else [test for test in stale(record) if test in there])
    failed = []
    with ThreadPoolExecutor(asked.jobs) as pool:
        for test, found in zip(wanted, pool.map(lambda test: run(test, asked.factor), wanted), strict=True):
            if found is None:
                failed.append(test)
                continue
            sys.stderr.write(f"{test}: {found['seconds']} s, {found['counts']}\n")
            record["runs"] = dict(sorted((record["runs"] | {test: found}).items()))
            RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8", newline="\n")
            PAGE.write_text(with_counts(PAGE.read_text(encoding="utf-8"), record), encoding="utf-8", newline="\n")
    counts = total(record)
    missing = {name: least for name, least in REQUIRED.items() if counts.get(name, 0) < least}
    for name, least in missing.items():
        sys.stderr.write(f"`{name}` counted {counts.get(name, 0)}, at least {least} are promised\n")
    for test in failed:
        sys.stderr.write(f"{test}: not recorded\n")
    return int(bool(missing or failed))


if __name__ == "__main__":
    raise SystemExit(main())
