"""One rule as nodes of the Firewall CSP, strictly as ``emit syncml`` and ``emit intune`` write it, and back.

Source: Microsoft, "Firewall CSP" and "Firewall DDF"; facts/windows_firewall.md 4.7.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from cmfw.ingest.kept_texts import kept
from cmfw.ingest.local_subnet import subnet_words
from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, PortMatch, Store, new_rule
from cmfw.net.addr import AddrSet
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, ICMP_PROTOCOLS, Direction, Interface
from cmfw.net.ports import PortSet

EVERY_PROFILE = 0x7FFFFFFF
INTERFACE_WORDS = {
    Interface.RAS: "RemoteAccess",
    Interface.WIRELESS: "Wireless",
    Interface.LAN: "Lan",
    Interface.MOBILE: "MBB",
}
NODES = (
    "Name", "Enabled", "Direction", "Action/Type", "Profiles", "Protocol", "LocalPortRanges", "RemotePortRanges",
    "IcmpTypesAndCodes", "LocalAddressRanges", "RemoteAddressRanges", "App/FilePath", "App/ServiceName", "InterfaceTypes",
    "EdgeTraversal", "Description",
)  # fmt: skip
"""Children of a rule that we write."""
_ALWAYS = ("Name", "Enabled", "Direction", "Action/Type", "Profiles")


_NAMES = frozenset(NODES)
_ACTIONS = {"1": Action.ALLOW, "0": Action.BLOCK}
_DIRECTIONS = {"IN": Direction.IN, "OUT": Direction.OUT}
_FLAGS = {"true": True, "false": False}
AddressReader = Callable[[str | None, int | None], AddressMatch]


def address_reader() -> AddressReader:
    """The condition of a list of addresses in a rule of a protocol, for the rules of one document: each is read once."""
    return cache(_addresses)


def read_csp_rule(rule_id: str, nodes: dict[str, str], addresses: AddressReader, origin: str) -> HostRule:
    """The rule of these nodes; raises ValueError for a node or value that is not ours, or one that is missing.

    ``addresses`` is ``address_reader`` of the document.
    """
    get = nodes.get
    if not (nodes.keys() <= _NAMES and all(name in nodes for name in _ALWAYS)):
        unknown = nodes.keys() - _NAMES
        missing = [name for name in _ALWAYS if name not in nodes]
        raise ValueError(f"nodes {', '.join(sorted(unknown)) or f'without {missing[0]}'}")
    protocol = int(nodes["Protocol"]) if "Protocol" in nodes else None
    if protocol is not None and not 0 <= protocol <= 255:
        raise ValueError(f"`{protocol}` is no protocol")
    conditions = (
        _one(_ACTIONS, nodes["Action/Type"]),
        _one(_DIRECTIONS, nodes["Direction"]),
        Store.MDM,
        _one(_FLAGS, nodes["Enabled"]),
        _profiles(nodes["Profiles"]),
        protocol,
        _ports(nodes["LocalPortRanges"]) if "LocalPortRanges" in nodes else PortMatch.ANY,
        _ports(nodes["RemotePortRanges"]) if "RemotePortRanges" in nodes else PortMatch.ANY,
        _icmp(get("IcmpTypesAndCodes"), protocol),
        addresses(get("LocalAddressRanges"), protocol),
        addresses(get("RemoteAddressRanges"), protocol),
        get("App/FilePath"),
        get("App/ServiceName"),
        _interfaces(get("InterfaceTypes")),
    )
    edge = _one(_FLAGS, get("EdgeTraversal", "false"))
    return new_rule(rule_id, conditions, (nodes["Name"], get("Description", ""), ""), edge, Extras.NONE, (2, 10), origin)


def _one(words: dict[str, Any], text: str) -> Any:
    if text not in words:
        raise ValueError(f"`{text}` is none of {', '.join(words)}")
    return words[text]


def _profiles(text: str) -> int:
    number = int(text)
    if number == EVERY_PROFILE:
        return ALL_PROFILES
    if not 1 <= number <= ALL_PROFILES:
        raise ValueError(f"`{text}` is no set of profiles")
    return number


@kept
def _ports(text: str) -> PortMatch:
    ports = PortSet.EMPTY
    for part in text.split(","):
        ports |= PortSet.parse(part)
    return PortMatch(ports)


def _icmp(text: str | None, protocol: int | None) -> tuple[tuple[int, int | None], ...] | None:
    if text is None:
        return None
    if protocol not in ICMP_PROTOCOLS:
        raise ValueError("ICMP types without ICMP")
    pairs = (part.partition(":") for part in text.split(","))
    return tuple((int(kind), None if code == "*" else int(code)) for kind, _, code in pairs)


def _addresses(text: str | None, protocol: int | None) -> AddressMatch:
    if text is None:
        return AddressMatch.ANY
    parts = text.split(",")
    plain = [part for part in parts if part != "LocalSubnet"]
    return AddressMatch(AddrSet.parse(*plain), subnet_words(protocol) if len(plain) < len(parts) else ())


def _interfaces(text: str | None) -> int:
    if text is None:
        return ALL_INTERFACES
    bits = {word: int(bit) for bit, word in INTERFACE_WORDS.items()}
    return sum(_one(bits, word) for word in text.split(","))
