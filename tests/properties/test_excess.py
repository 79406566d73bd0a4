"""What is open beyond the plan: exactly that, every part with a flow that replays, and a score that only moves the right way."""

from __future__ import annotations

import dataclasses
from random import Random

from tests.diagnose.machines import planned

from cmfw.diagnose import changes
from cmfw.diagnose.beyond import REGION, find_excess
from cmfw.diagnose.excess import planned_flows
from cmfw.diagnose.leaves import Judge
from cmfw.diagnose.place import find_place
from cmfw.diagnose.score import exposure, score
from cmfw.engine.exact import Engine
from cmfw.engine.reference import judge
from cmfw.model.rule import Action, Extras, Store
from cmfw.model.verdict import Answer
from cmfw.net.flow import Direction, Principal
from cmfw.net.flowset import FlowSet
from properties import universe
from properties.test_diagnose import cases


def needed(site, state, who: str, host: bool) -> FlowSet:
    plan = planned(site)
    place = find_place(site, who, host=host)
    return FlowSet(planned_flows(plan, Judge({i.id: i for i in plan.items}, place, Engine(state))))


def test_boxes_are_exactly_what_is_open_beyond_the_plan(soak, seed):
    """Held against the engine's partition of flow sets of its own choosing, and flow by flow against the specification."""
    inside = outside = 0
    for rng, site, who, host, state in cases(seed, 25 * soak):
        found = find_excess(site, planned(site), Engine(state), who, host=host)
        open_ = FlowSet(tuple(part for one in (*found.boxes, *found.baseline) for part in one.parts))
        wanted = needed(site, state, who, host)
        for _ in range(12):
            flow = universe.flow_near(rng, state)
            if flow.direction is not Direction.IN or flow.principal is not Principal.ORDINARY:
                continue
            is_open = judge(flow, state).answer is Answer.ALLOW and flow not in wanted
            assert (flow in open_) == is_open, flow.text()
            inside += is_open
            outside += not is_open
        asked = universe.flow_set(rng) & REGION
        allowed = Engine(state).partition(asked).allowed - wanted
        assert allowed.same_flows(asked & FlowSet.of(open_))
    assert inside > 20 * soak
    assert outside > 40 * soak


def test_witnesses_pass_and_the_rules_named_open_them(soak, seed):
    shown = 0
    for _, site, who, host, state in cases(seed + 1, 25 * soak):
        engine = Engine(state)
        found = find_excess(site, planned(site), engine, who, host=host)
        wanted = needed(site, state, who, host)
        for one in (*found.boxes, *found.baseline):
            assert judge(one.witness, state).answer is Answer.ALLOW
            assert one.witness not in wanted
            for rule in one.rules:
                lower = engine.boxes_of(rule).lower
                assert any(box.intersect(part) for box in lower for part in one.parts)
                shown += 1
    assert shown > 60 * soak


def test_opening_never_raises_the_score_and_closing_never_lowers_it(soak, seed):
    moved = 0
    for rng, site, who, host, state in cases(seed + 2, 30 * soak):
        allow = dataclasses.replace(
            universe.rule(rng, 99), action=Action.ALLOW, active=True, extras=Extras.NONE, store=Store.GPO
        )
        block = dataclasses.replace(allow, action=Action.BLOCK)
        scores = [
            find_excess(site, planned(site), Engine(each), who, host=host)
            for each in (state, changes.add_rules(state, [allow]), changes.add_rules(state, [block]))
        ]
        for part in ("score", "with_baseline"):
            before, opened, closed = (getattr(one, part) for one in scores)
            for at in (0, 1):
                assert opened[at] <= before[at] <= closed[at]
            assert before[0] <= before[1]
        moved += scores[0].score != scores[1].score or scores[0].score != scores[2].score
    assert moved > 5 * soak


def test_exposure_is_of_flows_and_not_of_their_boxes(soak, seed):
    rng = Random(seed + 3)
    for _ in range(60 * soak):
        one, other = universe.flow_set(rng) & REGION, universe.flow_set(rng) & REGION
        both = one | other
        cut = FlowSet.of((*other, *one))
        assert abs(exposure(both) - exposure(cut)) < 1e-9
        assert exposure(one) <= exposure(both) + 1e-9
        assert exposure(()) == 0
        assert (score(one, both - one) == 100.0) == (both - one).is_empty


def test_a_machine_with_exactly_the_plan_scores_a_hundred():
    from tests.diagnose.machines import site

    from cmfw.diagnose.planned_state import planned_state

    state = planned_state(site(), planned(site()), "office")
    found = find_excess(site(), planned(site()), Engine(state), "office")
    assert found.boxes == ()
    assert found.score == (100.0, 100.0)
    off = changes.set_profiles(state, 7, enable_firewall=False)
    assert find_excess(site(), planned(site()), Engine(off), "office").score[1] < 7
