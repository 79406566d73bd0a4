"""The rules of one or more policies as numbered boxes, by direction and address family.

Every question about whole policies (``search``, ``difference``, ``shadow``) looks at the boxes that meet one root box and cuts
the root only where these do: ``Surroundings``. Exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter

from cmfw.engine.dimensions import NAMES, Cell, Dimension, Part, bits, cut, part_of
from cmfw.engine.rule_boxes import rule_boxes
from cmfw.model.rule import HostRule, canonical_program, is_resolved_program, program_basename
from cmfw.model.state import HostState
from cmfw.net.addr import V6_BASE
from cmfw.net.atoms import Atoms
from cmfw.net.box import Box, boxes, with_part
from cmfw.net.flow import ALL_PROFILES, Direction
from cmfw.values import value

ANYWHERE = "*\\"
"""Stands in front of a file name for every program of that name which no rule names in full."""
Dull = Callable[[int, int], bool]
"""(live boxes, those of them that no later cut loses) -> whether nothing inside is of interest."""
SectorKey = tuple[int, bool]
"""(direction, whether IPv6)."""
Place = tuple[SectorKey, int]
"""A box by its number in a sector."""
_DIRECTIONS = tuple(Direction)
_FACTS = ("services", "policy_version", "platform", "local_subnets", "keywords", "rpc_ports")
"""What rules are compiled with, beside the rule itself."""
meaning = attrgetter(
    "action", "direction", "profiles", "protocol", "local_port", "remote_port", "icmp", "local_address",
    "remote_address", "program", "service", "interfaces", "extras",
)  # fmt: skip
"""What a rule matches and does, whatever it is called and wherever it stands."""
_parts_of = attrgetter(*NAMES, "profile")


def known_programs(rules: Iterable[HostRule], asked: Iterable[str] = ()) -> frozenset[str]:
    """The canonical program names that tell flows apart.

    A rule whose path cannot be expanded may mean any file of its name, so beside the names that somebody says there is
    one for all the other files of that name.
    """
    found = set(asked)
    for text in {rule.program for rule in rules if rule.program is not None}:
        path = canonical_program(text)
        found.add(path)
        if not is_resolved_program(path) and "~" not in path:
            found.add(ANYWHERE + program_basename(path))
    return frozenset(found)


class Sector:
    """The numbered boxes of one direction and address family."""

    def __init__(self) -> None:
        self.boxes: list[Box] = []
        self._numbers: dict[Box, int] = {}
        self._dimensions: dict[str, Dimension] = {}

    def add(self, box: Box, *, once: bool) -> int:
        """The number of the box, a new one unless the same box is there and ``once`` is asked for."""
        found = self._numbers.get(box) if once else None
        if found is None:
            found = len(self.boxes)
            self.boxes.append(box)
            if once:
                self._numbers[box] = found
        return found

    def dimensions(self) -> dict[str, Dimension]:
        """All boxes by dimension; made at the first question, after which no box may be added."""
        if not self._dimensions:
            values: list[dict[Part, int]] = [{} for _ in (*NAMES, "profile")]
            for number, box in enumerate(self.boxes):
                for table, part in zip(values, _parts_of(box), strict=True):
                    table[part] = table.get(part, 0) | 1 << number
            self._dimensions = {n: Dimension(table) for n, table in zip((*NAMES, "profile"), values, strict=True)}
        return self._dimensions

    def meeting(self, root: Box, among: int) -> int:
        """Those of the numbered boxes that share a flow with the root."""
        dimensions = self.dimensions()
        for name in ("program", "local_port", "protocol", "service", "profile", *NAMES):
            if not among:
                return 0
            among &= dimensions[name].meeting(part_of(root, name))
        return among

    def covering(self, root: Box, among: int) -> int:
        """Those of the numbered boxes that hold every flow of the root."""
        dimensions = self.dimensions()
        for name in (*NAMES, "profile"):
            if not among:
                return 0
            among &= dimensions[name].covering(part_of(root, name))
        return among


def sector_of(box: Box) -> SectorKey:
    """Direction and family of a box of one direction."""
    return box.direction, box.local[0][0] >= V6_BASE


def whole_sectors() -> dict[SectorKey, Box]:
    """All flows as one box for each direction and family."""
    return {sector_of(box): box for each in _DIRECTIONS for box in boxes(direction=int(each))}


@value
class Placed:
    """Where the boxes of a rule stand: those that it surely matches and those that it may match; one tuple where equal."""

    lower: tuple[Place, ...]
    upper: tuple[Place, ...]


class Space:
    """The numbered boxes of some states. ``once``: boxes that are equal have one number, whatever rule they are of."""

    def __init__(self, states: Iterable[HostState], asked: Iterable[str] = (), *, once: bool) -> None:
        self.sectors = {key: Sector() for key in whole_sectors()}
        self._once = once
        self._programs = known_programs((rule for state in states for rule in state.rules), asked)
        self._facts: list[tuple[tuple[object, ...], dict[object, Placed]]] = []

    def numbered(self, parts: Iterable[Box]) -> tuple[Place, ...]:
        """The places of the boxes, each of one direction."""
        return tuple((key, self.sectors[key].add(box, once=self._once)) for box in parts for key in (sector_of(box),))

    def placing(self, state: HostState) -> Callable[[HostRule], Placed]:
        """What gives a rule of the state its places; rules of the same meaning are compiled once."""
        facts = tuple(getattr(state, name) for name in _FACTS)
        known = next((table for theirs, table in self._facts if theirs == facts), None)
        if known is None:
            known = {}
            self._facts.append((facts, known))
        table = known

        def place(rule: HostRule) -> Placed:
            if not self._once:
                return self._compiled(rule, state)
            sense = meaning(rule)
            found = table.get(sense)
            if found is None:
                found = table[sense] = self._compiled(rule, state)
            return found

        return place

    def _compiled(self, rule: HostRule, state: HostState) -> Placed:
        compiled = rule_boxes(rule, state, self._programs)
        upper = among_known(compiled.upper, rule, self._programs) if compiled.depends_on_programs else compiled.upper
        places = self.numbered(upper)
        return Placed(places if compiled.lower is compiled.upper else self.numbered(compiled.lower), places)


def among_known(parts: tuple[Box, ...], rule: HostRule, programs: frozenset[str]) -> tuple[Box, ...]:
    """The rule's boxes with "every program but the known ones of another file name" as the known ones of its name."""
    path = canonical_program(rule.program or "")
    if "~" in path:
        return parts
    like = Atoms.of(path, *(name for name in programs if program_basename(name) == program_basename(path)))
    return tuple(with_part(box, "program", box.program & like) for box in parts)


