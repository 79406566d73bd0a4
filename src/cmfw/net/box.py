"""``Box``: a set of flows as the product of one set per dimension, and ``boxes``, which makes well-formed ones.

A box lives in one address family, has ports other than "all" only where its protocols are TCP or UDP, and an ICMP part
other than "all" only where they are ICMP; ``boxes`` splits whatever it is given until that holds. So two sets that hold
the same flows also agree on every point of the product, and subtraction leaves no flow behind that does not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from cmfw.net import intervals
from cmfw.net.addr import V4_ALL, V6_ALL, AddrSet
from cmfw.net.atoms import Atoms
from cmfw.net.flow import (
    ALL_DIRECTIONS,
    ALL_INTERFACES,
    ALL_PRINCIPALS,
    ALL_PROFILES,
    ICMP4,
    ICMP6,
    TCP,
    UDP,
    Direction,
    Flow,
)
from cmfw.net.intervals import Ranges
from cmfw.values import value

ALL_PROTOCOLS: Ranges = ((0, 255),)
ALL_PORTS: Ranges = ((0, 65535),)
ALL_ICMP: Ranges = ((0, 65535),)
"""ICMP type * 256 + code."""
_WITH_PORTS: Ranges = ((TCP, TCP), (UDP, UDP))
_ICMP: Ranges = ((ICMP4, ICMP4), (ICMP6, ICMP6))
_FAMILIES = ((V4_ALL, ((ICMP6, ICMP6),)), (V6_ALL, ((ICMP4, ICMP4),)))
"""Each family with the ICMP that does not exist in it."""


def icmp_range(icmp_type: int, code: int | None) -> intervals.Range:
    """The inclusive pair of ``type * 256 + code`` numbers; ``code`` None is every code of the type."""
    base = icmp_type * 256
    return (base, base + 255) if code is None else (base + code, base + code)


@value(opened=True)
class Box:
    """A product of sets: the flows whose every part lies in the matching field. Build with ``boxes``.

    ``direction``, ``profile``, ``interface`` and ``principal`` are bit masks of the enums of ``net.flow``; ``local`` and
    ``remote`` are ranges of address numbers in one family; ``icmp`` ranges of ``type * 256 + code``.
    """

    direction: int = ALL_DIRECTIONS
    profile: int = ALL_PROFILES
    interface: int = ALL_INTERFACES
    principal: int = ALL_PRINCIPALS
    protocol: Ranges = ALL_PROTOCOLS
    local: Ranges = V4_ALL
    remote: Ranges = V4_ALL
    local_port: Ranges = ALL_PORTS
    remote_port: Ranges = ALL_PORTS
    icmp: Ranges = ALL_ICMP
    program: Atoms = Atoms.ANY
    service: Atoms = Atoms.ANY

    def __hash__(self) -> int:
        # the fields in which the boxes of one set mostly differ
        return hash((self.local, self.remote, self.remote_port, self.local_port, self.protocol))

    @property
    def is_empty(self) -> bool:
        """Whether the product holds no flow."""
        return not (
            self.direction
            and self.profile
            and self.interface
            and self.principal
            and self.protocol
            and self.local
            and self.remote
            and self.local_port
            and self.remote_port
            and self.icmp
            and not self.program.is_empty
            and not self.service.is_empty
        )

    def intersect(self, other: Box) -> Box | None:
        """The flows in both boxes, or None where there are none. Exact."""
        direction = self.direction & other.direction
        profile = self.profile & other.profile
        interface = self.interface & other.interface
        principal = self.principal & other.principal
        if not (direction and profile and interface and principal):
            return None
        parts = []
        for mine, theirs in (
            (self.protocol, other.protocol),
            (self.local_port, other.local_port),
            (self.remote_port, other.remote_port),
            (self.local, other.local),
            (self.remote, other.remote),
            (self.icmp, other.icmp),
        ):
            both = mine if mine is theirs else intervals.intersect(mine, theirs)
            if not both:
                return None
            parts.append(both)
        program = self.program & other.program
        service = self.service & other.service
        if program.is_empty or service.is_empty:
            return None
        protocol, local_port, remote_port, local, remote, icmp = parts
        masks = (direction, profile, interface, principal)
        return _new_box((*masks, protocol, local, remote, local_port, remote_port, icmp, program, service))

    def covers(self, other: Box) -> bool:
        """Whether every flow of ``other`` is in this box. Exact."""
        return (
            not (
                other.direction & ~self.direction
                or other.profile & ~self.profile
                or other.interface & ~self.interface
                or other.principal & ~self.principal
            )
            and intervals.covers(self.protocol, other.protocol)
            and intervals.covers(self.local_port, other.local_port)
            and intervals.covers(self.remote_port, other.remote_port)
            and intervals.covers(self.local, other.local)
            and intervals.covers(self.remote, other.remote)
            and intervals.covers(self.icmp, other.icmp)
            and other.program <= self.program
            and other.service <= self.service
        )

    def subtract(self, other: Box) -> tuple[Box, ...]:
        """This box without ``other``, as disjoint boxes (at most one per dimension). Exact."""
        if self.intersect(other) is None:
            return (self,)
        out: list[Box] = []
        rest = self
        for name in ("direction", "profile", "interface", "principal"):
            mine, theirs = getattr(rest, name), getattr(other, name)
            if mine & ~theirs:
                out.append(with_part(rest, name, mine & ~theirs))
                rest = with_part(rest, name, mine & theirs)
        for name in ("protocol", "local_port", "remote_port", "local", "remote", "icmp"):
            mine, theirs = getattr(rest, name), getattr(other, name)
            left = intervals.subtract(mine, theirs)
            if left:
                out.append(with_part(rest, name, left))
                rest = with_part(rest, name, intervals.intersect(mine, theirs))
        for name in ("program", "service"):
            mine, theirs = getattr(rest, name), getattr(other, name)
            left_names = mine - theirs
            if not left_names.is_empty:
                out.append(with_part(rest, name, left_names))
                rest = with_part(rest, name, mine & theirs)
        return tuple(out)

    def __contains__(self, flow: Flow) -> bool:
        if not (
            flow.direction & self.direction
            and flow.profile & self.profile
            and flow.interface & self.interface
            and flow.principal & self.principal
            and intervals.contains(self.protocol, flow.protocol)
            and intervals.contains(self.local, flow.local)
            and intervals.contains(self.remote, flow.remote)
            and flow.program in self.program
            and flow.service in self.service
        ):
            return False
        if flow.local_port is not None and flow.remote_port is not None:
            return intervals.contains(self.local_port, flow.local_port) and intervals.contains(
                self.remote_port, flow.remote_port
            )
        if flow.icmp_type is not None and flow.icmp_code is not None:
            return intervals.contains(self.icmp, flow.icmp_type * 256 + flow.icmp_code)
        return True


_FIELDS = tuple(Box.__dataclass_fields__)


_OpenBox: Any = Box.__base__
_parts_of = attrgetter(*_FIELDS)
_OUT = int(Direction.OUT)


def _new_box(parts: Sequence[Any]) -> Box:
    """The box of all its parts, in order, five times faster than its constructor."""
    made = _OpenBox()
    (
        made.direction,
        made.profile,
        made.interface,
        made.principal,
        made.protocol,
        made.local,
        made.remote,
        made.local_port,
        made.remote_port,
        made.icmp,
        made.program,
        made.service,
    ) = parts
    made.__class__ = Box
    return made  # type: ignore[no-any-return]


def packet_box(
    protocol: Ranges,
    local: Ranges,
    remote: Ranges,
    local_port: Ranges = ALL_PORTS,
    remote_port: Ranges = ALL_PORTS,
    icmp: Ranges = ALL_ICMP,
) -> Box:
    """What a filter between hosts sees of flows that ``local`` opens, at a third of the cost of ``boxes``.

    The parts have to be as ``boxes`` would leave them: one family, ports and ICMP only with their protocols.
    """
    masks = (_OUT, ALL_PROFILES, ALL_INTERFACES, ALL_PRINCIPALS)
    return _new_box((*masks, protocol, local, remote, local_port, remote_port, icmp, Atoms.ANY, Atoms.ANY))


def with_part(box: Box, name: str, value: object) -> Box:
    """The box with one field changed (``dataclasses.replace`` at a tenth of its cost)."""
    parts = list(_parts_of(box))
    parts[_FIELDS.index(name)] = value
    return _new_box(parts)


def boxes(
    *,
    direction: int = ALL_DIRECTIONS,
    profile: int = ALL_PROFILES,
    interface: int = ALL_INTERFACES,
    principal: int = ALL_PRINCIPALS,
    protocol: Ranges = ALL_PROTOCOLS,
    local: Ranges = AddrSet.ANY.ranges,
    remote: Ranges = AddrSet.ANY.ranges,
    local_port: Ranges = ALL_PORTS,
    remote_port: Ranges = ALL_PORTS,
    icmp: Ranges = ALL_ICMP,
    program: Atoms = Atoms.ANY,
    service: Atoms = Atoms.ANY,
) -> tuple[Box, ...]:
    """The product of the given sets as well-formed boxes: one family each, ports only with TCP and UDP. Exact.

    A port condition drops every protocol without ports, an ICMP condition every protocol but ICMP; ICMPv4 exists on
    IPv4 only and ICMPv6 on IPv6 only.
    """
    if local_port != ALL_PORTS or remote_port != ALL_PORTS:
        protocol = intervals.intersect(protocol, _WITH_PORTS)
    if icmp != ALL_ICMP:
        protocol = intervals.intersect(protocol, _ICMP)
    if program.is_empty or service.is_empty or not (direction and profile and interface and principal and local_port):
        return ()
    if not (remote_port and icmp):
        return ()
    out = []
    for family, foreign in _FAMILIES:
        here, there = intervals.intersect(local, family), intervals.intersect(remote, family)
        spoken = intervals.subtract(protocol, foreign)
        if here and there and spoken:
            masks = (direction, profile, interface, principal)
            out.append(_new_box((*masks, spoken, here, there, local_port, remote_port, icmp, program, service)))
    return tuple(out)
