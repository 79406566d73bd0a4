"""The decision order of Windows on masks of boxes: what a machine does with all flows that meet exactly the same boxes.

``reference`` walks its steps with one flow; here the walk asks which of a step's boxes are live. Exact: the answer is that
of ``reference.judge`` for every flow that the live boxes and no others hold (tests/properties/test_questions.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from cmfw.engine.conditions import DEMANDING_IPSEC, DISABLED, FIREWALL_SERVICES, Settings, counts, leaves_all_open, worlds
from cmfw.engine.dimensions import bits
from cmfw.engine.space import Place, SectorKey, Space, Surroundings
from cmfw.model.rule import Action, HostRule, Store, canonical_program
from cmfw.model.state import HostState
from cmfw.model.verdict import Answer
from cmfw.net.atoms import Atoms
from cmfw.net.box import Box, boxes
from cmfw.net.flow import Direction, Principal, Profile

ALLOW, BLOCK, UNKNOWN = 1, 2, 3
"""Possible answers as bits: unknown is both."""
ANSWERS = {ALLOW: Answer.ALLOW, BLOCK: Answer.BLOCK, UNKNOWN: Answer.UNKNOWN}

# what a box is to a step of the walk: it is in the step's lower or upper set (see ``regions.Step``)
HARD_BLOCK, HARD_BLOCK_MAYBE, HARD_ALLOW, HARD_ALLOW_MAYBE, CONFINED, SUBJECT = range(6)
BYPASS_MAYBE, BLOCK_SURE, BLOCK_MAYBE, ALLOW_SURE, ALLOW_MAYBE = range(6, 11)
PARTS = 11
"""A role is a mask of ``world * PARTS + part``."""


def needs_ipsec(rule: HostRule) -> bool:
    """Whether the rule speaks only of authenticated connections, or of none that it can tell."""
    extras = rule.extras
    return bool(extras.security or extras.remote_machines or extras.remote_users or extras.bypass_out) or (
        rule.action is Action.BYPASS
    )


def parts_played(rule: HostRule) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(parts of the boxes that the rule surely matches, parts of those that it may match) in the walk."""
    if rule.store is Store.HARDENING:
        if rule.action is Action.BLOCK:
            return (HARD_BLOCK,), (HARD_BLOCK_MAYBE,)
        return ((HARD_ALLOW,), (HARD_ALLOW_MAYBE,)) if rule.action is Action.ALLOW else ((), ())
    secured = needs_ipsec(rule)
    upper = [BYPASS_MAYBE] if rule.action is Action.BYPASS or rule.extras.bypass_out else []
    if rule.action is Action.BLOCK or (secured and rule.action is not Action.BYPASS):
        upper.append(BLOCK_MAYBE)
    if rule.action is Action.ALLOW:
        upper.append(ALLOW_MAYBE)
    if secured:
        return (), tuple(upper)
    return ((ALLOW_SURE,) if rule.action is Action.ALLOW else (BLOCK_SURE,)), tuple(upper)


