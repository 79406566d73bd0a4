"""Texts of errors: ordinary English to programs, in the language of the run to the person who reads them.

A phrase is a ``str`` that remembers what it was made of, so that JSON, logs and comparisons have the English and ``told`` finds the
translation of its template. A constant text is looked up as it is. See docs/adr/0049-phrases.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from cmfw import words

PROBLEMS = "problems"
"""The catalog of these texts, whose keys are the English ones."""
_CHINESE = (("\u3000", "\u30ff"), ("\u4e00", "\u9fff"), ("\uff00", "\uffef"))


class Phrase(str):
    """An English text with its template and parts; ``str`` of it, and of an error that holds it alone, is the phrase itself."""

    __slots__ = ("parts", "template")

    template: str
    parts: dict[str, Any]

    def __new__(cls, text: str, template: str, parts: dict[str, Any]) -> Self:
        """``text`` is what ``template`` and ``parts`` make in English."""
        made = super().__new__(cls, text)
        made.template, made.parts = template, parts
        return made

    def __str__(self) -> str:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return Phrase, ("".join(self), self.template, self.parts)


class Bilingual(Phrase):
    """An English text that brings its translations along, because it stands in a file that holds all languages."""

    __slots__ = ("translations",)

    translations: dict[str, str]

    def __new__(cls, text: str, translations: dict[str, str]) -> Self:
        """``translations`` maps languages of ours to the text."""
        made = super().__new__(cls, text, text, {})
        made.translations = translations
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return Bilingual, ("".join(self), self.translations)


def phrase(template: str, /, **parts: object) -> Phrase:
    """The text of a template with ``{name}`` filled in; without parts the template is the text, braces and all."""
    return Phrase(template.format(**parts) if parts else template, template, parts)


_COMMA = phrase(", ")


def listed(texts: Iterable[str], between: str = _COMMA) -> Phrase:
    """The texts in a row; those that are no phrases are shown as they are."""
    each = tuple(texts)
    return Phrase(between.join(each), between, {"": each})


def constant(text: str) -> Phrase:
    """The phrase that a text is; one that is none yet counts as a text of our own without parts."""
    return text if isinstance(text, Phrase) else Phrase(text, text, {})


def bilingual(english: str, **translations: str) -> Bilingual:
    """The phrase of a text that has its translations beside it: ``bilingual(text.en, zh_CN=text.zh_CN)``."""
    return Bilingual(english, translations)


def told(text: str) -> str:
    """The text in the language of the run; whatever of it is no phrase and has no translation stays as it is."""
    return told_in(words.language(), text)


def told_in(language: str, text: str) -> str:
    """The text in one language, as ``told`` has it in that of the run."""
    if language == words.LANGUAGES[0]:
        return text
    return _told(constant(text), language)


def _told(text: Phrase, language: str) -> str:
    if isinstance(text, Bilingual):
        return text.translations.get(language, "".join(text))
    found = words.catalog(language, PROBLEMS).get(text.template, text.template)
    if "" in text.parts:
        return _row(text.parts[""], found, language)
    if not text.parts:
        return found
    from string import Formatter

    said = ""
    for literal, name, form, _ in Formatter().parse(found):
        said = _beside(said, literal)
        if name is not None:
            part = text.parts[name]
            said = _beside(said, _told(part, language) if isinstance(part, Phrase) else format(part, form or ""))
    return said


def _row(texts: tuple[str, ...], between: str, language: str) -> str:
    said = ""
    for at, text in enumerate(texts):
        said = _beside(said, between) if at else said
        said = _beside(said, _told(text, language) if isinstance(text, Phrase) else text)
    return said


def _beside(left: str, right: str) -> str:
    """Both texts, without the blank of a template where Chinese has come to stand on both of its sides."""
    if left.endswith(" ") and _is_chinese(left[-2:-1]) and _is_chinese(right[:1]):
        return left[:-1] + right
    if right.startswith(" ") and _is_chinese(right[1:2]) and _is_chinese(left[-1:]):
        return left + right[1:]
    return left + right


def _is_chinese(char: str) -> bool:
    return any(first <= char <= last for first, last in _CHINESE)
