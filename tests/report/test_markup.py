"""Text cannot become markup."""

from __future__ import annotations

from cmfw.report.markup import Markup, element, lines


def test_text_is_escaped_and_markup_is_kept():
    made = element(
        "p", "<b>&", element("i", "x"), None, ["y", Markup("<hr>")], class_="a\"b'", data_x=0, hidden=True, title=None
    )
    assert made == '<p class="a&quot;b&#x27;" data-x="0" hidden>&lt;b&gt;&amp;<i>x</i>y<hr></p>'


def test_text_beside_markup_is_still_text():
    assert element("p", Markup("<b></b>") + "<i>") == "<p>&lt;b&gt;&lt;/b&gt;&lt;i&gt;</p>"


def test_an_element_without_an_end():
    assert element("meta", charset="utf-8") == '<meta charset="utf-8">'


def test_lines_keep_their_feeds_and_names_have_none():
    assert lines(["a\nb", "<c>"]) == "a{U+000A}b\n&lt;c&gt;"
