"""The words of the program as gettext catalogs: English templates, a translation per language, and what is read at run time.

    python -m tools.words                         bring translations into line with the templates, then compile
    python -m tools.words add KEY ENGLISH [ZH]    put a message into the template of its area (and translate it), then the same

``src/cmfw/words/locale/AREA.pot`` holds the English, ``LANGUAGE/LC_MESSAGES/AREA.po`` a translation; both are edited by hand.
``AREA.mo`` beside it maps keys to texts, for English as well. The same sources give the same bytes. docs/translating.md tells more.
The English of errors stands in the sources themselves: ``problems.pot`` is made of them, and its texts are their own keys.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, unescape, write_po

from cmfw.words import AREAS, GENERAL, LANGUAGES, area_of
from cmfw.words.phrases import PROBLEMS
from tools import phrases

LOCALE = Path(__file__).resolve().parent.parent / "src" / "cmfw" / "words" / "locale"
SOURCE = "en"
TRANSLATED = tuple(language for language in LANGUAGES if language != SOURCE)
ALL_AREAS = (GENERAL, *AREAS)
FILLED = "python-brace-format"
"""The flag by which gettext's own tools check that ``{name}`` stands in both texts."""


_FROM_SOURCES = "# English texts of errors, made of the sources by `python -m tools.words`."
_FORMER = "| msgid "
_ENCODED = (("Content-Type", "text/plain; charset=utf-8"), ("Content-Transfer-Encoding", "8bit"))


class Plain(Catalog):
    """A catalog whose header says how to read it and no more: dates and names of editors would make two branches conflict."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """The lines of the header."""
        return [("Language", str(self.locale_identifier)), ("MIME-Version", "1.0"), *_ENCODED]


def template_of(area: str) -> Path:
    """The file of an area's English."""
    return LOCALE / f"{area}.pot"


def translation_of(area: str, language: str) -> Path:
    """The file of an area's translation."""
    return LOCALE / language / "LC_MESSAGES" / f"{area}.po"


def messages(path: Path) -> dict[str, Message]:
    """The messages of a template or translation by key, in the order of the file; ValueError where a key is missing or twice."""
    with path.open("rb") as file:
        catalog = read_po(file, ignore_obsolete=False, abort_invalid=True)
    found: dict[str, Message] = {}
    for message in list(catalog)[1:]:
        key = str(message.id) if path.stem == PROBLEMS else message.context
        if not key or key in found:
            raise ValueError(f"{path.name}: the key `{key}` is missing or there twice")
        # Babel takes the former English of a fuzzy message for a comment of the translator
        former = [line.removeprefix(_FORMER) for line in message.user_comments if line.startswith(_FORMER)]
        message.user_comments = [line for line in message.user_comments if not line.startswith(_FORMER)]
        message.previous_id = [unescape(line) for line in former]
        found[key] = message
    return found


def placeholders(text: str) -> set[str]:
    """The names in braces of a text, with what is done to them."""
    parts = Formatter().parse(text)
    return {f"{name}!{how or ''}:{form or ''}" for _, name, form, how in parts if name is not None}


def updated(template: dict[str, Message], translation: dict[str, Message]) -> dict[str, Message]:
    """The translation in line with its template.

    A new message is empty. One whose English has changed is fuzzy until a translator has looked at it, and shows what the English
    was. A message under a new key takes the text of one that has gone with the same English, fuzzy as well. What has gone is dropped:
    git keeps it.
    """
    gone = {str(old.id): old for key, old in translation.items() if key not in template}
    found = {}
    for key, source in template.items():
        old = translation.get(key) or gone.get(str(source.id))
        text, fuzzy = (str(old.string), old.fuzzy) if old else ("", False)
        previous = list(old.previous_id) if old else []
        if old and text and (old.id != source.id or old.context != source.context):
            fuzzy, previous = True, [str(old.id)]
        comments = old.user_comments if old else ()
        made = _message(source.context, str(source.id), text, source.auto_comments, comments)
        made.previous_id = previous if fuzzy else []
        made.flags |= {"fuzzy"} if fuzzy and text else set()
        found[key] = made
    return found


def _message(
    key: str | None, english: str, text: str = "", notes: Iterable[str] = (), comments: Iterable[str] = ()
) -> Message:
    made = Message(english, text, context=key, auto_comments=tuple(notes), user_comments=tuple(comments))
    made.flags -= {"python-format", FILLED}
    made.flags |= {FILLED} if placeholders(english) else set()
    return made


