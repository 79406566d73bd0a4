"""``search``, ``diff`` and ``shadow`` on random states, held against the specification and against decision diagrams."""

from __future__ import annotations

import dataclasses
from random import Random

import pytest
from tests.conftest import need

from cmfw.engine.difference import differ
from cmfw.engine.masks import ANSWERS, Policy, Walk
from cmfw.engine.reference import judge
from cmfw.engine.search import search
from cmfw.engine.shadow import EXAMINED, Doubt, Reason, shadows
from cmfw.engine.space import ANYWHERE, Budget, Space, Surroundings, known_programs, sector_of, whole_sectors
from cmfw.model.rule import program_basename
from cmfw.model.state import HostState
from cmfw.model.verdict import Answer, RuleRef
from cmfw.net.flow import Flow
from cmfw.net.flowset import FlowSet, flow_box
from properties import universe


def as_told(flow: Flow, known: frozenset[str]) -> Flow:
    """The flow as boxes name it: a program that no rule names in full is one of all the files of its name."""
    anywhere = ANYWHERE + program_basename(flow.program)
    is_one_of_many = flow.program not in known and anywhere in known
    return dataclasses.replace(flow, program=anywhere) if is_one_of_many else flow


def neighbour(rng: Random, state: HostState) -> HostState:
    """A state that differs in a few rules, sometimes in settings, sometimes in everything."""
    if universe.chance(rng, 6):
        return universe.state(rng)
    rules = list(state.rules)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(rules))
        what = rng.randrange(4)
        if what == 0 and len(rules) > 1:
            del rules[at]
        elif what == 1:
            rules[at] = dataclasses.replace(rules[at], profiles=rng.choice((1, 2, 7)))
        else:
            rules.append(universe.rule(rng, 100 + len(rules)))
    changed = dataclasses.replace(state, rules=tuple(rules))
    return dataclasses.replace(changed, settings=universe.state(rng).settings) if universe.chance(rng, 6) else changed


def without(state: HostState, rule) -> HostState:
    return dataclasses.replace(state, rules=tuple(each for each in state.rules if each is not rule))


def diagrams(*states):
    """The other algebra; its wheels have CUDD on Linux only."""
    try:
        from oracles.diagrams import Diagrams
    except ImportError:
        need(False, "`dd` with its CUDD part")
    return Diagrams(*states)


def test_walk_on_masks_equals_the_reference(soak, seed, record_count):
    """For single flows, and for one flow of every cell of all flows of a direction and family."""
    rng = Random(seed + 20)
    count = 0
    for number in range(40 * soak):
        state = universe.state(rng)
        space = Space((state,), universe.PROGRAMS, once=bool(number % 2))
        policy = Policy(state, space)
        for _ in range(10):
            flow = universe.flow_near(rng, state)
            (box,) = flow_box(flow).boxes
            key = sector_of(box)
            near = Surroundings(space.sectors[key], box, (1 << len(space.sectors[key].boxes)) - 1)
            assert not near.cuttings
            assert ANSWERS[Walk(policy, key, near).answer(near.every, flow.profile)] is judge(flow, state).answer
            count += 1
        key, root = rng.choice(list(whole_sectors().items()))
        near = Surroundings(space.sectors[key], root, (1 << len(space.sectors[key].boxes)) - 1)
        walk = Walk(policy, key, near)
        for path, live in list(near.corners(Budget(100_000), near.every, lambda *_: False))[:40]:
            for bit, kept in near.profiles:
                flow = FlowSet((near.box(path, bit),)).witness()
                wanted = judge(flow, state)
                assert ANSWERS[walk.answer(live & kept, bit)] is wanted.answer, f"{flow.text()}\n{state}"
                count += 1
    record_count("cells walked on masks replayed through the reference", count)


def test_a_difference_holds_every_flow_that_changes_and_no_other(soak, seed, record_count):
    rng = Random(seed + 21)
    count = 0
    for _ in range(40 * soak):
        before = universe.state(rng)
        after = neighbour(rng, before)
        found = differ(before, after)  # replays every witness on both sides
        assert not found.not_compared
        known = known_programs((*before.rules, *after.rules))
        for _ in range(25):
            flow = universe.flow_near(rng, rng.choice((before, after)))
            answers = judge(flow, before).answer, judge(flow, after).answer
            told = as_told(flow, known)
            hits = {(c.before, c.after) for c in found.changes if any(told in box for box in c.boxes)}
            assert hits == ({answers} if answers[0] is not answers[1] else set()), f"{flow.text()}\n{before}\n{after}"
            count += 1
    record_count("flows held against differences of states", count)


def _reordered(state):
    return dataclasses.replace(state, rules=state.rules[::-1])


def _renamed(state):
    rules = (dataclasses.replace(rule, id=f"{rule.id}-renamed", name="other words") for rule in state.rules)
    return dataclasses.replace(state, rules=tuple(rules))


def _split_by_profile(state):
    rules = (dataclasses.replace(rule, profiles=p) for rule in state.rules for p in (1, 2, 4) if rule.profiles & p)
    return dataclasses.replace(state, rules=tuple(rules))


def _split_by_interface(state):
    halves = ((rule, rule.interfaces & half) for rule in state.rules for half in (3, 12) if rule.interfaces & half)
    return dataclasses.replace(state, rules=tuple(dataclasses.replace(rule, interfaces=half) for rule, half in halves))


def _twice(state):
    return dataclasses.replace(state, rules=state.rules * 2)


def _same(state):
    return state


