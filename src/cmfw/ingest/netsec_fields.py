"""The properties of exported objects as fields of one rule, and how the objects of one rule add up.

Source: facts/windows_firewall.md 4.6 (values that stand twice, filters that join on InstanceID).
"""

from __future__ import annotations

from typing import Any

from cmfw.ingest import netsec_words as words
from cmfw.ingest.netsec_conditions import mask, parts_of
from cmfw.ingest.netsec_values import CUT, Seen, Texts, texts_of
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES

FREE_TEXTS = frozenset({"id", "name", "description", "group", "group_text"})
"""Fields whose text may look like anything: groups of packaged apps are resources, ``@{...?ms-resource://...}``."""
STRANGE = "strange"
"""Field of ``Seen`` for the properties that we do not know: each as its name, ``=`` and its value."""
_SAYS_NOTHING = frozenset({"any", "0", "false", "none", "notapplicable", "notconfigured"})
"""Values of a condition that is not made, in lower case: the properties of every rule say one where they say nothing."""
_MASKS = {"profile": (words.PROFILES, ALL_PROFILES), "interface": (words.INTERFACES, ALL_INTERFACES)}
_NUMBERS = {
    field: {word.lower(): str(entry[0] if isinstance(entry, tuple) else entry) for word, entry in table.items()}
    for field, table in (
        ("enabled", words.ENABLED),
        ("direction", words.DIRECTIONS),
        ("action", words.ACTIONS),
        ("edge", words.EDGE),
        ("target", words.PROXIMITY | {"Any": 0}),
        ("authentication", words.AUTHENTICATION),
        ("encryption", words.ENCRYPTION),
        ("source_type", words.STORES),
    )
}
_BOOLEANS = {"true": "1", "false": "0"}


_MET: dict[str, str | None] = {}
"""Names of properties as spelled, to their fields: an export repeats a few dozen of them thousands of times."""
_MOST_MET = 2_000


def _field_of(name: str) -> str | None:
    """The field of a property, ``STRANGE`` for one that we do not know, None for one that narrows nothing."""
    spelled = name.strip().lower()
    found = words.FIELD_OF.get(spelled, None if spelled in words.NO_CONDITIONS else STRANGE)
    if len(_MET) < _MOST_MET:
        _MET[name] = found
    return found


def seen_fields(properties: dict[str, Any]) -> tuple[Seen, tuple[str, ...]]:
    """(what the object says in the fields that we know, fields whose doubled properties contradict one another)."""
    seen: Seen = {}
    torn: list[str] = []
    for name, value in properties.items():
        field = _MET.get(name) if name in _MET else _field_of(name)
        if field is None:
            continue
        if field is STRANGE:
            _add_strange(seen, name, value)
            continue
        texts = texts_of(value) if field not in FREE_TEXTS else _free_text(value)
        known = seen.get(field)
        if not known or (field == "id" and name.lower() == "instanceid" and texts):
            # filters join on InstanceID, so of the three names of a rule that one counts
            seen[field] = texts
        elif texts and field not in FREE_TEXTS and not _agree(field, known, texts):
            torn.append(field)
    return seen, tuple(torn)


def _add_strange(seen: Seen, name: str, value: Any) -> None:
    """Keep a property that we do not know, unless its value says that no condition is made."""
    texts = texts_of(value)
    if says_something(texts):
        shown = "something that is not shown" if texts is CUT else ", ".join(texts)
        seen[STRANGE] = (*seen.get(STRANGE, ()), f"{name}={shown}")


def says_something(texts: Texts) -> bool:
    """Whether the value of a property that we do not know may be a condition or a setting."""
    return any(text.lower() not in _SAYS_NOTHING for text in texts)


def is_whole(properties: dict[str, Any]) -> bool:
    """Whether the object is as its cmdlet gave it, so that a property which we do not know is Windows' own."""
    names = {name.strip().lower() for name in properties}
    return not names.isdisjoint(words.MAKERS_MARKS) or names >= words.CONSOLE_MARKS


def join(seen: Seen, said: Seen) -> list[str]:
    """Put what a filter says into the rule's fields; the fields of which it says something else than known before."""
    torn = []
    for field, texts in said.items():
        known = seen.get(field)
        if field == STRANGE:
            seen[field] = (*(known or ()), *texts)
        elif not known:
            seen[field] = texts
        elif texts and not _agree(field, known, texts):
            torn.append(field)
    return torn


def _free_text(value: Any) -> Texts:
    return (value,) if isinstance(value, str) and value else texts_of(value)


def _agree(field: str, known: Texts, texts: Texts) -> bool:
    """Whether two values mean the same: an enum may stand as its name in one property and as its integer in the other."""
    if known == texts:
        return True
    if known is CUT or texts is CUT:
        return False
    if field in _MASKS:
        return mask(known, *_MASKS[field]) == mask(texts, *_MASKS[field])
    return _plain(field, known) == _plain(field, texts)


def _plain(field: str, texts: Texts) -> list[str]:
    table = _NUMBERS.get(field, _BOOLEANS)
    return sorted(table.get(part.lower(), part.lower()) for part in parts_of(texts))
