"""Probing with a responder at the other end: ask it to listen and look, send the packets, and ask what it saw."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

from cmfw.errors import CmfwError
from cmfw.model.wire import ProbeResult
from cmfw.net.addr import format_address, is_v6
from cmfw.net.flow import PROTOCOL_NAMES, TCP, UDP
from cmfw.probe.capture import capture, captured
from cmfw.probe.desk import LISTENING, MOST_FLOWS, Count
from cmfw.probe.messages import MOST_LINE, REPLY, REQUEST, Key, Refused, is_challenge, new_session, request, seal, unseal
from cmfw.probe.plan import Probe
from cmfw.probe.run import Limits, Told, run_probes
from cmfw.probe.sockets import ip_text
from cmfw.probe.two_ended import settle
from cmfw.values import value
from cmfw.words.phrases import phrase
from cmfw.words.system_errors import of_system

_PATIENCE_S = 10.0
_ROOM, _ROOM_EACH = 160, 60
"""A reply is no longer than its request: room for its head, and for each flow."""


class NoResponder(CmfwError):
    """The responder is not there, or does not hold the key."""


@value
class Responder:
    """Where a responder listens, and the key that it shares with us."""

    address: int
    port: int
    key: Key


class _Channel:
    """The control connection of one session."""

    def __init__(self, responder: Responder) -> None:
        self._key = responder.key
        self.session = new_session()
        self._name = phrase("{address} port {port}", address=format_address(responder.address), port=responder.port)
        family = socket.AF_INET6 if is_v6(responder.address) else socket.AF_INET
        self._made = socket.socket(family, socket.SOCK_STREAM)
        self._made.settimeout(_PATIENCE_S)
        try:
            self._made.connect((ip_text(responder.address), responder.port))
            self._challenge = self._greeting()
        except OSError as error:
            self._made.close()
            raise NoResponder(
                phrase("no responder at {name}: {reason}", name=self._name, reason=of_system(error))
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._made.close()

    def ask(self, kind: str, count: int, **more: Any) -> dict[str, Any]:
        """The answer to one request; raises NoResponder where there is none that holds our key and is about this request."""
        body = request(kind, self.session, time.time(), _ROOM + _ROOM_EACH * count, challenge=self._challenge, **more)
        try:
            self._made.sendall(seal(self._key, REQUEST, body))
            answer = unseal(self._key, REPLY, self._line())
        except (OSError, Refused) as error:
            raise NoResponder(
                phrase("the responder at {name} does not answer: is its key ours, and its clock right?", name=self._name)
            ) from error
        if any(answer.get(name) != body[name] for name in ("kind", "session", "nonce")):
            raise NoResponder(phrase("the responder at {name} answers another request", name=self._name))
        return answer

    def _greeting(self) -> str:
        """What the other end says first; OSError where no responder speaks so."""
        said = self._line()[:-1].decode("ascii", "replace")
        if not is_challenge(said):
            raise OSError("another service is there")
        return said

    def _line(self) -> bytes:
        heard = b""
        while b"\n" not in heard:
            chunk = self._made.recv(MOST_LINE)
            if not chunk or len(heard) > MOST_LINE:
                raise OSError("no answer")
            heard += chunk
        return heard


def probe_two_ended(
    probes: Sequence[Probe], responder: Responder, limits: Limits, told: Told | None = None
) -> tuple[ProbeResult, ...]:
    """One result for each probe; those to the responder's own address are settled with what it saw. Raises NoResponder."""
    chosen = [
        at
        for at, one in enumerate(probes)
        if one.address == responder.address and one.protocol in (TCP, UDP) and one.port not in (None, responder.port)
    ][:MOST_FLOWS]
    if not chosen:
        return run_probes(probes, limits, told)
    flows = [[at, PROTOCOL_NAMES[probes[at].protocol], probes[at].port] for at in chosen]
    with _Channel(responder) as channel:
        states = dict(channel.ask("open", len(flows), flows=flows)["flows"])
        tags = {at: responder.key.tag(channel.session, at) for at in chosen if states.get(at) == LISTENING}
        own = capture(responder.address)
        try:
            results = list(run_probes(probes, limits, told, tags))
            left = None if own is None else {(p.protocol, p.target_port) for p, leaves in captured(own) if leaves}
        finally:
            if own is not None:
                own.close()
        counts = {row[0]: _count(row) for row in channel.ask("report", len(flows))["flows"]}
        channel.ask("close", 0)
    for at in chosen:
        seen = None if left is None else (probes[at].protocol, probes[at].port) in left
        if at in counts:
            results[at] = settle(results[at], states[at], counts[at], left=seen)
        if at in tags:
            # the responder listened, not the service
            results[at] = replace(results[at], service=None)
    return tuple(results)


def _count(row: list[Any]) -> Count:
    _, wire, heard, answered, refused = row
    return Count(wire, heard, answered=bool(answered), refused=bool(refused))
