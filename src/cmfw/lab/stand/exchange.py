"""``Exchange``: what one stand-in said to another over one flow of the plan, or that it could not. Values of a run."""

from __future__ import annotations

from cmfw.lab.shots import STOPS
from cmfw.model.verdict import Status
from cmfw.values import value

Facts = tuple[tuple[str, str], ...]
"""Name and value, in the order in which they were seen."""


@value(kw_only=True)
class Exchange:
    """One plan item as it was played: whether both sides completed it, and what they saw.

    ``logs`` are the firewalls' entries of the packets that opened it, as (host number, prefix), and ``packet`` the first of them.
    """

    item: str
    is_done: bool
    facts: Facts = ()
    source_port: int = 0
    logs: tuple[tuple[int, str], ...] = ()
    packet: bytes = b""

    @property
    def is_stopped(self) -> bool:
        """Whether a firewall reported that it dropped it."""
        return any(prefix[0] in STOPS for _, prefix in self.logs)


@value(kw_only=True)
class Played:
    """One row of the plan in one round: the status that the stand-ins themselves came to, and by which items."""

    row: int
    status: Status
    through: tuple[str, ...] = ()
