"""``SocketDoors``: the listeners of a responder, and what reached them, the wire before them, and the way back."""

from __future__ import annotations

import errno
import selectors
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cmfw.net.addr import is_v6
from cmfw.net.flow import TCP, UDP
from cmfw.probe.capture import capture, captured
from cmfw.probe.desk import BUSY, LISTENING, NOT_ALLOWED, Asked, Count
from cmfw.probe.messages import TAG_BYTES, Key
from cmfw.probe.sockets import LINUX, ip_text

MOST_ANSWERS = 16
"""A flow is answered so often at most; an initiator needs three."""
_MOST_WAITING = 8
_CHUNK = 2048
_HALF_OPEN = "03"
"""TCP_SYN_RECV: a SYN passed the host firewall, and our answer was not confirmed. Source: Linux `include/net/tcp_states.h`."""


@dataclass(slots=True, eq=False)
class _Flow:
    """One flow that is asked for, its listener (None: the real service has the port), and its counts."""

    asked: Asked
    tag: bytes
    listener: socket.socket | None
    state: str
    wire: int = 0
    heard: int = 0
    answered: bool = False
    refused: bool = False
    callers: dict[socket.socket, bytes] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class _Session:
    """The flows of one peer, and the socket that sees its packets (None: nobody may look)."""

    peer: int
    here: int
    flows: dict[int, _Flow]
    eye: socket.socket | None


class SocketDoors:
    """Opens listeners at the address at which the initiator reached us, one for each flow. Everything is bounded."""

    def __init__(self, key: Key, selector: selectors.BaseSelector) -> None:
        self._key = key
        self._selector = selector
        self._sessions: dict[str, _Session] = {}

    def open(self, session: str, peer: int, here: int, flows: tuple[Asked, ...]) -> dict[int, str]:
        """Look first, then listen: no packet of the session is missed."""
        made = _Session(peer, here, {}, capture(peer))
        self._sessions[session] = made
        if made.eye is not None:
            self._selector.register(made.eye, selectors.EVENT_READ, lambda: self._look(made))
        for asked in flows:
            listener, state = _listen(asked, here)
            flow = _Flow(asked, self._key.tag(session, asked.number), listener, state)
            made.flows[asked.number] = flow
            if listener is not None:
                self._watch(listener, flow)
        return {number: flow.state for number, flow in made.flows.items()}

    def counts(self, session: str) -> Mapping[int, Count]:
        """What each flow brought, the half-open connections of the system included."""
        made = self._sessions[session]
        self._look(made)
        half = _half_open(made.here)
        found = {}
        for number, flow in made.flows.items():
            heard = flow.heard + (half.get(flow.asked.port, 0) if flow.asked.protocol == TCP else 0)
            wire = None if made.eye is None else flow.wire
            found[number] = Count(wire, heard, answered=flow.answered, refused=flow.refused)
        return found

    def close(self, session: str) -> None:
        """Close every socket of the session."""
        made = self._sessions.pop(session, None)
        if made is None:
            return
        sockets = [made.eye, *(one.listener for one in made.flows.values())]
        sockets += [caller for one in made.flows.values() for caller in one.callers]
        for one in sockets:
            if one is not None:
                self._drop(one)

    def _drop(self, made: socket.socket) -> None:
        with suppress(KeyError, ValueError):
            self._selector.unregister(made)
        made.close()

    def _watch(self, listener: socket.socket, flow: _Flow) -> None:
        if flow.asked.protocol == TCP:
            self._selector.register(listener, selectors.EVENT_READ, lambda: self._accept(listener, flow))
        else:
            self._selector.register(listener, selectors.EVENT_READ, lambda: _answer_datagram(listener, flow))

    def _look(self, made: _Session) -> None:
        """Count what the network card saw of the session's flows."""
        if made.eye is None:
            return
        by_port = {(flow.asked.protocol, flow.asked.port): flow for flow in made.flows.values()}
        for packet, leaves in captured(made.eye):
            if leaves:
                flow = by_port.get((packet.protocol, packet.source_port))
                if flow is not None and packet.target == made.peer and packet.answer:
                    flow.answered = True
                continue
            flow = by_port.get((packet.protocol, packet.target_port))
            if flow is not None and (packet.source, packet.target) == (made.peer, made.here) and packet.first:
                flow.wire += 1

    def _accept(self, listener: socket.socket, flow: _Flow) -> None:
        try:
            caller, _ = listener.accept()
        except OSError:
            return
        flow.heard += 1
        if flow.heard > MOST_ANSWERS or len(flow.callers) >= _MOST_WAITING:
            caller.close()
            return
        caller.setblocking(False)
        flow.callers[caller] = b""
        self._selector.register(caller, selectors.EVENT_READ, lambda: self._hear(caller, flow))

    def _hear(self, caller: socket.socket, flow: _Flow) -> None:
        """Read up to a tag; answer ours, and close on anything else."""
        try:
            chunk = caller.recv(TAG_BYTES - len(flow.callers[caller]))
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            chunk = b""
        heard = flow.callers[caller] = flow.callers[caller] + chunk
        if chunk and len(heard) < TAG_BYTES and flow.tag.startswith(heard):
            return
        if heard == flow.tag:
            try:
                caller.send(flow.tag[::-1])
            except OSError as error:
                flow.refused = flow.refused or error.errno == errno.EPERM
        del flow.callers[caller]
        self._drop(caller)


def _answer_datagram(listener: socket.socket, flow: _Flow) -> None:
    """Answer our tag with its reverse, to where it came from; anything else is passed over."""
    try:
        content, sender = listener.recvfrom(_CHUNK)
    except OSError:
        return
    if content != flow.tag:
        return
    flow.heard += 1
    if flow.heard > MOST_ANSWERS:
        return
    try:
        listener.sendto(flow.tag[::-1], sender)
    except OSError as error:
        flow.refused = flow.refused or error.errno in (errno.EPERM, errno.EACCES)


def _listen(asked: Asked, here: int) -> tuple[socket.socket | None, str]:
    """(listener, state) for one flow; a port that is in use is the real service's."""
    family = socket.AF_INET6 if is_v6(here) else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM if asked.protocol == TCP else socket.SOCK_DGRAM)
    try:
        if LINUX and asked.protocol == TCP:
            # a port whose last connections linger is free; elsewhere the option would take a port in use away
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((ip_text(here), asked.port))
        if asked.protocol != UDP:
            made.listen(_MOST_WAITING)
        made.setblocking(False)
    except OSError as error:
        made.close()
        return None, BUSY if error.errno in (errno.EADDRINUSE, 10048) else NOT_ALLOWED
    return made, LISTENING


def _half_open(here: int) -> dict[int, int]:
    """How many half-open connections each port of the address has; nothing where the system does not say."""
    if not LINUX:
        return {}
    path = Path("/proc/self/net/tcp6" if is_v6(here) else "/proc/self/net/tcp")
    try:
        lines = path.read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return {}
    found: dict[int, int] = {}
    for line in lines:
        fields = line.split()
        if len(fields) > 3 and fields[3] == _HALF_OPEN:
            port = int(fields[1].rpartition(":")[2], 16)
            found[port] = found.get(port, 0) + 1
    return found
