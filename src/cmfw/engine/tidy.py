"""Fewer and wider boxes for the same flows: what people read. Exact: the union never changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from operator import attrgetter

from cmfw.engine.dimensions import NAMES, joined, part_of
from cmfw.net import intervals
from cmfw.net.addr import V4_ALL, V6_ALL, is_v6
from cmfw.net.atoms import Atoms
from cmfw.net.box import Box, with_part
from cmfw.net.flow import ICMP4, ICMP6, Principal

_DIMENSIONS = (*NAMES, "profile")
_KEYS = {name: attrgetter("direction", *(other for other in _DIMENSIONS if other != name)) for name in _DIMENSIONS}
MOST_GROWN = 60
"""Beyond this many boxes nobody reads them all, and growing them would take longer than finding them."""
MOST_PIECES = 400
"""Bound on the pieces of one test for containment; beyond it a box stays as it is."""


def tidied(found: Iterable[Box], models: Sequence[Box] = ()) -> tuple[Box, ...]:
    """The same flows in fewer boxes, the widest first and those of app containers last; boxes may overlap.

    ``models`` are boxes whose parts are tried in place of narrower ones: those of the rules that the flows come from, which
    make a result read like rules.
    """
    kept = merged(found)
    if len(kept) <= MOST_GROWN:
        kept = _without_covered(_grown(_without_covered(kept), models))
    return tuple(sorted(kept, key=_reading_order))


def merged(found: Iterable[Box]) -> list[Box]:
    """Boxes that differ in one dimension only made one, until there are none."""
    kept = list(dict.fromkeys(found))
    count = len(kept) + 1
    while len(kept) < count:
        count = len(kept)
        for name in _DIMENSIONS:
            kept = _merged_along(kept, name)
    return kept


def _merged_along(found: list[Box], name: str) -> list[Box]:
    groups: dict[object, list[Box]] = {}
    for box in found:
        groups.setdefault(_KEYS[name](box), []).append(box)
    out = []
    for group in groups.values():
        part = part_of(group[0], name)
        for box in group[1:]:
            part = joined(part, part_of(box, name))
        out.append(group[0] if len(group) == 1 else with_part(group[0], name, part))
    return out


def _without_covered(found: list[Box]) -> list[Box]:
    """Without the boxes that the others hold together, the narrowest looked at first."""
    kept = sorted(found, key=_width)
    for box in tuple(kept):
        others = [other for other in kept if other is not box]
        if is_within(box, others):
            kept = others
    return kept


def _grown(found: list[Box], models: Sequence[Box]) -> list[Box]:
    """Every box as wide as the union of all allows, one dimension after the other, towards the parts of its models."""
    out = []
    for box in found:
        grown = box
        for model in [one for one in models if one.covers(box)][:4]:
            grown = grown if grown is not box else _grown_to(box, model, found)
        out.append(grown)
    return out


def _grown_to(box: Box, model: Box, union: list[Box]) -> Box:
    for name in _DIMENSIONS:
        wider = with_part(box, name, part_of(model, name))
        if wider != box and is_within(wider, union):
            box = wider
    return box


def is_within(box: Box, union: Iterable[Box]) -> bool:
    """Whether the union holds all of the box; False, too, where telling would take too many pieces."""
    rest = [box]
    for other in union:
        rest = [piece for part in rest for piece in part.subtract(other)]
        if len(rest) > MOST_PIECES:
            return False
    return not rest


def paired(found: Iterable[Box]) -> list[tuple[Box, ...]]:
    """Boxes of the two address families that say the same beside addresses, side by side (IPv4 first); the others alone."""
    groups: dict[object, list[Box]] = {}
    for box in found:
        groups.setdefault(_beside_family(box), []).append(box)
    out: list[tuple[Box, ...]] = []
    for group in groups.values():
        old = [box for box in group if not is_v6(box.local[0][0])]
        new = [box for box in group if is_v6(box.local[0][0])]
        out += [tuple(box for box in pair if box is not None) for pair in zip_longest(old, new)]
    return out


def _beside_family(box: Box) -> object:
    v6 = is_v6(box.local[0][0])
    family, own = (V6_ALL, ICMP6) if v6 else (V4_ALL, ICMP4)
    has_own = intervals.contains(box.protocol, own)
    shared = intervals.subtract(box.protocol, ((ICMP4, ICMP4), (ICMP6, ICMP6)))
    rest = (box.direction, box.profile, box.interface, box.principal, box.local_port, box.remote_port, box.icmp)
    return (shared, has_own, box.local == family, box.remote == family, box.program, box.service, *rest)


def _width(box: Box) -> tuple[int, int]:
    """How wide a box is by rough size, then by the names that it leaves out."""
    ranges = (box.protocol, box.local, box.remote, box.local_port, box.remote_port, box.icmp)
    size = sum(intervals.size(part).bit_length() for part in ranges) + _spread(box.program) + _spread(box.service)
    return size + box.profile.bit_count() + box.interface.bit_count(), -len(box.program.names | box.service.names)


def _spread(part: Atoms) -> int:
    return 16 if part.complement else len(part.names).bit_length()


def _reading_order(box: Box) -> tuple[object, ...]:
    size, names = _width(box)
    rest = (box.protocol, box.local_port, box.remote_port, box.remote, sorted(box.program.names), box.profile)
    return (not box.principal & Principal.ORDINARY, box.direction, -size, -names, *rest)
