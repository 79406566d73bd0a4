"""Mutated logs: no crash, no hang, nothing lost unsaid."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.conftest import IN_CI, ROOT, need
from tests.fuzz import logs
from tests.fuzz.harness import MORE_INPUTS, run

TARGETS = {"ccm log": logs.fuzz_ccm, "pfirewall": logs.fuzz_pfirewall}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(TARGETS))
def test_nothing_is_lost_unsaid(name, soak, seed, record_count):
    path = Path(os.environ.get("CMFW_CORPUS", str(ROOT.parent / "shared" / "corpus")))
    if IN_CI:
        need((path / "README.md").is_file(), "no corpus of real exports (set CMFW_CORPUS)")
    target = TARGETS[name](path if (path / "README.md").is_file() else None)
    report = run(target, MORE_INPUTS * soak, seed)
    assert report.failures == []
    record_count(f"mutated inputs: {name}", report.inputs)
