"""``Receivers``: the listeners of the lab, one for each host, protocol, family and port, marked as the program they stand for."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from cmfw.lab.namespaces import Namespace
from cmfw.lab.senders import ABORT, MARK
from cmfw.lab.shots import Shot
from cmfw.net.addr import is_v6, parse_address
from cmfw.net.flow import ICMP6, ICMP_PROTOCOLS, TCP, UDP

_BACKLOG = 512
_MOST_OPEN = 600
"""Listeners kept between batches; a machine's limit of open files is at least 1,024."""
_Place = tuple[int, int, bool, int]
"""Host, protocol, whether IPv6, port (0 for ICMP)."""
Receipt = tuple[int, int, int, int, int]
"""Host that received it, protocol, source address, source port (ICMP: identifier), target port (ICMP: type)."""


class Receivers:
    """Makes listeners when packets need them, and tells which packets they got."""

    def __init__(self, namespaces: Mapping[int, Namespace]) -> None:
        self._namespaces = namespaces
        self._open: dict[_Place, socket.socket] = {}
        self._wanted: list[_Place] = []
        self._accepted: list[socket.socket] = []

    def prepare(self, shots: Iterable[Shot]) -> None:
        """Have a listener with the right mark for every packet."""
        if len(self._open) > _MOST_OPEN:
            for each in self._open.values():
                each.close()
            self._open.clear()
        wanted: dict[_Place, int] = {}
        for shot in shots:
            port = shot.target_port if shot.has_ports else 0
            wanted[shot.target, shot.protocol, is_v6(shot.target_address), port] = shot.listener
        for place, mark in wanted.items():
            if place not in self._open:
                self._open[place] = self._listener(place)
            self._open[place].setsockopt(socket.SOL_SOCKET, MARK, mark)
        self._wanted = list(wanted)

    def free(self, number: int, protocol: int, port: int) -> None:
        """Have no listener on that port of a host."""
        for v6 in (False, True):
            made = self._open.pop((number, protocol, v6, port), None)
            if made is not None:
                made.close()

    def filenos(self) -> list[int]:
        """What to wait on for the packets that were prepared for."""
        return [self._open[place].fileno() for place in self._wanted]

    def receipts(self) -> Iterator[Receipt]:
        """Every packet that arrived since the last call."""
        for place in self._wanted:
            if place[1] == TCP:
                yield from self._connections(place)
            else:
                yield from self._datagrams(place)

    def settle(self) -> None:
        """Close the connections that were accepted."""
        for each in self._accepted:
            each.close()
        self._accepted.clear()

    def _listener(self, place: _Place) -> socket.socket:
        number, protocol, v6, port = place
        self._namespaces[number].enter()
        family = socket.AF_INET6 if v6 else socket.AF_INET
        if protocol in ICMP_PROTOCOLS:
            made = socket.socket(family, socket.SOCK_RAW, protocol)
        else:
            made = socket.socket(family, {TCP: socket.SOCK_STREAM, UDP: socket.SOCK_DGRAM}[protocol])
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if v6:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            # every address, of a namespace that ends with this process
            made.bind(("::" if v6 else "0.0.0.0", port))  # noqa: S104
        made.setblocking(False)
        if protocol == TCP:
            made.listen(_BACKLOG)
        return made

    def _connections(self, place: _Place) -> Iterator[Receipt]:
        while True:
            try:
                made, peer = self._open[place].accept()
            except BlockingIOError:
                return
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
            self._accepted.append(made)
            yield place[0], TCP, _number(peer[0]), peer[1], place[3]

    def _datagrams(self, place: _Place) -> Iterator[Receipt]:
        number, protocol, _, port = place
        while True:
            try:
                content, peer = self._open[place].recvfrom(2048)
            except BlockingIOError:
                return
            source = _number(peer[0])
            if protocol == UDP:
                yield number, UDP, source, peer[1], port
                continue
            # a raw socket shows the IPv4 header too
            echo = content if protocol == ICMP6 else content[(content[0] & 15) * 4 :]
            if len(echo) >= 8:
                yield number, protocol, source, int.from_bytes(echo[4:6], "big"), echo[0]


@cache
def _number(address: str) -> int:
    """The number of an address of the lab; it has few."""
    return parse_address(address)
