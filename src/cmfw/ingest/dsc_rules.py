"""Reads back the DSC v3 document that ``emit dsc`` writes, and nothing else: for translation validation.

Source: PowerShell/DSC, resources/windows_firewall (manifest).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from cmfw.errors import Problem
from cmfw.ingest.com_rule import address_reader, read_ports
from cmfw.ingest.evidence import StorePart
from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, PortMatch, Store, new_rule
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, Direction, Interface, Profile
from cmfw.words.phrases import listed, phrase

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
            raise ValueError(phrase("another resource than firewall rules"))  # noqa: TRY301
        addresses = address_reader("*")
        for number, entry in enumerate(resource["properties"]["rules"]):
            rules.append(_rule(entry, addresses, f"{path}!{number}"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        problems.append(
            Problem(
                path, "a document of our dialect", phrase("{kind}: {reason}", kind=type(error).__name__, reason=str(error))
            )
        )
    return StorePart(store=Store.LOCAL, name="local", rules=tuple(rules), problems=tuple(problems))


def _rule(entry: dict[str, Any], addresses: Callable[[str, int | None], AddressMatch], origin: str) -> HostRule:
    _check_names(tuple(entry))
    protocol = None if entry["protocol"] == ANY_PROTOCOL else int(entry["protocol"])
    name = entry["name"]
    conditions = (
        _ACTION_OF[entry["action"]],
        _DIRECTION_OF[entry["direction"]],
        Store.LOCAL,
        bool(entry["enabled"]),
        _profiles(entry["profiles"]),
        protocol,
        read_ports(entry["localPorts"], "*") if "localPorts" in entry else PortMatch.ANY,
        read_ports(entry["remotePorts"], "*") if "remotePorts" in entry else PortMatch.ANY,
        None,
        addresses(entry["localAddresses"], protocol),
        addresses(entry["remoteAddresses"], protocol),
        entry.get("applicationName"),
        entry.get("serviceName"),
        _interfaces(entry["interfaceTypes"]),
    )
    texts = name, entry["description"], entry["grouping"]
    return new_rule(name, conditions, texts, entry.get("edgeTraversal", False), Extras.NONE, (2, 10), origin)


@lru_cache(maxsize=64)
def _check_names(names: tuple[str, ...]) -> None:
    """Raise ValueError where a rule has other properties than ours."""
    if not _ALWAYS <= set(names) <= _ALWAYS | _MAY:
        raise ValueError(phrase("properties {names}", names=listed(names)))


_ACTION_OF = {word: action for action, word in ACTIONS.items()}
_DIRECTION_OF = {word: direction for direction, word in DIRECTIONS.items()}


def _mask_reader(words: dict[Any, str], everything: int) -> Callable[[list[str]], int]:
    """A reader of lists of these words as a bit mask; there are few such lists, so each is read once."""
    bits = {word: int(bit) for bit, word in words.items()}

    def read(found: tuple[str, ...]) -> int:
        if found == ("All",):
            return everything
        if not found or len(set(found)) < len(found):
            raise ValueError(phrase("an empty list, or a word twice"))
        return sum(bits[word] for word in found)

    kept = lru_cache(maxsize=64)(read)
    return lambda found: kept(tuple(found))


_profiles = _mask_reader(PROFILES, ALL_PROFILES)
_interfaces = _mask_reader(INTERFACES, ALL_INTERFACES)
