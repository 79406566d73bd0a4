"""A third opinion: the same semantics as bit-vector formulas, written from the rules, not from either engine.

Covers IPv4 flows of one direction and profile. Programs and services are numbers of a finite universe whose last number
stands for every name that nobody mentions.
"""

from __future__ import annotations

from dataclasses import dataclass

import z3

from cmfw.engine.conditions import (
    DEMANDING_IPSEC,
    Settings,
    counts,
    keyword_addresses,
    keyword_ports,
    platform_admits,
    sddl_admits,
    service_is_certain,
)
from cmfw.model.rule import Action, Store, canonical_program, is_resolved_program, program_basename
from cmfw.net.flow import KERNEL

FRESH = "a name nobody mentions"


@dataclass
class Packet:
    interface: z3.ExprRef
    confined: z3.ExprRef
    protocol: z3.ExprRef
    local: z3.ExprRef
    remote: z3.ExprRef
    local_port: z3.ExprRef
    remote_port: z3.ExprRef
    icmp: z3.ExprRef
    program: z3.ExprRef
    service: z3.ExprRef


def packet() -> Packet:
    return Packet(
        z3.BitVec("interface", 4),
        z3.Bool("confined"),
        z3.BitVec("protocol", 8),
        z3.BitVec("local", 32),
        z3.BitVec("remote", 32),
        z3.BitVec("local_port", 16),
        z3.BitVec("remote_port", 16),
        z3.BitVec("icmp", 16),
        z3.Int("program"),
        z3.Int("service"),
    )


