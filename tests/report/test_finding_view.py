"""Findings in words: templates of the catalog, filled; nothing lost where they do not fit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cmfw import words
from cmfw.catalog import load
from cmfw.catalog.types import Text
from cmfw.cli.output import plain
from cmfw.model.finding import Finding, Severity
from cmfw.report.finding_text import finding_row, message_of, rule_string, short_origin
from cmfw.report.finding_view import finding_blocks

CATALOG = load()
PAIR = Finding(
    code="wsus-pair",
    severity=Severity.WARNING,
    subject="cm1",
    args=(("http", "8530"), ("https", "8532"), ("wanted", "8531")),
    witness="out tcp 10.0.0.1 > 10.0.0.2:8532",
    repair=("one", "two", "three", "four", "five"),
)


@pytest.mark.parametrize(("lang", "words_of_it"), [("en", "has to be 8531"), ("zh_CN", "8531")])
def test_the_template_is_filled_in_the_language(lang, words_of_it):
    words.choose(lang)
    assert words_of_it in message_of(PAIR, CATALOG)
    assert "{" not in message_of(PAIR, CATALOG)


def test_a_template_that_wants_more_shows_what_there_is():
    words.choose("en")
    text = message_of(replace(PAIR, args=(("http", "1"),)), CATALOG)
    assert text.endswith("(http: 1)")
    assert message_of(replace(PAIR, code="no-such-code"), CATALOG) == "http: 8530; https: 8532; wanted: 8531"


def test_a_value_with_braces_stays_as_it_is():
    words.choose("en")
    assert "{x}" in message_of(replace(PAIR, args=(*PAIR.args[:2], ("wanted", "{x}"))), CATALOG)


def test_text_puts_the_worst_first_and_caps_repairs():
    words.choose("en")
    note = replace(PAIR, severity=Severity.NOTE, subject="quiet")
    error = replace(PAIR, severity=Severity.ERROR, subject="loud")
    text = plain(finding_blocks([note, error, PAIR], CATALOG))
    assert text.index("error: ") < text.index("warning: ") < text.index("note: ")
    assert "... and 2 more" in text
    assert "four" not in text
    assert text.count(PAIR.witness) == 2


def test_a_row_has_everything():
    words.choose("en")
    row = finding_row(PAIR, CATALOG)
    assert (row["code"], row["severity"], row["subject"]) == ("wsus-pair", "warning", "cm1")
    assert row["repair"] == list(PAIR.repair)
    assert row["args"] == dict(PAIR.args)


def test_every_template_is_well_formed_in_both_languages():
    for found in CATALOG.findings.values():
        for text in (found.message, found.repair, found.why, found.title):
            assert isinstance(text, Text)
        assert found.message.en.count("{") == found.message.en.count("}")
        assert found.message.zh_CN.count("{") == found.message.zh_CN.count("}")


@pytest.mark.parametrize(
    ("origin", "short"),
    [
        (r"C:\dir\a.reg!HKLM\Policy\FirewallRules\{1}", r"a.reg!..\FirewallRules"),
        ("/x/b.pol!Value", "b.pol!Value"),
        ("list.txt:7", "list.txt:7"),
    ],
)
def test_origins_in_short(origin, short):
    assert short_origin(origin) == short


def test_many_notes_of_one_code_are_cut_with_their_number():
    words.choose("en")
    notes = [replace(PAIR, severity=Severity.NOTE, subject=f"sup{number}") for number in range(7)]
    text = plain(finding_blocks(notes, CATALOG))
    assert text.count("has to be 8531") == 4
    assert "- ... and 3 more" in text
    assert plain(finding_blocks(notes[:5], CATALOG)).count("has to be 8531") == 5


def test_a_cause_comes_before_what_it_explains():
    words.choose("en")
    cause = Finding(code="shields-up", severity=Severity.ERROR, subject="x", args=(("profile", "domain"), ("store", "gpo")))
    text = plain(finding_blocks([replace(PAIR, severity=Severity.ERROR), cause], CATALOG, "x"))
    assert text.index("Group Policy blocks all incoming connections in the domain profile") < text.index("8531")


def test_a_rule_whose_name_no_rule_string_carries_is_told_in_words():
    from cmfw.model.rule import Action, HostRule
    from cmfw.net.flow import TCP, Direction

    words.choose("en")
    rule = HostRule(id="r", action=Action.BLOCK, direction=Direction.IN, protocol=TCP, name="a|b")
    assert rule_string(rule).startswith("block in tcp")
    assert rule_string(replace(rule, name="a b")).startswith("v2.")
