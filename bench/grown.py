"""Big rule sets grown from the rules of a real Windows 10: every rule many times, with the variation that fleets show."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from cmfw.model.rule import Action, AddressMatch, HostRule, PortMatch
from cmfw.model.state import HostState
from cmfw.net.addr import AddrSet
from cmfw.net.ports import PortSet


def grown(real: HostState, count: int, seed: int) -> HostState:
    """A state of ``count`` rules: the real active ones that are not for app packages, over and over, most of them varied."""
    draw = Random(seed)
    seeds = [r for r in real.rules if r.active and r.store == "local" and not (r.extras.packages or r.extras.local_owner)]
    rules = [
        _varied(seeds[at % len(seeds)], at, draw) if at >= len(seeds) else replace(seeds[at], id=f"rule-{at}")
        for at in range(count)
    ]
    return replace(real, rules=tuple(rules))


def changed(state: HostState, share: float, seed: int) -> HostState:
    """The state after a change window: a share of its rules gone, turned round, widened, narrowed or new."""
    draw = Random(seed)
    rules: list[HostRule] = []
    for at, rule in enumerate(state.rules):
        if draw.random() >= share:
            rules.append(rule)
            continue
        match draw.randrange(4):
            case 0:
                continue
            case 1:
                rules.append(replace(rule, action=Action.ALLOW if rule.action is Action.BLOCK else Action.BLOCK))
            case 2:
                rules += [rule, _varied(rule, len(state.rules) + at, draw)]
            case _:
                rules.append(_varied(rule, at, draw))
    return replace(state, rules=tuple(rules))


def _varied(rule: HostRule, number: int, draw: Random) -> HostRule:
    found = replace(rule, id=f"rule-{number}")
    if draw.random() < 0.3:
        base = (10 << 24) + (draw.randrange(4096) << 12)
        width = draw.choice((255, 4095))
        found = replace(found, remote_address=AddressMatch(AddrSet(((base, base + width),))))
    if draw.random() < 0.3 and rule.protocol in (6, 17):
        first = draw.choice((80, 443, 1433, 3389, 5985, 8080, draw.randrange(1024, 65000)))
        found = replace(found, local_port=PortMatch(PortSet.of((first, first + draw.choice((0, 0, 0, 15))))))
    if draw.random() < 0.15 and rule.program is not None:
        found = replace(found, program=f"C:\\Program Files\\Vendor{draw.randrange(60)}\\agent.exe", service=None)
    if draw.random() < 0.05:
        found = replace(found, action=Action.BLOCK)
    if draw.random() < 0.1:
        found = replace(found, profiles=draw.choice((1, 2, 6)))
    return found
