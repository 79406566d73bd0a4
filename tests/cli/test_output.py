"""Blocks as plain text: 80 columns, Chinese counted as two, nothing lost."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmfw.cli import output
from cmfw.cli.output import Gap, Heading, Line, Table, Verbatim, plain, width_of, wrap

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
        Table(("A", "B"), (("1", "2\n3"),)),
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
