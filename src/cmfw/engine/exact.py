"""The exact engine: what a machine does with whole sets of flows.

Each rule becomes two sets of boxes: the flows that it surely matches (lower) and those that it may match (upper). The
walk of ``reference`` is then done on regions instead of one flow: a region inside a step's lower set is decided there, one
inside the upper set only keeps the step's answer as possible. What is left with both answers possible is unknown.
Exact: for every flow the part it falls in is the verdict of ``reference.judge`` (tests/properties/test_engine.py), with one
conservative exception: programs that neither the question nor any rule names are unknown where a rule's own path cannot be
expanded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cmfw.engine import reference
from cmfw.engine.conditions import DEMANDING_IPSEC, DISABLED, FIREWALL_SERVICES, Settings, leaves_all_open, worlds
from cmfw.engine.regions import Step, split, walk
from cmfw.engine.rule_boxes import RuleBoxes, rule_boxes
from cmfw.engine.rule_index import SortedRules, misses
from cmfw.model.rule import Action, HostRule, Store, canonical_program
from cmfw.model.state import HostState
from cmfw.model.verdict import Answer, Partition, RuleRef, Verdict, Why
from cmfw.net import intervals
from cmfw.net.atoms import Atoms
from cmfw.net.flow import Direction, Principal, Profile
from cmfw.net.flowset import Box, FlowSet, Preferences, boxes
from cmfw.values import value

# Python 3.11 takes a tenth of a microsecond to look a member of an enumeration up, and these are asked for every rule
_HARDENING, _LOCAL = Store.HARDENING, Store.LOCAL
_IN = Direction.IN
_ALLOW, _BLOCK, _BYPASS = Action.ALLOW, Action.BLOCK, Action.BYPASS


@value
class Decision:
    """One decided region: its boxes, the answer, why, and the rules that decide somewhere in it."""

    region: tuple[Box, ...]
    answer: Answer
    why: Why
    by: tuple[HostRule, ...]


Compiled = dict[int, tuple[HostRule, RuleBoxes]]
"""INVARIANT: keyed by identity, so the rule is kept beside what was compiled from it."""


class Engine:
    """Answers for sets of flows on one host state. Compiles rules on first use and keeps them; the state never changes."""

    def __init__(self, state: HostState, like: Engine | None = None) -> None:
        """An engine on ``state``; ``like`` is one on a state with mostly the same facts and rules: what was made of those
        is shared.
        """
        self.state = state
        self._compiled: Compiled = {}
        self._compiled_near: Compiled = {}
        """Rules that name the local subnet, which other states may know and this one not, or the other way round."""
        if like is not None and _same_facts(like.state, state):
            self._compiled = like._compiled  # noqa: SLF001 - the same class
            if like.state.local_subnets == state.local_subnets:
                self._compiled_near = like._compiled_near  # noqa: SLF001
        shares_rules = like is not None and like.state.rules is state.rules
        self._rules: SortedRules = like._rules if like is not None and shares_rules else SortedRules(state.rules)  # noqa: SLF001
        self._worlds: dict[Profile, tuple[Settings, ...]] = {}
        service_off = any(f.start == DISABLED and f.name.lower() in FIREWALL_SERVICES for f in state.services)
        self._unreadable = service_off or any(map(leaves_all_open, state.gaps))

    def worlds(self, profile: Profile) -> tuple[Settings, ...]:
        """The effective settings of a profile; more than one where the evidence contradicts itself."""
        if profile not in self._worlds:
            self._worlds[profile] = worlds(self.state, profile)
        return self._worlds[profile]

    def rules(self, direction: Direction, profile: Profile) -> tuple[HostRule, ...]:
        """The rules that take part in a profile after the merge laws (in any possible world), in state order."""
        slices = [self._rules.taking_part(direction, profile, settings).rules for settings in self.worlds(profile)]
        if len(slices) == 1:
            return slices[0]
        found = {id(rule) for rules in slices for rule in rules}
        return tuple(rule for rule in self._rules.active(direction) if id(rule) in found)

    def boxes_of(self, rule: HostRule) -> RuleBoxes:
        """The flows that a rule surely and possibly matches on this state."""
        return self._boxes(rule, frozenset())

    def partition(self, flows: FlowSet) -> Partition:
        """The flows cut into allowed, blocked and unknown. Exact; pieces beyond ``MOST_PIECES`` go to unknown."""
        allowed: list[Box] = []
        blocked: list[Box] = []
        unknown: list[Box] = []
        for slice_box in _slices(flows):
            parts = self._partition_slice(slice_box)
            allowed += parts.allowed.boxes
            blocked += parts.blocked.boxes
            unknown += parts.unknown.boxes
        return Partition(FlowSet(tuple(allowed)), FlowSet(tuple(blocked)), FlowSet(tuple(unknown)))

    def verdict(self, flows: FlowSet, preferences: Preferences = Preferences()) -> Verdict:  # noqa: B008 - frozen value
        """One verdict for all the flows: allow or block only where every one of them gets it, else unknown.

        ``missing`` of a mixed set names the parts of a flow that decide between its answers.
        """
        part = self.partition(flows)
        if part.unknown.is_empty and part.blocked.is_empty != part.allowed.is_empty:
            return self._uniform(flows)
        missing: set[str] = set()
        by: set[RuleRef] = set()
        for box in part.unknown.boxes[:16]:
            replay = reference.judge(FlowSet((box,)).witness(preferences), self.state)
            missing |= set(replay.missing) or {"complexity"}
            by |= set(replay.by)
        if not part.allowed.is_empty and not part.blocked.is_empty:
            missing |= _differences(part)
        return Verdict(Answer.UNKNOWN, Why.EVIDENCE, tuple(sorted(by)), tuple(sorted(missing)))

    def decisions(self, flows: FlowSet) -> Iterator[Decision]:
        """Every region that a step surely decides, with the deciding rules (first possible world only)."""
        for slice_box in _slices(flows):
            direction, profile = Direction(slice_box.direction), Profile(slice_box.profile)
            live = [slice_box]
            for step in self._steps(slice_box, direction, profile, self.worlds(profile)[0]):
                decided, live = split(live, [box for box, _ in step.lower])
                if decided:
                    rules = {id(r): r for box, r in step.lower if r is not None and any(box.intersect(p) for p in decided)}
                    yield Decision(tuple(decided), step.answer, step.why, tuple(rules.values()))

    def _uniform(self, flows: FlowSet) -> Verdict:
        """The verdict of a set whose flows all get the same answer, with the reason that decides most specifically."""
        found = list(self.decisions(flows))
        rules = {RuleRef(r.id, r.store.value, r.origin) for decision in found for r in decision.by}
        whys = [decision.why for decision in found]
        why = next((w for w in (Why.RULE, Why.SERVICE_HARDENING) if w in whys), whys[0])
        return Verdict(found[0].answer, why, tuple(sorted(rules)))

    def _partition_slice(self, slice_box: Box) -> Partition:
        if self._unreadable:
            return Partition(FlowSet.EMPTY, FlowSet.EMPTY, FlowSet((slice_box,)))
        direction, profile = Direction(slice_box.direction), Profile(slice_box.profile)
        found = [walk(slice_box, self._steps(slice_box, direction, profile, settings)) for settings in self.worlds(profile)]
        if len(found) == 1:
            return found[0]
        allowed, blocked = found[0].allowed, found[0].blocked
        for other in found[1:]:
            allowed, blocked = allowed & other.allowed, blocked & other.blocked
        return Partition(allowed, blocked, FlowSet((slice_box,)) - allowed - blocked)

    def _boxes(self, rule: HostRule, asked: frozenset[str]) -> RuleBoxes:
        """The compiled rule; ``asked`` are the program names of the question."""
        kept = self._compiled.get(id(rule)) or self._compiled_near.get(id(rule))
        if kept is None or kept[1].depends_on_programs:
            kept = (rule, rule_boxes(rule, self.state, self._rules.programs(asked)))
            (self._compiled_near if _names_local_subnet(rule) else self._compiled)[id(rule)] = kept
        return kept[1]

    def _clipped(self, rules: Iterable[HostRule], box: Box) -> Iterator[tuple[HostRule, list[Box], list[Box]]]:
        """The rules that touch the box, with their lower and upper sets cut down to it."""
        asked = frozenset() if box.program.complement else box.program.names
        for rule in rules:
            if misses(rule, box):
                continue
            compiled = self._boxes(rule, asked)
            upper = [cut for each in compiled.upper if (cut := each.intersect(box)) is not None]
            if upper:
                lower = [cut for each in compiled.lower if (cut := each.intersect(box)) is not None]
                yield rule, lower, upper

    def _steps(self, box: Box, direction: Direction, profile: Profile, settings: Settings) -> Iterator[Step]:
        """The decision order of Windows for one slice, as regions. Mirrors ``reference.steps``."""
        if not settings.firewall_on:
            subjects = tuple((cut, None) for cut in self._hardened_subjects(box))
            yield Step(Answer.BLOCK, Why.SERVICE_HARDENING, (), subjects)
            yield Step(Answer.ALLOW, Why.FIREWALL_OFF, ((box, None),))
            return
        if settings.exempt_interfaces:
            yield Step(Answer.ALLOW, Why.FIREWALL_OFF, (), ((box, None),))
        yield self._hardening(box, direction, profile)
        if settings.shields_up and direction is _IN:
            yield Step(Answer.BLOCK, Why.SHIELDS_UP, ((box, None),))
        touching = list(self._clipped(self._rules.taking_part(direction, profile, settings).near(box), box))
        yield Step(Answer.ALLOW, Why.BYPASS, (), _uppers(t for t in touching if _bypasses(t[0])))
        unsure = [(cut, None) for cut in self._demanding_ipsec(box, direction, profile, settings)]
        unsure += [(box, None) for gap in self.state.gaps if gap.may_block]
        blocks = [t for t in touching if _may_block(t[0])]
        plain = [t for t in blocks if not _needs_ipsec(t[0])]
        yield Step(Answer.BLOCK, Why.RULE, _lowers(plain), (*_uppers(blocks), *unsure))
        allows = [t for t in touching if t[0].action is _ALLOW]
        unseen = tuple((box, None) for gap in self.state.gaps if gap.may_allow)
        sure = _lowers(t for t in allows if not _needs_ipsec(t[0]))
        yield Step(Answer.ALLOW, Why.RULE, sure, (*_uppers(allows), *unseen))
        default = Answer.ALLOW if settings.default_allows(direction) else Answer.BLOCK
        yield Step(default, Why.DEFAULT, ((box, None),))

    def _hardening(self, box: Box, direction: Direction, profile: Profile) -> Step:
        touching = list(self._clipped(self._rules.hardening(direction, profile).near(box), box))
        allows = [t for t in touching if t[0].action is _ALLOW]
        sure_allows, possible_allows = _lowers(allows), _uppers(allows)
        lower: list[tuple[Box, HostRule | None]] = []
        upper: list[tuple[Box, HostRule | None]] = []
        for rule, its_lower, its_upper in touching:
            if rule.action is _BLOCK:
                lower += [(p, rule) for p in split(_ordinary(its_lower), [b for b, _ in possible_allows])[1]]
                upper += [(p, rule) for p in split(_ordinary(its_upper), [b for b, _ in sure_allows])[1]]
        if self._rules.has_appiso:
            confined = box.intersect(_CONFINED[0]) or box.intersect(_CONFINED[1])
            upper += [] if confined is None else [(confined, None)]
        else:
            for rule, its_lower, its_upper in touching:
                if rule.action is _BLOCK:
                    lower += [(p, rule) for p in split(_confined(its_lower), [b for b, _ in possible_allows])[1]]
                    upper += [(p, rule) for p in split(_confined(its_upper), [b for b, _ in sure_allows])[1]]
        return Step(Answer.BLOCK, Why.SERVICE_HARDENING, tuple(lower), tuple(upper))

    def _hardened_subjects(self, box: Box) -> Iterator[Box]:
        """The part of the box whose service or program a hardening rule restricts."""
        for rule in self.state.rules:
            if rule.store is not _HARDENING or rule.action is not _BLOCK or not rule.active:
                continue
            if rule.service is not None:
                subject = boxes(service=Atoms.of(rule.service.lower()))
            elif rule.program is not None:
                subject = boxes(program=Atoms.of(canonical_program(rule.program)))
            else:
                continue
            yield from (cut for each in subject if (cut := each.intersect(box)) is not None)

    def _demanding_ipsec(self, box: Box, direction: Direction, profile: Profile, settings: Settings) -> Iterator[Box]:
        for rule in self.state.connection_rules:
            if not rule.active or rule.action not in DEMANDING_IPSEC[direction] or not rule.profiles & profile:
                continue
            if rule.store is _LOCAL and not settings.local_ipsec:
                continue
            ends = (rule.endpoint1.ranges, rule.endpoint2.ranges)
            protocol = ((0, 255),) if rule.protocol is None else ((rule.protocol, rule.protocol),)
            for local, remote in (ends, ends[::-1]):
                found = boxes(protocol=protocol, local=local, remote=remote)
                yield from (cut for each in found if (cut := each.intersect(box)) is not None)


_DIRECTIONS = tuple(map(int, Direction))
_PROFILES = tuple(map(int, Profile))
_CONFINED = boxes(principal=int(Principal.CONFINED))
_ORDINARY = boxes(principal=int(Principal.ORDINARY))


def _ordinary(parts: Iterable[Box]) -> list[Box]:
    return [cut for part in parts for side in _ORDINARY if (cut := part.intersect(side)) is not None]


def _confined(parts: Iterable[Box]) -> list[Box]:
    return [cut for part in parts for side in _CONFINED if (cut := part.intersect(side)) is not None]


def _slices(flows: FlowSet) -> Iterator[Box]:
    """The boxes cut so that each has one direction and one profile."""
    for box in flows.boxes:
        for direction in _DIRECTIONS:
            for profile in _PROFILES:
                if box.direction & direction and box.profile & profile:
                    if box.direction == direction and box.profile == profile:
                        yield box
                    else:
                        only = boxes(direction=direction, profile=profile)
                        yield from (cut for each in only if (cut := each.intersect(box)) is not None)


def _same_facts(one: HostState, other: HostState) -> bool:
    """Whether rules that do not name the local subnet compile to the same boxes on both states."""
    return one is other or all(
        getattr(one, name) == getattr(other, name)
        for name in ("services", "policy_version", "platform", "keywords", "rpc_ports")
    )


def _names_local_subnet(rule: HostRule) -> bool:
    words = (*rule.local_address.keywords, *rule.remote_address.keywords)
    return any(word.startswith("LocalSubnet") for word in words)


def _needs_ipsec(rule: HostRule) -> bool:
    extras = rule.extras
    if extras.security or extras.remote_machines or extras.remote_users or extras.bypass_out:
        return True
    return rule.action is _BYPASS


def _bypasses(rule: HostRule) -> bool:
    return rule.action is _BYPASS or rule.extras.bypass_out


def _may_block(rule: HostRule) -> bool:
    return rule.action is _BLOCK or (_needs_ipsec(rule) and rule.action is not _BYPASS)


def _lowers(touching: Iterable[tuple[HostRule, list[Box], list[Box]]]) -> tuple[tuple[Box, HostRule | None], ...]:
    return tuple((box, rule) for rule, lower, _ in touching for box in lower)


def _uppers(touching: Iterable[tuple[HostRule, list[Box], list[Box]]]) -> tuple[tuple[Box, HostRule | None], ...]:
    return tuple((box, rule) for rule, _, upper in touching for box in upper)


_DIMENSIONS = (
    "profile",
    "interface",
    "protocol",
    "local",
    "remote",
    "local_port",
    "remote_port",
    "icmp",
    "program",
    "service",
)


def _differences(part: Partition) -> set[str]:
    """Which parts of a flow tell an allowed box from a blocked one: those in which no pair of boxes overlaps."""
    best: set[str] = set(_DIMENSIONS)
    for mine in part.allowed.boxes[:32]:
        for theirs in part.blocked.boxes[:32]:
            found = {name for name in _DIMENSIONS if not _share(getattr(mine, name), getattr(theirs, name))}
            if found and len(found) < len(best):
                best = found
    return {"program" if name == "service" else name for name in best}


def _share(mine: object, theirs: object) -> bool:
    if isinstance(mine, int) and isinstance(theirs, int):
        return bool(mine & theirs)
    if isinstance(mine, Atoms) and isinstance(theirs, Atoms):
        return not (mine & theirs).is_empty
    assert isinstance(mine, tuple)  # noqa: S101 - a box has masks, names and ranges, nothing else
    assert isinstance(theirs, tuple)  # noqa: S101
    return intervals.overlaps(mine, theirs)
