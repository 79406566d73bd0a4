"""The wake-up proxy: clients watch each other, one takes the place of a sleeper, and wakes it when somebody calls.

Real are the echo requests, the talk over UDP, the switch that learns the sleeper's address at another port, the answer on its behalf,
the connection that arrives there, and the magic packet at the sleeper's card. Ours are the words of the talk and the pace:
seconds there, milliseconds here. Source: facts, "Wake-up proxy" (watch by echo requests, manager, magic packet when a
connection is opened to a sleeper).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from cmfw.errors import LabError
from cmfw.lab.stand.exchange import Exchange, Facts
from cmfw.lab.stand.frames import BROADCAST, arp_reply, arp_request_for, magic, magic_port, opens_connection_to
from cmfw.lab.stand.legs import echo
from cmfw.lab.stand.segment import MANAGER, OUTSIDE, SLEEPER, Segment, hardware_of
from cmfw.lab.stand.talk import CONNECT_S, close, connect, in_time, patiently
from cmfw.lab.trial_packets import TrialPacket
from cmfw.net.addr import format_address
from cmfw.net.flow import ICMP4

WATCH, TALK, WAKE = "wup_icmp", "wup_udp", "wup_wol"
_PEERS = (1, 2)
_CALLED_PORT = 3389
"""Any port that the sleeper listened on; its manager answers for it, whatever the sleeper's firewall would say."""
_SILENCE_S = 0.1
"""How long nothing is waited for; the first answers took a hundredth of it."""
_BROADCAST = "broadcast"
_WORDS, _AGREED = b"I manage", b"agreed"


class SleepAgents:
    """The proxies of a segment; ``packets`` are the plan's, by flow, and ``marks`` those of their programs."""

    def __init__(self, segment: Segment, packets: Mapping[str, TrialPacket], marks: Mapping[str, tuple[int, int]]) -> None:
        self._segment = segment
        self._packets = packets
        self._marks = marks

    async def play(self) -> tuple[Exchange, ...]:
        """Watch, agree, take over and wake; ends with the first of them that fails."""
        self._segment.wake()
        found: list[Exchange] = []
        for flow, act in ((WATCH, self._watch), (TALK, self._agree), (WAKE, self._wake_up)):
            try:
                facts = await act()
            except OSError:
                found.append(Exchange(item=self._packets[flow].item, is_done=False))
                break
            found.append(Exchange(item=self._packets[flow].item, is_done=True, facts=facts))
        return tuple(found)

    async def _watch(self) -> Facts:
        """Ask every other client for an echo."""
        for number in (*_PEERS, SLEEPER):
            await self._echo(number)
        answered = ", ".join(self._name(number) for number in (*_PEERS, SLEEPER))
        return (("echo_replies", answered),)

    async def _echo(self, number: int, patience_s: float = CONNECT_S) -> None:
        await echo(self._segment.call(MANAGER, number, self._marks[WATCH][0]), ICMP4, patience_s)

    async def _agree(self) -> Facts:
        """Tell the others who manages the sleeper, and hear that they agree."""
        port = self._packets[TALK].port or 0
        mine, theirs = self._marks[TALK]
        loop = asyncio.get_running_loop()
        sockets = [self._segment.datagrams(number, port, theirs) for number in _PEERS]
        manager = self._segment.datagrams(MANAGER, port, mine)
        try:
            for number, peer in zip(_PEERS, sockets, strict=True):
                await loop.sock_sendto(manager, _WORDS, (self._name(number), port))
                _, sender = await in_time(loop.sock_recvfrom(peer, 64))
                await loop.sock_sendto(peer, _AGREED, sender)
                await in_time(loop.sock_recvfrom(manager, 64))
        finally:
            for each in (manager, *sockets):
                each.close()
        return (("manager", self._name(MANAGER)), ("agreed", ", ".join(map(self._name, _PEERS))))

    async def _wake_up(self) -> Facts:
        """Wake the sleeper directly; then let its manager take its place, and wake it when somebody connects to it."""
        segment, subnet = self._segment, self._segment.subnet
        await self._fall_asleep()
        direct = await self._magic(subnet.clients[SLEEPER], subnet.broadcast)
        await self._stand_up()
        await self._fall_asleep()
        self._take_over(BROADCAST, subnet.router)
        caller = asyncio.ensure_future(_call(segment))
        try:
            called = await patiently(self._called, "no connection to the sleeper reaches its manager")
            # the switch sends what is for the sleeper to its manager now: only what is for everybody reaches it
            await self._magic(subnet.broadcast)
        finally:
            caller.cancel()
        await self._stand_up()
        sleeper = self._name(SLEEPER)
        return (
            ("card_saw", ", ".join(direct)),
            ("manager_took_call", f"{sleeper}:{called}"),
            ("card_saw_then", _BROADCAST),
            ("awake_again", sleeper),
        )

    async def _fall_asleep(self) -> None:
        self._segment.sleep()
        with suppress(OSError):
            await self._echo(SLEEPER, _SILENCE_S)
            raise LabError("the sleeper answers in its sleep")
        for number in (MANAGER, SLEEPER):
            self._segment.frames(number)

    async def _stand_up(self) -> None:
        self._segment.wake()
        await self._echo(SLEEPER)

    def _take_over(self, to_hardware: bytes, to_address: int) -> None:
        """Say that the sleeper is here; the switch believes it."""
        address = self._segment.subnet.clients[SLEEPER]
        self._segment.cards[MANAGER].send(arp_reply(hardware_of(SLEEPER), address, to_hardware, to_address))

    def _called(self) -> int | None:
        """The port to which somebody connects on the sleeper, as its manager sees it; answers for it who it is meanwhile."""
        for frame in self._segment.frames(MANAGER):
            asked = arp_request_for(frame)
            if asked is not None and asked[0] == self._segment.subnet.clients[SLEEPER]:
                self._take_over(asked[1], asked[2])
            port = opens_connection_to(frame, hardware_of(SLEEPER))
            if port:
                return port
        return None

    async def _magic(self, *addresses: int) -> list[str]:
        """Send a magic packet to each address; how they reached the sleeper's card. Raises OSError where the own firewall forbids it."""
        port = self._packets[WAKE].port or 0
        made = self._segment.datagrams(MANAGER, 0, self._marks[WAKE][0])
        try:
            for address in addresses:
                made.sendto(magic(hardware_of(SLEEPER)), (format_address(address), port))
        finally:
            made.close()
        ways: dict[str, None] = {}

        def seen() -> list[str] | None:
            for frame in self._segment.frames(SLEEPER):
                if magic_port(frame, hardware_of(SLEEPER)) == port:
                    ways[_BROADCAST if frame[:6] == BROADCAST else "unicast"] = None
            return list(ways) if len(ways) == len(addresses) else None

        found: list[str] = await patiently(seen, "the magic packet does not reach the sleeper's card")
        return found

    def _name(self, number: int) -> str:
        return format_address(self._segment.subnet.clients[number])


async def _call(segment: Segment) -> None:
    """Somebody outside connects to the sleeper, and tries until told otherwise."""
    while True:
        with suppress(OSError):
            close(await connect(segment.call(OUTSIDE, SLEEPER, 0, _CALLED_PORT)))
