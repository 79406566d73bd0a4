"""The exact engine against z3 on whole sets, against an enumeration of a small universe, and its own edges."""

from __future__ import annotations

import itertools
from random import Random

import pytest

from cmfw.engine import exact, regions
from cmfw.engine.exact import Engine
from cmfw.engine.reference import judge
from cmfw.model.rule import canonical_program
from cmfw.model.state import HostState
from cmfw.model.verdict import Answer
from cmfw.net.addr import V4_ALL, parse_address
from cmfw.net.flow import TCP, Direction, Flow, Interface, Principal, Profile
from cmfw.net.flowset import FlowSet, boxes, flow_box
from engine.z3_model import Model
from properties import universe


@pytest.mark.slow
def test_partition_equals_z3_on_whole_sets(soak, seed, record_count):
    import z3

    rng = Random(seed + 10)
    proved = 0
    while proved < 25 * soak:
        state = universe.state(rng, most_rules=6)
        direction, profile = rng.choice(tuple(Direction)), rng.choice(tuple(Profile))
        asked = universe.flow_set(rng) & FlowSet(
            boxes(direction=int(direction), profile=int(profile), local=V4_ALL, remote=V4_ALL)
        )
        engine = Engine(state)
        if asked.is_empty or len(engine.worlds(profile)) > 1 or any(gap.may_allow and gap.may_block for gap in state.gaps):
            continue
        if any(fact.start == 4 for fact in state.services):
            continue
        # a program that nobody names stands for all of them, in the engine as in the model
        programs = {canonical_program(rule.program) for rule in state.rules if rule.program}
        programs |= {name for box in asked.boxes for name in box.program.names}
        model = Model(state, direction, profile, sorted(programs), sorted({*universe.SERVICES, "rpcss"}))
        allowed, blocked = model.outcomes(engine.worlds(profile)[0])
        part = engine.partition(asked)
        inside = z3.Or(*(model.box(box) for box in asked.boxes))
        for side, claimed in ((part.allowed, allowed), (part.blocked, blocked)):
            ours = z3.Or(*(model.box(box) for box in side.boxes)) if side.boxes else z3.BoolVal(False)
            solver = z3.Solver()
            solver.add(model.well_formed(), inside, ours != claimed)
            assert solver.check() == z3.unsat, f"{solver.model()}\n{state}\n{asked}"
            proved += 1
    record_count("partitions proved equal to z3", proved)


def test_partition_equals_an_enumeration_of_a_small_universe(seed):
    """Every flow of a universe small enough to count is in the part that the specification gives it."""
    rng = Random(seed + 11)
    ends = [parse_address(text) for text in ("10.0.0.5", "10.1.0.12", "192.0.2.66")]
    asked = FlowSet(
        boxes(
            direction=int(Direction.IN),
            protocol=((TCP, TCP),),
            local=((parse_address("10.1.0.9"),) * 2,),
            remote=tuple((end, end) for end in sorted(ends)),
            remote_port=((50000, 50000),),
            local_port=tuple((port, port) for port in universe.PORTS),
            principal=int(Principal.ORDINARY),
            interface=int(Interface.LAN),
        )
    )
    for _ in range(15):
        state = universe.state(rng)
        part = Engine(state).partition(asked)
        named = {canonical_program(rule.program) for rule in state.rules if rule.program}
        for end, port, profile, program, service in itertools.product(
            ends, universe.PORTS, Profile, universe.PROGRAMS, universe.SERVICES
        ):
            flow = Flow(
                direction=Direction.IN,
                protocol=TCP,
                local=parse_address("10.1.0.9"),
                remote=end,
                local_port=port,
                remote_port=50000,
                profile=profile,
                program=program,
                service=service,
            )
            sides = {Answer.ALLOW: part.allowed, Answer.BLOCK: part.blocked, Answer.UNKNOWN: part.unknown}
            wanted = judge(flow, state).answer
            if program not in named and flow in part.unknown:
                continue  # conservative for programs that no rule names, see rule_boxes
            assert flow in sides[wanted], flow.text()


def test_a_mixed_set_is_unknown_and_names_the_part_that_decides():
    from engine.test_reference import rule
    from engine.test_reference import state as given

    engine = Engine(given(rule("LPort=445|Profile=Domain|App=System")))
    asked = FlowSet(
        boxes(
            direction=1,
            protocol=((6, 6),),
            local_port=((445, 445),),
            program=exact.Atoms.of("system"),
            principal=1,
        )
    )
    found = engine.verdict(asked)
    assert (found.answer, found.missing) == (Answer.UNKNOWN, ("profile",))
    every_program = FlowSet(boxes(direction=1, protocol=((6, 6),), local_port=((445, 445),), profile=1, principal=1))
    assert engine.verdict(every_program).missing == ("program",)


def test_pieces_beyond_the_bound_are_unknown_not_guessed(monkeypatch):
    from engine.test_reference import rule
    from engine.test_reference import state as given

    monkeypatch.setattr(regions, "MOST_PIECES", 2)
    texts = [rule(f"LPort={port}|RA4=10.0.{port}.1-10.0.{port}.9|Novel=1") for port in range(7, 19)]
    asked = FlowSet(boxes(direction=1, protocol=((6, 6),), profile=1))
    part = Engine(given(*texts)).partition(asked)
    assert part.allowed.is_empty
    assert not part.unknown.is_empty
    assert asked <= (part.allowed | part.blocked | part.unknown)
    found = Engine(given(*texts)).verdict(asked)
    assert found.answer is Answer.UNKNOWN


def test_rules_lists_what_takes_part():
    from cmfw.model.rule import Store
    from engine.test_reference import configured, rule
    from engine.test_reference import state as given

    merged_off = (configured(Store.GPO, allow_local_policy_merge=False),)
    engine = Engine(given(rule("LPort=445"), f"gpo {rule('LPort=446')}", settings=merged_off))
    assert [r.id for r in engine.rules(Direction.IN, Profile.DOMAIN)] == ["r1"]
    assert [r.id for r in engine.rules(Direction.IN, Profile.PUBLIC)] == ["r0", "r1"]
    assert engine.rules(Direction.OUT, Profile.DOMAIN) == ()


def test_an_empty_state_answers_by_defaults():
    asked = flow_box(universe.flow(Random(3)))
    assert Engine(HostState()).verdict(asked).why == "default"
