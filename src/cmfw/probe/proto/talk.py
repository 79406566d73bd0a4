"""``Talk``: one exchange with a listener. Bytes in, bytes out, and in the end what was heard; no sockets, no clock."""

from __future__ import annotations

from typing import ClassVar

from cmfw.model.wire import Service, Speaks
from cmfw.words.phrases import constant, phrase

MOST_BYTES = 64 * 1024
"""More than any talk needs; who sends more is not what we look for."""
MOST_FACT = 120
"""A fact is no longer than this: what a stranger sends does not fill our reports."""


class Unexpected(Exception):
    """The other side does not speak what we look for; the text says what it did instead."""


class Talk:
    """One side of one exchange. ``service`` is None until it is known what listens; then nothing more is sent.

    A subclass gives ``opening`` and ``step``. ``step`` looks at ``buffer``, takes what it understands, and returns the next
    bytes to send, or None where it needs more; it raises Unexpected for what it cannot be.
    """

    kind: ClassVar[str] = ""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.service: Service | None = None
        self.facts: list[tuple[str, str]] = []
        self.again = False
        """Whether what is left to say needs a new connection; ``renew`` gives the first bytes on it."""
        self._heard = 0

    def opening(self) -> bytes:
        """The first bytes to send; may be empty."""
        raise NotImplementedError

    def step(self) -> bytes | None:
        """What to send next, None while more is needed."""
        raise NotImplementedError

    def receive(self, chunk: bytes) -> bytes:
        """What to send after these bytes came; empty where nothing is."""
        if self.service is not None:
            return b""
        self._heard += len(chunk)
        self.buffer += chunk[: max(0, MOST_BYTES - (self._heard - len(chunk)))]
        reply = b""
        try:
            while self.service is None and not self.again:
                more = self.step()
                if more is None:
                    break
                reply += more
        except Unexpected as error:
            self.finish(Speaks.OTHER, ("heard", constant(str(error))))
        if self.service is None and self._heard > MOST_BYTES:
            self.finish(Speaks.OTHER, ("heard", phrase("more than {most} bytes", most=MOST_BYTES)))
        return reply

    def renew(self) -> bytes:
        """The first bytes on a new connection."""
        self.again = False
        self.buffer.clear()
        return self.opening()

    def end(self) -> None:
        """The other side closed, or the time is over."""
        if self.service is None:
            if self._heard:
                self.finish(Speaks.OTHER, ("heard", phrase("{count} bytes that end early", count=self._heard)))
            else:
                self.finish(Speaks.SILENT)

    def finish(self, speaks: Speaks, *facts: tuple[str, str]) -> None:
        """Settle what listens."""
        told = [*self.facts, *facts]
        self.service = Service(self.kind, speaks, tuple((name, shown(text)) for name, text in told))

    def take(self, count: int) -> bytes:
        """The first bytes of the buffer, taken away."""
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken


def shown(text: str) -> str:
    """The text in one line, printable and short."""
    if text.isprintable() and len(text) <= MOST_FACT:
        return text
    plain = "".join(c if c.isprintable() else "?" for c in text)
    return plain if len(plain) <= MOST_FACT else plain[: MOST_FACT - 3] + "..."