class Policy:
    """One state in a space of boxes: the role of every box in the walk, and the boxes of every rule.

    ``owned`` are (rule, its box numbers by sector) of the rules that take part anywhere, by identity; ``roles`` the roles
    of numbered boxes by sector.
    """

    def __init__(self, state: HostState, space: Space) -> None:
        self.state = state
        self.space = space
        self.worlds: list[Settings] = []
        self.by_profile: dict[int, tuple[int, ...]] = {}
        for profile in Profile:
            self.by_profile[int(profile)] = tuple(map(self._world, worlds(state, profile)))
        self.is_unreadable = any(
            fact.name.lower() in FIREWALL_SERVICES and fact.start == DISABLED for fact in state.services
        ) or any(map(leaves_all_open, state.gaps))
        self.gap_allows = any(gap.may_allow for gap in state.gaps)
        self.gap_blocks = any(gap.may_block for gap in state.gaps)
        self.roles: dict[SectorKey, dict[int, int]] = {key: {} for key in space.sectors}
        self.owned: dict[int, tuple[HostRule, dict[SectorKey, int]]] = {}
        self._taking_part: dict[int, list[int]] = {}  # by identity; the state keeps the rules
        self._add_rules()
        self._add_others()

    def _world(self, settings: Settings) -> int:
        if settings not in self.worlds:
            self.worlds.append(settings)
        return self.worlds.index(settings)

    def worlds_of(self, rule: HostRule) -> list[int]:
        """The worlds in which the rule takes part, those of firewalls that are off left out."""
        found = self._taking_part.get(id(rule))
        if found is None:
            found = self._taking_part[id(rule)] = self._worlds_of(rule)
        return found

    def _worlds_of(self, rule: HostRule) -> list[int]:
        hardening = rule.store is Store.HARDENING
        return [n for n, one in enumerate(self.worlds) if one.firewall_on and (hardening or counts(rule, one))]

    def _add_rules(self) -> None:
        place = self.space.placing(self.state)
        for rule in self.state.rules:
            taking_part = self.worlds_of(rule) if rule.active and rule.store is not Store.APPISO else []
            if not taking_part:
                continue
            placed = place(rule)
            sure, possible = parts_played(rule)
            owned: dict[SectorKey, int] = {}
            if placed.lower is placed.upper:
                self._add(placed.upper, taking_part, (*sure, *possible), owned)
            else:
                self._add(placed.upper, taking_part, possible, owned)
                self._add(placed.lower, taking_part, sure, owned)
            self.owned[id(rule)] = (rule, owned)

    def _add(self, places: Iterable[Place], where: list[int], played: Iterable[int], owned: dict[SectorKey, int]) -> None:
        role = sum(1 << world * PARTS + part for world in where for part in played)
        for key, number in places:
            self.roles[key][number] = self.roles[key].get(number, 0) | role
            owned[key] = owned.get(key, 0) | 1 << number

    def _add_others(self) -> None:
        """What is no rule of a rule store and yet takes part: app containers, hardened subjects, IPsec demands."""
        nobody: dict[SectorKey, int] = {}
        if any(rule.store is Store.APPISO for rule in self.state.rules):
            for each in Direction:
                confined = boxes(direction=int(each), principal=int(Principal.CONFINED))
                self._add(self.space.numbered(confined), self._where(on=True), (CONFINED,), nobody)
        off = self._where(on=False)
        for rule in self.state.rules if off else ():
            if rule.store is Store.HARDENING and rule.action is Action.BLOCK and rule.active:
                for each in Direction:
                    self._add(self.space.numbered(_subject(rule, each)), off, (SUBJECT,), nobody)
        for demand in self.state.connection_rules:
            where = [w for w in self._where(on=True) if demand.store is not Store.LOCAL or self.worlds[w].local_ipsec]
            for each in Direction:
                if demand.active and where and demand.action in DEMANDING_IPSEC[each]:
                    ends = (demand.endpoint1.ranges, demand.endpoint2.ranges)
                    protocol = ((0, 255),) if demand.protocol is None else ((demand.protocol, demand.protocol),)
                    for local, remote in (ends, ends[::-1]):
                        found = boxes(
                            direction=int(each), profile=demand.profiles, protocol=protocol, local=local, remote=remote
                        )
                        self._add(self.space.numbered(found), where, (BLOCK_MAYBE,), nobody)

    def _where(self, *, on: bool) -> list[int]:
        return [number for number, settings in enumerate(self.worlds) if settings.firewall_on is on]

    def everywhere(self, profiles: int, *played: int) -> int:
        """The role of playing one of the parts (as separate bits) in every world of the profiles."""
        numbers = set(chain.from_iterable(self.by_profile[int(p)] for p in Profile if p & profiles))
        return sum(1 << world * PARTS + part for world in numbers for part in played)


def _subject(rule: HostRule, direction: Direction) -> tuple[Box, ...]:
    """The flows whose service (or, without one, program) a hardening rule restricts. Source: corrections 21."""
    if rule.service is not None:
        return boxes(direction=int(direction), service=Atoms.of(rule.service.lower()))
    if rule.program is not None:
        return boxes(direction=int(direction), program=Atoms.of(canonical_program(rule.program)))
    return ()


