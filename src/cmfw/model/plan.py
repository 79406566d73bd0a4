"""``Plan``: every requirement resolved for one site. The same catalog, site and selection give the same bytes."""

from __future__ import annotations

from cmfw.model.need import Need
from cmfw.model.rule import HostRule, canonical_program
from cmfw.net.addr import AddrSet
from cmfw.net.atoms import Atoms
from cmfw.net.flow import ALL_PROFILES, Direction, Interface, Principal
from cmfw.net.flowset import ALL_ICMP, ALL_PORTS, ALL_PROTOCOLS, Box, FlowSet, boxes, icmp_range
from cmfw.net.ports import PortSet
from cmfw.values import value

USUAL_INTERFACES = int(Interface.LAN | Interface.WIRELESS)
"""Assumed where neither site nor host says. Source: corrections 31."""


@value
class Endpoint:
    """One end of an item: role, name (client group or host) and addresses (EMPTY where the site does not know them).

    ``profiles`` is the mask of firewall profiles that its hosts are in.
    """

    role: str
    name: str
    addresses: AddrSet
    profiles: int = ALL_PROFILES

    @property
    def known(self) -> AddrSet:
        """The addresses, or every address where the site does not know them."""
        return AddrSet.ANY if self.addresses.is_empty else self.addresses


@value
class PlannedProcess:
    """A program and service that opens or answers a flow, resolved for the host; both as the site's paths spell them."""

    program: str
    service: str = ""


@value
class Citation:
    """Where a requirement stands: source id, place, as-of date."""

    source: str
    at: str
    as_of: str


@value
class PlannedRule:
    """One rule that a host needs; ``on`` is the end (``from`` or ``to``), ``where`` that end's name."""

    on: str
    where: str
    rule: HostRule


@value(kw_only=True)
class PlanItem:
    """One flow between two ends that features need.

    ``protocol`` None is any. ``ports`` are destination ports (EMPTY for protocols without ports); ``any_port`` says that
    one of them suffices (default and alternative request ports). ``icmp`` is (type, code or None). ``initiators`` may each
    open the flow, so all of them must pass. ``same_subnet`` limits both ends to one subnet (peers). ``decides`` are the
    ends whose host firewall matters: a magic packet is answered by the network card, so only its sender's does.
    """

    id: str
    flow: str
    features: tuple[str, ...]
    necessity: str
    source: Endpoint
    target: Endpoint
    protocol: int | None
    ports: PortSet = PortSet.EMPTY
    any_port: bool = False
    icmp: tuple[int, int | None] | None = None
    initiators: tuple[PlannedProcess, ...] = ()
    listener: PlannedProcess | None = None
    same_subnet: bool = False
    decides: tuple[str, ...] = ("from", "to")
    printed: tuple[str, ...] = ()
    errata: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()
    rules: tuple[PlannedRule, ...] = ()

    def flows_at(self, end: str, port: int | None = None) -> FlowSet:
        """The flows of this item as a host at ``end`` (``from`` or ``to``) sees them; only ``port`` where it is given."""
        outgoing = end == "from"
        here, there = (self.source, self.target) if outgoing else (self.target, self.source)
        ports = ALL_PORTS if self.ports.is_empty else self.ports.ranges
        if port is not None:
            ports = ((port, port),)
        processes = self.initiators if outgoing else ((self.listener,) if self.listener else ())
        protocol = ALL_PROTOCOLS if self.protocol is None else ((self.protocol, self.protocol),)
        found: list[Box] = []
        for program, service in [_process_atoms(p) for p in processes] or [(Atoms.ANY, Atoms.ANY)]:
            found += boxes(
                direction=int(Direction.OUT if outgoing else Direction.IN),
                profile=here.profiles,
                interface=USUAL_INTERFACES,
                principal=int(Principal.ORDINARY),
                protocol=protocol,
                local=here.known.ranges,
                remote=there.known.ranges,
                local_port=ALL_PORTS if outgoing else ports,
                remote_port=ports if outgoing else ALL_PORTS,
                icmp=ALL_ICMP if self.icmp is None else (icmp_range(*self.icmp),),
                program=program,
                service=service,
            )
        return FlowSet.of(found)


def _process_atoms(process: PlannedProcess) -> tuple[Atoms, Atoms]:
    program = Atoms.of(canonical_program(process.program)) if process.program else Atoms.ANY
    return program, Atoms.of(process.service.lower())


@value(kw_only=True)
class PlannedException:
    """One documented Windows Firewall exception on one kind of host, kept apart from the traffic it is meant to open.

    ``kind``, ``value`` as in the catalog; ``rules`` are what it means as host rules (for a group: its member rules on the
    host's Windows, empty where that Windows is unknown), ``group`` its resource id.
    """

    id: str
    feature: str
    kind: str
    value: str
    where: str
    role: str
    directions: tuple[str, ...]
    direction_given: bool
    profiles: int
    group: str = ""
    errata: tuple[str, ...] = ()
    citation: Citation
    rules: tuple[HostRule, ...] = ()


@value(kw_only=True)
class FeatureRow:
    """One feature for one client group (or host) against one peer; ``need`` is over plan item ids.

    ``peer`` is the host of the feature's peer role, empty for peer to peer. ``disabled`` is the reason where the site
    switches the feature off. ``advisory`` are item ids that are reported but never decide.
    """

    feature: str
    clients: str
    peer: str
    need: Need
    advisory: tuple[str, ...] = ()
    disabled: str = ""
    alternatives: tuple[str, ...] = ()


@value(kw_only=True)
class Omission:
    """Something that the plan leaves out on purpose, and why. ``code`` is stable, ``args`` fill its message."""

    subject: str
    code: str
    reason: str
    errata: tuple[str, ...] = ()
    citation: Citation | None = None
    args: tuple[tuple[str, str], ...] = ()


@value(kw_only=True)
class Plan:
    """All items, documented exceptions and feature rows of one site, in stable order."""

    site: str
    edition: str
    scope: str
    items: tuple[PlanItem, ...]
    exceptions: tuple[PlannedException, ...] = ()
    rows: tuple[FeatureRow, ...] = ()
    omissions: tuple[Omission, ...] = ()
