"""Blocks as Markdown, as another program reads it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cmfw.report.block_markdown import markdown_of
from cmfw.report.blocks import Gap, Heading, Line, Table, Verbatim
from cmfw.report.safe_text import shown

READER = MarkdownIt("commonmark").enable("table")


def outline(blocks) -> list[tuple[str, int, str]]:
    """(what it is, how deep it stands in lists, its text) of every text that a reader of Markdown sees."""
    found = []
    kind = []
    for token in READER.parse(markdown_of(blocks)):
        if token.nesting == 1:
            kind.append(token.tag)
        elif token.nesting == -1:
            kind.pop()
        elif token.type == "fence":
            found.append(("code", kind.count("li"), token.content.removesuffix("\n")))
        elif token.type == "inline":
            text = "".join("\n" if child.type == "html_inline" else child.content for child in token.children)
            found.append(("li" if "li" in kind else kind[-1], kind.count("li"), text))
    return found


@pytest.mark.parametrize(
    ("blocks", "seen"),
    [
        pytest.param([Heading("a", 1), Heading("b"), Heading("c", 3)], [("h1", 0, "a"), ("h2", 0, "b"), ("h3", 0, "c")], id="levels"),
        pytest.param([Line("a"), Line("b", mark="by: ")], [("p", 0, "a"), ("p", 0, "by: b")], id="paragraphs"),
        pytest.param([Line("a", 2), Line("b", 2)], [("li", 1, "a"), ("li", 1, "b")], id="items"),
        pytest.param([Line("a", 2), Line("b", 4), Line("c", 4), Line("d", 2)], [("li", 1, "a"), ("li", 2, "b"), ("li", 2, "c"), ("li", 1, "d")], id="an item below another"),
        pytest.param([Line("a", 8), Line("b", 2)], [("li", 1, "a"), ("li", 1, "b")], id="far to the right is no code"),
        pytest.param([Line("a", mark="* "), Line("b", mark="* ")], [("li", 1, "a"), ("li", 1, "b")], id="bullets"),
        pytest.param([Line("a"), Line("b", 2), Line("c")], [("p", 0, "a"), ("li", 1, "b"), ("p", 0, "c")], id="a list ends"),
        pytest.param([Verbatim("a"), Verbatim("  b")], [("code", 0, "a\n  b")], id="lines to copy stand together"),
        pytest.param([Verbatim("a"), Gap(), Verbatim("b")], [("code", 0, "a"), ("code", 0, "b")], id="a gap parts them"),
        pytest.param([Table(("x", "y"), (("1", ("2", "3")),))], [("th", 0, "x"), ("th", 0, "y"), ("td", 0, "1"), ("td", 0, "2\n3")], id="a table"),
        pytest.param([Line("# a\n- b")], [("p", 0, "# a - b")], id="a text of two lines is one"),
    ],
)  # fmt: skip
def test_a_reader_sees(blocks, seen):
    assert outline(blocks) == seen


def test_an_answer_ends_in_one_line_feed():
    assert markdown_of([Line("a"), Gap()]) == "a\n"


TEXTS = st.text(st.sampled_from("ab1. \n\t`*_#|<>[]()!\\~-+=&:/@$\u202e\u4e2d"), min_size=1, max_size=24).filter(
    lambda text: text.split()
)
BLOCKS = st.one_of(
    TEXTS.map(lambda text: Heading(text, 2)),
    st.builds(Line, TEXTS, st.sampled_from((0, 2, 4, 6)), st.sampled_from(("", "* ", "by: "))),
    st.builds(lambda one, two: Table(("x", "y"), ((one, (two, one)),)), TEXTS, TEXTS),
)


@given(st.lists(BLOCKS, min_size=1, max_size=6))
def test_whatever_a_text_holds_it_is_shown_and_does_nothing(blocks):
    """No text makes a heading, an item, a link or markup of its own, and none is lost."""
    texts = []
    for block in blocks:
        match block:
            case Heading(text, _):
                texts.append(text)
            case Line(text, _, mark, _):
                texts.append(("" if mark == "* " else mark) + text)
            case Table(columns, rows):
                texts += [*columns, *("\n".join(map(shown, [c] if isinstance(c, str) else c)) for row in rows for c in row)]
    seen = [text for _, _, text in outline(blocks)]
    assert [" ".join(text.split()) for text in seen] == [" ".join(shown(" ".join(text.split())).split()) for text in texts]
