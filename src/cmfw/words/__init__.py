"""What the command line says, in both languages: one folder of words per language, one module in it per area.

Only the areas that a call says something of are loaded. A key starts with its area's name: ``audit.source``.

The words of features, groups, errata and findings are rows of the catalog; here is only what surrounds them.
"""

from __future__ import annotations

import os
from contextvars import ContextVar
from importlib import import_module

LANGUAGES = ("en", "zh_CN")
GENERAL = "general"
AREAS: dict[str, tuple[str, ...]] = {
    "audit": ("audit", "demo", "disabled", "finding", "gap", "part", "presence", "status", "way", "who"),
    "explain": ("explain", "direction"),
    "formats": ("format", "aspect", "shown"),
    "lab": ("lab",),
    "losses": ("deployed", "loss"),
    "logs": ("logs",),
    "questions": ("question", "search", "diff", "shadow", "path"),
    "probe": ("probe", "respond"),
    "publish": ("publish",),
    "plan": ("plan", "exception", "necessity", "omission", "role", "rule"),
    "report": ("report", "handbook"),
    "request": ("request",),
    "whatif": ("whatif", "excess", "envelope"),
}
"""Module of words -> the first parts of the keys in it. Every other key is in ``GENERAL``, help and summaries among them."""
_AREA_OF = {first: area for area, firsts in AREAS.items() for first in firsts}
_chosen: ContextVar[str] = ContextVar("cmfw_language", default="")


def choose(text: str) -> str:
    """Set the language of this run from an option value, else from the locale, and return it.

    An unknown value counts as none here; the option itself refuses it.
    """
    found = language_of(text) or _from_locale()
    _chosen.set(found)
    return found


def language_of(text: str) -> str:
    """``en`` or ``zh_CN`` for any spelling of either (``zh-CN``, ``zh_CN.UTF-8``, ``EN``), else the empty string."""
    plain = text.replace("-", "_").lower()
    if plain.startswith(("zh", "chinese")):
        return "zh_CN"
    return "en" if plain.startswith(("en", "c.", "posix")) or plain == "c" else ""


def language() -> str:
    """The language of this run."""
    return _chosen.get() or choose("")


def say(key: str, **parts: object) -> str:
    """The words of ``key`` in the language of this run, with ``{name}`` filled in; KeyError for an unknown key."""
    return _area(language(), _AREA_OF.get(key.partition(".")[0], GENERAL))[key].format(**parts)


def said_in(lang: str, key: str) -> str:
    """The words of ``key`` in one language, unfilled; KeyError for an unknown key."""
    return _area(lang, _AREA_OF.get(key.partition(".")[0], GENERAL))[key]


def known(key: str) -> str | None:
    """The words of a key that names something from elsewhere (``role.X``, ``gap.X``); None where it has no words."""
    return _area(language(), _AREA_OF.get(key.partition(".")[0], GENERAL)).get(key)


def role(name: str) -> str:
    """The name of a role in words; a role without words is shown as it is."""
    return known(f"role.{name}") or name


def words(lang: str) -> dict[str, str]:
    """All words of one language, in the order of the areas."""
    return {key: text for area in (GENERAL, *AREAS) for key, text in _area(lang, area).items()}


def _area(lang: str, area: str) -> dict[str, str]:
    table: dict[str, str] = import_module(f"cmfw.words.{lang.lower()}.{area}").WORDS
    return table


def _from_locale() -> str:
    for name in ("CMFW_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return language_of(value) or "en"
    if os.name == "nt":
        import locale

        return language_of(locale.getlocale()[0] or "") or "en"
    return "en"
