"""How each flow is played: the talk of two stand-ins over every address that they have, until one works.

A family, port or program at a time, as clients do: an address or an alternative port is tried when the one before it does
not answer, and every program that opens the flow has to get through.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace

from cmfw.errors import LabError
from cmfw.lab.senders import MARK
from cmfw.lab.stand.aside import aside
from cmfw.lab.stand.cast import CONTROLLED, Cast
from cmfw.lab.stand.exchange import Exchange, Facts
from cmfw.lab.stand.parts import Leg
from cmfw.lab.stand.smb_client import copy_setup, read_package
from cmfw.lab.stand.talk import CONNECT_S, READ_S, Call, ask, close, connect, fresh_port, in_time, port_of
from cmfw.lab.stand.web import CONTENT, PACKAGE, SELF_UPDATE, SETUP_FILE
from cmfw.lab.trial_packets import TrialPacket
from cmfw.model.wire import Speaks
from cmfw.net.addr import format_address, is_v6
from cmfw.net.flow import ICMP6
from cmfw.probe.proto.rpc import BindTalk, MapperTalk
from cmfw.probe.proto.talk import Talk

Seen = tuple[int, Facts]
"""The port that it left from, and what was seen."""
Player = Callable[[TrialPacket, int | None], Awaitable[Seen]]

_REQUESTS: dict[str, tuple[tuple[str, str, bytes], ...]] = {
    "mp": (("GET", "/sms_mp/.sms_aut?mplist", b"<MPList"), ("CCM_POST", "/ccm_system/request", b"<Msg")),
    "setup_mp": (("CCM_POST", "/ccm_system/request", b"<Msg"), ("GET", SETUP_FILE, CONTENT)),
    "dp": (("GET", PACKAGE, CONTENT),),
    "setup_dp": (("GET", PACKAGE, CONTENT),),
    "fsp": (("POST", "/SMS_FSP/.sms_fsp", b""),),
    "sup": (("GET", SELF_UPDATE, b"MSCF"), ("GET", "/ClientWebService/client.asmx", b"<definitions")),
}
"""Method, path, and what the answer starts with."""
_FORBIDDEN = 403
_PROBE_PAYLOAD = b"cmfw lab"


class Legs:
    """Plays legs of one round, each once however many features count on it."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._played: dict[Leg, asyncio.Task[tuple[Exchange, ...]]] = {}
        self._mapped: dict[int, MapperTalk] = {}

    async def play(self, leg: Leg) -> tuple[Exchange, ...]:
        """An exchange for each item that was tried; the last one is the one that worked, if any did."""
        if leg not in self._played:
            self._played[leg] = asyncio.ensure_future(self._play(leg))
        return await self._played[leg]

    def exchanges(self) -> tuple[Exchange, ...]:
        """Everything of the round so far."""
        return tuple(one for task in self._played.values() for one in task.result())

    async def _play(self, leg: Leg) -> tuple[Exchange, ...]:
        player = self._player(leg.flow)
        found: list[Exchange] = []
        for item in leg.items:
            of_item = [packet for packet in leg.packets if packet.item == item]
            found.append(await _try(item, of_item, player))
            if found[-1].is_done:
                break
        return tuple(found)

    def _player(self, flow: str) -> Player:
        kind = flow.removesuffix("_https").removesuffix("_http")
        if kind in _REQUESTS:
            return lambda packet, port: self._web(kind, packet, port, tls=flow.endswith("_https"))
        players: dict[str, Player] = {
            "push_icmp": self._echo,
            "push_smb": self._copy,
            "push_epm": self._mapper,
            "push_wmi": self._dynamic,
            "rc_tcp": self._control,
        }
        return players.get(flow, self._read_share)

    async def _web(self, kind: str, packet: TrialPacket, port: int | None, *, tls: bool) -> Seen:
        facts: list[tuple[str, str]] = []
        source_port = 0
        for method, path, start in _REQUESTS[kind]:
            body = b"" if method == "GET" else b"<Msg>stand-in</Msg>"
            answer = await ask(self._cast.call(packet, port, tls=tls), path, method, body)
            if answer.status != 200 or not answer.body.startswith(start):
                raise ConnectionError(f"{path}: {answer.status}")
            seen = await self._cast.access(packet.target, answer.source_port)
            source_port = source_port or answer.source_port
            facts.append(("request", str(seen["request"]).removesuffix(" HTTP/1.1")))
            facts += [("answer", str(answer.status)), ("bytes", str(len(answer.body)))]
            if tls and kind in ("mp", "setup_mp", "dp", "setup_dp"):
                facts += [("tls", answer.tls), ("client_certificate", str(seen["client"]))]
        if tls and kind == "mp":
            refused = await ask(self._cast.call(packet, port, tls=True, bare=True), _REQUESTS[kind][0][1])
            if refused.status != _FORBIDDEN:
                raise LabError("the management point stand-in answers without a client certificate")
            facts.append(("without_certificate", str(refused.status)))
        return source_port, tuple(facts)

    async def _copy(self, packet: TrialPacket, port: int | None) -> Seen:
        content = os.urandom(len(CONTENT))
        source_port, facts = await aside(copy_setup, _elsewhere(self._cast.call(packet, port)), content)
        if self._cast.shares[packet.target].received() != content:
            raise LabError("the copied setup program is not what was sent")
        return source_port, facts

    async def _read_share(self, packet: TrialPacket, port: int | None) -> Seen:
        found: Seen = await aside(read_package, _elsewhere(self._cast.call(packet, port)))
        return found

    async def _mapper(self, packet: TrialPacket, port: int | None) -> Seen:
        talk = MapperTalk()
        source_port = await _speak(self._cast.call(packet, port), talk)
        if talk.interface is None or not talk.ports:
            raise LabError("the endpoint mapper stand-in names no dynamic port")
        self._mapped[packet.target] = talk
        return source_port, (("interface", talk.interface.name), ("port", str(talk.ports[0])))

    async def _dynamic(self, packet: TrialPacket, _port: int | None) -> Seen:
        """Bind where the endpoint mapper said."""
        mapped = self._mapped[packet.target]
        if mapped.interface is None:
            raise LabError("the endpoint mapper stand-in names no interface")
        port = mapped.ports[0]
        self._cast.mark_dynamic(packet.target, port)
        source_port = await _speak(self._cast.call(packet, port), BindTalk(mapped.interface))
        return source_port, (("port", str(port)), ("bound", mapped.interface.name))

    async def _control(self, packet: TrialPacket, port: int | None) -> Seen:
        streams = await connect(self._cast.call(packet, port))
        try:
            streams[1].write(b"console\n")
            line = await asyncio.wait_for(streams[0].readline(), READ_S)
            if line != CONTROLLED + b"console\n":
                raise ConnectionError("another listener answers")
            return port_of(streams), (("answer", line.decode("ascii").strip()),)
        finally:
            close(streams)

    async def _echo(self, packet: TrialPacket, _port: int | None) -> Seen:
        identifier = await echo(self._cast.call(packet, 0), packet.protocol)
        return identifier, (("echo_reply", format_address(packet.target_address)),)


