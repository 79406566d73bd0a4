"""Fuzzed requests to the responder: nothing but a sealed, fresh, well-shaped one is answered, and no answer is longer than its request."""

from __future__ import annotations

import random

import pytest

from cmfw.net.flow import TCP, UDP
from cmfw.net.ports import PortSet
from cmfw.probe.desk import MOST_SESSIONS, Desk
from cmfw.probe.messages import REPLY, REQUEST, Key, Refused, new_challenge, new_session, request, seal, unseal

KEY = Key(bytes(range(32)))
NOW = 1_700_000_000.0
CHALLENGE = "c0" * 16
ALLOWED = {TCP: PortSet.of((1, 1023)), UDP: PortSet.of(25536)}
MESSAGES = 20_000
"""A fiftieth of the million that the soak sends."""
ODD = (None, True, -1, 0, 1 << 40, 0.5, "", "x", "0" * 16, [], [[]], {}, [[1, "tcp", 80]], [[1, "tcp", 80, 1]])


class Doors:
    """Listeners that only count."""

    def __init__(self):
        self.sessions = set()

    def open(self, session, peer, here, flows):
        assert (peer, here) == (1, 2)
        assert all(one.port in ALLOWED[one.protocol] for one in flows)
        self.sessions.add(session)
        return {one.number: "listening" for one in flows}

    def counts(self, session):
        assert session in self.sessions
        return {}

    def close(self, session):
        self.sessions.discard(session)


def sound(rng: random.Random, sessions: list[str]) -> dict:
    kind = rng.choice(("open", "report", "close"))
    session = new_session() if kind == "open" else rng.choice([*sessions, new_session()])
    more = (
        {"flows": [[at, rng.choice(("tcp", "udp")), 1 + 7 * at] for at in range(rng.randrange(1, 9))]}
        if kind == "open"
        else {}
    )
    challenge = CHALLENGE if rng.random() < 0.95 else new_challenge()
    return request(
        kind, session, NOW + rng.choice((0, 0, 0, -100, 100, 500, -500)), rng.choice((0, 900)), challenge=challenge, **more
    )


def changed(rng: random.Random, line: bytes) -> bytes:
    """Bytes changed, cut or put in: the seal cannot hold."""
    content = bytearray(line)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(content))
        content[at : at + rng.choice((0, 1, 1, 8))] = rng.randbytes(rng.choice((0, 1, 1, 8)))
    return bytes(content)


def reshaped(rng: random.Random, body: dict) -> bytes:
    """What a holder of the key might send by mistake: sealed, and of another shape."""
    body = dict(body)
    for _ in range(rng.randrange(1, 3)):
        what = rng.random()
        name = rng.choice(list(body)) if body else "v"
        if what < 0.6:
            body[name] = rng.choice(ODD)
        elif what < 0.8:
            body.pop(name, None)
        else:
            body[rng.choice(("x", "flows", "nonce"))] = rng.choice(ODD)
    return seal(KEY, REQUEST, body)


@pytest.mark.slow
def test_only_what_is_sealed_and_sound_is_answered(soak, seed, record_count):
    rng = random.Random(f"responder {seed}")
    doors = Doors()
    desk, sent, answered, count = Desk(KEY, ALLOWED, doors), [], 0, MESSAGES * soak
    for number in range(count):
        if number % 3000 == 0:
            desk, sent = Desk(KEY, ALLOWED, doors), []
            doors.sessions.clear()
        body = sound(rng, list(doors.sessions))
        line, way = seal(KEY, REQUEST, body), rng.random()
        if way < 0.45:
            line = changed(rng, line)
        elif way < 0.75:
            line = reshaped(rng, body)
        elif way < 0.85 and sent:
            line = rng.choice(sent)
        try:
            reply = desk.hear(line, 1, 2, NOW, CHALLENGE)
        except Refused:
            continue
        answered += 1
        assert line not in sent
        assert line == seal(KEY, REQUEST, unseal(KEY, REQUEST, line))
        assert len(reply) <= len(line)
        assert unseal(KEY, REPLY, reply)["nonce"]
        assert unseal(KEY, REQUEST, line)["challenge"] == CHALLENGE
        assert len(doors.sessions) <= MOST_SESSIONS
        sent.append(line)
    # the fuzz reaches what lies behind the seal
    assert answered > count / 100
    record_count("fuzzed messages to the responder", count)
