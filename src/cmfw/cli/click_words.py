"""Click's own words in the language of the call: headings of a help text, and what is wrong with arguments.

Click asks ``gettext`` for translations under its English texts. The command line puts these two functions into that place
(``cmfw.cli``), so that no catalog is looked for on the machine and ``locale`` is not loaded. What has no words here stays English.
"""

from __future__ import annotations

from cmfw.words import LANGUAGES, known, language


def key_of(message: str) -> str:
    """The key of an English text: ``click.missing_argument`` for ``Missing argument``."""
    plain = "".join(char if char.isalnum() else " " for char in message.lower())
    return "click." + "_".join(plain.split())


def told(message: str) -> str:
    """The text in the language of this run, unfilled."""
    return message if language() == LANGUAGES[0] else known(key_of(message)) or message


def told_of(one: str, several: str, count: int) -> str:
    """The text for a number of things; Chinese has one form for all, but the English ones name different parts."""
    return told(one if count == 1 else several)
