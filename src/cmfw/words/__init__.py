"""What the program says, in both languages: gettext catalogs, one per language and area, in ``locale``.

Only the areas that a call says something of are loaded. A key starts with its area's name: ``audit.source``. English stands in
``AREA.pot`` and translations in ``AREA.po``, which are edited; ``AREA.mo`` is made of them by ``python -m tools.words``.

The words of features, groups, errata and findings are rows of the catalog; here is only what surrounds them.
"""

from __future__ import annotations

import os
from contextvars import ContextVar
from struct import unpack_from

LANGUAGES = ("en", "zh_CN")
GENERAL = "general"
AREAS: dict[str, tuple[str, ...]] = {
    "audit": ("audit", "demo", "disabled", "finding", "gap", "part", "presence", "status", "way", "who"),
    "click": ("click",),
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
    "web": ("web",),
    "whatif": ("whatif", "excess", "envelope"),
}
"""Catalog -> the first parts of the keys in it. Every other key is in ``GENERAL``, help and summaries among them."""
_AREA_OF = {first: area for area, firsts in AREAS.items() for first in firsts}
_read: dict[tuple[str, str], dict[str, str]] = {}
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


def area_of(key: str) -> str:
    """The catalog that holds the words of ``key``."""
    return _AREA_OF.get(key.partition(".")[0], GENERAL)


def say(key: str, **parts: object) -> str:
    """The words of ``key`` in the language of this run, with ``{name}`` filled in; KeyError for an unknown key."""
    return said_in(language(), key).format(**parts)


def counted(key: str, count: int, **parts: object) -> str:
    """The words of ``KEY.one`` where the count is one, else those of ``KEY``, filled in like ``say``; KeyError for an unknown key."""
    return said_in(language(), f"{key}.one" if count == 1 else key).format(count=count, **parts)


def said_in(lang: str, key: str) -> str:
    """The words of ``key`` in one language, unfilled, English where the language lacks them; KeyError for an unknown key."""
    area = area_of(key)
    found = catalog(lang, area).get(key)
    return catalog(LANGUAGES[0], area)[key] if found is None else found


def known(key: str) -> str | None:
    """The words of a key that names something from elsewhere (``role.X``, ``gap.X``); None where it has no words."""
    try:
        return said_in(language(), key)
    except KeyError:
        return None


def role(name: str) -> str:
    """The name of a role in words; a role without words is shown as it is."""
    return known(f"role.{name}") or name


def catalog(lang: str, area: str) -> dict[str, str]:
    """Key to words of one area in one language."""
    found = _read.get((lang, area))
    if found is None:
        with open(os.path.join(os.path.dirname(__file__), "locale", lang, "LC_MESSAGES", f"{area}.mo"), "rb") as file:
            found = _read[lang, area] = _texts(file.read())
    return found


def _texts(compiled: bytes) -> dict[str, str]:
    """Key to text of a compiled catalog of ours, which is little-endian and has neither plurals nor contexts.

    The standard library's ``gettext`` reads the same, and compiles patterns for plurals first: 2 % of a short command.
    Source: GNU gettext manual, "The Format of GNU MO Files".
    """
    count, keys_at, texts_at = unpack_from("<3I", compiled, 8)
    keys = unpack_from(f"<{2 * count}I", compiled, keys_at)
    texts = unpack_from(f"<{2 * count}I", compiled, texts_at)
    places = zip(keys[::2], keys[1::2], texts[::2], texts[1::2], strict=True)
    found = {
        compiled[key : key + size].decode(): compiled[text : text + length].decode() for size, key, length, text in places
    }
    # the header, which stands under no key
    del found[""]
    return found


def _from_locale() -> str:
    for name in ("CMFW_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return language_of(value) or "en"
    if os.name == "nt":
        import locale

        return language_of(locale.getlocale()[0] or "") or "en"
    return "en"
