"""Property values as PowerShell exports them, brought to one shape: a tuple of texts, or ``CUT`` where the value is lost.

One property comes as a text, a number, a list, an object ``{"value": [...], "Count": 3}`` (a list that went through
Select-Object in 5.1), ``""`` or ``{}`` (an empty collection), or as the name of a type where the export was not deep enough.

Source: facts/windows_firewall.md 4.6 (shape facts).
"""

from __future__ import annotations

from typing import Any, Final

CUT: Final = ("\0cut",)
"""A value that was there and cannot be read any more: truncated text, or the name of a type."""
Texts = tuple[str, ...]
Seen = dict[str, Texts]
"""Field of ``netsec_words.FIELDS`` to its texts. A field that is missing was not exported; ``()`` was exported empty."""

_TYPE_NAMES = ("System.", "Microsoft.Management.", "@{", "MSFT_Net")
"""How the text of an object starts that ConvertTo-Json, Export-Csv or the console did not look into."""
_LONGEST = 100_000
"""No property of a rule is longer: lists have at most 1,000 entries. Source: MS-FASP 2.2.36."""


def texts_of(value: Any) -> Texts:
    """The value as texts, empty ones left out; ``CUT`` where it is lost."""
    if type(value) is str:
        text = value.strip()
        if not text:
            return ()
        return CUT if _is_lost(text) else (text,)
    if value is None:
        return ()
    if isinstance(value, (bool, int, float)):
        return (str(value),)
    if isinstance(value, dict):
        return _of_object(value)
    if isinstance(value, (list, tuple)):
        out: list[str] = []
        for item in value:
            found = texts_of(item)
            if found is CUT:
                return CUT
            out += found
        return tuple(out)
    return CUT


def _of_object(value: dict[str, Any]) -> Texts:
    if not value:
        return ()
    names = {name.lower(): name for name in value}
    if (
        names.keys() <= {"value", "count", "syncroot", "isreadonly", "isfixedsize", "issynchronized", "length"}
        and "value" in names
    ):
        found = value[names["value"]]
        return CUT if isinstance(found, dict) and found else texts_of(found)
    return CUT


def _is_lost(text: str) -> bool:
    return text.startswith(_TYPE_NAMES) or len(text) > _LONGEST


def unwrapped(value: Any) -> Any:
    """The list inside a ``value``/``Count`` object, anything else as it is."""
    if isinstance(value, dict) and 0 < len(value) <= 7 and {name.lower() for name in value} >= {"value", "count"}:
        return next(item for name, item in value.items() if name.lower() == "value")
    return value
