"""A set of flows as people and programs read it: like flow text, with lists, and ``!`` for "all but"."""

from __future__ import annotations

from typing import Any

from cmfw.net import intervals
from cmfw.net.addr import AddrSet
from cmfw.net.atoms import Atoms
from cmfw.net.flow import (
    ALL_INTERFACES,
    ALL_PROFILES,
    INTERFACE_NAMES,
    PROFILE_NAMES,
    PROTOCOL_NAMES,
    Direction,
    Principal,
    quoted,
)
from cmfw.net.flowset import ALL_ICMP, ALL_PORTS, ALL_PROTOCOLS, Box
from cmfw.net.intervals import Ranges
from cmfw.net.ports import PortSet

APP_CONTAINER = "app-container"
_MOST_NAMES = 4
"""Programs or services that the text names; the JSON form has all."""


def box_text(parts: tuple[Box, ...]) -> str:
    """The flows of one box, or of a box of each family, in one line."""
    box = parts[0]
    local, remote = _addresses(parts, "local"), _addresses(parts, "remote")
    ends = [_end(local, box.local_port), _end(remote, box.remote_port)]
    source, target = ends if box.direction & Direction.OUT else ends[::-1]
    words = ["in" if box.direction & Direction.IN else "out", _protocols_text(_protocols(parts)), source, ">", target]
    if box.icmp != ALL_ICMP:
        words.append("type=" + ",".join(_icmp_texts(box.icmp)))
    if box.profile != ALL_PROFILES:
        words.append("profile=" + ",".join(_named(PROFILE_NAMES, box.profile)))
    if box.interface != ALL_INTERFACES:
        words.append("interface=" + ",".join(_named(INTERFACE_NAMES, box.interface)))
    words += [
        f"{key}={_names_text(names)}"
        for key, names in (("program", box.program), ("service", box.service))
        if not names.is_any
    ]
    if not box.principal & Principal.ORDINARY:
        words.append(APP_CONTAINER)
    return " ".join(words)


def box_row(parts: tuple[Box, ...]) -> dict[str, Any]:
    """The same as data, with every name in it."""
    box = parts[0]
    kinds = ((Principal.ORDINARY, "ordinary"), (Principal.CONFINED, APP_CONTAINER))
    return {
        "text": box_text(parts),
        "direction": "in" if box.direction & Direction.IN else "out",
        "protocols": _protocol_texts(_protocols(parts)),
        "local": _address_texts(_addresses(parts, "local")),
        "local_ports": _port_texts(box.local_port),
        "remote": _address_texts(_addresses(parts, "remote")),
        "remote_ports": _port_texts(box.remote_port),
        "icmp": ["*"] if box.icmp == ALL_ICMP else _icmp_texts(box.icmp),
        "profiles": _named(PROFILE_NAMES, box.profile),
        "interfaces": _named(INTERFACE_NAMES, box.interface),
        "programs": _names_row(box.program),
        "services": _names_row(box.service),
        "processes": [name for bit, name in kinds if box.principal & bit],
    }


def _protocols(parts: tuple[Box, ...]) -> Ranges:
    """The protocols of the box; each family lacks the ICMP of the other, so "all of the family" is all."""
    found: Ranges = ()
    for box in parts:
        foreign = 1 if box.local[0][0] > 0xFFFFFFFF else 58
        whole = intervals.subtract(ALL_PROTOCOLS, ((foreign, foreign),))
        found = intervals.union(found, ALL_PROTOCOLS if box.protocol == whole else box.protocol)
    return found


def _addresses(parts: tuple[Box, ...], side: str) -> AddrSet:
    found: Ranges = ()
    for box in parts:
        found = intervals.union(found, getattr(box, side))
    return AddrSet(found)


def _protocols_text(protocols: Ranges) -> str:
    if protocols == ALL_PROTOCOLS:
        return "any"
    others = intervals.subtract(ALL_PROTOCOLS, protocols)
    if len(others) < len(protocols) or intervals.size(others) <= 4:
        return "!" + ",".join(_protocol_texts(others))
    return ",".join(_protocol_texts(protocols))


def _protocol_texts(protocols: Ranges) -> list[str]:
    if protocols == ALL_PROTOCOLS:
        return ["any"]
    found = []
    for first, last in protocols:
        if first == last:
            found.append(PROTOCOL_NAMES.get(first, f"ip/{first}"))
        else:
            found.append(f"ip/{first}-{last}")
    return found


def _end(addresses: AddrSet, ports: Ranges) -> str:
    others = AddrSet.ANY - addresses
    turned = 0 < len(others.texts()) < len(addresses.texts())
    place = "!" + str(others) if turned else str(addresses)
    if ports == ALL_PORTS:
        return place
    rest = intervals.subtract(ALL_PORTS, ports)
    turned = len(rest) < len(ports) or (len(ports) > 1 and intervals.size(rest) < intervals.size(ports))
    port = "!" + str(PortSet(rest)) if turned else str(PortSet(ports))
    return f"[{place}]:{port}" if ":" in place else f"{place}:{port}"


def _address_texts(addresses: AddrSet) -> list[str]:
    return ["*"] if addresses.is_any else addresses.texts()


def _port_texts(ports: Ranges) -> list[str]:
    return ["*"] if ports == ALL_PORTS else PortSet(ports).texts()


def _icmp_texts(icmp: Ranges) -> list[str]:
    """``TYPE:CODE``, ``TYPE:*`` and ``FIRST-LAST:*``."""
    found = []
    for first, last in icmp:
        if first % 256 == 0 and last % 256 == 255:
            kinds = str(first >> 8) if first >> 8 == last >> 8 else f"{first >> 8}-{last >> 8}"
            found.append(f"{kinds}:*")
        elif first >> 8 == last >> 8:
            codes = str(first & 255) if first == last else f"{first & 255}-{last & 255}"
            found.append(f"{first >> 8}:{codes}")
        else:
            found.append(f"{first >> 8}:{first & 255}-{last >> 8}:{last & 255}")
    return found


def _named(names: dict[Any, str], mask: int) -> list[str]:
    return [name for bit, name in names.items() if mask & bit]


def _names_text(names: Atoms) -> str:
    listed = sorted(names.names)
    shown = ",".join(quoted(name) for name in listed[:_MOST_NAMES])
    more = f",+{len(listed) - _MOST_NAMES}" if len(listed) > _MOST_NAMES else ""
    return ("!" if names.complement else "") + shown + more


def _names_row(names: Atoms) -> dict[str, list[str]]:
    return {"all_but" if names.complement else "only": sorted(names.names)}
