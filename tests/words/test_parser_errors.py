"""What the readers of JSON and TOML say is known by the words that this Python says."""

from __future__ import annotations

import json
import tomllib

import pytest

from cmfw import words
from cmfw.words.parser_errors import of_parser
from cmfw.words.phrases import told


@pytest.mark.parametrize("text", ["", "{1", '{"a" 1}', "[1 2]", "{} {}", '"a'])
def test_json_is_told_in_chinese(text, monkeypatch):
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads(text)
    _is_chinese(caught.value.msg, monkeypatch)


@pytest.mark.parametrize(
    "text",
    [
        "=",
        "a = x",
        'a = "\\xzz"',
        "a = 2026-99-01",
        "a.# = 1",
        "a = 1 b",
        "a",
        "[a",
        "[[a]",
        "a = 1\na = 2",
        "a = [1",
        "a = {b = 1",
    ],
)
def test_toml_is_told_in_chinese(text, monkeypatch):
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    _is_chinese(str(caught.value).partition(" (at ")[0], monkeypatch)


def test_what_is_not_known_stays_as_it_is(monkeypatch):
    monkeypatch.setattr(words, "language", lambda: "zh_CN")
    assert told(of_parser("Duplicate inline table key 'Roles'")) == "duplicate inline table key 'roles'"


def _is_chinese(message, monkeypatch):
    found = of_parser(message)
    assert found == message.lower()
    monkeypatch.setattr(words, "language", lambda: "zh_CN")
    assert told(found) != message.lower()
