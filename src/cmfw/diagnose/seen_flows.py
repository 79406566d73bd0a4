"""Traffic that was seen, held against a plan: which planned flows were allowed, dropped or not seen; else added up by port. Pure.

A flow that was not seen proves nothing: Windows logs only if somebody switched that on, and keeps a few megabytes. Programs are
not compared, because most logs do not name them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cmfw.model.observation import Observation, Place, Seen
from cmfw.model.plan import Endpoint, Plan, PlanItem
from cmfw.net.addr import AddrSet
from cmfw.net.flow import PORT_PROTOCOLS, Direction
from cmfw.values import value

_MOST_PLACES = 4


@value(kw_only=True)
class SeenItem:
    """What one host saw of one planned item as its ``end`` (``from`` or ``to``). Both counts 0: not seen."""

    host: str
    item: str
    flow: str
    end: str
    allowed: int
    dropped: int
    first: str
    last: str
    at_least: bool
    places: tuple[Place, ...]


@value(kw_only=True)
class SeenKind:
    """Traffic of one host to one port (or of one ICMP type) added up over all peers."""

    host: str
    direction: Direction
    protocol: int | None
    port: int | None
    icmp: int | None
    seen: Seen
    count: int
    peers: int
    first: str
    last: str
    at_least: bool
    place: Place


def seen_items(plan: Plan, observations: Sequence[Observation]) -> tuple[SeenItem, ...]:
    """For every host that logged, every planned item in which it is an end, in plan order."""
    found = []
    for host in dict.fromkeys(each.host for each in observations):
        its = [each for each in observations if each.host == host]
        own = AddrSet.EMPTY
        for each in its:
            own |= local_of(each)
        by_place: dict[tuple[int | None, Direction], list[Observation]] = {}
        for each in its:
            by_place.setdefault((each.flow.protocol, each.flow.direction), []).append(each)
        for item in plan.items:
            for end, direction in (("from", Direction.OUT), ("to", Direction.IN)):
                here, there = _ends(item, end)
                if end in item.decides and is_at(here, own):
                    likely = by_place.get((item.protocol, direction), [])
                    found.append(_seen_item(host, item, end, [e for e in likely if matches(e, item, here, there)]))
    return tuple(found)


def _ends(item: PlanItem, end: str) -> tuple[Endpoint, Endpoint]:
    return (item.source, item.target) if end == "from" else (item.target, item.source)


def is_at(end: Endpoint, own: AddrSet) -> bool:
    """Whether a host with these addresses is at that end; an end of unknown addresses may be anybody's."""
    return not (end.addresses & own).is_empty


def local_of(seen: Observation) -> AddrSet:
    """The host's own address in what it saw; multicast and broadcast are nobody's."""
    addresses = seen.flow.destination if seen.flow.direction is Direction.IN else seen.flow.source
    return addresses - _NOBODY


_NOBODY = AddrSet.parse("224.0.0.0/4", "255.255.255.255", "0.0.0.0/32", "ff00::/8")


def matches(seen: Observation, item: PlanItem, here: Endpoint, there: Endpoint) -> bool:
    """Whether what was seen is traffic of the item between these ends."""
    flow = seen.flow
    inbound = flow.direction is Direction.IN
    local, remote = (flow.destination, flow.source) if inbound else (flow.source, flow.destination)
    if not (local <= here.known and remote <= there.known):
        return False
    if item.protocol in PORT_PROTOCOLS and not item.ports.is_empty:
        return flow.destination_port is not None and flow.destination_port <= item.ports
    if item.icmp is not None:
        kind, code = item.icmp
        return flow.icmp_type == kind and (code is None or flow.icmp_code in (code, None))
    return True


def _seen_item(host: str, item: PlanItem, end: str, its: Sequence[Observation]) -> SeenItem:
    places = [place for each in its for place in each.places]
    return SeenItem(
        host=host,
        item=item.id,
        flow=item.flow,
        end=end,
        allowed=sum(each.count for each in its if each.seen is Seen.ALLOWED),
        dropped=sum(each.count for each in its if each.seen is Seen.DROPPED),
        first=min((each.first for each in its), default=""),
        last=max((each.last for each in its), default=""),
        at_least=any(each.at_least for each in its),
        places=tuple(sorted(dict.fromkeys(places)))[:_MOST_PLACES],
    )


def seen_kinds(observations: Iterable[Observation]) -> tuple[SeenKind, ...]:
    """The observations added up by host, direction, protocol, port and outcome; dropped first, then by count."""
    groups: dict[tuple[object, ...], list[Observation]] = {}
    for each in observations:
        flow = each.flow
        port = None if flow.destination_port is None else flow.destination_port.ranges[0][0]
        key = (each.host, flow.direction, flow.protocol, port, flow.icmp_type, each.seen)
        groups.setdefault(key, []).append(each)
    found = [_kind(its) for its in groups.values()]
    return tuple(sorted(found, key=lambda k: (k.host, k.seen is Seen.ALLOWED, -k.count, k.protocol or 0, k.port or 0)))


def _kind(its: Sequence[Observation]) -> SeenKind:
    flow = its[0].flow
    inbound = flow.direction is Direction.IN
    return SeenKind(
        host=its[0].host,
        direction=flow.direction,
        protocol=flow.protocol,
        port=None if flow.destination_port is None else flow.destination_port.ranges[0][0],
        icmp=flow.icmp_type,
        seen=its[0].seen,
        count=sum(each.count for each in its),
        peers=len({(each.flow.source if inbound else each.flow.destination) for each in its}),
        first=min(each.first for each in its),
        last=max(each.last for each in its),
        at_least=any(each.at_least for each in its),
        place=its[0].places[0],
    )
