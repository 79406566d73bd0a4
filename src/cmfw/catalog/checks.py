"""What may stand in each kind of key of an authored row. A check returns (expected, found, hint) or None where all is well."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from cmfw.catalog.layout import EDITIONS, Key
from cmfw.model.need import leaves, parse_need
from cmfw.net.ports import PortSet

Wrong = tuple[str, str, str]
"""(expected, found, hint)."""
Ids = Mapping[str, frozenset[str]]
"""Ids of every table, to check references."""

_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_ICMP = re.compile(r"\d{1,3}:(\*|\d{1,3})")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_WORD = re.compile(r"[a-z]{2}")
_PLACEHOLDER = re.compile(r"\{(\w*)\}")
LOG_PARTS = frozenset({"subject", "peer", "port", "protocol", "code", "url", "share"})
"""What a pattern of a log mark may take out of a message."""
_PLAIN_TEXT = frozenset({"Windows Management Instrumentation (WMI)"})
"""Texts that Chinese Windows prints in English."""


def check(value: object, key: Key, ids: Ids) -> list[Wrong]:
    """Everything wrong with the value of one key."""
    return _CHECKS[key.kind](value, key, ids)


def _got(value: object) -> str:
    return f"`{value}`" if isinstance(value, str) else f"`{value!r}`"


def _string(value: object, _key: Key, _ids: Ids) -> list[Wrong]:
    if isinstance(value, str) and value.strip() and value == value.strip():
        return []
    return [("a text without blanks around it", _got(value), "")]


def _word(value: object, key: Key, _ids: Ids) -> list[Wrong]:
    if isinstance(value, str) and value in key.among:
        return []
    return [(f"one of {_listed(key.among)}", _got(value), "")]


def _listed(words: frozenset[str] | str) -> str:
    return ", ".join(f"`{word}`" for word in sorted(words))


def _each(one: Callable[[object, Key, Ids], list[Wrong]]) -> Callable[[object, Key, Ids], list[Wrong]]:
    def every(value: object, key: Key, ids: Ids) -> list[Wrong]:
        if not isinstance(value, list):
            return [("a list", _got(value), "")]
        wrong = [w for item in value for w in one(item, key, ids)]
        texts = [repr(item) for item in value]
        return wrong + [("each item once", text, "") for text in sorted(set(texts)) if texts.count(text) > 1]

    return every


def _ref(value: object, key: Key, ids: Ids) -> list[Wrong]:
    table = str(key.among)
    if isinstance(value, str) and value in ids[table]:
        return []
    return [(f"the id of a row of `{table}`", _got(value), "")]


def _typed(kind: type, name: str) -> Callable[[object, Key, Ids], list[Wrong]]:
    def typed(value: object, _key: Key, _ids: Ids) -> list[Wrong]:
        return [] if type(value) is kind else [(name, _got(value), "")]

    return typed


def _matching(pattern: re.Pattern[str], name: str) -> Callable[[object, Key, Ids], list[Wrong]]:
    def matching(value: object, _key: Key, _ids: Ids) -> list[Wrong]:
        return [] if isinstance(value, str) and pattern.fullmatch(value) else [(name, _got(value), "")]

    return matching


def _port_text(value: object, _key: Key, _ids: Ids) -> list[Wrong]:
    try:
        if isinstance(value, str) and (_ICMP.fullmatch(value) or not PortSet.parse(value).is_empty):
            return []
    except ValueError as error:
        return [("ports such as `445` or `49152-65535`", str(error), "")]
    return [("ports such as `445` or `49152-65535`", _got(value), "")]


def _port(value: object, key: Key, ids: Ids) -> list[Wrong]:
    return [] if value in key.among else _port_text(value, key, ids)


def _text(value: object, _key: Key, _ids: Ids) -> list[Wrong]:
    if not isinstance(value, dict) or set(value) != {"en", "zh_CN"}:
        return [("a text in both languages, `en` and `zh_CN`", _got(value), "")]
    wrong = [(f"text in `{lang}`", _got(part), "") for lang, part in value.items() if _string(part, _STRING, {})]
    if wrong:
        return wrong
    if not _CHINESE.search(value["zh_CN"]) and value["zh_CN"] not in _PLAIN_TEXT:
        return [("Chinese in `zh_CN`", _got(value["zh_CN"]), "")]
    if _CHINESE.search(value["en"]):
        return [("English in `en`", _got(value["en"]), "")]
    here, there = (sorted(_PLACEHOLDER.findall(value[lang])) for lang in ("en", "zh_CN"))
    if set(here) != set(there):
        return [("the same `{args}` in both languages", f"`{here}` and `{there}`", "")]
    return []


def _title(value: object, key: Key, ids: Ids) -> list[Wrong]:
    """A text, or the title that a document has in every language."""
    return _string(value, key, ids) if isinstance(value, str) else _text(value, key, ids)


def _literal(value: object, key: Key, ids: Ids) -> list[Wrong]:
    """A text, or what is the same in every language, such as a port."""
    if isinstance(value, str) and _WORD.search(value):
        return [("a text in both languages, `en` and `zh_CN`", _got(value), "")]
    return _title(value, key, ids)


def _text_by_word(value: object, key: Key, ids: Ids) -> list[Wrong]:
    if not isinstance(value, dict) or not value:
        return [("a table of texts", _got(value), "")]
    return [w for text in value.values() for w in _text(text, key, ids)]


def _table(value: object, allowed: Mapping[str, bool]) -> list[Wrong]:
    """``allowed`` maps key to whether it has to be there."""
    if not isinstance(value, dict):
        return [("a table", _got(value), "")]
    wrong = [(f"only {_listed(frozenset(allowed))}", f"`{name}`", "") for name in value if name not in allowed]
    return wrong + [(f"`{name}`", "no such key", "") for name, needed in allowed.items() if needed and name not in value]


def _process(value: object, key: Key, ids: Ids) -> list[Wrong]:
    wrong = _table(value, {"program": True, "service": False})
    if isinstance(value, dict):
        wrong += [w for part in value.values() for w in _string(part, key, ids)]
    return wrong


def _cite(value: object, _key: Key, ids: Ids) -> list[Wrong]:
    wrong = _table(value, {"source": True, "place": True, "as_of": True})
    if not wrong and isinstance(value, dict):
        wrong += _ref(value["source"], Key("ref", "source"), ids)
        wrong += _string(value["place"], _STRING, ids)
        wrong += check(value["as_of"], Key("date"), ids)
    return wrong


def _pattern(value: object, key: Key, ids: Ids) -> list[Wrong]:
    try:
        known = set(re.compile(value).groupindex) if isinstance(value, str) else set()
    except re.error as error:
        return [("a regular expression", f"{_got(value)}: {error}", "")]
    if not known or known - LOG_PARTS:
        return [(f"named groups out of {_listed(LOG_PARTS)}", _got(value), "")]
    return _string(value, key, ids)


def _by_edition(value: object, one: Callable[[str], list[Wrong]]) -> list[Wrong]:
    if not isinstance(value, dict) or not value:
        return [("a table by edition", _got(value), "")]
    wrong = [(f"an edition: {_listed(EDITIONS)}", f"`{name}`", "") for name in value if name not in EDITIONS]
    for edition, item in value.items():
        wrong += one(item) if isinstance(item, str) else [(f"text in `{edition}`", _got(item), "")]
    return wrong


def _needs(value: object, key: Key, ids: Ids) -> list[Wrong]:
    def formula(written: str) -> list[Wrong]:
        try:
            need = parse_need(written)
        except ValueError as error:
            return [("a formula", str(error), "")]
        unknown = sorted({leaf for leaf in leaves(need) if leaf not in ids["flow"]})
        return [("flows in the formula", f"`{leaf}`", "") for leaf in unknown]

    wrong = _by_edition(value, formula)
    if isinstance(value, dict) and not wrong:
        wrong += [(f"a formula for edition `{e}`", "none", "") for e in sorted(set(key.among) - set(value))]
    return wrong


def _levels(value: object, key: Key, ids: Ids) -> list[Wrong]:
    return _by_edition(value, lambda level: _word(level, key, ids))


def _whole(value: object, _key: Key, _ids: Ids) -> list[Wrong]:
    return [] if type(value) is int and value >= 0 else [("a whole number", _got(value), "")]


_STRING = Key("string")
_CHECKS: dict[str, Callable[[Any, Key, Ids], list[Wrong]]] = {
    "string": _string,
    "strings": _each(_string),
    "word": _word,
    "words": _each(_word),
    "ref": _ref,
    "refs": _each(_ref),
    "boolean": _typed(bool, "true or false"),
    "number": _whole,
    "numbers": _each(_whole),
    "date": _matching(_DATE, "a date such as `2016-09-02`"),
    "icmp": _matching(_ICMP, "an ICMP type and code such as `8:*`"),
    "version": _matching(re.compile(r"\d\.\d+"), "a version such as `2.10`"),
    "pattern": _pattern,
    "port": _port,
    "ports": _each(_port),
    "port_text": _port_text,
    "text": _text,
    "title": _title,
    "literal": _literal,
    "texts": _each(_text),
    "text_by_word": _text_by_word,
    "process": _process,
    "processes": _each(_process),
    "cites": _each(_cite),
    "needs": _needs,
    "levels": _levels,
}
