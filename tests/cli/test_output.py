"""Blocks as plain text: 80 columns, Chinese counted as two, nothing lost."""

from __future__ import annotations

import contextlib
import io
import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmfw.cli import output
from cmfw.cli.output import Gap, Heading, Line, Table, Verbatim, plain, width_of, wrap
from cmfw.words.visible import visible

_TEXT = st.text(st.sampled_from("ab c(中文，。) 例外-\\"), max_size=200)


@given(_TEXT, st.integers(4, 80))
def test_wrapped_lines_fit_and_lose_no_letter(text, width):
    lines = wrap(text, width)
    assert all(width_of(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", ["one two", "three"]),
        ("abcdefghijkl", ["abcdefgh", "ijkl"]),
        ("文件和打印机共享", ["文件和打", "印机共享"]),
        ("中文例外，入站", ["中文例", "外，入站"]),
        ("", [""]),
    ],
    ids=["at a blank", "inside a long word", "between characters", "no comma in front", "empty"],
)
def test_where_lines_end(text, lines):
    assert wrap(text, 8) == lines


@given(st.lists(st.tuples(_TEXT, _TEXT, _TEXT), max_size=4))
def test_tables_fit(rows):
    table = Table(("One", "二", "Three"), tuple(rows))
    assert all(width_of(line) <= output.WIDTH for line in plain([table]).splitlines())


def test_blocks_in_order_with_single_empty_lines():
    blocks = [
        Heading("Answer", 1),
        Gap(),
        Gap(),
        Line("word " * 20, mark="- ", indent=2),
        Verbatim("x" * 90),
        Heading("Part"),
        Table(("A", "B"), (("1", ("2", "3")),)),
    ]
    lines = plain(blocks).split("\n")
    assert lines[:3] == ["Answer", "", "  - " + ("word " * 15).strip()]
    assert lines[3] == "    " + ("word " * 5).strip()
    assert lines[4] == "    " + "x" * 90
    assert lines[5:9] == ["", "Part", "----", "A  B"]
    assert lines[-3:] == ["1  2", "   3", ""]
    assert "\n\n\n" not in plain(blocks)


def test_rich_shows_every_kind_of_block():
    from cmfw.cli.terminal import show_rich

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    show_rich([Heading("H1", 1), Heading("H2"), Line("[b] line", mark="* "), Verbatim("v" * 200), Gap()], stream)
    show_rich([Table(("col",), (("broken",),), (("broken", "bad"),))], stream)
    text = stream.getvalue()
    assert all(part in text for part in ("H1", "H2", "[b] line", "v" * 200, "col", "broken"))


def test_a_pipe_gets_plain_text(capsys):
    output.show([Line("plain", style="bad")])
    assert capsys.readouterr().out == "plain\n"


def test_no_colour_when_it_is_refused(monkeypatch):
    from cmfw.cli.terminal import show_rich

    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    stream = io.StringIO()
    show_rich([Line("red", style="bad")], stream)
    assert "\x1b[31m" not in stream.getvalue()
    assert "31m" not in stream.getvalue()


def test_json_keeps_the_order_of_keys_and_chinese(capsys):
    output.show_json({"schema": "x", "b": "中", "a": 1})
    text = capsys.readouterr().out
    assert list(json.loads(text)) == ["schema", "b", "a"]
    assert "中" in text


def test_a_json_document_has_a_line_for_each_row(capsys):
    document = {"schema": "x", "rows": [{"a": [1, 2]}, {"b": {}}], "names": ["p", "q"], "none": [], "pairs": [[1], [2]]}
    output.show_json(document)
    text = capsys.readouterr().out
    assert json.loads(text) == document
    assert text.splitlines()[2:5] == ['  "rows": [', '    {"a": [1, 2]},', '    {"b": {}}']
    output.show_json({})
    assert capsys.readouterr().out == "{}\n"


def test_a_cell_is_no_formula(capsys):
    output.show_csv(("a", "b"), [("=1+1", "x"), (None, "-2")])
    assert capsys.readouterr().out == "a,b\n'=1+1,x\n,'-2\n"


def test_a_long_chinese_line_gets_no_blanks_where_it_is_wrapped():
    text = "请改用手动安装或组策略安装" * 9
    (first, *rest) = output.plain([Line(text, mark="备注 (line 102) ")]).rstrip("\n").split("\n")
    assert first.removeprefix("备注 (line 102) ") + "".join(line.removeprefix("  ") for line in rest) == text


_HOSTILE = "a\x1b[2J\x1b]0;t\x07\r\nb\x9b31m\u202edcba\u2066\u200f\u200bx\u2028\t\x7f\U000e0041\ud800\ufe0f"
_FOREIGN = st.text(
    st.one_of(
        st.sampled_from(
            "ab 中文，例外が\u3099か\u0301e\u0301각\u1100\u1161\u11a8👩🏽\u200d💻❤\ufe0f🇩🇪אבגع٣\u202e\u2066\x1b\x9b\r\n\t\x00"
        ),
        st.characters(),
    ),
    max_size=60,
)


