"""``Envelope``: what somebody has reviewed and found acceptable, and what has to stay open whatever changes."""

from __future__ import annotations

from cmfw.net.flow import Direction
from cmfw.net.flowset import FlowSet, boxes
from cmfw.values import value

EVERYTHING_IN = FlowSet(boxes(direction=int(Direction.IN)))
"""What an envelope is about that does not say: all that can come in."""


@value
class EnvelopeRow:
    """One line: its flow text, the flows that it means and where it stands (``FILE:LINE``)."""

    text: str
    flows: FlowSet
    origin: str


@value(kw_only=True)
class Envelope:
    """Acceptable flows (``allowed`` and ``needed``) inside what the envelope is ``about``.

    ``needed`` must be open. ``with_baseline``: what only rules of Windows let pass is acceptable too.
    """

    path: str
    about: FlowSet = EVERYTHING_IN
    allowed: tuple[EnvelopeRow, ...] = ()
    needed: tuple[EnvelopeRow, ...] = ()
    with_baseline: bool = False

    @property
    def inside(self) -> FlowSet:
        """Every acceptable flow; the boxes may overlap."""
        return FlowSet(tuple(box for row in (*self.allowed, *self.needed) for box in row.flows))
