"""``Crossing``: the planned flows that are opened in one zone of a site towards another, as packets between them show them.

A filter between zones sees addresses, protocol, ports and ICMP, nothing of programs or profiles: flows that differ in those
alone are one here. Every end must have addresses, because a filter that let any address in would be wider than anybody asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cmfw.emit.capability import MISPRINT
from cmfw.errors import COMMAND_LINE, SITE, InputError, Problem, Unsupported
from cmfw.model.plan import Endpoint, Plan, PlanItem
from cmfw.model.site import Site
from cmfw.net.addr import V6_BASE, AddrSet
from cmfw.net.box import ALL_ICMP, ALL_PROTOCOLS, Box, boxes, icmp_range, packet_box
from cmfw.net.flow import ICMP4, ICMP6, PORT_PROTOCOLS, Direction
from cmfw.net.intervals import Ranges
from cmfw.net.ports import PortSet
from cmfw.values import value
from cmfw.words.phrases import listed, phrase

ELSEWHERE = "*"
"""The zone of every address that is not in the other zone of a pair."""
FAMILIES = ((4, AddrSet.V4), (6, AddrSet.V6))
_FOREIGN = {4: ICMP6, 6: ICMP4}
"""The ICMP of the other family."""
_ALL_OF = {
    family: boxes(protocol=ALL_PROTOCOLS, local=whole.ranges, remote=whole.ranges)[0].protocol for family, whole in FAMILIES
}
"""Every protocol that there is in a family: ICMP is another one in each."""


@value(kw_only=True, opened=True)
class PathFlow:
    """One kind of packet that opens planned flows, in one address family; ``items`` are the plan's reasons for it.

    ``protocol`` None is any; ``ports`` are destination ports, ANY where the protocol has none; ``icmp`` is (type, code or None).
    ``source_name`` and ``target_name`` are the client group or host at either end.
    """

    id: str
    family: int
    source_name: str
    target_name: str
    source: AddrSet
    target: AddrSet
    protocol: int | None
    ports: PortSet
    icmp: tuple[int, int | None] | None
    items: tuple[PlanItem, ...]

    @property
    def box(self) -> Box:
        """The flows, as the opening end sends them."""
        # one family, and ports and ICMP only with their protocols: what `boxes` would make of it
        return packet_box(
            _ALL_OF[self.family] if self.protocol is None else ((self.protocol, self.protocol),),
            self.source.ranges,
            self.target.ranges,
            remote_port=self.ports.ranges,
            icmp=ALL_ICMP if self.icmp is None else (icmp_range(*self.icmp),),
        )


_OpenFlow: Any = PathFlow.__base__


@value(kw_only=True)
class Crossing:
    """What may be opened from one zone towards another; no flows means that nothing may."""

    from_zone: str
    to_zone: str
    source: AddrSet
    target: AddrSet
    flows: tuple[PathFlow, ...]

    def boxes(self) -> tuple[Box, ...]:
        """Every flow that could be opened from the one zone towards the other, planned or not."""
        return boxes(direction=int(Direction.OUT), local=self.source.ranges, remote=self.target.ranges)


@value(kw_only=True)
class Gateway:
    """All crossings that one output speaks of, both ways of each pair of zones, and ids of items with an end in no zone."""

    crossings: tuple[Crossing, ...]
    outside: tuple[str, ...] = ()

    @property
    def zones(self) -> dict[str, AddrSet]:
        """The addresses of each zone that a crossing starts in, in order."""
        return {one.from_zone: one.source for one in self.crossings}


def gateway(site: Site, plan: Plan, pairs: Sequence[tuple[str, str]], target: str) -> Gateway:
    """The crossings of the given pairs of zones, of all pairs that planned flows cross where none is given.

    Raises InputError for a zone that the site does not have, Unsupported where zones overlap or an end has no addresses.
    """
    # a name of both is the system, as everywhere that asks for a zone (`PathState.zone_of`)
    zone_of = {one.name: one.zone for one in site.clients} | {one.host: one.zone for one in site.systems}
    items = [item for item in plan.items if _is_crossing(item, plan.scope)]
    between = _between(items, zone_of)
    chosen = list(dict.fromkeys(_checked(site, pair) for pair in pairs)) if pairs else _crossed(between)
    if not chosen:
        expected = phrase("planned flows from one zone to another (`zone` of a system or client group)")
        raise InputError(Problem(file=site.path or SITE, key="zone", expected=expected, found="none"))
    known = {zone: _addresses(site, zone, target) for pair in chosen for zone in pair if zone != ELSEWHERE}
    _refuse_overlaps(known, target)
    found = []
    for here, there in chosen:
        for one, other in ((here, there), (there, here)):
            ends = tuple(_side(zone, (here, there), known) for zone in (one, other))
            named = ELSEWHERE not in (one, other)
            crossing = between.get((one, other), []) if named else _crossing(items, one, other, zone_of)
            found.append(
                Crossing(from_zone=one, to_zone=other, source=ends[0], target=ends[1], flows=_flows(crossing, ends, target))
            )
    if pairs or all(map(all, between)):
        return Gateway(crossings=tuple(found))
    outside = (item.id for item in items if not (_zone(item.source, zone_of) and _zone(item.target, zone_of)))
    return Gateway(crossings=tuple(found), outside=tuple(outside))


def _is_crossing(item: PlanItem, scope: str) -> bool:
    return not item.same_subnet and (item.necessity != "documented_only" or scope == "documented")


def _zone(end: Endpoint, zone_of: dict[str, str]) -> str:
    return zone_of.get(end.name, "")


def _between(items: Iterable[PlanItem], zone_of: dict[str, str]) -> dict[tuple[str, str], list[PlanItem]]:
    """The items by the zones that they lead from and to."""
    found: dict[tuple[str, str], list[PlanItem]] = {}
    for item in items:
        ends = (zone_of.get(item.source.name, ""), zone_of.get(item.target.name, ""))
        found.setdefault(ends, []).append(item)
    return found


def _crossed(between: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Each pair of zones once, sorted, that an item leads from or to."""
    found = {(min(ends), max(ends)) for ends in between}
    return [(here, there) for here, there in sorted(found) if here and here != there]


