"""Hostile texts in every free text field: a target gives back exactly the same text, or refuses."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import reduce
from importlib import import_module
from operator import or_

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.emit import powershell_grammar as grammar
from tests.emit.plans import group_exception, item, request, rule
from tests.emit.readers import as_written, read

from cmfw.emit import TARGETS, emit
from cmfw.emit.powershell import quote
from cmfw.errors import Unsupported
from cmfw.ingest.powershell_script import read_powershell
from cmfw.model.plan import Citation, Endpoint, PlannedProcess
from cmfw.model.rule import AddressMatch, PortMatch
from cmfw.net.addr import AddrSet
from cmfw.net.flow import Direction
from cmfw.net.ports import PortSet

HOSTILE = (
    "'; Remove-NetFirewallRule -All #",
    "''",
    "it\u2019s \u2018quoted\u2019 \u201alow\u201b",
    '"double" \u201ccurly\u201d',
    "$(Invoke-Expression 1) $env:windir ${x}",
    "`n `0 `$",
    "line\nbreak",
    "line\r\nbreak",
    "nul\0",
    "%windir%\\x",
    "]]> </x> <!-- -->",
    "<# #> # --- data: what this script enforces ---",
    "@('x') @{ a = 1 }",
    "@evil.dll,-1",
    "=1+1",
    "+1",
    "-1",
    "'=1",
    "\u202egnp.exe",
    "\u2066isolate",
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "财务部",
    "\U0001f525 wall",
    "a|Action=Block|",
    "v2.10|",
    "\u2028",
    "\x85",
    "\ud800",
    "\ufeff",
    "\uffff",
    "any",
    "Any",
    "*",
    "all",
    "System",
    " ",
    "x" * 260,
    "x" * 10000,
    ",",
    ";",
    "a,b",
    "**Del.x",
    "[x]",
    "?",
    "",
)
TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(codec=None), max_size=40),
    st.text("'\u2018\u2019\u201a\u201b`$(){}@#,;|=\"\\ab\n\r\0 ", max_size=12),
)
FIELDS = ("id", "name", "description", "program", "service")
many = settings(max_examples=100 * int(os.environ.get("CMFW_SOAK", "1")), deadline=None)
RULE_TARGETS = [target for target in TARGETS if target != "list"]


@pytest.mark.parametrize("target", RULE_TARGETS)
@pytest.mark.parametrize("field", FIELDS)
@many
@given(text=TEXTS)
def test_a_text_comes_back_or_is_refused(target, field, text):
    one = rule(**{field: text})
    try:
        artifacts = emit(target, request(item(one, citations=()))).artifacts
    except Unsupported:
        return
    found = read(target, artifacts)
    assert found.problems == ()
    named = as_written(target, replace(one, group="cmfw", name=one.name or one.id))
    wanted = replace(named, store=found.made[0].store, version=found.made[0].version)
    assert found.made == (wanted,)


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
@pytest.mark.parametrize("field", FIELDS)
def test_a_script_with_a_hostile_text_is_well_formed(field, text):
    try:
        artifacts = emit("powershell", request(item(rule(**{field: text})))).artifacts
    except Unsupported:
        return
    root = grammar.parse(artifacts[0].content)
    assert grammar.broken(root) == []
    assert grammar.strangers(root) == []
    assert len(grammar.tables(root, "rules")) == 1


@pytest.mark.parametrize("target", TARGETS)
@many
@given(text=TEXTS)
def test_the_name_of_the_place_and_the_place_in_the_page(target, text):
    cited = (Citation("page", text, "2016-09-02"),)
    try:
        artifacts = emit(target, request(item(rule(), citations=cited), code="P01")).artifacts
    except Unsupported:
        return
    found = read(target, artifacts)
    assert found.problems == ()
    assert all(text in one.description for one in found.made)


@pytest.mark.parametrize("target", TARGETS)
@many
@given(where=TEXTS.filter(bool), code=TEXTS)
def test_the_names_of_group_and_site(target, where, code):
    one = item(rule())
    one = replace(
        one, rules=tuple(replace(p, where=where) for p in one.rules), target=Endpoint("client", where, AddrSet.EMPTY, 1)
    )
    asked = request(one, where=where, code=code)
    if asked.place.name != where:
        return  # the text happens to be the name of the server
    try:
        artifacts = emit(target, asked).artifacts
    except Unsupported:
        return
    found = read(target, artifacts)
    assert found.problems == ()
    assert len(found.made) == 1
    if target == "powershell":
        for artifact in artifacts:
            head = artifact.content.decode("utf-8-sig").partition("#Requires")[0]
            assert all(line.startswith("# cmfw: ") for line in head.split("\r\n")[:-1])
            assert "\n" not in head.replace("\r\n", "")


@many
@given(text=TEXTS)
def test_the_flow_list_gives_every_text_back(text):
    peer = Endpoint("site_server", text, AddrSet.EMPTY, 1)
    one = item(source=peer, flow=text, features=(text,), listener=PlannedProcess(text, text))
    try:
        artifacts = emit("list", request(one)).artifacts
    except Unsupported:
        return
    found = read("list", artifacts)
    assert found.problems == ()
    assert [(r.name, r.program or "", r.service or "") for r in found.made] == [(text, text, text)]


@many
@given(text=st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=30))
@example(text="\u2019")
@example(text="'\u2018")
def test_a_quoted_text_reads_as_itself(text):
    script = f"\ufeff#\n# --- data: what this script enforces ---\n$stateName = {quote(text)}\n$rules = @()\n"
    script += (
        "$members = @()\n$off = @()\n$groups = @()\n$settings = @()\n# --- program: the same lines in every script ---\n"
    )
    found = read_powershell(script.encode(), "x.ps1")
    assert found.problems == ()
    assert found.state_name == text


PORTS = st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 65535)).map(sorted).map(tuple), min_size=1, max_size=4)
ADDRESSES = st.lists(
    st.sampled_from(
        ["10.0.0.0/8", "10.9.0.1", "192.0.2.7-192.0.2.99", "2001:db8::/32", "fe80::1", "2001:db8::1-2001:db8::9"]
    ),
    min_size=1,
)


@pytest.mark.parametrize("target", RULE_TARGETS)
@many
@given(
    direction=st.sampled_from([Direction.IN, Direction.OUT]),
    protocol=st.sampled_from([6, 17]),
    local=PORTS,
    remote=PORTS,
    addresses=ADDRESSES,
    profiles=st.integers(1, 7),
    interfaces=st.sampled_from([1, 2, 3, 4, 5, 6, 7, 15]),
)
def test_a_rule_comes_back(target, direction, protocol, local, remote, addresses, profiles, interfaces):
    one = rule(
        direction=direction,
        protocol=protocol,
        local_port=PortMatch(PortSet.from_pairs(local)),
        remote_port=PortMatch(PortSet.from_pairs(remote)),
        local_address=AddressMatch(AddrSet.parse(*addresses[:1])),
        remote_address=AddressMatch(AddrSet.parse(*addresses)),
        profiles=profiles,
        interfaces=interfaces,
    )
    try:
        found = read(target, emit(target, request(item(one, citations=()))).artifacts)
    except Unsupported as refusal:
        lacks = import_module(TARGETS[target]).CAPABILITIES.lacks.values()
        assert "433" in refusal.reason or refusal.reason in lacks  # noqa: PT017 - every other refusal would be a fault
        return
    assert found.problems == ()
    made = found.made[0]
    # a target without lists of interface types writes one rule for each
    interfaces = reduce(or_, (part.interfaces for part in found.made))
    wanted = as_written(target, replace(one, group="cmfw"))
    assert {replace(part, interfaces=interfaces) for part in found.made} == {
        replace(wanted, store=made.store, version=made.version)
    }


@pytest.mark.parametrize("target", RULE_TARGETS)
def test_ids_of_member_rules_are_texts_too(target):
    for text in HOSTILE:
        member = rule(id=text, group="@FirewallAPI.dll,-28502")
        try:
            artifacts = emit(target, request(exceptions=[group_exception(member)], scope="documented")).artifacts
        except Unsupported:
            continue
        found = read(target, artifacts)
        assert found.problems == ()
        by_group = [use.resource for use in found.groups]
        assert [*found.enabled, *(r.id for r in found.made)] == ([text] if not by_group else [])
        assert by_group in ([], ["@FirewallAPI.dll,-28502"])
