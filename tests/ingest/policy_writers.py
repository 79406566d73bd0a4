"""Writes rules as Intune, SyncML and DSC have them: the test side of those readers, made from the documents, not the product.

Source: facts/windows_firewall.md 4.7 and 4.9; PowerShell/DSC, windows_firewall.dsc.resource.json.
"""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape

from cmfw.model.rule import Action, AddressMatch, HostRule, PortMatch
from cmfw.net.addr import format_address
from cmfw.net.flow import ALL_INTERFACES, ICMP4, ICMP6, TCP, UDP, Direction

ROOT = "./Vendor/MSFT/Firewall/MdmStore"
CATALOG = "vendor_msft_firewall_mdmstore_firewallrules_{firewallrulename}"
WORDS = {"IntErnet": "Internet", "IntrAnet": "Intranet", "RmtIntrAnet": "RmtIntranet", "DefaultGateway": "Defaultgateway"}
INTERFACES = ((1, "Lan"), (2, "Wireless"), (4, "RemoteAccess"), (8, "MBB"))


def ports(match: PortMatch) -> list[str]:
    """Ranges of a port condition; empty for any."""
    return [] if match.is_any else [str(a) if a == b else f"{a}-{b}" for a, b in match.ports.ranges]


def addresses(match: AddressMatch) -> list[str]:
    """Ranges and words of an address condition; empty for any."""
    if match.is_any:
        return []
    ranges = [format_address(a) if a == b else f"{format_address(a)}-{format_address(b)}" for a, b in match.addresses.ranges]
    words = sorted({word[:-1] for word in match.keywords})
    return ranges + [WORDS.get(word, word) for word in words]


def interfaces(mask: int) -> list[str]:
    """Names of the interface types; empty for all."""
    return [] if mask == ALL_INTERFACES else [name for bit, name in INTERFACES if mask & bit]


def csp_is_able(rule: HostRule) -> bool:
    """Whether the Firewall CSP has words for the rule: numbers for ports, both families of a keyword, no other condition."""
    match = rule.remote_address
    both = {word[:-1] for word in match.keywords if word[-1] == "4"} == {
        word[:-1] for word in match.keywords if word[-1] == "6"
    }
    plain = rule.extras.__class__() == rule.extras and rule.action is not Action.BYPASS
    has_ports = not (rule.local_port.is_any and rule.remote_port.is_any)
    sound = (not has_ports or rule.protocol in (TCP, UDP)) and (rule.icmp is None or rule.protocol in (ICMP4, ICMP6))
    return bool(
        plain and both and sound and not rule.local_port.keywords and not rule.remote_port.keywords and rule.service != "*"
    )


def properties(rule: HostRule) -> dict[str, Any]:
    """Node path below the rule to its value; lists stay lists."""
    out: dict[str, Any] = {
        "Name": rule.name,
        "Enabled": rule.active,
        "Direction": "IN" if rule.direction is Direction.IN else "OUT",
        "Action/Type": int(rule.action is Action.ALLOW),
        "Description": rule.description,
        "App/FilePath": rule.program,
        "App/ServiceName": rule.service,
        "LocalPortRanges": ports(rule.local_port),
        "RemotePortRanges": ports(rule.remote_port),
        "LocalAddressRanges": addresses(rule.local_address),
        "RemoteAddressRanges": addresses(rule.remote_address),
        "IcmpTypesAndCodes": [f"{kind}:{'*' if code is None else code}" for kind, code in rule.icmp or ()],
        "InterfaceTypes": interfaces(rule.interfaces),
        "EdgeTraversal": rule.edge or None,
        "Profiles": rule.profiles,
        "Protocol": rule.protocol,
    }
    return {name: value for name, value in out.items() if value is not None and value not in ("", [])}


def syncml(rules: list[HostRule], *, root: str = ROOT, verb: str = "Add") -> str:
    """One Atomic with a command for each node."""
    items = []
    for rule in rules:
        for number, (name, value) in enumerate(properties(rule).items()):
            text = (
                ",".join(value) if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else str(value)
            )
            items.append(
                f"<{verb}><CmdID>{number}</CmdID><Item><Target><LocURI>{root}/FirewallRules/{escape(rule.id)}/{name}</LocURI></Target>"
                f'<Meta><Format xmlns="syncml:metinf">chr</Format></Meta><Data>{escape(text)}</Data></Item></{verb}>'
            )
    return (
        f'<SyncML xmlns="SYNCML:SYNCML1.2"><SyncBody><Atomic><CmdID>1</CmdID>{"".join(items)}</Atomic></SyncBody></SyncML>'
    )


def choice(definition: str, value: object) -> dict[str, Any]:
    """A choice of the catalog, whose value is the end of its own name."""
    found = {"value": f"{definition}_{value}", "children": []}
    kind = "#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance"
    return {"@odata.type": kind, "settingDefinitionId": definition, "choiceSettingValue": found}


