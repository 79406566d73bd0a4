"""Generated sites through every host target: what an artifact lets pass, recomputed from it, is what the plan gives the place."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from importlib import import_module

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.emit.readers import difference, host, read, union
from tests.properties.sites import sites

from cmfw import catalog
from cmfw.catalog.types import Edition
from cmfw.emit import TARGETS, EmitRequest, emit
from cmfw.emit.selection import items_at
from cmfw.engine.exact import Engine
from cmfw.errors import Unsupported
from cmfw.model.rule import HostRule
from cmfw.model.site import ClientGroup, Product
from cmfw.net.addr import AddrSet
from cmfw.net.flowset import FlowSet
from cmfw.resolve import resolve

FACTS = catalog.load()
SITES = 20 * int(os.environ.get("CMFW_SOAK", "1"))
RULE_TARGETS = tuple(target for target in TARGETS if target != "list")
DONE: Counter[str] = Counter()


def planned(asked: EmitRequest) -> list[HostRule]:
    """The rules that the plan's items give the place, without those that two items share twice."""
    found = [p.rule for one in asked.plan.items for p in one.rules if p.where == asked.where]
    return [replace(rule, active=True) for rule in dict.fromkeys(found)]


def subnets_of(asked: EmitRequest) -> AddrSet:
    place = asked.place
    return place.subnets if isinstance(place, ClientGroup) else place.addresses


@settings(
    max_examples=SITES,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
@given(site=sites(tuple(FACTS.features)), edition=st.sampled_from(Edition), data=st.data())
def test_what_is_written_is_what_the_plan_gives(site, edition, data):
    names = [group.name for group in site.clients] + [system.host for system in site.systems]
    where = data.draw(st.sampled_from(names))
    asked = EmitRequest(FACTS, site, resolve(FACTS, site, edition=edition), where)
    wanted, subnets = planned(asked), subnets_of(asked)
    assume(wanted or any(items_at(asked)))
    rpc = asked.site.ports(asked.place.site).rpc
    flows = union(wanted, subnets, rpc)
    judged = data.draw(st.sampled_from(RULE_TARGETS))
    is_other = isinstance(asked.place, ClientGroup) and asked.place.product is Product.OTHER
    DONE["sites"] += 1
    for target in TARGETS:
        try:
            found = read(target, emit(target, asked).artifacts)
        except Unsupported as refusal:
            lacks = import_module(TARGETS[target]).CAPABILITIES.lacks.values()
            assert refusal.reason in lacks or "misprint of 443" in refusal.reason  # noqa: PT017 - no other is due
            DONE[f"refused by {target}"] += 1
            continue
        assert found.problems == ()
        DONE[target] += 1
        if target == "list":
            assert len(found.made) >= len(list(items_at(asked)))
            continue
        assert not is_other
        assert difference(union(found.made, subnets, rpc), flows) == "", target
        if target == judged:
            # and so does the engine, on a host that has nothing else
            state = replace(host(found.made, subnets), rpc_ports=rpc)
            assert difference(Engine(state).partition(flows).allowed, flows) == "", target
            assert (Engine(state).partition(FlowSet.ANY).allowed - flows).is_empty, target


def test_counts(record_count):
    """Behind the other: how many generated sites each target has written and read back."""
    for name, count in sorted(DONE.items()):
        record_count(f"generated sites: {name}", count)
    if DONE:
        assert all(DONE[target] * 5 > DONE["sites"] for target in TARGETS), DONE
