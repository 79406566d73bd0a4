"""Markdown that shows names as they are."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from cmfw.report.markdown import code, table, text_of


@pytest.mark.parametrize(
    "text",
    [
        "<script>",
        "-",
        "=",
        "**a**",
        "[a](b)",
        "a|b",
        "`a`",
        "http://a.example",
        "www.a.example",
        "&lt;",
        "# a",
        "1. a",
        "- a",
        "a_b_c",
    ],
)
def test_a_text_is_one_text(text):
    told = text_of(text)
    page = MarkdownIt("gfm-like", {"linkify": False}).render(told)
    assert page == f"<p>{text.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')}</p>\n"


def test_code_is_fenced_with_more_ticks_than_it_has():
    assert code(["a ``` b", "c"]) == "````\na ``` b\nc\n````"


def test_a_cell_has_lines():
    assert table(["a", "b"], [[["x|y", "z"], [""]]]) == "| a | b |\n| --- | --- |\n| x\\|y<br>z |  |"
