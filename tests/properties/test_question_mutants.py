"""The comparisons of questions are worth their name: seeded faults in what answers them are all caught."""

from __future__ import annotations

import dataclasses
import importlib.util
import sys
from pathlib import Path
from random import Random

import pytest

from cmfw.engine import diagram, difference, dimensions, masks, search, shadow, space, tidy
from cmfw.engine.reference import judge
from cmfw.model.verdict import Answer, RuleRef
from cmfw.net.flowset import FlowSet
from properties import universe
from properties.test_questions import as_told, neighbour, without

MODULES = (dimensions, space, masks, diagram, tidy, difference, search, shadow)
FAULTS = (
    (dimensions, "self._begun[bisect_right(self._firsts, first)]", "self._begun[bisect_left(self._firsts, first)]"),
    (dimensions, "others & ~lacks.get(name, 0)", "others"),
    (dimensions, "changes[last + 1] = changes.get(last + 1, 0) ^ mask", "pass"),
    (space, "found.add(ANYWHERE + program_basename(path))", "pass"),
    (space, "lost |= mask", "lost = lost"),
    (space, "return [(kept | met, part) for met, part in found]", "return [(met, part) for met, part in found]"),
    (masks, "if settings.shields_up and self._direction is Direction.IN:", "if settings.shields_up:"),
    (masks, "possible = ALLOW if settings.exempt_interfaces else 0", "possible = 0"),
    (masks, "self.policy.gap_blocks or live & masks[at + BLOCK_MAYBE]", "live & masks[at + BLOCK_MAYBE]"),
    (masks, "self.policy.gap_allows or live & masks[at + ALLOW_MAYBE]", "self.policy.gap_allows"),
    (masks, "if live & masks[at + BYPASS_MAYBE]:", "if False:"),
    (masks, "found |= self._in_world(live, world)", "found = self._in_world(live, world)"),
    (masks, "for local, remote in (ends, ends[::-1]):", "for local, remote in (ends,):"),
    (masks, "return contrary[ALLOW + BLOCK - its_answer] if answer == UNKNOWN else boxes_named", "return boxes_named"),
    (diagram, "joined(children[child], part) if child in children else part", "part"),
    (diagram, "self._made[depth, live] = found", "self._made[depth, 0] = found"),
    (tidy, "part = joined(part, part_of(box, name))", "part = part_of(box, name)"),
    (tidy, "if wider != box and is_within(wider, union):", "if wider != box:"),
    (difference, "(settled & allows and not live & late)", "(settled & allows)"),
    (difference, "unlike = sum(int(profile) for profile in Profile if not self._same_settings(int(profile)))", "unlike = 0"),
    (difference, "return 0 if before == after else before * 4 + after", "return 0 if before >= after else before * 4 + after"),
    (search, "(own is not None and not own & walk.deciders(live, profile))", "(own is not None and not own & live)"),
    (shadow, "return (BLOCK_SURE,) if BLOCK_MAYBE in possible else (BLOCK_SURE, ALLOW_SURE)", "return (BLOCK_SURE, ALLOW_SURE)"),
    (shadow, "if rule.action is not Action.ALLOW or needs_ipsec(rule):", "if rule.action is not Action.ALLOW:"),
    (shadow, "may_matter = may_matter or self._may_matter(here & ~self._own, bit)", "pass"),
    (shadow, "role = sum(1 << world * PARTS + part for world in wanted[2])", "role = 1 << part"),
)  # fmt: skip
ROUNDS = 150


def put_in(monkeypatch, module, old: str, new: str) -> None:
    """Load the module with one fault, and let the others use it."""
    source = Path(module.__file__).read_text(encoding="utf-8")
    assert old in source, f"the fault no longer fits the source: {old}"
    name = f"{module.__name__}_faulty"
    faulty = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader=None))
    monkeypatch.setitem(sys.modules, name, faulty)
    exec(compile(source.replace(old, new), name, "exec"), faulty.__dict__)  # our own source, one line changed
    rights = dict(vars(module))
    for user in MODULES:
        for attribute, right in rights.items():
            if not attribute.startswith("__") and vars(user).get(attribute) is right and attribute in vars(faulty):
                monkeypatch.setattr(user, attribute, vars(faulty)[attribute])


def is_wrong(rng: Random) -> bool:
    """Whether some answer about one random state is not what the specification says."""
    state = universe.state(rng, most_rules=12)
    other = neighbour(rng, state)
    known = space.known_programs((*state.rules, *other.rules))
    changes = difference.differ(state, other).changes
    rule = rng.choice(state.rules)
    ref = RuleRef(rule.id, rule.store.value, rule.origin)
    hits = search.search(state, FlowSet.ANY, tuple(Answer), [rule]).found
    for flow in (universe.flow_near(rng, rng.choice((state, other))) for _ in range(25)):
        told = as_told(flow, known)
        verdict, after = judge(flow, state), judge(flow, other).answer
        found = {(c.before, c.after) for c in changes if any(told in box for box in c.boxes)}
        if found != ({(verdict.answer, after)} if verdict.answer is not after else set()):
            return True
        told = as_told(flow, space.known_programs(state.rules))
        if any(told in box for hit in hits for box in hit.boxes) is not (ref in verdict.by):
            return True
    return shadows_are_wrong(state, rng)


def shadows_are_wrong(state, rng: Random) -> bool:
    found = shadow.shadows(state)
    alive = {id(each.rule) for each in found.alive}
    dead = {id(each.rule) for each in found.dead}
    for rule in (each for each in state.rules if each.store in shadow.EXAMINED):
        for flow in (universe.flow_near(rng, dataclasses.replace(state, rules=(rule,))) for _ in range(6)):
            if id(rule) not in alive and judge(flow, state).answer is not judge(flow, without(state, rule)).answer:
                return True
    sure = [rule for rule in state.rules if not (rule.extras.unknown or rule.extras.invalid or rule.extras.interface_ids)]
    plain = dataclasses.replace(state, rules=tuple(sure), gaps=())
    for rule in (each for each in sure if id(each) in dead):
        for flow in (universe.flow_near(rng, dataclasses.replace(plain, rules=(rule,))) for _ in range(6)):
            if judge(flow, plain).answer is not judge(flow, without(plain, rule)).answer:
                return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize(("module", "old", "new"), FAULTS, ids=[f"{m.__name__[12:]}: {old}" for m, old, _ in FAULTS])
def test_a_fault_is_caught(module, old, new, seed, monkeypatch):
    put_in(monkeypatch, module, old, new)
    rng = Random(seed + 30)
    for _ in range(ROUNDS):
        try:
            if is_wrong(rng):
                return
        except Exception:  # noqa: BLE001 - an answer that the replay refuses, or a crash, is caught
            return
    pytest.fail("not caught")


def test_without_a_fault_nothing_is_caught(seed):
    rng = Random(seed + 30)
    assert not any(is_wrong(rng) for _ in range(30))
