"""Texts of errors: English to programs, the language of the run to people."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from cmfw import words
from cmfw.errors import CmfwError, FormatError, InputError, MissingExtra, Problem, Unsupported
from cmfw.words import phrases
from cmfw.words.phrases import Phrase, bilingual, listed, phrase, told
from cmfw.words.system_errors import of_system

_TABLE = {
    "plain words": "文字",
    "at most {count} of {what}": "{what} 最多 {count} 个",
    "rules": "规则",
    "UTF-8 text": "UTF-8 文本",
    ", ": "、",
    "{file}{place}: expected {expected}, found {found}": "{file}{place}: 应为 {expected}，实为 {found}",
    "{problem} ({hint})": "{problem}（{hint}）",
    "0x{offset:x} {blank}": "{blank} 0x{offset:x}",
}


@pytest.fixture
def chinese(monkeypatch):
    """A run in Chinese with few translations."""
    monkeypatch.setattr(phrases.words, "catalog", lambda _language, _area: _TABLE)
    words.choose("zh_CN")
    yield
    words.choose("en")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("plain words", "文字", id="a constant"),
        pytest.param("other words", "other words", id="without translation"),
        pytest.param(phrase("at most {count} of {what}", count=7, what="x"), "x 最多 7 个", id="parts in another order"),
        pytest.param(
            phrase("at most {count} of {what}", count=7, what=phrase("rules")),
            "规则最多 7 个",
            id="no blank between Chinese",
        ),
        pytest.param(
            phrase("at most {count} of {what}", count=7, what="rules"),
            "rules 最多 7 个",
            id="what a user wrote stays as it is",
        ),
        pytest.param(listed(["`a`", phrase("rules"), "rules"]), "`a`、规则、rules", id="a row"),
        pytest.param(listed([phrase("rules"), "b"], " | "), "规则 | b", id="a row between marks that are no words"),
        pytest.param(
            phrase("0x{offset:x} {blank}", offset=255, blank="`规 则`"), "`规 则` 0xff", id="how a number is written"
        ),
        pytest.param(phrase("[{CSE}{TOOL}]"), "[{CSE}{TOOL}]", id="braces of a text without parts"),
        pytest.param(bilingual("plain words", zh_CN="简单的话"), "简单的话", id="a text that brings its translation along"),
        pytest.param(bilingual("plain words", de="Wörter"), "plain words", id="a text that brings another language along"),
        pytest.param(
            phrase("at most {count} of {what}", count=7, what=bilingual("files", zh_CN="文件")),
            "文件最多 7 个",
            id="such a text as a part",
        ),
        pytest.param(Problem("f", "rules", "UTF-8 text", line=3).text(), "f:3: 应为规则，实为 UTF-8 文本", id="a problem"),
        pytest.param(
            Problem("rules", "rules", "`rules`", "plain words", key="a.b").text(),
            "rules: a.b: 应为规则，实为 `rules`（文字）",
            id="a problem of a file that is named like a text",
        ),
    ],
)
def test_a_text_in_chinese(chinese, text, said):
    del chinese
    assert told(text) == said


def test_a_run_in_english_reads_no_catalog(monkeypatch):
    monkeypatch.setattr(phrases.words, "catalog", lambda *_: pytest.fail("a catalog was read"))
    words.choose("en")
    text = phrase("at most {count} of {what}", count=7, what=phrase("rules"))
    assert told(text) == "at most 7 of rules"


@pytest.mark.parametrize(
    ("error", "english"),
    [
        (FormatError("no end", source="x.pol", offset=19), "x.pol: no end at offset 0x13"),
        (FormatError("no end"), "no end"),
        (Unsupported("netsh", "rule {7}", "no room"), "target `netsh` cannot express `rule {7}`: no room"),
        (MissingExtra("web", "`cmfw serve`"), "`cmfw serve` needs the extra `web`: pip install 'cmfw[web]'"),
        (
            InputError(Problem("{f}", "a", "b"), Problem("g", "c", "d", "h", offset=17)),
            "{f}: expected a, found b\ng@0x11: expected c, found d (h)",
        ),
        (CmfwError(phrase("at most {count}", count=5)), "at most 5"),
    ],
)
def test_the_text_of_an_error_is_a_phrase_and_plain_english(error, english):
    text = str(error)
    assert isinstance(text, Phrase)
    assert text == english
    assert json.dumps({"text": text}) == json.dumps({"text": english})
    assert f"{text}" == english
    for again in (pickle.loads(pickle.dumps(text)), copy.deepcopy(text)):
        assert (again, again.template, again.parts) == (english, text.template, text.parts)


def test_a_text_that_brings_its_translations_along_keeps_them():
    text = bilingual("rules", zh_CN="规则")
    for again in (pickle.loads(pickle.dumps(text)), copy.deepcopy(text), str(ValueError(text))):
        assert (again, again.translations) == ("rules", {"zh_CN": "规则"})


def test_the_text_of_a_value_error_keeps_its_parts():
    text = str(ValueError(phrase("at most {count}", count=5)))
    assert isinstance(text, Phrase)
    assert text.parts == {"count": 5}


@pytest.mark.parametrize(
    ("error", "english"),
    [
        (FileNotFoundError(2, "No such file or directory"), "no such file or directory"),
        (PermissionError(13, "Zugriff verweigert"), "zugriff verweigert"),
        (OSError("a text alone"), "a text alone"),
        (OSError(), "OSError"),
    ],
)
def test_what_the_system_says(error, english):
    assert of_system(error) == english
