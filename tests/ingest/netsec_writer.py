"""Writes rules as PowerShell's cmdlets show them, in the shapes that occur: the test side of ``ingest.netsec_*``.

Made from the tables of facts/windows_firewall.md 4.6 and 4.9 by themselves, not from the product's.
"""

from __future__ import annotations

import json
from typing import Any

from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, PortMatch, Store
from cmfw.model.state import HostState
from cmfw.net.flow import TCP, UDP, Direction

NUMBERS = {
    "Enabled": {"True": 1, "False": 2},
    "Direction": {"Inbound": 1, "Outbound": 2},
    "Action": {"Allow": 2, "AllowBypass": 3, "Block": 4},
    "EdgeTraversalPolicy": {"Block": 0, "Allow": 1, "DeferToUser": 2, "DeferToApp": 3},
    "PolicyStoreSourceType": {"Local": 1, "GroupPolicy": 2, "MDM": 6},
    "Authentication": {"NotRequired": 0, "Required": 1, "NoEncap": 2},
    "Encryption": {"NotRequired": 0, "Required": 1, "Dynamic": 2},
    "DynamicTarget": {"Any": 0, "ProximityApps": 1, "ProximitySharing": 2, "WifiDirectPrinting": 4},
}
PORT_WORDS = {"RPC-EPMap": "RPCEPMap", "Ply2Disc": "PlayToDiscovery"}
ADDRESS_WORDS = {
    "IntErnet": "Internet",
    "IntrAnet": "Intranet",
    "RmtIntrAnet": "IntranetRemoteAccess",
    "Ply2Renders": "PlayToDevice",
}
PROXIMITY_WORDS = {"Proximity": "ProximityApps", "ProxSharing": "ProximitySharing", "WFDPrint": "WifiDirectPrinting"}
STORE_WORDS = {Store.LOCAL: "Local", Store.GPO: "GroupPolicy", Store.MDM: "MDM"}
SECURITY = {
    (): ("NotRequired", "NotRequired"),
    ("Authenticate",): ("Required", "NotRequired"),
    ("AuthenticateEncrypt",): ("Required", "Required"),
    ("AuthenticateEncrypt", "AnE-Nego"): ("Required", "Dynamic"),
    ("Authenticate", "An-NoEncap"): ("NoEncap", "NotRequired"),
}
FILTERS = {
    "PortFilter": ("Protocol", "LocalPort", "RemotePort", "IcmpType", "DynamicTarget", "DynamicTransport"),
    "AddressFilter": ("LocalAddress", "LocalIP", "RemoteAddress", "RemoteIP"),
    "ApplicationFilter": ("Program", "AppPath", "Package"),
    "ServiceFilter": ("Service", "ServiceName"),
    "InterfaceFilter": ("InterfaceAlias",),
    "InterfaceTypeFilter": ("InterfaceType",),
    "SecurityFilter": (
        "Authentication", "Encryption", "OverrideBlockRules", "LocalUser", "LocalUsers", "RemoteUser", "RemoteUsers",
        "RemoteMachine", "RemoteMachines",
    ),
}  # fmt: skip
NOISE = {
    "CimClass": {"CimSuperClassName": "CIM_PolicyRule", "CimClassMethods": "Enable Disable Rename"},
    "CimInstanceProperties": [],
    "CimSystemProperties": {},
    "PSComputerName": None,
    "Caption": None,
}


def single(items: list[Any]) -> Any:
    """A list as a pipeline hands it on: one item alone is no list."""
    return items[0] if len(items) == 1 else items


def ports(condition: PortMatch) -> Any:
    if condition.is_any:
        return "Any"
    words = [PORT_WORDS.get(word, word) for word in condition.keywords if not word.startswith("IPTLS")]
    return single([*condition.ports.texts(), *words])


def addresses(condition: AddressMatch) -> Any:
    if condition.is_any:
        return "Any"
    out = []
    names = dict.fromkeys(word[:-1] for word in condition.keywords)
    for name in names:
        spoken = ADDRESS_WORDS.get(name, name)
        families = [word[-1] for word in condition.keywords if word[:-1] == name]
        out.append(spoken if len(families) == 2 else spoken + families[0])
    return single([*out, *condition.addresses.texts()])


def mask(bits: int, every: int, names: tuple[str, ...], *, numbers: bool) -> Any:
    if bits == every:
        return 0 if numbers else "Any"
    return bits if numbers else ", ".join(name for at, name in enumerate(names) if bits >> at & 1)


