"""Every word exists in every language, with the same parts to fill in, and what is shipped is what was written."""

from __future__ import annotations

import ast
import contextlib
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from gettext import GNUTranslations

import pytest
from babel.messages.catalog import Message
from tests.conftest import ROOT, need
from tools import words as catalogs

from cmfw import words
from cmfw.ingest.site_keys import SITE_KEYS

_WORD = re.compile(r"[A-Za-z]{2}")
_BETWEEN = re.compile(r"`[^`]*`|{[^}]*}")
_NAMES = (
    "click.",
    "request.",
    "role.",
    "format.",
    "store.",
    "part.",
    "missing.",
    "disabled.",
    "gap.",
    "way.",
    "aspect.",
    "shown.",
    "web.status.",
    "web.target.",
    "probe.fact.",
)
"""Words of what comes from elsewhere, looked up and not said; those of click have a test in ``cli/test_click_words.py``."""

SET_WRONG = re.compile(
    r"[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]|[\u4e00-\u9fff] [\u4e00-\u9fff]|[\u4e00-\u9fff][,;!?]|[\u4e00-\u9fff]\\.$"
)
"""Chinese beside Latin without a blank, with one beside Chinese, or before a half-width mark."""

_SOURCE = ROOT / "src" / "cmfw"


@pytest.fixture(scope="module")
def template() -> dict[str, str]:
    """Key to English."""
    return {
        key: str(m.id) for area in catalogs.ALL_AREAS for key, m in catalogs.messages(catalogs.template_of(area)).items()
    }


@pytest.fixture(scope="module", params=catalogs.TRANSLATED)
def translation(request) -> dict[str, Message]:
    """Key to message, of one language."""
    paths = [catalogs.translation_of(area, request.param) for area in catalogs.ALL_AREAS]
    return {key: message for path in paths for key, message in catalogs.messages(path).items()}


def test_the_files_are_what_the_tool_makes_of_the_texts():
    made = catalogs.files()
    assert set(made) == {path for path in catalogs.LOCALE.rglob("*") if path.is_file()}
    assert [path.name for path, content in made.items() if path.read_bytes() != content] == [], "run `python -m tools.words`"


def test_a_key_is_in_the_template_of_its_area():
    firsts = [first for names in words.AREAS.values() for first in names]
    assert len(firsts) == len(set(firsts))
    for area in catalogs.ALL_AREAS:
        assert [key for key in catalogs.messages(catalogs.template_of(area)) if words.area_of(key) != area] == []


def test_every_message_is_translated_and_none_is_fuzzy(translation):
    assert [key for key, message in translation.items() if not message.string] == []
    assert [key for key, message in translation.items() if message.fuzzy] == []
    assert catalogs.unfinished() == []


def test_nothing_obsolete_is_kept():
    paths = [path for path in catalogs.LOCALE.rglob("*.po*") if "\n#~" in path.read_text(encoding="utf-8")]
    assert paths == []


def test_a_translation_has_the_messages_of_its_template(template, translation):
    assert [(key, str(message.id)) for key, message in translation.items()] == list(template.items())


def test_a_translation_has_the_same_parts_to_fill_in(translation):
    parts = catalogs.placeholders
    assert [key for key, m in translation.items() if parts(str(m.id)) != parts(str(m.string))] == []


def test_a_translation_names_the_same_commands_options_andliterals(translation):
    """What stands in backticks is typed or read as it is; a name that is filled in may have Chinese quotation marks instead."""
    assert [key for key, m in translation.items() if literals(str(m.id)) != literals(str(m.string))] == []


def test_a_translation_is_not_the_english(translation):
    assert [key for key, m in translation.items() if m.id == m.string and _WORD.search(_BETWEEN.sub("", str(m.id)))] == []


def test_chinese_words_are_chinese():
    table = {
        key: m for area in catalogs.ALL_AREAS for key, m in catalogs.messages(catalogs.translation_of(area, "zh_CN")).items()
    }
    foreign = {
        key: str(m.string) for key, m in table.items() if not re.search(r"[\u201c\u3000-\u9fff\uff00-\uffef]", str(m.string))
    }
    # what Microsoft leaves as it is in Chinese
    assert foreign == {"role.internet": "Internet"}


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_what_is_said_is_what_the_catalogs_hold(lang, template):
    """Read by Babel from the text, by the standard library from what is compiled, and by us."""
    held = template
    if lang != catalogs.SOURCE:
        found = [catalogs.messages(catalogs.translation_of(area, lang)) for area in catalogs.ALL_AREAS]
        held = {key: str(message.string) for area in found for key, message in area.items()}
    assert {key: words.said_in(lang, key) for key in template} == held
    compiled = [catalogs.translation_of(area, lang).with_suffix(".mo") for area in catalogs.ALL_AREAS]
    with contextlib.ExitStack() as stack:
        others = [GNUTranslations(stack.enter_context(path.open("rb"))) for path in compiled]
    assert {key: others[catalogs.ALL_AREAS.index(words.area_of(key))].gettext(key) for key in template} == held
    assert len(held) > 1000


