"""What a supposed change does: nothing without one, what an independent diagnosis says, and always in the right direction."""

from __future__ import annotations

import dataclasses
from random import Random

from tests.engine.test_path import between

from cmfw import catalog
from cmfw.diagnose import changes, diagnose
from cmfw.diagnose.changes import Traffic
from cmfw.diagnose.planned_state import planned_state
from cmfw.diagnose.whatif import Case, Outcome, compare
from cmfw.engine.exact import Engine
from cmfw.engine.path import PathEngine
from cmfw.engine.reference import judge
from cmfw.ingest.site import read_site_text
from cmfw.model.path import ZoneMember
from cmfw.model.rule import Action
from cmfw.model.state import HostState
from cmfw.model.verdict import Answer
from cmfw.net.addr import AddrSet
from cmfw.net.flow import TCP, UDP
from cmfw.net.ports import PortSet
from cmfw.resolve import resolve
from properties import universe
from properties.test_diagnose import GAPS, SITE, SITES, cases

CATALOG = catalog.load()
PORTS = (80, 135, 445, 443, 2701, 10123, 25536)


def case(site, state, path=None, plan=None) -> Case:
    return Case(site=site, plan=plan or resolve(CATALOG, site), engine=Engine(state), path=path)


def traffic(rng: Random) -> Traffic:
    ports = None if universe.chance(rng, 5) else PortSet.of(*rng.sample(PORTS, 2))
    return Traffic(text="x", protocol=rng.choice((TCP, TCP, UDP)), ports=ports, directions=rng.choice((1, 2, 3)))


def test_no_change_is_no_difference(soak, seed):
    for _, site, who, host, state in cases(seed, 15 * soak):
        one = case(site, state)
        rows = compare(CATALOG, one, case(site, state, plan=one.plan), who, host=host)
        assert rows
        assert {row.outcome for row in rows} == {Outcome.SAME}
        assert not any(row.witnesses or row.fallback for row in rows)


def changed(rng: Random, state):
    """One to three random changes of the machine."""
    for _ in range(rng.randint(1, 3)):
        kind = rng.choice((0, 0, 1, 1, 2, 3, 3, 4, 5, 6))
        picked = rng.choice([rule.id for rule in state.rules if rule.active is not (kind == 0)] or ["none"])
        if kind < 2:
            state = changes.switch_rules(state, changes.named(picked), on=kind == 0)
        elif kind == 2:
            state = changes.remove_rules(state, changes.named(picked))
        elif kind == 3:
            state = changes.add_rules(state, traffic(rng).rules(rng.choice((Action.ALLOW, Action.BLOCK))))
        elif kind == 4:
            state = changes.set_profiles(state, rng.choice((1, 2, 7)), default_outbound_allow=rng.random() < 0.5)
        elif kind == 5:
            state = changes.set_local_merge(state, 7, on=rng.random() < 0.5)
        else:
            state = changes.without_gpo(state)
    return state


def test_both_sides_are_what_a_diagnosis_of_their_own_says(soak, seed):
    outcomes = dict.fromkeys(Outcome, 0)
    for rng, site, who, host, state in cases(seed + 1, 35 * soak):
        then = changed(rng, state)
        old, new = case(site, state), case(site, then)
        rows = compare(CATALOG, old, new, who, host=host)
        for side, machine in (("before", state), ("after", then)):
            found = diagnose(CATALOG, site, resolve(CATALOG, site), Engine(machine), who, host=host).rows
            assert [getattr(row, side).bounds for row in rows] == [row.bounds for row in found]
        for row in rows:
            outcomes[row.outcome] += 1
            if row.outcome is Outcome.WORSE:
                assert row.after.bounds.high < row.before.bounds.low
                assert row.witnesses
            if row.outcome is Outcome.BETTER:
                assert row.after.bounds.low > row.before.bounds.high
                assert row.witnesses
            if row.outcome is Outcome.SAME:
                assert row.before.bounds == row.after.bounds
    assert outcomes[Outcome.WORSE] > 10 * soak, outcomes
    assert outcomes[Outcome.BETTER] > 4 * soak, outcomes
    assert outcomes[Outcome.SAME] > 50 * soak, outcomes


