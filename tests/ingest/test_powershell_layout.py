"""What is cut out of a data part, and what is left to the reader of everything."""

from __future__ import annotations

import pytest

from cmfw.ingest.powershell_layout import layout_of, plain_text, texts_of

TABLE = """    @{
        Name = 'a'
        DisplayName = 'it''s A'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        Protocol = 'TCP'
        LocalPort = @('445')
        RemoteAddress = @('10.0.0.5', '10.0.0.7')
    }
"""
BODY = f"$stateName = 'x'\n$rules = @(\n{TABLE})\n$members = @()\n$groups = @()"


def test_a_table_of_ours_is_cut_into_its_pieces():
    found = layout_of(BODY)
    (entry,) = found.entries
    assert (entry.name, plain_text(entry.display_name), plain_text(entry.description)) == ("a", "it's A", "")
    assert entry.ports == "        LocalPort = @('445')\n"
    assert (entry.local, texts_of(entry.remote), entry.more) == (None, ["10.0.0.5", "10.0.0.7"], "")
    assert found.rest == "$stateName = 'x'\n$rules = @(\n)\n$members = @()\n$groups = @()"


def test_any_number_of_tables_is_cut():
    assert [len(layout_of(BODY.replace(TABLE, TABLE * count)).entries) for count in (0, 1, 3)] == [0, 1, 3]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("$stateName", "$members = @('b')\n$stateName"),
        ("$stateName = 'x'", "$stateName = '\n$rules = @(\n'"),
        ("Name = 'a'", "Name  = 'a'"),
        ("Name = 'a'", "Name = 'a' # b"),
        ("Name = 'a'", "Name = 'a'b'"),
        ("Name = 'a'", "Name = 'a\u2019b'"),
        ("Name = 'a'", "Name = 'a\nb'"),
        ("Name = 'a'", "Name = $a"),
        ("@('445')", "@()"),
        ("@('445')", "@('445' , '446')"),
        ("        Protocol = 'TCP'\n", "        Protocol = 'TCP'\n        Protocol = 'UDP'\n"),
        ("        Group = 'cmfw'\n", ""),
        ("        Protocol", "        Owner = 'x'\n        Protocol"),
        ("    }\n)", "    }\n    )"),
        ("    }\n)", "    },\n)"),
    ],
    ids=repr,
)
def test_a_table_of_another_layout_is_not_cut(old, new):
    assert BODY.replace(old, new, 1) != BODY
    assert layout_of(BODY.replace(old, new, 1)) is None
