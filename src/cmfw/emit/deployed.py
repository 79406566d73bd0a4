"""What is missing, different or left over of our rules on a machine, against what a target writes: ``emit --check``.

A rule is found by its id, or where a format keeps none, by the name that our targets give it. It is compared by its normal form, so
another spelling of the same conditions is no difference; one that is switched off, or that policy does not let count, is.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

from cmfw.emit import HOST_TARGETS, TARGETS, Artifact
from cmfw.emit.normal_form import NormalForm, normal_form
from cmfw.emit.selection import GROUP, GroupUse
from cmfw.engine.conditions import counts, worlds
from cmfw.engine.exact import Engine
from cmfw.errors import COMMAND_LINE, InputError, Problem
from cmfw.model.mandate import mandate_of
from cmfw.model.rule import HostRule, Store, group_id
from cmfw.model.state import HostState
from cmfw.net.flow import Direction, Profile
from cmfw.values import value
from cmfw.words.phrases import listed, phrase

_PREFIX = "cmfw-"
"""How the ids of all rules of a plan begin."""
_OF_WINDOWS = (Store.HARDENING, Store.APPISO)
_WAYS = {Direction.IN: "in", Direction.OUT: "out"}
_FIELDS = {
    "action": ("action",),
    "direction": ("direction",),
    "profiles": ("profiles",),
    "protocol": ("protocol", "icmp"),
    "ports": ("local_port", "remote_port"),
    "local_address": ("local_address",),
    "remote_address": ("remote_address",),
    "program": ("program",),
    "service": ("service",),
    "interfaces": ("interfaces",),
    "conditions": ("extras",),
}
"""What differs -> the fields that say it."""


@value
class Different:
    """A rule that is there and does not do what is asked: ``reasons`` are ``inactive``, ``not_counted``, or what differs."""

    id: str
    origin: str
    reasons: tuple[str, ...]


@value(kw_only=True)
class Deployment:
    """What a machine has of what was asked: how many rules are the same, ids that are missing, those that differ, and rules of
    ours that nobody asks for. ``expired`` are rules of ours whose description says that their last day is over.
    """

    same: int
    missing: tuple[str, ...]
    different: tuple[Different, ...]
    extra: tuple[str, ...]
    expired: tuple[str, ...] = ()

    @property
    def is_as_asked(self) -> bool:
        """Whether the machine has exactly what was asked of our rules."""
        return not (self.missing or self.different or self.extra)


def look_for(target: str, artifacts: tuple[Artifact, ...], state: HostState, day: str = "") -> Deployment:
    """Hold what the artifacts of a host target make against the rules of the machine; raises InputError for another target.

    ``day`` (ISO 8601) is the day that last days are held against; empty asks for none.
    """
    if target not in HOST_TARGETS:
        choices = listed(f"`{name}`" for name in HOST_TARGETS)
        raise InputError(
            Problem(file=COMMAND_LINE, key="--check", expected=phrase("one of {names}", names=choices), found=f"`{target}`")
        )
    wanted = _joined(tuple(rule for artifact in artifacts for rule in artifact.claims))
    groups = import_module(TARGETS[target]).read_policy(artifacts).groups
    rules = tuple(rule for rule in state.rules if rule.store not in _OF_WINDOWS)
    missing: list[str] = []
    different: list[Different] = []
    taken: set[int] = set()
    same = 0
    for rule_id, parts in wanted.items():
        found = tuple(rule for rule in rules if _is_it(rule, rule_id))
        taken |= {id(rule) for rule in found}
        if not found:
            missing.append(rule_id)
        elif reasons := _reasons(parts, found, state):
            different.append(Different(rule_id, found[0].origin, reasons))
        else:
            same += 1
    for use in groups:
        _look_for_group(use, rules, missing, different)
    extra = tuple(rule.id for rule in rules if id(rule) not in taken and _is_ours(rule))
    expired = tuple(r.id for r in rules if day and _is_ours(r) and mandate_of(r.description).is_over(day))
    return Deployment(same=same, missing=tuple(missing), different=tuple(different), extra=extra, expired=expired)


def _joined(claims: tuple[HostRule, ...]) -> dict[str, tuple[HostRule, ...]]:
    """Rule id -> the rules that a target makes of it."""
    out: dict[str, tuple[HostRule, ...]] = {}
    for rule in claims:
        out[rule.id] = (*out.get(rule.id, ()), rule)
    return out


def _is_it(rule: HostRule, rule_id: str) -> bool:
    """Whether a deployed rule is ours of that id: netsh, DSC and Ansible keep it as the name, Intune in front of it."""
    wanted = rule_id.lower()
    name = rule.name.lower()
    return rule.id.lower() == wanted or (rule_id.startswith(_PREFIX) and (name == wanted or name.startswith(f"{wanted}: ")))


def _is_ours(rule: HostRule) -> bool:
    return rule.group == GROUP or any(text.lower().startswith(_PREFIX) for text in (rule.id, rule.name))


def _reasons(wanted: tuple[HostRule, ...], found: tuple[HostRule, ...], state: HostState) -> tuple[str, ...]:
    active = tuple(rule for rule in found if rule.active)
    if len(active) < len(found):
        return ("inactive",)
    # in one store and without settings, only the conditions are compared
    facts = replace(state, settings=(), gaps=())
    if _form(facts, wanted) != _form(facts, active):
        return _what_differs(wanted[0], found[0])
    laws = {profile: worlds(state, profile)[0] for profile in Profile}
    counted = all(counts(rule, law) for rule in active for profile, law in laws.items() if rule.profiles & profile)
    return () if counted else ("not_counted",)


def _form(facts: HostState, rules: tuple[HostRule, ...]) -> NormalForm:
    one_store = tuple(replace(rule, active=True, store=Store.GPO) for rule in rules)
    return normal_form(Engine(replace(facts, rules=one_store)))


def _what_differs(wanted: HostRule, found: HostRule) -> tuple[str, ...]:
    names = (name for name, fields in _FIELDS.items() if any(getattr(wanted, f) != getattr(found, f) for f in fields))
    return tuple(names) or ("conditions",)


def _look_for_group(use: GroupUse, rules: tuple[HostRule, ...], missing: list[str], different: list[Different]) -> None:
    members = [
        rule
        for rule in rules
        if group_id(rule.group) == group_id(use.resource)
        and rule.profiles & use.profiles
        and _WAYS[rule.direction] in use.directions
    ]
    if not members:
        missing.append(use.resource)
    different += [Different(rule.id, rule.origin, ("inactive",)) for rule in members if not rule.active]