@value
class Cutting:
    """One dimension in which boxes cut the root: the root's part, the cutting parts with local masks, and their union."""

    name: str
    part: Part
    values: tuple[tuple[Part, int], ...]
    cutters: int


class TooComplex(Exception):
    """A question was cut into more pieces than its budget."""


class Budget:
    """How many pieces a question may still be cut into; beyond it the answer is "not known", never a guess."""

    def __init__(self, pieces: int) -> None:
        self.left = pieces

    def spend(self, pieces: int = 1) -> None:
        """Take the pieces from the budget, or raise TooComplex."""
        self.left -= pieces
        if self.left < 0:
            raise TooComplex


class Surroundings:
    """The boxes of a sector that meet a root box, numbered anew from 0, and the dimensions in which they cut it.

    ``numbers`` are the sector's numbers of the local ones; ``cuttings`` come in the order in which the root is cut.
    """

    def __init__(self, sector: Sector, root: Box, among: int) -> None:
        self.root = root
        meeting = sector.meeting(root, among)
        self.numbers = list(bits(meeting))
        self.every = (1 << len(self.numbers)) - 1
        local = {number: 1 << at for at, number in enumerate(self.numbers)}
        found = [self._cutting(sector, name, meeting, local) for name in sector.dimensions()]
        *others, profile = found
        self.cuttings = tuple(sorted((c for c in others if c.values), key=lambda c: -len(c.values)))
        self.profiles = tuple((bit, self._kept(profile, bit)) for bit in (1, 2, 4) if root.profile & bit)
        rest = profile.cutters
        later = [rest]
        for cutting in reversed(self.cuttings):
            rest |= cutting.cutters
            later.append(rest)
        self.unsettled = tuple(reversed(later))
        """For each depth the boxes that some later dimension may still lose."""
        self._cells: dict[tuple[int, int], list[Cell]] = {}

    def _cutting(self, sector: Sector, name: str, meeting: int, local: dict[int, int]) -> Cutting:
        part = part_of(self.root, name)
        values: dict[Part, int] = {}
        cutters = 0
        for number in bits(meeting & ~sector.dimensions()[name].covering(part)):
            theirs = part_of(sector.boxes[number], name)
            values[theirs] = values.get(theirs, 0) | local[number]
            cutters |= local[number]
        return Cutting(name, part, tuple(values.items()), cutters)

    def _kept(self, profile: Cutting, bit: int) -> int:
        lost = 0
        for part, mask in profile.values:
            if isinstance(part, int) and not part & bit:
                lost |= mask
        return self.every & ~lost

    def cells(self, depth: int, live: int) -> list[Cell]:
        """The cells of one dimension, each with those of the live boxes that are still live in it."""
        cutting = self.cuttings[depth]
        cutters = live & cutting.cutters
        found = self._cells.get((depth, cutters))
        if found is None:
            values = [(part, mask & cutters) for part, mask in cutting.values if mask & cutters]
            found = self._cells[depth, cutters] = cut(cutting.part, values)
        kept = live & ~cutters
        return [(kept | met, part) for met, part in found]

    def local(self, mask: int) -> int:
        """A mask of the sector's numbers in the local ones."""
        return sum(1 << at for at, number in enumerate(self.numbers) if mask >> number & 1)

    def box(self, parts: Iterable[tuple[int, Part]], profile: int = ALL_PROFILES) -> Box:
        """The root with the parts at the given depths, in some of its profiles."""
        found = with_part(self.root, "profile", self.root.profile & profile)
        for depth, part in parts:
            found = with_part(found, self.cuttings[depth].name, part)
        return found

    def corners(self, budget: Budget, live: int, is_dull: Dull) -> Iterator[tuple[tuple[tuple[int, Part], ...], int]]:
        """Every cell of the root with the boxes that meet all of it (profiles aside), once for each such set of boxes.

        What is dull is not cut further. Raises TooComplex where the budget is spent.
        """
        seen: set[tuple[int, int]] = set()
        stack: list[tuple[int, int, tuple[tuple[int, Part], ...]]] = [(0, live, ())]
        while stack:
            depth, live, path = stack.pop()
            if (depth, live) in seen or is_dull(live, live & ~self.unsettled[depth]):
                continue
            seen.add((depth, live))
            budget.spend()
            while depth < len(self.cuttings) and not live & self.cuttings[depth].cutters:
                depth += 1
            if depth == len(self.cuttings):
                yield path, live
                continue
            # the cell with the fewest boxes is the last on the stack, so the first to be looked at
            cells = sorted(self.cells(depth, live), key=lambda cell: -cell[0].bit_count())
            stack += [(depth + 1, met, (*path, (depth, part))) for met, part in cells]
