"""Shared fixtures, and the rule that a marker skips on a bare machine but fails in CI when its need is missing."""

from __future__ import annotations

import os
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
