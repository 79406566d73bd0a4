"""TOML that a person wrote: what is refused before it is parsed, with the parser itself as witness, and what stands where it is none."""

from __future__ import annotations

import tomllib
from time import process_time
from tomllib import _parser  # type: ignore[attr-defined]

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmfw.errors import InputError
from cmfw.ingest import toml_document as module
from cmfw.ingest.lab_scenario import read_scenario_text
from cmfw.ingest.site import read_site_text
from cmfw.ingest.toml_document import MOST_NAMES, toml_document

MOST = ".".join(["a"] * MOST_NAMES)
ONE_MORE = f"a.{MOST}"
OF_STRINGS = " . ".join(['"b.\\"\'"', "'c.\"'"] * (MOST_NAMES // 2) + ["d"])

REFUSED = [
    pytest.param(f"x = 1\n{ONE_MORE} = 2", 2, id="a key"),
    pytest.param(f"# {ONE_MORE}\r\n\r\n[{ONE_MORE}]", 3, id="a table header"),
    pytest.param(f"[[ {ONE_MORE} ]]", 1, id="a header of repeated tables"),
    pytest.param(f"x = 1.5\ny = {{ z = 1, {ONE_MORE} = 2 }}", 2, id="a key in a table on one line"),
    pytest.param(f"{OF_STRINGS} = 1", 1, id="names in both kinds of quotation marks"),
    pytest.param(f'x = """\n{ONE_MORE}\\"""""\n{ONE_MORE} = 1', 3, id="after a text that ends in a quotation mark"),
    pytest.param(f"x = '''\n{ONE_MORE}''''\n{ONE_MORE} = 1", 3, id="after a literal text that ends in one"),
    pytest.param(f"x = '#'\n{ONE_MORE} = 1", 2, id="after a string that looks like a comment"),
]
TAKEN = [
    pytest.param(f"{MOST} = 1\n[b.{MOST[2:]}]\n[[c.{MOST[2:]}]]", id="the most names"),
    pytest.param(f"x = 1 # {ONE_MORE} = 1\n# {ONE_MORE}", id="dots in a comment"),
    pytest.param(f"x = \"{ONE_MORE}\"\ny = '{ONE_MORE}'\n'{ONE_MORE}' = 1", id="dots in strings"),
    pytest.param(f'x = """\n{ONE_MORE} = "\\"""\n{ONE_MORE}""""', id="dots in a text of several lines"),
    pytest.param(f"x = '''\n{ONE_MORE} = \"\\\n{ONE_MORE}''''", id="dots in a literal text of several lines"),
    pytest.param("x = [" + "1.5, " * 99 + "]", id="a list of numbers on one line"),
    pytest.param("x = [" + '"10.0.0.0/8", ' * 99 + "]", id="a list of subnets on one line"),
]


@pytest.mark.parametrize(("text", "line"), REFUSED)
def test_a_key_of_too_many_names_is_refused_with_its_line_and_the_bound(text, line):
    tomllib.loads(text)
    with pytest.raises(InputError) as caught:
        toml_document(text, "s.toml")
    told = f"s.toml:{line}: expected at most {MOST_NAMES} names joined by dots, found more"
    assert [p.text() for p in caught.value.problems] == [told]


@pytest.mark.parametrize("text", TAKEN)
def test_dots_that_join_few_names_are_taken(text):
    assert toml_document(text, "s.toml") == tomllib.loads(text)


PIECES = [
    "a",
    "b.c",
    "a.b.c",
    ".",
    " . ",
    "=",
    '"',
    "'",
    '"""',
    "'''",
    "\\",
    '\\"',
    "#",
    "\n",
    ",",
    "[",
    "]",
    "{",
    "}",
    "1.5",
    " ",
]
LINES = [
    "x = ",
    '"a.b"',
    "'a.b.c'",
    '"""a.b.c"""',
    "'''\na.b.c = 1'''",
    "# a.b.c\n",
    " = 1\n",
    "[a.b.c]\n",
    '"\\"" . ',
    *PIECES,
]


@given(st.lists(st.sampled_from(LINES), max_size=14).map("".join))
def test_what_is_refused_is_what_the_parser_would_join(text):
    """The parser tells each key that it reads; of a text that is no TOML only what stands before the mistake counts."""
    joined = []

    def told(src, pos):
        end, key = _PARSE_KEY(src, pos)
        joined.append(len(key))
        return end, key

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_NAMES", 2)
        patch.setattr(_parser, "parse_key", told)
        is_toml = True
        try:
            tomllib.loads(text)
        except ValueError:
            is_toml = False
        refused = module._line_of_endless_key(text) is not None
    if max(joined, default=0) > 2:
        assert refused
    elif is_toml:
        assert not refused


_PARSE_KEY = _parser.parse_key

ENDLESS = {
    "names": ".".join("a" * 50_000) + " = 1",
    "quotation marks that never end": 'x = "' + "." * 20 + '"\ny = "' + '\\"' * 50_000,
    "a text that never ends": 'x = "' + "." * 20 + '"\ny = """' + '\\"""' * 50_000,
    "blanks": 'x = "' + "." * 20 + '"\na' + " " * 100_000 + "b",
    "names just below the bound": 'x = "' + "." * 20 + '"\ny = ' + ('"a".' * 15 + "a,") * 2_000,
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
@pytest.mark.parametrize(
    "read",
    [lambda t: read_site_text(t, "s.toml"), lambda t: read_scenario_text(t.encode(), "s.toml")],
    ids=["site", "scenario"],
)
def test_100_kb_that_would_keep_the_parser_busy_are_refused_at_once(read, text):
    started = process_time()
    with pytest.raises(InputError):
        read(text)
    # a minute without the bound
    assert process_time() - started < 5


def test_a_scenario_that_nests_too_deep_is_a_problem():
    with pytest.raises(InputError, match="nesting too deep"):
        read_scenario_text(b"x = " + b"[" * 100_000, "s.toml")
