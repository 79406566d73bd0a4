"""Mutated scripts: no crash, no hang, nothing certain of a command that is refused."""

from __future__ import annotations

import pytest

pytest.importorskip("tree_sitter_pwsh", reason="no PowerShell grammar here (extra `lint`)")

from tests.fuzz import scripts
from tests.fuzz.harness import FEW_INPUTS, run

TARGETS = {"powershell script": scripts.fuzz_powershell, "netsh script": scripts.fuzz_batch}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(TARGETS))
def test_scripts_are_read(name, tmp_path, soak, seed, record_count):
    report = run(TARGETS[name](tmp_path), FEW_INPUTS * soak, seed)
    assert report.failures == []
    record_count(f"mutated inputs: {name}", report.inputs)