class Walk:
    """The decision order of one policy in the surroundings of a root box."""

    def __init__(self, policy: Policy, key: SectorKey, near: Surroundings) -> None:
        self.policy = policy
        self._direction = Direction(key[0])
        roles = policy.roles[key]
        by_role: dict[int, int] = {}
        for at, number in enumerate(near.numbers):
            role = roles.get(number, 0)
            if role:
                by_role[role] = by_role.get(role, 0) | 1 << at
        self.masks = [0] * (PARTS * len(policy.worlds))
        for role, mask in by_role.items():
            for place in bits(role):
                self.masks[place] |= mask
        self._by_role = by_role

    def answer(self, live: int, profile: int) -> int:
        """The possible answers for the flows of a profile that meet exactly the live boxes."""
        if self.policy.is_unreadable:
            return UNKNOWN
        found = 0
        for world in self.policy.by_profile[profile]:
            found |= self._in_world(live, world)
        return found

    def playing(self, role: int) -> int:
        """The local boxes whose role has all of the given one."""
        return sum(mask for theirs, mask in self._by_role.items() if role and theirs & role == role)

    def before_rules(self, live: int, world: int) -> tuple[int, bool]:
        """(answers possible before the rules have their say, whether one of them is sure)."""
        settings, masks, at = self.policy.worlds[world], self.masks, world * PARTS
        if not settings.firewall_on:
            return (UNKNOWN if live & masks[at + SUBJECT] else ALLOW), True
        possible = ALLOW if settings.exempt_interfaces else 0
        if live & masks[at + CONFINED]:
            possible |= BLOCK
        elif live & masks[at + HARD_BLOCK_MAYBE] and not live & masks[at + HARD_ALLOW]:
            possible |= BLOCK
            if live & masks[at + HARD_BLOCK] and not live & masks[at + HARD_ALLOW_MAYBE]:
                return possible, True
        if settings.shields_up and self._direction is Direction.IN:
            return possible | BLOCK, True
        return possible, False

    def _in_world(self, live: int, world: int) -> int:
        possible, sure = self.before_rules(live, world)
        if sure:
            return possible
        masks, at = self.masks, world * PARTS
        if live & masks[at + BYPASS_MAYBE]:
            possible |= ALLOW
        if live & masks[at + BLOCK_SURE]:
            return possible | BLOCK
        if self.policy.gap_blocks or live & masks[at + BLOCK_MAYBE]:
            possible |= BLOCK
        if live & masks[at + ALLOW_SURE]:
            return possible | ALLOW
        if self.policy.gap_allows or live & masks[at + ALLOW_MAYBE]:
            possible |= ALLOW
        return possible | (ALLOW if self.policy.worlds[world].default_allows(self._direction) else BLOCK)

    def deciders(self, live: int, profile: int) -> int:
        """The live boxes of the rules that the verdict names: those of the step that decides, or, where the verdict is
        unknown, those that could have answered otherwise before it.
        """
        first, *others = self.policy.by_profile[profile]
        answer = self._in_world(live, first)
        if self.policy.is_unreadable or any(self._in_world(live, world) != answer for world in others):
            return 0
        contrary = {ALLOW: 0, BLOCK: 0}
        for its_answer, sure, boxes_named in self._named_steps(live, first):
            if sure:
                return contrary[ALLOW + BLOCK - its_answer] if answer == UNKNOWN else boxes_named
            contrary[its_answer] |= boxes_named
        return 0

    def _named_steps(self, live: int, world: int) -> Iterator[tuple[int, bool, int]]:
        """(answer, whether it is sure, boxes named) of the steps that apply, in order."""
        possible, sure = self.before_rules(live, world)
        masks, at = self.masks, world * PARTS
        if not self.policy.worlds[world].firewall_on:
            yield ALLOW, True, 0
            return
        hard = live & masks[at + HARD_BLOCK] or live & masks[at + HARD_BLOCK_MAYBE]
        if possible & BLOCK and not live & masks[at + CONFINED] and not live & masks[at + HARD_ALLOW]:
            hardened = bool(live & masks[at + HARD_BLOCK]) and not live & masks[at + HARD_ALLOW_MAYBE]
            if hard:
                yield BLOCK, hardened, hard
        if sure:
            yield BLOCK, True, 0
        yield ALLOW, False, live & masks[at + BYPASS_MAYBE]
        for answer, lower, upper in ((BLOCK, BLOCK_SURE, BLOCK_MAYBE), (ALLOW, ALLOW_SURE, ALLOW_MAYBE)):
            certain = live & masks[at + lower]
            yield answer, bool(certain), certain or live & masks[at + upper]
        yield (ALLOW if self.policy.worlds[world].default_allows(self._direction) else BLOCK), True, 0
