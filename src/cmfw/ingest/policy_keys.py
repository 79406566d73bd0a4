"""A policy key with its rules and profiles, read from any container into ``StorePart`` values.

Nothing is lost in silence: every value of a rule key becomes a rule, a connection security rule, or a problem.

Source: facts/windows_firewall.md 1.1 (stores and keys), MS-GPFAS 2.2.
"""

from __future__ import annotations

from codecs import utf_16_le_decode
from collections.abc import Iterable
from dataclasses import replace

from cmfw.errors import Problem
from cmfw.ingest.evidence import StorePart
from cmfw.ingest.legacy_lists import Place, has_lists, read_lists
from cmfw.ingest.profile_keys import profile_keys, profile_names, read_profiles
from cmfw.ingest.registry import (
    REG_DWORD,
    REG_SZ,
    RegistryValue,
    RegistryView,
    decode_number,
    decode_text,
    find_value,
    text_flaw,
)
from cmfw.ingest.rulestring import parse_rules
from cmfw.model.rule import HostRule, Store
from cmfw.model.state import ConnectionRule, Gap
from cmfw.words.phrases import phrase

FIREWALL_POLICY = "Services\\SharedAccess\\Parameters\\FirewallPolicy"
"""Local policy, below a control set."""
GROUP_POLICY = "Policies\\Microsoft\\WindowsFirewall"
"""The result of group policy, below the SOFTWARE hive's root."""
MOST_PROBLEMS = 990
"""Containers stop listing problems at about a thousand; from here on every store counts as damaged."""

_HARDENING = (
    (Store.HARDENING, "hardening static", "RestrictedServices\\Static\\System"),
    (Store.HARDENING, "hardening configurable", "RestrictedServices\\Configurable\\System"),
    (Store.APPISO, "appiso", "RestrictedServices\\AppIso\\FirewallRules"),
)

Rules = tuple[tuple[HostRule, ...], tuple[ConnectionRule, ...], tuple[Problem, ...]]


def read_local_policy(
    view: RegistryView, root: str, *, since: int | None = None, whole: bool = True
) -> tuple[StorePart, ...]:
    """The local store, the service hardening stores and the MDM store below a machine's policy key ``root``.

    On a machine with Windows XP's firewall, its exceptions are a part of the store LEGACY. ``since`` as for ``read_policy``;
    ``whole``: the container has everything that the machine had, so the lack of a key says something.
    """
    old = is_old_policy(view, root, whole=whole)
    local = read_policy(view, root, Store.LOCAL, since=since, old=old)
    if not local.keeps_rules and find_value(view, root, "PolicyVersion") is not None:
        # since Vista the key is always there; Windows XP had neither
        detail = "the local store has no key for rules"
        gap = Gap("store:local", detail, may_allow=True, may_block=True, source=view.source)
        local = replace(local, gaps=(*local.gaps, gap))
    parts = [local]
    if old:
        parts.append(_old_part(view, root, Store.LEGACY, since))
    for store, name, below in _HARDENING:
        key = _join(root, below)
        before = len(view.problems)
        present = view.has_key(key)
        rules, _, problems = read_rules(view, key, store)
        gaps = damage(view, before, store, name)
        if present or gaps:
            parts.append(StorePart(store=store, name=name, rules=rules, gaps=gaps, problems=problems))
    mdm = _join(root, "Mdm")
    if view.subkeys(mdm) or view.values(mdm):
        parts.append(read_policy(view, mdm, Store.MDM))
    return tuple(parts)


def read_group_policy(view: RegistryView, root: str, *, since: int | None = None) -> tuple[StorePart, ...]:
    """The store of group policy, and the exceptions for Windows XP's firewall where it has any; ``since`` as for ``read_policy``."""
    part = read_policy(view, root, Store.GPO, since=since)
    if not has_lists(view, _places(view, root, Store.GPO)):
        return (part,)
    return (part, _old_part(view, root, Store.GPO, since))


def is_old_policy(view: RegistryView, root: str, *, whole: bool) -> bool:
    """Whether a machine's policy is that of Windows XP or Server 2003: lists, and nothing that came with Vista.

    Source: facts/windows_firewall.md 1.1; corpus ``hives/winxp_SYSTEM``.
    """
    newer = ("FirewallRules", "PublicProfile", "RestrictedServices", "ConSecRules", "Mdm")
    if find_value(view, root, "PolicyVersion") is not None or any(view.has_key(_join(root, name)) for name in newer):
        return False
    places = _places(view, root, Store.LEGACY)
    return bool(places) and (whole or has_lists(view, places))


def _places(view: RegistryView, root: str, store: Store) -> tuple[Place, ...]:
    """The profile keys that old exceptions count in, each once with all the profiles that it feeds."""
    found: dict[str, int] = {}
    for profile, key, _ in profile_keys(view, root, store, [], old=store is Store.LEGACY):
        found[key] = found.get(key, 0) | profile
    return tuple(Place(key, key.rpartition("\\")[2], profiles) for key, profiles in found.items())


def _old_part(view: RegistryView, root: str, store: Store, since: int | None) -> StorePart:
    before = len(view.problems) if since is None else since
    found = read_lists(view, _places(view, root, store), store)
    name = "legacy" if store is Store.LEGACY else f"{store.value} legacy"
    gaps = (*found.gaps, *damage(view, before, store, name))
    return StorePart(
        store=store,
        name=name,
        rules=found.rules,
        cancels=found.cancels,
        gaps=gaps,
        problems=found.problems,
        keeps_rules=False,
    )