def _crossing(items: Iterable[PlanItem], one: str, other: str, zone_of: dict[str, str]) -> list[PlanItem]:
    """The items between a zone and everything elsewhere."""
    known = one if other == ELSEWHERE else other
    ends = ((item, (_zone(item.source, zone_of), _zone(item.target, zone_of))) for item in items)
    return [item for item, (source, target) in ends if (source if one == known else target) == known and source != target]


def _checked(site: Site, pair: tuple[str, str]) -> tuple[str, str]:
    zones = sorted({*(one.zone for one in site.systems), *(one.zone for one in site.clients)} - {""})
    for zone in pair:
        if zone not in zones and zone != ELSEWHERE:
            named = phrase("one of {names}", names=listed(f"`{name}`" for name in zones))
            raise InputError(
                Problem(
                    file=site.path or SITE,
                    key="--between",
                    expected="zones of the site",
                    found=f"`{zone}`",
                    hint=named if zones else phrase("it has none"),
                )
            )
    if pair[0] == pair[1]:
        raise InputError(
            Problem(
                file=COMMAND_LINE,
                key="--between",
                expected="two different zones",
                found=phrase("`{pair}` twice", pair=pair[0]),
            )
        )
    return pair


def _addresses(site: Site, zone: str, target: str) -> AddrSet:
    """All addresses of a zone; raises Unsupported where a member has none, because its packets could not be told apart."""
    found = AddrSet.EMPTY
    members = [(one.host, one.addresses, one.zone) for one in site.systems]
    members += [(one.name, one.subnets, one.zone) for one in site.clients]
    for name, addresses, its in members:
        if its == zone and addresses.is_empty:
            raise Unsupported(
                target, name, phrase("it is in zone `{zone}`, but the site does not know its addresses", zone=zone)
            )
        if its == zone:
            found |= addresses
    return found


