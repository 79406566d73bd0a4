"""The wires of one subnet: a bridge that learns hardware addresses, as a switch does, and a router with a leg outside.

Unlike the rest of the lab's links these resolve neighbours, for that is what a wake-up proxy plays with. Source: linux/if_link.h,
linux/if_addr.h, linux/rtnetlink.h.
"""

from __future__ import annotations

import socket
import struct

from cmfw.lab.netlink import CREATE, EXCLUSIVE, ROUTE, Netlink, attribute
from cmfw.words.phrases import phrase

_NEW_LINK, _NEW_ADDRESS, _NEW_ROUTE, _NEW_NEIGHBOUR = 16, 20, 24, 28
_REPLACE = 0x100
_UP = 0x1
_IFLA_ADDRESS, _IFLA_NAME, _IFLA_MASTER, _IFLA_INFO, _IFLA_NAMESPACE = 1, 3, 10, 18, 28
_INFO_KIND, _INFO_PARTS, _VETH_PEER = 1, 2, 1
_IFA_ADDRESS, _IFA_LOCAL, _IFA_BROADCAST = 1, 2, 4
_RTA_INTERFACE, _RTA_GATEWAY = 4, 5
_NDA_ADDRESS, _NDA_HARDWARE, _PERMANENT = 1, 2, 0x80
_TABLE_MAIN, _PROTOCOL_STATIC, _UNICAST = 254, 4, 1


class SegmentLinks:
    """Makes links in the namespace in which it was made."""

    def __init__(self) -> None:
        self._netlink = Netlink(ROUTE)

    def bridge(self, index: int, name: str) -> None:
        """A switch."""
        content = _link(index, 0) + _text(_IFLA_NAME, name) + attribute(_IFLA_INFO, attribute(_INFO_KIND, b"bridge"))
        self._netlink.ask(_NEW_LINK, CREATE | EXCLUSIVE, content, "bridge")

    def cable(self, index: int, name: str, far: tuple[int, int], hardware: bytes, bridge: int = 0) -> None:
        """A cable from here, into the bridge where there is one, to ``eth0`` of ``far`` (namespace, interface number)."""
        peer = _link(far[1], 0) + _text(_IFLA_NAME, "eth0") + attribute(_IFLA_ADDRESS, hardware)
        peer += attribute(_IFLA_NAMESPACE, struct.pack("=I", far[0]))
        kind = attribute(_INFO_KIND, b"veth") + attribute(_INFO_PARTS, attribute(_VETH_PEER, peer))
        content = _link(index, _UP) + _text(_IFLA_NAME, name) + attribute(_IFLA_INFO, kind)
        if bridge:
            content += attribute(_IFLA_MASTER, struct.pack("=I", bridge))
        self._netlink.ask(_NEW_LINK, CREATE | EXCLUSIVE, content, phrase("cable `{name}`", name=name))

    def up(self, index: int) -> None:
        """Bring an interface up."""
        self._netlink.ask(_NEW_LINK, 0, _link(index, _UP), "interface")

    def address(self, index: int, address: int, width: int) -> None:
        """An IPv4 address, with the subnet around it."""
        raw = address.to_bytes(4, "big")
        broadcast = (address | ((1 << (32 - width)) - 1)).to_bytes(4, "big")
        head = struct.pack("=BBBBI", socket.AF_INET, width, 0, 0, index)
        parts = attribute(_IFA_ADDRESS, raw) + attribute(_IFA_LOCAL, raw) + attribute(_IFA_BROADCAST, broadcast)
        self._netlink.ask(_NEW_ADDRESS, CREATE | EXCLUSIVE, head + parts, "address")

    def gateway(self, index: int, address: int) -> None:
        """Everything else goes to the router."""
        head = struct.pack("=BBBBBBBBI", socket.AF_INET, 0, 0, 0, _TABLE_MAIN, _PROTOCOL_STATIC, 0, _UNICAST, 0)
        parts = attribute(_RTA_INTERFACE, struct.pack("=I", index)) + attribute(_RTA_GATEWAY, address.to_bytes(4, "big"))
        self._netlink.ask(_NEW_ROUTE, CREATE | EXCLUSIVE, head + parts, "route")

    def neighbour(self, index: int, address: int, hardware: bytes) -> None:
        """Know the hardware address of a neighbour without asking: one that sleeps does not answer."""
        head = struct.pack("=BxxxiHBB", socket.AF_INET, index, _PERMANENT, 0, 0)
        parts = attribute(_NDA_ADDRESS, address.to_bytes(4, "big")) + attribute(_NDA_HARDWARE, hardware)
        self._netlink.ask(_NEW_NEIGHBOUR, CREATE | _REPLACE, head + parts, "neighbour")


def _link(index: int, flags: int) -> bytes:
    return struct.pack("=BxHiII", 0, 0, index, flags, flags)


def _text(kind: int, text: str) -> bytes:
    return attribute(kind, text.encode() + b"\0")
