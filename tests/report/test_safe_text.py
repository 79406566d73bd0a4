"""What is shown holds nothing that moves, hides or ends; what is written as JSON means the same."""

from __future__ import annotations

import json

import pytest

from cmfw.report.safe_text import shown, shown_lines, unhidden_json


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("File and Printer Sharing", "File and Printer Sharing", id="plain"),
        pytest.param("文件和打印机共享（回显请求）", "文件和打印机共享（回显请求）", id="Chinese"),
        pytest.param("Ti\u1ebfng Vi\u1ec7t e\u0302\u0301", "Ti\u1ebfng Vi\u1ec7t e\u0302\u0301", id="marks of a language"),
        pytest.param("a\u202eexe.txt", "a{U+202E}exe.txt", id="direction turned"),
        pytest.param("\x1b[2J", "{U+001B}[2J", id="terminal"),
        pytest.param("a\nb", "a{U+000A}b", id="a line of its own"),
        pytest.param("a\u200bb\ufeff", "a{U+200B}b{U+FEFF}", id="no width"),
        pytest.param("\u3164", "{U+3164}", id="a letter that is empty"),
        pytest.param("\ud800", "{U+D800}", id="half a pair"),
        pytest.param("a\xa0b", "a{U+00A0}b", id="another blank"),
        pytest.param("\U000e0041", "{U+E0041}", id="tag"),
        pytest.param("e" + "\u0301" * 6, "e" + "\u0301" * 4 + "{U+0301}" * 2, id="a pile of marks"),
    ],
)
def test_shown(text, wanted):
    assert shown(text) == wanted


def test_lines_of_our_own_stay():
    assert shown_lines("a\u202e\nb\tc") == "a{U+202E}\nb{U+0009}c"


@pytest.mark.parametrize("text", ["a\u202eb", "\x7f\x9b", "\U000e0041\u3164", "中文", "\ud800", "plain"])
def test_json_means_the_same(text):
    written = unhidden_json(json.dumps(text, ensure_ascii=False))
    assert json.loads(written) == text
    assert shown(written) == written