@pytest.mark.debian
def test_gettext_itself_accepts_every_catalog(tmp_path):
    """Source: msgfmt of GNU gettext, which also compares what is in braces."""
    need(shutil.which("msgfmt") is not None, "GNU gettext (Debian package gettext)")
    for path in [catalogs.translation_of(area, language) for area in catalogs.ALL_AREAS for language in catalogs.TRANSLATED]:
        command = ["msgfmt", "--check-format", "--check-domain", "--statistics", "-o", str(tmp_path / "out.mo"), str(path)]
        told = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, env={"LC_ALL": "C"})
        assert (told.returncode, told.stderr.strip()) == (
            0,
            f"{len(catalogs.messages(path))} translated messages.".replace("\n", ""),
        )


def test_an_unknown_key_is_a_mistake_of_ours():
    for key in ("", "audit.no-such-word", "no-such-word"):
        with pytest.raises(KeyError):
            words.said_in("zh_CN", key)
        assert words.known(key) is None


def test_a_language_that_is_not_whole_shows_english_for_what_it_lacks(tmp_path, monkeypatch):
    english = catalogs.messages(catalogs.template_of("whatif"))
    partly = {key: Message(m.id, "TR" if key == "whatif.nothing" else "", context=key) for key, m in english.items()}
    for language, found in (("en", english), ("tr", partly)):
        path = tmp_path / "locale" / language / "LC_MESSAGES" / "whatif.mo"
        path.parent.mkdir(parents=True)
        path.write_bytes(catalogs.compiled(found, language))
    monkeypatch.setattr(words, "__file__", str(tmp_path / "__init__.py"))
    monkeypatch.setattr(words, "_read", {})
    assert words.said_in("tr", "whatif.nothing") == "TR"
    assert words.said_in("tr", "whatif.fallback") == str(english["whatif.fallback"].id)


def _rows(*rows: tuple[str, str, str]) -> dict[str, Message]:
    return {key: Message(english, text, context=key) for key, english, text in rows}


@pytest.mark.parametrize(
    ("english", "before", "after"),
    [
        pytest.param(("k", "one"), ("k", "one", "yi"), ("yi", False, []), id="unchanged stays"),
        pytest.param(("k", "one"), None, ("", False, []), id="new is empty"),
        pytest.param(("k", "one more"), ("k", "one", "yi"), ("yi", True, ["one"]), id="changed English makes fuzzy"),
        pytest.param(
            ("k", "one"), ("old", "one", "yi"), ("yi", True, ["one"]), id="a new key takes the text of the old, fuzzy"
        ),
        pytest.param(("k", "two"), ("old", "one", "yi"), ("", False, []), id="what has gone is dropped"),
        pytest.param(("k", "one more"), ("k", "one", ""), ("", False, []), id="empty is not fuzzy"),
    ],
)
def test_a_translation_is_brought_into_line(english, before, after):
    found = catalogs.updated(_rows((*english, "")), _rows(before) if before else {})
    assert list(found) == ["k"]
    assert (found["k"].string, found["k"].fuzzy, found["k"].previous_id) == after
    assert found["k"].id == english[1]


def test_a_fuzzy_message_stays_fuzzy_until_somebody_says_otherwise(tmp_path):
    path = tmp_path / "area.po"
    found = catalogs.updated(_rows(("k", 'say "two"\n', "")), _rows(("k", "one {n}", "yi")))
    path.write_bytes(catalogs.written(found, "zh_CN"))
    again = catalogs.updated(_rows(("k", 'say "two"\n', "")), catalogs.messages(path))
    assert catalogs.written(again, "zh_CN") == path.read_bytes()
    assert (again["k"].fuzzy, again["k"].previous_id) == (True, ["one {n}"])


def literals(text: str) -> set[str]:
    """What stands in backticks and is no part to fill in."""
    return {literal for literal in re.findall(r"`([^`]*)`", text) if not re.fullmatch(r"{\w+}", literal)}


