"""What holds for every machine: proofs replay, repairs work, bounds are monotone, shortcuts change nothing."""

from __future__ import annotations

import dataclasses
from random import Random

import pytest
from tests.diagnose.machines import SITE, findings, planned, shipped

from cmfw import catalog
from cmfw.diagnose import Diagnosis, diagnose
from cmfw.diagnose.leaves import Judge
from cmfw.diagnose.place import find_place
from cmfw.diagnose.prefilter import may_meet
from cmfw.engine.exact import Engine
from cmfw.engine.reference import judge
from cmfw.ingest.site import read_site_text
from cmfw.model.rule import Action, Extras, HostRule, Store
from cmfw.model.state import Gap, HostState
from cmfw.model.verdict import Answer
from cmfw.net.addr import AddrSet
from cmfw.net.flow import Direction, Principal
from cmfw.net.flowset import Preferences
from properties import universe

PLACES = (("office", False), ("office", False), ("office", False), ("cm1.example.test", True), ("desk1.example.test", True))
SITES = tuple(
    read_site_text(
        SITE.replace('"10.9.0.5"', '"10.0.0.5"').replace("10.9.8.0/24", subnets).replace('"domain"', f'"{profile}"'),
        "site.toml",
    )
    for subnets, profile in (("10.1.0.0/24", "domain"), ("10.1.0.0/24", "private"), ("10.0.0.0/8", "public"))
)
GAPS = (
    Gap("legacy_lists", "old lists", may_allow=True),
    Gap("token:lost", "a value", may_block=True),
    Gap("store:gpo", "damaged", may_allow=True, may_block=True),
)


def machine(rng: Random, site) -> HostState:
    """A machine on which some of the plan's rules, of the shipped ones and of others are on and some off."""
    state = universe.state(rng, most_rules=6)
    own = {id(r.rule): r.rule for item in planned(site).items for r in item.rules}
    rules = [*shipped(domain=rng.random() < 0.4, private=rng.random() < 0.4)]
    for rule in own.values():
        if rng.random() < 0.5:
            store = rng.choice((Store.LOCAL, Store.LOCAL, Store.GPO))
            rules.append(dataclasses.replace(rule, active=rng.random() < 0.7, store=store))
        if rng.random() < 0.08:
            rules.append(dataclasses.replace(rule, id=f"no-{rule.id}", action=Action.BLOCK))
    rng.shuffle(rules)
    return dataclasses.replace(state, rules=(*state.rules, *rules))


def cases(seed: int, count: int):
    rng = Random(seed)
    for _ in range(count):
        site = rng.choice(SITES)
        who, host = rng.choice(PLACES)
        yield rng, site, who, host, machine(rng, site)


def ask(site, state: HostState, who: str, host: bool) -> Diagnosis:
    return diagnose(catalog.load(site.packs), site, planned(site), Engine(state), who, host=host)


def key(row) -> tuple[str, str, str]:
    return row.feature, row.clients, row.peer


def test_proofs_replay_and_repairs_work(soak, seed):
    """Every flow of a certain member is blocked by the specification on the whole state; every repair lifts its row."""
    proofs = repairs = 0
    for _, site, who, host, state in cases(seed, 60 * soak):
        near = (
            state if state.local_subnets is not None else dataclasses.replace(state, local_subnets=near_of(site, who, host))
        )
        for row in ask(site, state, who, host).rows:
            for blocked in row.blocking:
                verdicts = {judge(blocked.flow, s).answer for s in (state, near)}
                assert blocked.verdict.answer in (verdicts if blocked.verdict.answer is Answer.BLOCK else [Answer.UNKNOWN])
                proofs += 1
            if row.bounds is not None:
                assert bool(row.blocking) == (row.status != "works")
            for repair in row.repair:
                again = {key(r): r for r in ask(site, repair.apply(state), who, host).rows}
                assert again[key(row)].status == "works", repair.commands
                repairs += 1
    assert proofs > 100 * soak
    assert repairs > 40 * soak


def near_of(site, who: str, host: bool) -> AddrSet | None:
    return None if host else next(g.subnets for g in site.clients if g.name == who)