class Model:
    """Formulas of one state, direction and profile."""

    def __init__(self, state, direction, profile, programs, services):
        self.state, self.direction, self.profile = state, direction, profile
        self.programs, self.services = [*programs, FRESH], [*services, FRESH]
        self.p = packet()

    def well_formed(self):
        """One interface, names inside the universe, ports and ICMP numbers zero where the protocol has none."""
        p = self.p
        ported = z3.Or(p.protocol == 6, p.protocol == 17)
        return z3.And(
            z3.Or(*(p.interface == bit for bit in (1, 2, 4, 8))),
            p.program >= 0,
            p.program < len(self.programs),
            p.service >= 0,
            p.service < len(self.services),
            p.protocol != 58,
            z3.Implies(z3.Not(ported), z3.And(p.local_port == 0, p.remote_port == 0)),
            z3.Implies(p.protocol != 1, p.icmp == 0),
        )

    def ranges(self, variable, ranges, top):
        parts = []
        for first, last in ranges:
            if first <= top:
                parts.append(z3.And(z3.UGE(variable, first), z3.ULE(variable, min(last, top))))
        return z3.Or(*parts) if parts else z3.BoolVal(False)

    def names(self, variable, universe, wanted):
        return z3.Or(*(variable == number for number, name in enumerate(universe) if wanted(name)))

    def box(self, box):
        """Whether the packet is in a box (IPv4 part)."""
        p = self.p
        ported = z3.Or(p.protocol == 6, p.protocol == 17)
        return z3.And(
            z3.BoolVal(bool(box.direction & self.direction and box.profile & self.profile)),
            (p.interface & box.interface) != 0,
            z3.If(p.confined, z3.BoolVal(bool(box.principal & 2)), z3.BoolVal(bool(box.principal & 1))),
            self.ranges(p.protocol, box.protocol, 255),
            self.ranges(p.local, box.local, 2**32 - 1),
            self.ranges(p.remote, box.remote, 2**32 - 1),
            z3.Implies(ported, self.ranges(p.local_port, box.local_port, 65535)),
            z3.Implies(ported, self.ranges(p.remote_port, box.remote_port, 65535)),
            z3.Implies(p.protocol == 1, self.ranges(p.icmp, box.icmp, 65535)),
            self.names(p.program, self.programs, lambda name: name in box.program),
            self.names(p.service, self.services, lambda name: name in box.service),
        )

    def sides(self, rule):
        """(surely matches, may match) of one rule."""
        p, extras = self.p, rule.extras
        always = z3.And(
            z3.BoolVal(bool(rule.direction is self.direction and rule.profiles & self.profile)),
            (p.interface & rule.interfaces) != 0,
            z3.BoolVal(True) if rule.protocol is None else p.protocol == rule.protocol,
        )
        ported = z3.Or(p.protocol == 6, p.protocol == 17)
        sure, possible = [always], [always]
        for variable, condition in ((p.local_port, rule.local_port), (p.remote_port, rule.remote_port)):
            pair = [condition.ports.ranges, condition.ports.ranges]
            for word in condition.keywords:
                certain, likely, _ = keyword_ports(word, rule, self.state)
                pair = [pair[0] + certain.ranges, pair[1] + likely.ranges]
            if not condition.is_any:
                free = rule.action is Action.ALLOW and extras.ignore_remote and variable is p.remote_port
                sure.append(z3.And(ported, self.ranges(variable, pair[0], 65535)))
                possible.append(z3.BoolVal(True) if free else z3.And(ported, self.ranges(variable, pair[1], 65535)))
        for variable, condition in ((p.local, rule.local_address), (p.remote, rule.remote_address)):
            pair = [condition.addresses.ranges, condition.addresses.ranges]
            for word in condition.keywords:
                certain, likely, _ = keyword_addresses(word, self.state)
                pair = [pair[0] + certain.ranges, pair[1] + likely.ranges]
            free = rule.action is Action.ALLOW and extras.ignore_remote and variable is p.remote
            sure.append(self.ranges(variable, pair[0], 2**32 - 1))
            possible.append(z3.BoolVal(True) if free else self.ranges(variable, pair[1], 2**32 - 1))
        if rule.icmp is not None:
            kinds = [(t * 256, t * 256 + 255) if code is None else (t * 256 + code,) * 2 for t, code in rule.icmp]
            both = z3.And(p.protocol == 1, self.ranges(p.icmp, kinds, 65535))
            sure.append(both)
            possible.append(both)
        self._process(rule, sure, possible)
        admitted = platform_admits(rule, self.state)
        doubts = bool(extras.unknown or extras.invalid or extras.interface_ids or admitted is None)
        if extras.packages or extras.local_owner or extras.proximity:
            doubts = True
            possible.append(p.confined)
        if admitted is False:
            possible.append(z3.BoolVal(False))
        return z3.BoolVal(False) if doubts or admitted is False else z3.And(*sure), z3.And(*possible)

    def _process(self, rule, sure, possible):
        p = self.p
        if rule.program is not None:
            path = canonical_program(rule.program)
            exact = self.names(p.program, self.programs, lambda name: name == path)
            sure.append(exact)
            if is_resolved_program(path):
                possible.append(exact)
            elif "~" not in path:
                like = program_basename(path)
                possible.append(
                    self.names(p.program, self.programs, lambda n: n in {path, FRESH} or program_basename(n) == like)
                )
        if rule.service == "*":
            both = self.names(p.service, self.services, lambda name: name != "")
            sure.append(both)
            possible.append(both)
        elif rule.service is not None:
            both = self.names(p.service, self.services, lambda name: name == rule.service.lower())
            possible.append(both)
            sure.append(both if service_is_certain(rule, self.state) else z3.BoolVal(False))
        if rule.extras.local_users:
            kernel = self.names(p.program, self.programs, lambda name: name == KERNEL)
            for is_kernel in (True, False):
                admits = sddl_admits(rule.extras.local_users, kernel=is_kernel)
                here = kernel if is_kernel else z3.Not(kernel)
                if admits is False:
                    possible.append(z3.Not(here))
                if not admits:
                    sure.append(z3.Not(here))

    def outcomes(self, settings: Settings):
        """(certainly allowed, certainly blocked) in one world."""
        state, p = self.state, self.p
        if not settings.firewall_on:
            subjects = [
                self.names(p.service, self.services, lambda n, r=r: n == r.service.lower())
                if r.service is not None
                else self.names(p.program, self.programs, lambda n, r=r: n == canonical_program(r.program))
                for r in state.rules
                if r.store is Store.HARDENING and r.action is Action.BLOCK and r.active and (r.service or r.program)
            ]
            return z3.Not(z3.Or(*subjects)), z3.BoolVal(False)
        steps = []
        if settings.exempt_interfaces:
            steps.append((True, z3.BoolVal(False), z3.BoolVal(True)))
        steps.append((False, *self._hardening()))
        if settings.shields_up and self.direction == 1:
            steps.append((False, z3.BoolVal(True), z3.BoolVal(True)))
        steps += self._rule_steps(settings)
        allowed, blocked = z3.BoolVal(settings.default_allows(self.direction)), None
        blocked = z3.Not(allowed)
        for allows, sure, possible in reversed(steps):
            if allows:
                allowed, blocked = z3.Or(sure, allowed), z3.And(z3.Not(possible), blocked)
            else:
                allowed, blocked = z3.And(z3.Not(possible), allowed), z3.Or(sure, blocked)
        return allowed, blocked

    def _hardening(self):
        rules = [(r, *self.sides(r)) for r in self.state.rules if r.store is Store.HARDENING and r.active]
        sure_allow = z3.Or(*(s for r, s, _ in rules if r.action is Action.ALLOW))
        may_allow = z3.Or(*(m for r, _, m in rules if r.action is Action.ALLOW))
        sure_block = z3.Or(*(s for r, s, _ in rules if r.action is Action.BLOCK))
        may_block = z3.Or(*(m for r, _, m in rules if r.action is Action.BLOCK))
        sure, possible = z3.And(sure_block, z3.Not(may_allow)), z3.And(may_block, z3.Not(sure_allow))
        if any(r.store is Store.APPISO for r in self.state.rules):
            sure, possible = z3.And(z3.Not(self.p.confined), sure), z3.Or(self.p.confined, possible)
        return sure, possible

    def _rule_steps(self, settings):
        no = z3.BoolVal(False)
        bypass, block, may_block, allow, may_allow = [no], [no], [no], [no], [no]
        for rule in self.state.rules:
            if not counts(rule, settings):
                continue
            sure, possible = self.sides(rule)
            extras = rule.extras
            secured = bool(extras.security or extras.remote_machines or extras.remote_users or extras.bypass_out)
            if rule.action is Action.BYPASS or extras.bypass_out:
                bypass.append(possible)
            if rule.action is Action.ALLOW:
                allow += [] if secured else [sure]
                may_allow.append(possible)
                may_block += [possible] if secured else []
            if rule.action is Action.BLOCK:
                block += [] if secured else [sure]
                may_block.append(possible)
        for gap in self.state.gaps:
            may_allow += [z3.BoolVal(True)] if gap.may_allow else []
            may_block += [z3.BoolVal(True)] if gap.may_block else []
        for rule in self.state.connection_rules:
            merged = rule.store is not Store.LOCAL or settings.local_ipsec
            if rule.active and merged and rule.action in DEMANDING_IPSEC[self.direction] and rule.profiles & self.profile:
                one, two = rule.endpoint1.ranges, rule.endpoint2.ranges
                top = 2**32 - 1
                meets = z3.Or(
                    *(
                        z3.And(self.ranges(self.p.local, a, top), self.ranges(self.p.remote, b, top))
                        for a, b in ((one, two), (two, one))
                    )
                )
                may_block.append(
                    z3.And(meets, z3.BoolVal(True) if rule.protocol is None else self.p.protocol == rule.protocol)
                )
        return [
            (True, no, z3.Or(*bypass)),
            (False, z3.Or(*block), z3.Or(*may_block, *block)),
            (True, z3.Or(*allow), z3.Or(*may_allow, *allow)),
        ]