def _steers(text: str) -> list[str]:
    return [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


_PLACES = {
    "heading": Heading,
    "answer": lambda text: Heading(text, 1),
    "line": lambda text: Line(text, 2, "- "),
    "mark": lambda text: Line("x", 0, text),
    "verbatim": Verbatim,
    "cell": lambda text: Table(("A", "B"), ((text, "x"),)),
    "line of a cell": lambda text: Table(("A", "B"), (((text, "y"), "x"),)),
    "column": lambda text: Table(("A", text), (("z", "x"),)),
}


@pytest.mark.parametrize("place", _PLACES)
def test_foreign_text_steers_no_terminal(place, monkeypatch):
    from cmfw.cli.terminal import show_rich

    block = _PLACES[place](_HOSTILE)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    coloured, harmless = _Terminal(), _Terminal()
    show_rich([block], coloured)
    show_rich([_PLACES[place]("harmless")], harmless)
    # what is left is rich's own: bold and underline
    own = set(re.findall(r"\x1b\[[0-9;]*m", harmless.getvalue()))
    left = re.sub("|".join(map(re.escape, own)) or "(?!)", "", coloured.getvalue())
    for shown in (plain([block], 300), left):
        assert _steers(shown) == []
        flat = "".join(shown.split())
        assert all(
            f"{{U+{code}}}" in flat
            for code in ("001B", "0007", "000D", "000A", "009B", "202E", "2028", "E0041", "D800", "FE0F")
        )
    assert len(plain([_PLACES[place]("a\nb")]).splitlines()) == len(plain([_PLACES[place]("acb")]).splitlines())


@given(_FOREIGN)
def test_json_keeps_foreign_text_and_steers_no_terminal(text):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        output.show_json({"schema": "x", "name": text, "rows": [{"name": text}]})
        output.show_json_lines([{"name": text}])
    whole, line = out.getvalue().rsplit("}\n", 2)[0] + "}", out.getvalue().splitlines()[-1]
    assert json.loads(whole)["rows"][0]["name"] == json.loads(line)["name"] == text
    assert _steers(out.getvalue()) == []


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("abc", 3),
        ("中文", 4),
        ("ｆｕｌｌ", 8),
        ("e\u0301", 1),
        ("か\u3099", 2),
        ("\u1100\u1161\u11a8", 2),
        ("각", 2),
        ("💻", 2),
        ("🇩🇪", 2),
        ("אבג", 3),
        ("a\u20dd", 1),
        ("½§", 2),
    ],
    ids=[
        "letters",
        "Chinese",
        "full width",
        "accent",
        "voiced kana",
        "Hangul parts",
        "Hangul",
        "emoji",
        "flag",
        "Hebrew",
        "enclosing",
        "narrow",
    ],
)
def test_columns_that_a_text_takes(text, width):
    assert width_of(text) == width


@given(_FOREIGN, st.integers(4, 80))
def test_foreign_text_is_wrapped_whole_and_fits(text, width):
    lines = wrap(text, width)
    assert all(width_of(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == visible(text).replace(" ", "")
    # no mark is parted from its letter
    assert not any(width_of(line[0]) == 0 for line in lines[1:] if line)


@given(st.lists(st.tuples(*[_FOREIGN] * 5), min_size=1, max_size=3), st.sampled_from((60, 80)))
def test_tables_of_foreign_text_fit_and_stay_in_their_columns(rows, width):
    lines = plain([Table(("One", "二", "Three", "4", "五"), tuple(rows))], width).splitlines()
    assert all(width_of(line) <= width for line in lines)
    rule = lines[1]
    starts = [at for at, char in enumerate(rule) if char == "-" and (at == 0 or rule[at - 1] == " ")]
    for line in lines[2:]:
        columns = "".join(c + "\0" * (width_of(c) - 1) for c in line if width_of(c))
        assert all(columns[start - 2 : start].strip() == "" for start in starts[1:])


def test_a_table_that_finds_no_room_stands_in_records():
    table = Table(tuple(f"Column {n}" for n in range(11, 21)), (tuple(f"cell number {n}" for n in range(31, 41)),))
    lines = plain([table], 60).splitlines()
    assert lines == [f"Column {n}: cell number {n + 20}" for n in range(11, 21)]


@pytest.mark.parametrize("width", [60, 80])
def test_a_terminal_without_colours_gets_plain_text_of_its_width(width, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", str(width))
    stream = _Terminal()
    output.show([Line("word " * 40, style="bad")], stream)
    assert "\x1b" not in stream.getvalue()
    assert max(map(len, stream.getvalue().splitlines())) == width - (1 if width % 5 == 0 else 0)


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_table_on_a_terminal_keeps_its_width(width, monkeypatch):
    from cmfw.cli.terminal import show_rich

    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(width))
    stream = _Terminal()
    rows = (("客户端请求与通知", "cm1.example.com", "broken", ("in tcp 445", "out udp 9")),) * 2
    show_rich([Table(("Feature", "With", "Status", "In the way"), rows)], stream)
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in stream.getvalue().splitlines()]
    assert all(width_of(line) <= width for line in lines)
    assert "tcp" in stream.getvalue()


def test_a_column_cuts_a_word_only_when_all_others_have_given_way():
    rows = (("cm1.example.com", "SMB to the share of the clients", "required by everybody who is there"),)
    told = plain([Table(("Host", "Purpose", "Necessity"), rows)], 40)
    assert "cm1.example.com" in told
    assert all(len(line) <= 40 for line in told.splitlines())
    cut = plain([Table(("Host", "Purpose", "Necessity"), rows)], 26)
    assert "cm1.example.com" not in cut
    assert all(len(line) <= 26 for line in cut.splitlines())
