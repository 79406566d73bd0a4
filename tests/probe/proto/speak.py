"""Playing the other side of a talk with bytes."""

from __future__ import annotations

import random

from cmfw.model.wire import Service
from cmfw.probe.proto.talk import Talk


def play(talk: Talk, *answers: bytes, chunk: int = 0, rng: random.Random | None = None, closes: bool = True) -> Service:
    """What the talk makes of the answers: all of each at once, in pieces of ``chunk`` bytes, or cut by ``rng``."""
    talk.opening()
    whole = b"".join(answers)
    if not chunk and rng is None:
        for answer in answers:
            talk.receive(answer)
    at = 0
    while (chunk or rng is not None) and at < len(whole):
        size = chunk or rng.choice((1, 1, 2, 3, 7, 40, 500))
        talk.receive(whole[at : at + size])
        at += size
    if closes:
        talk.end()
    return talk.service
