"""Doubts against a plan: the items, the question to ask next, what was talked to and is not planned."""

from __future__ import annotations

import pytest

from cmfw.catalog import PACKS, load
from cmfw.diagnose.log_plan import is_planned, is_serious, items_of, next_flows, same_host
from cmfw.diagnose.log_story import Connection, Doubt
from cmfw.ingest.site import read_site_text
from cmfw.model.observation import Layer, Place
from cmfw.resolve import resolve

SITE = """
code = "P01"
system = [
  { host = "cm1.example.com", addresses = ["10.20.1.10"] },
  { host = "mp2.example.com", addresses = ["10.20.1.12"], roles = ["management_point"] },
]
clients = [{ name = "office", subnets = ["10.30.0.0/22"], features = ["client_notification"], install = [{ method = "push" }] }]
"""


@pytest.fixture(scope="module")
def plan():
    site = read_site_text(SITE, "site.toml")
    return resolve(load(site.packs), site)


def doubt(*flows, layer=Layer.NETWORK, peer="", port=None):
    return Doubt(
        stage="notification", layer=layer, code="win32-10060", name="n", flows=flows, answered=False, peer=peer, port=port,
        role="", count=1, text="t", places=(Place("f", 1),),
    )  # fmt: skip


def asked(one, plan=None):
    return next_flows(one, None, load(PACKS), plan)


def test_items_are_those_of_the_flow_to_the_peer(plan):
    assert len(items_of(doubt("notify_tcp"), plan)) == 2
    assert items_of(doubt("notify_tcp", peer="MP2"), plan) == ("notify_tcp:office>mp2.example.com",)
    assert items_of(doubt("sup_http"), plan) == ()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("cm1", "CM1.example.com", True),
        ("cm1.example.com", "cm1.example.com", True),
        ("cm1.a.net", "cm1.b.net", False),
        ("cm1", "cm2", False),
        ("", "", False),
    ],
)
def test_names_of_one_host(one, other, same):
    assert same_host(one, other) is same


@pytest.mark.parametrize(
    ("one", "with_plan", "flows"),
    [
        (doubt("notify_tcp"), False, ("out tcp * > *:10123",)),
        (doubt("notify_tcp", peer="mp2"), True, ("out tcp * > 10.20.1.12:10123",)),
        (doubt("notify_tcp", peer="10.9.8.7"), False, ("out tcp * > 10.9.8.7:10123",)),
        (doubt("mp_http", peer="x", port=8080), False, ("out tcp * > *:8080",)),
        (doubt("push_smb", peer="pc1"), False, ("in tcp * > *:445",)),
        (doubt("push_smb", peer="pc1"), True, ("in tcp 10.20.1.10 > *:445",)),
        (doubt("push_icmp"), False, ("in icmp4 * > *",)),
        (doubt("push_smb", layer=Layer.AUTHENTICATION), False, ()),
    ],
    ids=["default port", "planned peer", "peer by address", "port of the log", "push", "push from the site server", "icmp", "no question"],
)  # fmt: skip
def test_the_next_question(one, with_plan, flows, plan):
    assert asked(one, plan if with_plan else None) == flows


def test_every_question_is_flow_text():
    from cmfw.net.flowtext import parse_parts

    for flow in load(PACKS).flows:
        for text in asked(doubt(flow)):
            parse_parts(text)


@pytest.mark.parametrize(
    ("one", "with_plan", "serious"),
    [
        (doubt("notify_tcp"), True, True),
        (doubt("sup_http"), True, False),
        (doubt("sup_http"), False, True),
        (doubt("notify_tcp", layer=Layer.TLS), True, False),
        (doubt(), False, False),
    ],
    ids=["planned", "not planned", "no plan", "no network", "no flow"],
)
def test_what_counts(one, with_plan, serious, plan):
    assert is_serious(one, plan if with_plan else None) is serious


@pytest.mark.parametrize(
    ("peer", "port", "planned"), [("mp2", 10123, True), ("mp2", 8080, False), ("mp2", None, None), ("x", 80, False)]
)
def test_what_was_talked_to(peer, port, planned, plan):
    each = Connection(role="", peer=peer, port=port, protocol="", flows=(), count=1, failed=0, place=Place("f", 1))
    assert is_planned(each, plan) is planned
