"""The tag that a flow carries to the responder, and its reverse, which is the answer: as long as what was sent, and not to be forged."""

from __future__ import annotations

from cmfw.model.wire import Speaks
from cmfw.probe.proto.talk import Talk, Unexpected


class TagTalk(Talk):
    """Right where the reversed tag comes back."""

    kind = "tag"

    def __init__(self, tag: bytes) -> None:
        super().__init__()
        self._tag = tag

    def opening(self) -> bytes:
        """The tag."""
        return self._tag

    def step(self) -> bytes | None:
        """Compare what came."""
        wanted = self._tag[::-1]
        if bytes(self.buffer) != wanted[: len(self.buffer)]:
            raise Unexpected("not our tag")
        if len(self.buffer) < len(wanted):
            return None
        self.finish(Speaks.RIGHT)
        return b""
