"""The smallest change that makes a row work: found on the machine and in the plan, proved on the changed state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from cmfw.diagnose import commands
from cmfw.diagnose.excess import is_built_in
from cmfw.diagnose.leaves import WORKS, EndResult, Judge
from cmfw.diagnose.results import Action, Repair, Step
from cmfw.engine.exact import Engine
from cmfw.model import rule as rules_of
from cmfw.model.need import Need
from cmfw.model.plan import PlannedException, PlannedRule
from cmfw.model.rule import HostRule, Store, group_id
from cmfw.model.state import HostState
from cmfw.model.verdict import Answer, Why
from cmfw.net import intervals
from cmfw.net.flow import Direction, Profile
from cmfw.net.flowset import Box

PlanRules = Callable[[str, str], tuple[PlannedRule, ...]]
"""The plan's own rules for an item and one of its ends, also for ends where the plan itself has none (outbound blocked by surprise)."""

Steps = tuple[Step, ...]
_OPENING = (Action.ENABLE_RULE, Action.ADD_RULE, Action.DISABLE_RULE, Action.LEAVE_SHIELDS_UP)
"""Steps that can only let more pass."""


class Repairer:
    """Finds repairs for rows of one machine. Changed states and what they give are shared between rows."""

    def __init__(
        self, judge: Judge, exceptions: Iterable[PlannedException], rules: PlanRules, groups: Iterable[str] = ()
    ) -> None:
        self._judge = judge
        self._rules = rules
        self._documented = frozenset(group_id(group) for group in groups)
        self._groups: dict[str, set[str]] = {}
        for planned in exceptions:
            if planned.group:
                self._groups.setdefault(planned.feature, set()).add(group_id(planned.group))
        self._idle: dict[tuple[Direction, int, bool], tuple[HostRule, ...]] = {}
        self._steps: dict[tuple[int, Store], tuple[HostRule, Step]] = {}
        self._changed: dict[tuple[int, Steps], Judge] = {}

    def repairs(self, feature: str, need: Need, members: frozenset[str]) -> tuple[Repair, ...]:
        """The first change, in order of size and of what it gives up, that provably makes the formula work; else none."""
        for steps in self._candidates(feature, members):
            if steps and self._proves(steps, need):
                return (Repair(steps),)
        return self._with_filters(feature, need, members)

    def _with_filters(self, feature: str, need: Need, members: frozenset[str]) -> tuple[Repair, ...]:
        """The filters in the way opened, and what the machine then still needs."""
        path = self._judge.path
        if path is None:
            return ()
        from copy import copy

        from cmfw.diagnose.openings import opening_steps
        from cmfw.engine.path import PathEngine

        ends = [one for name in sorted(members) for one in self._judge.leaf(name).ends]
        opened = _unique(step for one in ends for step in opening_steps(one))
        if not opened:
            return ()
        behind = self._judge.beyond(PathEngine(Repair(opened).apply_path(path.state)))
        if behind.bounds(need) == WORKS:
            return (Repair(opened),)
        other = copy(self)
        other._judge, other._changed = behind, {}  # noqa: SLF001 - the same class
        return tuple(Repair((*opened, *more.steps)) for more in other.repairs(feature, need, members))

    def _candidates(self, feature: str, members: frozenset[str]) -> Iterator[Steps]:
        yield from self._within(self._judge, feature, members)
        merge = self._merge_steps(members)
        if merge:
            merged = self._after(merge, self._judge)
            if all(merged.leaf(name).bounds == WORKS for name in members):
                yield merge
            else:
                yield from ((*merge, *steps) for steps in self._within(merged, feature, members))

    def _within(self, judge: Judge, feature: str, members: frozenset[str]) -> Iterator[Steps]:
        """Changes that keep the merge laws: what is in the way goes, then rules are enabled or, failing that, added."""
        cleared: Steps = ()
        ends = _closed(judge, members)
        while ends:
            found = _unique(step for one in ends for step in _obstacles(one) if step not in cleared)
            if not found:
                break
            cleared = (*cleared, *found)
            ends = _closed(self._after(cleared, judge), members)
        if not ends:
            yield cleared
            return
        for choose in (self._enabling, self._adding):
            opened = [choose(one, feature) for one in ends]
            if all(opened):
                yield (*cleared, *_unique(step for steps in opened for step in steps))

    def _merge_steps(self, members: frozenset[str]) -> Steps:
        """Switching local rules on again, where a policy switched them off for the profiles in question."""
        profiles = 0
        for name in members:
            for one in self._judge.leaf(name).ends:
                profiles |= one.profiles
        return merge_steps(self._judge.state, profiles)

    def _enabling(self, one: EndResult, feature: str) -> Steps:
        """Existing rules that are off and together let all flows of the end pass; empty where there are none."""
        wanted = self._groups.get(feature, set())
        found: dict[HostRule, None] = {}
        for box in one.flows.boxes:
            fitting = [r for r in self._idle_rules(one) if self._may_enable(r, wanted) and _covers(r, box, one.engine)]
            if not fitting:
                return ()
            kept = next((rule for rule in fitting if rule in found), None)
            found[kept or min(fitting, key=lambda r: _order(r, wanted))] = None
        return tuple(Step(Action.ENABLE_RULE, commands.enable_rule(rule), rule, store=rule.store) for rule in found)

    def _may_enable(self, rule: HostRule, wanted: set[str]) -> bool:
        """A rule of a documented group, or one that nobody but an administrator made: not that of another Windows feature."""
        return not is_built_in(rule) or group_id(rule.group) in wanted | self._documented

    def _idle_rules(self, one: EndResult) -> tuple[HostRule, ...]:
        """Allow rules that are off and would count if they were on."""
        merged = _local_rules_count(one.engine, one.profiles)
        key = (one.direction, one.profiles, merged)
        found = self._idle.get(key)
        if found is None:
            found = self._idle[key] = tuple(
                rule
                for rule in self._judge.state.rules
                if not rule.active
                and rule.action is rules_of.Action.ALLOW
                and rule.direction is one.direction
                and not one.profiles & ~rule.profiles
                and (rule.store in (Store.GPO, Store.MDM) or (rule.store is Store.LOCAL and merged))
                and not rule.extras.security
                # an entry of an old list is no rule that a command could switch on
                and not rule.id.startswith("legacy:")
            )
        return found

    def _adding(self, one: EndResult, _feature: str) -> Steps:
        """The plan's own rules for the end that let more of it pass, in a store that counts."""
        store = Store.LOCAL if _local_rules_count(one.engine, one.profiles) else Store.GPO
        rules = [p.rule for p in self._rules(one.item.id, one.end) if not one.profiles & ~p.rule.profiles]
        if len(rules) > 1:
            closed = (*one.part.blocked.boxes, *one.part.unknown.boxes)
            rules = [r for r in rules if any(a.intersect(b) for a in one.engine.boxes_of(r).upper for b in closed)]
        return tuple(self._added(rule, store) for rule in rules)

    def _added(self, rule: HostRule, store: Store) -> Step:
        """Many items share a rule, and the text of one with thousands of addresses takes its time."""
        key = (id(rule), store)
        found = self._steps.get(key)
        if found is None:
            made = replace(rule, store=store, active=True)
            found = self._steps[key] = (rule, Step(Action.ADD_RULE, commands.add_rule(made), made, store=store))
        return found[1]

    def _proves(self, steps: Steps, need: Need) -> bool:
        return self._after(steps, self._judge).bounds(need) == WORKS

    def _after(self, steps: Steps, judge: Judge) -> Judge:
        """The judge of the changed state; what surely worked before needs no second look if the steps only open."""
        key = (id(judge), steps)
        found = self._changed.get(key)
        if found is None:
            state = relevant(Repair(steps).apply(judge.state), judge.place.profiles)
            keep: list[str] = []
            if all(step.action in _OPENING for step in steps):
                keep = [name for name, leaf in judge.known() if leaf.bounds == WORKS]
            found = self._changed[key] = judge.on(Engine(state, judge.engine), keep)
        return found