def properties(rule: HostRule, *, numbers: bool) -> dict[str, dict[str, Any]]:
    """The rule object under ``""`` and each filter under its name; integers as 5.1 writes them, or names as 7 does."""
    extras = rule.extras
    edge = "Allow" if rule.edge else "Block"
    edge = {"App": "DeferToApp", "User": "DeferToUser"}.get(extras.defer, edge)
    authentication, encryption = SECURITY[extras.security]
    platforms = [f"{major}.{minor}" for _, major, minor in extras.platforms]
    if extras.platform_at_least:
        platforms[-1] += "+"
    profile = mask(rule.profiles, 7, ("Domain", "Private", "Public"), numbers=numbers)
    flat = {
        "Name": rule.id, "ID": rule.id, "InstanceID": rule.id, "DisplayName": rule.name,
        "Description": rule.description or None, "Group": rule.group or None, "RuleGroup": rule.group or None,
        "Enabled": "True" if rule.active else "False", "Profile": profile, "Profiles": profile,
        "Platform": platforms, "Platforms": platforms,
        "Direction": "Inbound" if rule.direction is Direction.IN else "Outbound",
        "Action": "Block" if rule.action is Action.BLOCK else "Allow", "EdgeTraversalPolicy": edge,
        "LSM": extras.loose_source, "LooseSourceMapping": extras.loose_source, "LocalOnlyMapping": extras.ignore_remote,
        "Owner": extras.local_owner or None, "PrimaryStatus": 1, "EnforcementStatus": "NotApplicable",
        "PolicyStoreSource": "PersistentStore", "PolicyStoreSourceType": STORE_WORDS[rule.store],
        "Protocol": {None: "Any", 6: "TCP", 17: "UDP", 1: "ICMPv4", 58: "ICMPv6"}.get(rule.protocol, str(rule.protocol)),
        # an ICMP rule shows a port word that means nothing
        "LocalPort": ports(rule.local_port) if rule.protocol not in (1, 58) else "RPC", "RemotePort": ports(rule.remote_port),
        "IcmpType": "Any" if rule.icmp is None else single([f"{k}" if c is None else f"{k}:{c}" for k, c in rule.icmp]),
        "DynamicTarget": single([PROXIMITY_WORDS[word] for word in extras.proximity]) if extras.proximity else "Any",
        "LocalAddress": addresses(rule.local_address), "RemoteAddress": addresses(rule.remote_address),
        "Program": rule.program or "Any", "Package": single(list(extras.packages)) if extras.packages else None,
        "Service": rule.service or "Any", "InterfaceAlias": "Any",
        "InterfaceType": mask(rule.interfaces, 15, ("Wired", "Wireless", "RemoteAccess"), numbers=numbers),
        "Authentication": authentication, "Encryption": encryption,
        "OverrideBlockRules": rule.action is Action.BYPASS or extras.bypass_out,
        "LocalUser": extras.local_users or "Any", "RemoteUser": extras.remote_users or "Any",
        "RemoteMachine": extras.remote_machines or "Any",
    }  # fmt: skip
    twins = {"DynamicTransport": "DynamicTarget", "LocalIP": "LocalAddress", "RemoteIP": "RemoteAddress", "AppPath": "Program",
             "ServiceName": "Service", "LocalUsers": "LocalUser", "RemoteUsers": "RemoteUser",
             "RemoteMachines": "RemoteMachine"}  # fmt: skip
    if numbers:
        flat |= {name: table[flat[name]] for name, table in NUMBERS.items() if isinstance(flat[name], str)}
    flat |= {twin: flat[name] for twin, name in twins.items()}
    inside = {name for names in FILTERS.values() for name in names}
    out = {"": {name: value for name, value in flat.items() if name not in inside}}
    return out | {name: {part: flat[part] for part in parts} for name, parts in FILTERS.items()}


SHAPES = ("flat", "nested", "joined", "sections", "bundled", "wrapped")


def document(rules: list[HostRule], shape: str, *, numbers: bool) -> Any:
    """The rules in one of ``SHAPES``."""
    made = [properties(rule, numbers=numbers) for rule in rules]
    if shape == "flat":
        return [{k: v for part in one.values() for k, v in part.items()} for one in made]
    if shape == "nested":
        return [one[""] | NOISE | {name: part for name, part in one.items() if name} for one in made]
    if shape == "bundled":
        return [{"Rule": one[""]} | {name: part for name, part in one.items() if name} for one in made]
    lists = {
        name or "Rules": [
            ({"InstanceID": rule.id} if name else {}) | one[name] | NOISE for rule, one in zip(rules, made, strict=True)
        ]
        for name in ("", *FILTERS)
    }
    if shape == "joined":
        return [one for part in lists.values() for one in part]
    if shape == "wrapped":
        return {name: {"value": [wrapped(one) for one in part], "Count": len(part)} for name, part in lists.items()}
    return lists


def wrapped(one: dict[str, Any]) -> dict[str, Any]:
    """The object after Select-Object in 5.1: lists become objects with a count, empty ones become text."""
    return {
        name: ({"value": value, "Count": len(value)} if value else "") if isinstance(value, list) else value
        for name, value in one.items()
    }


def written(rules: list[HostRule], shape: str = "nested", *, numbers: bool = True) -> str:
    return json.dumps(document(rules, shape, numbers=numbers), indent=2)


def is_showable(rule: HostRule) -> bool:
    """Whether PowerShell has words for everything that the rule says."""
    extras: Extras = rule.extras
    return (
        rule.store in STORE_WORDS
        and not (extras.unknown or extras.invalid or extras.interface_ids or extras.skip_version or extras.cross_profile)
        and extras.security in SECURITY
        and set(extras.proximity) <= set(PROXIMITY_WORDS)
        and (rule.interfaces == 15 or not rule.interfaces & 8)
        and (rule.protocol in (TCP, UDP) or (rule.local_port.is_any and rule.remote_port.is_any))
    )


def listed(state: HostState) -> tuple[HostRule, ...]:
    """The rules without those that stand for a direction of which the export has none."""
    return tuple(one for one in state.rules if one.extras.unknown != (("rules", "not listed"),))
