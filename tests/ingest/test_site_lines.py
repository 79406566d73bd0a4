"""Where keys stand: the lines of a text that only looks like tables, and how long it takes to find them."""

from __future__ import annotations

import tomllib
from time import process_time

import pytest

from cmfw.ingest.site_lines import toml_lines


def test_headers_and_keys_have_the_lines_that_they_stand_on():
    text = 'a = 1\n[ b . "c.d" ]\nx = [\n 1,\n]\n[[e]]\n[[ e ]]\ny.z = 2\n'
    assert toml_lines(text) == {
        ("a",): 1,
        ("b", "c.d"): 2,
        ("b", "c.d", "x"): 3,
        ("e", 0): 6,
        ("e", 1): 7,
        ("e", 1, "y"): 8,
        ("e", 1, "y", "z"): 8,
    }


ENDLESS = ["[[" + " " * 4_000, "[x" + " " * 40_000, '\\"' * 40_000, "a" + " " * 40_000]


@pytest.mark.parametrize("line", ENDLESS, ids=["a header of blanks", "a header that never ends", "quotation marks", "a key"])
def test_a_line_of_a_text_takes_no_longer_than_it_is(line):
    """The first string hides where the text of several lines begins, so that its line is taken for a table's."""
    text = f'a = \'"""\'\nb = """\n{line}\n"""\n'
    tomllib.loads(text)
    started = process_time()
    toml_lines(text)
    # minutes where a pattern may try the same characters twice
    assert process_time() - started < 2
