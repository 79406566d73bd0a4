"""The flows of a root box by outcome, as few boxes as the order of cutting allows: a decision diagram of sets of live boxes.

Cells of one dimension that lead to the same are joined before anything is written out, so a box comes back whole where the
rules that cut it do not matter. Exact.
"""

from __future__ import annotations

from collections.abc import Callable

from cmfw.engine.dimensions import Part, joined
from cmfw.engine.space import Budget, Dull, Surroundings
from cmfw.net.box import Box

Outcome = Callable[[int, int], int]
"""(live boxes, profile) -> what is asked about the flows there; 0 is of no interest."""
_LEAF = -1
"""Depth of the nodes that only split by profile."""


class Diagram:
    """Outcomes of a root box. Made at once; raises TooComplex where the budget is spent."""

    def __init__(self, near: Surroundings, live: int, outcome: Outcome, is_dull: Dull, budget: Budget) -> None:
        self._near = near
        self._outcome = outcome
        self._is_dull = is_dull
        self._budget = budget
        self._nodes: list[tuple[int, tuple[tuple[int, Part], ...]]] = [(_LEAF, ())]
        self._numbers = {self._nodes[0]: 0}
        self._made: dict[tuple[int, int], int] = {}
        self._root = self._node(0, live)

    @property
    def is_empty(self) -> bool:
        """Whether no flow has an outcome of interest."""
        return self._root == 0

    def _node(self, depth: int, live: int) -> int:
        """The number of the node for what is live; 0 where nothing inside is of interest."""
        near = self._near
        while depth < len(near.cuttings) and not live & near.cuttings[depth].cutters:
            depth += 1
        found = self._made.get((depth, live))
        if found is not None:
            return found
        if self._is_dull(live, live & ~near.unsettled[depth]):
            found = 0
        else:
            self._budget.spend()
            found = self._leaf(live) if depth == len(near.cuttings) else self._inner(depth, live)
        self._made[depth, live] = found
        return found

    def _leaf(self, live: int) -> int:
        profiles: dict[int, int] = {}
        for bit, kept in self._near.profiles:
            outcome = self._outcome(live & kept, bit)
            if outcome:
                profiles[outcome] = profiles.get(outcome, 0) | bit
        return self._numbered((_LEAF, tuple(sorted(profiles.items()))))

    def _inner(self, depth: int, live: int) -> int:
        children: dict[int, Part] = {}
        cells = self._near.cells(depth, live)
        for met, part in cells:
            child = self._node(depth + 1, met)
            children[child] = joined(children[child], part) if child in children else part
        if len(children) == 1:
            return next(iter(children))
        children.pop(0, None)
        return self._numbered((depth, tuple(sorted(children.items(), key=lambda pair: pair[0]))))

    def _numbered(self, node: tuple[int, tuple[tuple[int, Part], ...]]) -> int:
        found = self._numbers.get(node)
        if found is None:
            found = self._numbers[node] = len(self._nodes)
            self._nodes.append(node)
        return found

    def boxes(self, budget: Budget) -> dict[int, list[Box]]:
        """The boxes of every outcome of interest, disjoint. Raises TooComplex where there are more than the budget has."""
        found: dict[int, list[Box]] = {}
        stack: list[tuple[int, tuple[tuple[int, Part], ...]]] = [(self._root, ())]
        while stack:
            number, path = stack.pop()
            depth, children = self._nodes[number]
            for child, part in children:
                if depth == _LEAF:
                    budget.spend()
                    assert isinstance(part, int)  # noqa: S101 - a leaf splits by profile
                    found.setdefault(child, []).append(self._near.box(path, part))
                else:
                    stack.append((child, (*path, (depth, part))))
        return found