def written(found: dict[str, Message], language: str) -> bytes:
    """A template (the language is ``SOURCE``) or a translation as the bytes of its file: a text on one line, in the order given."""
    of_sources = language == SOURCE and not any(message.context for message in found.values())
    catalog = Plain(locale=language, fuzzy=False, header_comment=_FROM_SOURCES if of_sources else _head(language))
    for message in found.values():
        catalog[message.id] = message
    made = io.BytesIO()
    write_po(made, catalog, width=0, include_previous=True)
    return made.getvalue()


def _head(language: str) -> str:
    if language == SOURCE:
        return "# English words. Edit the texts here, then run `python -m tools.words`."
    return f"# Words in {language}. See docs/translating.md; `python -m tools.words` brings them into line with the English."


def compiled(found: dict[str, Message], language: str) -> bytes:
    """What is read at run time: key to text, without what is empty or fuzzy; there the English stands in."""
    catalog = Plain(locale=language, fuzzy=False)
    for key, message in found.items():
        text = str(message.id) if language == SOURCE else str(message.string)
        if text and not message.fuzzy:
            catalog[key] = Message(key, text)
    made = io.BytesIO()
    write_mo(made, catalog)
    return made.getvalue()


def files() -> dict[Path, bytes]:
    """Every file as it has to be for what the templates and translations say now."""
    made = {}
    for area in ALL_AREAS:
        template = {key: _message(key, str(m.id), "", m.auto_comments) for key, m in messages(template_of(area)).items()}
        made[template_of(area)] = written(template, SOURCE)
        made[translation_of(area, SOURCE).with_suffix(".mo")] = compiled(template, SOURCE)
        made |= _translated(area, template)
    problems = {text: _message(None, text, "", [f"cmfw.{module}"]) for text, module in phrases.texts().items()}
    made[template_of(PROBLEMS)] = written(problems, SOURCE)
    return made | _translated(PROBLEMS, problems)


def _translated(area: str, template: dict[str, Message]) -> dict[Path, bytes]:
    made = {}
    for language in TRANSLATED:
        path = translation_of(area, language)
        found = updated(template, messages(path) if path.exists() else {})
        made[path] = written(found, language)
        made[path.with_suffix(".mo")] = compiled(found, language)
    return made


def write() -> list[Path]:
    """Write every file that is not yet as it has to be, and return those."""
    changed = [path for path, content in files().items() if not path.exists() or path.read_bytes() != content]
    for path, content in files().items():
        if path in changed:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return changed


def add(key: str, english: str, chinese: str = "") -> None:
    """Put a message behind those of its area whose keys begin alike, or change it, in the template and in Chinese."""
    area = area_of(key)
    put(template_of(area), _message(key, english), SOURCE)
    path = translation_of(area, "zh_CN")
    if chinese:
        put(path, _message(key, english, chinese), "zh_CN")


def put(path: Path, message: Message, language: str) -> None:
    """Write one message into a template or translation, in its place."""
    found = messages(path) if path.exists() else {}
    key = str(message.context)
    if key not in found:
        alike = [at for at, one in enumerate(found) if one.partition(".")[0] == key.partition(".")[0]]
        items = list(found.items())
        items.insert(alike[-1] + 1 if alike else len(items), (key, message))
        found = dict(items)
    found[key] = message
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(written(found, language))


def unfinished() -> list[str]:
    """The messages that a translator still has to look at, as ``LANGUAGE KEY``."""
    found = []
    for language in TRANSLATED:
        for area in (*ALL_AREAS, PROBLEMS):
            for key, message in messages(translation_of(area, language)).items():
                if not message.string or message.fuzzy:
                    found.append(f"{language} {key}")
    return found


def main(arguments: list[str]) -> int:
    """Do what the arguments say; 1 while something is left to translate."""
    if arguments[:1] == ["add"] and len(arguments) in (3, 4) and re.fullmatch(r"[a-z][a-z0-9_.-]*", arguments[1]):
        add(*arguments[1:])
    elif arguments:
        sys.stderr.write(__doc__ or "")
        return 2
    for path in write():
        print(path.relative_to(LOCALE))
    left = unfinished()
    sys.stderr.write("".join(f"to translate: {one}\n" for one in left))
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
