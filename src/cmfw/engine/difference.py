"""What two machines do differently: every flow whose verdict changes, as few boxes as needed. Exact.

A flow changes its verdict only where a box plays another role on one machine than on the other (a rule came, went or counts
differently), or where the settings of its profile differ. So only these boxes are looked at, each cut by the rules that meet it;
"equal" then holds for every flow there is, and not for a sample. Flows of a root that is too complex to cut are named as not
compared, never left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from itertools import product
from operator import or_

from cmfw.engine.diagram import Diagram, Outcome
from cmfw.engine.masks import (
    ALLOW,
    ALLOW_SURE,
    ANSWERS,
    BLOCK,
    BLOCK_MAYBE,
    BLOCK_SURE,
    PARTS,
    UNKNOWN,
    Policy,
    Walk,
)
from cmfw.engine.replay import Replay
from cmfw.engine.space import Budget, Dull, SectorKey, Space, Surroundings, TooComplex, whole_sectors
from cmfw.engine.tidy import merged, paired, tidied
from cmfw.model.state import HostState
from cmfw.model.verdict import Answer, Verdict
from cmfw.net.box import Box, with_part
from cmfw.net.flow import Flow, Principal, Profile
from cmfw.net.flowset import FlowSet, Preferences
from cmfw.values import value

MOST_PIECES = 100_000
"""Bound on the pieces that one changed box may be cut into."""
MOST_BOXES = 30_000
"""Bound on the boxes that one changed box may leave."""


@value
class Change:
    """Flows whose verdict goes from one answer to another, with one of them judged on both machines.

    ``boxes`` are one box, or one of each address family that say the same beside addresses.
    """

    before: Answer
    after: Answer
    boxes: tuple[Box, ...]
    witness: Flow
    verdict_before: Verdict
    verdict_after: Verdict


@value
class Difference:
    """All changes, those of ordinary processes first; ``not_compared`` are boxes that were too complex to compare.

    Equal for certain exactly when both are empty.
    """

    changes: tuple[Change, ...]
    not_compared: tuple[Box, ...] = ()

    @property
    def is_equal(self) -> bool:
        """Whether both machines give every flow the same verdict."""
        return not self.changes and not self.not_compared


def differ(before: HostState, after: HostState, wanted: Preferences = Preferences()) -> Difference:  # noqa: B008 - frozen value
    """The difference in verdicts between two machines; every witness is replayed through the specification."""
    found, models, lost = Pair(before, after).unlike()
    replays = Replay(before), Replay(after)
    changes = [
        _change(outcome, pair, replays, wanted)
        for outcome in sorted(found, key=_ORDER.index)
        for pair in paired(tidied(found[outcome], models))
    ]
    return Difference(tuple(sorted(changes, key=lambda change: _is_confined(change.boxes[0]))), tuple(merged(lost)))


def _is_confined(box: Box) -> bool:
    return not box.principal & Principal.ORDINARY


_ORDER = tuple(
    one * 4 + other
    for one, other in (
        (BLOCK, ALLOW),
        (ALLOW, BLOCK),
        (UNKNOWN, ALLOW),
        (BLOCK, UNKNOWN),
        (ALLOW, UNKNOWN),
        (UNKNOWN, BLOCK),
    )
)
"""Outcomes, ``before * 4 + after``, in the order in which people want to know them: what is newly open first."""


def _change(outcome: int, pair: tuple[Box, ...], replays: tuple[Replay, Replay], wanted: Preferences) -> Change:
    flow = FlowSet(pair).witness(wanted)
    before, after = (replay.judge(flow) for replay in replays)
    answers = ANSWERS[outcome >> 2], ANSWERS[outcome & 3]
    if (before.answer, after.answer) != answers:
        raise AssertionError(f"the specification does not confirm {answers} for `{flow.text()}`")
    return Change(*answers, pair, flow, before, after)


class Pair:
    """Two states in one space, where a box that both have is one box."""

    def __init__(self, before: HostState, after: HostState) -> None:
        self.space = Space((before, after), once=True)
        self.one, self.other = Policy(before, self.space), Policy(after, self.space)

    def unlike(self) -> tuple[dict[int, list[Box]], list[Box], list[Box]]:
        """(boxes of flows with different verdicts by ``before * 4 + after``, the roots they come from, roots too complex)."""
        found: dict[int, list[Box]] = {}
        models: list[Box] = []
        lost: list[Box] = []
        for key, root in self.roots():
            try:
                parts = self.changed(key, root)
            except TooComplex:
                lost.append(root)
                continue
            models += [root] if parts else []
            for outcome, its_boxes in parts.items():
                found.setdefault(outcome, []).extend(its_boxes)
        return found, models, lost

    def roots(self) -> Iterable[tuple[SectorKey, Box]]:
        """The boxes outside of which no verdict differs, each in the profiles in which it may."""
        unlike = sum(int(profile) for profile in Profile if not self._same_settings(int(profile)))
        unlike = unlike if not (self.one.is_unreadable and self.other.is_unreadable) else 0
        for key, whole in whole_sectors().items():
            if unlike:
                yield key, with_part(whole, "profile", unlike)
            mine, theirs = self.one.roles[key], self.other.roles[key]
            if self.one.is_unreadable and self.other.is_unreadable:
                continue
            for number, box in enumerate(self.space.sectors[key].boxes):
                left, right = mine.get(number, 0), theirs.get(number, 0)
                profiles = box.profile & ~unlike & self._unlike_roles(left, right)
                if profiles:
                    yield key, with_part(box, "profile", profiles)

    def _same_settings(self, profile: int) -> bool:
        one, other = self.one, self.other
        return (
            [one.worlds[number] for number in one.by_profile[profile]]
            == [other.worlds[number] for number in other.by_profile[profile]]
            and (one.gap_allows, one.gap_blocks, one.is_unreadable)
            == (other.gap_allows, other.gap_blocks, other.is_unreadable)
        )  # fmt: skip

    def _unlike_roles(self, left: int, right: int) -> int:
        """The profiles in whose worlds a box plays different roles; only meant where the settings are the same."""
        if left == right and self.one.worlds == self.other.worlds:
            return 0
        found = 0
        played = (1 << PARTS) - 1
        for profile in Profile:
            worlds = zip(self.one.by_profile[int(profile)], self.other.by_profile[int(profile)], strict=False)
            if any((left >> one * PARTS ^ right >> other * PARTS) & played for one, other in worlds):
                found |= int(profile)
        return found

    def changed(self, key: SectorKey, root: Box) -> dict[int, list[Box]]:
        """The flows of the root with different verdicts, by ``before * 4 + after``."""
        sector = self.space.sectors[key]
        near = Surroundings(sector, root, (1 << len(sector.boxes)) - 1)
        walks = Walk(self.one, key, near), Walk(self.other, key, near)
        diagram = Diagram(near, near.every, _outcome(*walks), self._dull(root, near, walks), Budget(MOST_PIECES))
        return {} if diagram.is_empty else diagram.boxes(Budget(MOST_BOXES))

    def _dull(self, root: Box, near: Surroundings, walks: tuple[Walk, Walk]) -> Dull:
        """Where a rule that both machines have decides before anything that differs, nothing differs.

        A sure block ends the walk before an allow, and beside another block; so a cell that it covers is dull where all
        that changed in it are blocks and allows. The same of a sure allow where only allows changed.
        """
        pairs = self._world_pairs(root.profile)
        if not all(map(self._begin_alike, pairs)) or self.one.gap_blocks != self.other.gap_blocks:
            return lambda _live, _settled: False
        blocks = allows = near.every
        for walk, policy in zip(walks, (self.one, self.other), strict=True):
            blocks &= walk.playing(policy.everywhere(root.profile, BLOCK_SURE))
            allows &= walk.playing(policy.everywhere(root.profile, ALLOW_SURE))
        early = late = 0
        for one, other in pairs:
            unlike = [walks[0].masks[one * PARTS + n] ^ walks[1].masks[other * PARTS + n] for n in range(PARTS)]
            early |= reduce(or_, unlike[:BLOCK_SURE])
            late |= unlike[BLOCK_SURE] | unlike[BLOCK_MAYBE]

        def is_dull(live: int, settled: int) -> bool:
            if live & early:
                return False
            return bool(settled & blocks or (settled & allows and not live & late))

        return is_dull

    def _world_pairs(self, profiles: int) -> list[tuple[int, int]]:
        """The worlds of both machines side by side; all combinations where a profile has several."""
        found = [
            pair
            for profile in Profile
            if profile & profiles
            for pair in product(self.one.by_profile[int(profile)], self.other.by_profile[int(profile)])
        ]
        return list(dict.fromkeys(found))

    def _begin_alike(self, pair: tuple[int, int]) -> bool:
        """Whether both walks are the same up to the rules, as far as settings go."""
        one, other = self.one.worlds[pair[0]], self.other.worlds[pair[1]]
        return one.firewall_on and all(
            getattr(one, name) == getattr(other, name) for name in ("firewall_on", "shields_up", "exempt_interfaces")
        )


def _outcome(one: Walk, other: Walk) -> Outcome:
    def outcome(live: int, profile: int) -> int:
        before, after = one.answer(live, profile), other.answer(live, profile)
        return 0 if before == after else before * 4 + after

    return outcome
