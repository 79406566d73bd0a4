"""What a browser likes best of what there is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmfw.words import LANGUAGES
from cmfw.words.accepted import accepted


@pytest.mark.parametrize(
    ("header", "found"),
    [
        pytest.param("", "", id="no header"),
        pytest.param("zh-CN,zh;q=0.9,en;q=0.8", "zh_CN", id="a Chinese browser"),
        pytest.param("en-GB,en;q=0.9,zh-CN;q=0.7", "en", id="an English browser"),
        pytest.param("de-DE,de;q=0.9,en;q=0.6,zh;q=0.5", "en", id="a German one that also reads both"),
        pytest.param("fr, zh-Hans;q=0.3", "zh_CN", id="the only one of ours"),
        pytest.param("en;q=0.2, zh;q=0.75", "zh_CN", id="weight before order"),
        pytest.param("zh;q=0.4, en;q=0.4", "zh_CN", id="order at equal weight"),
        pytest.param("en;q=0, zh;q=0.1", "zh_CN", id="weight nought refuses"),
        pytest.param("en;q=0", "", id="refused and nothing else"),
        pytest.param("*", "en", id="anything is English"),
        pytest.param("en;q=0.3, *;q=0.6", "zh_CN", id="anything else, rather than English"),
        pytest.param("en;q=0, *;q=0.5", "zh_CN", id="anything but English"),
        pytest.param("*;q=0", "", id="nothing at all"),
        pytest.param("zh;q=0.3, zh-CN;q=0.9, en;q=0.5", "zh_CN", id="the better of two spellings"),
        pytest.param("ZH-cn ; Q=0.8 , en ; q=0.6", "zh_CN", id="blanks and capitals"),
        pytest.param("en;q=nan, zh;q=0.1", "zh_CN", id="no number is no range"),
        pytest.param("en;q=7, zh;q=0.1", "zh_CN", id="more than one is no weight"),
        pytest.param("en;level=1, zh;q=0.1", "zh_CN", id="another parameter is no weight"),
        pytest.param("fr,de", "", id="none of ours"),
        pytest.param(";;;,,,q=1", "", id="rubbish"),
    ],
)
def test_the_best_of_the_header(header, found):
    assert accepted(header) == found


@given(st.text(alphabet="enzhCN-*;q=.01, \u0663", max_size=60))
def test_any_header_gives_a_language_or_none(header):
    assert accepted(header) in ("", *LANGUAGES)
