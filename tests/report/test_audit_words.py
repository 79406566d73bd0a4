"""The verdict of an audit in one sentence, right for one feature and for many."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.report.audits import demo

from cmfw import words
from cmfw.model.verdict import Bounds, Status
from cmfw.report.audit_words import verdict


def with_statuses(*statuses: Status):
    """The example's audit with as many features as there are statuses."""
    first = {row.feature: row for row in reversed(demo().diagnosis.rows)}
    rows = tuple(replace(row, bounds=Bounds(status, status)) for row, status in zip(first.values(), statuses, strict=False))
    assert len(rows) == len(statuses)
    return replace(demo(), diagnosis=replace(demo().diagnosis, rows=rows))


@pytest.mark.parametrize(
    ("statuses", "english", "chinese"),
    [
        pytest.param([Status.WORKS], "the only feature works.", "唯一的功能正常。", id="one, and it works"),
        pytest.param([Status.WORKS] * 3, "all 3 features work.", "全部 3 个功能正常。", id="all work"),
        pytest.param(
            [Status.BROKEN], "one feature in all; 1 broken (", "共一个功能；1 个中断（", id="one, and it is broken"
        ),
        pytest.param(
            [Status.WORKS, Status.BROKEN, Status.BROKEN],
            "1 of 3 features works; 2 broken (",
            "3 个功能中有 1 个正常；2 个中断（",
            id="one of several works",
        ),
        pytest.param(
            [Status.WORKS, Status.WORKS, Status.DEGRADED],
            "2 of 3 features work; 1 degraded (",
            "3 个功能中有 2 个正常；1 个降级（",
            id="several work",
        ),
        pytest.param(
            [Status.BROKEN, Status.DEGRADED],
            "0 of 2 features work; 1 broken (",
            "2 个功能中有 0 个正常；1 个中断（",
            id="none of several works",
        ),
    ],
)
def test_the_verdict_agrees_with_its_numbers(statuses, english, chinese):
    audit = with_statuses(*statuses)
    try:
        words.choose("zh_CN")
        assert verdict(audit).startswith(f"{audit.who.name}：{chinese}")
    finally:
        words.choose("en")
    assert verdict(audit).startswith(f"{audit.who.name}: {english}")
