"""Which stand-ins a site needs: the web servers, shares and listeners behind the flows of its plan. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from cmfw.lab.stand.shares import dynamic_ports
from cmfw.lab.stand.web import DP, FSP, MP, SUP, Door, WebServer
from cmfw.lab.trial_packets import TrialPacket
from cmfw.model.plan import Plan, PlanItem
from cmfw.net.flow import TCP
from cmfw.values import value

_WEB = {
    "mp_http": MP, "mp_https": MP, "setup_mp_http": MP, "setup_mp_https": MP, "dp_http": DP, "dp_https": DP,
    "setup_dp_http": DP, "setup_dp_https": DP, "fsp_http": FSP, "sup_http": SUP, "sup_https": SUP,
}  # fmt: skip
FILE_FLOWS = frozenset({"push_smb", "push_epm", "push_wmi", "package_smb", "share_smb", "source_smb", "dp_smb"})
"""Flows that Samba answers."""
PLAYED = frozenset({*_WEB, *FILE_FLOWS, "push_icmp", "notify_tcp", "rc_tcp", "wup_udp", "wup_icmp", "wup_wol"})
"""Flows of the catalog that have stand-ins."""


@value(kw_only=True)
class Leg:
    """One flow from one host to one other: its packets are the addresses, ports and programs that it is made of."""

    flow: str
    packets: tuple[TrialPacket, ...]

    @property
    def source(self) -> int:
        """The host that opens it."""
        return self.packets[0].source

    @property
    def target(self) -> int:
        """The host that answers."""
        return self.packets[0].target

    @property
    def ports(self) -> tuple[int, ...]:
        """Every port that was sampled, in order."""
        return tuple(dict.fromkeys(packet.port for packet in self.packets if packet.port is not None))

    @property
    def items(self) -> tuple[str, ...]:
        """Its items, one for each family."""
        return tuple(dict.fromkeys(packet.item for packet in self.packets))


@value(kw_only=True)
class Parts:
    """The stand-ins of a site by the number of their host; ``marks`` of listeners by port."""

    legs: tuple[Leg, ...]
    webs: tuple[tuple[int, WebServer], ...] = ()
    shares: tuple[tuple[int, range], ...] = ()
    notifications: tuple[tuple[int, int], ...] = ()
    remote_controls: tuple[tuple[int, int], ...] = ()


def legs_of(plan: Plan, packets: Iterable[TrialPacket]) -> tuple[Leg, ...]:
    """The packets of flows that have stand-ins, by flow and hosts."""
    flows = {item.id: item.flow for item in plan.items}
    found: dict[tuple[str, int, int], list[TrialPacket]] = {}
    for packet in packets:
        flow = flows[packet.item]
        if flow in PLAYED:
            found.setdefault((flow, packet.source, packet.target), []).append(packet)
    return tuple(Leg(flow=key[0], packets=tuple(of)) for key, of in found.items())


def parts_of(plan: Plan, packets: Iterable[TrialPacket]) -> Parts:
    """Everything that has to stand there."""
    legs = legs_of(plan, packets)
    return Parts(
        legs=legs,
        webs=tuple(_webs(legs)),
        shares=tuple(_shares(plan, legs)),
        notifications=tuple(
            dict.fromkeys((leg.target, port) for leg in legs if leg.flow == "notify_tcp" for port in leg.ports)
        ),
        remote_controls=tuple(
            dict.fromkeys((leg.target, port) for leg in legs if leg.flow == "rc_tcp" for port in leg.ports)
        ),
    )


def _webs(legs: Iterable[Leg]) -> Iterable[tuple[int, WebServer]]:
    chosen = sorted((leg for leg in legs if leg.flow in _WEB), key=lambda leg: leg.target)
    for target, group in groupby(chosen, key=lambda leg: leg.target):
        of_host = list(group)
        doors: dict[int, Door] = {}
        for leg in of_host:
            is_tls = leg.flow.endswith("_https")
            for port in leg.ports:
                known = doors.get(port)
                asks = is_tls and _WEB[leg.flow] in (MP, DP)
                doors[port] = Door(
                    port=port,
                    is_tls=is_tls or (known is not None and known.is_tls),
                    asks_client=asks or (known is not None and known.asks_client),
                )
        roles = tuple(dict.fromkeys(_WEB[leg.flow] for leg in of_host))
        yield target, WebServer(roles=roles, doors=tuple(doors.values()))


def _shares(plan: Plan, legs: Iterable[Leg]) -> Iterable[tuple[int, range]]:
    items: dict[str, PlanItem] = {item.id: item for item in plan.items}
    ports: dict[int, range] = {}
    for leg in legs:
        if leg.flow in FILE_FLOWS:
            ports.setdefault(leg.target, range(49152, 49184))
        if leg.flow == "push_wmi":
            first, last = items[leg.items[0]].ports.ranges[0]
            ports[leg.target] = dynamic_ports(first, last)
    return ports.items()


def listeners(legs: Iterable[Leg], number: int, ports: range | None) -> dict[range, tuple[TrialPacket, ...]]:
    """The packets that say which program listens on which ports of a host; a dynamic port stands for all that Samba gives out."""
    found: dict[range, tuple[TrialPacket, ...]] = {}
    for leg in legs:
        if leg.target != number or leg.packets[0].protocol != TCP:
            continue
        wanted = [ports] if leg.flow == "push_wmi" and ports is not None else [range(port, port + 1) for port in leg.ports]
        for each in wanted:
            found.setdefault(each, leg.packets[:1])
    return found
