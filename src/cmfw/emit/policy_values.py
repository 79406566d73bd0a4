"""A host policy as registry values: what ``registry-pol``, ``gpo-backup`` and ``reg`` share.

Source: facts/windows_firewall.md 1.1 (keys), 1.2 (settings), 2.2 (versions); MS-GPFAS 2.2.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

from cmfw.emit.capability import Capabilities
from cmfw.emit.host_policy import HostPolicy
from cmfw.emit.ordinary import is_ordinary
from cmfw.errors import Unsupported
from cmfw.ingest.preg import MAX_SIZE
from cmfw.ingest.registry import REG_DWORD, REG_SZ, RegistryValue, encode_text
from cmfw.ingest.rulestring import parse_rule
from cmfw.ingest.rulewrite import LOWEST_VERSION, plain_text, write_rule
from cmfw.model.rule import HostRule, OpenRule, Store, changed_rule, rule_of_store
from cmfw.model.state import ProfileSettings
from cmfw.net.flow import Profile
from cmfw.values import value
from cmfw.words.phrases import constant, listed, phrase

OLDEST_POLICY = 522
"""0x20A, which goes with rule strings of v2.10. Source: facts/windows_firewall.md 2.2."""

_GPO, _HARDENING = Store.GPO, Store.HARDENING
_PROFILE_KEYS = {
    Store.LOCAL: {Profile.DOMAIN: "DomainProfile", Profile.PRIVATE: "StandardProfile", Profile.PUBLIC: "PublicProfile"},
    Store.GPO: {Profile.DOMAIN: "DomainProfile", Profile.PRIVATE: "PrivateProfile", Profile.PUBLIC: "PublicProfile"},
}
_VALUES = {
    "enable_firewall": ("", "EnableFirewall", False),
    "do_not_allow_exceptions": ("", "DoNotAllowExceptions", False),
    "default_inbound_allow": ("", "DefaultInboundAction", True),
    "default_outbound_allow": ("", "DefaultOutboundAction", True),
    "allow_local_policy_merge": ("", "AllowLocalPolicyMerge", False),
    "allow_local_ipsec_policy_merge": ("", "AllowLocalIPsecPolicyMerge", False),
    "apps_allow_user_pref_merge": ("\\AuthorizedApplications", "AllowUserPrefMerge", False),
    "ports_allow_user_pref_merge": ("\\GloballyOpenPorts", "AllowUserPrefMerge", False),
    "disable_notifications": ("", "DisableNotifications", False),
    "disable_stealth_mode": ("", "DisableStealthMode", False),
    "disable_unicast_responses": ("", "DisableUnicastResponsesToMulticastBroadcast", False),
}
"""Setting -> (key below the profile's, value name, whether the number says the opposite: 0 is allow)."""
SETTINGS = (*_VALUES, "disabled_interfaces")


@value
class PolicyValues:
    """The values of one policy: the version, the settings, the rules; these as a reader gets them, and their texts."""

    version: RegistryValue
    settings: tuple[RegistryValue, ...]
    rules: tuple[RegistryValue, ...]
    claims: tuple[HostRule, ...]
    texts: tuple[str, ...]


Written = tuple[str, str, HostRule]
"""(id, rule string, the rule as a reader of it gets it)."""


def policy_values(policy: HostPolicy, target: Capabilities, root: str) -> PolicyValues:
    """Everything below the policy key ``root``, rules by id; raises Unsupported for a rule that is not read back the same."""
    rules = sorted((*policy.rules, *policy.members), key=lambda rule: rule.id)
    return values_of(policy, target, root, [(rule.id, *rule_text(rule, target)) for rule in rules])


def values_of(policy: HostPolicy, target: Capabilities, root: str, written: list[Written]) -> PolicyValues:
    """The values of a policy whose rules are written already, in the order of their ids."""
    ids = [name.lower() for name, _, _ in written]
    for name in {name for name in ids if ids.count(name) > 1} if len(set(ids)) < len(ids) else ():
        raise Unsupported(target.target, name, "two rules have this id, and a key holds one value of a name")
    version = max([OLDEST_POLICY, *(rule.version[0] << 8 | rule.version[1] for _, _, rule in written)])
    key = f"{root}\\FirewallRules"
    return PolicyValues(
        RegistryValue(root, "PolicyVersion", REG_DWORD, version.to_bytes(4, "little")),
        tuple(_settings(policy, target.store, root)),
        tuple([RegistryValue(key, name, REG_SZ, encode_text(text)) for name, text, _ in written]),
        tuple([rule for _, _, rule in written]),
        tuple([text for _, text, _ in written]),
    )


def rule_text(rule: HostRule, target: Capabilities) -> tuple[str, HostRule]:
    """(rule string, the rule as a reader of it gets it); raises Unsupported where the two are not the same rule."""
    ordinary = is_ordinary(rule)
    target.check(rule, ordinary=ordinary)
    store = target.store
    if store is _GPO and (rule.id[:2] == "**" or "\\" in rule.id):
        raise Unsupported(target.target, rule.id, "the id would be a command or a path in a policy file")
    if ordinary and (rule.program is None or _is_path(rule.program)) and rule.store is not _HARDENING:
        # its text is read as the same rule for certain, and whoever reads the file back asks again
        text = plain_text(rule)
        if 4 * len(text) < MAX_SIZE:
            return text, _as_read(rule, store)
    # only hardening has a spelling of its own, which no policy of ours has
    text = write_rule(rule if rule.store is not Store.HARDENING else changed_rule(rule, store=store))
    # no character has more than four bytes
    if 4 * len(text) >= MAX_SIZE and len(encode_text(text)) > MAX_SIZE:
        raise Unsupported(target.target, rule.id, phrase("its text has more than {max_size} bytes", max_size=MAX_SIZE))
    back, problems = parse_rule(text, id=rule.id, store=store)
    if back is None or (problems and not rule.extras.unknown) or back.extras.invalid != rule.extras.invalid:
        reasons = listed(map(constant, (*problems, *(back.extras.invalid if back else ()))), "; ")
        raise Unsupported(
            target.target,
            rule.id,
            phrase("Windows would not take it: {reason}", reason=reasons or phrase("it is not the same rule")),
        )
    if _all_said(back) != _all_said(rule):
        raise Unsupported(target.target, rule.id, "a rule string cannot say all of it")
    return text, back


def _as_read(rule: HostRule, store: Store) -> HostRule:
    """The rule as its text says it, in a policy of that store."""
    if rule.store is store and rule.version == LOWEST_VERSION and not rule.origin:
        return rule
    return rule_of_store(rule, store, rule.name, rule.description, rule.group)


def _is_path(program: str) -> bool:
    """Whether the text stands for itself: blanks around it get lost, and no program is called by the words for any."""
    return program.strip() == program and program.lower() not in ("any", "all")


_all_said = attrgetter(*(field for field in OpenRule.__slots__ if field not in ("store", "version", "origin")))


def _settings(policy: HostPolicy, store: Store, root: str) -> Iterable[RegistryValue]:
    for profile, settings in policy.settings:
        key = f"{root}\\{_PROFILE_KEYS[store][profile]}"
        for field, (below, name, negated) in _VALUES.items():
            wanted = getattr(settings, field)
            if wanted is not None:
                yield RegistryValue(key + below, name, REG_DWORD, int(wanted != negated).to_bytes(4, "little"))
        yield from _interfaces(settings, key)


def _interfaces(settings: ProfileSettings, key: str) -> Iterable[RegistryValue]:
    if settings.disabled_interfaces is not None:
        yield RegistryValue(key, "DisabledInterfaces", REG_SZ, encode_text(",".join(settings.disabled_interfaces)))
