"""The facts of a live machine in the collector's output: profiles, subnets, servers, dynamic ports, listeners, products.

Source: corrections 22 (other firewall products), 27 (LocalSubnet), facts/windows_firewall.md 3.3 (address keywords).
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any, NamedTuple

from cmfw.errors import Problem
from cmfw.model.state import Gap, Listener
from cmfw.net.addr import AddrSet, parse_address, parse_range
from cmfw.net.flow import TCP, UDP, Profile
from cmfw.net.ports import PortSet

_CATEGORIES = {0: Profile.PUBLIC, 1: Profile.PRIVATE, 2: Profile.DOMAIN}
"""NetworkCategory. Source: Microsoft, MSFT_NetConnectionProfile and INetwork::GetCategory, which agree."""
_LOOPBACK, _TUNNEL = 24, 131
"""NetworkInterfaceType. Source: Microsoft, System.Net.NetworkInformation.NetworkInterfaceType."""
_KEYWORDS = {"dns": "DNS", "dhcp": "DHCP", "wins": "WINS", "gateways": "DefaultGateway"}
_LINK_LOCAL = parse_range("fe80::/10")
_PROTOCOLS = {"tcp": TCP, "udp": UDP}


class LiveFacts(NamedTuple):
    """What was so at that moment; None where the script could not say."""

    addresses: AddrSet
    subnets: AddrSet | None
    keywords: tuple[tuple[str, AddrSet], ...]
    profiles: tuple[Profile, ...] | None
    dynamic_ports: PortSet | None
    listeners: tuple[Listener, ...]
    gaps: tuple[Gap, ...]
    problems: tuple[Problem, ...]


class _Reader:
    """Takes facts out of the document; what has another shape than the script gives it is a problem."""

    def __init__(self, content: dict[str, Any], path: str) -> None:
        self.content = content
        self.path = path
        self.problems: list[Problem] = []

    def rows(self, name: str) -> list[tuple[str, dict[str, Any]]] | None:
        """The objects of a list with their places; None where the list is missing."""
        found = self.content.get(name)
        if not isinstance(found, list):
            return None
        out = []
        for number, row in enumerate(found):
            if isinstance(row, dict):
                out.append((f"{name}[{number}]", row))
            else:
                self.odd(f"{name}[{number}]", row)
        return out

    def odd(self, key: str, found: Any) -> None:
        """Note something that the script would not write."""
        self.problems.append(Problem(self.path, "what the script writes here", f"`{str(found)[:60]}`", key=key))

    def texts(self, found: Any, key: str) -> list[str]:
        """The texts of a list."""
        if isinstance(found, list) and all(isinstance(text, str) for text in found):
            return found
        self.odd(key, found)
        return []


def live_facts(content: dict[str, Any], path: str) -> LiveFacts:
    """The facts in the document."""
    reader = _Reader(content, path)
    interfaces = _live_interfaces(reader)
    addresses, subnets = _addresses(reader, interfaces)
    gaps = _products(reader)
    return LiveFacts(
        addresses=addresses,
        subnets=subnets,
        keywords=_keywords(reader, interfaces),
        profiles=_profiles(reader, interfaces),
        dynamic_ports=_dynamic_ports(reader),
        listeners=_listeners(reader),
        gaps=gaps,
        problems=tuple(reader.problems),
    )


Interfaces = list[tuple[str, dict[str, Any]]] | None


def _live_interfaces(reader: _Reader) -> Interfaces:
    """The interfaces that are up, loopback aside."""
    rows = reader.rows("interfaces")
    return (
        None if rows is None else [(key, row) for key, row in rows if row.get("up") is True and row.get("type") != _LOOPBACK]
    )


def _addresses(reader: _Reader, interfaces: Interfaces) -> tuple[AddrSet, AddrSet | None]:
    """(own addresses, on-link prefixes; None where one of them is not known). Source: corrections 27."""
    own: list[tuple[int, int]] = []
    near: list[tuple[int, int]] = []
    known = interfaces is not None
    for key, row in interfaces or ():
        pairs = row.get("addresses")
        for pair in pairs if isinstance(pairs, list) else [None]:
            found = _on_link(pair)
            if found is None:
                reader.odd(f"{key}.addresses", pair)
                known = False
                continue
            own.append((found[0], found[0]))
            if found[1] is None:
                known = False
            else:
                near.append(found[1])
    return AddrSet.from_pairs(own), AddrSet.from_pairs(near) if known else None


def _on_link(pair: Any) -> tuple[int, tuple[int, int] | None] | None:
    """(address, the prefix around it or None); None for anything else than an address with its prefix length."""
    if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], str):
        return None
    text, length = pair[0].partition("%")[0], pair[1]
    try:
        number = parse_address(text)
        if type(length) is int:
            return number, parse_range(f"{text}/{length}")
    except ValueError:
        return None
    if length is None:
        # a link-local address has 64 bits of prefix by definition. Source: RFC 4291 2.5.6
        return number, parse_range(f"{text}/64") if _LINK_LOCAL[0] <= number <= _LINK_LOCAL[1] else None
    return None


def _keywords(reader: _Reader, interfaces: Interfaces) -> tuple[tuple[str, AddrSet], ...]:
    """What each address keyword stands for, by family; none of them where the interfaces are not known."""
    if interfaces is None:
        return ()
    out = []
    for name, word in _KEYWORDS.items():
        pairs = []
        for key, row in interfaces:
            for text in reader.texts(row.get(name), f"{key}.{name}"):
                try:
                    number = parse_address(text.partition("%")[0])
                except ValueError:
                    reader.odd(f"{key}.{name}", text)
                    continue
                pairs.append((number, number))
        found = AddrSet.from_pairs(pairs)
        out += [(word + "4", found.v4), (word + "6", found.v6)]
    return tuple(out)


def _profiles(reader: _Reader, interfaces: Interfaces) -> tuple[Profile, ...] | None:
    """The profiles of the interfaces that are up, each once; one without a known network has the public profile.

    Source: Microsoft, "Windows Firewall profiles" (an unidentified network is public).
    """
    rows = reader.rows("networks")
    if rows is None or interfaces is None:
        return None
    by_id: dict[str, Profile] = {}
    for key, row in rows:
        category = row.get("category")
        if type(category) is not int or category not in _CATEGORIES or not isinstance(row.get("interface"), str):
            reader.odd(key, row)
            return None
        by_id[row["interface"].strip("{}").lower()] = _CATEGORIES[category]
    found = set(by_id.values())
    for _, row in interfaces:
        if row.get("type") != _TUNNEL and row.get("addresses") and str(row.get("id")).strip("{}").lower() not in by_id:
            found.add(Profile.PUBLIC)
    return tuple(profile for profile in Profile if profile in found)


def _dynamic_ports(reader: _Reader) -> PortSet | None:
    """The dynamic TCP ports, from which RPC servers take theirs."""
    found = reader.content.get("dynamic_ports")
    numbers = found.get("tcp") if isinstance(found, dict) else None
    if numbers is None:
        return None
    if isinstance(numbers, list) and len(numbers) == 2 and all(type(number) is int for number in numbers):
        first, count = numbers
        if count > 0 and 0 < first <= first + count - 1 <= 65535:
            return PortSet.of((first, first + count - 1))
    reader.odd("dynamic_ports.tcp", numbers)
    return None


def _listeners(reader: _Reader) -> tuple[Listener, ...]:
    found = []
    for key, row in reader.rows("listeners") or ():
        protocol, port = _PROTOCOLS.get(str(row.get("protocol"))), row.get("port")
        if protocol is None or type(port) is not int or not 0 < port < 65536:
            reader.odd(key, row)
            continue
        found.append(Listener(protocol=protocol, port=port, program=str(row.get("path") or row.get("process") or "")))
    return tuple(sorted(dict.fromkeys(found), key=attrgetter("protocol", "port", "program")))


def _products(reader: _Reader) -> tuple[Gap, ...]:
    """A gap where another firewall product is switched on: it may own what the policy says. Source: corrections 22."""
    gaps = []
    for key, row in reader.rows("products") or ():
        name, state = row.get("name"), row.get("state")
        if not isinstance(name, str) or type(state) is not int:
            reader.odd(key, row)
            continue
        # the second byte is 0x10 or 0x11 where the product is on. Source: Windows Security Center, productState
        if state >> 12 & 1:
            detail = f"`{name[:60]}` is registered as the firewall and switched on"
            gaps.append(Gap("other_firewall", detail, may_allow=True, may_block=True, source=reader.path))
    return tuple(gaps)
