"""Shared fixtures, and the rule that a marker skips on a bare machine but fails in CI when its need is missing."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CMFW_CI") == "1"


def need(present: bool, reason: str) -> None:
    """Skip the test with the reason on a bare machine, fail it where CI promised that the need is met."""
    if not present:
        if IN_CI:
            pytest.fail(f"CI must provide this: {reason}")
        pytest.skip(reason)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real exports; tests that use it carry the ``corpus`` marker."""
    path = Path(os.environ.get("CMFW_CORPUS", str(ROOT.parent / "shared" / "corpus")))
    need((path / "README.md").is_file(), "no corpus of real exports (set CMFW_CORPUS)")
    return path


@pytest.fixture(scope="session")
def soak() -> int:
    """Factor on the counts of random tests; 1 by default, larger in the soak run."""
    return int(os.environ.get("CMFW_SOAK", "1"))


@pytest.fixture(scope="session")
def seed() -> int:
    """Seed of random tests; fixed, so that a run can be repeated, unless $CMFW_SEED says otherwise."""
    return int(os.environ.get("CMFW_SEED", "20160902"))


@pytest.fixture(scope="session")
def record_count(request: pytest.FixtureRequest) -> Callable[[str, int], None]:
    """A function ``(name, n)`` that adds up what random tests really did; the soak run writes the sums down."""
    counts: Counter[str] = request.config.stash[COUNTS]

    def record(name: str, n: int) -> None:
        counts[name] += n

    return record


COUNTS = pytest.StashKey[Counter[str]]()
SKIPPED = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[COUNTS] = Counter()
    config.stash[SKIPPED] = []
    config.pluginmanager.register(SkipWatch(config), "cmfw-skip-watch")


class SkipWatch:
    """Collects what was skipped, in tests and in whole modules."""

    def __init__(self, config: pytest.Config) -> None:
        self.skipped = config.stash[SKIPPED]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self.skipped.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the counts where $CMFW_COUNTS names a file; in CI a skipped test fails the run."""
    counts = session.config.stash[COUNTS]
    path = os.environ.get("CMFW_COUNTS")
    if path:
        Path(path).write_text(json.dumps(dict(sorted(counts.items())), indent=1) + "\n", encoding="utf-8")
    if IN_CI and session.config.stash[SKIPPED] and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name what CI does not forgive."""
    if IN_CI and config.stash[SKIPPED]:
        terminalreporter.section("CI skips nothing", red=True)
        for name in config.stash[SKIPPED]:
            terminalreporter.write_line(f"skipped: {name}")
