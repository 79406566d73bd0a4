"""Documented Windows Firewall exceptions: are they on the machine as the document words them, and does it matter?

A predefined group is recognised by the resource id or the ids of its member rules, never by a display name.
Source: facts/configmgr.md 4.1 and 4.3, corrections 15, 38.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cmfw.catalog.types import Catalog
from cmfw.diagnose import commands
from cmfw.diagnose.findings import LOCAL_MERGE_OFF, finding
from cmfw.diagnose.leaves import WORKS, EndResult, Judge
from cmfw.diagnose.prefilter import is_confined
from cmfw.diagnose.repairs import merge_steps
from cmfw.diagnose.results import BlockedFlow, ExceptionResult, Presence, RowResult
from cmfw.model.finding import Finding, Severity
from cmfw.model.need import leaves
from cmfw.model.plan import FeatureRow, PlannedException
from cmfw.model.rule import Action, AddressMatch, HostRule, Store, group_id
from cmfw.model.verdict import Status
from cmfw.net.addr import format_address
from cmfw.net.box import with_part
from cmfw.net.flow import PROFILE_NAMES, PROTOCOL_NAMES, Direction, Flow, Profile
from cmfw.net.flowset import Box
from cmfw.values import value

# Python 3.11 takes a tenth of a microsecond to look a member of an enumeration up, and these are asked for every rule
_ALLOW = Action.ALLOW
_HARDENING, _APPISO, _LOCAL, _GPO = Store.HARDENING, Store.APPISO, Store.LOCAL, Store.GPO

_MOST_EVIDENCE = 8
_DIRECTIONS = {"in": Direction.IN, "out": Direction.OUT}


@value
class _Found:
    """A rule that the exception asks for: its id, the rule as it should be, and the machine's own rules of that id or kind."""

    wanted: HostRule
    mine: tuple[HostRule, ...]


class Exceptions:
    """Looks up what a machine has of each exception."""

    def __init__(self, catalog: Catalog, judge: Judge) -> None:
        self._judge = judge
        self._catalog = catalog
        self._groups: dict[str, list[HostRule]] = {}
        self._by_id: dict[str, list[HostRule]] = {}
        self._listed: dict[Direction, tuple[HostRule, ...]] = {}
        self._taking_part: dict[tuple[Direction, Profile], frozenset[int]] = {}
        for rule in judge.state.rules:
            if rule.action is _ALLOW and rule.store not in (_HARDENING, _APPISO):
                self._by_id.setdefault(rule.id, []).append(rule)
                if rule.group:
                    self._groups.setdefault(group_id(rule.group), []).append(rule)

    def parts(self, planned: PlannedException) -> tuple[_Found, ...]:
        """The rules that the exception asks for, each with what the machine has of it."""
        if planned.kind != "group":
            return tuple(_Found(rule, self._alike(rule)) for rule in planned.rules)
        mine = self._groups.get(group_id(planned.group or planned.value), [])
        wanted = {rule.id: rule for rule in planned.rules or mine or self._shipped(planned) if _fits(rule, planned)}
        found = []
        for name, rule in wanted.items():
            same = [r for r in (*mine, *self._by_id.get(name, ())) if r.id == name and _fits(r, planned)]
            found.append(_Found(rule, tuple({id(r): r for r in same}.values())))
        return tuple(found)

    def _shipped(self, planned: PlannedException) -> tuple[HostRule, ...]:
        """The members that the newest known Windows of that kind ships, for a machine that shows no rule of the group."""
        resource = group_id(planned.group or planned.value)
        group = next((g for g in self._catalog.groups.values() if group_id(g.resource) == resource), None)
        kind = "server" if self._judge.place.host else "client"
        for edition in reversed(group.editions if group else ()):
            found = tuple(member.rule for member in edition.members if _fits(member.rule, planned))
            if found and edition.sku in (kind, "any", ""):
                return found
        return ()

    def _alike(self, wanted: HostRule) -> tuple[HostRule, ...]:
        """The machine's allow rules that are as wide as a port, program or ICMP exception, on or off."""
        goal = self._judge.boxes_of(wanted).lower
        listed = self._for_anybody(wanted.direction)
        return tuple(rule for rule in listed if _may_be_as_wide(rule, wanted) and self._is_as_wide(rule, wanted, goal))

    def _for_anybody(self, direction: Direction) -> tuple[HostRule, ...]:
        """The allow rules of one direction that may be for any peer and are not for one service or for app packages."""
        found = self._listed.get(direction)
        if found is None:
            found = self._listed[direction] = tuple(
                rule
                for rules in self._by_id.values()
                for rule in rules
                if rule.direction is direction
                and rule.service is None
                and (rule.remote_address.is_any or rule.remote_address.keywords)
                and not is_confined(rule)
            )
        return found

    def _is_as_wide(self, rule: HostRule, wanted: HostRule, goal: tuple[Box, ...]) -> bool:
        lower = self._judge.boxes_of(rule).lower
        shared = wanted.profiles & rule.profiles
        return bool(goal) and all(any(b.covers(with_part(g, "profile", shared)) for b in lower) for g in goal)

    def counts(self, rule: HostRule, profile: Profile) -> bool:
        """Whether the machine's rule takes part in the profile after the merge laws."""
        key = (rule.direction, profile)
        if key not in self._taking_part:
            self._taking_part[key] = frozenset(id(r) for r in self._judge.engine.rules(*key))
        return id(rule) in self._taking_part[key]


