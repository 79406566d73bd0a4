"""``Stand``: a lab whose hosts are played by real servers and clients. It lives in the lab's process and plays rounds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from cmfw.errors import LabError
from cmfw.lab.packet_bytes import PacketKey, key_of
from cmfw.lab.shots import ROUTER
from cmfw.lab.stand.behave import Script
from cmfw.lab.stand.cast import Cast
from cmfw.lab.stand.crew import Crew
from cmfw.lab.stand.exchange import Exchange, Played
from cmfw.lab.stand.legs import Legs
from cmfw.lab.stand.notification import NONE, POLL, TCP, NotificationClient, notify
from cmfw.lab.stand.parts import Leg, Parts
from cmfw.lab.stand.steps import NOTIFICATION, STEPS, WAKE_UP_PROXY, Step, after_ways, of_step
from cmfw.lab.stand.talk import Answer, ask
from cmfw.lab.stand.wake_row import WakeRow
from cmfw.lab.stand.web import TASKS
from cmfw.lab.trial_packets import TrialPacket
from cmfw.lab.wire import Wire
from cmfw.model.need import leaves
from cmfw.model.plan import FeatureRow
from cmfw.model.verdict import Status
from cmfw.net.flow import TCP as TCP_PROTOCOL
from cmfw.words.phrases import phrase

_SYN_ONLY = 0x02
_FLAGS = 0x12
_FLAGS_AT = 13
_POLLED = ("mp_http", "mp_https")
_Entries = dict[PacketKey, list[tuple[int, str, bytes]]]
_Door = tuple[TrialPacket, frozenset[int]]


class Stand(Wire):
    """The wire of a layout, with stand-ins on it."""

    def __init__(self, script: Script) -> None:
        super().__init__([host.addresses for host in script.layout.hosts])
        self._script = script
        namespaces = {number: station.namespace for number, station in self._stations.items()}
        for namespace in namespaces.values():
            namespace.set("ipv4/ping_group_range", "0 0")
        self._crew = Crew()
        self._cast = Cast(self._crew, script.layout, script.parts, namespaces)
        self._doors = _doors(script.parts)
        self._wakers = {
            number: WakeRow(script, self._legs_of(row))
            for number, row in enumerate(script.rows)
            if row.feature == WAKE_UP_PROXY
        }
        self._loop = asyncio.new_event_loop()
        self._agents: dict[int, NotificationClient] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop.run_until_complete(self._begin())

    async def _begin(self) -> None:
        await self._cast.start()
        for number, row in enumerate(self._script.rows):
            if row.feature == NOTIFICATION:
                self._agents[number] = self._agent(row)
                self._tasks.add(asyncio.ensure_future(self._agents[number].run()))

    def _agent(self, row: FeatureRow) -> NotificationClient:
        legs = self._legs_of(row)
        calls = []
        for leg in legs.get("notify_tcp", ()):
            first = {packet.item: packet for packet in reversed(leg.packets)}
            calls += [(item, self._cast.call(first[item], tls=True, bare=True)) for item in leg.items]
        polled = [packet for flow in _POLLED for leg in legs.get(flow, ()) for packet in leg.packets]
        flows = {packet: flow for flow in _POLLED for leg in legs.get(flow, ()) for packet in leg.packets}
        return NotificationClient(calls, partial(self._poll, polled, flows))

    async def _poll(self, packets: Iterable[TrialPacket], flows: Mapping[TrialPacket, str]) -> tuple[str, Answer] | None:
        """Ask the management point for tasks, by whatever address and port answers."""
        for packet in packets:
            try:
                answer = await ask(self._cast.call(packet, tls=flows[packet].endswith("_https")), TASKS)
            except OSError:
                continue
            if answer.status == 200:
                return packet.item, answer
        return None

    def load(self, changes: Sequence[tuple[int, str]]) -> None:
        """Load rules; those of a group whose clients wake each other go to every client of its subnet too."""
        super().load(changes)
        for waker in self._wakers.values():
            waker.load(changes)

    def play(self) -> tuple[tuple[Played, ...], tuple[Exchange, ...]]:
        """Play every row once with the rules as they are loaded."""
        self._crew.check()
        self._read_logs()
        return self._loop.run_until_complete(self._round())

    async def _round(self) -> tuple[tuple[Played, ...], tuple[Exchange, ...]]:
        legs = Legs(self._cast)
        rows = enumerate(self._script.rows)
        done = await asyncio.gather(*(self._row(number, row, legs) for number, row in rows))
        exchanges = [one for _, more in done for one in more] + list(legs.exchanges())
        entries = self._read_logs()
        found = [_with_logs(one, self._doors[one.item], entries) for one in exchanges]
        found += [one for waker in self._wakers.values() for one in waker.exchanges()]
        return tuple(played for played, _ in done), tuple(found)

    async def _row(self, number: int, row: FeatureRow, legs: Legs) -> tuple[Played, tuple[Exchange, ...]]:
        if row.feature == NOTIFICATION:
            return await self._notified(number, row)
        if row.feature == WAKE_UP_PROXY:
            return await self._wakers[number].play(number), ()
        known = self._legs_of(row)
        status, through = Status.WORKS, []
        for step in STEPS[row.feature]:
            came_to, items = await self._step(step, known, legs)
            status = min(status, came_to)
            through += items
            if status is Status.BROKEN:
                break
        return Played(row=number, status=status, through=tuple(dict.fromkeys(through))), ()

    async def _step(self, step: Step, known: Mapping[str, list[Leg]], legs: Legs) -> tuple[Status, list[str]]:
        tried: list[tuple[int, int]] = []
        for way in of_step(step, known):
            chosen = [leg for flow in way for leg in known[flow]]
            exchanges = await asyncio.gather(*(legs.play(leg) for leg in chosen))
            done = [leg for leg, of in zip(chosen, exchanges, strict=True) if of[-1].is_done]
            peers = {leg.target for leg in chosen}
            # a peer is one that does all that this way needs of it
            worked = peers - {leg.target for leg in chosen if leg not in done}
            tried.append((len(worked), len(peers)))
            if worked:
                items = [of[-1].item for leg, of in zip(chosen, exchanges, strict=True) if leg.target in worked]
                return after_ways(step, tried), items
        return (after_ways(step, tried) if tried else Status.WORKS), []

    async def _notified(self, number: int, row: FeatureRow) -> tuple[Played, tuple[Exchange, ...]]:
        legs = self._legs_of(row)
        place = next((leg.target, port) for leg in legs["notify_tcp"] for port in leg.ports)
        receipt = await notify(self._cast.notifications[place], self._agents[number])
        status = {TCP: Status.WORKS, POLL: Status.DEGRADED, NONE: Status.BROKEN}[receipt.channel]
        exchanges = []
        for leg in legs["notify_tcp"]:
            exchanges += [Exchange(item=item, is_done=False) for item in leg.items if receipt.channel != TCP]
        if receipt.channel != NONE:
            facts = (("task", str(self._cast.notifications[place].told)), ("channel", receipt.channel))
            exchanges.append(Exchange(item=receipt.item, is_done=True, facts=facts, source_port=receipt.source_port))
        else:
            polled = [item for flow in _POLLED for leg in legs.get(flow, ()) for item in leg.items]
            exchanges += [Exchange(item=item, is_done=False) for item in polled]
        through = (receipt.item,) if receipt.item else ()
        return Played(row=number, status=status, through=through), tuple(exchanges)

    def _legs_of(self, row: FeatureRow) -> dict[str, list[Leg]]:
        """The row's legs by flow."""
        wanted = {*leaves(row.need), *row.advisory}
        found: dict[str, list[Leg]] = {}
        for leg in self._script.parts.legs:
            packets = tuple(packet for packet in leg.packets if packet.item in wanted)
            if packets:
                found.setdefault(leg.flow, []).append(leg)
        return found

    def _read_logs(self) -> _Entries:
        """Every entry of every firewall since the last call, by packet."""
        found: _Entries = {}
        for number, station in self._stations.items():
            for entry in station.log.entries():
                key = key_of(entry.packet)
                if key is not None:
                    found.setdefault(key, []).append((number, entry.prefix, entry.packet))
        return found


