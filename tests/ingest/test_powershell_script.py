"""The reader of our own PowerShell: exact for what we write, a problem for everything else."""

from __future__ import annotations

import pytest
from tests.emit.plans import item, request, rule

from cmfw.emit import emit
from cmfw.ingest.powershell_script import EnabledGroup, read_powershell

RULE = """@{
        Name = 'a'
        DisplayName = 'A'
        Group = 'cmfw'
        Enabled = 'True'
        Profile = @('Domain')
        Direction = 'Inbound'
        Action = 'Allow'
        %s
    }"""


def script(rules="@()", members="@()", groups="@()", extra="") -> bytes:
    return (
        "\ufeff# cmfw\n# --- data: what this script enforces ---\n$stateName = 'x'\n"
        f"$rules = {rules}\n$members = {members}\n$groups = {groups}\n{extra}"
        "# --- program: the same lines in every script ---\nRest\n"
    ).encode()


def read(**parts):
    return read_powershell(script(**parts), "x.ps1")


def test_all_four_parts_are_read():
    found = read(
        rules=f"@({RULE % ''})",
        members="@('FPS-1', 'FPS-2')",
        groups="@(@{ Group = '@FirewallAPI.dll,-28502' Profile = @('Any') Direction = @('Inbound', 'Outbound') })",
    )
    assert found.problems == ()
    assert [r.id for r in found.rules] == ["a"]
    assert found.members == ("FPS-1", "FPS-2")
    assert found.groups == (EnabledGroup("@FirewallAPI.dll,-28502", 7, 3),)
    assert (found.state_name, found.program) == ("x", "Rest\n")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Owner = 'S-1-5-18'", "parameter `Owner`"),
        ("LocalPort = '445'", "`445` is no list of texts"),
        ("LocalPort = @('Any')", "`Any` among ports"),
        ("LocalPort = @('445', 'Any')", "`Any` among ports"),
        ("LocalPort = @('IPHTTPSIn')", "`IPHTTPSIn` is not a port or port range"),
        ("LocalPort = @()", "`[]` is no list of texts"),
        ("RemoteAddress = @('DNS')", "`DNS` is not an IP address"),
        ("RemoteAddress = @('Any')", "`Any` among addresses"),
        ("Protocol = 'ICMP'", "`ICMP` is no protocol"),
        ("Protocol = '256'", "`256` is no protocol"),
        ("IcmpType = @('8:x')", "`8:x` is no ICMP type"),
        ("InterfaceType = @('Wired', 'Wired')", "`Wired` is no word here, or stands twice"),
        ("EdgeTraversalPolicy = 'Block'", "`Block` is none of Allow, DeferToApp, DeferToUser"),
        ("Program = @('a')", "`['a']` is no text"),
    ],
    ids=lambda value: value,
)
def test_a_parameter_outside_the_dialect_is_a_problem(line, found):
    reading = read(rules=f"@({RULE % line})")
    assert [p.found for p in reading.problems] == [found]
    assert reading.rules == ()


@pytest.mark.parametrize(
    ("parts", "expected", "line"),
    [
        ({"rules": "@($x)"}, "a quoted text", 4),
        ({"rules": '@("a")'}, "a quoted text, array, hash table or assignment", 4),
        ({"rules": "@('a'"}, "`)`", 5),
        ({"rules": "@(@{ Name = 'a' Name = 'b' })"}, "a parameter name, once each", 4),
        ({"members": "Get-Content x"}, "a quoted text, array, hash table or assignment", 5),
        ({"members": "@('it's')"}, "a quoted text, array, hash table or assignment", 5),
        ({"members": "@('it\u2019s')"}, "a quoted text, array, hash table or assignment", 5),
        ({"extra": "$evil = 'x'\n"}, "one of rules, members, groups, stateName, off, settings, ensure, once each", 7),
        ({"extra": "$rules = @()\n"}, "one of rules, members, groups, stateName, off, settings, ensure, once each", 7),
        ({"extra": "Remove-Item x\n"}, "a quoted text, array, hash table or assignment", 7),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_what_is_not_our_grammar_is_a_problem_with_its_line(parts, expected, line):
    found = read(**parts)
    assert [(p.expected, p.line) for p in found.problems] == [(expected, line)]
    assert found.rules == ()


@pytest.mark.parametrize("rules", ["'a'", "@('a')", "@('a', 'b')"])
def test_rules_that_are_no_tables_are_a_problem(rules):
    found = read(rules=rules)
    assert [p.key for p in found.problems] == [f"$rules[{number}]" for number in range(rules.count(",") + 1)]
    assert found.rules == ()


def test_a_script_without_the_mark_is_a_problem():
    assert [p.expected for p in read_powershell(script()[3:], "x.ps1").problems] == ["a byte order mark"]


def test_a_missing_part_is_a_problem():
    content = script().replace(b"$members = @()\n", b"")
    assert [p.key for p in read_powershell(content, "x.ps1").problems] == ["$members"]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"\xef\xbb\xbf# hello\r\n", b"\xef\xbb\xbf\xff"])
def test_another_file_is_a_problem(content):
    found = read_powershell(content, "x.ps1")
    assert found.problems
    assert found.rules == ()


def test_no_single_flipped_character_of_the_data_is_taken_for_the_same_rules():
    """Whatever character of the data part is lost, the reading differs or says so."""
    good = emit("powershell", request(item(rule()))).artifacts[0].content
    reading = read_powershell(good, "x.ps1")
    start, end = good.index(b"$stateName"), good.index(b"# --- program")
    for at in range(start, end):
        if good[at : at + 1].isspace():
            continue
        found = read_powershell(good[:at] + good[at + 1 :], "x.ps1")
        same = (found.rules, found.members, found.groups, found.state_name)
        assert found.problems or same != (reading.rules, reading.members, reading.groups, reading.state_name), at
