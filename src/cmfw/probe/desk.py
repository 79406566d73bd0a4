"""``Desk``: the responder's answers to sealed requests. No sockets: what it opens and counts is behind ``Doors``.

A request opens listeners for at most ``MOST_FLOWS`` flows on ports of the allow-list, asks what they saw, or closes them. Who
cannot seal gets no answer; an answer is never longer than its request; listeners close at their deadline.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from cmfw.net.flow import PROTOCOL_NUMBERS, TCP, UDP
from cmfw.net.ports import PortSet
from cmfw.probe.messages import REPLY, REQUEST, Freshness, Key, Refused, is_session, seal, unseal
from cmfw.values import value
from cmfw.words.phrases import phrase

MOST_FLOWS = 256
MOST_SESSIONS = 4
SESSION_S = 120
_KEYS = {
    "open": {"challenge", "flows", "kind", "nonce", "pad", "session", "time", "v"},
    "report": {"challenge", "kind", "nonce", "pad", "session", "time", "v"},
    "close": {"challenge", "kind", "nonce", "pad", "session", "time", "v"},
}
LISTENING, BUSY, NOT_ALLOWED = "listening", "busy", "not_allowed"


@value
class Asked:
    """One flow of a session: its number there, protocol and port."""

    number: int
    protocol: int
    port: int


@value
class Count:
    """What one flow brought.

    ``wire`` are packets seen before the host firewall, None where nobody could look; ``heard`` those that reached the
    listener; ``answered`` whether the answer left; ``refused`` whether the own machine refused to send it.
    """

    wire: int | None
    heard: int
    answered: bool = False
    refused: bool = False


class Doors(Protocol):
    """Listeners and what they saw."""

    def open(self, session: str, peer: int, here: int, flows: tuple[Asked, ...]) -> dict[int, str]:
        """The state of each flow: ``listening`` or ``busy``."""
        ...

    def counts(self, session: str) -> Mapping[int, Count]:
        """What each flow of the session brought so far."""
        ...

    def close(self, session: str) -> None:
        """Close what the session opened."""
        ...


class Desk:
    """Answers requests of one key. INVARIANT: every session has its peer, and only that peer is answered about it."""

    def __init__(self, key: Key, allowed: Mapping[int, PortSet], doors: Doors) -> None:
        self._key = key
        self._allowed = allowed
        self._doors = doors
        self._fresh = Freshness()
        self._sessions: dict[str, tuple[float, int]] = {}

    def hear(self, line: bytes, peer: int, here: int, now: float, challenge: str) -> bytes:
        """The reply to one line on the connection of that challenge; raises Refused where there is none."""
        self.expire(now)
        body = unseal(self._key, REQUEST, line)
        kind = body.get("kind")
        if body.get("v") != 1 or not isinstance(kind, str) or set(body) != _KEYS.get(kind):
            raise Refused("a message of an unknown kind")
        if body["challenge"] != challenge:
            raise Refused("a message for another connection")
        session = body["session"]
        if not is_session(session):
            raise Refused("a message without a session")
        self._fresh.take(body, now)
        answer = self._open(body, peer, here, now) if kind == "open" else self._known(kind, session, peer)
        reply = seal(self._key, REPLY, {"v": 1, "kind": kind, "session": session, "nonce": body["nonce"], **answer})
        if len(reply) > len(line):
            # nobody gets more out of us than was put in; a request asks for room with its padding
            if kind == "open":
                self._end(session)
            raise Refused("a request without room for the reply")
        return reply

    def expire(self, now: float) -> None:
        """Close sessions whose deadline has passed."""
        for session in [name for name, (deadline, _) in self._sessions.items() if deadline <= now]:
            self._end(session)

    def close(self) -> None:
        """Close everything."""
        for session in list(self._sessions):
            self._end(session)

    def _end(self, session: str) -> None:
        self._sessions.pop(session, None)
        self._doors.close(session)

    def _open(self, body: dict[str, Any], peer: int, here: int, now: float) -> dict[str, Any]:
        session = body["session"]
        if session in self._sessions or len(self._sessions) >= MOST_SESSIONS:
            raise Refused("a session too many")
        asked = _flows(body["flows"])
        allowed = tuple(one for one in asked if one.port in self._allowed.get(one.protocol, PortSet.EMPTY))
        self._sessions[session] = now + SESSION_S, peer
        states = self._doors.open(session, peer, here, allowed)
        return {"flows": [[one.number, states.get(one.number, NOT_ALLOWED)] for one in asked]}

    def _known(self, kind: str, session: str, peer: int) -> dict[str, Any]:
        if self._sessions.get(session, (0, None))[1] != peer:
            raise Refused("a session that is not open")
        if kind == "close":
            self._end(session)
            return {}
        counts = self._doors.counts(session)
        return {"flows": [[at, c.wire, c.heard, int(c.answered), int(c.refused)] for at, c in sorted(counts.items())]}


def _flows(given: object) -> tuple[Asked, ...]:
    """The flows of a request; raises Refused unless each is (own number, tcp or udp, port)."""
    if not isinstance(given, list) or not 0 < len(given) <= MOST_FLOWS:
        raise Refused(phrase("a request without 1 to {most} flows", most=MOST_FLOWS))
    found: dict[int, Asked] = {}
    ports = set()
    for row in given:
        if not (isinstance(row, list) and len(row) == 3 and type(row[0]) is type(row[2]) is int and isinstance(row[1], str)):
            raise Refused("a flow that is none")
        number, protocol, port = row[0], PROTOCOL_NUMBERS.get(row[1]), row[2]
        if protocol not in (TCP, UDP) or not 0 < port < 65536 or not 0 <= number < 1 << 31 or number in found:
            raise Refused("a flow that is none")
        if (protocol, port) in ports:
            raise Refused("a port asked for twice")
        ports.add((protocol, port))
        found[number] = Asked(number, protocol, port)
    return tuple(found.values())
