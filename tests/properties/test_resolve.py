"""What holds for the plan of any site, whatever it says."""

from __future__ import annotations

import os
import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.properties.sites import sites
from tests.resolve.small_catalog import small_catalog

from cmfw import catalog
from cmfw.catalog.types import Catalog, Edition
from cmfw.model.need import leaves, need_text, parse_need
from cmfw.model.plan import Plan
from cmfw.model.site import Product, Site
from cmfw.net.flow import Direction
from cmfw.resolve import resolve
from cmfw.resolve.lint import lint_site

FACTS = {"a few rows": small_catalog(), "the whole catalog": catalog.load(catalog.PACKS)}
COUNT = 60 * int(os.environ.get("CMFW_SOAK", "1"))
USUAL = settings(max_examples=COUNT, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
EDITIONS = st.sampled_from(Edition)
SCOPES = st.sampled_from(["least", "documented"])
CATALOGS = pytest.mark.parametrize("rows", FACTS)


def of(facts: Catalog) -> st.SearchStrategy[Site]:
    packs = tuple(dict.fromkeys(f.pack for f in facts.features.values() if f.pack != "page"))
    return sites(tuple(facts.features), packs)


def wanted(plan: Plan) -> set[str]:
    return {leaf for row in plan.rows for leaf in (*leaves(row.need), *row.advisory)}


@CATALOGS
@USUAL
@given(data=st.data(), edition=EDITIONS, scope=SCOPES, advisory=st.booleans())
def test_rows_and_items_belong_together(rows, data, edition, scope, advisory):
    plan = resolve(FACTS[rows], data.draw(of(FACTS[rows])), edition=edition, scope=scope, advisory=advisory)
    ids = [item.id for item in plan.items]
    assert len(ids) == len(set(ids))
    assert wanted(plan) == set(ids), "every leaf is an item, and every item is wanted"
    by_feature: dict[str, set[str]] = {}
    for row in plan.rows:
        by_feature.setdefault(row.feature, set()).update((*leaves(row.need), *row.advisory))
        assert parse_need(need_text(row.need)) == row.need
        assert not row.disabled or not list(leaves(row.need))
    for item in plan.items:
        assert item.features
        assert all(item.id in by_feature[feature] for feature in item.features)
    keys = [(row.feature, row.clients, row.peer) for row in plan.rows]
    assert len(keys) == len(set(keys))
    exceptions = [exception.id for exception in plan.exceptions]
    assert len(exceptions) == len(set(exceptions))


@CATALOGS
@USUAL
@given(data=st.data(), edition=EDITIONS)
def test_each_item_is_of_one_family_and_one_kind(rows, data, edition):
    plan = resolve(FACTS[rows], data.draw(of(FACTS[rows])), edition=edition, scope="documented", advisory=True)
    for item in plan.items:
        ends = (item.source.addresses, item.target.addresses)
        assert not any(end.v4.ranges and end.v6.ranges for end in ends)
        assert not (ends[0].v4.ranges and ends[1].v6.ranges)
        assert item.id.endswith("/v6") == any(end.v6.ranges for end in ends) or item.icmp is not None
        assert (item.icmp is None) or item.ports.is_empty
        assert edition is Edition.PAGE_2016 or not item.printed
        assert not item.printed or item.errata


@CATALOGS
@USUAL
@given(data=st.data(), edition=EDITIONS)
def test_least_is_never_wider_than_documented(rows, data, edition):
    site = data.draw(of(FACTS[rows]))
    least = resolve(FACTS[rows], site, edition=edition, scope="least")
    documented = resolve(FACTS[rows], site, edition=edition, scope="documented")
    assert {item.id for item in least.items} <= {item.id for item in documented.items}
    assert not [item for item in least.items if item.necessity in ("documented_only", "advisory")]
    assert [exception.id for exception in least.exceptions] == [exception.id for exception in documented.exceptions]


@CATALOGS
@USUAL
@given(data=st.data(), seed=st.integers(0, 99), scope=SCOPES)
def test_the_order_of_systems_and_clients_does_not_matter(rows, data, seed, scope):
    site = data.draw(of(FACTS[rows]))
    systems, clients = list(site.systems), list(site.clients)
    random.Random(seed).shuffle(systems)
    random.Random(seed + 1).shuffle(clients)
    other = replace(site, systems=tuple(systems), clients=tuple(clients))
    assert resolve(FACTS[rows], site, scope=scope) == resolve(FACTS[rows], other, scope=scope)
    assert lint_site(FACTS[rows], site) == lint_site(FACTS[rows], other)


@CATALOGS
@USUAL
@given(data=st.data(), edition=EDITIONS)
def test_least_rules_let_their_items_pass_and_no_other_peer(rows, data, edition):
    site = data.draw(of(FACTS[rows]))
    plan = resolve(FACTS[rows], site, edition=edition)
    blocking = {g.name for g in site.clients if g.default_outbound_block}
    blocking |= {s.host for s in site.systems if s.default_outbound_block}
    others = {g.name for g in site.clients if g.product is Product.OTHER}
    by_id: dict[tuple[str, str], object] = {}
    for item in plan.items:
        for planned in item.rules:
            end, peer = (item.target, item.source) if planned.on == "to" else (item.source, item.target)
            rule = planned.rule
            assert by_id.setdefault((planned.where, rule.id), rule) == rule, "one id, one rule"
            assert planned.where == end.name
            assert planned.where not in others
            assert rule.direction is (Direction.IN if planned.on == "to" else Direction.OUT)
            assert planned.on == "to" or planned.where in blocking, "outbound rules only where outbound is blocked"
            assert rule.profiles == end.profiles
            if not item.same_subnet:
                assert peer.addresses <= rule.remote_address.addresses
                assert rule.remote_address.is_any == _is_any_meant(plan, planned.where, rule.id)


def _is_any_meant(plan: Plan, where: str, rule_id: str) -> bool:
    """Whether a peer of any item of the rule has unknown addresses."""
    return any(
        (item.source if planned.on == "to" else item.target).addresses.is_empty
        for item in plan.items
        for planned in item.rules
        if planned.where == where and planned.rule.id == rule_id
    )
