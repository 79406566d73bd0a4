"""Turns the raw tables of a site file into typed values by ``SITE_KEYS``, collecting every problem on the way.

Kinds: ``text name code flag port port_list port_range choice choices label day texts addresses profiles table tables``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cmfw.errors import Problem
from cmfw.ingest.site_keys import SITE_KEYS, Place, SiteKey
from cmfw.model.mandate import ENDS
from cmfw.net.addr import AddrSet, parse_range
from cmfw.net.flow import PROFILE_NAMES, Profile
from cmfw.net.ports import PortSet
from cmfw.words.phrases import bilingual, constant, listed, phrase

Table = dict[str, Any]
"""Values by key name: parsed, valid ones only. ``""`` holds the table's own ``Place``."""

GIVEN = "?"
"""Holds the names of all keys of the table as it stands in the file, wrong values included."""

BAD: Any = object()
"""Stands for a value that is already reported as a problem."""

_HOST_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_PROFILE_BITS = {name: int(bit) for bit, name in PROFILE_NAMES.items()}
_RAW_PROFILES = ((1, Profile.PUBLIC), (2, Profile.PRIVATE), (4, Profile.DOMAIN))


def _child_keys() -> dict[str, dict[str, SiteKey]]:
    tables: dict[str, dict[str, SiteKey]] = {}
    for key in SITE_KEYS:
        parent, _, name = key.path.rpartition(".")
        tables.setdefault(parent, {})[name] = key
    return tables


CHILDREN = _child_keys()
"""Keys of each table by name; the top table is ``""``."""


def key_text(place: Place, *, any_index: bool = False) -> str:
    """The place as a key path, ``system[0].roles[1]``; ``system[].roles[]`` for ``any_index``."""
    text = ""
    for part in place:
        text += f"[{'' if any_index else part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def closest(word: str, known: Iterable[str]) -> str:
    """``did you mean `x`?`` for the known word nearest to ``word``, else nothing."""
    from difflib import get_close_matches

    by_lower = {k.lower(): k for k in known}
    found = get_close_matches(word.lower(), list(by_lower), n=1, cutoff=0.6)
    return phrase("did you mean `{name}`?", name=by_lower[found[0]]) if found else ""


def shown(value: Any) -> str:
    """What was found, in one short line."""
    match value:
        case bool():
            return f"`{str(value).lower()}`"
        case str():
            return f"`{value}`" if len(value) <= 80 else f"`{value[:77]}...`"
        case int() | float():
            return f"`{value}`"
        case list():
            return phrase("a list of {count}", count=len(value)) if value else phrase("an empty list")
        case dict():
            return phrase("a table")
        case None:
            return phrase("null")
        case _:
            return phrase("a {kind}", kind=type(value).__name__)


MOST_PROBLEMS = 1000
"""Problems that are told one by one; a file with more was not written by hand, and its reader needs a number."""

_MOST_COMPARED = 100
"""Unknown keys that are compared with the known ones; the comparison is slow and nobody mistypes more."""


class SiteValues:
    """Reads tables by the key table; ``problems`` grows up to ``MOST_PROBLEMS``, nothing is raised.

    ``lines`` finds the lines of all places; it is called for the first problem only.
    """

    def __init__(self, file: str, lines: Callable[[], Mapping[Place, int]]) -> None:
        self.file = file
        self._find_lines = lines
        self._lines: Mapping[Place, int] | None = None
        self.problems: list[Problem] = []
        self._more = 0

    def not_listed(self) -> tuple[Problem, ...]:
        """One problem that counts those above the limit, or none."""
        if not self._more:
            return ()
        return (Problem(self.file, "a site file", phrase("{count} more problems", count=self._more), "mend these first"),)

    def problem(self, place: Place, expected: str, found: str, hint: str = "") -> Any:
        """Records one problem at the place and returns ``BAD``."""
        if len(self.problems) >= MOST_PROBLEMS:
            self._more += 1
            return BAD
        if self._lines is None:
            self._lines = self._find_lines()
        from cmfw.ingest.site_lines import line_of

        line = line_of(self._lines, place)
        self.problems.append(Problem(self.file, expected, found, hint, key_text(place), line))
        return BAD

    def table(self, raw: Any, place: Place) -> Table:
        """The valid values of one table; every unknown key, wrong value and missing key becomes a problem."""
        keys = CHILDREN[key_text(place, any_index=True)]
        out: Table = {"": place, GIVEN: frozenset()}
        if not isinstance(raw, dict):
            self.problem(place, "a table", shown(raw))
            return out
        out[GIVEN] = frozenset(raw)
        for name, value in raw.items():
            key = keys.get(name)
            if key is None:
                self._unknown(name, keys, place)
                continue
            parsed = _KINDS[key.kind](self, value, key, (*place, name))
            if parsed is not BAD:
                out[name] = parsed
        for name, key in keys.items():
            if key.is_required and name not in raw:
                unknown = [n for n in raw if n not in keys][:_MOST_COMPARED]
                if not any(closest(n, [name]) for n in unknown):
                    self.problem((*place, name), _meaning(key), "nothing", phrase("add `{name}`", name=name))
        return out

    def _unknown(self, name: str, keys: dict[str, SiteKey], place: Place) -> None:
        known = phrase("known here: {keys}", keys=listed(keys))
        hint = (closest(name, keys) if len(self.problems) < _MOST_COMPARED else "") or known
        self.problem((*place, name), "a known key", f"`{name}`", hint)

    def items(self, value: Any, place: Place, what: str) -> list[Any] | None:
        """The value as a list; None, and a problem, where it is none."""
        if isinstance(value, list):
            return value
        number = value if isinstance(value, int) else value.strip() if isinstance(value, str) else ""
        hint = phrase("write `[{number}]`", number=number) if str(number).isascii() and str(number).isdigit() else ""
        self.problem(place, phrase("a list of {what}", what=constant(what)), shown(value), hint)
        return None


