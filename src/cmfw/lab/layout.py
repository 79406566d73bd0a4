"""``Layout``: the hosts of a site's lab, their addresses and what their firewalls enforce. Pure.

Every site system is one host; a client group is one, and two where its clients talk to each other. A stranger whom no rule
names stands beside them, and a machine without a firewall of the site for every end that the site file does not describe.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cmfw.diagnose.place import CLIENT_ROLES
from cmfw.diagnose.planned_state import planned_state
from cmfw.engine.conditions import MULTICAST
from cmfw.engine.exact import Engine
from cmfw.engine.path import PathEngine
from cmfw.lab.firewall_rules import Marks, Process
from cmfw.model.plan import Endpoint, Plan, PlanItem, PlannedProcess
from cmfw.model.rule import Action, AddressMatch, HostRule, PortMatch, Store, canonical_program
from cmfw.model.site import ClientGroup, Site, System
from cmfw.model.state import HostState, ProfileSettings
from cmfw.net.addr import V4_ALL, V6_ALL, AddrSet, parse_address
from cmfw.net.flow import KERNEL, NO_SERVICE, Direction, Profile
from cmfw.net.flowset import FRESH_PROGRAM
from cmfw.net.intervals import Range, Ranges, intersect
from cmfw.net.ports import PortSet
from cmfw.values import value

ASSUMED = "assumed"
"""Origin of a rule that the plan leaves to the host's own role."""
STRANGER = "stranger"
ANYBODY: Process = (FRESH_PROGRAM, NO_SERVICE)
"""A program that no rule names."""
_DOCUMENTATION = (AddrSet.parse("198.51.100.0/24"), AddrSet.parse("2001:db8:1ab::/64"))
"""Addresses for hosts of which the site file gives none. Source: RFC 5737, RFC 3849."""
_STRANGERS = tuple(map(parse_address, ("203.0.113.66", "2001:db8:bad::66")))

PlaceKey = tuple[bool, str]
"""Whether it is a client group, and its name."""


@value(kw_only=True)
class LabHost:
    """One host. ``place`` is its client group or site system, ``is_planned`` whether its state is the plan's.

    ``is_assigned``: the site file has no address for it, so the lab gave it one. ``is_outside``: nothing of the site
    runs on it, so it has no firewall here.
    """

    name: str
    place: str
    is_client: bool
    zone: str
    profile: Profile
    addresses: tuple[int, ...]
    state: HostState
    is_planned: bool = True
    is_assigned: bool = False
    is_outside: bool = False

    @property
    def key(self) -> PlaceKey:
        """Which place it belongs to."""
        return self.is_client, self.place


@value(kw_only=True)
class Layout:
    """All hosts by number, the processes that they play, and the filters between their zones."""

    hosts: tuple[LabHost, ...]
    marks: Marks
    path: PathEngine | None = None

    def at(self, key: PlaceKey) -> tuple[int, ...]:
        """The numbers of the hosts of a place."""
        return tuple(number for number, host in enumerate(self.hosts) if host.key == key)

    @property
    def stranger(self) -> int:
        """The number of the host that nobody names."""
        return len(self.hosts) - 1


def key_of(end: Endpoint) -> PlaceKey:
    """The place that an end of an item means."""
    return end.role in CLIENT_ROLES, end.name


def process_of(process: PlannedProcess | None) -> Process:
    """A planned process as rules see it; where the plan knows none, one that no rule names."""
    if process is None:
        return ANYBODY
    return canonical_program(process.program) if process.program else FRESH_PROGRAM, process.service.lower()


def make_layout(
    site: Site, plan: Plan, states: Mapping[PlaceKey, HostState] | None = None, path: PathEngine | None = None
) -> Layout:
    """The lab of a site. ``states`` are machines as they were read; every other place enforces the plan."""
    given = states or {}
    taken: set[int] = set(_STRANGERS)
    hosts = [_system(site, plan, system, given, taken) for system in site.systems]
    talkative = {key_of(item.target) for item in plan.items if key_of(item.source) == key_of(item.target)}
    for group in site.clients:
        state = given.get((True, group.name)) or _planned(site, plan, (True, group.name))
        is_planned = (True, group.name) not in given
        numbers = range(2 if (True, group.name) in talkative else 1)
        hosts += [_client(group, number, state, taken, is_planned=is_planned) for number in numbers]
    hosts += _outside(plan, {host.key for host in hosts}, taken)
    hosts.append(_unguarded(STRANGER, (False, STRANGER), _STRANGERS))
    return Layout(hosts=tuple(hosts), marks=Marks(_processes(plan)), path=path)


def _system(site: Site, plan: Plan, system: System, given: Mapping[PlaceKey, HostState], taken: set[int]) -> LabHost:
    key = (False, system.host)
    addresses, is_assigned = _addresses(system.addresses, taken)
    return LabHost(
        name=system.host,
        place=system.host,
        is_client=False,
        zone=system.zone,
        profile=system.profile,
        addresses=addresses,
        state=given.get(key) or _planned(site, plan, key),
        is_planned=key not in given,
        is_assigned=is_assigned,
    )


