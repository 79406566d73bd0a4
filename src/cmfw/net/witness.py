"""One readable flow out of a box: real addresses and documented ports where the set allows them."""

from __future__ import annotations

from collections.abc import Iterable

from cmfw.net import intervals
from cmfw.net.addr import V4_ALL, V6_ALL
from cmfw.net.box import Box
from cmfw.net.flow import (
    ICMP4,
    ICMP6,
    ICMP_PROTOCOLS,
    NO_SERVICE,
    PORT_PROTOCOLS,
    TCP,
    UDP,
    Direction,
    Flow,
    Interface,
    Principal,
    Profile,
)
from cmfw.net.intervals import Ranges
from cmfw.values import value

FRESH_PROGRAM = "a program no rule names"
FRESH_SERVICE = "a service no rule names"


@value
class Preferences:
    """What a readable witness looks like: addresses and ports to pick where the set allows, in order of preference.

    ``addresses`` are address numbers (site addresses first); ``ports`` documented ports; ``ephemeral`` the port of the
    opening side where it is free.
    """

    addresses: tuple[int, ...] = ()
    ports: tuple[int, ...] = ()
    ephemeral: int = 50000
    profiles: tuple[Profile, ...] = (Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC)


def _pick(ranges: Ranges, wanted: Iterable[int]) -> int:
    for number in wanted:
        if intervals.contains(ranges, number):
            return number
    return ranges[0][0]


def _pick_address(ranges: Ranges, wanted: Iterable[int], taken: int | None = None) -> int:
    """A preferred address, else the first that is not a network base (so ``10.0.0.0/8`` shows ``10.0.0.1``)."""
    for number in wanted:
        if number != taken and intervals.contains(ranges, number):
            return number
    first, last = ranges[0]
    if (first, last) in (V4_ALL[0], V6_ALL[0]):
        # documentation prefixes (RFC 5737, RFC 3849): readable, and nobody's real address
        base = (192 << 24 | 0 << 16 | 2 << 8) if first == 0 else first + (0x20010DB8 << 96)
        return base + (1 if taken is None else 2)
    return first + 1 if last > first and first % 2 == 0 else first


def witness(box: Box, wanted: Preferences) -> Flow:
    """One readable flow of the box, the same for the same box and preferences."""
    direction = Direction.IN if box.direction & Direction.IN else Direction.OUT
    protocol = _pick(box.protocol, (TCP, UDP, ICMP4, ICMP6))
    local = _pick_address(box.local, wanted.addresses)
    remote = _pick_address(box.remote, wanted.addresses, local)
    here, there = ((wanted.ports, (wanted.ephemeral,)), ((wanted.ephemeral,), wanted.ports))[direction is Direction.OUT]
    confined = not box.principal & Principal.ORDINARY
    program = box.program.example(FRESH_PROGRAM)
    service = NO_SERVICE if NO_SERVICE in box.service else box.service.example(FRESH_SERVICE)
    icmp = box.icmp[0][0]
    return Flow(
        direction=direction,
        protocol=protocol,
        local=local,
        remote=remote,
        local_port=_pick(box.local_port, here) if protocol in PORT_PROTOCOLS else None,
        remote_port=_pick(box.remote_port, there) if protocol in PORT_PROTOCOLS else None,
        icmp_type=icmp >> 8 if protocol in ICMP_PROTOCOLS else None,
        icmp_code=icmp & 255 if protocol in ICMP_PROTOCOLS else None,
        profile=next((p for p in wanted.profiles if p & box.profile), Profile(box.profile & -box.profile)),
        interface=Interface(box.interface & -box.interface),
        principal=Principal.CONFINED if confined else Principal.ORDINARY,
        program=program,
        service=service,
    )