def _refuse_overlaps(known: dict[str, AddrSet], target: str) -> None:
    zones = sorted(known)
    for number, one in enumerate(zones):
        for other in zones[number + 1 :]:
            both = known[one] & known[other]
            if not both.is_empty:
                raise Unsupported(
                    target,
                    one,
                    phrase("the zones `{one}` and `{other}` share `{both}`", one=one, other=other, both=both.texts()[0]),
                )


def _side(zone: str, pair: tuple[str, str], known: dict[str, AddrSet]) -> AddrSet:
    if zone != ELSEWHERE:
        return known[zone]
    return AddrSet.ANY - known[pair[0] if pair[1] == ELSEWHERE else pair[1]]


def _flows(items: Iterable[PlanItem], sides: tuple[AddrSet, ...], target: str) -> tuple[PathFlow, ...]:
    """The flows of the items, those that no packet tells apart as one, in the order of the plan."""
    found: dict[tuple[object, ...], tuple[tuple[AddrSet, AddrSet], list[PlanItem]]] = {}
    sources, targets = _Clipped(sides[0]), _Clipped(sides[1])
    fine: set[Ranges] = set()
    for item in items:
        # what decides on a refusal is the same for nearly all items: it is asked once
        source_end, target_end, ports = item.source, item.target, item.ports.ranges
        if not source_end.addresses.ranges or not target_end.addresses.ranges or ports not in fine:
            _refuse(item, target)
            fine.add(ports)
        here = sources.found.get(id(source_end)) or sources.of(source_end)
        there = targets.found.get(id(target_end)) or targets.of(target_end)
        protocol = item.protocol
        if protocol not in PORT_PROTOCOLS or not ports:
            ports = PortSet.ANY.ranges
        for family, (near, source) in here.items():
            if family not in there or protocol == _FOREIGN[family]:
                continue
            far, goal = there[family]
            key = (near, far, protocol, ports, item.icmp)
            same = found.get(key)
            if same is None:
                found[key] = ((source, goal), [item])
            else:
                same[1].append(item)
    return tuple([_flow(ends, tuple(its)) for ends, its in found.values()])


def _refuse(item: PlanItem, target: str) -> None:
    """Raise Unsupported for an item that no filter may be written for."""
    if MISPRINT in item.ports and not item.ports.is_any:
        raise Unsupported(
            target,
            item.id,
            phrase("port {misprint} is the page's misprint of 443 (erratum E1) and is never opened", misprint=MISPRINT),
        )
    for end in (item.source, item.target):
        if end.addresses.is_empty and end.role != "internet":
            raise Unsupported(target, item.id, phrase("the site does not know the addresses of `{end}`", end=end.name))


class _Clipped:
    """The ends of items on one side, each looked at once: many items have the same."""

    def __init__(self, zone: AddrSet) -> None:
        self._zone = zone
        # by the identity of an end, which the plan keeps alive
        self.found: dict[int, dict[int, tuple[int, AddrSet]]] = {}
        self._numbers: dict[tuple[str, Ranges], int] = {}

    def of(self, end: Endpoint) -> dict[int, tuple[int, AddrSet]]:
        """What of an end lies in its zone, by the families that it has any of, each with a number that stands for it and the name."""
        inside = end.known & self._zone
        found = self.found[id(end)] = {}
        for family, part in ((4, inside.v4), (6, inside.v6)):
            if not part.is_empty:
                number = self._numbers.setdefault((end.name, part.ranges), len(self._numbers))
                found[family] = (number, part)
        return found


def _flow(ends: tuple[AddrSet, AddrSet], items: tuple[PlanItem, ...]) -> PathFlow:
    first = items[0]
    family = 4 if ends[0].ranges[0][0] < V6_BASE else 6
    ports = first.ports if first.protocol in PORT_PROTOCOLS and not first.ports.is_empty else PortSet.ANY
    name = first.id.removesuffix("/v6")
    made = _OpenFlow()
    made.id = name if family == 4 else f"{name}/v6"
    made.family = family
    made.source_name = first.source.name
    made.target_name = first.target.name
    made.source, made.target = ends
    made.protocol = first.protocol
    made.ports = ports
    made.icmp = first.icmp
    made.items = items
    made.__class__ = PathFlow
    return made  # type: ignore[no-any-return]