def catalog(rules: list[HostRule], *, prefix: str = "") -> str:
    """A policy of the settings catalog."""
    groups = []
    for rule in rules:
        children = []
        for name, value in properties(rule).items():
            definition = f"{prefix}{CATALOG}_{name.lower().replace('/', '_')}"
            if name in ("Enabled", "EdgeTraversal"):
                children.append(choice(definition, int(value)))
            elif name == "Direction":
                children.append(choice(definition, value.lower()))
            elif name == "Action/Type":
                children.append(choice(definition, value))
            elif name in ("InterfaceTypes", "Profiles"):
                found = (
                    [bit for bit in (1, 2, 4) if rule.profiles & bit] if name == "Profiles" else [v.lower() for v in value]
                )
                values = [{"value": f"{definition}_{one}", "children": []} for one in found]
                children.append({"settingDefinitionId": definition, "choiceSettingCollectionValue": values})
            elif isinstance(value, list):
                values = [{"value": one} for one in value]
                children.append({"settingDefinitionId": definition, "simpleSettingCollectionValue": values})
            else:
                children.append({"settingDefinitionId": definition, "simpleSettingValue": {"value": value}})
        groups.append({"children": children})
    instance = {"settingDefinitionId": prefix + CATALOG, "groupSettingCollectionValue": groups}
    return json.dumps({"name": "made", "platforms": "windows10", "settings": [{"id": "0", "settingInstance": instance}]})


def endpoint_protection(rules: list[HostRule]) -> str:
    """An older endpoint protection profile; its rules have no ICMP and no switch of their own."""
    names = {"domain": 1, "private": 2, "public": 4}
    words = {"Lan": "lan", "Wireless": "wireless", "RemoteAccess": "remoteAccess"}
    out = []
    for rule in rules:
        said = properties(rule)
        out.append(
            {
                "@odata.type": "#microsoft.graph.windowsFirewallRule",
                "displayName": rule.name,
                "description": rule.description or None,
                "filePath": rule.program,
                "serviceName": rule.service,
                "packageFamilyName": None,
                "protocol": rule.protocol,
                "localPortRanges": said.get("LocalPortRanges", []),
                "remotePortRanges": said.get("RemotePortRanges", []),
                "localAddressRanges": said.get("LocalAddressRanges", []),
                "remoteAddressRanges": said.get("RemoteAddressRanges", []),
                "profileTypes": ",".join(name for name, bit in names.items() if rule.profiles & bit),
                "action": "allowed" if rule.action is Action.ALLOW else "blocked",
                "trafficDirection": "in" if rule.direction is Direction.IN else "out",
                "interfaceTypes": ",".join(words[one] for one in said.get("InterfaceTypes", [])) or "notConfigured",
                "edgeTraversal": "allowed" if rule.edge else "notConfigured",
                "localUserAuthorizations": None,
            }
        )
    kind = "#microsoft.graph.windows10EndpointProtectionConfiguration"
    return json.dumps({"@odata.type": kind, "displayName": "made", "firewallRules": out})


def dsc(rules: list[HostRule]) -> str:
    """What ``dsc resource export`` prints: a document with one resource."""
    out = []
    for rule in rules:
        said = properties(rule)
        one = {
            "name": rule.name,
            "description": rule.description,
            "applicationName": rule.program,
            "serviceName": rule.service,
            "protocol": 256 if rule.protocol is None else rule.protocol,
            "localPorts": ",".join(said.get("LocalPortRanges", [])) or ("*" if rule.protocol in (TCP, UDP) else None),
            "remotePorts": ",".join(said.get("RemotePortRanges", [])) or ("*" if rule.protocol in (TCP, UDP) else None),
            "localAddresses": ",".join(said.get("LocalAddressRanges", [])) or "*",
            "remoteAddresses": ",".join(said.get("RemoteAddressRanges", [])) or "*",
            "direction": "Inbound" if rule.direction is Direction.IN else "Outbound",
            "action": "Allow" if rule.action is Action.ALLOW else "Block",
            "enabled": rule.active,
            "profiles": [n for n, bit in (("Domain", 1), ("Private", 2), ("Public", 4)) if rule.profiles & bit]
            if rule.profiles != 7
            else ["All"],
            "grouping": rule.group or None,
            "interfaceTypes": said.get("InterfaceTypes", ["All"]),
            "edgeTraversal": rule.edge,
        }
        out.append({name: value for name, value in one.items() if value is not None})
    resource = {"name": "rules", "type": "Microsoft.Windows/FirewallRuleList", "properties": {"rules": out}}
    schema = "https://aka.ms/dsc/schemas/v3/bundled/config/document.json"
    return json.dumps({"$schema": schema, "contentVersion": "1.0.0", "resources": [resource]})
