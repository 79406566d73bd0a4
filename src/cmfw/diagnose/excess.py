"""What the machine lets in that the plan does not need: rules needed by nothing, and rules wider than needed.

Prefiltered: a rule is compared with the planned flows that it meets, and only user-made rules are cut into pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cmfw.diagnose.findings import finding
from cmfw.diagnose.leaves import Judge
from cmfw.diagnose.prefilter import may_meet
from cmfw.model.finding import Finding, Severity
from cmfw.model.plan import Plan
from cmfw.model.rule import Action, HostRule, Store
from cmfw.model.verdict import Answer
from cmfw.net import intervals
from cmfw.net.addr import V4_ALL, V6_ALL, AddrSet
from cmfw.net.atoms import Atoms
from cmfw.net.box import ALL_PORTS, ALL_PROTOCOLS, Box, with_part
from cmfw.net.flow import (
    ALL_INTERFACES,
    ALL_PRINCIPALS,
    ALL_PROFILES,
    PORT_PROTOCOLS,
    PROFILE_NAMES,
    PROTOCOL_NAMES,
    TCP,
    Direction,
    Profile,
)
from cmfw.net.flowset import FlowSet, Preferences
from cmfw.net.ports import PortSet

# Python 3.11 takes a tenth of a microsecond to look a member of an enumeration up, and these are asked for every rule
_IN, _OUT = Direction.IN, Direction.OUT
_ALLOW = Action.ALLOW
_HARDENING, _APPISO = Store.HARDENING, Store.APPISO

MISPRINTED = 433
"""Printed by the Chinese page in four places instead of 443. Source: erratum E1."""
_NARROW = 10
"""A range of at most so many ports names its ports; a wider one was not made for 433."""
_PARTS = (
    ("addresses", "remote"),
    ("ports", "local_port"),
    ("protocols", "protocol"),
    ("profiles", "profile"),
    ("programs", "program"),
    ("programs", "service"),
)
_MOST_TRIED = 12


def over_permission(plan: Plan, judge: Judge) -> tuple[Finding, ...]:
    """Findings ``excess``, ``wider``, ``port-433`` and ``local-port-only``."""
    served, allowed = _needed(plan, judge)
    wanted = preferences(judge)
    found: list[Finding] = []
    baseline: list[HostRule] = []
    for rule, profiles in _open_rules(judge):
        met = _serving(rule, profiles, served, judge)
        first = next(met, None)
        if first is not None:
            # a rule that surely lets nothing in is wider than nothing
            if judge.boxes_of(rule).lower and not _is_needed(rule, profiles, allowed, judge):
                serving = (first, *met)
                features = dict.fromkeys(name for box in serving for name in served[box])
                found += _wider(rule, profiles, serving, allowed, judge, wanted, features)
        elif is_built_in(rule):
            baseline.append(rule)
        elif not _names_misprint(rule):
            found += _excess(rule, profiles, judge, wanted)
    found += _baseline(baseline, judge, wanted)
    found += _smells(judge)
    return tuple(found)


def is_built_in(rule: HostRule) -> bool:
    """Whether Windows or a component of it ships the rule: its name or group is a resource, or it is for an app package."""
    return rule.group.startswith("@") or rule.name.startswith("@") or bool(rule.extras.packages)


def _open_rules(judge: Judge) -> list[tuple[HostRule, int]]:
    """(allow rule that takes part inbound, mask of the profiles in which it does), where the firewall stands and lets in."""
    found: dict[int, tuple[HostRule, int]] = {}
    for profile in Profile:
        if not all(world.firewall_on and not world.shields_up for world in judge.engine.worlds(profile)):
            continue
        for rule in judge.engine.rules(_IN, profile):
            if rule.action is _ALLOW:
                known = found.get(id(rule), (rule, 0))
                found[id(rule)] = (rule, known[1] | int(profile))
    return list(found.values())


def _needed(plan: Plan, judge: Judge) -> tuple[dict[Box, tuple[str, ...]], tuple[Box, ...]]:
    """(inbound flows that the plan needs here and the features that do, the same with all that the plan's own rules allow for them).

    Local addresses, interfaces and the service inside a program do not count as width: a rule that leaves them out lets
    nobody else in.
    """
    place = judge.place
    served: dict[Box, tuple[str, ...]] = {}
    allowed: dict[Box, None] = {}
    own: dict[int, HostRule] = {}
    for item in plan.items:
        if "to" not in place.ends(item):
            continue
        for box in item.flows_at("to"):
            local = V4_ALL if box.local[0][1] < V6_ALL[0][0] else V6_ALL
            wide = with_part(
                with_part(with_part(box, "local", local), "interface", ALL_INTERFACES), "principal", ALL_PRINCIPALS
            )
            served[wide] = (*served.get(wide, ()), *item.features)
            allowed[wide if wide.program.is_any else with_part(wide, "service", Atoms.ANY)] = None
        own.update((id(r.rule), r.rule) for r in item.rules if r.on == "to" and r.where == place.name)
    for rule in own.values():
        allowed.update(dict.fromkeys(judge.boxes_of(rule).upper))
    return served, tuple(allowed)


def planned_flows(plan: Plan, judge: Judge) -> tuple[Box, ...]:
    """All inbound flows that the plan needs here or that its own rules allow for them, as wide as ``_needed`` takes them."""
    served, allowed = _needed(plan, judge)
    return (*served, *allowed)


def _serving(rule: HostRule, profiles: int, served: Iterable[Box], judge: Judge) -> Iterator[Box]:
    """The needed flows that the rule meets."""
    for box in served:
        if _may_meet(rule, profiles, box) and any(box.intersect(one) for one in judge.boxes_of(rule).upper):
            yield box


def _is_needed(rule: HostRule, profiles: int, allowed: tuple[Box, ...], judge: Judge) -> bool:
    """Whether one needed set holds all that the rule allows."""
    near = [box for box in allowed if _may_meet(rule, profiles, box)]
    if not near:
        return False
    return all(any(box.covers(_within(one, profiles)) for box in near) for one in judge.boxes_of(rule).upper)


def _within(box: Box, profiles: int) -> Box:
    shared = box.profile & profiles
    return box if shared == box.profile else with_part(box, "profile", shared)


def _may_meet(rule: HostRule, profiles: int, box: Box) -> bool:
    return bool(box.profile & profiles) and may_meet(rule, box)


def _wider(
    rule: HostRule,
    profiles: int,
    serving: tuple[Box, ...],
    allowed: tuple[Box, ...],
    judge: Judge,
    wanted: Preferences,
    features: Iterable[str],
) -> Iterator[Finding]:
    """What the rule allows beyond the flows that it serves, with the part of the rule that is too wide."""
    near = tuple(box for box in (*serving, *allowed) if _may_meet(rule, profiles, box))
    for box in judge.boxes_of(rule).lower:
        for name, field, pieces in _beyond_all(_within(box, profiles), near, is_built_in(rule)):
            witness = _allowed_witness(pieces, judge, wanted)
            if witness is not None:
                yield finding(
                    "wider",
                    Severity.NOTE if is_built_in(rule) else Severity.WARNING,
                    rule.id,
                    witness=witness,
                    evidence=(rule.origin or rule.id,),
                    rule=rule.id,
                    name=rule.name,
                    features=", ".join(features),
                    part=name,
                    variant="" if field else "combination",
                    needed=_shown(serving, field) if field else "",
                    allowed=_shown((box,), field) if field else "",
                )
                return


def _beyond_all(box: Box, serving: tuple[Box, ...], quick: bool) -> Iterator[tuple[str, str, tuple[Box, ...]]]:
    """(part that is too wide, its field, the flows beyond), the most telling part first; the exact rest comes last."""
    for name, field in _PARTS:
        piece = _beyond(box, serving, field)
        if piece is not None:
            yield name, field, (piece,)
    if not quick:
        yield "combination", "", (FlowSet((box,)) - FlowSet.of(serving)).boxes


def _beyond(box: Box, serving: tuple[Box, ...], field: str) -> Box | None:
    """The part of the box that is outside every serving box in this one dimension."""
    mine = getattr(box, field)
    family = box.remote[0][1] < V6_ALL[0][0]
    fitting = [one for one in serving if (one.remote[0][1] < V6_ALL[0][0]) == family]
    if not fitting and field != "remote":
        return None
    for one in fitting:
        theirs = getattr(one, field)
        if isinstance(mine, int):
            mine &= ~theirs
        elif isinstance(mine, Atoms):
            mine -= theirs
        else:
            mine = intervals.subtract(mine, theirs)
    if not mine or (isinstance(mine, Atoms) and mine.is_empty):
        return None
    return with_part(box, field, mine)


def _shown(boxes: Iterable[Box], field: str) -> str:
    values = [getattr(box, field) for box in boxes]
    match field:
        case "profile":
            mask = 0
            for value in values:
                mask |= value
            return ", ".join(name for profile, name in PROFILE_NAMES.items() if mask & profile)
        case "remote":
            found = AddrSet.from_pairs(pair for value in values for pair in value)
            whole = found.is_any or found.ranges in (V4_ALL, V6_ALL)
            return "*" if whole else ", ".join(found.texts()[:5])
        case "local_port":
            return str(PortSet.from_pairs(pair for value in values for pair in value))
        case "protocol":
            return ", ".join(dict.fromkeys(_protocol(pair) for value in values for pair in value))
        case _:
            names = {name for value in values for name in value.names}
            return "*" if any(value.complement for value in values) else ", ".join(sorted(names))


def _protocol(pair: tuple[int, int]) -> str:
    first, last = pair
    if (first, last) == ALL_PROTOCOLS[0]:
        return "*"
    return PROTOCOL_NAMES.get(first, f"ip/{first}") if first == last else f"ip/{first}-{last}"


def _excess(rule: HostRule, profiles: int, judge: Judge, wanted: Preferences) -> Iterator[Finding]:
    lower = [_within(box, profiles) for box in judge.boxes_of(rule).lower]
    witness = _allowed_witness(lower, judge, wanted)
    if witness is not None:
        yield finding(
            "excess",
            Severity.WARNING,
            rule.id,
            witness=witness,
            evidence=(rule.origin or rule.id,),
            rule=rule.id,
            rules=rule.id,
            name=rule.name,
            count=1,
            profiles=_profile_names(profiles),
        )


def _allowed_witness(boxes: Iterable[Box], judge: Judge, wanted: Preferences) -> str | None:
    """A flow of the boxes that the machine really lets in, None where something else always stops it or it is unsure."""
    for box in list(boxes)[:_MOST_TRIED]:
        flow = FlowSet((box,)).witness(wanted)
        if judge.replay(flow).answer is Answer.ALLOW:
            return flow.text()
    return None


def preferences(judge: Judge) -> Preferences:
    """Witnesses that say something: this machine, and a neighbour or somebody on the internet."""
    own = [first for first, _ in (judge.state.addresses & judge.place.addresses).ranges]
    near = [first + offset for offset in (9, 77) for first, last in judge.place.addresses.ranges if last - first > 100]
    return Preferences(
        addresses=(*own, *near, *(first for first, _ in _ELSEWHERE.ranges)), ports=(8080, 445, 135, 3389, 5985, 80, 443, 137)
    )


_ELSEWHERE = AddrSet.parse("192.0.2.66", "2001:db8::66", "192.0.2.9", "2001:db8::9")
"""Documentation prefixes (RFC 5737, RFC 3849)."""


def _baseline(rules: list[HostRule], judge: Judge, wanted: Preferences) -> Iterator[Finding]:
    """One note for the rules that Windows ships and that are on, with the widest of them."""
    if not rules:
        return
    worst = sorted(rules, key=_width, reverse=True)
    shown = []
    witness = ""
    for rule in worst[:_MOST_TRIED]:
        text = _allowed_witness(judge.boxes_of(rule).lower, judge, wanted)
        if text is not None:
            witness = witness or text
            shown.append(rule)
        if len(shown) == 3:
            break
    if not shown:
        return
    yield finding(
        "excess",
        Severity.NOTE,
        judge.place.name,
        witness=witness,
        evidence=tuple(rule.origin or rule.id for rule in shown),
        count=len(rules),
        rules=", ".join(rule.id for rule in shown),
        name="Windows",
        variant="built_in",
    )


def _width(rule: HostRule) -> tuple[bool, bool, bool, int, str]:
    """How much a rule lets in, roughly: any peer, any program, any port, how many profiles."""
    return (
        rule.remote_address.is_any,
        rule.program is None,
        rule.local_port.is_any,
        (rule.profiles & ALL_PROFILES).bit_count(),
        rule.id,
    )


def _smells(judge: Judge) -> Iterator[Finding]:
    """Rules that are likely mistakes wherever they stand: TCP 433, and outbound rules with the port on the wrong side."""
    for rule in judge.state.rules:
        if not rule.active or rule.action is not _ALLOW or rule.store in (_HARDENING, _APPISO):
            continue
        if _names_misprint(rule):
            yield finding(
                "port-433",
                Severity.WARNING,
                rule.id,
                evidence=(rule.origin or rule.id, "E1"),
                place=f"rule {rule.id}",
                port=MISPRINTED,
                rule=rule.id,
                name=rule.name,
                variant="rule",
            )
        if _opens_local_port_only(rule):
            yield finding(
                "local-port-only",
                Severity.WARNING,
                rule.id,
                evidence=(rule.origin or rule.id,),
                rule=rule.id,
                name=rule.name,
                ports=rule.local_port.ports,
            )


def _names_misprint(rule: HostRule) -> bool:
    """Whether the rule names TCP 433 itself, and not just a wide range that holds it."""
    return rule.protocol == TCP and any(_names_port(m.ports.ranges) for m in (rule.local_port, rule.remote_port))


def _names_port(ranges: intervals.Ranges) -> bool:
    return ranges != ALL_PORTS and any(first <= MISPRINTED <= last and last - first < _NARROW for first, last in ranges)


def _opens_local_port_only(rule: HostRule) -> bool:
    """Whether the rule has the port of a server on the client's side, where it never matches a client's flow.

    Windows ships such rules for servers of its own. Source: facts/windows_firewall.md 3.3, configmgr.md 6 (P7).
    """
    if rule.direction is not _OUT or rule.protocol not in PORT_PROTOCOLS or is_built_in(rule):
        return False
    return rule.remote_port.is_any and not rule.local_port.is_any and not rule.local_port.keywords


def _profile_names(mask: int) -> str:
    return ", ".join(name for profile, name in PROFILE_NAMES.items() if mask & profile)
