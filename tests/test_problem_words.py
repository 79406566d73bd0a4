"""Every text of an error that a person may read has a translation that is as good as those of all other words."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from babel.messages.catalog import Message
from tests.conftest import need
from tests.test_words import SET_WRONG, literals
from tools import phrases
from tools import words as catalogs

from cmfw import words
from cmfw.words.phrases import PROBLEMS


@pytest.fixture(scope="module", params=catalogs.TRANSLATED)
def translation(request) -> dict[str, Message]:
    """English to message, of one language."""
    return catalogs.messages(catalogs.translation_of(PROBLEMS, request.param))


def test_every_text_is_a_literal_or_a_phrase():
    """An f-string with words, or a variable that holds them, could not be translated."""
    assert [str(flaw) for flaw in phrases.flaws()] == []


def test_the_texts_of_the_sources_are_those_of_the_catalog(translation):
    assert list(translation) == list(phrases.texts())
    assert len(translation) > 20


def test_every_text_is_translated(translation):
    assert [text for text, message in translation.items() if not message.string or message.fuzzy] == []


def test_a_translation_has_the_same_parts_and_literals(translation):
    parts = catalogs.placeholders
    assert [text for text, m in translation.items() if parts(text) != parts(str(m.string))] == []
    assert [text for text, m in translation.items() if literals(text) != literals(str(m.string))] == []


def test_a_translation_is_not_the_english(translation):
    assert [text for text, m in translation.items() if text == m.string] == []


def test_chinese_is_chinese_and_set_as_chinese_is():
    texts = [str(m.string) for m in catalogs.messages(catalogs.translation_of(PROBLEMS, "zh_CN")).values()]
    assert [text for text in texts if not re.search(r"[\u201c\u3000-\u9fff\uff00-\uffef]", text)] == []
    assert [text for text in texts if SET_WRONG.search(text)] == []


def test_a_part_stands_apart_from_chinese():
    """The blank around a part is taken away where the part turns out Chinese; it could not be put there."""
    texts = [str(m.string) for m in catalogs.messages(catalogs.translation_of(PROBLEMS, "zh_CN")).values()]
    beside = re.compile(r"[\u4e00-\u9fff][`{]|[`}][\u4e00-\u9fff]")
    assert [text for text in texts if beside.search(text)] == []


@pytest.mark.parametrize("lang", catalogs.TRANSLATED)
def test_what_is_compiled_is_what_the_catalog_holds(lang, translation):
    assert words.catalog(lang, PROBLEMS) == {text: str(m.string) for text, m in translation.items()}


@pytest.mark.debian
def test_gettext_itself_accepts_the_catalog(tmp_path, translation):
    """Source: msgfmt of GNU gettext, which also compares what is in braces."""
    need(shutil.which("msgfmt") is not None, "GNU gettext (Debian package gettext)")
    for language in catalogs.TRANSLATED:
        path = catalogs.translation_of(PROBLEMS, language)
        command = ["msgfmt", "--check-format", "--check-domain", "--statistics", "-o", str(tmp_path / "out.mo"), str(path)]
        told = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, env={"LC_ALL": "C"})
        assert (told.returncode, told.stderr.strip()) == (0, f"{len(translation)} translated messages.")


@pytest.mark.parametrize(
    ("source", "texts", "flaws"),
    [
        pytest.param('Problem(file, "a file", "`x`")', ["a file"], 0, id="a literal, and what is typed"),
        pytest.param('Problem(file, f"one of {names}", f"`{name}`")', [], 1, id="an f-string with words, and one of values"),
        pytest.param('Problem(file, phrase("one of {names}", names=n), str(n))', ["one of {names}"], 0, id="a phrase"),
        pytest.param(
            'Problem(file=f, expected="a", found="an end" if d else "no end")', ["an end", "no end"], 0, id="alternatives"
        ),
        pytest.param('found = "a file"\nProblem(file, "UTF-8", found)', [], 1, id="words behind a name"),
        pytest.param('found = phrase("a file")\nProblem(file, "UTF-8", found)', ["a file"], 0, id="a phrase behind a name"),
        pytest.param('raise FormatError("no " + what)', [], 1, id="a sum"),
        pytest.param('def why():\n    return "no room"\nUnsupported(t, i, why())', [], 1, id="words out of a function"),
        pytest.param("phrase(text)", [], 1, id="a phrase of no literal"),
        pytest.param('netlink.ask(1, 2, b"", "bridge")', ["bridge"], 0, id="what the kernel is asked for"),
        pytest.param('raise Unexpected("no HTTP")', ["no HTTP"], 0, id="what a listener said instead"),
        pytest.param('raise ValueError(phrase("a NUL"))', ["a NUL"], 0, id="a name in capitals with an article"),
        pytest.param('Problem(file, key.meaning.en, "`x`")', [], 1, id="the English of a text in both languages"),
        pytest.param('Problem(file, bilingual(t.en, zh_CN=t.zh_CN), "`x`")', [], 0, id="both languages of a text"),
        pytest.param(
            'known = "no " + name\nhint = near or known\nProblem(file, "UTF-8", "`x`", hint)',
            [],
            1,
            id="words behind two names",
        ),
        pytest.param('ValueError("two artifacts")', [], 0, id="a bug is nobody's text"),
    ],
)
def test_what_is_found_in_a_source(tmp_path, source, texts, flaws):
    path = tmp_path / "module.py"
    path.write_text(source, encoding="utf-8")
    module = phrases.Module(path)
    assert (list(module.texts()), len(list(module.flaws()))) == (texts, flaws)


@pytest.mark.parametrize(
    ("source", "flaws"),
    [
        pytest.param('talk.finish(RIGHT, ("heard", "one answer"))', 1, id="a fact that is a literal"),
        pytest.param('talk.finish(RIGHT, ("heard", phrase("one answer")))', 0, id="a fact that is a phrase"),
        pytest.param('bound = "yes" if x else "no"\ntalk.finish(RIGHT, ("bind", bound))', 2, id="literals behind a fact"),
        pytest.param('self.facts.append(("checked", "handshake only"))', 1, id="a fact that is noted"),
        pytest.param('self.facts.append(("server", answer.server))', 0, id="what the other side said"),
        pytest.param('settle(OPEN, evidence=("echo reply",))', 1, id="evidence that is a literal"),
        pytest.param('settle(OPEN, evidence=(phrase("echo reply"), *more))', 0, id="evidence that is a phrase"),
        pytest.param('settle(OPEN, evidence=("ECONNREFUSED",))', 0, id="a word of the system"),
    ],
)
def test_what_a_probe_says_of_an_answer_is_a_phrase(tmp_path, source, flaws):
    path = tmp_path / "probe" / "module.py"
    path.parent.mkdir()
    path.write_text(source, encoding="utf-8")
    assert len(list(phrases.Module(path).flaws())) == flaws
