"""Rules and profiles of PowerShell exports, sorted into policy stores, with the gaps that the choice of store leaves.

Without ``-PolicyStore ActiveStore`` the cmdlets show the local store alone: rules of Group Policy and MDM are missing.

Source: facts/windows_firewall.md 1.1 (stores), 4.6 (PolicyStoreSourceType, default store).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from cmfw.errors import Problem
from cmfw.ingest import netsec_words as words
from cmfw.ingest.evidence import ExportedObject, StorePart, listed_directions
from cmfw.ingest.netsec_profiles import POLICY_ONLY, ProfileReading, profile_from
from cmfw.ingest.netsec_rule import rule_from
from cmfw.ingest.netsec_values import CUT, Seen
from cmfw.model.rule import HostRule, Store
from cmfw.model.state import Gap, ProfileSettings
from cmfw.net.flow import PROFILE_NAMES, Profile
from cmfw.words.phrases import phrase

SeenRule = tuple[ExportedObject, Seen, tuple[str, ...]]
_STORES = words.reading(words.STORES)
_HARDENING = {source.lower(): part for source, part in words.HARDENING_SOURCES.items()}
_AT_REST = frozenset({"", "notapplicable", "0"})
"""EnforcementStatus of a rule that was read from a store and not from the firewall."""


class StoreReading(NamedTuple):
    """The stores of one export, what it leaves open, and everything wrong with it."""

    parts: tuple[StorePart, ...]
    gaps: tuple[Gap, ...]
    problems: tuple[Problem, ...]


class _Placed(NamedTuple):
    """One rule with its store, and whether its export says that it was in force or at rest, or names a store at all."""

    rule: HostRule
    part: str
    is_live: bool
    names_store: bool


def read_stores(rules: Sequence[SeenRule], profiles: Sequence[ExportedObject], *, path: str, orphans: int) -> StoreReading:
    """The stores that the rules and profiles come from; ``orphans`` counts filters whose rule is not there."""
    problems: list[Problem] = []
    gaps: list[Gap] = []
    meant = [one for one in rules if not _is_default(one, problems)]
    made = [_place(one, problems) for one in meant]
    placed = [one for one in made if one is not None]
    if len(placed) < len(meant):
        detail = f"{len(meant) - len(placed)} rules of this export could not be read"
        gaps.append(Gap("unread_rules", detail, may_allow=True, may_block=True, source=path))
    stores = {one.rule.store for one in placed}
    is_result = any(one.is_live for one in placed) or (Store.LOCAL in stores and bool(stores & {Store.GPO, Store.MDM}))
    readings = [_profile(one, problems, gaps) for one in profiles]
    parts = _parts(placed, [one for one in readings if one is not None], shows_rules=bool(rules), is_result=is_result)
    gaps += _doubts(placed, parts, path=path, orphans=orphans, is_result=is_result)
    if orphans:
        problems.append(
            Problem(
                path,
                "a rule for every filter",
                phrase("{count} filters of rules that are not in the export", count=orphans),
            )
        )
    return StoreReading(tuple(parts), tuple(gaps), tuple(problems))


def _is_default(seen_rule: SeenRule, problems: list[Problem]) -> bool:
    """Whether the rule only says what the defaults would be; then that is a problem."""
    one, seen, _ = seen_rule
    if _word(seen, "source") != words.DEFAULTS_SOURCE.lower():
        return False
    problems.append(Problem(one.file, "a rule in force", "one of the defaults, not read", key=one.place, line=one.line))
    return True


def _place(seen_rule: SeenRule, problems: list[Problem]) -> _Placed | None:
    """The rule in its store; None, and a problem, where none can be made."""
    one, seen, torn = seen_rule
    hardening = _HARDENING.get(_word(seen, "source"))
    kind = _word(seen, "source_type")
    store = Store.HARDENING if hardening else _STORES.get(kind, _STORES.get(_word(seen, "source")))
    source = " ".join(seen.get("source", ()))
    if store is None and not kind and "\\" in source:
        # a GPO is named DOMAIN\NAME. Source: Microsoft, New-NetFirewallRule (PolicyStore)
        store = Store.GPO
    rule, notes = rule_from(seen, torn, store=store or Store.LOCAL, origin=_origin(one))
    name = " ".join(seen.get("id", ()) or seen.get("name", ()))[:80]
    expected = (
        phrase("a rule that Windows would show") if rule is not None else phrase("the firewall rule `{name}`", name=name)
    )
    problems += [Problem(one.file, expected, note, key=one.place, line=one.line) for note in notes]
    if rule is None:
        return None
    if store is None and kind:
        unknown = (*rule.extras.unknown, ("PolicyStoreSourceType", kind))
        rule = replace(rule, extras=replace(rule.extras, unknown=unknown))
    is_live = _word(seen, "enforcement") not in _AT_REST or "active" in one.section
    return _Placed(rule, hardening or rule.store.value, is_live, bool(kind or source))


def _word(seen: Seen, field: str) -> str:
    found = seen.get(field, ())
    return "" if found is CUT else " ".join(found).strip().lower()


def _origin(one: ExportedObject) -> str:
    if one.line is not None:
        return f"{one.file}:{one.line}"
    return f"{one.file}!{one.place}" if one.place else one.file


def _profile(one: ExportedObject, problems: list[Problem], gaps: list[Gap]) -> ProfileReading | None:
    found = profile_from(one.properties)
    if found.profile is None:
        problems.append(
            Problem(one.file, "a profile named Domain, Private or Public", "another one", key=one.place, line=one.line)
        )
        gaps.append(Gap("setting:Profile", "a profile could not be read", may_allow=True, may_block=True, source=one.file))
        return None
    name = PROFILE_NAMES[found.profile]
    problems += [
        Problem(one.file, "a setting of a profile", note, key=f"{one.place}.{name}", line=one.line)
        for note in found.problems
    ]
    gaps += [
        Gap(f"setting:{lost}", f"`{lost}` of {name} could not be read", may_allow=True, may_block=True, source=one.file)
        for lost in found.lost
    ]
    return found


def _parts(
    placed: Sequence[_Placed], readings: Sequence[ProfileReading], *, shows_rules: bool, is_result: bool
) -> list[StorePart]:
    """One part for each store that shows; the result of all stores is written as local, but for what only policy can set."""
    names = {one.part: one.rule.store for one in placed}
    only_policy = bool(names) and set(names.values()) == {Store.GPO} and not is_result
    settings: dict[Store, list[tuple[Profile, ProfileSettings]]] = {}
    for one in readings:
        if one.profile is None:
            continue
        switched_off: dict[str, Any] = {
            name: False for name in POLICY_ONLY if one.is_result and getattr(one.settings, name) is False
        }
        own = replace(one.settings, **dict.fromkeys(POLICY_ONLY)) if one.is_result else one.settings
        settings.setdefault(Store.GPO if only_policy else Store.LOCAL, []).append((one.profile, own))
        if switched_off:
            settings.setdefault(Store.GPO, []).append((one.profile, replace(ProfileSettings.EMPTY, **switched_off)))
    if shows_rules and not only_policy:
        names.setdefault(Store.LOCAL.value, Store.LOCAL)
    if is_result:
        names.setdefault(Store.GPO.value, Store.GPO)
    names |= {store.value: store for store in settings if store.value not in names}
    rules = {name: tuple(one.rule for one in placed if one.part == name) for name in names}
    return [
        StorePart(
            store=store,
            name=name,
            rules=rules[name],
            settings=tuple(settings.get(store, ())) if name == store.value else (),
            shows_rules=shows_rules,
            shows_settings=bool(settings.get(store)),
            directions=listed_directions(rules[name] or (one.rule for one in placed)),
        )
        for name, store in names.items()
    ]


def _doubts(placed: Sequence[_Placed], parts: Sequence[StorePart], *, path: str, orphans: int, is_result: bool) -> list[Gap]:
    """The gaps that the stores leave: rules of Group Policy that are at work and not shown, rules known by filters alone."""
    gaps = []
    off = any(found.allow_local_policy_merge is False for part in parts for _, found in part.settings)
    if off and not is_result and not any(one.rule.store is Store.GPO for one in placed):
        detail = "policy switches local rules off, and its own rules are not in this export (-PolicyStore ActiveStore)"
        gaps.append(Gap("unseen_policy", detail, may_allow=True, may_block=True, source=path))
    elif off and any(not one.names_store for one in placed):
        detail = "policy switches local rules off, and this export does not say which rules are local"
        gaps.append(Gap("unseen_policy", detail, may_allow=True, may_block=True, source=path))
    if placed:
        detail = "connection security rules and service hardening are in no such export: judged as if there were none"
        gaps.append(Gap("rules_alone", detail, source=path))
    if orphans:
        complete = all(one.rule.active for one in placed) and len({one.rule.direction for one in placed}) == 2
        detail = f"{orphans} rules are known by their filters alone"
        gaps.append(Gap("unseen_rules", detail, may_allow=not complete, may_block=not complete, source=path))
    return gaps
