"""Which flows of a question get a given answer, or are decided by a given rule: all of them, as few boxes. Exact.

Nothing found means that there is nothing, for every flow of the question was looked at; where a part of it was too complex to
cut, that part is named and nothing is claimed of it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cmfw.engine.diagram import Diagram, Outcome
from cmfw.engine.masks import ANSWERS, Policy, Walk
from cmfw.engine.replay import Replay
from cmfw.engine.space import Budget, SectorKey, Space, Surroundings, TooComplex, sector_of
from cmfw.engine.tidy import merged, paired, tidied
from cmfw.model.rule import HostRule
from cmfw.model.state import HostState
from cmfw.model.verdict import Answer, Verdict
from cmfw.net.box import Box, boxes
from cmfw.net.flow import Direction, Flow, Principal
from cmfw.net.flowset import FlowSet, Preferences
from cmfw.values import value

MOST_PIECES = 100_000
"""Bound on the pieces that one box of the question may be cut into."""
MOST_BOXES = 30_000
"""Bound on the boxes that one box of the question may be answered with, before they are joined."""


@value
class Hit:
    """Flows that all get the answer asked for, with one of them judged; other rules may decide others of them.

    ``boxes`` are one box, or one of each address family that say the same beside addresses.
    """

    boxes: tuple[Box, ...]
    witness: Flow
    verdict: Verdict


@value
class Hits:
    """All hits, the widest first and those of app containers last; ``not_searched`` are boxes that were too complex.

    There is no such flow for certain exactly when both are empty.
    """

    found: tuple[Hit, ...]
    not_searched: tuple[Box, ...] = ()


def search(
    state: HostState,
    flows: FlowSet,
    answers: Collection[Answer],
    rules: Sequence[HostRule] | None = None,
    wanted: Preferences = Preferences(),  # noqa: B008 - frozen value
) -> Hits:
    """The flows that get one of the answers and, where ``rules`` are given, which one of these decides.

    Every witness is replayed through the specification; AssertionError where it does not confirm a hit.
    """
    asked = {name for box in flows for name in box.program.names}
    finder = _Finder(state, asked, answers, rules)
    found: dict[Answer, list[Box]] = {answer: [] for answer in answers}
    lost: list[Box] = []
    for root in _by_direction(flows):
        try:
            for answer, its_boxes in finder.find(root).items():
                found[answer] += its_boxes
        except TooComplex:
            lost.append(root)
    replay = Replay(state)
    models = finder.models(flows)
    hits = [_hit(pair, each, replay, wanted) for each in answers for pair in paired(tidied(found[each], models))]
    return Hits(tuple(sorted(hits, key=lambda hit: not hit.boxes[0].principal & Principal.ORDINARY)), tuple(merged(lost)))


def _hit(pair: tuple[Box, ...], answer: Answer, replay: Replay, wanted: Preferences) -> Hit:
    flow = FlowSet(pair).witness(wanted)
    verdict = replay.judge(flow)
    if verdict.answer is not answer:
        raise AssertionError(f"the specification does not confirm {answer} for `{flow.text()}`")
    return Hit(pair, flow, verdict)


def _by_direction(flows: FlowSet) -> list[Box]:
    return [cut for box in flows for each in Direction for cut in _cut(box, each)]


def _cut(box: Box, direction: Direction) -> list[Box]:
    only = boxes(direction=int(direction))
    return [cut for each in only if (cut := each.intersect(box)) is not None]


class _Finder:
    def __init__(
        self, state: HostState, asked: Collection[str], answers: Collection[Answer], rules: Sequence[HostRule] | None
    ) -> None:
        self._space = Space((state,), asked, once=False)
        self._policy = Policy(state, self._space)
        self._answers = answers
        self._owned: dict[SectorKey, int] | None = None
        if rules is not None:
            self._owned = dict.fromkeys(self._space.sectors, 0)
            for rule in rules:
                for key, mask in self._policy.owned.get(id(rule), (rule, {}))[1].items():
                    self._owned[key] |= mask

    def find(self, root: Box) -> dict[Answer, list[Box]]:
        """The boxes of the root for each answer asked for. Raises TooComplex."""
        key = sector_of(root)
        sector = self._space.sectors[key]
        near = Surroundings(sector, root, (1 << len(sector.boxes)) - 1)
        walk = Walk(self._policy, key, near)
        own = None if self._owned is None else near.local(self._owned[key])
        diagram = Diagram(near, near.every, self._outcome(walk, own), lambda live, _: own is not None and not live & own,
                          Budget(MOST_PIECES))  # fmt: skip
        if diagram.is_empty:
            return {}
        return {ANSWERS[answer]: its_boxes for answer, its_boxes in diagram.boxes(Budget(MOST_BOXES)).items()}

    def _outcome(self, walk: Walk, own: int | None) -> Outcome:
        wanted = {number for number, answer in ANSWERS.items() if answer in self._answers}

        def outcome(live: int, profile: int) -> int:
            answer = walk.answer(live, profile)
            if answer not in wanted or (own is not None and not own & walk.deciders(live, profile)):
                return 0
            return answer

        return outcome

    def models(self, flows: FlowSet) -> list[Box]:
        """The boxes of the question, and those of the rules (or of the ones in question) inside it."""
        found = list(flows.boxes)
        for key, sector in self._space.sectors.items():
            for number, box in enumerate(sector.boxes):
                if self._owned is None or self._owned[key] >> number & 1:
                    found += [cut for each in flows if (cut := box.intersect(each)) is not None]
        return found
