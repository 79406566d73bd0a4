"""``Verdict`` for one flow or one set of flows, the ``Oracle`` that gives it, and the ``Status`` of a feature."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Protocol

from cmfw.net.flow import Flow
from cmfw.net.flowset import FlowSet
from cmfw.values import value


class Answer(StrEnum):
    """What happens to a flow."""

    ALLOW = "allow"
    BLOCK = "block"
    UNKNOWN = "unknown"


class Why(StrEnum):
    """What decided. ``EVIDENCE`` goes with unknown."""

    RULE = "rule"
    DEFAULT = "default"
    FIREWALL_OFF = "firewall_off"
    SHIELDS_UP = "shields_up"
    SERVICE_HARDENING = "service_hardening"
    BYPASS = "bypass"
    WIRE = "wire"
    """Packets showed it."""
    EVIDENCE = "evidence"


@value(order=True)
class RuleRef:
    """A rule as evidence: its id, store (``local`` ...) and where it stands (``FILE!KEY\\VALUE``)."""

    id: str
    store: str
    origin: str


@value
class Verdict:
    """Allow, block or unknown, with why, the deciding rules (empty for a default) and what is missing to know.

    ``missing`` is non-empty exactly when the answer is unknown; its words are those of the machine contract.
    """

    answer: Answer
    why: Why
    by: tuple[RuleRef, ...] = ()
    missing: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.answer is Answer.UNKNOWN) != bool(self.missing):
            raise ValueError("a verdict names what is missing exactly when it is unknown")


@value
class Partition:
    """A set of flows cut into what is allowed, blocked and unknown for certain. The three parts are disjoint."""

    allowed: FlowSet
    blocked: FlowSet
    unknown: FlowSet


class Oracle(Protocol):
    """A source of verdicts: host engine, path engine, probe or lab."""

    @property
    def name(self) -> str:
        """What reports call it."""
        ...

    def judge(self, flow: Flow) -> Verdict:
        """What this oracle says of one flow."""
        ...

    def sees(self, flow: Flow) -> bool:
        """Whether the flow passes where this oracle looks."""
        ...


class Status(IntEnum):
    """What a feature gets. DISABLED is set by the site, never computed from verdicts."""

    BROKEN = 0
    DEGRADED = 1
    WORKS = 2

    @property
    def word(self) -> str:
        """The word of the machine contract."""
        return self.name.lower()


@value
class Bounds:
    """Lowest and highest status that the evidence leaves open; equal when everything that matters is known."""

    low: Status
    high: Status

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("the lower bound is above the upper")

    @property
    def word(self) -> str:
        """The status word, ``unknown`` where the bounds differ."""
        return self.low.word if self.low is self.high else "unknown"
