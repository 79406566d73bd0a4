"""``TrialPacket``: the packets that stand for a plan's flows, and for each of them the nearest ones that must not pass. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import StrEnum

from cmfw.lab.firewall_rules import INTERFACE, Process
from cmfw.lab.layout import ANYBODY, LabHost, Layout, key_of, port_samples, process_of
from cmfw.lab.shots import Shot
from cmfw.model.plan import Plan, PlanItem
from cmfw.net.addr import is_v6
from cmfw.net.flow import ICMP4, ICMP6, ICMP_PROTOCOLS, PORT_PROTOCOLS, Direction, Flow
from cmfw.net.ports import LAST_PORT, PortSet
from cmfw.values import value

NOMINAL_PORT = 50000
"""The port that flows are judged to leave from; the lab sends each packet from a fresh one."""
_MOST_PORTS = 24
_TIMESTAMP_REQUEST = 13
"""The nearest ICMP type to an echo request that Windows answers too. Source: RFC 792."""


class Kind(StrEnum):
    """Why a packet is sent: a flow of the plan, or one that differs from it in one thing."""

    REQUIRED = "required"
    OTHER_PORT = "other_port"
    OTHER_TYPE = "other_type"
    OTHER_PEER = "other_peer"
    OTHER_PROGRAM = "other_program"


@value(kw_only=True)
class TrialPacket:
    """One packet of a plan item from one host to another. ``decides`` are the ends whose firewall has a say."""

    item: str
    kind: Kind
    source: int
    target: int
    protocol: int
    source_address: int
    target_address: int
    port: int | None = None
    icmp: tuple[int, int] | None = None
    sender: Process = ANYBODY
    listener: Process = ANYBODY
    decides: tuple[str, ...] = ("from", "to")

    def shot(self, layout: Layout) -> Shot:
        """The packet as the wire sends it."""
        return Shot(
            source=self.source,
            target=self.target,
            protocol=self.protocol,
            source_address=self.source_address,
            target_address=self.target_address,
            target_port=self.port or 0,
            icmp=self.icmp,
            sender=layout.marks.of(self.sender),
            listener=layout.marks.of(self.listener),
            below="to" not in self.decides,
        )

    def flow(self, layout: Layout, end: str, source_port: int = NOMINAL_PORT) -> Flow:
        """The flow as the firewall at one end (``from`` or ``to``) sees it."""
        outgoing = end == "from"
        host: LabHost = layout.hosts[self.source if outgoing else self.target]
        here, there = self.source_address, self.target_address
        opening = None if self.port is None else source_port
        program, service = self.sender if outgoing else self.listener
        return Flow(
            direction=Direction.OUT if outgoing else Direction.IN,
            protocol=self.protocol,
            local=here if outgoing else there,
            remote=there if outgoing else here,
            local_port=opening if outgoing else self.port,
            remote_port=self.port if outgoing else opening,
            icmp_type=None if self.icmp is None else self.icmp[0],
            icmp_code=None if self.icmp is None else self.icmp[1],
            profile=host.profile,
            interface=INTERFACE,
            program=program,
            service=service,
        )


def required_packets(plan: Plan, layout: Layout) -> tuple[tuple[TrialPacket, ...], tuple[tuple[str, str], ...]]:
    """(the packets of every item, (item, reason) for each item that no packet of the lab can stand for)."""
    found: list[TrialPacket] = []
    refused: list[tuple[str, str]] = []
    for item in plan.items:
        packets = tuple(_of_item(item, layout))
        found += packets
        if not packets:
            refused.append((item.id, _reason(item)))
    return tuple(found), tuple(refused)


def wrong_packets(plan: Plan, layout: Layout) -> tuple[TrialPacket, ...]:
    """For each item the nearest packets that it does not ask for: ports beside its own, a stranger, another program."""
    found: dict[TrialPacket, None] = {}
    for item in plan.items:
        if "to" not in item.decides:
            continue
        seen: set[tuple[int, bool]] = set()
        for packet in _of_item(item, layout):
            family = (packet.target, is_v6(packet.target_address))
            if family not in seen:
                seen.add(family)
                found |= dict.fromkeys(_nearest(item, packet, layout))
    return tuple(found)


def _nearest(item: PlanItem, packet: TrialPacket, layout: Layout) -> Iterator[TrialPacket]:
    for port in _beside(item.ports) if packet.port is not None else ():
        yield replace(packet, kind=Kind.OTHER_PORT, port=port)
    if packet.protocol == ICMP4:
        yield replace(packet, kind=Kind.OTHER_TYPE, icmp=(_TIMESTAMP_REQUEST, 0))
    for address in layout.hosts[layout.stranger].addresses:
        if is_v6(address) == is_v6(packet.target_address):
            yield replace(packet, kind=Kind.OTHER_PEER, source=layout.stranger, source_address=address)
    if packet.protocol in PORT_PROTOCOLS and packet.listener != ANYBODY:
        yield replace(packet, kind=Kind.OTHER_PROGRAM, listener=ANYBODY)


def _beside(ports: PortSet) -> Iterable[int]:
    around = dict.fromkeys(port for first, last in ports.ranges for port in (first - 1, last + 1))
    return [port for port in around if 0 < port <= LAST_PORT and port not in ports]


def _of_item(item: PlanItem, layout: Layout) -> Iterator[TrialPacket]:
    """Every pair of hosts, family, port and initiator of an item."""
    if item.protocol not in (*PORT_PROTOCOLS, *ICMP_PROTOCOLS):
        return
    for source, target in _pairs(item, layout):
        for here, there in _address_pairs(item, layout.hosts[source], layout.hosts[target]):
            made = TrialPacket(
                item=item.id,
                kind=Kind.REQUIRED,
                source=source,
                target=target,
                protocol=item.protocol,
                source_address=here,
                target_address=there,
                listener=process_of(item.listener),
                decides=item.decides,
            )
            yield from _variants(item, made)


def _variants(item: PlanItem, made: TrialPacket) -> Iterator[TrialPacket]:
    senders = tuple(map(process_of, item.initiators)) or (ANYBODY,)
    if item.protocol in ICMP_PROTOCOLS:
        if is_v6(made.target_address) != (item.protocol == ICMP6) or item.icmp is None:
            return
        kind, code = item.icmp
        yield from (replace(made, icmp=(kind, code or 0), sender=sender) for sender in senders)
        return
    samples = port_samples(PortSet.ANY if item.ports.is_empty else item.ports)[:_MOST_PORTS]
    for port in samples:
        if port:
            yield from (replace(made, port=port, sender=sender) for sender in senders)


def _pairs(item: PlanItem, layout: Layout) -> Iterator[tuple[int, int]]:
    sources, targets = layout.at(key_of(item.source)), layout.at(key_of(item.target))
    if sources == targets:
        # one client opens, the other answers
        yield from ((a, b) for a, b in zip(sources, targets[1:], strict=False))
        return
    if sources and targets:
        yield sources[0], targets[0]


def _address_pairs(item: PlanItem, source: LabHost, target: LabHost) -> Iterator[tuple[int, int]]:
    for here in source.addresses:
        for there in target.addresses:
            if is_v6(here) == is_v6(there) and here in item.source.known and there in item.target.known:
                yield here, there


def _reason(item: PlanItem) -> str:
    """Why no packet stands for the item: a stable word."""
    if item.protocol not in (*PORT_PROTOCOLS, *ICMP_PROTOCOLS):
        return "protocol"
    return "address"
