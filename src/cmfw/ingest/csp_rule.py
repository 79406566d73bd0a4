"""One rule as nodes of the Firewall CSP, strictly as ``emit syncml`` and ``emit intune`` write it, and back.

Source: Microsoft, "Firewall CSP" and "Firewall DDF"; facts/windows_firewall.md 4.7.
"""

from __future__ import annotations

from typing import Any

from cmfw.ingest.local_subnet import subnet_words
from cmfw.model.rule import Action, AddressMatch, HostRule, PortMatch, Store
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


def read_csp_rule(rule_id: str, nodes: dict[str, str], origin: str) -> HostRule:
    """The rule of these nodes; raises ValueError for a node or value that is not ours, or one that is missing."""
    unknown = nodes.keys() - set(NODES)
    missing = [name for name in _ALWAYS if name not in nodes]
    if unknown or missing:
        raise ValueError(f"nodes {', '.join(sorted(unknown)) or f'without {missing[0]}'}")
    protocol = int(nodes["Protocol"]) if "Protocol" in nodes else None
    if protocol is not None and not 0 <= protocol <= 255:
        raise ValueError(f"`{protocol}` is no protocol")
    return HostRule(
        id=rule_id,
        action=_one({"1": Action.ALLOW, "0": Action.BLOCK}, nodes["Action/Type"]),
        direction=_one({"IN": Direction.IN, "OUT": Direction.OUT}, nodes["Direction"]),
        store=Store.MDM,
        active=_one({"true": True, "false": False}, nodes["Enabled"]),
        profiles=_profiles(nodes["Profiles"]),
        protocol=protocol,
        local_port=_ports(nodes.get("LocalPortRanges")),
        remote_port=_ports(nodes.get("RemotePortRanges")),
        icmp=_icmp(nodes.get("IcmpTypesAndCodes"), protocol),
        local_address=_addresses(nodes.get("LocalAddressRanges"), protocol),
        remote_address=_addresses(nodes.get("RemoteAddressRanges"), protocol),
        program=nodes.get("App/FilePath"),
        service=nodes.get("App/ServiceName"),
        interfaces=_interfaces(nodes.get("InterfaceTypes")),
        name=nodes["Name"],
        description=nodes.get("Description", ""),
        edge=_one({"true": True, "false": False}, nodes.get("EdgeTraversal", "false")),
        origin=origin,
    )


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


def _ports(text: str | None) -> PortMatch:
    if text is None:
        return PortMatch.ANY
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
