"""Members of predefined groups, against real machines."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from cmfw.catalog import _compiled, build_groups, load
from cmfw.catalog.build_groups import fits
from cmfw.catalog.types import GroupEdition
from cmfw.ingest import read_state
from cmfw.model.rule import HostRule, Store, canonical_program, group_id
from cmfw.net.flow import ALL_PROFILES, Profile

MACHINES = [("win7_SYSTEM.xz", 7601), ("puppet_fwpolicy_full_v2.28.wfw", 17134), ("win10_SYSTEM.xz", 18362)]
EDITED = {("win7_SYSTEM.xz", "RemoteDesktop-In-TCP")}
"""Split by that machine's user into Domain and Private, and a second rule for Public."""
ADDED = {
    "win7_SYSTEM.xz": {
        "RemoteDesktop-In-TCP_1",
        "{BD63382B-DE0A-4207-8832-C4D89D9C4AD5}",
        "{CFC8F1FE-0569-40C4-9BC0-464550410252}",
    },
}
"""Rules that the user of a machine cloned inside a predefined group."""


def edition(group: str, sku: str, build: int) -> GroupEdition:
    found = [e for e in load().groups[group].editions if e.sku == sku and e.first_build <= build <= e.last_build]
    assert len(found) == 1
    return found[0]


def comparable(rule: HostRule) -> HostRule:
    """The rule without what a machine adds: state, place, version and spelling."""
    program = rule.program and canonical_program(rule.program)
    return replace(rule, active=False, origin="", version=(0, 0), program=program, group=group_id(rule.group))


def test_editions_are_made_when_they_are_asked_for_and_once(monkeypatch):
    made, real = [], build_groups._edition
    monkeypatch.setattr(build_groups, "_edition", lambda *given: made.append(1) or real(*given))
    row = _compiled("page")["group"]["remote_desktop"]
    group = build_groups.group("remote_desktop", row)
    assert (bool(group.editions), group.title.en, made) == (True, "Remote Desktop", [])
    assert [e.first_build for e in group.editions] == [e["first_build"] for e in row["editions"]]
    assert next(reversed(group.editions)) == group.editions[-1] != group.editions[0]
    assert len(made) == len(group.editions) == len(row["editions"])
    assert group == load().groups["remote_desktop"]
    assert hash(group.editions) == hash(load().groups["remote_desktop"].editions)
    assert group.editions != group.editions[:-1]


GROUPS = [name for name, group in load().groups.items() if group.editions]


@pytest.mark.corpus
@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(("file", "build"), MACHINES, ids=[str(build) for _, build in MACHINES])
def test_members_equal_a_real_machine(corpus, file: str, build: int, group: str):
    state = read_state([str(corpus / "hives" / file)]).state
    resource = group_id(load().groups[group].resource)
    there = {r.id: comparable(r) for r in state.rules if r.store is Store.LOCAL and group_id(r.group) == resource}
    if group == "file_and_printer_sharing_restrictive":
        assert there == {}, "Windows has had it since build 26100 only"
        return
    here = {m.rule.id: comparable(m.rule) for m in edition(group, "client", build).members}
    same = {name for name in here if (file, name) not in EDITED}
    assert {name: here[name] for name in same} == {name: there[name] for name in same}
    assert set(there) - set(here) == ADDED.get(file, set()) & set(there)


@pytest.mark.parametrize("build", [7601, 9600, 14393, 18362, 19045, 22631, 26100])
def test_a_client_has_thirty_rules_of_file_and_printer_sharing(build: int):
    assert len(edition("file_and_printer_sharing", "client", build).members) == 30
    assert len(edition("wmi", "client", build).members) == 8


def test_the_restrictive_group_is_open_to_every_address_but_for_llmnr():
    members = {m.rule.id: m.rule for m in edition("file_and_printer_sharing_restrictive", "client", 26100).members}
    assert len(members) == 10
    assert {r.id for r in members.values() if not r.remote_address.is_any} == {"FPS-LLMNR-In-UDP-V2", "FPS-LLMNR-Out-UDP-V2"}
    assert all(r.profiles == ALL_PROFILES for r in members.values())
    assert not any(
        port in r.local_port.ports for r in members.values() for port in (137, 138, 139) if not r.local_port.is_any
    )


def test_twins_of_a_client_reach_the_subnet_only():
    members = {m.rule.id: m.rule for m in edition("file_and_printer_sharing", "client", 19045).members}
    wide, narrow = members["FPS-SMB-In-TCP-NoScope"], members["FPS-SMB-In-TCP"]
    assert (wide.profiles, wide.remote_address.is_any) == (Profile.DOMAIN, True)
    assert narrow.profiles == Profile.PRIVATE | Profile.PUBLIC
    assert narrow.remote_address.keywords == ("LocalSubnet4", "LocalSubnet6")
    assert not narrow.remote_address.is_any


@pytest.mark.parametrize("build", [14393, 17763, 20348])
def test_a_server_has_one_rule_for_all(build: int):
    rules = [m.rule for m in edition("file_and_printer_sharing", "server", build).members]
    assert all(r.profiles == ALL_PROFILES for r in rules)
    assert {r.id for r in rules if not r.remote_address.is_any} == {"FPS-LLMNR-In-UDP", "FPS-LLMNR-Out-UDP"}


def test_llmnr_is_for_every_profile_only_after_windows_7():
    def profiles(build: int) -> int:
        members = edition("file_and_printer_sharing", "client", build).members
        return next(m.rule.profiles for m in members if m.rule.id == "FPS-LLMNR-In-UDP")

    assert profiles(7601) == Profile.PRIVATE | Profile.PUBLIC
    assert profiles(9200) == ALL_PROFILES


def test_no_windows_has_two_editions():
    for group in load().groups.values():
        for sku in ("client", "server"):
            spans = sorted((e.first_build, e.last_build) for e in group.editions if e.sku == sku)
            assert all(last < first for (_, last), (first, _) in itertools.pairwise(spans))


@pytest.mark.parametrize(
    ("member", "belongs"),
    [
        ({}, True),
        ({"skus": ["client"]}, True),
        ({"skus": ["server"]}, False),
        ({"first_build": 100}, True),
        ({"first_build": 101}, False),
        ({"last_build": 200}, True),
        ({"last_build": 199}, False),
    ],
    ids=["always", "its sku", "other sku", "since its first", "since later", "until its last", "until earlier"],
)
def test_a_member_belongs_to_whole_editions(member, belongs: bool):
    assert fits(member, {"sku": "client", "first_build": 100, "last_build": 200}) is belongs
