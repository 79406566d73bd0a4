"""``serve``: the responder's loop. It speaks only to who holds the key, on ports of its allow-list, until its deadline."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cmfw.net.ports import PortSet
from cmfw.probe.desk import SESSION_S, Desk
from cmfw.probe.doors import SocketDoors
from cmfw.probe.messages import MOST_LINE, Key, Refused, new_challenge
from cmfw.probe.sockets import number_of

PORT = 10124
MOST_DEADLINE_S = 3600
_MOST_CALLERS = 8
_FIRST_WORD_S = 10
_TICK_S = 0.2

Told = Callable[[str], None]


@dataclass(slots=True, eq=False)
class _Caller:
    """One control connection."""

    made: socket.socket
    peer: int
    here: int
    until: float
    challenge: str
    heard: bytes = b""
    is_known: bool = False
    """Whether it has shown that it holds the key."""


def listen_at(address: str, port: int) -> socket.socket:
    """The control listener; OSError where the address or port cannot be had."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.create_server((address, port), family=family, backlog=_MOST_CALLERS)
    made.setblocking(False)
    return made


def serve(listener: socket.socket, key: Key, allowed: Mapping[int, PortSet], deadline_s: float, told: Told) -> None:
    """Answer until the deadline, then close every listener. ``told`` hears of each request that was refused, and why."""
    until = time.monotonic() + min(deadline_s, MOST_DEADLINE_S)
    with selectors.DefaultSelector() as selector:
        responder = _Responder(selector, key, allowed, told)
        selector.register(listener, selectors.EVENT_READ, lambda: responder.accept(listener))
        try:
            while (now := time.monotonic()) < until:
                for chosen, _ in selector.select(min(_TICK_S, max(0.0, until - now))):
                    chosen.data()
                responder.expire()
        finally:
            responder.close()


class _Responder:
    """The control connections."""

    def __init__(self, selector: selectors.BaseSelector, key: Key, allowed: Mapping[int, PortSet], told: Told) -> None:
        self._selector = selector
        self._desk = Desk(key, allowed, SocketDoors(key, selector))
        self._callers: list[_Caller] = []
        self._told = told

    def accept(self, listener: socket.socket) -> None:
        """Take one connection; where there are too many, the one goes that has been silent longest without showing the key."""
        try:
            made, _ = listener.accept()
            peer, here = (_number(made, name) for name in (made.getpeername()[0], made.getsockname()[0]))
        except (OSError, ValueError):
            return
        if len(self._callers) >= _MOST_CALLERS:
            strangers = [one for one in self._callers if not one.is_known]
            if not strangers:
                made.close()
                return
            # whoever holds the key speaks at once, and cannot be kept out by who only holds connections
            self._drop(strangers[0])
        made.setblocking(False)
        caller = _Caller(made, peer, here, time.monotonic() + _FIRST_WORD_S, new_challenge())
        try:
            made.send(caller.challenge.encode("ascii") + b"\n")
        except OSError:
            made.close()
            return
        self._callers.append(caller)
        self._selector.register(made, selectors.EVENT_READ, lambda: self._hear(caller))

    def expire(self) -> None:
        """Let go of who says nothing, and of sessions that are over."""
        now = time.monotonic()
        for caller in [one for one in self._callers if one.until <= now]:
            self._drop(caller)
        self._desk.expire(time.time())

    def close(self) -> None:
        """Let go of everything."""
        for caller in list(self._callers):
            self._drop(caller)
        self._desk.close()

    def _drop(self, caller: _Caller) -> None:
        self._selector.unregister(caller.made)
        caller.made.close()
        self._callers.remove(caller)

    def _hear(self, caller: _Caller) -> None:
        if caller not in self._callers:
            # it was let go of after it was chosen
            return
        try:
            chunk = caller.made.recv(MOST_LINE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            chunk = b""
        caller.heard += chunk
        line, end, rest = caller.heard.partition(b"\n")
        if not chunk or len(line) > MOST_LINE:
            self._drop(caller)
            return
        if not end:
            return
        caller.heard = rest
        try:
            reply = self._desk.hear(line + end, caller.peer, caller.here, time.time(), caller.challenge)
            caller.made.sendall(reply)
        except Refused as error:
            self._told(str(error))
            self._drop(caller)
        except OSError:
            self._drop(caller)
        else:
            caller.is_known = True
            caller.until = time.monotonic() + SESSION_S


def _number(made: socket.socket, text: str) -> int:
    return number_of(socket.inet_pton(made.family, text.partition("%")[0]))