def _meaning(key: SiteKey) -> str:
    return bilingual(key.meaning.en, zh_CN=key.meaning.zh_CN)


def _text(reader: SiteValues, value: Any, key: SiteKey, place: Place) -> Any:
    if not isinstance(value, str):
        return reader.problem(place, "a text", shown(value))
    if not value.strip() and key.is_required:
        return reader.problem(place, _meaning(key), "an empty text")
    if not value.isprintable():
        return reader.problem(place, "a text on one line", "control characters")
    return value.strip()


def _name(reader: SiteValues, value: Any, _key: SiteKey, place: Place) -> Any:
    if isinstance(value, str) and _is_host(value):
        return value.rstrip(".")
    return reader.problem(place, "a host name such as `cm1` or `cm1.example.com`", shown(value))


def _is_host(text: str) -> bool:
    """Whether the text is labels of letters, digits, `_` and `-` with dots between; the first has no `-` at its ends."""
    labels = text.removesuffix(".").split(".")
    return all(label and _HOST_CHARACTERS.issuperset(label) for label in labels) and "-" not in labels[0][0] + labels[0][-1]


def _code(reader: SiteValues, value: Any, key: SiteKey, place: Place) -> Any:
    if isinstance(value, str) and len(value) == 3 and value.isascii() and value.isalnum():
        return value.upper()
    if value == "" and not key.is_required:
        return value
    return reader.problem(place, "a site code of three letters or digits", shown(value))


def _flag(reader: SiteValues, value: Any, _key: SiteKey, place: Place) -> Any:
    if isinstance(value, bool):
        return value
    return reader.problem(place, "`true` or `false`", shown(value), "without quotes" if isinstance(value, str) else "")


def _port(reader: SiteValues, value: Any, _key: SiteKey, place: Place) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 65535:
        return value
    hint = phrase("without quotes") if isinstance(value, str) and value.isdigit() else ""
    return reader.problem(place, "a port from 1 to 65535", shown(value), hint)


def _port_list(reader: SiteValues, value: Any, key: SiteKey, place: Place) -> Any:
    items = reader.items(value, place, phrase("ports"))
    if items is None:
        return BAD
    if not items:
        return reader.problem(place, "at least one port", "an empty list")
    ports = [_port(reader, item, key, (*place, at)) for at, item in enumerate(items)]
    seen: set[int] = set()
    for at, port in enumerate(ports):
        if port is not BAD and port in seen:
            reader.problem((*place, at), "each port once", phrase("`{port}` again", port=port))
        seen.add(port)
    return tuple(ports) if BAD not in ports else BAD


def _port_range(reader: SiteValues, value: Any, _key: SiteKey, place: Place) -> Any:
    if isinstance(value, str):
        try:
            ports = PortSet.parse(value)
        except ValueError:
            ports = PortSet.EMPTY
        if not ports.is_empty and 0 not in ports:
            return ports
    elif isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 65535:
        return PortSet.of(value)
    return reader.problem(place, 'ports such as `"49152-65535"`', shown(value))


def _choice(reader: SiteValues, value: Any, key: SiteKey, place: Place) -> Any:
    if isinstance(value, str) and value.lower() in key.choices:
        return value.lower()
    expected = (
        phrase("one of {names}", names=listed(f"`{c}`" for c in key.choices)) if len(key.choices) <= 8 else _meaning(key)
    )
    return reader.problem(place, expected, shown(value), closest(value, key.choices) if isinstance(value, str) else "")


