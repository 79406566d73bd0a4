"""The profile keys of a policy store, and the settings in them.

Source: MS-GPFAS 2.2.3, facts/windows_firewall.md 1.1-1.3.
"""

from __future__ import annotations

from typing import Any

from cmfw.errors import FormatError, Problem
from cmfw.ingest.registry import TEXT_TYPES, RegistryValue, RegistryView, decode_number, decode_text, find_value
from cmfw.model.rule import Store
from cmfw.model.state import Gap, ProfileSettings
from cmfw.net.flow import Profile
from cmfw.values import value
from cmfw.words.phrases import phrase

_FLAGS = {
    "enablefirewall": "enable_firewall",
    "donotallowexceptions": "do_not_allow_exceptions",
    "allowlocalpolicymerge": "allow_local_policy_merge",
    "allowlocalipsecpolicymerge": "allow_local_ipsec_policy_merge",
    "disablenotifications": "disable_notifications",
    "disablestealthmode": "disable_stealth_mode",
    "disableunicastresponsestomulticastbroadcast": "disable_unicast_responses",
}
_ACTIONS = {"defaultinboundaction": "default_inbound_allow", "defaultoutboundaction": "default_outbound_allow"}
"""0 is allow, 1 is block."""
_MERGE = {"AuthorizedApplications": "apps_allow_user_pref_merge", "GloballyOpenPorts": "ports_allow_user_pref_merge"}
_COSMETIC = frozenset({"disable_notifications", "disable_stealth_mode", "disable_unicast_responses"})
"""Settings that turn no verdict, so that a damaged one leaves no gap."""
_NOT_IN_GPO_STANDARD = frozenset(
    {
        "allowlocalpolicymerge",
        "allowlocalipsecpolicymerge",
        "disabledinterfaces",
        "defaultinboundaction",
        "defaultoutboundaction",
    }
)
"""Source: MS-GPFAS 2.2.3."""


@value
class Settings:
    """The settings of a store, and what could not be read of them."""

    settings: tuple[tuple[Profile, ProfileSettings], ...]
    gaps: tuple[Gap, ...]
    problems: tuple[Problem, ...]


def read_profiles(view: RegistryView, root: str, store: Store, *, old: bool = False) -> Settings:
    """What each profile key under ``root`` configures, one entry per profile that configures anything.

    ``old``: a machine with Windows XP's firewall, see ``profile_keys``.
    """
    found: list[tuple[Profile, ProfileSettings]] = []
    gaps: list[Gap] = []
    problems: list[Problem] = []
    for profile, key, is_standard in profile_keys(view, root, store, problems, old=old):
        values = _read_key(view, key, (gaps, problems), is_gpo_standard=is_standard)
        if values:
            found.append((profile, ProfileSettings(**values)))
    return Settings(tuple(found), tuple(gaps), tuple(problems))


def profile_names(view: RegistryView, root: str) -> tuple[str, ...]:
    """The profile keys that exist under ``root``, whatever they are used for."""
    names = ("DomainProfile", "PrivateProfile", "StandardProfile", "PublicProfile")
    return tuple(name for name in names if view.has_key(_join(root, name)))


