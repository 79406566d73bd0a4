"""``Get-NetFirewallProfile`` objects as profile settings.

Without ``-PolicyStore ActiveStore`` the cmdlet shows the local store, in which nearly everything is NotConfigured; with it,
it shows what results from all stores, and nothing is NotConfigured. That difference tells the two apart. Of a result, the
settings that only Group Policy or MDM can make (whether local rules count) are kept as theirs.

Source: facts/windows_firewall.md 1.2 (merge laws, defaults) and 4.6 (integers).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from cmfw.ingest import netsec_words as words
from cmfw.ingest.netsec_fields import is_whole, says_something
from cmfw.ingest.netsec_values import CUT, Texts, texts_of
from cmfw.model.state import ProfileSettings
from cmfw.net.flow import PROFILE_NAMES, Profile

_SWITCHES = words.reading(words.SWITCHES)
_DEFAULTS = words.reading(words.DEFAULT_ACTIONS)
_PROFILES = {name: profile for profile, name in PROFILE_NAMES.items()} | {
    "1": Profile.DOMAIN,
    "2": Profile.PRIVATE,
    "4": Profile.PUBLIC,
}

_FLAGS = {
    # property in lower case: field, whether True there is False here, whether it turns verdicts
    "enabled": ("enable_firewall", False, True),
    "allowinboundrules": ("do_not_allow_exceptions", True, True),
    "allowlocalfirewallrules": ("allow_local_policy_merge", False, True),
    "allowlocalipsecrules": ("allow_local_ipsec_policy_merge", False, True),
    "allowuserapps": ("apps_allow_user_pref_merge", False, True),
    "allowuserports": ("ports_allow_user_pref_merge", False, True),
    "notifyonlisten": ("disable_notifications", True, False),
    "allowunicastresponsetomulticast": ("disable_unicast_responses", True, False),
}
_ACTIONS = {"defaultinboundaction": "default_inbound_allow", "defaultoutboundaction": "default_outbound_allow"}
_NO_DECISION = words.NO_CONDITIONS | {
    "name", "profile", "profiles", "instanceid", "description", "disabledinterfacealiases", "enablestealthmodeforipsec",
    "logfilename", "logmaxsizekilobytes", "logallowed", "logblocked", "logignored", "policystoresource",
    "policystoresourcetype",
}  # fmt: skip
"""Other properties of a profile, in lower case, which decide about no flow (or are read on their own)."""
_TELLING = ("defaultinboundaction", "defaultoutboundaction", "allowinboundrules", "allowlocalfirewallrules")
"""Settings that the local store leaves unconfigured on nearly every machine, and of which a result has all."""
POLICY_ONLY = ("allow_local_policy_merge", "allow_local_ipsec_policy_merge")
"""Only the value of Group Policy or MDM counts. Source: facts/windows_firewall.md 1.2."""


class ProfileReading(NamedTuple):
    """One profile object: whose it is, its settings, whether they are the result of all stores, what could not be read.

    ``lost`` are properties whose loss leaves verdicts open.
    """

    profile: Profile | None
    settings: ProfileSettings
    is_result: bool
    problems: tuple[str, ...]
    lost: tuple[str, ...]


def is_profile(properties: dict[str, Any]) -> bool:
    """Whether an object with these properties (names in lower case) is a firewall profile."""
    if not properties.keys().isdisjoint(_TELLING):
        return True
    return "enabled" in properties and "direction" not in properties and str(properties.get("name")).lower() in _PROFILES


def profile_from(properties: dict[str, Any]) -> ProfileReading:
    """The settings of one profile object."""
    seen = {name.strip().lower(): texts_of(value) for name, value in properties.items()}
    profile = next(
        (_PROFILES[text] for name in ("name", "profile") for text in _lower(seen.get(name, ())) if text in _PROFILES), None
    )
    values: dict[str, Any] = {}
    problems: list[str] = []
    lost: list[str] = []
    configured: dict[str, bool] = {}
    is_own = is_whole(properties)
    for name, texts in seen.items():
        if name not in _FLAGS and name not in _ACTIONS:
            if is_own and name not in _NO_DECISION and says_something(texts):
                # a setting of a later Windows, for all that we know
                problems.append(f"`{name}={' '.join(texts)[:40]}` is not known")
                lost.append(name)
            continue
        table = _DEFAULTS if name in _ACTIONS else _SWITCHES
        text = texts[0].lower() if len(texts) == 1 else ""
        if text not in table:
            turns = name in _ACTIONS or _FLAGS[name][2]
            shown = "cut off" if texts is CUT else " ".join(texts)[:40] or "nothing"
            problems.append(f"`{name}` is {shown}")
            lost += [name] if turns else []
            continue
        found = table[text]
        configured[name] = found is not None
        if found is not None:
            values[_ACTIONS[name] if name in _ACTIONS else _FLAGS[name][0]] = found != (name in _FLAGS and _FLAGS[name][1])
    interfaces = _interfaces(seen.get("disabledinterfacealiases"))
    if seen.get("disabledinterfacealiases") is CUT:
        problems.append("`disabledinterfacealiases` is cut off")
        lost.append("disabledinterfacealiases")
    if interfaces is not None:
        values["disabled_interfaces"] = interfaces
    is_result = all(configured.get(name, False) for name in _TELLING)
    return ProfileReading(profile, ProfileSettings(**values), is_result, tuple(problems), tuple(lost))


def _lower(texts: Texts) -> tuple[str, ...]:
    return tuple(text.lower() for text in texts)


def _interfaces(texts: Texts | None) -> tuple[str, ...] | None:
    """The exempt network adapters; None where the store says nothing of them."""
    if texts is None or texts is CUT or _lower(texts) == ("notconfigured",):
        return None
    return texts