def _choices(reader: SiteValues, value: Any, key: SiteKey, place: Place) -> Any:
    items = reader.items(value, place, phrase("words"))
    if items is None:
        return BAD
    if not items:
        return reader.problem(place, "at least one word", "an empty list", "leave the key out for its default")
    found = [_choice(reader, item, key, (*place, at)) for at, item in enumerate(items)]
    return tuple(dict.fromkeys(found)) if BAD not in found else BAD


def _label(reader: SiteValues, value: Any, key: SiteKey, place: Place) -> Any:
    found = _text(reader, value, key, place)
    wrong = sorted(set(ENDS) & set(found)) if found is not BAD else []
    if wrong:
        return reader.problem(
            place, phrase("a text without any of {characters}", characters=" ".join(ENDS)), f"`{wrong[0]}`"
        )
    return found


def _day(reader: SiteValues, value: Any, _key: SiteKey, place: Place) -> Any:
    from datetime import date, datetime

    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if value == "":
        return value
    try:
        if isinstance(value, str) and date.fromisoformat(value).isoformat() == value:
            return value
    except ValueError:
        pass
    return reader.problem(place, "a day such as `2027-06-30`", shown(value))


def _texts(reader: SiteValues, value: Any, key: SiteKey, place: Place) -> Any:
    items = reader.items(value, place, phrase("texts"))
    if items is None:
        return BAD
    found = [_text(reader, item, key, (*place, at)) for at, item in enumerate(items)]
    return tuple(dict.fromkeys(found)) if BAD not in found else BAD


def _addresses(reader: SiteValues, value: Any, _key: SiteKey, place: Place) -> Any:
    items = reader.items(value, place, phrase("addresses"))
    if items is None:
        return BAD
    pairs = []
    for at, item in enumerate(items):
        try:
            pairs.append(parse_range(item if isinstance(item, str) else ""))
        except ValueError:
            reader.problem((*place, at), "an address, subnet or range such as `10.1.0.0/16`", shown(item))
    if len(pairs) != len(items):
        return BAD
    return AddrSet.from_pairs(pairs), tuple(item.strip() for item in items)


def _profiles(reader: SiteValues, value: Any, _key: SiteKey, place: Place) -> Any:
    """(enabled or None, profile mask): the raw integer also says whether the feature is on. Source: configmgr.md 3.5."""
    if isinstance(value, int) and not isinstance(value, bool):
        if value == 0 or 8 <= value <= 15:
            return value >= 8, sum(int(profile) for bit, profile in _RAW_PROFILES if value & bit)
        return reader.problem(place, "0, or 8 plus profile bits (8 to 15)", shown(value), "1 public, 2 private, 4 domain")
    items = reader.items(value, place, phrase("profiles"))
    if items is None:
        return BAD
    mask = 0
    wrong = False
    for at, item in enumerate(items):
        bit = _PROFILE_BITS.get(item.lower(), 0) if isinstance(item, str) else 0
        if not bit:
            hint = closest(item, _PROFILE_BITS) if isinstance(item, str) else ""
            reader.problem((*place, at), "one of `domain`, `private`, `public`", shown(item), hint)
            wrong = True
        mask |= bit
    return BAD if wrong else (None, mask)


def _header(key: SiteKey) -> str:
    return key.path.replace("[]", "")


def _nested(reader: SiteValues, value: Any, _key: SiteKey, place: Place) -> Any:
    return reader.table(value, place)


def _tables(reader: SiteValues, value: Any, key: SiteKey, place: Place) -> Any:
    if isinstance(value, dict):
        return reader.problem(
            place, "repeated tables", "one table", phrase("write `[[{header}]]`, not `[{header}]`", header=_header(key))
        )
    items = reader.items(value, place, phrase("tables"))
    if items is None:
        return BAD
    if not items and key.is_required:
        return reader.problem(place, _meaning(key), "an empty list", phrase("add `[[{header}]]`", header=_header(key)))
    return tuple(reader.table(item, (*place, at)) for at, item in enumerate(items))


_KINDS: dict[str, Callable[[SiteValues, Any, SiteKey, Place], Any]] = {
    "text": _text,
    "name": _name,
    "code": _code,
    "flag": _flag,
    "port": _port,
    "port_list": _port_list,
    "port_range": _port_range,
    "choice": _choice,
    "choices": _choices,
    "label": _label,
    "day": _day,
    "texts": _texts,
    "addresses": _addresses,
    "profiles": _profiles,
    "table": _nested,
    "tables": _tables,
}