@pytest.mark.parametrize("change", [_same, _reordered, _renamed, _split_by_profile, _split_by_interface, _twice])
def test_what_means_the_same_is_equal_for_certain(change, soak, seed, record_count):
    rng = Random(seed + 22)
    for _ in range(8 * soak):
        state = universe.state(rng)
        assert differ(state, change(state)).is_equal, state
        assert differ(change(state), state).is_equal, state
    record_count("states that mean the same found equal", 16 * soak)


def test_the_difference_is_the_one_of_decision_diagrams(soak, seed, record_count):
    rng = Random(seed + 23)
    empty = 0
    for _ in range(20 * soak):
        before = universe.state(rng)
        after = neighbour(rng, before)
        other = diagrams(before, after)
        ours = other.flows(box for change in differ(before, after).changes for box in change.boxes)
        theirs = other.difference(before, after)
        assert ours == theirs, f"{before}\n{after}"
        empty += theirs == other.bdd.false
    assert empty >= 2 * soak
    record_count("differences equal to those of CUDD", 20 * soak)


def test_dead_rules_can_go_and_living_ones_cannot(soak, seed, record_count):
    rng = Random(seed + 24)
    seen = dict.fromkeys([*Reason, *Doubt, "alive"], 0)
    for _ in range(25 * soak):
        state = universe.state(rng)
        found = shadows(state)
        for dead in found.dead:
            assert differ(state, without(state, dead.rule)).is_equal, f"{dead}\n{state}"
            seen[dead.reason] += 1
        for each in found.alive:
            rest = without(state, each.rule)
            assert judge(each.witness, state).answer is not judge(each.witness, rest).answer, f"{each}\n{state}"
            seen["alive"] += 1
        for rule, doubt in found.doubtful:
            assert differ(state, without(state, rule)).is_equal, f"{rule}\n{state}"
            seen[doubt] += 1
        named = [dead.rule for dead in found.dead] + [each.rule for each in found.alive] + [r for r, _ in found.doubtful]
        assert sorted(map(id, named)) == sorted(id(rule) for rule in state.rules if rule.store in EXAMINED)
    assert all(
        seen[each] for each in (Reason.INACTIVE, Reason.COVERED, Reason.OVERRIDDEN, Reason.SETTING, Doubt.EVIDENCE, "alive")
    )
    record_count("rules taken away to see what changes", sum(seen.values()))


def test_what_covers_a_dead_rule_is_enough(soak, seed, record_count):
    """A covered rule is dead with only its coverers beside it."""
    rng = Random(seed + 25)
    count = 0
    for _ in range(40 * soak):
        state = universe.state(rng)
        if any(rule.store.value in ("hardening", "appiso") for rule in state.rules) or state.gaps:
            continue
        for dead in shadows(state, witnesses=False).dead:
            if dead.by:
                alone = dataclasses.replace(state, rules=(*dead.by, dead.rule))
                assert differ(alone, without(alone, dead.rule)).is_equal, f"{dead}\n{state}"
                count += 1
    record_count("covered rules dead with their coverers alone", count)


def test_no_rule_is_dead_that_a_doubtful_one_covers(soak, seed):
    """Whatever an uncertain rule really matches, a rule reported dead stays dead."""
    rng = Random(seed + 26)
    for _ in range(25 * soak):
        state = universe.state(rng)
        doubtful = [rule for rule in state.rules if rule.extras.unknown or rule.extras.invalid or rule.extras.interface_ids]
        gone = dataclasses.replace(state, rules=tuple(r for r in state.rules if all(r is not each for each in doubtful)))
        for dead in shadows(state, witnesses=False).dead:
            if dead.rule in gone.rules:
                assert differ(gone, without(gone, dead.rule)).is_equal, f"{dead}\n{state}"


def test_shadows_are_those_of_decision_diagrams(soak, seed, record_count):
    rng = Random(seed + 27)
    count = 0
    for _ in range(12 * soak):
        state = universe.state(rng, most_rules=10)
        found = shadows(state)
        alive = {id(each.rule) for each in found.alive}
        other = diagrams(state)
        for rule in state.rules:
            if rule.store in EXAMINED:
                changes = other.difference(state, without(state, rule)) != other.bdd.false
                assert changes is (id(rule) in alive), f"{rule}\n{state}"
                count += 1
    record_count("rules alive exactly where CUDD finds a difference", count)


def test_a_search_finds_every_flow_it_is_asked_for_and_no_other(soak, seed, record_count):
    rng = Random(seed + 28)
    count = 0
    for _ in range(40 * soak):
        state = universe.state(rng)
        asked = universe.flow_set(rng) if universe.chance(rng, 2) else FlowSet.ANY
        answers = rng.choice(((Answer.ALLOW,), (Answer.BLOCK,), (Answer.UNKNOWN,), tuple(Answer)))
        rules = [rng.choice(state.rules)] if universe.chance(rng, 2) else None
        found = search(state, asked, answers, rules)  # replays every witness
        assert not found.not_searched
        refs = {RuleRef(rule.id, rule.store.value, rule.origin) for rule in rules or ()}
        assert all(rules is None or refs & set(hit.verdict.by) for hit in found.found)
        known = known_programs(state.rules, {name for box in asked for name in box.program.names})
        for flow in (universe.flow_near(rng, state) for _ in range(25)):
            verdict = judge(flow, state)
            wanted = flow in asked and verdict.answer in answers and (rules is None or bool(refs & set(verdict.by)))
            told = as_told(flow, known)
            assert any(told in box for hit in found.found for box in hit.boxes) is wanted, f"{flow.text()}\n{state}"
            count += 1
    record_count("flows held against searches", count)
