"""Reads back the DSC v3 document that ``emit dsc`` writes, and nothing else: for translation validation.

Source: PowerShell/DSC, resources/windows_firewall (manifest).
"""

from __future__ import annotations

import json
from typing import Any

from cmfw.errors import Problem
from cmfw.ingest.com_rule import read_addresses, read_ports
from cmfw.ingest.evidence import StorePart
from cmfw.model.rule import Action, HostRule, PortMatch, Store
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, Direction, Interface, Profile

SCHEMA = "https://aka.ms/dsc/schemas/v3/bundled/config/document.json"
RESOURCE = "Microsoft.Windows/FirewallRuleList"
DIRECTIONS = {Direction.IN: "Inbound", Direction.OUT: "Outbound"}
ACTIONS = {Action.ALLOW: "Allow", Action.BLOCK: "Block"}
PROFILES = {Profile.DOMAIN: "Domain", Profile.PRIVATE: "Private", Profile.PUBLIC: "Public"}
INTERFACES = {Interface.RAS: "RemoteAccess", Interface.WIRELESS: "Wireless", Interface.LAN: "Lan"}
ANY_PROTOCOL = 256
_ALWAYS = {
    "name", "description", "enabled", "direction", "action", "profiles", "protocol", "localAddresses", "remoteAddresses",
    "interfaceTypes", "grouping",
}  # fmt: skip
_MAY = {"applicationName", "serviceName", "localPorts", "remotePorts", "edgeTraversal"}


def read_dsc_rules(content: bytes, path: str) -> StorePart:
    """The local store that one document of ours makes; everything else in it is a problem."""
    rules: list[HostRule] = []
    problems: list[Problem] = []
    try:
        document = json.loads(content)
        (resource,) = document["resources"]
        if set(document) != {"$schema", "resources"} or resource["type"] != RESOURCE:
            raise ValueError("another resource than firewall rules")  # noqa: TRY301
        for number, entry in enumerate(resource["properties"]["rules"]):
            rules.append(_rule(entry, f"{path}!{number}"))
    except (ValueError, KeyError, TypeError) as error:
        problems.append(Problem(path, "a document of our dialect", f"{type(error).__name__}: {error}"))
    return StorePart(store=Store.LOCAL, name="local", rules=tuple(rules), problems=tuple(problems))


def _rule(entry: dict[str, Any], origin: str) -> HostRule:
    if not _ALWAYS <= set(entry) <= _ALWAYS | _MAY:
        raise ValueError(f"properties {', '.join(entry)}")
    protocol = None if entry["protocol"] == ANY_PROTOCOL else int(entry["protocol"])
    return HostRule(
        id=entry["name"],
        action=_key(ACTIONS, entry["action"]),
        direction=_key(DIRECTIONS, entry["direction"]),
        store=Store.LOCAL,
        active=bool(entry["enabled"]),
        profiles=_mask(PROFILES, entry["profiles"], ALL_PROFILES),
        protocol=protocol,
        local_port=read_ports(entry["localPorts"], "*") if "localPorts" in entry else PortMatch.ANY,
        remote_port=read_ports(entry["remotePorts"], "*") if "remotePorts" in entry else PortMatch.ANY,
        local_address=read_addresses(entry["localAddresses"], "*", protocol),
        remote_address=read_addresses(entry["remoteAddresses"], "*", protocol),
        program=entry.get("applicationName"),
        service=entry.get("serviceName"),
        interfaces=_mask(INTERFACES, entry["interfaceTypes"], ALL_INTERFACES),
        name=entry["name"],
        description=entry["description"],
        group=entry["grouping"],
        edge=entry.get("edgeTraversal", False),
        origin=origin,
    )


def _key(words: dict[Any, str], text: str) -> Any:
    return next(ours for ours, theirs in words.items() if theirs == text)


def _mask(words: dict[Any, str], found: list[str], everything: int) -> int:
    if found == ["All"]:
        return everything
    if not found or len(set(found)) < len(found):
        raise ValueError("an empty list, or a word twice")
    return sum(int(_key(words, word)) for word in found)
