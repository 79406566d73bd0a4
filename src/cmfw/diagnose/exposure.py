"""What a machine lets pass, rule by rule: the exact sets behind ``excess`` and envelopes.

A rule is asked about the flows that it matches and about no others, so a machine of hundreds of rules is looked through without
cutting the space of all flows into pieces.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cmfw.diagnose.excess import is_built_in
from cmfw.engine.conditions import DISABLED, FIREWALL_SERVICES, Settings
from cmfw.engine.exact import Engine
from cmfw.model.rule import Action, HostRule, Store
from cmfw.model.state import HostState
from cmfw.model.verdict import Partition
from cmfw.net.box import Box, with_part
from cmfw.net.flow import Direction, Profile
from cmfw.net.flowset import FlowSet
from cmfw.values import value


@value
class Opening:
    """What one rule surely lets pass inside a region, and what it may let pass; ``rule`` None is a profile without a say of rules.

    ``allowed`` and ``unknown`` are verdicts of the whole machine, so what another rule blocks is in neither.
    """

    rule: HostRule | None
    allowed: FlowSet
    unknown: FlowSet

    @property
    def is_built_in(self) -> bool:
        """Whether Windows ships the rule."""
        return self.rule is not None and is_built_in(self.rule)


def openings(engine: Engine, region: FlowSet) -> Iterator[Opening]:
    """Every rule that lets something of the region pass, and every profile that lets pass what no rule names. Exact.

    Together the openings hold exactly the flows that the machine allows; a flow may be in several. What nobody saw
    (``unseen``) is one opening without a rule, all of it unknown.
    """
    if unseen(engine.state):
        yield Opening(None, FlowSet.EMPTY, region)
    for box in region:
        for way in Direction:
            if box.direction & way:
                yield from _of_slices(engine, with_part(box, "direction", int(way)), way)


def unseen(state: HostState) -> tuple[str, ...]:
    """The gaps behind which anything may be open: a policy that was not read, a firewall service that does not run."""
    words = {gap.code for gap in state.gaps if gap.may_allow}
    off = any(fact.name.lower() in FIREWALL_SERVICES and fact.start == DISABLED for fact in state.services)
    return tuple(sorted(words | ({"service_state"} if off else set())))


def _of_slices(engine: Engine, box: Box, way: Direction) -> Iterator[Opening]:
    rules: dict[int, tuple[HostRule, int]] = {}
    for profile in Profile:
        if not box.profile & profile:
            continue
        worlds = engine.worlds(profile)
        if any(_lets_all(world, way) for world in worlds):
            part = _defaults(engine, with_part(box, "profile", int(profile)), all(_lets_all(w, way) for w in worlds))
            yield Opening(None, part.allowed, part.unknown)
        for rule in engine.rules(way, profile):
            if rule.action is not Action.BLOCK:
                known = rules.get(id(rule), (rule, 0))
                rules[id(rule)] = (rule, known[1] | int(profile))
    for rule, profiles in rules.values():
        found = _of_rule(engine, rule, with_part(box, "profile", box.profile & profiles))
        if not (found.allowed.is_empty and found.unknown.is_empty):
            yield found


def _lets_all(world: Settings, way: Direction) -> bool:
    return not world.firewall_on or world.default_allows(way) or world.exempt_interfaces


def _defaults(engine: Engine, box: Box, without_allows: bool) -> Partition:
    """The slice where the default lets pass: rules that only allow change nothing there, and would cut it to pieces."""
    if without_allows:
        rules = tuple(r for r in engine.state.rules if not _only_allows(r))
        engine = Engine(replace(engine.state, rules=rules), engine)
    return engine.partition(FlowSet((box,)))


def _only_allows(rule: HostRule) -> bool:
    extras = rule.extras
    guarded = extras.security or extras.remote_machines or extras.remote_users or extras.bypass_out
    return rule.action is Action.ALLOW and not guarded and rule.store not in (Store.HARDENING, Store.APPISO)


def _of_rule(engine: Engine, rule: HostRule, box: Box) -> Opening:
    found = engine.boxes_of(rule)
    lower = FlowSet.of(cut for each in found.lower if (cut := each.intersect(box)) is not None)
    upper = FlowSet.of(cut for each in found.upper if (cut := each.intersect(box)) is not None)
    unknown = engine.partition(upper).unknown
    return Opening(rule, engine.partition(lower).allowed, unknown)
