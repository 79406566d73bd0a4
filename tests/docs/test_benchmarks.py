"""The page of benchmarks says what one whole run measured, and nothing else."""

from __future__ import annotations

import pytest
from bench.__main__ import names
from tools.bench_docs import MEANS, page

RUN = "1234abc 2031-05-06T07:08:09Z"


def lines(**changed):
    """A line of each bench, the one of ``startup`` changed."""
    found = []
    for name in names():
        line = {"bench": name, "run": RUN, "quick": False, "python": "3.11.2", "figures": {"ms": 4.5}}
        found.append(line | {"answers": {"same": True}, "claims": {"fast": name != "audit"}})
    at = names().index("startup")
    found[at] = found[at] | changed
    return found


def test_every_bench_stands_with_its_meaning_and_the_commit_that_was_measured():
    told = page(lines())
    assert set(MEANS) == set(names())
    assert "commit `1234abc`" in told
    assert [line[3:] for line in told.splitlines() if line.startswith("## ")] == names()
    assert told.count("**does not hold**: fast") == 1


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (lines(run="1234abc 2031-05-06T07:20:00Z"), "several runs"),
        (lines(run="5678def 2031-05-06T07:08:09Z"), "several runs"),
        (lines()[1:], "not each bench once"),
        ([*lines(), lines()[0]], "not each bench once"),
        (lines(quick=True), "was not run in full"),
    ],
    ids=["measured again", "of another commit", "one left out", "one twice", "quick"],
)
def test_a_page_of_anything_but_one_full_run_is_refused(given, says):
    with pytest.raises(ValueError, match=says):
        page(given)
