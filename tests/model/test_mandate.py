"""Who answers for rules: what a description says at its end is what the site file said."""

from __future__ import annotations

import pytest

from cmfw.model.mandate import Mandate, described, mandate_of

SAID = [
    Mandate(),
    Mandate(owner="Client platform"),
    Mandate(ticket="CHG-41877"),
    Mandate(expiry="2027-06-30"),
    Mandate(owner="客户端平台组", expiry="2027-06-30"),
    Mandate(owner="a: b, ticket: c", ticket="owner: d", expiry="2027-06-30"),
]


@pytest.mark.parametrize("said", SAID, ids=lambda said: said.text() or "nothing")
def test_a_description_gives_it_back(said):
    assert mandate_of(described(("push, SMB", "", "page-2016, line 117"), said)) == said
    assert mandate_of(said.text()) == said


def test_only_the_end_of_a_description_counts():
    assert mandate_of("owner: somebody; of the client") == Mandate()
    assert mandate_of("owner: x; owner: y") == Mandate(owner="y")


def test_what_is_said_below_wins_over_what_is_said_above():
    above = Mandate(owner="site team", ticket="CHG-1", expiry="2027-01-31")
    assert Mandate(ticket="CHG-2").over(above) == Mandate(owner="site team", ticket="CHG-2", expiry="2027-01-31")


@pytest.mark.parametrize(
    ("expiry", "day", "over"),
    [("2027-06-30", "2027-06-30", False), ("2027-06-30", "2027-07-01", True), ("", "2027-07-01", False)],
    ids=["the last day still counts", "the day after", "no last day"],
)
def test_the_last_day(expiry, day, over):
    assert Mandate(expiry=expiry).is_over(day) is over


@pytest.mark.parametrize("text", ["a;b", "a|b", 'a"b', "a\\b", "a'b", "a`b", "a\nb", "a\u2028b", "a\u202eb"])
def test_nothing_that_ends_a_description(text):
    with pytest.raises(ValueError, match="cannot stand in a description"):
        Mandate(owner=text)