def _may_be_as_wide(rule: HostRule, wanted: HostRule) -> bool:
    """Cheap and generous: False only where the rule is certainly narrower than the exception. Both are of one direction."""
    return (
        rule.protocol in (None, wanted.protocol)
        and bool(rule.profiles & wanted.profiles)
        and (rule.program is None or wanted.program is not None)
        and (rule.icmp is None or wanted.icmp is not None)
        and (rule.local_port.is_any or bool(rule.local_port.keywords) or wanted.local_port.ports <= rule.local_port.ports)
    )


def _fits(rule: HostRule, planned: PlannedException) -> bool:
    ways = {_DIRECTIONS[way] for way in planned.directions}
    return rule.direction in ways and bool(rule.profiles & planned.profiles)


def judge_exceptions(
    catalog: Catalog,
    planned: tuple[PlannedException, ...],
    rows: tuple[FeatureRow, ...],
    results: tuple[RowResult, ...],
    judge: Judge,
) -> tuple[tuple[ExceptionResult, ...], tuple[Finding, ...]]:
    """Every exception of the machine, and findings about those that are absent, ignored or reach too little."""
    lookup = Exceptions(catalog, judge)
    blocked = _blocked_by_feature(rows, judge)
    status = _status_by_feature(results)
    found: list[ExceptionResult] = []
    findings: dict[tuple[str, str], Finding] = {}
    silent: list[ExceptionResult] = []
    for one in planned:
        parts = lookup.parts(one)
        result = _presence(lookup, one, parts, judge)
        twin = _local_subnet_only(lookup, one, parts, blocked.get(one.feature, ()), judge)
        if twin is not None:
            result = replace(result, presence=Presence.LOCAL_SUBNET)
            findings.setdefault(("group-profile", one.group), _group_profile(one, twin))
        elif result.presence is not Presence.PRESENT and result.by_default:
            silent.append(result)
        elif result.presence is not Presence.PRESENT:
            proofs = blocked.get(one.feature, ())
            findings["exception-missing", one.id] = _missing(one, result, parts, status.get(one.feature), proofs, judge)
        found.append(result)
    listed = [*findings.values()]
    if silent:
        listed.append(_by_default(judge.place.name, silent))
    return tuple(found), tuple(listed)


def _blocked_by_feature(rows: Iterable[FeatureRow], judge: Judge) -> dict[str, tuple[tuple[EndResult, BlockedFlow], ...]]:
    """For each feature every end at which something does not surely pass, with its counterexample."""
    found: dict[str, dict[str, tuple[EndResult, BlockedFlow]]] = {}
    for row in rows:
        for name in () if row.disabled else leaves(row.need):
            proof = judge.proof(name)
            if proof is not None:
                end = next(one for one in judge.leaf(name).ends if one.end == proof.end)
                found.setdefault(row.feature, {})[name] = (end, proof)
    return {feature: tuple(proofs.values()) for feature, proofs in found.items()}


def _status_by_feature(results: Iterable[RowResult]) -> dict[str, RowResult]:
    """The worst row of each feature that is on."""
    worst: dict[str, RowResult] = {}
    for row in results:
        if row.bounds is not None:
            known = worst.get(row.feature)
            if known is None or known.bounds is None or row.bounds.low < known.bounds.low:
                worst[row.feature] = row
    return worst


def _presence(lookup: Exceptions, one: PlannedException, parts: tuple[_Found, ...], judge: Judge) -> ExceptionResult:
    profiles = [profile for profile in Profile if profile & one.profiles]
    missing, ignored = [], []
    for part in parts:
        for profile in profiles:
            mine = [rule for rule in part.mine if rule.profiles & profile]
            if not part.wanted.profiles & profile or any(lookup.counts(rule, profile) for rule in mine):
                continue
            missing.append(part.wanted.id)
            if any(rule.active for rule in mine):
                ignored.append(part.wanted.id)
    ways = {part.wanted.direction for part in parts if part.wanted.id in missing} or {_DIRECTIONS[w] for w in one.directions}
    by_default = ways == {Direction.OUT} and all(
        world.allow_outbound for profile in profiles for world in judge.engine.worlds(profile)
    )
    names = tuple(dict.fromkeys(missing))
    if parts and not names:
        presence = Presence.PRESENT
    elif names and len(set(ignored)) == len(names):
        presence = Presence.IGNORED
    else:
        presence = Presence.PARTLY if len(names) < len(parts) else Presence.MISSING
    return ExceptionResult(one.id, one.feature, presence, names, by_default)


