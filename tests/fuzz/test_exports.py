"""Mutated exports of PowerShell and outputs of the collector: no crash, no hang, no rule lost unsaid."""

from __future__ import annotations

import pytest
from tests.fuzz.exports import TARGETS
from tests.fuzz.harness import run

COUNT = 6_000
"""Inputs of each reader at soak factor 1."""


@pytest.mark.slow
@pytest.mark.parametrize("name", list(TARGETS))
def test_no_rule_is_lost_unsaid(name, soak, seed, record_count):
    report = run(TARGETS[name](None), COUNT * soak, seed)
    assert report.failures == []
    record_count(f"mutated inputs: {name}", report.inputs)
