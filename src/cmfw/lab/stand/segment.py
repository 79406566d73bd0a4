"""``Segment``: one subnet of clients behind a switch, with the plan's firewall on each, and a machine outside that calls one of them.

Clients are numbered: the manager, two more that stay awake, and the one that falls asleep. Asleep, a machine's stack takes
and sends nothing; its network card still sees what arrives.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence

from cmfw.lab.firewall_log import FirewallLog
from cmfw.lab.links import LOOPBACK, Links
from cmfw.lab.namespaces import Namespace
from cmfw.lab.netlink import NETFILTER, Netlink
from cmfw.lab.nftables import RuleSet
from cmfw.lab.senders import MARK
from cmfw.lab.stand.frames import BROADCAST, arp_reply
from cmfw.lab.stand.segment_links import SegmentLinks
from cmfw.lab.stand.talk import Call
from cmfw.net.addr import format_address
from cmfw.values import value

MANAGER, SLEEPER, OUTSIDE, ROUTER = 0, 3, 4, 5
CLIENTS = (0, 1, 2, 3)
_BRIDGE, _OUT = 2, 3
_INDEX = 2000
_BEYOND = (0xC6120001, 0xC6120002)
"""198.18.0.1 and .2, the router's leg outside and the machine there. Source: RFC 2544."""
_ALL_FRAMES = 3
_FLUSH_CONNECTIONS = 1 << 8 | 2
"""IPCTNL_MSG_CT_DELETE of the conntrack subsystem. Source: linux/netfilter/nfnetlink_conntrack.h."""
_ASLEEP = """
add table inet asleep
add chain inet asleep in { type filter hook prerouting priority -400; policy drop; }
add chain inet asleep out { type filter hook output priority -400; policy drop; }
add table arp asleep
add chain arp asleep in { type filter hook input priority 0; policy drop; }
add chain arp asleep out { type filter hook output priority 0; policy drop; }
"""
_AWAKE = "delete table inet asleep\ndelete table arp asleep"


@value(kw_only=True)
class Subnet:
    """The addresses of a segment: its clients, its router, and the width of the prefix."""

    clients: tuple[int, ...]
    router: int
    width: int

    @property
    def broadcast(self) -> int:
        """The directed broadcast address."""
        return self.router | ((1 << (32 - self.width)) - 1)


def subnet_around(ranges: Sequence[tuple[int, int]], address: int) -> Subnet | None:
    """A subnet of those IPv4 addresses that holds the address and has room; None where they are too few."""
    for width in range(24, 30):
        size = 1 << (32 - width)
        first = address & ~(size - 1)
        if any(low <= first and first + size - 1 <= high for low, high in ranges):
            clients = tuple(range(first + 1, first + 1 + len(CLIENTS)))
            return Subnet(clients=clients, router=first + size - 2, width=width)
    return None


class Segment:
    """The subnet as it runs; made in the process that holds the lab's namespaces."""

    def __init__(self, subnet: Subnet) -> None:
        self.subnet = subnet
        self.namespaces: list[Namespace] = []
        self.logs: list[FirewallLog] = []
        self._rules: list[RuleSet] = []
        self._connections: list[Netlink] = []
        links: list[SegmentLinks] = []
        for _ in range(ROUTER + 1):
            namespace = Namespace()
            namespace.set("ipv4/ping_group_range", "0 0")
            namespace.enter()
            Links().up(LOOPBACK)
            self.namespaces.append(namespace)
            links.append(SegmentLinks())
            self._rules.append(RuleSet())
            self.logs.append(FirewallLog())
            self._connections.append(Netlink(NETFILTER))
        self._wire(links)
        self._is_asleep = False
        self.cards = {number: self._card(number) for number in CLIENTS}

    def _wire(self, links: Sequence[SegmentLinks]) -> None:
        router, subnet = links[ROUTER], self.subnet
        router.bridge(_BRIDGE, "switch")
        router.up(_BRIDGE)
        router.address(_BRIDGE, subnet.router, subnet.width)
        for number in CLIENTS:
            far = (self.namespaces[number].fd, _INDEX + number)
            router.cable(10 + number, f"port{number}", far, hardware_of(number), _BRIDGE)
            self._plug(links[number], number, subnet.clients[number], subnet.router)
        router.cable(_OUT, "outside", (self.namespaces[OUTSIDE].fd, _INDEX + OUTSIDE), hardware_of(OUTSIDE))
        router.address(_OUT, _BEYOND[0], subnet.width)
        self._plug(links[OUTSIDE], OUTSIDE, _BEYOND[1], _BEYOND[0])
        # the manager has spoken with the sleeper and knows its card; asleep it could not be asked
        links[MANAGER].neighbour(_INDEX + MANAGER, subnet.clients[SLEEPER], hardware_of(SLEEPER))
        self.namespaces[ROUTER].set("ipv4/ip_forward", "1")

    def _plug(self, links: SegmentLinks, number: int, address: int, gateway: int) -> None:
        links.up(_INDEX + number)
        links.address(_INDEX + number, address, self.subnet.width)
        links.gateway(_INDEX + number, gateway)

    def _card(self, number: int) -> socket.socket:
        """Every frame that reaches a client's network card, below its firewall."""
        self.namespaces[number].enter()
        made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_FRAMES))
        made.bind(("eth0", _ALL_FRAMES))
        made.setblocking(False)
        return made

    def load(self, text: str) -> None:
        """Give every client these firewall rules, and wake the sleeper up."""
        self.wake()
        for number in CLIENTS:
            self._rules[number].run(f"flush ruleset\n{text}")
            # the proxies talk from and to the same ports: what they opened before would let in what is closed now
            head = struct.pack("!BBH", 0, 0, 0)
            self._connections[number].ask(_FLUSH_CONNECTIONS, 0, head, "forget connections")

    def sleep(self) -> None:
        """The sleeper falls asleep: its stack takes and sends nothing more."""
        self._rules[SLEEPER].run(_ASLEEP)
        self._is_asleep = True

    def wake(self) -> None:
        """The sleeper is awake, and says so: then the switch knows again where it is. Source: RFC 5227 2.3 (announcement)."""
        if self._is_asleep:
            self._rules[SLEEPER].run(_AWAKE)
            self._is_asleep = False
            address = self.subnet.clients[SLEEPER]
            self.cards[SLEEPER].send(arp_reply(hardware_of(SLEEPER), address, BROADCAST, address))

    def frames(self, number: int) -> list[bytes]:
        """The frames that came in at a client's card since the last call."""
        found: list[bytes] = []
        while True:
            try:
                frame, sender = self.cards[number].recvfrom(2048)
            except BlockingIOError:
                return found
            if sender[2] != socket.PACKET_OUTGOING:
                found.append(frame)

    def call(self, source: int, target: int, mark: int, port: int = 0) -> Call:
        """A connection from one client, or the machine outside, to a client."""
        address = _BEYOND[1] if source == OUTSIDE else self.subnet.clients[source]
        return Call(
            namespace=self.namespaces[source],
            source=address,
            mark=mark,
            target=self.subnet.clients[target],
            port=port,
        )

    def datagrams(self, number: int, port: int, mark: int) -> socket.socket:
        """A UDP socket of a client with the mark of its program."""
        self.namespaces[number].enter()
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setsockopt(socket.SOL_SOCKET, MARK, mark)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        made.bind((format_address(self.subnet.clients[number]), port))
        made.setblocking(False)
        return made


def hardware_of(number: int) -> bytes:
    """The hardware address of a machine; the second bit says that nobody makes such cards."""
    return bytes((0x02, 0x57, 0x4F, 0x4C, 0x00, number))
