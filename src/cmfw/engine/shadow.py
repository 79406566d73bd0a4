"""Rules that never decide anything: taking one of them away changes no verdict of any flow. Exact, and careful.

Every box of a rule is searched for a flow where the rule matters. A rule is dead only where there is none even if every
rule, port or store that the evidence leaves open turned out the way that makes the rule matter; it lives where the
specification gives one flow another verdict without it. What is in between may matter and is said to be open.

One rule at a time: of two equal rules each is dead, for the other one covers it, but not both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum

from cmfw.engine.dimensions import bits
from cmfw.engine.masks import (
    ALLOW,
    ALLOW_MAYBE,
    ALLOW_SURE,
    BLOCK_MAYBE,
    BLOCK_SURE,
    BYPASS_MAYBE,
    PARTS,
    Policy,
    Walk,
    needs_ipsec,
    parts_played,
)
from cmfw.engine.replay import Replay
from cmfw.engine.space import Budget, SectorKey, Space, Surroundings, TooComplex, meaning
from cmfw.model.rule import Action, HostRule, Store
from cmfw.model.state import HostState
from cmfw.model.verdict import Verdict
from cmfw.net.box import Box
from cmfw.net.flow import Flow, Profile
from cmfw.net.flowset import FlowSet, Preferences
from cmfw.values import value

MOST_PIECES = 20_000
"""Bound on the pieces that the boxes of one rule may be cut into; beyond it nothing is said of the rule."""
EXAMINED = (Store.LOCAL, Store.GPO, Store.MDM, Store.LEGACY)
"""The stores whose rules people write. What Windows itself keeps (service hardening, app containers) is not examined."""


class Reason(StrEnum):
    """Why a rule decides nothing."""

    INACTIVE = "inactive"
    NOT_MERGED = "not_merged"
    FIREWALL_OFF = "firewall_off"
    NEVER_MATCHES = "never_matches"
    DUPLICATE = "duplicate"
    COVERED = "covered"
    COVERED_TOGETHER = "covered_together"
    OVERRIDDEN = "overridden"
    SETTING = "setting"


class Doubt(StrEnum):
    """Why nothing certain is said of a rule."""

    EVIDENCE = "evidence"
    COMPLEXITY = "complexity"


@value
class Dead:
    """A rule without effect, why, and the fewest rules that together leave it nothing to decide (in state order)."""

    rule: HostRule
    reason: Reason
    by: tuple[HostRule, ...] = ()


@value
class Alive:
    """A rule with effect: a flow that only it decides, judged with and without it."""

    rule: HostRule
    witness: Flow
    verdict: Verdict
    without: Verdict


@value
class Shadows:
    """Every examined rule of a state in one of three lists, each in state order; ``not_examined`` counts the others."""

    dead: tuple[Dead, ...]
    alive: tuple[Alive, ...]
    doubtful: tuple[tuple[HostRule, Doubt], ...]
    not_examined: int = 0


def shadows(state: HostState, wanted: Preferences = Preferences(), *, witnesses: bool = True) -> Shadows:  # noqa: B008 - frozen value
    """What each rule is for. Without ``witnesses`` the list of living rules stays empty, which saves their replay."""
    found = list(Search(state).verdicts())
    replays = Replays(state)
    alive = [replays.alive(rule, box, wanted) for rule, box in found if isinstance(box, Box)] if witnesses else []
    return Shadows(
        dead=tuple(each for _, each in found if isinstance(each, Dead)),
        alive=tuple(alive),
        doubtful=tuple((rule, each) for rule, each in found if isinstance(each, Doubt)),
        not_examined=sum(rule.store not in EXAMINED for rule in state.rules),
    )


class Replays:
    """The specification on a state with and without one rule."""

    def __init__(self, state: HostState) -> None:
        self._whole = Replay(state)

    def alive(self, rule: HostRule, box: Box, wanted: Preferences) -> Alive:
        """A living rule with its proof; AssertionError where the specification does not confirm it."""
        flow = FlowSet((box,)).witness(wanted)
        verdict = self._whole.judge(flow)
        near = self._whole.without_strangers(flow)
        without = Replay(replace(near, rules=tuple(each for each in near.rules if each is not rule))).judge(flow)
        if verdict.answer is without.answer:
            raise AssertionError(f"the specification does not confirm that `{rule.id}` matters to `{flow.text()}`")
        return Alive(rule, flow, verdict, without)


class Search:
    """Looks at the boxes of one rule after the other among those of all rules."""

    def __init__(self, state: HostState) -> None:
        self.state = state
        self.space = Space((state,), once=False)
        self.policy = Policy(state, self.space)
        self.owners: dict[SectorKey, dict[int, HostRule]] = {key: {} for key in self.space.sectors}
        for rule, owned in self.policy.owned.values():
            for key, mask in owned.items():
                self.owners[key] |= dict.fromkeys(bits(mask), rule)
        self._place = {id(rule): at for at, rule in enumerate(state.rules)}
        self._killers: dict[tuple[SectorKey, tuple[int, ...], frozenset[int]], int] = {}

    def verdicts(self) -> Iterator[tuple[HostRule, Dead | Doubt | Box]]:
        """Each examined rule with what it is: dead, doubtful, or a box of flows that only it decides."""
        for rule in self.state.rules:
            if rule.store in EXAMINED:
                try:
                    yield rule, self._verdict(rule)
                except TooComplex:
                    yield rule, Doubt.COMPLEXITY

    def _verdict(self, rule: HostRule) -> Dead | Doubt | Box:
        if not rule.active:
            return Dead(rule, Reason.INACTIVE)
        owned = self.policy.owned.get(id(rule))
        if owned is None or not self._worlds_in(rule, rule.profiles):
            mine = [self.policy.worlds[n] for p in Profile if p & rule.profiles for n in self.policy.by_profile[p]]
            return Dead(rule, Reason.NOT_MERGED if any(each.firewall_on for each in mine) else Reason.FIREWALL_OFF)
        if not owned[1]:
            return Dead(rule, Reason.NEVER_MATCHES)
        if self.policy.is_unreadable:
            return Doubt.EVIDENCE
        if self._default_does_it(rule):
            return Dead(rule, Reason.SETTING)
        whole = self._covering(rule, owned[1])
        return self._named(rule, whole) if whole else self._tried(rule, owned[1])

    def _default_does_it(self, rule: HostRule) -> bool:
        """Whether the rule only allows, and what comes after the allow rules does so everywhere, too."""
        if rule.action is not Action.ALLOW or needs_ipsec(rule):
            return False
        return all(self.policy.worlds[n].default_allows(rule.direction) for n in self.policy.worlds_of(rule))

    def _covering(self, rule: HostRule, owned: dict[SectorKey, int]) -> tuple[HostRule, ...]:
        """The rules that hold a whole box of this one each, and surely decide before or beside it; none where a box has none."""
        found: dict[int, HostRule] = {}
        for key, mask in owned.items():
            sector = self.space.sectors[key]
            for number in bits(mask):
                box = sector.boxes[number]
                if not self._worlds_in(rule, box.profile):
                    continue  # the rule is not merged there
                killers = sector.covering(box, self.killers(rule, key, box.profile) & ~mask)
                if not killers:
                    return ()
                rules = [self.owners[key][each] for each in bits(killers)]
                best = next((each for each in rules if id(each) in found), None) or _likest(rule, rules)
                found[id(best)] = best
        return tuple(sorted(found.values(), key=lambda each: self._place[id(each)]))

    def killers(self, rule: HostRule, key: SectorKey, profiles: int) -> int:
        """The numbers of the boxes that surely decide whatever they and the rule meet in, wherever the rule takes part."""
        parts = killing_parts(rule)
        wanted = (key, parts, self._worlds_in(rule, profiles))
        found = self._killers.get(wanted)
        if found is None:
            found = 0
            for part in parts:
                role = sum(1 << world * PARTS + part for world in wanted[2])
                found |= sum(1 << number for number, its in self.policy.roles[key].items() if its & role == role)
            self._killers[wanted] = found
        return found

    def _worlds_in(self, rule: HostRule, profiles: int) -> frozenset[int]:
        """The worlds of the profiles in which the rule takes part."""
        here = {number for profile in Profile if profile & profiles for number in self.policy.by_profile[int(profile)]}
        return frozenset(here.intersection(self.policy.worlds_of(rule)))

    def _tried(self, rule: HostRule, owned: dict[SectorKey, int]) -> Dead | Doubt | Box:
        """What trying every box of the rule says of it."""
        budget = Budget(MOST_PIECES)
        trials: list[Trial] = []
        may_matter = False
        for key, mask in owned.items():
            for number in bits(mask):
                if not self._worlds_in(rule, self.space.sectors[key].boxes[number].profile):
                    continue
                trials.append(Trial(self, rule, key, number))
                found = trials[-1].run(budget, trials[-1].live)
                if isinstance(found, Box):
                    return found
                may_matter |= found
        if may_matter:
            return Doubt.EVIDENCE
        met = {id(each): each for trial in trials for each in trial.killers()}
        return self._named(rule, self._fewest(met, trials))

    def _named(self, rule: HostRule, by: tuple[HostRule, ...]) -> Dead:
        if not by:
            return Dead(rule, Reason.SETTING)
        if len(by) == 1 and meaning(by[0]) == meaning(rule):
            return Dead(rule, Reason.DUPLICATE, by)
        if rule.action is not Action.BLOCK and any(each.action is Action.BLOCK for each in by):
            return Dead(rule, Reason.OVERRIDDEN, by)
        return Dead(rule, Reason.COVERED if len(by) == 1 else Reason.COVERED_TOGETHER, by)

    def _fewest(self, found: dict[int, HostRule], trials: Sequence[Trial]) -> tuple[HostRule, ...]:
        """The killers without those that the others can do without, tried from the last rule of the state to the first."""
        kept = sorted(found.values(), key=lambda each: self._place[id(each)])
        if kept and _die_by([], trials):
            return ()
        for each in reversed(kept) if len(kept) > 1 else ():
            others = [other for other in kept if other is not each]
            kept = others if _die_by(others, trials) else kept
        return tuple(kept)


def _likest(rule: HostRule, others: Sequence[HostRule]) -> HostRule:
    """The first of the others that means the same as the rule, else the first that does the same, else the first."""
    wanted = meaning(rule)
    alike = [other for other in others if other.action is rule.action]
    return next((other for other in alike if meaning(other) == wanted), (alike or list(others))[0])


def killing_parts(rule: HostRule) -> tuple[int, ...]:
    """The parts in the walk of what makes the rule needless: a sure block before an allow or beside a block, a sure allow
    beside an allow that can be nothing else.
    """
    possible = parts_played(rule)[1]
    if BYPASS_MAYBE in possible:
        return ()
    return (BLOCK_SURE,) if BLOCK_MAYBE in possible else (BLOCK_SURE, ALLOW_SURE)


def _die_by(killers: Sequence[HostRule], trials: Sequence[Trial]) -> bool:
    """Whether the rule of the trials decides nothing with these killers and no others; False where that is too complex."""
    budget = Budget(MOST_PIECES)
    try:
        return all(trial.run(budget, trial.without_killers_but(killers)) is False for trial in trials)
    except TooComplex:
        return False


class Trial:
    """One box of a rule among the others: whether some flow in it needs the rule, and which rules see to it that none does.

    A killer is a box that surely decides whatever it meets before or beside the rule: a sure block before an allow, a sure
    allow beside an allow.
    """

    def __init__(self, search: Search, rule: HostRule, key: SectorKey, number: int) -> None:
        sector = search.space.sectors[key]
        self._policy = search.policy
        self._rule = rule
        self._owners = search.owners[key]
        self.near = Surroundings(sector, sector.boxes[number], (1 << len(sector.boxes)) - 1)
        self._walk = Walk(search.policy, key, self.near)
        self.live = self.near.every
        self._own = self.near.local(search.policy.owned[id(rule)][1][key])
        self._worlds = search.policy.worlds_of(rule)
        self._possible = parts_played(rule)[1]
        self._killers = self.near.local(search.killers(rule, key, self.near.root.profile)) & ~self._own
        self._used = 0

    def killers(self) -> Iterator[HostRule]:
        """The rules that the search met as killers."""
        for at in bits(self._used):
            owner = self._owners.get(self.near.numbers[at])
            if owner is not None:
                yield owner

    def without_killers_but(self, kept: Sequence[HostRule]) -> int:
        """The live boxes without those killers that are not of the kept rules."""
        wanted = set(map(id, kept))
        lost = 0
        for at in bits(self._killers | self._used):
            owner = self._owners.get(self.near.numbers[at])
            if owner is not None and id(owner) not in wanted:
                lost |= 1 << at
        return self.live & ~lost

    def run(self, budget: Budget, live: int) -> Box | bool:
        """A box whose verdict changes without the rule; else whether the rule may matter all the same."""
        may_matter = False
        for path, met in self.near.corners(budget, live, self._is_dull):
            for bit, kept in self.near.profiles:
                here = met & kept
                if self._walk.answer(here, bit) != self._walk.answer(here & ~self._own, bit):
                    return self.near.box(path, bit)
                may_matter = may_matter or self._may_matter(here & ~self._own, bit)
        return may_matter

    def _is_dull(self, _live: int, settled: int) -> bool:
        killing = settled & self._killers
        if killing and not killing & self._used:
            self._used |= self._best(killing)
        return bool(killing)

    def _best(self, killing: int) -> int:
        """One of the killers: of a rule of the same meaning where there is one, else the first."""
        owners = {at: self._owners.get(self.near.numbers[at]) for at in bits(killing)}
        known = [owner for owner in owners.values() if owner is not None]
        likest = _likest(self._rule, known) if known else None
        return 1 << next(at for at, owner in owners.items() if owner is likest)

    def _may_matter(self, others: int, profile: int) -> bool:
        """Whether the rule decides in some world that the evidence leaves open, where the verdict is the same without it."""
        return any(self._matters_in(world, others, profile) for world in self._policy.by_profile[profile])

    def _matters_in(self, world: int, others: int, profile: int) -> bool:
        if world not in self._worlds or self._walk.before_rules(others, world)[1]:
            return False
        masks, at = self._walk.masks, world * PARTS
        if BYPASS_MAYBE in self._possible:
            return self._walk.answer(others, profile) != ALLOW
        if others & masks[at + BLOCK_SURE]:
            self._tell(others & masks[at + BLOCK_SURE])
            return False
        default_allows = self._policy.worlds[world].default_allows(self._rule.direction)
        if BLOCK_MAYBE in self._possible:
            below = self._policy.gap_allows or default_allows or bool(others & masks[at + ALLOW_MAYBE])
            return below or ALLOW_MAYBE in self._possible
        if others & masks[at + ALLOW_SURE]:
            self._tell(others & masks[at + ALLOW_SURE])
            return False
        return not default_allows

    def _tell(self, killing: int) -> None:
        if not killing & self._used:
            self._used |= self._best(killing)
