"""What of a machine's state is carried into one policy of a target: its rules in force, and the settings merged.

Stores are merged as Windows merges them, so that one store says what several said. What belongs to Windows itself (service
hardening, app containers) stays behind. Source: facts/windows_firewall.md 1.2, 3.2; ``engine.conditions``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from cmfw.emit.capability import Capabilities, Loss, unprintable
from cmfw.emit.host_policy import HostPolicy, Settings
from cmfw.emit.selection import GROUP
from cmfw.engine.conditions import counts, worlds
from cmfw.errors import Unsupported
from cmfw.model.rule import Action, HostRule, Store
from cmfw.model.state import DEFAULT_RPC_PORTS, HostState, ProfileSettings
from cmfw.net.flow import PROFILE_NAMES, Profile
from cmfw.values import value

BELONGS_TO_WINDOWS = (Store.HARDENING, Store.APPISO)
_POLICY_STORES = (Store.GPO, Store.MDM, Store.LOCAL)
"""In order of precedence for settings. Source: facts/windows_firewall.md 1.2, 3.2."""
_ONLY_OF_POLICIES = ("allow_local_policy_merge", "allow_local_ipsec_policy_merge")
"""Settings that count in a policy alone, never in the local store. Source: facts/windows_firewall.md 1.2."""
_FIELDS = ProfileSettings.__slots__  # type: ignore[attr-defined]


@value
class Skipped:
    """A rule that the target cannot say, and why; ``effect`` is what its absence does: ``narrower``, ``wider`` or ``none``."""

    rule: HostRule
    reason: str
    effect: str


@value(kw_only=True)
class Carried:
    """The policy to be written, the rules left out, what changed in form, and ``source``: the state that it stands for."""

    policy: HostPolicy
    skipped: tuple[Skipped, ...]
    losses: tuple[Loss, ...]
    source: HostState


def carry(state: HostState, target: Capabilities, check: Callable[[HostRule], None], where: str) -> Carried:
    """The policy of the target that stands for ``state``; ``check`` raises Unsupported for a rule that it cannot say."""
    source = replace(state, rules=tuple(rule for rule in state.rules if rule.store not in BELONGS_TO_WINDOWS))
    losses: list[Loss] = []
    if len(source.rules) < len(state.rules):
        losses.append(Loss("hardening", "", "service hardening and app container rules belong to Windows"))
    if state.connection_rules:
        losses.append(Loss("connection-rules", "", f"{len(state.connection_rules)} connection security rules stay behind"))
    if len({rule.store for rule in source.rules} | {store for store, _, _ in source.settings}) > 1:
        losses.append(Loss("merged", "", "rules and settings of several stores are merged into one"))
    rules: list[HostRule] = []
    members: list[HostRule] = []
    skipped: list[Skipped] = []
    taken: set[str] = set()
    for found in _in_force(source, losses):
        if _is_member(found, target, taken):
            members.append(replace(found, origin=""))
            taken.add(found.id.lower())
            continue
        rule = _fitted(found, target, taken, losses)
        taken.add(rule.id.lower())
        try:
            check(rule)
            rules.append(rule)
        except Unsupported as refusal:
            skipped.append(Skipped(found, refusal.reason, _effect(found)))
    policy = HostPolicy(
        owner="",
        where=where,
        notes=("converted from the state of a machine",),
        rules=tuple(rules),
        members=tuple(members),
        settings=_settings(source, target, losses),
        rpc_ports=state.rpc_ports or DEFAULT_RPC_PORTS,
    )
    losses += [Loss("inactive", s.rule.id, s.reason) for s in skipped if s.effect == "none"]
    if members:
        losses.append(Loss("group-members", "", "switched on or off by id, as the machine that runs this has them"))
    return Carried(policy=policy, skipped=tuple(skipped), losses=tuple(losses), source=source)


def _is_member(rule: HostRule, target: Capabilities, taken: set[str]) -> bool:
    """Whether the host has the rule already, so that it is only switched on or off, whatever its conditions are."""
    known = target.predefined == "enabled" and rule.group.startswith("@") and rule.store is Store.LOCAL
    return known and rule.id.lower() not in taken and not any(c in target.bad_in_ids or unprintable(c) for c in rule.id)


def _effect(rule: HostRule) -> str:
    if not rule.active:
        return "none"
    return "wider" if rule.action is Action.BLOCK else "narrower"


def _in_force(state: HostState, losses: list[Loss]) -> Iterator[HostRule]:
    """Every rule, in the profiles in which the merge laws let it count; those of no profile are left out."""
    laws = {profile: worlds(state, profile)[0] for profile in Profile}
    for rule in state.rules:
        mask = 0
        for profile, settings in laws.items():
            if rule.profiles & profile and counts(replace(rule, active=True), settings):
                mask |= int(profile)
        if mask == rule.profiles:
            yield rule
            continue
        losses.append(Loss("not-counted", rule.id, "the merge laws switch it off in some profiles or all"))
        if mask:
            yield replace(rule, profiles=mask)


def _fitted(rule: HostRule, target: Capabilities, taken: set[str], losses: list[Loss]) -> HostRule:
    """The rule with an id that the target takes and nobody else has, our group where its own cannot go along."""
    name = "".join("_" if c in target.bad_in_ids or unprintable(c) else c for c in rule.id)
    number = 2
    stem = name
    while name.lower() in taken:
        name = f"{stem} ({number})"
        number += 1
    if name != rule.id:
        losses.append(Loss("renamed", rule.id, f"its id is `{name}` now"))
    kept = target.predefined == "kept"
    changed = replace(rule, id=name, store=target.store, origin="", group=rule.group if kept else GROUP)
    if kept:
        return changed
    return replace(changed, name=_plain(rule.name, target) or name, description=_plain(rule.description, target))


def _plain(text: str, target: Capabilities) -> str:
    """The text without what no script can hold; it is for people and decides nothing."""
    return "".join("?" if c in target.bad_in_texts or unprintable(c) else c for c in text).replace("|", "/")


def _settings(state: HostState, target: Capabilities, losses: list[Loss]) -> Settings:
    """What the stores together configure, one entry a profile, as far as the target can say it."""
    out: list[tuple[Profile, ProfileSettings]] = []
    for profile in Profile:
        stores = [state.setting(store, profile) for store in _POLICY_STORES]
        found: dict[str, object] = {}
        for field in _FIELDS:
            chosen = next((getattr(each, field) for each in stores if getattr(each, field) is not None), None)
            if field == "do_not_allow_exceptions" and any(each.do_not_allow_exceptions for each in stores):
                chosen = True
            if field in _ONLY_OF_POLICIES:
                chosen = _of_policy(field, stores) if target.store is not Store.LOCAL else None
            if chosen is not None and field not in target.settings:
                losses.append(Loss("setting-unsaid", f"{PROFILE_NAMES[profile]}.{field}", "the target has no word for it"))
            elif chosen is not None:
                found[field] = chosen
        if found:
            out.append((profile, ProfileSettings(**found)))  # type: ignore[arg-type]
    return tuple(out)


def _of_policy(field: str, stores: Iterable[ProfileSettings]) -> object:
    return next((getattr(each, field) for each in list(stores)[:2] if getattr(each, field) is not None), None)
