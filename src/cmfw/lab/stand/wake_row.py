"""``WakeRow``: the wake-up proxy's row of the plan on a segment of its own, with the rules of the clients' group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cmfw.errors import LabError
from cmfw.lab.packet_bytes import key_of
from cmfw.lab.stand.behave import Script
from cmfw.lab.stand.exchange import Exchange, Played
from cmfw.lab.stand.parts import Leg
from cmfw.lab.stand.segment import CLIENTS, MANAGER, Segment, subnet_around
from cmfw.lab.stand.wake import WAKE, SleepAgents
from cmfw.model.verdict import Status
from cmfw.words.phrases import phrase


class WakeRow:
    """The segment of one client group and the proxies on it."""

    def __init__(self, script: Script, legs: Mapping[str, Sequence[Leg]]) -> None:
        packets = {flow: of[0].packets[0] for flow, of in legs.items()}
        first = packets[WAKE]
        self._packets = packets
        item = next(one for one in script.plan.items if one.id == first.item)
        subnet = subnet_around(item.source.known.ranges, first.source_address)
        if subnet is None:
            raise LabError(phrase("the subnet around {address} has no room for four clients", address=first.source_address))
        self._places = {number: first.source if number == MANAGER else first.target for number in CLIENTS}
        self._segment = Segment(subnet)
        marks = {
            flow: (script.layout.marks.of(one.sender), script.layout.marks.of(one.listener)) for flow, one in packets.items()
        }
        self._agents = SleepAgents(self._segment, packets, marks)
        self._found: tuple[Exchange, ...] = ()
        self._said: list[tuple[int, str, bytes]] = []

    def load(self, changes: Sequence[tuple[int, str]]) -> None:
        """Load the group's rules, which say what reaches a machine too, on every client."""
        for number, text in changes:
            if number == self._packets[WAKE].target:
                self._segment.load(text.removeprefix("flush ruleset\n"))

    async def play(self, number: int) -> Played:
        """Play the row of that number; ``exchanges`` has what was seen."""
        for log in self._segment.logs:
            for _ in log.entries():
                pass
        self._said.clear()
        found = await self._agents.play()
        self._found = tuple(self._with_logs(one) for one in found)
        is_done = len(found) == len(self._packets) and all(one.is_done for one in found)
        return Played(
            row=number,
            status=Status.WORKS if is_done else Status.BROKEN,
            through=tuple(one.item for one in found if one.is_done),
        )

    def exchanges(self) -> tuple[Exchange, ...]:
        """What was seen the last time."""
        return self._found

    def _with_logs(self, exchange: Exchange) -> Exchange:
        """The exchange with what the clients' firewalls said of the manager's packets.

        Raises LabError for one that failed although no firewall dropped anything of it.
        """
        packet = next(one for one in self._packets.values() if one.item == exchange.item)
        said: list[tuple[int, str, bytes]] = []
        for number in CLIENTS:
            for entry in self._segment.logs[number].entries():
                self._said.append((number, entry.prefix, entry.packet))
        mine = self._segment.subnet.clients[MANAGER]
        for number, prefix, raw in self._said:
            key = key_of(raw)
            door = packet.port if packet.icmp is None else packet.icmp[0]
            if key is not None and (key.protocol, key.source, key.target_port) == (packet.protocol, mine, door):
                said.append((number, prefix, raw))
        logs = tuple(dict.fromkeys((self._places[number], prefix) for number, prefix, _ in said))
        found = replace(exchange, logs=logs, packet=said[0][2] if said else b"")
        if not found.is_done and not found.is_stopped:
            raise LabError(phrase("`{item}` failed and no firewall stopped it", item=exchange.item))
        return found
