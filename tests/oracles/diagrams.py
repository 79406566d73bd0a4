"""Policies as binary decision diagrams (CUDD through ``dd``): another algebra for the same sets, and the yardstick of benches.

Compiles each rule to its sure and possible boxes as both engines do; all that follows, from the encoding of a flow into
bits to the decision order, is written anew.
"""

from __future__ import annotations

from collections.abc import Iterable

from dd import cudd

from cmfw.engine.conditions import DEMANDING_IPSEC, DISABLED, FIREWALL_SERVICES, counts, worlds
from cmfw.engine.rule_boxes import rule_boxes
from cmfw.engine.space import among_known, known_programs
from cmfw.model.rule import Action, Store, canonical_program
from cmfw.net.addr import V6_BASE
from cmfw.net.atoms import Atoms
from cmfw.net.box import Box, boxes
from cmfw.net.flow import Direction, Principal, Profile

FRESH = "a name nobody mentions"
WIDTHS = {"protocol": 8, "local_port": 16, "remote_port": 16, "icmp": 16, "interface": 2, "principal": 1, "profile": 2}
ORDER = (
    "direction", "family", "protocol", "profile", "program", "service", "local_port", "remote_port", "remote", "local",
    "icmp", "principal", "interface",
)  # fmt: skip
FLAGS = {"interface": (1, 2, 4, 8), "principal": (1, 2), "profile": (1, 2, 4)}


