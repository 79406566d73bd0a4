"""Every word exists in every language, with the same parts to fill in."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from string import Formatter

import pytest
from tests.conftest import ROOT

from cmfw import words

_NAMES = ("request.", "role.", "format.", "store.", "part.", "missing.", "disabled.", "gap.", "way.", "aspect.", "shown.")
"""Words of names that come from elsewhere, looked up and not said."""

_SOURCE = ROOT / "src" / "cmfw"


def _parts(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_languages_have_the_same_keys(lang):
    assert list(words.words(lang)) == list(words.words("en"))


def test_the_table_of_areas_equals_the_folders():
    for lang in words.LANGUAGES:
        folder = _SOURCE / "words" / lang.lower()
        assert {p.stem for p in folder.glob("*.py")} - {"__init__"} == {words.GENERAL, *words.AREAS}


def test_a_key_is_in_the_module_of_its_area():
    firsts = {first: area for area, names in words.AREAS.items() for first in names}
    assert len(firsts) == sum(map(len, words.AREAS.values()))
    for area in (words.GENERAL, *words.AREAS):
        table = import_module(f"cmfw.words.en.{area}").WORDS
        assert [key for key in table if firsts.get(key.partition(".")[0], words.GENERAL) != area] == []


def test_a_text_has_the_same_parts_in_every_language():
    tables = [words.words(lang) for lang in words.LANGUAGES]
    assert [key for key in tables[0] if len({frozenset(_parts(table[key])) for table in tables}) > 1] == []


def test_chinese_words_are_chinese():
    table = words.words("zh_CN")
    assert [key for key, text in table.items() if text and not re.search(r"[\u201c\u3000-\u9fff\uff00-\uffef]", text)] == []


def _said() -> set[str]:
    """The literal keys that the sources say, with ``{...}`` parts as wildcards."""
    found = set()
    for path in _SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id == "say" and node.args:
                found.add(_pattern(node.args[0]))
            if node.func.id == "option":
                found |= {"option." + _pattern(k.value) for k in node.keywords if k.arg == "key"}
    return {key for key in found if key}


def _pattern(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.IfExp):
        return "|".join((_pattern(node.body), _pattern(node.orelse)))
    if isinstance(node, ast.JoinedStr):
        return "".join(p.value if isinstance(p, ast.Constant) else "*" for p in node.values)
    return ""


def test_every_key_that_is_said_exists_and_every_key_is_said():
    known = set(words.words("en"))
    used = set()
    for pattern in (one for key in _said() for one in key.split("|")):
        expression = re.escape(pattern).replace(r"\*", r"[a-z0-9_.-]+")
        hits = {key for key in known if re.fullmatch(expression, key)}
        assert hits, f"no words for `{pattern}`"
        used |= hits
    assert {key for key in known - used if not key.startswith(_NAMES)} <= {"option.none"}


def test_every_role_has_words():
    from cmfw.model.site import ROLES

    assert [name for name in ("client", *ROLES) if f"role.{name}" not in words.words("en")] == []


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("zh_CN.UTF-8", "zh_CN"),
        ("zh-CN", "zh_CN"),
        ("ZH", "zh_CN"),
        ("Chinese (Simplified)_China", "zh_CN"),
        ("en_GB", "en"),
        ("C", "en"),
        ("C.UTF-8", "en"),
        ("de_DE", ""),
        ("", ""),
    ],
)
def test_spellings_of_languages(text, lang):
    assert words.language_of(text) == lang


def test_an_unknown_locale_is_english(monkeypatch):
    for name in ("CMFW_LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert words.choose("") == "en"
    monkeypatch.setenv("LANG", "zh_CN.GBK")
    assert words.choose("") == "zh_CN"
    assert words.choose("en") == "en"
