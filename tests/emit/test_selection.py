"""Which rules of a plan a host gets."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.emit.plans import group_exception, item, request, rule

from cmfw.emit.powershell import CAPABILITIES
from cmfw.emit.selection import GroupUse, items_at, select
from cmfw.model.plan import Citation
from cmfw.model.rule import AddressMatch
from cmfw.net.addr import AddrSet

MEMBER = rule(id="FPS-SMB-In-TCP-NoScope", group="@FirewallAPI.dll,-28502", active=False)


def made(asked):
    return select(asked, CAPABILITIES).made


def test_a_rule_that_two_items_need_is_made_once_and_names_both_places():
    second = item(rule(), id="other", citations=(Citation("page-2016", "line 128", "2016-09-02"),))
    assert [r.description for r in made(request(item(rule()), second))] == ["page-2016, line 116; page-2016, line 128"]


def test_a_place_that_the_rule_names_already_is_not_named_again():
    said = rule(description="SMB. Source: page-2016, line 116")
    assert [r.description for r in made(request(item(said)))] == ["SMB. Source: page-2016, line 116"]


def test_two_uses_of_a_group_are_one():
    found = select(
        request(exceptions=[group_exception(), group_exception(id="b", directions=("out",))], scope="documented"),
        CAPABILITIES,
    )
    assert found.groups == (GroupUse("@FirewallAPI.dll,-28502", 1, ("in", "out")),)


def test_two_rules_of_one_id_are_a_bug():
    with pytest.raises(ValueError, match="two different rules the id `cmfw-push-smb`"):
        made(request(item(rule()), item(rule(profiles=2), id="other")))


def test_rules_of_other_places_stay_out():
    elsewhere = item(rule())
    elsewhere = replace(elsewhere, rules=tuple(replace(p, where="laptops") for p in elsewhere.rules))
    assert made(request(elsewhere)) == ()


def test_rules_come_in_the_order_of_their_ids():
    assert [r.id for r in made(request(item(rule(id="b"), rule(id="a"))))] == ["a", "b"]


def test_scope_documented_takes_the_exceptions_and_not_the_items():
    port = group_exception(rule(id="cmfw-port"), kind="port", group="", value="requests_http")
    found = select(request(item(rule()), exceptions=[port, group_exception(MEMBER)], scope="documented"), CAPABILITIES)
    assert [r.id for r in found.made] == ["cmfw-port"]
    assert [(r.id, r.active) for r in found.members] == [("FPS-SMB-In-TCP-NoScope", True)]
    assert found.groups == ()


def test_a_group_of_an_unknown_windows_stays_a_group():
    both = group_exception(directions=("in", "out"), id="b", profiles=2)
    found = select(request(exceptions=[group_exception(), both], scope="documented"), CAPABILITIES)
    assert found.groups == (
        GroupUse("@FirewallAPI.dll,-28502", 1, ("in",)),
        GroupUse("@FirewallAPI.dll,-28502", 2, ("in", "out")),
    )


def test_scope_least_takes_no_exception():
    found = select(request(exceptions=[group_exception(MEMBER)]), CAPABILITIES)
    assert (found.made, found.members, found.groups) == ((), (), ())


def test_a_list_longer_than_windows_takes_becomes_several_rules():
    many = AddrSet.from_pairs((n * 4, n * 4) for n in range(1, 2502))
    words = ("LocalSubnet4",)
    parts = made(request(item(rule(remote_address=AddressMatch(many, words)))))
    assert [r.id for r in parts] == ["cmfw-push-smb.1", "cmfw-push-smb.2", "cmfw-push-smb.3"]
    assert all(len(r.remote_address.addresses.texts()) <= 990 for r in parts)
    whole = AddrSet.EMPTY
    for part in parts:
        whole |= part.remote_address.addresses
    assert whole == many
    assert [r.remote_address.keywords for r in parts] == [words, (), ()]


def test_what_is_only_in_documents_is_no_flow_of_scope_least():
    asked = request(item(rule(), necessity="documented_only"))
    assert list(items_at(asked)) == []
    assert [end for end, _ in items_at(request(item(rule(), necessity="documented_only"), scope="documented"))] == ["to"]
