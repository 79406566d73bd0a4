"""Mutated hives, Registry.pol and ``.reg`` files: no crash, no hang, nothing lost unsaid."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.conftest import IN_CI, ROOT, need
from tests.fuzz import containers
from tests.fuzz.harness import MORE_INPUTS, Target, run

TARGETS = {
    "regf": containers.fuzz_regf,
    "preg": containers.fuzz_preg,
    "reg": containers.fuzz_reg,
    "reg-query": containers.fuzz_reg_query,
}


@pytest.fixture(scope="module")
def real_seeds() -> Path | None:
    """The corpus where there is one; the built seeds alone do on a bare machine."""
    path = Path(os.environ.get("CMFW_CORPUS", str(ROOT.parent / "shared" / "corpus")))
    if IN_CI:
        need((path / "README.md").is_file(), "no corpus of real exports (set CMFW_CORPUS)")
    return path if (path / "README.md").is_file() else None


@pytest.mark.slow
@pytest.mark.parametrize("name", list(TARGETS))
def test_nothing_is_lost_unsaid(name, real_seeds, soak, seed, record_count):
    target: Target = TARGETS[name](real_seeds)
    report = run(target, MORE_INPUTS * soak, seed)
    assert report.failures == []
    record_count(f"mutated inputs: {name}", report.inputs)
