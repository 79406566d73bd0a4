"""What was seen on the wire: one result for each probe, in the words that a verdict follows from."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from cmfw.model.verdict import Answer
from cmfw.values import value


class Word(StrEnum):
    """What became of one probe. What each means for the flow is ``ANSWERS``."""

    OPEN = "open"
    CLOSED = "closed"
    """Refused in the name of the target: the packet came through, and nobody listens."""
    REJECTED = "rejected"
    """An ICMP error, or the target's own refusal, where something listens."""
    FORGED_RESET = "forged_reset"
    """Refused in the name of the target, which never saw the packet."""
    HOST_DROPS = "host_drops"
    """Seen on the wire of the target, never by its listener."""
    NETWORK_DROPS = "network_drops"
    """Never seen on the wire of the target."""
    NOT_SEEN = "not_seen"
    """Not seen by the listener; whether it reached the wire of the target is not known."""
    RETURN_LOST = "return_lost"
    """Delivered, and the answer did not come back."""
    BLOCKED_HERE = "blocked_here"
    """The probing machine's own firewall let nothing out."""
    FILTERED = "filtered"
    """Silence: dropped, or (stealth mode of Windows) allowed and nobody listens."""
    HOST_DOWN = "host_down"
    NO_ROUTE = "no_route"
    NOT_MAPPED = "not_mapped"
    """The endpoint mapper was not reached, or names no port to try."""
    NOT_PROBED = "not_probed"
    """This machine may not send such a packet, or had no means left to."""


ANSWERS: dict[Word, Answer] = {
    Word.OPEN: Answer.ALLOW,
    Word.CLOSED: Answer.ALLOW,
    Word.REJECTED: Answer.BLOCK,
    Word.FORGED_RESET: Answer.BLOCK,
    Word.HOST_DROPS: Answer.BLOCK,
    Word.NETWORK_DROPS: Answer.BLOCK,
    Word.NOT_SEEN: Answer.BLOCK,
    Word.RETURN_LOST: Answer.BLOCK,
    Word.BLOCKED_HERE: Answer.BLOCK,
    Word.FILTERED: Answer.UNKNOWN,
    Word.HOST_DOWN: Answer.UNKNOWN,
    Word.NO_ROUTE: Answer.UNKNOWN,
    Word.NOT_MAPPED: Answer.UNKNOWN,
    Word.NOT_PROBED: Answer.UNKNOWN,
}
"""Source: facts, "Probe words"; a time-out of a Windows host proves nothing, because stealth mode answers nobody (KB 2586744)."""


class Speaks(StrEnum):
    """Whether what listens is what the plan expects there; says nothing about the firewall, which let it through."""

    RIGHT = "right"
    OTHER = "other"
    SILENT = "silent"


@value
class Service:
    """What was heard from the listener: ``kind`` is the talk that was tried, ``facts`` are (name, value) in order."""

    kind: str
    speaks: Speaks
    facts: tuple[tuple[str, str], ...] = ()


@value(kw_only=True, opened=True)
class ProbeResult:
    """What became of one probe, with what it rests on.

    ``items`` are the plan items that it is about. Addresses are address numbers; ``source`` is the own address towards the
    target, None where there is no way. ``port`` is None for ICMP, and for a dynamic port that the endpoint mapper did not
    name; ``mapped`` says that it named it. ``by`` is the box that sent the error, None where none did. ``ms`` is from the
    first packet to the answer, None without one. ``evidence`` are words of the system, not of people.
    """

    items: tuple[str, ...]
    protocol: int
    address: int
    port: int | None
    source: int | None = None
    mapped: bool = False
    word: Word
    by: int | None = None
    attempts: int = 1
    ms: float | None = None
    evidence: tuple[str, ...] = ()
    service: Service | None = None

    @property
    def answer(self) -> Answer:
        """What the word means for the flow."""
        return ANSWERS[self.word]


OpenResult: Any = ProbeResult.__base__
"""A result that is not frozen yet, for whoever makes many: set every field, then ``__class__``."""