def _closed(judge: Judge, members: Iterable[str]) -> list[EndResult]:
    """The ends of the items at which something does not surely pass."""
    return [
        one
        for name in sorted(members)
        for one in judge.leaf(name).ends
        if one.bounds != WORKS and not (one.at_host.blocked.is_empty and one.at_host.unknown.is_empty)
    ]


def merge_steps(state: HostState, profiles: int) -> Steps:
    """The steps that let local rules count again in the profiles; none where they count."""
    found = []
    for store in (Store.GPO, Store.MDM):
        mask = 0
        for profile in Profile:
            if profile & profiles and state.setting(store, profile).allow_local_policy_merge is False:
                mask |= profile
        if mask:
            found.append(Step(Action.ALLOW_LOCAL_RULES, commands.allow_local_rules(store, mask), None, mask, store))
    return tuple(found)


def relevant(state: HostState, profiles: int) -> HostState:
    """The state with the rules only that can decide anything in these profiles."""
    rules = tuple(r for r in state.rules if r.active and r.profiles & profiles)
    return replace(state, rules=rules)


def _local_rules_count(engine: Engine, profiles: int) -> bool:
    return all(world.local_rules for profile in Profile if profile & profiles for world in engine.worlds(profile))


def _obstacles(one: EndResult) -> Iterator[Step]:
    """What has to go before any allow can help: blocking all inbound connections, and block rules."""
    for profile in Profile:
        if not profile & one.profiles or one.direction is not Direction.IN:
            continue
        if any(world.shields_up for world in one.engine.worlds(profile)):
            for store in (Store.GPO, Store.MDM, Store.LOCAL):
                if one.engine.state.setting(store, profile).do_not_allow_exceptions:
                    command = commands.leave_shields_up(store, profile)
                    yield Step(Action.LEAVE_SHIELDS_UP, command, None, int(profile), store)
    for decision in one.engine.decisions(one.flows):
        if decision.answer is Answer.BLOCK and decision.why is Why.RULE:
            for rule in decision.by:
                yield Step(Action.DISABLE_RULE, commands.disable_rule(rule), rule, store=rule.store)


def _covers(rule: HostRule, box: Box, engine: Engine) -> bool:
    """Whether the rule surely lets the whole box pass."""
    if rule.protocol is not None and not intervals.contains(box.protocol, rule.protocol):
        return False
    if rule.service not in (None, "*") and (rule.service or "").lower() not in box.service:
        return False
    if rule.program is not None and rules_of.canonical_program(rule.program) not in box.program:
        return False
    return any(lower.covers(box) for lower in engine.boxes_of(rule).lower)


def _order(rule: HostRule, groups: set[str]) -> tuple[bool, bool, bool, bool, str]:
    """Rules of the documented groups first, then local ones, then those that name a port and a program."""
    return (
        group_id(rule.group) not in groups,
        rule.store is not Store.LOCAL,
        rule.local_port.is_any and rule.remote_port.is_any,
        rule.program is None,
        rule.id,
    )


def _unique(steps: Iterable[Step]) -> Steps:
    return tuple(dict.fromkeys(steps))