def read_policy(view: RegistryView, root: str, store: Store, *, since: int | None = None, old: bool = False) -> StorePart:
    """One store of rules, connection security rules and profile settings.

    The store counts as damaged where its container finds more problems than the first ``since`` (those it has now).
    ``old``: a machine with Windows XP's firewall.
    """
    before = len(view.problems) if since is None else since
    settings = read_profiles(view, root, store, old=old)
    rules, secured, problems = read_rules(view, _join(root, "FirewallRules"), store)
    more_rules, more_secured, more_problems = read_rules(view, _join(root, "ConSecRules"), store, secure=True)
    return StorePart(
        store=store,
        name=store.value,
        settings=settings.settings,
        rules=rules + more_rules,
        connection_rules=secured + more_secured,
        gaps=(*settings.gaps, *damage(view, before, store, store.value)),
        problems=(*settings.problems, *problems, *more_problems),
        keeps_rules=view.has_key(_join(root, "FirewallRules")),
    )


def read_rules(view: RegistryView, key: str, store: Store, *, secure: bool = False) -> Rules:
    """(rules, connection security rules, problems) of the key's own values; ``secure`` in a key of the latter."""
    secured: list[ConnectionRule] = []
    problems: list[Problem] = []
    place = f"{view.source}!"
    values: list[RegistryValue] = []
    rows: list[tuple[str, str, str]] = []
    for value in view.values(key):
        text = _rule_text(view, value, problems)
        if text is not None:
            values.append(value)
            rows.append((text, value.name, f"{place}{value.key}\\{value.name}"))
    found, notes = ([None] * len(rows), dict.fromkeys(range(len(rows)), ())) if secure else parse_rules(rows, store)
    for at, first in notes.items():
        text, name, origin = rows[at]
        rule: HostRule | ConnectionRule | None = found[at]
        said = first
        if rule is None:
            from cmfw.ingest.connection_rules import is_connection_rule, parse_connection_rule

            if secure or is_connection_rule(text):
                rule, said = parse_connection_rule(text, id=name, store=store, origin=origin)
                secured += [] if rule is None else [rule]
        expected = phrase("a rule that Windows would write") if rule is not None else phrase("a firewall rule")
        problems += [_problem(view, values[at], expected, note) for note in said]
    return tuple(rule for rule in found if rule is not None), tuple(secured), tuple(problems)


def _rule_text(view: RegistryView, value: RegistryValue, problems: list[Problem]) -> str | None:
    """The text of a rule value; None, and a problem, where Windows reads no rule from it."""
    data = value.data
    if value.type == REG_SZ and value.name and len(data) % 2 == 0 and data[-2:] == b"\0\0":
        text, _ = utf_16_le_decode(data[:-2], "surrogatepass", True)
        if "\0" not in text:
            return text  # as Windows writes every rule; this is asked for each of a thousand
    if value.type != REG_SZ:
        problems.append(
            _problem(
                view,
                value,
                "a rule as text (REG_SZ)",
                phrase("type {type} with {count} bytes", type=value.type, count=len(value.data)),
            )
        )
        return None
    if not value.name:
        problems.append(_problem(view, value, "a rule id as the value's name", "a value without a name"))
        return None
    text = decode_text(value.data)
    if len(value.data) != 2 * len(text) + 2:
        flaw = text_flaw(value.data)
        if flaw:
            problems.append(_problem(view, value, "text that ends in one NUL", flaw))
    return text


def damage(view: RegistryView, before: int, store: Store, name: str) -> tuple[Gap, ...]:
    """The gap that reading a store left where the container had problems on the way (``before``: how many it had first)."""
    new = view.problems[before:] or view.problems[MOST_PROBLEMS:]
    if not new:
        return ()
    detail = f"the {name} store is damaged: {new[0].text()}"
    return (Gap(f"store:{store.value}", detail, may_allow=True, may_block=True, source=view.source),)


def is_policy(view: RegistryView, root: str) -> bool:
    """Whether the key holds firewall policy of any kind."""
    return bool(profile_names(view, root)) or any(
        view.has_key(_join(root, name)) for name in ("FirewallRules", "ConSecRules", "RestrictedServices")
    )


def policy_version(view: RegistryView, root: str, problems: list[Problem]) -> tuple[int, int] | None:
    """The schema version of a store. Source: MS-GPFAS 2.2.1.1 (major in the high byte, minor in the low one)."""
    value = find_value(view, root, "PolicyVersion")
    if value is None:
        return None
    if value.type != REG_DWORD or len(value.data) != 4:
        problems.append(
            _problem(
                view, value, "a DWORD", phrase("type {type} with {count} bytes", type=value.type, count=len(value.data))
            )
        )
        return None
    return divmod(decode_number(value), 256)


def named_services(parts: Iterable[StorePart]) -> frozenset[str]:
    """Every service that a rule names, as spelled there."""
    return frozenset(rule.service for part in parts for rule in part.rules if rule.service not in (None, "*"))


def _join(root: str, name: str) -> str:
    return f"{root}\\{name}" if root else name


def _problem(view: RegistryView, value: RegistryValue, expected: str, found: str) -> Problem:
    return Problem(view.source, expected, found, key=f"{value.key}\\{value.name}", offset=value.offset, line=value.line)