class Diagrams:
    """One manager for the flows that some states tell apart."""

    def __init__(self, *states, address_bits: int = 128):
        self.bdd = cudd.BDD()
        self.bdd.configure(reordering=False)
        rules = [rule for state in states for rule in state.rules]
        self.programs = known_programs(rules)
        services = {rule.service.lower() for rule in rules if rule.service not in (None, "*")} | {""}
        self.names = {"program": [*sorted(self.programs), FRESH], "service": [*sorted(services), FRESH]}
        self.widths = WIDTHS | {"direction": 1, "family": 1, "local": address_bits, "remote": address_bits}
        self.widths |= {name: (len(known) - 1).bit_length() or 1 for name, known in self.names.items()}
        self.bits = {name: [f"{name}{at}" for at in range(self.widths[name])] for name in ORDER}
        self.bdd.declare(*(bit for name in ORDER for bit in self.bits[name]))
        self._parts: dict[tuple, cudd.Function] = {}
        self._flows = self._well_formed()

    def _well_formed(self):
        """Numbers that stand for something, and neither ports nor ICMP types where the protocol has none."""
        found = self.bdd.true
        for name, known in self.names.items():
            found &= self._range(name, 0, len(known) - 1)
        found &= self._range("profile", 0, 2)
        ported = self._ranges("protocol", ((6, 6), (17, 17)))
        both = self._range("local_port", 0, 0) & self._range("remote_port", 0, 0)
        found &= ported | both
        for v6, foreign in ((0, 58), (1, 1)):
            found &= ~(self._range("family", v6, v6) & self._range("protocol", foreign, foreign))
        return found & (self._ranges("protocol", ((1, 1), (58, 58))) | self._range("icmp", 0, 0))

    def _range(self, name: str, first: int, last: int):
        bits = self.bits[name]
        return self._at_least(bits, first) & ~self._at_least(bits, last + 1)

    def _at_least(self, bits: list[str], number: int):
        if number >> len(bits):
            return self.bdd.false
        found = self.bdd.true
        for at, bit in enumerate(reversed(bits)):
            variable = self.bdd.var(bit)
            found = variable & found if number >> at & 1 else variable | found
        return found

    def _ranges(self, name: str, ranges: Iterable[tuple[int, int]]):
        found = self.bdd.false
        for first, last in ranges:
            found |= self._range(name, first, last)
        return found

    def part(self, name: str, part, *, v6: bool = False):
        """The flows whose part in one dimension is in the set; kept, since most rules share their parts."""
        key = (name, part, v6)
        found = self._parts.get(key)
        if found is None:
            found = self._parts[key] = self._part(name, part, v6)
        return found

    def _part(self, name: str, part, v6: bool):
        if isinstance(part, Atoms):
            if part.is_any:
                return self.bdd.true
            known = self.names[name]
            numbers = [at for at, each in enumerate(known) if each in part.names]
            inside = self._ranges(name, ((at, at) for at in numbers))
            return ~inside if part.complement else inside
        if name == "direction":
            return self._range(name, part - 1, part - 1)
        if isinstance(part, int):
            every = FLAGS[name]
            if part == sum(every):
                return self.bdd.true
            return self._ranges(name, ((at, at) for at, flag in enumerate(every) if part & flag))
        if name in ("local", "remote"):
            base, bits = (V6_BASE, 128) if v6 else (0, 32)
            if part == ((base, base + (1 << bits) - 1),):
                return self.bdd.true
            return self._low_ranges(name, [(first - base, last - base) for first, last in part], bits)
        return self.bdd.true if part == ((0, (1 << self.widths[name]) - 1),) else self._ranges(name, part)

    def _low_ranges(self, name: str, ranges, width: int):
        """Ranges in the first bits only: an IPv4 address uses a quarter of them."""
        found, bits = self.bdd.false, self.bits[name][:width]
        for first, last in ranges:
            found |= self._at_least(bits, first) & ~self._at_least(bits, last + 1)
        return found

    def box(self, box: Box):
        """The flows of a box of one direction."""
        v6 = box.local[0][0] >= V6_BASE
        found = self.part("direction", box.direction) & self._range("family", int(v6), int(v6))
        ported = box.local_port != ((0, 65535),) or box.remote_port != ((0, 65535),)
        names = [n for n in ORDER if n not in ("direction", "family") and (ported or "port" not in n)]
        for name in reversed(names):
            found &= self.part(name, getattr(box, name), v6=v6)
        return found

    def union(self, found: Iterable[Box]):
        """The flows of any of the boxes."""
        out = self.bdd.false
        for box in found:
            out |= self.box(box)
        return out

    def flows(self, found: Iterable[Box]):
        """The flows of the boxes that exist."""
        return self.union(found) & self._flows

    def sides(self, rule, state):
        """(surely matches, may match) of one rule."""
        compiled = rule_boxes(rule, state, self.programs)
        upper = among_known(compiled.upper, rule, self.programs) if compiled.depends_on_programs else compiled.upper
        possible = self.union(upper)
        return (possible if compiled.lower is compiled.upper else self.union(compiled.lower)), possible

    def outcomes(self, state):
        """(may be allowed, may be blocked) over all flows of the state."""
        false = self.bdd.false
        disabled = any(fact.name.lower() in FIREWALL_SERVICES and fact.start == DISABLED for fact in state.services)
        if disabled or any(gap.may_allow and gap.may_block for gap in state.gaps):
            return self._flows, self._flows
        sides = {id(r): self.sides(r, state) for r in state.rules if r.active and r.store is not Store.APPISO}
        allowed, blocked = false, false
        known = {}
        for profile in Profile:
            here = self.part("profile", int(profile))
            for settings in worlds(state, profile):
                if settings not in known:
                    known[settings] = self._world(state, settings, sides)
                can_allow, can_block = known[settings]
                allowed |= here & can_allow
                blocked |= here & can_block
        return allowed & self._flows, blocked & self._flows

    def _world(self, state, settings, sides):
        true, false = self.bdd.true, self.bdd.false
        if not settings.firewall_on:
            subjects = false
            for rule in state.rules:
                if rule.store is Store.HARDENING and rule.action is Action.BLOCK and rule.active:
                    if rule.service is not None:
                        subjects |= self.part("service", Atoms.of(rule.service.lower()))
                    elif rule.program is not None:
                        subjects |= self.part("program", Atoms.of(canonical_program(rule.program)))
            return true, subjects
        steps = [(True, false, true if settings.exempt_interfaces else false), self._hardening(state, sides)]
        shields = self.part("direction", int(Direction.IN)) if settings.shields_up else false
        steps += [(False, shields, shields), *self._rules(state, settings, sides)]
        inbound = self.part("direction", int(Direction.IN))
        allowed = (inbound if settings.allow_inbound else false) | (~inbound if settings.allow_outbound else false)
        can_allow, can_block = allowed, ~allowed
        for allows, sure, possible in reversed(steps):
            if allows:
                can_allow, can_block = sure | possible | can_allow, can_block & ~sure
            else:
                can_allow, can_block = can_allow & ~sure, sure | possible | can_block
        return can_allow, can_block

    def _hardening(self, state, sides):
        hard = [(r, *sides[id(r)]) for r in state.rules if r.store is Store.HARDENING and r.active]
        union = {(action, at): self.bdd.false for action in Action for at in (1, 2)}
        for entry in hard:
            for at in (1, 2):
                union[entry[0].action, at] |= entry[at]
        sure = union[Action.BLOCK, 1] & ~union[Action.ALLOW, 2]
        possible = union[Action.BLOCK, 2] & ~union[Action.ALLOW, 1]
        if any(rule.store is Store.APPISO for rule in state.rules):
            confined = self.part("principal", int(Principal.CONFINED))
            sure, possible = sure & ~confined, possible | confined
        return False, sure, possible

    def _rules(self, state, settings, sides):
        false = self.bdd.false
        bypass = block = may_block = allow = may_allow = false
        for rule in state.rules:
            if not counts(rule, settings):
                continue
            sure, possible = sides[id(rule)]
            extras = rule.extras
            secured = bool(extras.security or extras.remote_machines or extras.remote_users or extras.bypass_out)
            if rule.action is Action.BYPASS or extras.bypass_out:
                bypass |= possible
            if rule.action is Action.ALLOW:
                allow |= false if secured else sure
                may_allow |= possible
                may_block |= possible if secured else false
            elif rule.action is Action.BLOCK:
                block |= false if secured else sure
                may_block |= possible
        may_allow |= self.bdd.true if any(gap.may_allow for gap in state.gaps) else false
        may_block |= self.bdd.true if any(gap.may_block for gap in state.gaps) else false
        may_block |= self._demands(state, settings)
        return (True, false, bypass), (False, block, may_block), (True, allow, may_allow)

    def _demands(self, state, settings):
        found = self.bdd.false
        for rule in state.connection_rules:
            merged = rule.store is not Store.LOCAL or settings.local_ipsec
            for direction in Direction:
                if rule.active and merged and rule.action in DEMANDING_IPSEC[direction]:
                    protocol = ((0, 255),) if rule.protocol is None else ((rule.protocol,) * 2,)
                    one, two = rule.endpoint1.ranges, rule.endpoint2.ranges
                    for local, remote in ((one, two), (two, one)):
                        found |= self.union(
                            boxes(
                                direction=int(direction),
                                profile=rule.profiles,
                                protocol=protocol,
                                local=local,
                                remote=remote,
                            )
                        )
        return found

    def difference(self, before, after):
        """The flows whose verdict differs."""
        (one_allows, one_blocks), (other_allows, other_blocks) = self.outcomes(before), self.outcomes(after)
        unlike = self.bdd.apply("xor", one_allows, other_allows)
        return unlike | self.bdd.apply("xor", one_blocks, other_blocks)

    def living(self, state) -> set[int]:
        """The positions of the rules without which some flow gets another verdict, as fast as diagrams allow.

        For a state of one world without gaps, hardening or connection rules: unions of all rules before and after each one
        are kept, so that the others of a rule are two unions, cut to what the rule may match before anything else is done.
        """
        (settings,) = {each for profile in Profile for each in worlds(state, profile)}
        sides = [self._played(rule, state) if rule.active and counts(rule, settings) else None for rule in state.rules]
        before, after = self._unions(sides), self._unions(sides[::-1])[::-1]
        inbound = self.part("direction", int(Direction.IN))
        default = (inbound if settings.allow_inbound else self.bdd.false) | (
            ~inbound if settings.allow_outbound else self.bdd.false
        )
        found = set()
        for at, mine in enumerate(sides):
            if mine is None:
                continue
            here = (mine[0] | mine[2] | mine[4]) & self._flows
            others = [here & (one | other) for one, other in zip(before[at], after[at + 1], strict=True)]
            both = [union | part for union, part in zip(others, mine, strict=True)]
            if self._inside(here, others, default) != self._inside(here, both, default):
                found.add(at)
        return found

    def _played(self, rule, state):
        """(bypass, block sure and possible, allow sure and possible) of one rule."""
        sure, possible = self.sides(rule, state)
        false, extras = self.bdd.false, rule.extras
        secured = bool(extras.security or extras.remote_machines or extras.remote_users or extras.bypass_out)
        bypass = possible if rule.action is Action.BYPASS or extras.bypass_out else false
        if rule.action is Action.BLOCK:
            return bypass, false if secured else sure, possible, false, false
        if rule.action is Action.ALLOW:
            return bypass, false, possible if secured else false, false if secured else sure, possible
        return bypass, false, false, false, false

    def _unions(self, sides):
        """The unions of the parts of all rules before each position, and of all."""
        unions = [(self.bdd.false,) * 5]
        for mine in sides:
            last = unions[-1]
            unions.append(last if mine is None else tuple(one | other for one, other in zip(last, mine, strict=True)))
        return unions

    def _inside(self, here, unions, default):
        """(may be allowed, may be blocked) of the flows here."""
        bypass, block, may_block, allow, may_allow = unions
        can_allow = bypass | (allow | may_allow | default) & ~block
        can_block = block | may_block | ~default & ~allow
        return here & can_allow, here & can_block
