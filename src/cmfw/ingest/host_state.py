"""``read_state``: the files of one machine, merged into one ``HostState``.

How stores combine in force is the engine's business; here they are only kept apart and complete. Source: CONTRACT.md
"Flow text and trace" (several states of one machine).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from cmfw.errors import COMMAND_LINE, FormatError, InputError, Problem
from cmfw.ingest.evidence import Evidence, StorePart
from cmfw.ingest.input_file import InputFile, not_readable, open_input
from cmfw.ingest.legacy_lists import settle
from cmfw.model.rule import Action, Extras, HostRule, Store
from cmfw.model.state import Gap, HostState, ProfileSettings, StateSource
from cmfw.net.addr import AddrSet
from cmfw.net.flow import PROFILE_NAMES, Direction, Profile
from cmfw.words.phrases import phrase

PLATFORMS = ((24, (10, 0)), (22, (6, 3)), (20, (6, 2)), (10, (6, 1)), (0, (6, 0)))
"""Lowest minor schema version 2.x to NT version, newest first. Source: MS-FASP behaviour note 12."""

_Known = TypeVar("_Known")


class ReadResult(NamedTuple):
    """The state, and everything found wrong in its files."""

    state: HostState
    problems: tuple[Problem, ...]


def read_state(
    paths: Sequence[str],
    *,
    local_subnets: Sequence[str] = (),
    digests: bool = False,
    names: Mapping[str, str] = MappingProxyType({}),
) -> ReadResult:
    """The state of the machine that all ``paths`` describe; ``local_subnets`` are its on-link prefixes, where known.

    ``names`` are what files are called whose paths mean nothing to the user. ``digests`` fills in the SHA-256 of each file (a tenth of the time that a large hive takes).

    Raises:
        InputError: a file is missing, unreadable or of no known format, a subnet is no subnet, or two files hold a local
            store; carries all of them.
    """
    problems: list[Problem] = []
    subnets = _subnets(local_subnets, problems)
    evidence: list[Evidence] = []
    hashes: dict[str, str] = {}
    noted: list[Problem] = []
    if not paths:
        problems.append(Problem(COMMAND_LINE, "at least one state file", "none"))
    for path in paths:
        try:
            file = open_input(path, names.get(path, ""))
            found = _read(file)
        except InputError as error:
            problems += error.problems
            continue
        evidence += found
        noted += file.problems
        hashes |= {one.path: _digest(file) for one in found} if digests else {}
    if sum(bool(one.objects) for one in evidence) > 1:
        from cmfw.ingest.netsec_objects import join_exports

        evidence = join_exports(evidence)
    for one in evidence:
        noted += [*one.problems, *(problem for part in one.parts for problem in part.problems)]
    problems += _double(evidence)
    if problems:
        raise InputError(*problems)
    return ReadResult(_merge(evidence, subnets, hashes), tuple(noted))


def state_of(evidence: Sequence[Evidence], *, local_subnets: Sequence[str] = ()) -> ReadResult:
    """The state of the machine that evidence from elsewhere than files describes, as ``read_state`` would give it."""
    problems: list[Problem] = []
    subnets = _subnets(local_subnets, problems)
    if problems:
        raise InputError(*problems)
    noted = [p for one in evidence for p in (*one.problems, *(found for part in one.parts for found in part.problems))]
    return ReadResult(_merge(evidence, subnets, {}), tuple(noted))


def _read(file: InputFile) -> tuple[Evidence, ...]:
    from cmfw.ingest import FORMATS, format_module

    try:
        for name in FORMATS:
            module = format_module(name)
            if module.sniff(file):
                found: tuple[Evidence, ...] = module.read(file)
                return found
    except (FormatError, OSError) as error:
        raise not_readable(file.path, error) from error
    if file.is_hive and file.hive().problems:
        problem = file.hive().problems[-1]
        raise InputError(replace(problem, hint="the hive is so damaged that no firewall policy can be found in it"))
    raise InputError(
        Problem(
            file.path,
            "a SYSTEM or SOFTWARE hive, .wfw, .reg, Registry.pol, GPO backup or PowerShell export",
            phrase("a file that starts `{head}`", head=file.head[:8].hex(" ")) if file.head else "an empty file",
            hint="export the firewall with `netsh advfirewall export FILE.wfw`",
        )
    )


def _digest(file: InputFile) -> str:
    if file.is_folder:
        return ""
    import hashlib
    from pathlib import Path

    with Path(file.place).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _subnets(texts: Sequence[str], problems: list[Problem]) -> AddrSet | None:
    if not texts:
        return None
    found = AddrSet.EMPTY
    for text in texts:
        try:
            found |= AddrSet.parse(text)
        except ValueError as error:
            problems.append(Problem("--local-subnet", "a subnet such as `10.1.2.0/24`", str(error)))
    return found


def _double(evidence: Sequence[Evidence]) -> list[Problem]:
    """Two local policies cannot be one machine; the rules in one file and the settings in another are one policy."""
    hint = phrase("all files of one call describe one machine")
    found: dict[str, Problem] = {}
    for shows in (_lists_inbound, _lists_outbound, _shows_settings):
        local = [one for one in evidence if any(part.store is Store.LOCAL and shows(part) for part in one.parts)]
        for one in local[1:]:
            found[one.path] = Problem(
                one.path, "one local policy", phrase("another one beside `{path}`", path=local[0].path), hint=hint
            )
    return list(found.values())


def _lists_inbound(part: StorePart) -> bool:
    return part.shows_rules and bool(part.directions & Direction.IN)


def _lists_outbound(part: StorePart) -> bool:
    return part.shows_rules and bool(part.directions & Direction.OUT)


def _shows_settings(part: StorePart) -> bool:
    return part.shows_settings


def _unlisted(evidence: Sequence[Evidence]) -> list[HostRule]:
    """Rules that stand for those of a direction of which no file lists any: they may allow or block whatever there is.

    A gap would leave the other direction open too.
    """
    parts = [(one, part) for one in evidence for part in one.parts if part.store is Store.LOCAL and part.shows_rules]
    listed = 0
    for _, part in parts:
        listed |= part.directions
    return [
        HostRule(
            id=f"{name} rules that are in no file",
            action=action,
            direction=direction,
            extras=Extras(unknown=(("rules", "not listed"),)),
            origin=parts[0][0].path,
        )
        for name, direction in (("inbound", Direction.IN), ("outbound", Direction.OUT))
        for action in (Action.ALLOW, Action.BLOCK)
        if parts and not listed & direction
    ]


def _where_merge_is_shown(rules: list[HostRule], evidence: Sequence[Evidence]) -> list[HostRule]:
    """The rules of other stores than Group Policy. Local ones are in doubt where a format lists rules of Group Policy and
    cannot show its settings, and no other file does: one of those settings says whether local rules count at all.

    Source: MS-GPFAS 2.2.3 (AllowLocalPolicyMerge); netsh prints `N/A (GPO-store only)` in its place.
    """
    policies = [part for one in evidence for part in one.parts if part.store is Store.GPO]
    if not any(part.hides_merge for part in policies) or any(part.shows_settings for part in policies):
        return rules
    token = ("AllowLocalPolicyMerge", "not shown")
    return [
        replace(rule, extras=replace(rule.extras, unknown=(*rule.extras.unknown, token)))
        if rule.store is Store.LOCAL
        else rule
        for rule in rules
    ]


def _missing_halves(evidence: Sequence[Evidence]) -> list[Gap]:
    """The gaps for rules or settings of a local store that no file shows.

    Settings have defaults that nearly every machine keeps, rules have none. Source: corrections 33 (what is unknown).
    """
    local = [(one, part) for one in evidence for part in one.parts if part.store is Store.LOCAL]
    if not local:
        return []
    path = local[0][0].path
    gaps = []
    if not any(part.shows_rules for _, part in local):
        gaps.append(Gap("partial_export", "the local rules are in no file", may_allow=True, may_block=True, source=path))
    if not any(part.shows_settings for _, part in local):
        detail = "no profile settings are in any file: judged with Windows' defaults"
        gaps.append(Gap("default_settings", detail, source=path))
    return gaps


def _merge(evidence: Sequence[Evidence], subnets: AddrSet | None, hashes: dict[str, str]) -> HostState:
    parts = [part for one in evidence for part in one.parts]
    version = _first(one.policy_version for one in evidence)
    policies = [(one, part) for one in evidence for part in one.parts if part.store in _POLICIES]
    settings, setting_gaps = _settings(evidence)
    rules, rule_gaps = _without_rivals(policies)
    others = [rule for part in parts if part.store not in _POLICIES for rule in part.rules]
    others = _where_merge_is_shown(others, evidence) + _unlisted(evidence)
    everything = settle([*others, *rules], [cancel for part in parts for cancel in part.cancels])
    if any(part.store is Store.LEGACY for part in parts):
        settings, everything, old_gaps = _as_old_windows(settings, everything)
        rule_gaps += old_gaps
    gaps = [gap for one in evidence for gap in (*one.gaps, *(gap for part in one.parts for gap in part.gaps))]
    gaps += [*setting_gaps, *rule_gaps, *_missing_halves(evidence), *_absent(evidence)]
    addresses = AddrSet.EMPTY
    for one in evidence:
        addresses |= one.addresses
    return HostState(
        settings=settings,
        rules=everything,
        connection_rules=tuple(rule for part in parts for rule in part.connection_rules),
        services=tuple(fact for one in evidence for fact in one.services),
        policy_version=version,
        platform=None if version is None else platform_of(version),
        local_subnets=subnets if subnets is not None else _first(one.local_subnets for one in evidence),
        addresses=addresses,
        keywords=next((one.keywords for one in evidence if one.keywords), ()),
        rpc_ports=_first(one.rpc_ports for one in evidence),
        gaps=tuple(gaps),
        sources=tuple(_source(one, hashes) for one in evidence),
    )


def _as_old_windows(settings: Settings, rules: tuple[HostRule, ...]) -> tuple[Settings, tuple[HostRule, ...], list[Gap]]:
    """What Windows XP and Server 2003 make of a policy: they read neither rules nor the settings that came with Vista.

    Source: WindowsFirewall.adml (the settings that Windows XP supports); MS-GPFAS 2.2.3 (those of Vista and later).
    """
    kept = tuple(rule for rule in rules if rule.store is Store.LEGACY or rule.id.startswith("legacy:"))
    older = tuple((store, profile, replace(value, **_NEWER_SETTINGS)) for store, profile, value in settings)
    if len(kept) == len(rules) and older == settings:
        return settings, rules, []
    detail = "the machine has the firewall of Windows XP, which reads no rules and no settings of later Windows"
    return older, kept, [Gap("old_windows", detail)]


_NEWER_SETTINGS: dict[str, Any] = {
    "default_inbound_allow": None,
    "default_outbound_allow": None,
    "allow_local_policy_merge": None,
    "allow_local_ipsec_policy_merge": None,
    "disabled_interfaces": None,
}


def platform_of(version: tuple[int, int]) -> tuple[int, int] | None:
    """The NT version of the Windows that writes this schema version; None for a schema that is not 2.x."""
    return next((platform for least, platform in PLATFORMS if version[1] >= least), None) if version[0] == 2 else None


def _source(one: Evidence, hashes: dict[str, str]) -> StateSource:
    counts = tuple((part.name, len(part.rules), sum(rule.active for rule in part.rules)) for part in one.parts)
    return StateSource(
        path=one.path,
        format=one.format,
        sha256=hashes.get(one.path, ""),
        counts=counts,
        live_profiles=one.live_profiles,
        listeners=one.listeners,
    )


def _first(found: Iterable[_Known | None]) -> _Known | None:
    """The first that is known."""
    return next((one for one in found if one is not None), None)


def _absent(evidence: Sequence[Evidence]) -> list[Gap]:
    """The gaps for whole stores that no file holds. Neither turns a verdict: CONTRACT.md."""
    gaps = []
    if not any(one.has(Store.LOCAL) for one in evidence):
        gaps.append(Gap("no_local_source", "no local policy was given: judged as if there were none"))
    if not any(one.has(Store.GPO) or one.has(Store.MDM) for one in evidence):
        gaps.append(Gap("no_gpo_source", "no group policy or MDM policy was given: judged as local policy alone"))
    return gaps


_POLICIES = (Store.GPO, Store.MDM)
Settings = tuple[tuple[Store, Profile, ProfileSettings], ...]


def _settings(evidence: Sequence[Evidence]) -> tuple[Settings, list[Gap]]:
    """One entry per store and profile; where several policies contradict, the first value and a gap."""
    merged: dict[tuple[Store, Profile], ProfileSettings] = {}
    gaps: list[Gap] = []
    for one in evidence:
        for part in one.parts:
            for profile, found in part.settings:
                known = merged.setdefault((part.store, profile), found)
                if known is not found:
                    merged[part.store, profile] = _combined(known, found, (one, profile), gaps)
    return tuple((store, profile, value) for (store, profile), value in merged.items()), gaps


def _combined(
    known: ProfileSettings, found: ProfileSettings, where: tuple[Evidence, Profile], gaps: list[Gap]
) -> ProfileSettings:
    one, profile = where
    changes = {}
    for field in fields(ProfileSettings):
        old, new = getattr(known, field.name), getattr(found, field.name)
        if old is None:
            changes[field.name] = new
        elif new is not None and new != old:
            detail = (
                f"several policies set `{field.name}` of {PROFILE_NAMES[profile]} differently; which one counts is not known"
            )
            gaps.append(Gap("gpo_conflict", detail, may_allow=True, may_block=True, source=one.path))
    return replace(known, **changes)


def _without_rivals(policies: Iterable[tuple[Evidence, StorePart]]) -> tuple[list[HostRule], list[Gap]]:
    """The rules of all GPOs and of all MDM policies. Of different rules with one id only one is applied, and which one is not
    known.

    Source: facts/windows_firewall.md 3.2: a value name is unique in the result, so the GPO that is applied last wins; a node
    of the Firewall CSP is named by the rule's id and holds one rule.
    """
    by_id: dict[tuple[Store, str], list[tuple[Evidence, HostRule]]] = {}
    for one, part in policies:
        for rule in part.rules:
            by_id.setdefault((part.store, rule.id.lower()), []).append((one, rule))
    rules: list[HostRule] = []
    gaps: list[Gap] = []
    for rivals in by_id.values():
        first = rivals[0][1]
        if all(replace(rule, origin=first.origin, id=first.id) == first for _, rule in rivals):
            rules.append(first)
            continue
        detail = f"there are {len(rivals)} different rules `{first.id}` in policies; any one of them may be in force"
        gaps.append(Gap("gpo_conflict", detail, source=rivals[-1][0].path))
        rules += [_doubtful(rule) for _, rule in rivals]
    return rules, gaps


def _doubtful(rule: HostRule) -> HostRule:
    reasons = (*rule.extras.invalid, "another policy has a different rule of this id")
    return replace(rule, extras=replace(rule.extras, invalid=reasons))
