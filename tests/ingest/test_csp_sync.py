"""The reader of our own SyncML: exact for what we write, a problem for everything else."""

from __future__ import annotations

import pytest
from tests.emit.plans import item, request, rule

from cmfw.emit import emit
from cmfw.ingest.csp_sync import BASE, layout_of, read_syncml
from cmfw.net.flow import Profile

NAMED = rule(id="a&b {c}", name="<x> & 'y'")


def document(old: str = "", new: str = "") -> bytes:
    text = emit("syncml", request(item(NAMED, rule()))).artifacts[0].content.decode()
    assert old in text
    return text.replace(old, new, 1).encode()


def test_blocks_are_cut_into_places_and_values():
    first, second = layout_of(document())
    assert first["FirewallRules", NAMED.id]["Name"] == NAMED.name
    assert len(*second.values()) == len(*first.values())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<CmdID>2</CmdID>", "<CmdID>2</CmdID> "),
        ("<CmdID>2</CmdID>\n", "<!-- two --><CmdID>2</CmdID>\n"),
        ("&amp;", "&#38;"),
        ("'y'", "&quot;y&quot;"),
        ("    <Atomic>", "    <Atomic><!-- one -->"),
        ('encoding="utf-8"', 'encoding="UTF-8"'),
        ("    <Final/>\n", ""),
    ],
)
def test_another_layout_is_not_cut_and_a_comment_still_refused(old, new):
    content = document(old, new)
    part = read_syncml(content, "x.xml")
    assert layout_of(content) is None
    if "<!" in new:
        assert [p.found for p in part.problems] == ["a document type or a marked section"]
    else:
        assert part.problems == ()
        assert [r.id for r in part.rules] == [NAMED.id, rule().id]


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


def test_nodes_of_a_profile_between_those_of_a_rule_are_settings():
    content = document()
    command = content[content.index(b"      <Replace>") : content.index(b"</Replace>") + 11]
    place = f"{NAMED.id}/Name".replace("&", "&amp;").replace("{", "&#123;").replace("}", "&#125;")
    setting = command.replace(f"FirewallRules/{place}".encode(), b"DomainProfile/EnableFirewall").replace(
        b"&lt;x&gt; &amp; 'y'", b"true"
    )
    content = content.replace(command, command + setting, 1)
    part = read_syncml(content, "x.xml")
    assert layout_of(content) is not None
    assert part.problems == ()
    assert [(profile, found.enable_firewall) for profile, found in part.settings] == [(Profile.DOMAIN, True)]
    assert part.rules == read_syncml(document(), "x.xml").rules


def test_a_setting_that_the_store_has_not_is_a_problem():
    content = document(f"{BASE}FirewallRules/{rule().id}/Enabled", f"{BASE}DomainProfile/Enabled")
    assert read_syncml(content, "x.xml").problems
