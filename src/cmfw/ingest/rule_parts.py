"""Ports, addresses and types as the programming interfaces of Windows write them: lists divided by commas.

COM, the Firewall CSP and DSC use the same spellings, which differ from those of rule strings (facts/windows_firewall.md 4.9).
What cannot be read widens the condition to "may be any" and is named, so that the rule proves nothing by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from cmfw.ingest.rule_tokens import UNREAD
from cmfw.model.rule import AddressMatch, HostRule, PortKeyword, PortMatch
from cmfw.net.addr import V4_ALL, V6_ALL, AddrSet, parse_range
from cmfw.net.flow import ALL_INTERFACES, Interface
from cmfw.net.ports import PortSet
from cmfw.values import value

ANYTHING = frozenset({"", "*", "any", "all"})
_PORT_WORDS = {
    "rpc": (PortKeyword.RPC,),
    "rpc-epmap": (PortKeyword.RPC_EPMAP,),
    "rpcepmap": (PortKeyword.RPC_EPMAP,),
    "teredo": (PortKeyword.TEREDO,),
    "iphttps": (PortKeyword.IPHTTPS_IN, PortKeyword.IPTLS_IN),
    "iphttpsin": (PortKeyword.IPHTTPS_IN, PortKeyword.IPTLS_IN),
    "iptlsin": (PortKeyword.IPTLS_IN,),
    "iphttpsout": (PortKeyword.IPHTTPS_OUT, PortKeyword.IPTLS_OUT),
    "iptlsout": (PortKeyword.IPTLS_OUT,),
    "ply2disc": (PortKeyword.PLAY_TO,),
    "playtodiscovery": (PortKeyword.PLAY_TO,),
    "mdns": (PortKeyword.MDNS,),
    "dhcp": (PortKeyword.DHCP,),
}
_ADDRESS_WORDS = {
    "localsubnet": "LocalSubnet",
    "dns": "DNS",
    "dhcp": "DHCP",
    "wins": "WINS",
    "defaultgateway": "DefaultGateway",
    "intranet": "IntrAnet",
    "internet": "IntErnet",
    "rmtintranet": "RmtIntrAnet",
    "remotecorpnetwork": "RmtIntrAnet",
    "ply2renders": "Ply2Renders",
    "playtorenderers": "Ply2Renders",
    "captiveportal": "CaptivePortal",
}
_INTERFACES = {
    "lan": Interface.LAN,
    "wireless": Interface.WIRELESS,
    "remoteaccess": Interface.RAS,
    "mbb": Interface.MOBILE,
    "mobilebroadband": Interface.MOBILE,
}

Unread = tuple[tuple[str, str], ...]


class Ports(NamedTuple):
    """A port condition, and what of it could not be read."""

    match: PortMatch
    unread: Unread = ()


class Addresses(NamedTuple):
    """An address condition, and what of it could not be read."""

    match: AddressMatch
    unread: Unread = ()


@value(kw_only=True)
class Written:
    """The conditions of a rule as lists of texts, empty where the format says nothing."""

    local_ports: Sequence[str] = ()
    remote_ports: Sequence[str] = ()
    icmp: Sequence[str] = ()
    local_addresses: Sequence[str] = ()
    remote_addresses: Sequence[str] = ()
    interfaces: Sequence[str] = ()


def with_conditions(rule: HostRule, written: Written) -> HostRule:
    """The rule, which has its protocol, with the conditions; what cannot be read is in ``extras.unknown``."""
    local, remote = read_ports("LPort", written.local_ports), read_ports("RPort", written.remote_ports)
    near, far = read_addresses("LA4", written.local_addresses), read_addresses("RA4", written.remote_addresses)
    interfaces, odd = read_interfaces("IFType", written.interfaces)
    icmp, odd_icmp = read_icmp("ICMP4", written.icmp)
    unread = (*local.unread, *remote.unread, *near.unread, *far.unread, *odd, *odd_icmp)
    return replace(
        rule,
        local_port=local.match,
        remote_port=remote.match,
        icmp=icmp,
        local_address=near.match,
        remote_address=far.match,
        interfaces=interfaces,
        extras=replace(rule.extras, unknown=(*rule.extras.unknown, *unread)) if unread else rule.extras,
    )


def items_of(found: object) -> list[str]:
    """The items of a list, or of a text divided by commas, without blanks and empty ones."""
    texts = found if isinstance(found, list | tuple) else [found]
    parts = (part.strip() for text in texts if text is not None for part in str(text).split(","))
    return [part for part in parts if part]


def read_ports(token: str, items: Iterable[str]) -> Ports:
    """The ports that the items name; ``token`` names the field where something is unread."""
    pairs: list[tuple[int, int]] = []
    words, wrong = set[str](), []
    empty = True
    for item in items:
        empty = False
        low = item.lower()
        if low in ANYTHING:
            return Ports(PortMatch.ANY)
        if low in _PORT_WORDS:
            words |= {word.value for word in _PORT_WORDS[low]}
            continue
        try:
            pairs += PortSet.parse(item.replace(" ", "")).ranges
        except ValueError:
            wrong.append((token, item))
    if empty:
        return Ports(PortMatch.ANY)
    words |= {UNREAD} if wrong else set()
    return Ports(PortMatch(PortSet.from_pairs(pairs), tuple(sorted(words))), tuple(wrong))


def read_addresses(token: str, items: Iterable[str]) -> Addresses:
    """The addresses that the items name; ``token`` names the field where something is unread."""
    pairs: list[tuple[int, int]] = []
    words, wrong = set[str](), []
    empty = True
    for item in items:
        empty = False
        low = item.lower()
        if low in ANYTHING:
            return Addresses(AddressMatch.ANY)
        stem, family = (low[:-1], low[-1]) if low[-1] in "46" and low[:-1] in _ADDRESS_WORDS else (low, "46")
        if stem in _ADDRESS_WORDS:
            words |= {_ADDRESS_WORDS[stem] + each for each in family}
            continue
        try:
            pair = parse_range(item.replace(" ", ""))
        except ValueError:
            wrong.append((token, item))
            continue
        # a prefix of no bits is every address of the family, which Windows takes here (0.0.0.0/0, ::/0)
        pairs.append(pair)
    if empty:
        return Addresses(AddressMatch.ANY)
    addresses = AddrSet.from_pairs(pairs)
    if addresses == AddrSet((*V4_ALL, *V6_ALL)) or addresses.is_any:
        return Addresses(AddressMatch.ANY)
    words |= {UNREAD + "4", UNREAD + "6"} if wrong else set()
    return Addresses(AddressMatch(addresses, tuple(sorted(words))), tuple(wrong))


def read_interfaces(token: str, items: Iterable[str]) -> tuple[int, Unread]:
    """(the bit mask of the interface types, what of them could not be read)."""
    mask, wrong, empty = 0, [], True
    for item in items:
        empty = False
        if item.lower() in ANYTHING:
            return ALL_INTERFACES, ()
        found = _INTERFACES.get(item.lower())
        mask |= found or 0
        wrong += [] if found else [(token, item)]
    return (ALL_INTERFACES if empty or wrong else mask), tuple(wrong)


def read_icmp(token: str, items: Iterable[str]) -> tuple[tuple[tuple[int, int | None], ...] | None, Unread]:
    """(type and code pairs, None for every type; what of them could not be read): ``8:*``, ``3:4``, ``8``."""
    pairs: list[tuple[int, int | None]] = []
    wrong = []
    for item in items:
        kind, _, code = item.partition(":")
        code = code.strip() or "*"
        if item.lower() in ANYTHING or item == "*:*":
            return None, ()
        if not _is_byte(kind.strip()) or not (code in ("*", "256") or _is_byte(code)):
            wrong.append((token, item))
            continue
        pairs.append((int(kind), None if code in ("*", "256") else int(code)))
    return (tuple(pairs) if pairs and not wrong else None), tuple(wrong)


def _is_byte(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 3 and int(text) < 256
