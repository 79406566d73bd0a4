"""Links, addresses and routes of a namespace, made through rtnetlink.

Both ends of every link have the same hardware address and do not resolve neighbours: no ARP, no neighbour discovery, so
nothing is on the wire but what a trial sends. The two ends have different interface numbers, and addresses skip duplicate
detection; without that IPv6 works only a second later. Source: linux/if_link.h, linux/if_addr.h.
"""

from __future__ import annotations

import socket
import struct

from cmfw.lab.netlink import CREATE, EXCLUSIVE, ROUTE, Netlink, attribute, attributes
from cmfw.net.addr import V6_BASE, is_v6
from cmfw.words.phrases import phrase

_NEW_LINK, _GET_LINK, _NEW_ADDRESS, _NEW_ROUTE, _GET_ROUTE = 16, 18, 20, 24, 26
_UP, _NO_ARP = 0x1, 0x80
_IFLA_ADDRESS, _IFLA_NAME, _IFLA_STATE, _IFLA_INFO, _IFLA_NAMESPACE = 1, 3, 16, 18, 28
_STATE_UP = b"\6"
_INTERFACE_BYTES = 16
_INFO_KIND, _INFO_PARTS, _VETH_PEER = 1, 2, 1
_IFA_ADDRESS, _IFA_LOCAL, _IFA_FLAGS = 1, 2, 8
_NO_DETECTION = 0x02
_RTA_DESTINATION, _RTA_INTERFACE = 1, 4
_TABLE_MAIN, _PROTOCOL_STATIC, _SCOPE_LINK, _UNICAST, _LOCAL = 254, 4, 253, 1, 2
_ROUTE_TYPE_AT = 7
LOOPBACK = 1
_HARDWARE_ADDRESS = bytes.fromhex("02000000cafe")
NEAR_INDEX = 1000
"""Interface number of every host's own end; those of the router count from 2."""


class Links:
    """Makes links in the namespace in which it was made."""

    def __init__(self) -> None:
        self._netlink = Netlink(ROUTE)

    def up(self, index: int) -> None:
        """Bring an interface up."""
        self._netlink.ask(_NEW_LINK, 0, _interface(index, _UP), "interface")

    def is_ready(self, index: int) -> bool:
        """Whether the interface carries packets: the kernel notices the other end a moment after it is up.

        Before that it drops what is sent, without a word. Source: RFC 2863 (operational state), linux/if.h.
        """
        content = self._netlink.look_up(_GET_LINK, _interface(index, 0), "interface")
        return dict(attributes(content[_INTERFACE_BYTES:])).get(_IFLA_STATE) == _STATE_UP

    def cable(self, index: int, name: str, far_namespace: int) -> None:
        """Make a pair of interfaces: ``name`` with that number here, ``eth0`` in the namespace of that file descriptor."""
        far = _interface(NEAR_INDEX, _NO_ARP) + _named("eth0") + attribute(_IFLA_ADDRESS, _HARDWARE_ADDRESS)
        far += attribute(_IFLA_NAMESPACE, struct.pack("=I", far_namespace))
        kind = attribute(_INFO_KIND, b"veth") + attribute(_INFO_PARTS, attribute(_VETH_PEER, far))
        near = _interface(index, _NO_ARP) + _named(name) + attribute(_IFLA_ADDRESS, _HARDWARE_ADDRESS)
        self._netlink.ask(
            _NEW_LINK, CREATE | EXCLUSIVE, near + attribute(_IFLA_INFO, kind), phrase("link to `{name}`", name=name)
        )

    def address(self, index: int, address: int) -> None:
        """Give the interface an address of its own."""
        family, width, raw = _raw(address)
        head = struct.pack("=BBBBI", family, width, 0, 0, index)
        parts = attribute(_IFA_ADDRESS, raw) + attribute(_IFA_LOCAL, raw)
        parts += attribute(_IFA_FLAGS, struct.pack("=I", _NO_DETECTION))
        self._netlink.ask(_NEW_ADDRESS, CREATE | EXCLUSIVE, head + parts, "address")

    def takes(self, address: int) -> bool:
        """Whether packets to the address are taken in here: the kernel makes its own route for it a moment after the address."""
        family, width, raw = _raw(address)
        head = struct.pack("=BBBBBBBBI", family, width, 0, 0, 0, 0, 0, 0, 0)
        content = self._netlink.look_up(_GET_ROUTE, head + attribute(_RTA_DESTINATION, raw), "route")
        return content[_ROUTE_TYPE_AT] == _LOCAL

    def route(self, index: int, address: int | None, family: int = socket.AF_INET) -> None:
        """Send what goes to the address (None: everything of the family) to the interface."""
        width, destination = 0, b""
        if address is not None:
            family, width, raw = _raw(address)
            destination = attribute(_RTA_DESTINATION, raw)
        head = struct.pack("=BBBBBBBBI", family, width, 0, 0, _TABLE_MAIN, _PROTOCOL_STATIC, _SCOPE_LINK, _UNICAST, 0)
        parts = destination + attribute(_RTA_INTERFACE, struct.pack("=I", index))
        self._netlink.ask(_NEW_ROUTE, CREATE | EXCLUSIVE, head + parts, "route")

    def close(self) -> None:
        """Close the socket; the links stay as long as their namespaces."""
        self._netlink.close()


def _interface(index: int, flags: int) -> bytes:
    return struct.pack("=BxHiII", 0, 0, index, flags, flags)


def _named(name: str) -> bytes:
    return attribute(_IFLA_NAME, name.encode() + b"\0")


def _raw(address: int) -> tuple[int, int, bytes]:
    """(address family, width in bits, bytes in network order)."""
    if is_v6(address):
        return socket.AF_INET6, 128, (address - V6_BASE).to_bytes(16, "big")
    return socket.AF_INET, 32, address.to_bytes(4, "big")
