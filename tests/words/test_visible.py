"""Foreign text on a terminal: what would steer it is written out, everything else stays as it is."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmfw.words.visible import is_hidden, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain C:\\new\\x1b", "plain C:\\new\\x1b"),
        ("文件和打印机共享（入站）\u3000", "文件和打印机共享（入站）\u3000"),
        ("e\u0301 אבג ½", "e\u0301 אבג ½"),
        ("\x1b[31m", "{U+001B}[31m"),
        ("a\nb\r\tc", "a{U+000A}b{U+000D}{U+0009}c"),
        ("\x7f\x9b2J", "{U+007F}{U+009B}2J"),
        ("\u202egpj.exe\u2066", "{U+202E}gpj.exe{U+2066}"),
        ("a\u200bb\ufeff\u2028", "a{U+200B}b{U+FEFF}{U+2028}"),
        ("❤\ufe0f\u3164", "❤{U+FE0F}{U+3164}"),
        ("e" + "\u0301" * 5, "e" + "\u0301" * 4 + "{U+0301}"),
        ("\U000e0041\ud800", "{U+E0041}{U+D800}"),
    ],
    ids=[
        "a path",
        "Chinese",
        "marks and Hebrew",
        "a colour",
        "lines and tabs",
        "delete and C1",
        "overrides",
        "nothing to see",
        "a selector and a filler",
        "more marks than a language needs",
        "a tag and half a pair",
    ],
)
def test_what_is_shown(text, shown):
    assert visible(text) == shown


@given(st.text())
def test_nothing_shown_steers_and_showing_twice_changes_nothing(text):
    shown = visible(text)
    assert not any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in shown)
    assert not any(map(is_hidden, shown))
    assert visible(shown) == shown
