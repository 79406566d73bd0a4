"""One rule as nodes of the Firewall CSP, strictly as ``emit syncml`` and ``emit intune`` write it, and back.

Source: Microsoft, "Firewall CSP" and "Firewall DDF"; facts/windows_firewall.md 4.7.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

from cmfw.ingest.kept_texts import kept
from cmfw.ingest.local_subnet import subnet_words
from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, PortMatch, Store, new_rule
from cmfw.net.addr import AddrSet
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, ICMP_PROTOCOLS, Direction, Interface
from cmfw.net.ports import PortSet
from cmfw.words.phrases import listed, phrase

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
ALWAYS = ("Name", "Enabled", "Direction", "Action/Type", "Profiles")
"""The first of them, which every rule has."""
_NAMES = frozenset(NODES)
_ACTIONS = {"1": Action.ALLOW, "0": Action.BLOCK}
_DIRECTIONS = {"IN": Direction.IN, "OUT": Direction.OUT}
_FLAGS = {"true": True, "false": False}
AddressReader = Callable[[str, int | None], AddressMatch]


def address_reader() -> AddressReader:
    """The condition of a list of addresses in a rule of a protocol, for the rules of one document: each is read once."""
    return cache(_addresses)


def read_csp_rule(rule_id: str, nodes: dict[str, str], addresses: AddressReader, origin: str) -> HostRule:
    """The rule of these nodes; raises ValueError for a node or value that is not ours, or one that is missing.

    ``addresses`` is ``address_reader`` of the document.
    """
    unknown = sorted(nodes.keys() - _NAMES)
    missing = next((name for name in ALWAYS if name not in nodes), None)
    if unknown or missing is not None:
        named = listed(unknown) if unknown else phrase("without {name}", name=missing)
        raise ValueError(phrase("nodes {names}", names=named))
    return read_csp_texts(rule_id, [nodes.get(name) for name in NODES], addresses, origin)


def read_csp_texts(rule_id: str, texts: Sequence[Any], addresses: AddressReader, origin: str) -> HostRule:
    """The rule of the values of ``NODES``, None where one is not sent; raises ValueError for a value that is not ours."""
    (
        name,
        enabled,
        direction,
        action,
        profiles,
        number,
        near,
        far,
        icmp,
        here,
        there,
        program,
        service,
        kinds,
        edge,
        about,
    ) = texts
    said = _circumstances(number, action, direction, enabled, profiles)
    protocol = said[-1]
    conditions = (
        *said,
        PortMatch.ANY if near is None else _ports(near),
        PortMatch.ANY if far is None else _ports(far),
        None if icmp is None else _icmp(icmp, protocol),
        AddressMatch.ANY if here is None else addresses(here, protocol),
        AddressMatch.ANY if there is None else addresses(there, protocol),
        program,
        service,
        ALL_INTERFACES if kinds is None else _interfaces(kinds),
    )
    flag = False if edge is None else _one(_FLAGS, edge)
    return new_rule(rule_id, conditions, (name, about or "", ""), flag, Extras.NONE, (2, 10), origin)


@lru_cache(maxsize=512)
def _circumstances(
    number: str | None, action: str, direction: str, enabled: str, profiles: str
) -> tuple[Action, Direction, Store, bool, int, int | None]:
    """What nearly all rules share, from action to protocol: there are few of them, whatever the policy."""
    protocol = int(number) if number is not None else None
    if protocol is not None and not 0 <= protocol <= 255:
        raise ValueError(phrase("`{protocol}` is no protocol", protocol=protocol))
    return (
        _one(_ACTIONS, action),
        _one(_DIRECTIONS, direction),
        Store.MDM,
        _one(_FLAGS, enabled),
        _profiles(profiles),
        protocol,
    )


def _one(words: dict[str, Any], text: str) -> Any:
    if text not in words:
        raise ValueError(phrase("`{text}` is none of {names}", text=text, names=listed(words)))
    return words[text]


def _profiles(text: str) -> int:
    number = int(text)
    if number == EVERY_PROFILE:
        return ALL_PROFILES
    if not 1 <= number <= ALL_PROFILES:
        raise ValueError(phrase("`{text}` is no set of profiles", text=text))
    return number


@kept
def _ports(text: str) -> PortMatch:
    ports = PortSet.EMPTY
    for part in text.split(","):
        ports |= PortSet.parse(part)
    return PortMatch(ports)


def _icmp(text: str, protocol: int | None) -> tuple[tuple[int, int | None], ...]:
    if protocol not in ICMP_PROTOCOLS:
        raise ValueError(phrase("ICMP types without ICMP"))
    pairs = (part.partition(":") for part in text.split(","))
    return tuple((int(kind), None if code == "*" else int(code)) for kind, _, code in pairs)


def _addresses(text: str, protocol: int | None) -> AddressMatch:
    parts = text.split(",")
    plain = [part for part in parts if part != "LocalSubnet"]
    return AddressMatch(AddrSet.parse(*plain), subnet_words(protocol) if len(plain) < len(parts) else ())


def _interfaces(text: str) -> int:
    bits = {word: int(bit) for bit, word in INTERFACE_WORDS.items()}
    return sum(_one(bits, word) for word in text.split(","))
