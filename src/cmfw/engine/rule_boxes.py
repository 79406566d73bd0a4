"""A rule as sets: the flows that it surely matches and those that it may match, on one host state. Exact."""

from __future__ import annotations

from cmfw.engine.conditions import keyword_addresses, keyword_ports, platform_admits, sddl_admits, service_is_certain
from cmfw.model.rule import (
    Action,
    AddressMatch,
    Extras,
    HostRule,
    PortMatch,
    canonical_program,
    is_resolved_program,
    program_basename,
)
from cmfw.model.state import HostState
from cmfw.net import intervals
from cmfw.net.addr import AddrSet
from cmfw.net.atoms import Atoms
from cmfw.net.flow import ALL_PRINCIPALS, KERNEL, NO_SERVICE, Principal
from cmfw.net.flowset import ALL_ICMP, ALL_PORTS, ALL_PROTOCOLS, Box, boxes, icmp_range
from cmfw.net.intervals import Ranges
from cmfw.values import value


@value
class RuleBoxes:
    """``lower`` is inside ``upper``. ``depends_on_programs``: compiled against a list of known program names, because the
    rule's own path cannot be expanded and so may mean any of them with the same file name.
    """

    lower: tuple[Box, ...]
    upper: tuple[Box, ...]
    depends_on_programs: bool = False


_NEVER = RuleBoxes((), ())


def rule_boxes(rule: HostRule, state: HostState, programs: frozenset[str]) -> RuleBoxes:
    """The flows that the rule surely matches and those that it may match.

    ``programs`` are the canonical program names in question. Mirrors ``matching.match_rule``: exact for every flow whose
    program is in ``programs`` or is the rule's own; for a program that nobody names, a rule whose own path cannot be
    expanded may match although its file name differs (conservative: unknown instead of an answer).
    """
    admitted = platform_admits(rule, state)
    if admitted is False:
        return _NEVER
    extras = rule.extras
    sure_program, possible_program = _programs(rule, programs)
    upper = _side(rule, state, possible_program, lower=False)
    unresolved = sure_program != possible_program
    certain = admitted and not (extras.interface_ids or extras.unknown or extras.invalid or _confined(extras))
    if not (certain and (rule.service in (None, "*") or service_is_certain(rule, state))):
        return RuleBoxes((), upper, unresolved)
    if unresolved or _has_two_sides(rule):
        return RuleBoxes(_side(rule, state, sure_program, lower=True), upper, unresolved)
    return RuleBoxes(upper, upper)


def _has_two_sides(rule: HostRule) -> bool:
    """Whether some condition may match more than it surely matches."""
    matches = (rule.local_port, rule.remote_port, rule.local_address, rule.remote_address)
    return rule.extras.ignore_remote or bool(rule.extras.local_users) or any(match.keywords for match in matches)


def _confined(extras: Extras) -> bool:
    return bool(extras.packages or extras.local_owner or extras.proximity)


def _side(rule: HostRule, state: HostState, programs: Atoms, *, lower: bool) -> tuple[Box, ...]:
    """The product of the conditions' lower or upper sets."""
    extras = rule.extras
    remote = _addresses(rule.remote_address, state, lower=lower)
    remote_port = _ports(rule.remote_port, rule, state, lower=lower)
    if extras.ignore_remote and rule.action is Action.ALLOW and not lower:
        remote, remote_port = AddrSet.ANY.ranges, ALL_PORTS
    out: list[Box] = []
    for program in _admitted(extras, programs, lower=lower):
        if program.is_empty:
            continue
        out += boxes(
            direction=int(rule.direction),
            profile=rule.profiles,
            interface=rule.interfaces,
            principal=int(Principal.CONFINED) if _confined(extras) else ALL_PRINCIPALS,
            protocol=ALL_PROTOCOLS if rule.protocol is None else ((rule.protocol, rule.protocol),),
            local=_addresses(rule.local_address, state, lower=lower),
            remote=remote,
            local_port=_ports(rule.local_port, rule, state, lower=lower),
            remote_port=remote_port,
            icmp=ALL_ICMP if rule.icmp is None else intervals.normalise(icmp_range(*pair) for pair in rule.icmp),
            program=program,
            service=_services(rule),
        )
    return tuple(out)


def _admitted(extras: Extras, program: Atoms, *, lower: bool) -> tuple[Atoms, ...]:
    """The programs whose processes pass the local-user list: the kernel's token is known, others' mostly not."""
    if not extras.local_users:
        return (program,)
    out = []
    for kernel, side in ((True, Atoms.of(KERNEL)), (False, Atoms.but((KERNEL,)))):
        admits = sddl_admits(extras.local_users, kernel=kernel)
        if admits or (admits is None and not lower):
            out.append(program & side)
    return tuple(out)


def _ports(condition: PortMatch, rule: HostRule, state: HostState, *, lower: bool) -> Ranges:
    found = condition.ports
    for word in condition.keywords:
        certain, possible, _ = keyword_ports(word, rule, state)
        found |= certain if lower else possible
    return found.ranges


def _addresses(condition: AddressMatch, state: HostState, *, lower: bool) -> Ranges:
    found = condition.addresses
    for word in condition.keywords:
        certain, possible, _ = keyword_addresses(word, state)
        found |= certain if lower else possible
    return found.ranges


def _programs(rule: HostRule, programs: frozenset[str]) -> tuple[Atoms, Atoms]:
    if rule.program is None:
        return Atoms.ANY, Atoms.ANY
    path = canonical_program(rule.program)
    own = Atoms.of(path)
    if is_resolved_program(path):
        return own, own
    if "~" in path:
        return own, Atoms.ANY
    name = program_basename(path)
    # a name that nobody mentions may have this file name too, so only known other names are out
    return own, Atoms.but(p for p in programs if program_basename(p) != name)


def _services(rule: HostRule) -> Atoms:
    if rule.service is None:
        return Atoms.ANY
    return Atoms.but((NO_SERVICE,)) if rule.service == "*" else Atoms.of(rule.service.lower())
