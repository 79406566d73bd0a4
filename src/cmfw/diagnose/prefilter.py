"""Cheap looks at rules: which of them cannot be about some flows. Conservative: False only where that is certain."""

from __future__ import annotations

from cmfw.model.rule import AddressMatch, HostRule, PortMatch, Store, canonical_program, is_resolved_program
from cmfw.net import intervals
from cmfw.net.flow import NO_SERVICE, Direction, Flow
from cmfw.net.flowset import Box

# asked of every rule, and Python 3.11 takes a tenth of a microsecond to look a member of an enumeration up
_INBOUND, _HARDENING = Direction.IN, Store.HARDENING
_IN, _OUT = int(Direction.IN), int(Direction.OUT)
"""As numbers: arithmetic on enum members costs more than the rest of the look."""


def may_meet(rule: HostRule, box: Box) -> bool:
    """Whether rule and box may share a flow. What a rule ignores in matching (loose remote parts) counts as shared."""
    inbound = rule.direction is _INBOUND
    if not (rule.profiles & box.profile and box.direction & (_IN if inbound else _OUT)):
        return False
    if rule.protocol is not None and not intervals.contains(box.protocol, rule.protocol):
        return False
    if not _ports_meet(rule.local_port, box.local_port):
        return False
    if not rule.extras.ignore_remote and not (
        _ports_meet(rule.remote_port, box.remote_port) and _addresses_meet(rule.remote_address, box.remote)
    ):
        return False
    return _service_meets(rule, box) and _program_meets(rule, box)


def _ports_meet(condition: PortMatch, ports: intervals.Ranges) -> bool:
    return condition is PortMatch.ANY or bool(condition.keywords) or intervals.overlaps(condition.ports.ranges, ports)


def _addresses_meet(condition: AddressMatch, addresses: intervals.Ranges) -> bool:
    if condition is AddressMatch.ANY or condition.keywords:
        return True
    return intervals.overlaps(condition.addresses.ranges, addresses)


def _service_meets(rule: HostRule, box: Box) -> bool:
    if rule.service is None:
        return True
    if rule.service == "*":
        return box.service.complement or box.service.names != {NO_SERVICE}
    return rule.service.lower() in box.service


def _program_meets(rule: HostRule, box: Box) -> bool:
    if rule.program is None or box.program.complement:
        return True
    path = canonical_program(rule.program)
    return path in box.program or not is_resolved_program(path)


def may_decide(rule: HostRule, flow: Flow, direction: int, profile: int) -> bool:
    """Whether the rule can have a part in the verdict of the flow; ``direction`` and ``profile`` are the flow's, as numbers.

    A hardening rule is about its service or program in every direction, for it also decides where the firewall is off.
    """
    if not rule.active:
        return False
    if rule.store is _HARDENING:
        if rule.service not in (None, "*"):
            return (rule.service or "").lower() == flow.service
    elif not (
        rule.direction == direction
        and rule.profiles & profile
        and (rule.protocol is None or rule.protocol == flow.protocol)
        and (rule.service in (None, "*") or (rule.service or "").lower() == flow.service)
        and _port_meets(rule.local_port, flow.local_port)
        and (rule.extras.ignore_remote or _port_meets(rule.remote_port, flow.remote_port))
    ):
        return False
    if rule.program is None:
        return True
    path = canonical_program(rule.program)
    return path == flow.program or not is_resolved_program(path)


def is_confined(rule: HostRule) -> bool:
    """Whether the rule is for app containers, one user's processes or proximity flows only."""
    extras = rule.extras
    return bool(extras.packages or extras.local_owner or extras.proximity)


def _port_meets(condition: PortMatch, port: int | None) -> bool:
    if condition is PortMatch.ANY or condition.keywords:
        return True
    return condition.is_any if port is None else port in condition.ports