def profile_keys(
    view: RegistryView, root: str, store: Store, problems: list[Problem], *, old: bool = False
) -> list[tuple[Profile, str, bool]]:
    """(profile, key, whether it is a GPO's StandardProfile); a key that nothing reads is a problem.

    Source: facts/windows_firewall.md 1.1: locally the private profile is StandardProfile; in a GPO that name feeds
    private and public, unless PrivateProfile or PublicProfile exists. ``old``: Windows XP knows only domain and standard.
    """
    names = set(profile_names(view, root))
    keys = {name: _join(root, name) for name in names}
    chosen = [(Profile.DOMAIN, "DomainProfile", False), (Profile.PUBLIC, "PublicProfile", False)]
    unused = ""
    if old:
        chosen += [(Profile.PRIVATE, "StandardProfile", False), (Profile.PUBLIC, "StandardProfile", False)]
    elif store is Store.LOCAL:
        chosen.append((Profile.PRIVATE, "StandardProfile", False))
        unused = "PrivateProfile"
    elif "PrivateProfile" in names or (store is Store.GPO and "PublicProfile" in names):
        chosen.append((Profile.PRIVATE, "PrivateProfile", False))
        unused = "StandardProfile"
    elif store is Store.GPO:
        chosen += [(Profile.PRIVATE, "StandardProfile", True), (Profile.PUBLIC, "StandardProfile", True)]
    else:
        chosen.append((Profile.PRIVATE, "StandardProfile", False))
    if unused in names and (view.values(keys[unused]) or view.subkeys(keys[unused])):
        problems.append(
            Problem(
                view.source,
                "profile keys that Windows reads",
                phrase("`{name}`, which it ignores here", name=unused),
                key=keys[unused],
            )
        )
    return [(profile, keys[name], standard) for profile, name, standard in chosen if name in names]


def _read_key(
    view: RegistryView,
    key: str,
    notes: tuple[list[Gap], list[Problem]],
    *,
    is_gpo_standard: bool,
) -> dict[str, Any]:
    """Field of ``ProfileSettings`` to value."""
    out: dict[str, Any] = {}
    for one in view.values(key):
        name = one.name.lower()
        if name not in _FLAGS and name not in _ACTIONS and name != "disabledinterfaces":
            continue
        if is_gpo_standard and name in _NOT_IN_GPO_STANDARD:
            notes[1].append(_problem(view, one, "a value that is allowed in `StandardProfile` of a GPO"))
        elif name == "disabledinterfaces":
            out["disabled_interfaces"] = _interfaces(view, one, notes)
        elif name in _FLAGS:
            out[_FLAGS[name]] = _flag(view, one, _FLAGS[name], notes)
        else:
            flag = _flag(view, one, _ACTIONS[name], notes)
            out[_ACTIONS[name]] = None if flag is None else not flag
    for name, field in _MERGE.items():
        switch = find_value(view, f"{key}\\{name}", "AllowUserPrefMerge")
        if switch is not None:
            out[field] = _flag(view, switch, field, notes)
    return {field: value for field, value in out.items() if value is not None}


def _flag(view: RegistryView, value: RegistryValue, field: str, notes: tuple[list[Gap], list[Problem]]) -> bool | None:
    """0 or 1 as a claim; anything else is a problem, and a gap where the setting turns verdicts."""
    try:
        number = decode_number(value)
    except FormatError:
        number = -1
    if number in (0, 1):
        return number == 1
    problem = _problem(view, value, "a DWORD 0 or 1")
    notes[1].append(problem)
    if field not in _COSMETIC:
        notes[0].append(_unread(problem, value))
    return None


def _interfaces(view: RegistryView, value: RegistryValue, notes: tuple[list[Gap], list[Problem]]) -> tuple[str, ...] | None:
    if value.type not in TEXT_TYPES:
        problem = _problem(view, value, "text with interface ids")
        notes[1].append(problem)
        notes[0].append(_unread(problem, value))
        return None
    return tuple(name.strip() for name in decode_text(value.data).split(",") if name.strip())


def _unread(problem: Problem, value: RegistryValue) -> Gap:
    detail = f"`{value.name}` could not be read"
    return Gap(f"setting:{value.name}", detail, may_allow=True, may_block=True, source=f"{problem.file}!{problem.key}")


def _problem(view: RegistryView, value: RegistryValue, expected: str) -> Problem:
    found = phrase(
        "type {type} with {count} bytes `{data}`", type=value.type, count=len(value.data), data=value.data[:8].hex(" ")
    )
    return Problem(view.source, expected, found, key=f"{value.key}\\{value.name}", offset=value.offset, line=value.line)


def _join(root: str, name: str) -> str:
    return f"{root}\\{name}" if root else name
