"""Observations against a plan, and added up without one."""

from __future__ import annotations

import pytest

from cmfw.catalog import load
from cmfw.diagnose.seen_flows import seen_items, seen_kinds
from cmfw.ingest.site import read_site_text
from cmfw.model.observation import Observation, Place, Seen
from cmfw.net.flowtext import parse_parts
from cmfw.resolve import resolve

SITE = """
code = "P01"
system = [{ host = "cm1", addresses = ["10.20.1.10"] }]
clients = [{ name = "office", subnets = ["10.30.0.0/22"], features = ["client_requests", "client_notification", "wakeup_proxy"], install = [{ method = "push" }] }]
"""


@pytest.fixture(scope="module")
def plan():
    site = read_site_text(SITE, "site.toml")
    return resolve(load(site.packs), site)


def seen(flow, what="allowed", count=3, host="h1", at_least=False):
    parts = parse_parts(flow)
    return Observation(
        host=host, flow=parts, seen=Seen(what), count=count, first="2026-03-02T09:00:01", last="2026-03-02T09:00:02",
        places=(Place("p.log", 5),), at_least=at_least,
    )  # fmt: skip


def of(plan, *observations):
    return {item.flow: item for item in seen_items(plan, observations)}


@pytest.mark.parametrize(
    ("flow", "item", "end"),
    [
        ("out tcp 10.30.0.17 > 10.20.1.10:10123", "notify_tcp", "from"),
        ("in tcp 10.20.1.10 > 10.30.0.17:445", "push_smb", "to"),
        ("in udp 10.30.0.18 > 10.30.0.17:25536", "wup_udp", "to"),
        ("in icmp4 10.30.0.18 > 10.30.0.17 type=8 code=0", "wup_icmp", "to"),
    ],
    ids=["outgoing", "incoming", "peer", "icmp"],
)
def test_a_planned_flow_is_found(plan, flow, item, end):
    found = [i for i in seen_items(plan, [seen(flow, "dropped", 7)]) if i.flow == item and i.end == end]
    assert [(i.allowed, i.dropped) for i in found] == [(0, 7)]


@pytest.mark.parametrize(
    "flow",
    [
        "out tcp 10.30.0.17 > 10.20.1.11:10123",
        "out tcp 10.30.0.17 > 10.20.1.10:10124",
        "out udp 10.30.0.17 > 10.20.1.10:10123",
        "in tcp 10.20.1.10 > 10.30.0.17:10123",
    ],
    ids=["other host", "other port", "other protocol", "other direction"],
)
def test_what_is_not_the_planned_flow_is_not_counted(plan, flow):
    assert of(plan, seen(flow))["notify_tcp"].allowed == 0


def test_what_was_not_seen_is_there_with_zeros(plan):
    found = of(plan, seen("out tcp 10.30.0.17 > 10.20.1.10:10123"))
    assert (found["mp_http"].allowed, found["mp_http"].dropped, found["mp_http"].places) == (0, 0, ())


def test_a_host_of_another_network_has_no_items(plan):
    assert seen_items(plan, [seen("out tcp 192.0.2.7 > 192.0.2.8:10123")]) == ()


def test_broadcast_is_no_address_of_the_host(plan):
    assert seen_items(plan, [seen("in udp 192.0.2.7 > 255.255.255.255:67")]) == ()


def test_lower_bounds_stay_lower_bounds(plan):
    assert of(plan, seen("out tcp 10.30.0.17 > 10.20.1.10:10123", at_least=True))["notify_tcp"].at_least


def test_traffic_is_added_up_over_peers_dropped_first():
    kinds = seen_kinds(
        [
            seen("out tcp 10.30.0.17 > 10.20.1.10:443", count=5),
            seen("out tcp 10.30.0.17 > 10.20.1.11:443", count=6),
            seen("in udp 10.30.0.17 > 10.20.1.11:137", "dropped", 1),
        ]
    )
    assert [(k.seen.value, k.port, k.count, k.peers) for k in kinds] == [("dropped", 137, 1, 1), ("allowed", 443, 11, 2)]
