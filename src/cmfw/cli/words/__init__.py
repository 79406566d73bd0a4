"""What the command line says, in both languages: one module of words per language, only the one in use is loaded.

The words of features, groups, errata and findings are rows of the catalog; here is only what surrounds them.
"""

from __future__ import annotations

import os
from contextvars import ContextVar
from importlib import import_module

LANGUAGES = ("en", "zh_CN")
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
    return words(language())[key].format(**parts)


def role(name: str) -> str:
    """The name of a role in words; a role without words is shown as it is."""
    return words(language()).get(f"role.{name}", name)


def words(lang: str) -> dict[str, str]:
    """All words of one language."""
    table: dict[str, str] = import_module(f"cmfw.cli.words.{lang.lower()}").WORDS
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
