"""The firewall in Graph's older shapes: endpoint protection profiles, and endpoint security intents that carry their parts.

Source: Microsoft Graph, windowsFirewallNetworkProfile (pairs of switches, of which false means not configured) and
windowsFirewallRule (``notConfigured`` words; rules have no switch of their own and are enabled).
"""

from __future__ import annotations

from typing import Any

from cmfw.errors import InputError, Problem
from cmfw.ingest.csp_nodes import Node, RuleTexts
from cmfw.ingest.json_text import parse_json
from cmfw.words.phrases import phrase

_PROFILES = {
    "firewallProfileDomain": "domainprofile",
    "firewallProfilePrivate": "privateprofile",
    "firewallProfilePublic": "publicprofile",
}
_PAIRS = (
    # the switch that sets the node, the one that clears it, the node, its values when set and when cleared
    ("incomingTrafficBlocked", "incomingTrafficRequired", "shielded", "true", "false"),
    ("inboundConnectionsBlocked", "inboundConnectionsRequired", "defaultinboundaction", "1", "0"),
    ("outboundConnectionsBlocked", "outboundConnectionsRequired", "defaultoutboundaction", "1", "0"),
    ("policyRulesFromGroupPolicyMerged", "policyRulesFromGroupPolicyNotMerged", "allowlocalpolicymerge", "true", "false"),
    (
        "connectionSecurityRulesFromGroupPolicyMerged",
        "connectionSecurityRulesFromGroupPolicyNotMerged",
        "allowlocalipsecpolicymerge",
        "true",
        "false",
    ),
    (
        "authorizedApplicationRulesFromGroupPolicyMerged",
        "authorizedApplicationRulesFromGroupPolicyNotMerged",
        "authappsallowuserprefmerge",
        "true",
        "false",
    ),
    (
        "globalPortRulesFromGroupPolicyMerged",
        "globalPortRulesFromGroupPolicyNotMerged",
        "globalportsallowuserprefmerge",
        "true",
        "false",
    ),
)
_INTENT = "deviceConfiguration--windows10EndpointProtectionConfiguration_firewall"
_PROFILE_BITS = {"domain": "1", "private": "2", "public": "4"}
_NAMES = {
    "displayName": "name",
    "description": "description",
    "packageFamilyName": "app_packagefamilyname",
    "filePath": "app_filepath",
    "serviceName": "app_servicename",
    "protocol": "protocol",
    "localPortRanges": "localportranges",
    "remotePortRanges": "remoteportranges",
    "localAddressRanges": "localaddressranges",
    "remoteAddressRanges": "remoteaddressranges",
    "actualLocalAddressRanges": "localaddressranges",
    "actualRemoteAddressRanges": "remoteaddressranges",
    "interfaceTypes": "interfacetypes",
    "edgeTraversal": "edgetraversal",
    "localUserAuthorizations": "localuserauthorizedlist",
}
_IGNORED = frozenset({"@odata.type", "useAnyLocalAddressRange", "useAnyRemoteAddressRange", "id"})
Out = tuple[list[RuleTexts], list[Node], list[Problem]]


def endpoint_protection(found: dict[str, Any], out: Out, name: str, path: str) -> None:
    """Read the firewall's part of an endpoint protection profile into ``out``."""
    for key, branch in _PROFILES.items():
        if isinstance(found.get(key), dict):
            _profile(found[key], branch, out, path)
    rules = found.get("firewallRules")
    if isinstance(rules, list):
        for one in rules:
            if isinstance(one, dict):
                out[0].append(_rule(one, f"{name}:{len(out[0]) + 1}", path))


def intent_settings(setting: dict[str, Any], out: Out, name: str, path: str) -> None:
    """Read one setting of an intent into ``out``: rules and profiles are JSON in a text of it."""
    definition = str(setting.get("definitionId", ""))
    if not definition.startswith(_INTENT):
        return
    key = "firewall" + definition.removeprefix(_INTENT)
    text = setting.get("valueJson")
    try:
        value = parse_json(text, path) if isinstance(text, str) else setting.get("value")
    except InputError as error:
        out[2].extend(error.problems)
        out[1].append(Node(("domainprofile", key.lower()), ("unread",)))
        return
    if key == "firewallRules" or key in _PROFILES:
        endpoint_protection({key: value}, out, name, path)
    elif value is not None and value != "notConfigured":
        out[2].append(Problem(path, "a setting of the firewall that is known", f"`{key[:60]}`", key=definition))


def _profile(found: dict[str, Any], branch: str, out: Out, path: str) -> None:
    enabled = str(found.get("firewallEnabled") or "notConfigured")
    if enabled != "notConfigured":
        out[1].append(Node((branch, "enablefirewall"), (enabled.lower(),)))
    for sets, clears, node, on, off in _PAIRS:
        both = bool(found.get(sets)), bool(found.get(clears))
        if all(both):
            # Graph says which of the two wins, but not for every pair in the same way
            out[2].append(
                Problem(path, phrase("one of `{sets}` and `{clears}`", sets=sets, clears=clears), "both", key=branch)
            )
            out[1].append(Node((branch, node), ("both",)))
        elif any(both):
            out[1].append(Node((branch, node), (on if both[0] else off,)))


def _rule(found: dict[str, Any], rule_id: str, path: str) -> RuleTexts:
    said: dict[str, tuple[str, ...]] = {"enabled": ("1",)}
    for key, value in found.items():
        if key in _NAMES:
            texts = _texts(value)
            if texts and texts != ("notConfigured",):
                said[_NAMES[key]] = texts
        elif key not in ("action", "trafficDirection", "profileTypes", *_IGNORED) and _texts(value):
            said[key.lower()] = _texts(value)
    actions = {"allowed": "1", "blocked": "0", "notconfigured": "1", "": "1"}
    said["action_type"] = (actions.get(_word(found, "action"), "unread"),)
    # "If not specified, the default is Out": Microsoft Graph, windowsFirewallRule
    direction = _word(found, "trafficDirection")
    said["direction"] = ("out" if direction in ("", "notconfigured") else direction,)
    profiles = [part.strip() for part in _word(found, "profileTypes").split(",") if part.strip()]
    if profiles and profiles != ["notconfigured"]:
        said["profiles"] = tuple(_PROFILE_BITS.get(part, part) for part in profiles)
    name = "".join(said.get("name", (rule_id,)))
    return RuleTexts(rule_id, said, f"{path}!{name}")


def _word(found: dict[str, Any], key: str) -> str:
    return str(found.get(key) or "").strip().lower()


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(str(one) for one in values if one not in (None, ""))