def _chinese(tree: object) -> Iterator[str]:
    """The Chinese texts of an authored file."""
    if isinstance(tree, dict):
        for key, part in tree.items():
            yield from [part] if key == "zh_CN" and isinstance(part, str) else _chinese(part)
    elif isinstance(tree, list):
        for part in tree:
            yield from _chinese(part)


def test_chinese_is_set_as_chinese_is():
    """A blank between Chinese and Latin letters, none between two Chinese ones, and no half-width mark behind Chinese."""
    authored = [*(_SOURCE / "catalog" / "data").rglob("*.toml"), *(_SOURCE / "ingest" / "about").glob("*.toml")]
    texts = [text for path in authored for text in _chinese(tomllib.loads(path.read_text(encoding="utf-8")))]
    texts += [text.zh_CN for key in SITE_KEYS for text in (key.meaning, key.default)]
    for area in catalogs.ALL_AREAS:
        texts += [str(m.string) for m in catalogs.messages(catalogs.translation_of(area, "zh_CN")).values()]
    assert len(texts) > 2000
    assert [text for text in texts if SET_WRONG.search(text)] == []


def _said() -> set[str]:
    """The literal keys that the sources say, with ``{...}`` parts as wildcards."""
    found = set()
    for path in _SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id == "say" and node.args:
                found.add(_pattern(node.args[0]))
            if node.func.id == "counted" and len(node.args) > 1:
                found |= {_pattern(node.args[0]), f"{_pattern(node.args[0])}.one"}
            if node.func.id == "option":
                found |= {"option." + _pattern(k.value) for k in node.keywords if k.arg == "key"}
    return {key for key in found if key}


def _pattern(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.IfExp):
        return "|".join((_pattern(node.body), _pattern(node.orelse)))
    if isinstance(node, ast.JoinedStr):
        return "".join(p.value if isinstance(p, ast.Constant) else "*" for p in node.values)
    return ""


def test_every_key_that_is_said_exists_and_every_key_is_said(template):
    known = set(template)
    used = set()
    for pattern in (one for key in _said() for one in key.split("|")):
        expression = re.escape(pattern).replace(r"\*", r"[a-z0-9_.-]+")
        hits = {key for key in known if re.fullmatch(expression, key)}
        assert hits, f"no words for `{pattern}`"
        used |= hits
    assert [key for key in known - used if not key.startswith(_NAMES)] == []


_COUNTED = re.compile(
    r"{\w+} (?:\w+ )?(?:rules|files|machines|flows|findings|problems|lines|features|packets|hosts|groups|probes|commands|causes|sets|ways|times"
    r"|exchanges|closings|attempts|errors|events|changes|systems|objects|parts|settings|hops|steps|bytes)\b"
)
_AT_LEAST_TWO = {"audit.one_works", "probe.attempts"}
"""Said only where there is more than one."""


def test_english_is_right_for_one_too(template):
    """There are no plural forms (decision 45): a count stands where any number may, or its message has another for one."""
    wrong = [key for key, text in template.items() if _COUNTED.search(text) and not key.endswith(".one")]
    assert [key for key in wrong if f"{key}.one" not in template and key not in _AT_LEAST_TWO] == []
    assert _COUNTED.search("{count} client groups")


def test_one_is_counted_with_words_of_its_own():
    words.choose("en")
    for key in (key for key in words.catalog("en", "audit") if key.endswith(".one")):
        said = [
            words.counted(key.removesuffix(".one"), count, who="w", works=0, rest="r", path="p", format="f", active=0)
            for count in (0, 1, 2)
        ]
        assert said[1] == words.say(key, who="w", works=0, rest="r", path="p", format="f", active=0)
        assert said[0].replace("0", "2") == said[2].replace("0", "2") != said[1]


def test_every_role_has_words(template):
    from cmfw.model.site import ROLES

    assert [name for name in ("client", *ROLES) if f"role.{name}" not in template] == []


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("zh_CN.UTF-8", "zh_CN"),
        ("zh-CN", "zh_CN"),
        ("ZH", "zh_CN"),
        ("Chinese (Simplified)_China", "zh_CN"),
        ("en_GB", "en"),
        ("C", "en"),
        ("C.UTF-8", "en"),
        ("de_DE", ""),
        ("", ""),
    ],
)
def test_spellings_of_languages(text, lang):
    assert words.language_of(text) == lang


def test_an_unknown_locale_is_english(monkeypatch):
    for name in ("CMFW_LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert words.choose("") == "en"
    monkeypatch.setenv("LANG", "zh_CN.GBK")
    assert words.choose("") == "zh_CN"
    assert words.choose("en") == "en"
