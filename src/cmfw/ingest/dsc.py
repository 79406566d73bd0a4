"""DSC v3: what ``dsc resource export -r Microsoft.Windows/FirewallRuleList`` prints, and configurations that use it, as JSON.

The resource speaks to the machine through netfw.h, so rules have display names and no ids, no profile settings, and none of
the conditions that netfw.h does not know; a rule for ICMP has no types. What such a rule would need to be whole is in doubt.

Source: PowerShell/DSC, resources/windows_firewall (windows_firewall.dsc.resource.json, src/firewall.rs); netfw.h, INetFwRule
(a new rule is inbound, allows, and is disabled; 256 is any protocol).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cmfw.errors import InputError, Problem
from cmfw.ingest.evidence import Evidence, StorePart
from cmfw.ingest.input_file import InputFile
from cmfw.ingest.json_text import objects, read_json
from cmfw.ingest.rule_parts import Written, items_of, with_conditions
from cmfw.ingest.rule_validity import invalid_reasons
from cmfw.model.rule import Action, Extras, HostRule, Store
from cmfw.model.state import Gap
from cmfw.net.flow import ALL_PROFILES, ICMP_PROTOCOLS, Direction, Profile
from cmfw.words.phrases import phrase

FORMAT = "dsc"
TYPE = "Microsoft.Windows/FirewallRuleList"
ANY_PROTOCOL = 256
_DIRECTIONS = {"inbound": Direction.IN, "outbound": Direction.OUT}
_ACTIONS = {"allow": Action.ALLOW, "block": Action.BLOCK}
_PROFILES = {"domain": Profile.DOMAIN, "private": Profile.PRIVATE, "public": Profile.PUBLIC, "all": ALL_PROFILES}
_KNOWN = frozenset(
    {
        "name",
        "_exist",
        "description",
        "applicationName",
        "serviceName",
        "protocol",
        "localPorts",
        "remotePorts",
        "localAddresses",
        "remoteAddresses",
        "direction",
        "action",
        "enabled",
        "profiles",
        "grouping",
        "interfaceTypes",
        "edgeTraversal",
    }
)


def sniff(file: InputFile) -> bool:
    """Whether this is JSON with the resource of firewall rules, or one result of it."""
    start = file.head.replace(b"\0", b"").lstrip(b"\xff\xfe\xef\xbb\xbf \r\n\t")
    if start[:1] != b"{":
        return False
    return file.holds(TYPE) or (
        file.holds('"rules"') and file.holds('"localPorts"', '"applicationName"', '"remoteAddresses"')
    )


def read(file: InputFile) -> tuple[Evidence, ...]:
    """The local rules that the document lists.

    Raises:
        InputError: it is no JSON, or has no list of rules.
    """
    found = read_json(file)
    lists = [one for one in objects(found) if _is_list(one)]
    if not lists:
        raise InputError(Problem(file.path, phrase("a resource `{type}` with rules", type=TYPE), "none"))
    problems: list[Problem] = []
    rules = [
        _rule(one, number + 1, file.path, problems)
        for number, one in enumerate(rule for each in lists for rule in each["rules"])
    ]
    kept = tuple(rule for rule in rules if rule is not None)
    gaps = (
        Gap(
            "rules_alone", "a list of rules shows neither connection security rules nor service hardening", source=file.path
        ),
    )
    part = StorePart(store=Store.LOCAL, name="local", rules=kept, gaps=gaps, problems=tuple(problems), shows_settings=False)
    return (Evidence(path=file.path, format=FORMAT, parts=(part,)),)


def _is_list(one: dict[str, Any]) -> bool:
    rules = one.get("rules")
    return isinstance(rules, list) and all(isinstance(rule, dict) and "name" in rule for rule in rules)


def _rule(found: dict[str, Any], number: int, path: str, problems: list[Problem]) -> HostRule | None:
    """The rule of one object; None for one that is not there."""
    if found.get("_exist") is False:
        return None
    name = str(found.get("name", ""))
    unread = [(key, str(value)) for key, value in found.items() if key not in _KNOWN and value not in (None, "", [])]
    direction = _chosen(found, "direction", _DIRECTIONS, Direction.IN, unread)
    action = _chosen(found, "action", _ACTIONS, Action.ALLOW, unread)
    protocol = _protocol(found.get("protocol"), unread)
    if protocol in ICMP_PROTOCOLS:
        unread.append(("ICMP4", "types are not shown"))
    enabled = found.get("enabled")
    if not isinstance(enabled, bool):
        unread.append(("Active", str(enabled)))
    rule = HostRule(
        id=f"dsc:{number}:{name}",
        action=action,
        direction=direction,
        active=enabled is not False,
        profiles=_profiles(found.get("profiles"), unread),
        protocol=protocol,
        program=str(found.get("applicationName") or "") or None,
        service=str(found.get("serviceName") or "") or None,
        name=name,
        description=str(found.get("description") or ""),
        group=str(found.get("grouping") or ""),
        edge=bool(found.get("edgeTraversal")) and direction is Direction.IN,
        # netfw.h has no word for packages, users, security and platforms
        extras=Extras(unknown=(*unread, ("dsc", "conditions that netfw.h does not know are not shown"))),
        origin=f"{path}!{name}",
    )
    rule = with_conditions(rule, _written(found))
    reasons = invalid_reasons(rule)
    problems += [Problem(path, "a rule as Windows takes it", f"`{key}` `{value[:60]}`", key=name) for key, value in unread]
    problems += [Problem(path, "a rule as Windows takes it", reason, key=name) for reason in reasons]
    return replace(rule, extras=replace(rule.extras, invalid=reasons)) if reasons else rule


def _written(found: dict[str, Any]) -> Written:
    return Written(
        local_ports=items_of(found.get("localPorts")),
        remote_ports=items_of(found.get("remotePorts")),
        local_addresses=items_of(found.get("localAddresses")),
        remote_addresses=items_of(found.get("remoteAddresses")),
        interfaces=items_of(found.get("interfaceTypes")),
    )


def _chosen(found: dict[str, Any], key: str, words: dict[str, Any], default: Any, unread: list[tuple[str, str]]) -> Any:
    """What the word means; the default of a new rule, in doubt, where there is none or an unknown one."""
    word = str(found.get(key) or "").lower()
    if word not in words:
        unread.append((key, word or "not said"))
    return words.get(word, default)


def _protocol(value: Any, unread: list[tuple[str, str]]) -> int | None:
    if value is None or value == ANY_PROTOCOL:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < ANY_PROTOCOL:
        return value
    unread.append(("Protocol", str(value)))
    return None


def _profiles(value: Any, unread: list[tuple[str, str]]) -> int:
    mask = 0
    for word in items_of(value):
        bit = _PROFILES.get(word.lower())
        if bit is None:
            unread.append(("Profile", word))
            return ALL_PROFILES
        mask |= int(bit)
    return mask or ALL_PROFILES
