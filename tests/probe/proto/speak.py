"""Playing the other side of a talk with bytes."""

from __future__ import annotations

import random

from cmfw.model.wire import Service
from cmfw.probe.proto.talk import Talk


def play(talk: Talk, *answers: bytes, chunk: int = 0, rng: random.Random | None = None, closes: bool = True) -> Service:
    """What the talk makes of the answers: all of each at once, in pieces of ``chunk`` bytes, or cut by ``rng``.

    It gets a new connection where it asks for one.
    """
    talk.opening()
    whole = b"".join(answers)
    if not chunk and rng is None:
        for answer in answers:
            talk.receive(answer)
            if talk.again and talk.service is None:
                talk.renew()
    at = 0
    while (chunk or rng is not None) and at < len(whole):
        size = chunk or rng.choice((1, 1, 2, 3, 7, 40, 500))
        talk.receive(whole[at : at + size])
        at += size
    while closes and talk.service is None:
        if talk.again:
            talk.renew()
        talk.end()
    return talk.service