def test_an_allow_rule_never_lowers_a_status(soak, seed):
    raised = 0
    for rng, site, who, host, state in cases(seed + 1, 40 * soak):
        extra = dataclasses.replace(universe.rule(rng, 99), action=Action.ALLOW, extras=Extras.NONE, active=True)
        if rng.random() < 0.5:
            extra = HostRule(id="wide", action=Action.ALLOW, direction=rng.choice(tuple(Direction)), store=Store.GPO)
        if extra.store in (Store.HARDENING, Store.APPISO):
            continue
        before, after = (ask(site, s, who, host) for s in (state, dataclasses.replace(state, rules=(*state.rules, extra))))
        for old, new in zip(before.rows, after.rows, strict=True):
            if old.bounds is not None:
                assert new.bounds.low >= old.bounds.low
                assert new.bounds.high >= old.bounds.high
                raised += new.bounds != old.bounds
    assert raised > 10


def test_a_gap_never_narrows_bounds(soak, seed):
    widened = 0
    for rng, site, who, host, state in cases(seed + 2, 40 * soak):
        gap = rng.choice(GAPS)
        before, after = (ask(site, s, who, host) for s in (state, dataclasses.replace(state, gaps=(*state.gaps, gap))))
        for old, new in zip(before.rows, after.rows, strict=True):
            if old.bounds is not None:
                assert new.bounds.low <= old.bounds.low
                assert new.bounds.high >= old.bounds.high
                widened += new.bounds != old.bounds
    assert widened > 40


def test_the_order_of_rules_changes_no_row(soak, seed):
    for rng, site, who, host, state in cases(seed + 3, 12 * soak):
        rules = list(state.rules)
        rng.shuffle(rules)
        before, after = (ask(site, s, who, host) for s in (state, dataclasses.replace(state, rules=tuple(rules))))
        assert [(key(r), r.bounds, r.alternatives) for r in before.rows] == [
            (key(r), r.bounds, r.alternatives) for r in after.rows
        ]
        assert [(f.code, f.subject) for f in before.findings] == [(f.code, f.subject) for f in after.findings]


def test_the_reference_says_the_same_without_the_rules_that_cannot_matter(soak, seed):
    rng = Random(seed + 4)
    place = find_place(SITES[0], "office", host=False)
    for _ in range(150 * soak):
        state = universe.state(rng)
        one = Judge({}, place, Engine(state))
        for _ in range(8):
            flow = universe.flow_near(rng, state)
            assert one.replay(flow) == judge(flow, state), flow.text()


def test_the_prefilter_drops_no_rule_that_meets_the_flows(soak, seed):
    rng = Random(seed + 5)
    met = 0
    for _ in range(120 * soak):
        state = universe.state(rng)
        engine = Engine(state)
        box = universe.flow_set(rng).boxes[0]
        for rule in state.rules:
            if any(upper.intersect(box) for upper in engine.boxes_of(rule).upper):
                assert may_meet(rule, box), rule
                met += 1
    assert met > 20


def test_witnesses_of_excess_are_let_in(soak, seed):
    """What ``excess`` and ``wider`` show passes the whole state, and no planned item asks for it."""
    from cmfw.net.flowtext import parse_parts

    shown = 0
    for _, site, who, host, state in cases(seed + 6, 30 * soak):
        place = find_place(site, who, host=host)
        planned_here = [item.flows_at("to") for item in planned(site).items if "to" in place.ends(item)]
        found = ask(site, state, who, host)
        for finding in (*findings(found, "excess"), *findings(found, "wider")):
            flow = parse_parts(finding.witness).flows().witness(Preferences())
            flow = dataclasses.replace(flow, principal=Principal.ORDINARY)
            assert judge(flow, state).answer is Answer.ALLOW, finding
            assert not any(flow in flows for flows in planned_here), finding
            shown += 1
    assert shown > 20


@pytest.mark.parametrize("site", SITES, ids=["domain", "private", "wide public"])
def test_a_machine_with_all_the_plan_s_rules_works(site):
    own = {id(r.rule): r.rule for item in planned(site).items for r in item.rules if r.where == "office"}
    state = HostState(rules=tuple(own.values()), local_subnets=AddrSet.parse("10.1.0.0/24"))
    assert {row.status for row in ask(site, state, "office", False).rows} <= {"works", "disabled"}
