"""How the tests read an artifact back: our own importer of each target, and the host that the artifact makes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module

from tests.emit.plans import without_origin

from cmfw.emit import TARGETS
from cmfw.emit.selection import GroupUse
from cmfw.ingest.flow_list import read_list
from cmfw.model.rule import HostRule, Store, canonical_program, group_id
from cmfw.model.state import DEFAULT_RPC_PORTS, HostState, ProfileSettings
from cmfw.net.addr import AddrSet
from cmfw.net.atoms import Atoms
from cmfw.net.flow import Direction, Profile
from cmfw.net.flowset import ALL_ICMP, ALL_PROTOCOLS, Box, FlowSet, boxes, icmp_range
from cmfw.net.ports import PortSet


@dataclass(frozen=True)
class Reading:
    """The rules that an artifact makes, ids of rules already on the host that it enables, groups that it enables."""

    made: tuple[HostRule, ...]
    enabled: tuple[str, ...] = ()
    groups: tuple[GroupUse, ...] = ()
    problems: tuple = ()


def read(target: str, artifacts) -> Reading:
    """What the target's artifacts hold, rules without their origin."""
    if target == "list":
        rules, problems = read_list(artifacts[1].content, "cmfw-list.csv")
        return Reading(without_origin(rules), problems=problems)
    found = import_module(TARGETS[target]).read_policy(artifacts)
    part = found.part
    return Reading(without_origin(part.rules), found.members, found.groups, (*part.problems, *part.gaps))


def as_written(target: str, rule: HostRule) -> HostRule:
    """One of our rules as the target can say it, worked out here."""
    if target in ("syncml", "intune"):
        rule = replace(rule, group="")
    if target == "intune" and rule.name != rule.id and not rule.name.startswith(f"{rule.id}: "):
        return replace(rule, name=f"{rule.id}: {rule.name}")
    if target in ("netsh", "dsc", "ansible"):
        description = ": ".join(text for text in (rule.name, rule.description) if text)
        return replace(
            rule,
            name=rule.id,
            description=rule.description if rule.name == rule.id else description,
            group="" if target == "netsh" else rule.group,
        )
    return rule


def switched_on(rules, found: Reading) -> list[str]:
    """The ids of those rules of a host that the artifact switches on, by id or with their group."""
    ways = {Direction.IN: "in", Direction.OUT: "out"}
    return [
        r.id
        for r in rules
        if r.id in found.enabled
        or any(
            group_id(use.resource) == group_id(r.group) and use.profiles & r.profiles and ways[r.direction] in use.directions
            for use in found.groups
        )
    ]


def host(rules, local_subnets: AddrSet) -> HostState:
    """A host that blocks everything in both directions but for ``rules``."""
    closed = ProfileSettings(enable_firewall=True, default_inbound_allow=False, default_outbound_allow=False)
    stores = {rule.store for rule in rules} | {Store.LOCAL}
    return HostState(
        settings=tuple((store, profile, closed) for store in sorted(stores) for profile in Profile),
        rules=tuple(rules),
        local_subnets=local_subnets,
    )


def flows(rule: HostRule, local_subnets: AddrSet, rpc: PortSet = DEFAULT_RPC_PORTS) -> tuple[Box, ...]:
    """The flows of one rule, worked out here from its fields and not by the engine."""
    return boxes(
        direction=int(rule.direction),
        profile=rule.profiles,
        interface=rule.interfaces,
        protocol=ALL_PROTOCOLS if rule.protocol is None else ((rule.protocol, rule.protocol),),
        local=_addresses(rule.local_address, local_subnets),
        remote=_addresses(rule.remote_address, local_subnets),
        local_port=_ports(rule.local_port, rpc),
        remote_port=_ports(rule.remote_port, rpc),
        icmp=ALL_ICMP if rule.icmp is None else tuple(sorted(icmp_range(*pair) for pair in rule.icmp)),
        program=Atoms.ANY if rule.program is None else Atoms.of(canonical_program(rule.program)),
        service=Atoms.ANY if rule.service is None else Atoms.of(rule.service.lower()),
    )


def _addresses(match, local_subnets: AddrSet):
    out = match.addresses
    for word in match.keywords:
        out |= {"LocalSubnet4": local_subnets.v4, "LocalSubnet6": local_subnets.v6}[word]
    return out.ranges


def _ports(match, rpc: PortSet):
    out = match.ports
    for word in match.keywords:
        out |= {"RPC": rpc, "RPC-EPMap": PortSet.of(135)}[word]
    return out.ranges


def union(rules, local_subnets: AddrSet, rpc: PortSet = DEFAULT_RPC_PORTS) -> FlowSet:
    """The flows of any of the rules."""
    return FlowSet.of(box for rule in rules for box in flows(rule, local_subnets, rpc))


def difference(got: FlowSet, wanted: FlowSet) -> str:
    """Empty where both sets are equal, else one flow that is too much or too little."""
    for what, extra in (("wider", got - wanted), ("narrower", wanted - got)):
        if not extra.is_empty:
            return f"{what} than the plan, for example {extra.witness().text()}"
    return ""


def end_of(rule: HostRule) -> str:
    return "from" if rule.direction is Direction.OUT else "to"
