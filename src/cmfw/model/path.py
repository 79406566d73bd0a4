"""``PathState``: what the perimeter filters between the zones of a site let pass, as far as their configurations show.

A filter speaks of packets, not of hosts: its flows are written as the opening side sees them (``out``, local is the source).
Every format of a filter's configuration becomes the same few lines here; ``engine.path`` decides with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cmfw.model.verdict import Answer
from cmfw.net.addr import AddrSet
from cmfw.net.flow import Direction
from cmfw.net.flowset import ALL_ICMP, ALL_PORTS, ALL_PROTOCOLS, FlowSet, boxes, icmp_range
from cmfw.values import value

if TYPE_CHECKING:
    from cmfw.net.flowtext import FlowParts

EVERYTHING = FlowSet(boxes(direction=int(Direction.OUT)))
"""Every flow that a filter can meet."""


def path_flows(parts: FlowParts) -> FlowSet:
    """The flows that the parts say, as a filter sees them: by addresses, protocol, ports and ICMP, and nothing of the hosts."""
    icmp = ALL_ICMP if parts.icmp_type is None else (icmp_range(parts.icmp_type, parts.icmp_code),)
    return FlowSet(
        boxes(
            direction=int(Direction.OUT),
            protocol=ALL_PROTOCOLS if parts.protocol is None else ((parts.protocol, parts.protocol),),
            local=parts.source.ranges,
            remote=parts.destination.ranges,
            local_port=ALL_PORTS if parts.source_port is None else parts.source_port.ranges,
            remote_port=ALL_PORTS if parts.destination_port is None else parts.destination_port.ranges,
            icmp=icmp,
        )
    )


@value(kw_only=True, opened=True)
class PathLine:
    """One line of a filter: what happens to which flows, its text and where it stands (``FILE:LINE``).

    ``answer`` UNKNOWN stands for a line that could not be read, or not wholly: ``may`` holds what it may do to ``flows``.
    """

    answer: Answer
    flows: FlowSet
    text: str
    origin: str
    may: tuple[Answer, ...] = ()

    def __post_init__(self) -> None:
        if (self.answer is Answer.UNKNOWN) != bool(self.may) or Answer.UNKNOWN in self.may:
            raise ValueError("a line says what it may do exactly when that is not known")


_OpenLine: Any = PathLine.__base__


def sure_line(answer: Answer, flows: FlowSet, text: str, origin: str) -> PathLine:
    """A line that was wholly read, at a third of the cost of its constructor; ``answer`` is not UNKNOWN."""
    made = _OpenLine()
    made.answer = answer
    made.flows = flows
    made.text = text
    made.origin = origin
    made.may = ()
    made.__class__ = PathLine
    return made  # type: ignore[no-any-return]


@value(kw_only=True)
class PathFilter:
    """One filter for the flows that are opened in ``from_zone`` towards ``to_zone``.

    The first line that holds a flow decides, and what no line holds is blocked: so every packet filter works that this
    value is made for. ``file`` is its configuration.
    """

    from_zone: str
    to_zone: str
    file: str
    lines: tuple[PathLine, ...] = ()


@value(kw_only=True)
class ZoneMember:
    """A client group or host of the site with the zone it is in; ``addresses`` are EMPTY where the site does not know them."""

    name: str
    zone: str
    addresses: AddrSet


@value(kw_only=True)
class PathState:
    """All filters of a site, and who is in which zone. Several filters from one zone to another stand one behind the other."""

    filters: tuple[PathFilter, ...] = ()
    members: tuple[ZoneMember, ...] = ()

    @property
    def zones(self) -> tuple[str, ...]:
        """The names of all zones, sorted."""
        named = {member.zone for member in self.members}
        named |= {zone for one in self.filters for zone in (one.from_zone, one.to_zone)}
        return tuple(sorted(named - {""}))

    def zone_of(self, name: str) -> str:
        """The zone of a client group or host; empty where the site names none."""
        return next((member.zone for member in self.members if member.name == name), "")

    def addresses_of(self, zone: str) -> AddrSet:
        """The addresses of everything in the zone."""
        found = AddrSet.EMPTY
        for member in self.members:
            if member.zone == zone:
                found |= member.addresses
        return found
