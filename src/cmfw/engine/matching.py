"""How surely one rule matches one flow: the half of the specification that looks at a single rule.

A condition holds (YES), fails (NO) or cannot be known (MAYBE); a rule matches as surely as its least sure condition.
What a rule's condition means is written once here, in the plainest way; ``exact`` says the same in sets.

Source: facts/windows_firewall.md 2.2 and 3.3, corrections 16-33.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum

from cmfw.engine.conditions import (
    keyword_addresses,
    keyword_ports,
    platform_admits,
    sddl_admits,
    service_is_certain,
)
from cmfw.model.rule import (
    Action,
    AddressMatch,
    HostRule,
    PortMatch,
    canonical_program,
    is_resolved_program,
    program_basename,
)
from cmfw.model.state import HostState
from cmfw.net.flow import KERNEL, NO_SERVICE, Flow, Principal


class Tri(IntEnum):
    """How surely something holds; ``min`` is and, ``max`` is or."""

    NO = 0
    MAYBE = 1
    YES = 2


NO, MAYBE, YES = Tri
"""By their own names: Python 3.11 takes a tenth of a microsecond to look a member of an enumeration up."""
Match = tuple[Tri, frozenset[str]]
"""How surely, and the words for what is missing where it is MAYBE."""
NOTHING_MISSING = frozenset[str]()


def match_rule(rule: HostRule, flow: Flow, state: HostState) -> Match:
    """How surely the rule matches the flow: the least sure of its conditions."""
    surest, missing = YES, NOTHING_MISSING
    for _, (tri, words) in conditions(rule, flow, state):
        if tri is NO:
            return NO, NOTHING_MISSING
        if tri is MAYBE:
            surest, missing = MAYBE, missing | words
    return surest, missing


def conditions(rule: HostRule, flow: Flow, state: HostState) -> Iterator[tuple[str, Match]]:
    """Every condition of the rule by the name of its field (or of the rarer token), with how surely it holds."""
    extras = rule.extras
    yield "direction", _sure(rule.direction is flow.direction)
    yield "profiles", _sure(bool(rule.profiles & flow.profile))
    yield "interfaces", _sure(bool(rule.interfaces & flow.interface))
    yield "protocol", _sure(rule.protocol in (None, flow.protocol))
    yield "local_port", _port(rule.local_port, flow.local_port, rule, state)
    address = _address(rule.remote_address, flow.remote, state)
    port = _port(rule.remote_port, flow.remote_port, rule, state)
    if extras.ignore_remote and rule.action is Action.ALLOW and min(address[0], port[0]) is NO:
        yield "remote_address", (MAYBE, frozenset({"token:LOM"}))  # corrections 17
    else:
        yield "remote_address", address
        yield "remote_port", port
    yield "local_address", _address(rule.local_address, flow.local, state)
    if rule.icmp is not None:
        yield "icmp", _sure(any(flow.icmp_type == kind and code in (None, flow.icmp_code) for kind, code in rule.icmp))
    yield "program", _program(rule, flow)
    yield "service", _service(rule, flow, state)
    if extras.packages or extras.local_owner or extras.proximity:
        # a known program is never an app container, a user's or a proximity flow: corrections 30
        ordinary = flow.principal is Principal.ORDINARY
        yield "package", (NO, NOTHING_MISSING) if ordinary else (MAYBE, frozenset({"program"}))
    if extras.local_users:
        yield "local_users", _known(sddl_admits(extras.local_users, kernel=flow.program == KERNEL), "sddl")
    yield "platform", _known(platform_admits(rule, state), "token:Platform")
    if extras.interface_ids:
        yield "interface_ids", (MAYBE, frozenset({"token:IF"}))
    for token, _ in extras.unknown:
        yield "unknown", (MAYBE, frozenset({f"token:{token}"}))
    if extras.invalid:
        yield "invalid", (MAYBE, frozenset({"token:invalid"}))


def _sure(holds: bool) -> Match:
    return (YES if holds else NO), NOTHING_MISSING


def _known(holds: bool | None, word: str) -> Match:
    return (MAYBE, frozenset({word})) if holds is None else _sure(holds)


def _port(condition: PortMatch, port: int | None, rule: HostRule, state: HostState) -> Match:
    if condition.is_any:
        return _sure(True)
    if port is None or port in condition.ports:
        return _sure(port is not None)
    found: Match = (NO, NOTHING_MISSING)
    for word in condition.keywords:
        certain, possible, missing = keyword_ports(word, rule, state)
        if port in certain:
            return _sure(True)
        if port in possible:
            found = (MAYBE, found[1] | {missing})
    return found


def _address(condition: AddressMatch, address: int, state: HostState) -> Match:
    if condition.is_any or address in condition.addresses:
        return _sure(True)
    found: Match = (NO, NOTHING_MISSING)
    for word in condition.keywords:
        certain, possible, missing = keyword_addresses(word, state)
        if address in certain:
            return _sure(True)
        if address in possible:
            found = (MAYBE, found[1] | {missing})
    return found


def _program(rule: HostRule, flow: Flow) -> Match:
    if rule.program is None:
        return _sure(True)
    path = canonical_program(rule.program)
    if path == flow.program or is_resolved_program(path):
        return _sure(path == flow.program)
    like = "~" in path or program_basename(path) == program_basename(flow.program)
    return (MAYBE, frozenset({"program"})) if like else _sure(False)


def _service(rule: HostRule, flow: Flow, state: HostState) -> Match:
    if rule.service is None:
        return _sure(True)
    if rule.service == "*":
        return _sure(flow.service != NO_SERVICE)
    if rule.service.lower() != flow.service:
        return _sure(False)
    return _sure(True) if service_is_certain(rule, state) else (MAYBE, frozenset({"service_state"}))