def _local_subnet_only(
    lookup: Exceptions,
    one: PlannedException,
    parts: tuple[_Found, ...],
    proofs: Iterable[tuple[EndResult, BlockedFlow]],
    judge: Judge,
) -> tuple[HostRule, BlockedFlow] | None:
    """A member that is on and would let a blocked flow pass if it were not for the local subnet only."""
    if one.kind != "group":
        return None
    members = [rule for part in parts for rule in part.mine]
    for end, proof in proofs:
        for rule in members:
            words = rule.remote_address.keywords
            if not any(word.startswith("LocalSubnet") for word in words) or rule.direction is not end.direction:
                continue
            if lookup.counts(rule, proof.flow.profile) and _lets_pass(
                replace(rule, remote_address=AddressMatch.ANY), proof.flow, judge
            ):
                return rule, proof
    return None


def _lets_pass(rule: HostRule, flow: Flow, judge: Judge) -> bool:
    return any(flow in box for box in judge.engine.boxes_of(rule).upper)


def _group_profile(one: PlannedException, twin: tuple[HostRule, BlockedFlow]) -> Finding:
    rule, proof = twin
    certain = Severity.WARNING if proof.is_unknown else Severity.ERROR
    return finding(
        "group-profile",
        certain,
        one.where,
        witness=proof.flow.text(),
        evidence=(rule.origin or rule.id, f"{one.citation.source} {one.citation.at}"),
        group=one.group,
        profile=PROFILE_NAMES[proof.flow.profile],
        peers=_peer(proof.flow),
        feature=one.feature,
        exception=one.id,
        rule=rule.id,
    )


def _traffic(parts: Iterable[_Found]) -> str:
    """``TCP 2701``, ``ICMP4 8`` of the rules that a port or ICMP exception means."""
    found = []
    for rule in (part.wanted for part in parts):
        name = "IP" if rule.protocol is None else PROTOCOL_NAMES.get(rule.protocol, f"ip/{rule.protocol}").upper()
        ports = rule.remote_port if rule.direction is Direction.OUT else rule.local_port
        numbers = "" if ports.is_any else str(ports.ports)
        kinds = ", ".join(str(kind) for kind, _ in rule.icmp or ())
        found.append(f"{name} {numbers or kinds}".rstrip())
    return ", ".join(dict.fromkeys(found))


def _peer(flow: Flow) -> str:
    """The address at the other end."""
    source, _, target, _ = flow.endpoints()
    return format_address(source if flow.direction is Direction.IN else target)


def _missing(
    one: PlannedException,
    result: ExceptionResult,
    parts: tuple[_Found, ...],
    row: RowResult | None,
    proofs: Iterable[tuple[EndResult, BlockedFlow]],
    judge: Judge,
) -> Finding:
    absent = [part for part in parts if part.wanted.id in result.missing]
    cause = next((p for _, p in proofs if any(_lets_pass(part.wanted, p.flow, judge) for part in absent)), None)
    bounds = WORKS if row is None or row.bounds is None else row.bounds
    severity = Severity.NOTE if bounds.low is Status.WORKS else Severity.WARNING
    if cause is not None and not cause.is_unknown and bounds.high is Status.BROKEN:
        severity = Severity.ERROR
    merge = merge_steps(judge.state, one.profiles)
    ignored = bool(merge) and any(rule.store is _LOCAL and rule.active for part in absent for rule in part.mine)
    place = f"{one.citation.source} {one.citation.at}"
    return finding(
        "exception-missing",
        severity,
        one.where,
        witness="" if cause is None else cause.flow.text(),
        repair=tuple(_commands(absent, in_policy=bool(merge))),
        evidence=(place, *[r.origin for part in absent for r in part.mine][:_MOST_EVIDENCE]),
        depends_on=(LOCAL_MERGE_OFF,) if ignored else (),
        exception=one.id,
        feature=one.feature,
        kind=one.kind,
        value=one.value,
        traffic=_traffic(parts) if one.kind not in ("group", "program") else "",
        direction=" ".join(one.directions),
        presence=result.presence.value,
        missing=", ".join(result.missing),
        status="" if row is None else row.status,
    )


def _commands(absent: Iterable[_Found], *, in_policy: bool) -> Iterator[str]:
    """What makes the exception as documented: switches on what the machine has, else adds the rule.

    ``in_policy``: local rules do not count, so all of it has to stand in the Group Policy.
    """
    idle = []
    for part in absent:
        mine = [rule for rule in part.mine if not rule.active and not in_policy]
        if mine:
            idle.append(mine[0])
        else:
            store = _GPO if in_policy else _LOCAL
            yield commands.add_rule(replace(part.wanted, active=True, store=store))
    yield from commands.enable_rules(idle)


def _by_default(who: str, silent: list[ExceptionResult]) -> Finding:
    """One note for outbound exceptions that nobody needs to make where outbound traffic is allowed anyway."""
    return finding(
        "exception-missing",
        Severity.NOTE,
        who,
        count=len(silent),
        feature=", ".join(dict.fromkeys(result.feature for result in silent)),
        exception=", ".join(result.id for result in silent),
        presence=Presence.MISSING.value,
        direction="out",
        reason="outbound_default",
        variant="by_default",
    )
