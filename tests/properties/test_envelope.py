"""Envelopes: one that holds all that passes is silent, one that lacks something shows a flow of exactly what it lacks."""

from __future__ import annotations

import dataclasses
from random import Random

from cmfw.diagnose import changes
from cmfw.diagnose.envelopes import check_envelope
from cmfw.diagnose.exposure import openings
from cmfw.engine.exact import Engine
from cmfw.engine.reference import judge
from cmfw.model.envelope import EVERYTHING_IN, Envelope, EnvelopeRow
from cmfw.model.rule import Action, Extras, Store
from cmfw.model.verdict import Answer
from cmfw.net.flowset import FlowSet
from properties import universe


def envelope(*sets: FlowSet, about: FlowSet = EVERYTHING_IN) -> Envelope:
    rows = tuple(EnvelopeRow(str(n), flows, f"e:{n}") for n, flows in enumerate(sets))
    return Envelope(path="e", about=about, allowed=rows)


def passing(engine: Engine, about: FlowSet = EVERYTHING_IN) -> list[FlowSet]:
    """What each rule lets pass for certain, and what it may."""
    return [flows for one in openings(engine, about) for flows in (one.allowed, one.unknown) if flows.boxes]


def test_an_envelope_of_all_that_passes_is_silent(soak, seed):
    rng = Random(seed)
    full = 0
    for _ in range(60 * soak):
        engine = Engine(universe.state(rng))
        sets = passing(engine)
        found = check_envelope(envelope(*sets), engine)
        assert (found.escapes, found.doubts) == ((), ())
        full += bool(sets)
    assert full > 40 * soak


def test_a_sub_envelope_shows_what_it_lacks(soak, seed):
    """Every escape passes, lies outside, and what lies outside and passes is in some escape."""
    rng = Random(seed + 1)
    escaped = silent = 0
    for _ in range(50 * soak):
        state = universe.state(rng)
        engine = Engine(state)
        sets = passing(engine)
        kept = [flows for flows in sets if rng.random() < 0.6]
        about = rng.choice((EVERYTHING_IN, EVERYTHING_IN, FlowSet.ANY, universe.flow_set(rng)))
        held = envelope(*kept, universe.flow_set(rng), about=about)
        found = check_envelope(held, engine)
        outside = FlowSet(tuple(part for one in found.escapes for part in one.parts))
        for one in found.escapes:
            assert judge(one.witness, state).answer is Answer.ALLOW
            assert one.witness not in held.inside
            assert one.witness in about
        maybe = FlowSet(tuple(part for one in found.doubts for part in one.parts))
        for at in range(14):
            # flows that no rule is near are open only behind what nobody saw
            flow = universe.flow(rng) if at % 2 else universe.flow_near(rng, state)
            if flow in about and flow not in held.inside:
                answer = judge(flow, state).answer
                assert (flow in outside) == (answer is Answer.ALLOW), flow.text()
                assert answer is not Answer.UNKNOWN or flow in maybe, flow.text()
        escaped += bool(found.escapes)
        silent += not found.escapes
    assert escaped > 10 * soak
    assert silent > 3 * soak


def test_only_what_is_new_escapes_where_the_machine_as_it_was_is_given(soak, seed):
    rng = Random(seed + 2)
    new = 0
    for _ in range(60 * soak):
        state = universe.state(rng)
        engine = Engine(state)
        assert check_envelope(envelope(FlowSet.EMPTY), engine, engine).escapes == ()
        allow = dataclasses.replace(
            universe.rule(rng, 99), action=Action.ALLOW, extras=Extras.NONE, active=True, store=Store.GPO
        )
        then = changes.add_rules(state, [allow])
        for one in check_envelope(envelope(FlowSet.EMPTY), Engine(then), engine).escapes:
            assert judge(one.witness, then).answer is Answer.ALLOW
            assert judge(one.witness, state).answer is Answer.BLOCK
            new += 1
    assert new > 5 * soak


def test_a_wider_envelope_never_finds_more(soak, seed):
    rng = Random(seed + 3)
    for _ in range(50 * soak):
        engine = Engine(universe.state(rng))
        sets = [universe.flow_set(rng) for _ in range(3)]
        narrow = check_envelope(envelope(*sets[:1]), engine)
        wide = check_envelope(envelope(*sets), engine)
        inside = FlowSet(tuple(part for one in narrow.escapes for part in one.parts))
        assert all(FlowSet(one.parts) <= inside for one in wide.escapes)