def _client(group: ClientGroup, number: int, state: HostState, taken: set[int], *, is_planned: bool) -> LabHost:
    addresses, is_assigned = _addresses(_preferred(group.subnets, state), taken)
    return LabHost(
        name=group.name if number == 0 else f"{group.name} ({number + 1})",
        place=group.name,
        is_client=True,
        zone=group.zone,
        profile=group.profile,
        addresses=addresses,
        state=replace(state, local_subnets=_near(state, group.subnets)),
        is_planned=is_planned,
        is_assigned=is_assigned,
    )


def _near(state: HostState, subnets: AddrSet) -> AddrSet | None:
    """The on-link prefixes: those of the machine, else those of its group."""
    return state.local_subnets if state.local_subnets is not None or subnets.is_empty else subnets


def _preferred(subnets: AddrSet, state: HostState) -> AddrSet:
    own = subnets & state.addresses
    return subnets if own.is_empty else own


def _planned(site: Site, plan: Plan, key: PlaceKey) -> HostState:
    """The plan's rules, and one for each flow whose opening the plan leaves to what the host's role brings along."""
    state = planned_state(site, plan, key[1])
    engine = Engine(state)
    closed = [
        item for item in plan.items if _is_assumed(item, key) and not engine.partition(item.flows_at("to")).blocked.is_empty
    ]
    return replace(state, rules=(*state.rules, *map(_assumed, closed)))


def _is_assumed(item: PlanItem, key: PlaceKey) -> bool:
    has_rule = any(rule.on == "to" and rule.where == key[1] for rule in item.rules)
    return key_of(item.target) == key and "to" in item.decides and not has_rule and not key[0]


def _assumed(item: PlanItem) -> HostRule:
    icmp = None if item.icmp is None else (item.icmp,)
    return HostRule(
        id=f"{ASSUMED}-{item.flow}",
        action=Action.ALLOW,
        direction=Direction.IN,
        store=Store.LOCAL,
        protocol=item.protocol,
        local_port=PortMatch.ANY if item.ports.is_empty else PortMatch(item.ports),
        remote_address=AddressMatch(item.source.known),
        icmp=icmp,
        origin=ASSUMED,
    )


def _outside(plan: Plan, known: set[PlaceKey], taken: set[int]) -> Iterable[LabHost]:
    """A host for every end of the plan that the site file does not describe."""
    for item in plan.items:
        for end in (item.source, item.target):
            key = key_of(end)
            if key not in known:
                known.add(key)
                addresses, is_assigned = _addresses(end.addresses, taken)
                yield replace(_unguarded(end.name or end.role, key, addresses), is_assigned=is_assigned)


def _unguarded(name: str, key: PlaceKey, addresses: tuple[int, ...]) -> LabHost:
    off = ProfileSettings(enable_firewall=False)
    state = HostState(settings=tuple((Store.LOCAL, profile, off) for profile in Profile))
    return LabHost(
        name=name,
        place=key[1],
        is_client=key[0],
        zone="",
        profile=Profile.DOMAIN,
        addresses=addresses,
        state=state,
        is_outside=True,
    )


def _processes(plan: Plan) -> tuple[Process, ...]:
    found: dict[Process, None] = {ANYBODY: None, (KERNEL, NO_SERVICE): None}
    for item in plan.items:
        for process in (*item.initiators, *((item.listener,) if item.listener else ())):
            found[process_of(process)] = None
    return tuple(found)


_NO_HOST = MULTICAST | AddrSet.parse("0.0.0.0/8", "127.0.0.0/8", "240.0.0.0/4", "::/127", "fe80::/10")
"""Addresses that no packet between hosts of different links carries. Source: RFC 6890, IANA Special-Purpose Address Registries."""


def _addresses(known: AddrSet, taken: set[int]) -> tuple[tuple[int, ...], bool]:
    """(one free address of each family that is known, whether the lab had to give them)."""
    unicast = known - _NO_HOST
    parts = [AddrSet(intersect(unicast.ranges, family)) for family in (V4_ALL, V6_ALL)]
    is_assigned = unicast.is_empty
    found: list[int] = []
    for part in _DOCUMENTATION if is_assigned else parts:
        address = _free(part.ranges, taken)
        if address is not None:
            taken.add(address)
            found.append(address)
    return tuple(found), is_assigned


def _free(ranges: Ranges, taken: set[int]) -> int | None:
    """The first address that nobody has, past the network's own; None where there is none."""
    for first, last in ranges:
        start = first if first == last else first + (11 if last - first > 32 else 1)
        for address in range(start, min(last, start + len(taken) + 1) + 1):
            if address not in taken:
                return address
    return None


def port_samples(ports: PortSet) -> tuple[int, ...]:
    """The ports of a condition that are tried: both ends of every range and its middle."""
    return tuple(dict.fromkeys(port for pair in ports.ranges for port in _ends(pair)))


def _ends(pair: Range) -> tuple[int, int, int]:
    return pair[0], (pair[0] + pair[1]) // 2, pair[1]
