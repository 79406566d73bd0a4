"""The reader of our own SyncML: exact for what we write, a problem for everything else."""

from __future__ import annotations

import pytest
from tests.emit.plans import item, request, rule

from cmfw.emit import emit
from cmfw.ingest.csp_rule import NODES
from cmfw.ingest.csp_sync import BASE, layout_of, read_syncml
from cmfw.model.rule import HostRule
from cmfw.net.flow import Profile

NAMED = rule(id="a&b {c}", name="<x> & 'y'")
PLAIN = rule(id="a-1", name="b 'y'", description="c")


def document(old: str = "", new: str = "", first: HostRule = NAMED) -> bytes:
    text = emit("syncml", request(item(first, rule()))).artifacts[0].content.decode()
    assert old in text
    return text.replace(old, new, 1).encode()


def test_plain_rules_are_read_by_one_pattern_and_nothing_is_left_of_them():
    rules, rest = layout_of(document(first=PLAIN))
    assert [found[:3] for found in rules] == [(PLAIN.id, PLAIN.name, "true"), (rule().id, rule().name, "true")]
    assert all(dict(zip(NODES, found[1:], strict=True))["Protocol"] == "6" for found in rules)
    assert [child.tag.rpartition("}")[2] for child in rest[0]] == ["Final"]


def test_from_the_first_other_rule_on_the_parser_reads():
    text = document(first=PLAIN).decode()
    content = text.replace(f"<Data>{rule().name}<", "<Data>a&amp;b<", 1).encode()
    rules, rest = layout_of(content)
    assert [found[0] for found in rules] == [PLAIN.id]
    assert [child.tag.rpartition("}")[2] for child in rest[0]] == ["Atomic", "Final"]
    assert [found.name for found in read_syncml(content, "x.xml").rules] == [PLAIN.name, "a&b"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<CmdID>2</CmdID>", "<CmdID>2</CmdID> "),
        ("<CmdID>2</CmdID>\n", "<!-- two --><CmdID>2</CmdID>\n"),
        ("a-1", "a&#45;1"),
        ("'y'", "&quot;y&quot;"),
        ("    <Atomic>", "    <Atomic><!-- one -->"),
        ('encoding="utf-8"', 'encoding="UTF-8"'),
    ],
)
def test_another_layout_is_parsed_and_a_comment_still_refused(old, new):
    content = document(old, new, PLAIN)
    part = read_syncml(content, "x.xml")
    assert layout_of(content) is None
    if "<!" in new:
        assert [p.found for p in part.problems] == ["a document type or a marked section"]
    else:
        assert part.problems == ()
        assert [r.id for r in part.rules] == [PLAIN.id, rule().id]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("FirewallRules/a&amp;b", "FireRules/a&amp;b", "nodes "),
        ("MdmStore/FirewallRules", "OtherStore/FirewallRules", "the node `./Vendor/MSFT/Firewall/OtherStore"),
        ("/Enabled<", "/Name<", f"the node `{BASE}FirewallRules/{NAMED.id}/Name` twice"),
        ("<Data>true</Data>", "<Data>yes</Data>", "`yes` is none of true, false"),
        ("      <Replace>", "      <Delete/>\n      <Replace>", "the command {SYNCML:SYNCML1.2}Delete"),
        ("    <Final/>", "    <Get/>", "other commands than Atomic"),
        ("&amp;", "&nbsp;", "undefined entity"),
        ('encoding="utf-8"', 'encoding="utf-0"', "unknown encoding: utf-0"),
        ("</SyncML>", "", "no element found"),
    ],
)
def test_what_is_not_ours_is_a_problem(old, new, found):
    part = read_syncml(document(old, new), "x.xml")
    assert [p.found[: len(found)] for p in part.problems] == [found]


def test_a_fault_behind_the_rules_is_told_with_its_place_in_the_document():
    content = document("</SyncBody>", "</SyncBody", PLAIN)
    line = content[: content.index(b"</SyncBody")].count(b"\n") + 2
    (problem,) = read_syncml(content, "x.xml").problems
    assert f"line {line}," in problem.found


def test_nodes_of_a_profile_between_those_of_a_rule_are_settings():
    content = document()
    command = content[content.index(b"      <Replace>") : content.index(b"</Replace>") + 11]
    place = f"{NAMED.id}/Name".replace("&", "&amp;").replace("{", "&#123;").replace("}", "&#125;")
    setting = command.replace(f"FirewallRules/{place}".encode(), b"DomainProfile/EnableFirewall").replace(
        b"&lt;x&gt; &amp; 'y'", b"true"
    )
    content = content.replace(command, command + setting, 1)
    part = read_syncml(content, "x.xml")
    assert part.problems == ()
    assert [(profile, found.enable_firewall) for profile, found in part.settings] == [(Profile.DOMAIN, True)]
    assert part.rules == read_syncml(document(), "x.xml").rules


def test_a_setting_that_the_store_has_not_is_a_problem():
    content = document(f"{BASE}FirewallRules/{rule().id}/Enabled", f"{BASE}DomainProfile/Enabled")
    assert read_syncml(content, "x.xml").problems