def _elsewhere(call: Call) -> Call:
    """The call with its port, for a process that does not know which ports are taken."""
    return replace(call, source_port=fresh_port())


async def _try(item: str, packets: Sequence[TrialPacket], player: Player) -> Exchange:
    """One item: the first port over which every program gets through."""
    failures: dict[str, None] = {}
    for port in dict.fromkeys(packet.port for packet in packets):
        facts: Facts = ()
        source_port = 0
        try:
            for packet in _one_of_each_program(packets, port):
                source_port, seen = await player(packet, port)
                facts = facts or seen
        except OSError as error:
            failures[str(error) or type(error).__name__] = None
            continue
        if port is not None and not any(name == "port" for name, _ in facts):
            facts = (("port", str(port)), *facts)
        return Exchange(item=item, is_done=True, facts=facts, source_port=source_port)
    return Exchange(item=item, is_done=False, facts=tuple(("failed", text) for text in failures))


def _one_of_each_program(packets: Iterable[TrialPacket], port: int | None) -> Iterable[TrialPacket]:
    return {packet.sender: packet for packet in reversed([p for p in packets if p.port == port])}.values()


async def _speak(call: Call, talk: Talk) -> int:
    """The port that a talk left from which heard what it looks for. Raises OSError."""
    streams = await connect(call)
    reader, writer = streams
    try:
        writer.write(talk.opening())
        while talk.service is None:
            content = await asyncio.wait_for(reader.read(4096), READ_S)
            if content:
                writer.write(talk.receive(content))
            else:
                talk.end()
        if talk.service.speaks is not Speaks.RIGHT:
            raise ConnectionError("another listener answers")
        return port_of(streams)
    finally:
        close(streams)


async def echo(call: Call, protocol: int, patience_s: float = CONNECT_S) -> int:
    """The identifier of an echo request that was answered. Raises OSError."""
    call.namespace.enter()
    family = socket.AF_INET6 if is_v6(call.target) else socket.AF_INET
    made = socket.socket(family, socket.SOCK_DGRAM, protocol)
    loop = asyncio.get_running_loop()
    try:
        made.setsockopt(socket.SOL_SOCKET, MARK, call.mark)
        made.bind((format_address(call.source), 0))
        made.setblocking(False)
        identifier = int(made.getsockname()[1])
        kind = 128 if protocol == ICMP6 else 8
        content = struct.pack("!BBHHH", kind, 0, 0, identifier, 1) + _PROBE_PAYLOAD
        await loop.sock_sendto(made, content, (format_address(call.target), 0))
        await in_time(loop.sock_recv(made, 256), patience_s)
        return identifier
    finally:
        made.close()
