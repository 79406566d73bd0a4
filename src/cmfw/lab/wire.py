"""``Wire``: the lab itself. Namespaces, links, rule sets and sockets of one process; packets go in, evidence comes out.

Every packet ends in a listener's receipt or in a firewall's log entry of that very packet. Time decides nothing: a packet
without evidence is an error.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from cmfw.errors import LabError
from cmfw.lab.firewall_log import FirewallLog
from cmfw.lab.links import LOOPBACK, NEAR_INDEX, Links
from cmfw.lab.namespaces import Namespace, leave_machine
from cmfw.lab.netlink import NETFILTER, Netlink
from cmfw.lab.nftables import RuleSet
from cmfw.lab.packet_bytes import PacketKey, key_of
from cmfw.lab.receivers import Receipt, Receivers
from cmfw.lab.senders import Senders
from cmfw.lab.shots import LOG_WIRE, ROUTER, STOPS, Evidence, Fate, Shot
from cmfw.words.phrases import phrase

_BATCH = 48
"""Packets under way at once; small enough for every queue of the kernel."""
_PATIENCE_S = 10.0
"""After this long without evidence the run fails; usual is less than a millisecond."""
_FLUSH_CONNECTIONS = 1 << 8 | 2
"""IPCTNL_MSG_CT_DELETE of the conntrack subsystem. Source: linux/netfilter/nfnetlink_conntrack.h."""


class _Station:
    """One namespace with its firewall and its log."""

    def __init__(self) -> None:
        self.namespace = Namespace()
        self.links = Links()
        self.links.up(LOOPBACK)
        self.rules = RuleSet()
        self.log = FirewallLog()
        self.connections = Netlink(NETFILTER)


class Wire:
    """Hosts with these addresses around one router; every link and namespace goes with the process."""

    def __init__(self, hosts: Sequence[Sequence[int]]) -> None:
        leave_machine()
        self._stations = {number: _Station() for number in (ROUTER, *range(len(hosts)))}
        self._router = self._stations[ROUTER]
        self._router.namespace.set("ipv4/ip_forward", "1")
        self._router.namespace.set("ipv6/conf/all/forwarding", "1")
        for number, addresses in enumerate(hosts):
            self._connect(number, addresses)
        self._await_links(len(hosts))
        namespaces = {number: station.namespace for number, station in self._stations.items()}
        self._receivers = Receivers(namespaces)
        self._senders = Senders(namespaces)

    def _connect(self, number: int, addresses: Iterable[int]) -> None:
        near, index = self._stations[number], number + 2
        self._router.links.cable(index, f"h{number}", near.namespace.fd)
        self._router.links.up(index)
        near.links.up(NEAR_INDEX)
        for address in addresses:
            self.give_address(number, address)
        for family in (socket.AF_INET, socket.AF_INET6):
            near.links.route(NEAR_INDEX, None, family)

    def give_address(self, number: int, address: int) -> None:
        """Give a host one more address, and wait until it is in use."""
        near = self._stations[number].links
        near.address(NEAR_INDEX, address)
        self._router.links.route(number + 2, address)
        _await(lambda: near.takes(address), "an address of the lab is not taken up")

    def _await_links(self, hosts: int) -> None:
        """Wait until every link carries packets. Raises LabError where one does not."""
        router = self._router.links
        for number in range(hosts):
            near = self._stations[number].links
            for links, index in ((router, number + 2), (near, NEAR_INDEX)):
                _await(partial(links.is_ready, index), "a link of the lab does not come up")

    def load(self, changes: Sequence[tuple[int, str]]) -> None:
        """Run nftables commands on hosts (number, commands), and forget every connection that was seen before."""
        for number, commands in changes:
            self._stations[number].rules.run(commands)
        self._forget()

    def _forget(self) -> None:
        """Forget every connection: what is sent next is the first packet of its flow."""
        for station in self._stations.values():
            station.connections.ask(_FLUSH_CONNECTIONS, 0, struct.pack("!BBH", 0, 0, 0), "forget connections")

    def send(self, shots: Sequence[Shot]) -> list[Evidence]:
        """What became of each packet. Raises LabError where one left no evidence."""
        found: list[Evidence] = []
        for batch in _batches(shots):
            found += self._batch(batch)
        return found

    def _batch(self, shots: Sequence[Shot]) -> list[Evidence]:
        involved = {ROUTER} | {shot.source for shot in shots} | {shot.target for shot in shots}
        for number in involved:
            for _ in self._stations[number].log.entries():
                pass
        for shot in shots:
            if shot.source_port:
                self._receivers.free(shot.source, shot.protocol, shot.source_port)
                # a port that somebody chose may be one of a flow before it, seen from the other end
                self._forget()
        self._receivers.prepare(shots)
        flights: dict[PacketKey, _Flight] = {}
        order: list[_Flight] = []
        for shot in shots:
            key, done = self._senders.send(shot)
            flight = _Flight(shot, key, done)
            if key in flights:
                raise LabError("two packets of one batch cannot be told apart")
            flights[key] = flight
            order.append(flight)
        try:
            self._gather(involved, flights)
        finally:
            for flight in order:
                flight.done.close()
        self._receivers.settle()
        return [flight.evidence() for flight in order]

    def _gather(self, involved: set[int], flights: dict[PacketKey, _Flight]) -> None:
        """Read logs and listeners until every packet has its evidence."""
        expected = {flight.receipt: flight for flight in flights.values()}
        deadline = time.monotonic() + _PATIENCE_S
        waiting = select.poll()
        for number in involved:
            waiting.register(self._stations[number].log.fileno(), select.POLLIN)
        for fd in self._receivers.filenos():
            waiting.register(fd, select.POLLIN)
        while True:
            for number in involved:
                self._read_log(number, flights)
            for receipt in self._receivers.receipts():
                flight = expected.get(receipt)
                if flight is not None:
                    flight.is_received = True
            open_ = [flight for flight in flights.values() if not flight.has_evidence]
            if not open_:
                return
            if time.monotonic() > deadline:
                raise LabError(
                    phrase(
                        "no evidence of {count} packets, the first is {shot}, {logs}",
                        count=len(open_),
                        shot=open_[0].shot,
                        logs=open_[0].logs,
                    )
                )
            waiting.poll(50)

    def _read_log(self, number: int, flights: dict[PacketKey, _Flight]) -> None:
        for entry in self._stations[number].log.entries():
            key = key_of(entry.packet)
            flight = None if key is None else flights.get(key)
            if flight is not None:
                flight.logs.append((number, entry.prefix))
                flight.packet = flight.packet or entry.packet


class _Flight:
    """A packet under way, and what was seen of it."""

    def __init__(self, shot: Shot, key: PacketKey, done: socket.socket) -> None:
        self.shot = shot
        self.key = key
        self.done = done
        self.logs: list[tuple[int, str]] = []
        self.packet = b""
        self.is_received = False

    @property
    def receipt(self) -> Receipt:
        """What its listener will tell."""
        key = self.key
        return self.shot.target, key.protocol, key.source, key.source_port, key.target_port

    @property
    def _is_stopped(self) -> bool:
        return any(prefix[0] in STOPS for _, prefix in self.logs)

    @property
    def _is_on_wire(self) -> bool:
        return any(prefix[0] == LOG_WIRE for _, prefix in self.logs)

    @property
    def has_evidence(self) -> bool:
        """Whether it is known what became of the packet."""
        return self._is_stopped or (self._is_on_wire if self.shot.below else self.is_received)

    def evidence(self) -> Evidence:
        """What became of it. Raises LabError where the evidence contradicts itself."""
        # the same log shows a packet on its way out, through and in; each place is read in its own order
        place = {self.shot.source: 0, ROUTER: 1, self.shot.target: 2}
        logs = tuple(sorted(dict.fromkeys(self.logs), key=lambda entry: place[entry[0]]))
        if self.is_received and self._is_stopped:
            raise LabError(phrase("a packet was both dropped and received: {shot}, {logs}", shot=self.shot, logs=logs))
        if self.shot.below and self._is_on_wire:
            fate = Fate.SEEN_ON_WIRE
        else:
            fate = Fate.STOPPED if self._is_stopped else Fate.RECEIVED
        return Evidence(fate, self.key.source_port, logs, self.packet)


def _await(holds: Callable[[], bool], failure: str) -> None:
    """Wait until the kernel has done something. Raises LabError with the words where it does not."""
    deadline = time.monotonic() + _PATIENCE_S
    while not holds():
        if time.monotonic() > deadline:
            raise LabError(failure)
        time.sleep(0.0005)


def _batches(shots: Sequence[Shot]) -> Iterable[list[Shot]]:
    """The shots in order, cut so that no listener has to be two programs at once.

    A packet with a port of its own to leave from goes alone: a listener may stand on that port for another packet.
    """
    batch: list[Shot] = []
    marks: dict[tuple[int, int, int], int] = {}
    for shot in shots:
        listener = (shot.target, shot.protocol, shot.target_port)
        is_full = len(batch) == _BATCH or marks.get(listener, shot.listener) != shot.listener
        if batch and (is_full or shot.source_port or batch[-1].source_port):
            yield batch
            batch, marks = [], {}
        marks[listener] = shot.listener
        batch.append(shot)
    if batch:
        yield batch
