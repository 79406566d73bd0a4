"""Cells that a spreadsheet shows and does not run."""

from __future__ import annotations

import pytest

from cmfw.report.csv_table import csv_text, harmless


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\uff1d1", "\uff0b1"])
def test_a_formula_gets_a_quote_in_front(text):
    assert harmless(text) == "'" + text


@pytest.mark.parametrize("text", ["a=1", "10.0.0.5", "'x", "", "{U+202E}"])
def test_other_text_stays(text):
    assert harmless(text) == text


def test_marks_of_the_form_are_quoted():
    assert csv_text(("a", "b"), [('x"y', "1,2")], "\n") == 'a,b\n"x""y","1,2"\n'
