"""A rule request read back: a row that was changed beyond reading lets nothing be proved."""

from __future__ import annotations

import pytest
from tests.emit.network_cases import emitted

from cmfw.ingest.path_state import read_filter
from cmfw.model.verdict import Answer

CONTENT = emitted("request", "branch")[0].content


def test_each_row_lets_its_flow_pass():
    lines, problems = read_filter(CONTENT, "request.csv")
    assert problems == []
    assert {line.answer for line in lines} == {Answer.ALLOW}
    assert len(lines) == len(CONTENT.decode().splitlines()) - 1
    assert lines[0].origin == "request.csv:2"


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        (b'"tcp"', b'"tpc"', 2),
        (b'"10.1.0.5"', b'"10.1.0"', 2),
        (b'"80 8080"', b'"80-8080-9"', 2),
        (b'"80 8080"', b'"80 70000"', 2),
        (b'"id / ', b'"id / extra","', 1),
        (b'"","",""', b'"","","",""', 2),
    ],
    ids=["protocol", "address", "range", "port", "headings", "a cell more"],
)
def test_a_row_that_is_not_as_written(before, after, line):
    assert before in CONTENT
    lines, problems = read_filter(CONTENT.replace(before, after, 1), "request.csv")
    assert problems
    assert problems[0].line == line
    assert lines[-1].answer is Answer.UNKNOWN
    assert set(lines[-1].may) == {Answer.ALLOW, Answer.BLOCK}
