"""The least-privilege score: how much of what a machine lets in is what the plan needs. Monotone by construction.

For one profile, each TCP port, UDP port, ICMP type and other protocol is a way in. A way in has a width from 0 to 1::

    width = (peers(any program) * 3 + peers(at least one program)) / 4
    peers = log2(1 + addresses) / log2(1 + all addresses), the wider of IPv4 and IPv6

so one that the whole internet reaches at any program is 1, one that a /24 reaches at a named program is 1/16. The widths of a
profile are added with the widest whole, the second half, the third a third and so on: each further one counts less, and a
range of a thousand ports counts like a handful. ``exposure`` is the sum over the profiles. Then::

    score = 100 * (1 + exposure(plan)) / (1 + exposure(plan) + exposure(beyond the plan))

The plan's part does not depend on the machine, and a set that holds another is at least as exposed: opening something never
raises the score, closing something never lowers it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise
from math import floor, log2

from cmfw.net import intervals
from cmfw.net.addr import V4_ALL, V6_ALL
from cmfw.net.box import Box
from cmfw.net.flow import ICMP4, ICMP6, NO_SERVICE, TCP, UDP, Profile
from cmfw.net.intervals import Ranges

_WIDEST = 2 * 65536 + 2 * 256 + 256
_sums: list[float] = []


def score(planned: Iterable[Box], beyond: Iterable[Box]) -> float:
    """The score from 0 to 100, rounded down to a tenth; 100 exactly where nothing is beyond the plan."""
    needed, more = exposure(planned), exposure(beyond)
    found = 100 * (1 + needed) / (1 + needed + more)
    return 100.0 if not more else min(floor(found * 10) / 10, 99.9)


def exposure(parts: Iterable[Box]) -> float:
    """How wide the ways in are that the boxes hold, whatever way they are cut."""
    found = list(parts)
    return sum(_of_profile([box for box in found if box.profile & profile]) for profile in Profile)


def _of_profile(parts: list[Box]) -> float:
    widths = sorted(((width, count) for width, count in _ways(parts) if width), reverse=True)
    total, place = 0.0, 0
    for width, count in widths:
        total += width * (_sum_of_parts(place + count) - _sum_of_parts(place))
        place += count
    return total


def _sum_of_parts(count: int) -> float:
    """1 + 1/2 + ... + 1/count."""
    if not _sums:
        _sums.extend(accumulate((1 / n for n in range(1, _WIDEST + 1)), initial=0.0))
    return _sums[min(count, _WIDEST)]


def _ways(parts: list[Box]) -> Iterator[tuple[float, int]]:
    """(width, how many ways in have it) of all ports, ICMP types and other protocols."""
    for number in (TCP, UDP):
        yield from _cut([(box.local_port, box) for box in parts if intervals.contains(box.protocol, number)])
    for number in (ICMP4, ICMP6):
        typed = [
            (intervals.normalise((a >> 8, z >> 8) for a, z in box.icmp), box)
            for box in parts
            if intervals.contains(box.protocol, number)
        ]
        yield from _cut(typed)
    spoken: Ranges = tuple((n, n) for n in sorted((TCP, UDP, ICMP4, ICMP6)))
    yield from _cut([(intervals.subtract(box.protocol, spoken), box) for box in parts])


def _cut(held: list[tuple[Ranges, Box]]) -> Iterator[tuple[float, int]]:
    """(width, length) of every stretch of numbers that the same boxes hold."""
    marks = sorted({mark for ranges, _ in held for first, last in ranges for mark in (first, last + 1)})
    for first, after in pairwise(marks):
        inside = [box for ranges, box in held if intervals.contains(ranges, first)]
        if inside:
            yield _width(inside), after - first


def _width(parts: list[Box]) -> float:
    anyone = [box for box in parts if box.program.complement and (box.service.complement or NO_SERVICE in box.service)]
    return (_peers(anyone) * 3 + _peers(parts)) / 4


def _peers(parts: list[Box]) -> float:
    reach: Ranges = ()
    for box in parts:
        reach = intervals.union(reach, box.remote)
    return max(_share(reach, V4_ALL), _share(reach, V6_ALL))


def _share(reach: Ranges, family: Ranges) -> float:
    return log2(1 + intervals.size(intervals.intersect(reach, family))) / log2(1 + intervals.size(family))