def test_witnesses_replay_on_whole_states(soak, seed):
    shown = 0
    for rng, site, who, host, machine in cases(seed + 2, 25 * soak):
        near = None if host else next(g.subnets for g in site.clients if g.name == who)
        known = machine.local_subnets
        state = machine if known is not None else dataclasses.replace(machine, local_subnets=near)
        then = changed(rng, state)
        for row in compare(CATALOG, case(site, state), case(site, then), who, host=host):
            for one in row.witnesses:
                assert one.before.answer is not one.after.answer
                for verdict, side in ((one.before, state), (one.after, then)):
                    if verdict.answer is not Answer.UNKNOWN:
                        assert judge(one.flow, side).answer is verdict.answer
                shown += 1
    assert shown > 20 * soak


def test_opening_never_breaks_and_closing_never_repairs(soak, seed):
    moved = 0
    for rng, site, who, host, state in cases(seed + 3, 20 * soak):
        asked = traffic(rng)
        opened = changes.add_rules(state, asked.rules(Action.ALLOW))
        closed = changes.add_rules(state, asked.rules(Action.BLOCK))
        for then, wrong in ((opened, Outcome.WORSE), (closed, Outcome.BETTER)):
            outcomes = [row.outcome for row in compare(CATALOG, case(site, state), case(site, then), who, host=host)]
            assert wrong not in outcomes
            moved += sum(outcome is not Outcome.SAME for outcome in outcomes)
    assert moved > 20 * soak


def test_same_is_certain_whatever_a_gap_hides(soak, seed):
    """A gap may hide any of the plan's rules; a row that is called the same is so for each set of rules that it may hide."""
    rng = Random(seed + 4)
    checked = moved = 0
    for _ in range(12 * soak):
        site = rng.choice(SITES)
        plan = resolve(CATALOG, site)
        own = list({id(r.rule): r.rule for item in plan.items for r in item.rules if r.where == "office"}.values())
        shown, added, hidden = ([rule for rule in own if rng.random() < share] for share in (0.2, 0.25, 0.6))
        near = site.clients[0].subnets
        state = HostState(rules=tuple(shown), gaps=(GAPS[0],), local_subnets=near)
        then = changes.add_rules(state, added)
        rows = compare(CATALOG, case(site, state, plan=plan), case(site, then, plan=plan), "office")
        truth = [dataclasses.replace(s, gaps=(), rules=(*s.rules, *hidden)) for s in (state, then)]
        real = compare(CATALOG, *(case(site, each, plan=plan) for each in truth), "office")
        for claimed, found in zip(rows, real, strict=True):
            moved += found.outcome is not Outcome.SAME
            if claimed.outcome is Outcome.SAME:
                assert found.outcome is Outcome.SAME, (claimed.feature, found)
                checked += 1
    assert checked > 30 * soak
    assert moved > 5 * soak


ZONED = read_site_text(
    SITE.replace('roles = ["site', 'zone = "centre"\nroles = ["site').replace(
        'name = "office"', 'name = "office"\nzone = "branch"'
    ),
    "site.toml",
)
MEMBERS = (
    ZoneMember(name="cm1.example.test", zone="centre", addresses=AddrSet.parse("10.9.0.5")),
    ZoneMember(name="office", zone="branch", addresses=AddrSet.parse("10.9.8.0/24")),
)


def test_filters_opened_never_break_and_closed_never_repair(soak, seed):
    rng = Random(seed + 5)
    moved = 0
    plan = resolve(CATALOG, ZONED)
    state = planned_state(ZONED, plan, "office")
    for _ in range(12 * soak):
        lines = [f"{rng.choice(('allow', 'block'))} tcp * > *:{rng.choice(PORTS)}" for _ in range(3)]
        last = rng.choice(("allow any * > *", "block any * > *", "lost"))
        path = dataclasses.replace(between("\n".join([*lines, last])).state, members=MEMBERS)
        asked = traffic(rng)
        for change, wrong in ((changes.open_between, Outcome.WORSE), (changes.close_between, Outcome.BETTER)):
            then = change(path, asked, "branch", "centre")
            sides = [case(ZONED, state, PathEngine(each), plan) for each in (path, then)]
            outcomes = [row.outcome for row in compare(CATALOG, *sides, "office")]
            assert wrong not in outcomes
            moved += sum(outcome is not Outcome.SAME for outcome in outcomes)
    assert moved > 10 * soak


def test_every_feature_works_on_a_machine_as_planned():
    plan = resolve(CATALOG, ZONED)
    found = diagnose(CATALOG, ZONED, plan, Engine(planned_state(ZONED, plan, "office")), "office")
    assert {row.status for row in found.rows} <= {"works", "disabled"}