def _doors(parts: Parts) -> dict[str, _Door]:
    """Of each item a packet of it, and every port on which it may be answered."""
    dynamic = dict(parts.shares)
    found: dict[str, _Door] = {}
    for leg in parts.legs:
        ports = {*leg.ports, *(dynamic[leg.target] if leg.flow == "push_wmi" else ())}
        found |= {packet.item: (packet, frozenset(ports)) for packet in leg.packets}
    return found


def _with_logs(exchange: Exchange, door: _Door, entries: _Entries) -> Exchange:
    """The exchange with what the firewalls said of the packets that opened it.

    Raises LabError for one that failed although no firewall dropped anything of it: then a stand-in has failed, not the network.
    """
    packet = door[0]
    said: list[tuple[int, str, bytes]] = []
    for key, of_key in entries.items():
        if _is_of(key, door, exchange) and (exchange.source_port or _opens(of_key[0][2], key)):
            said += of_key
    place = {packet.source: 0, ROUTER: 1, packet.target: 2}
    ordered = sorted(said, key=lambda one: place.get(one[0], 3))
    logs = tuple(dict.fromkeys((number, prefix) for number, prefix, _ in ordered))
    found = replace(exchange, logs=logs, packet=ordered[0][2] if ordered else b"")
    if not found.is_done and not found.is_stopped:
        told = ", ".join(text for _, text in exchange.facts)
        raise LabError(phrase("`{item}` failed and no firewall stopped it: {told}", item=exchange.item, told=told))
    return found


def _is_of(key: PacketKey, door: _Door, exchange: Exchange) -> bool:
    """Whether a packet belongs to the exchange."""
    packet, ports = door
    if (key.protocol, key.source, key.target) != (packet.protocol, packet.source_address, packet.target_address):
        return False
    if exchange.source_port:
        return key.source_port == exchange.source_port
    return packet.icmp is not None or key.target_port in ports


def _opens(packet: bytes, key: PacketKey) -> bool:
    """Whether a packet is the first of its flow."""
    if key.protocol != TCP_PROTOCOL or len(packet) < 1:
        return True
    head = 40 if packet[0] >> 4 == 6 else (packet[0] & 15) * 4
    flags = packet[head + _FLAGS_AT : head + _FLAGS_AT + 1]
    return bool(flags) and flags[0] & _FLAGS == _SYN_ONLY
