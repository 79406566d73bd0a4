"""The exact engine agrees with the specification on random states, flow by flow and on whole sets."""

from __future__ import annotations

import dataclasses
from collections import Counter
from random import Random

import pytest

from cmfw.engine.exact import Engine
from cmfw.engine.reference import judge
from cmfw.model.rule import canonical_program
from cmfw.model.verdict import Answer
from cmfw.net.flowset import FlowSet, flow_box
from properties import universe

FLOWS_PER_STATE = 20


def disagreement(state, flow, engine=None) -> str:
    """What differs between the engine and the specification on one flow; empty when they agree."""
    engine = engine or Engine(state)
    wanted = judge(flow, state)
    part = engine.partition(flow_box(flow))
    sides = {Answer.ALLOW: part.allowed, Answer.BLOCK: part.blocked, Answer.UNKNOWN: part.unknown}
    answers = [answer for answer, side in sides.items() if flow in side]
    if answers != [wanted.answer]:
        return f"partition says {answers}, reference {wanted}"
    found = engine.verdict(flow_box(flow))
    if found.answer is not wanted.answer:
        return f"verdict says {found}, reference {wanted}"
    if wanted.answer is Answer.UNKNOWN:
        return "" if found.missing == wanted.missing else f"missing {found.missing}, reference {wanted.missing}"
    if len(engine.worlds(flow.profile)) == 1 and (found.why, found.by) != (wanted.why, wanted.by):
        return f"reason {found}, reference {wanted}"
    return ""


def test_exact_equals_reference_on_single_flows(soak, seed, record_count):
    rng = Random(seed)
    seen: Counter[str] = Counter()
    for _ in range(250 * soak):
        state = universe.state(rng)
        engine = Engine(state)
        for number in range(FLOWS_PER_STATE):
            flow = universe.flow(rng) if number % 7 == 0 else universe.flow_near(rng, state)
            if disagreement(state, flow, engine):
                small = universe.shrink(state, lambda s, flow=flow: bool(disagreement(s, flow)))
                pytest.fail(f"{disagreement(small, flow)}\n{flow.text()}\n{small}")
            verdict = judge(flow, state)
            seen["pairs"] += 1
            seen[verdict.answer if verdict.why != "rule" else f"{verdict.answer} by rule"] += 1
    record_count("exact = reference, random (state, flow) pairs", seen["pairs"])
    shares = {name: count / seen["pairs"] for name, count in seen.items()}
    # the shares that make agreement worth something
    assert shares["allow by rule"] >= 0.30, shares
    assert shares["block by rule"] >= 0.15, shares
    assert shares["unknown"] >= 0.10, shares


def test_partition_of_a_set_agrees_with_the_reference_on_its_members(soak, seed, record_count):
    rng = Random(seed + 1)
    count = 0
    for _ in range(60 * soak):
        state, asked = universe.state(rng, most_rules=8), universe.flow_set(rng)
        named = {canonical_program(rule.program) for rule in state.rules if rule.program}
        named |= {name for box in asked for name in box.program.names}
        part = Engine(state).partition(asked)
        parts = (part.allowed, part.blocked, part.unknown)
        assert all(side <= asked for side in parts)
        assert asked <= (part.allowed | part.blocked | part.unknown)
        assert all((a & b).is_empty for a, b in ((parts[0], parts[1]), (parts[0], parts[2]), (parts[1], parts[2])))
        for side, answer in zip(parts, (Answer.ALLOW, Answer.BLOCK, Answer.UNKNOWN), strict=True):
            members = [flow for flow in (universe.flow(rng) for _ in range(12)) if flow in side]
            members += [FlowSet((box,)).witness() for box in side.boxes[:6]]
            for flow in members:
                count += 1
                found = judge(flow, state).answer
                # programs that nobody names may be called unknown where a rule's own path cannot be expanded
                is_cautious = answer is Answer.UNKNOWN and flow.program not in named
                assert found is answer or is_cautious, f"{flow.text()}\n{state}"
    record_count("members of partitions replayed through the reference", count)


def _reversed(state):
    return dataclasses.replace(state, rules=state.rules[::-1])


def _renamed(state):
    rules = (dataclasses.replace(rule, id=f"{rule.id}-renamed", name="other words") for rule in state.rules)
    return dataclasses.replace(state, rules=tuple(rules))


def _split_by_profile(state):
    rules = (dataclasses.replace(rule, profiles=p) for rule in state.rules for p in (1, 2, 4) if rule.profiles & p)
    return dataclasses.replace(state, rules=tuple(rules))


def _with_inactive_twins(state):
    twins = tuple(dataclasses.replace(rule, active=False) for rule in state.rules)
    return dataclasses.replace(state, rules=state.rules + twins)


@pytest.mark.parametrize("change", [_reversed, _renamed, _split_by_profile, _with_inactive_twins])
def test_changes_that_mean_nothing_change_no_verdict(change, soak, seed):
    rng = Random(seed + 2)
    for _ in range(20 * soak):
        state = universe.state(rng)
        other = change(state)
        engine = Engine(other)
        for flow in (universe.flow(rng) for _ in range(10)):
            wanted = judge(flow, state).answer
            assert judge(flow, other).answer is wanted, flow.text()
            assert engine.verdict(flow_box(flow)).answer is wanted, flow.text()
