"""Generated sites through every network target: what an artifact lets pass, recomputed from it, is what the plan opens."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from importlib import import_module

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.properties.sites import sites

from cmfw import catalog
from cmfw.catalog.types import Edition
from cmfw.emit.crossings import gateway
from cmfw.emit.network import NETWORK_TARGETS, emit_between
from cmfw.engine.path import Passage, partition_between
from cmfw.errors import InputError, Unsupported
from cmfw.model.path import PathFilter
from cmfw.model.site import Site
from cmfw.net.addr import AddrSet
from cmfw.net.box import Box
from cmfw.net.flow import Direction
from cmfw.net.flowset import FlowSet
from cmfw.resolve import resolve

FACTS = catalog.load()
SITES = 20 * int(os.environ.get("CMFW_SOAK", "1"))  # each is written for every target and read back
USUAL = settings(
    max_examples=SITES,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
DONE: Counter[str] = Counter()
OF_SYSTEMS = ("core", "dmz", "core", "branch", "")
OF_CLIENTS = ("branch", "核心 区", "branch", "core", "")


@st.composite
def zoned(draw: st.DrawFn) -> Site:
    """A site whose members are spread over zones; each has addresses, as a filter between zones needs."""
    site = draw(sites(tuple(FACTS.features)))
    systems = [
        replace(
            one,
            zone=draw(st.sampled_from(OF_SYSTEMS)),
            addresses=_known(one.addresses, f"172.16.{n}.0/28", f"172.16.{n}.77"),
        )
        for n, one in enumerate(site.systems)
    ]
    clients = [
        replace(one, zone=draw(st.sampled_from(OF_CLIENTS)), subnets=_known(one.subnets, f"172.17.{n}.3-172.17.{n}.9"))
        for n, one in enumerate(site.clients)
    ]
    return replace(site, systems=tuple(systems), clients=tuple(clients))


def _known(addresses: AddrSet, *texts: str) -> AddrSet:
    return AddrSet.parse(*texts) if addresses.is_empty else addresses


def opened(site: Site, plan, here: str, there: str) -> FlowSet:
    """What the plan opens from one zone to the other as packets, from the items' own fields."""
    zones = {g.name: g.zone for g in site.clients} | {s.host: s.zone for s in site.systems}
    found = []
    for one in plan.items:
        ends = (zones.get(one.source.name, ""), zones.get(one.target.name, ""))
        if ends != (here, there) or one.same_subnet or (one.necessity == "documented_only" and plan.scope == "least"):
            continue
        for box in one.flows_at("from"):
            parts = {
                name: getattr(box, name) for name in ("protocol", "local", "remote", "local_port", "remote_port", "icmp")
            }
            found.append(Box(direction=int(Direction.OUT), **parts))
    return FlowSet.of(found)


@pytest.mark.parametrize("target", NETWORK_TARGETS)
@USUAL
@given(site=zoned(), edition=st.sampled_from(Edition), scope=st.sampled_from(["least", "documented"]))
def test_what_is_written_is_what_the_plan_opens(target, site, edition, scope):
    plan = resolve(FACTS, site, edition=edition, scope=scope)
    module = import_module(NETWORK_TARGETS[target])
    try:
        made = emit_between(target, site, plan)
    except InputError as error:
        assert "planned flows from one zone to another" in str(error)  # noqa: PT017 - the other half of the same claim
        return
    except Unsupported as refusal:
        assert refusal.reason in module.CAPABILITIES.lacks.values() or "misprint of 443" in refusal.reason  # noqa: PT017
        return
    crossings = gateway(site, plan, (), target).crossings
    for crossing, (lines, problems) in zip(crossings, module.read_back(made.artifacts, crossings), strict=True):
        assert problems == []
        one = PathFilter(from_zone="x", to_zone="y", file="f", lines=lines)
        parts = partition_between(FlowSet(crossing.boxes()), Passage("x", "y", (one,)))
        assert parts.unknown.is_empty
        wanted = opened(site, plan, crossing.from_zone, crossing.to_zone)
        assert parts.allowed.same_flows(wanted)
        DONE[target] += len(crossing.flows)


def test_counts(record_count):
    """Behind the others: how many flows of generated sites each target was asked for."""
    for target, count in DONE.items():
        record_count(f"planned flows of generated sites: {target}", count)
    if DONE:
        assert min(DONE.values()) > 0
        assert sum(DONE.values()) > SITES
