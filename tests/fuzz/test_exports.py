"""Mutated exports of PowerShell and outputs of the collector: no crash, no hang, no rule lost unsaid."""

from __future__ import annotations

import pytest
from tests.fuzz.exports import TARGETS
from tests.fuzz.harness import INPUTS, run


@pytest.mark.slow
@pytest.mark.parametrize("name", list(TARGETS))
def test_no_rule_is_lost_unsaid(name, soak, seed, record_count):
    report = run(TARGETS[name](None), INPUTS * soak, seed)
    assert report.failures == []
    record_count(f"mutated inputs: {name}", report.inputs)
