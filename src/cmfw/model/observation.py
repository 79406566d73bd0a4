"""What was seen to happen: traffic that passed or was dropped, and what programs wrote down of their connections.

Logs give these values today; whatever watches traffic later (probes, a lab) gives the same. An observation proves that
something happened; that something was not observed proves nothing.
"""

from __future__ import annotations

from enum import StrEnum

from cmfw.net.flowtext import FlowParts
from cmfw.values import value


class Seen(StrEnum):
    """What became of the traffic."""

    ALLOWED = "allowed"
    DROPPED = "dropped"


class Layer(StrEnum):
    """Where a failure has its cause. Only ``NETWORK`` speaks against a firewall."""

    NETWORK = "network"
    NAME = "name"
    TLS = "tls"
    AUTHENTICATION = "authentication"
    SERVER = "server"
    OTHER = "other"


class Outcome(StrEnum):
    """What a log says of a step: it is being tried, was reached, failed, or another way was taken instead."""

    TRIED = "tried"
    REACHED = "reached"
    FAILED = "failed"
    FALLBACK = "fallback"


@value(order=True)
class Place:
    """A line of a file; ``file`` is as the user wrote it, with ``!member`` for a member of an archive."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@value(kw_only=True)
class Observation:
    """One kind of traffic that a host saw ``count`` times between ``first`` and ``last``.

    ``flow`` says what is known of it; the port of the opening side is left out where many were seen. Times are ISO 8601,
    with ``Z`` where they are UTC, else in the host's own time. ``at_least`` says that the log lost events, so the count is a
    lower bound. ``places`` are the first line and, where there are several, the last.
    """

    host: str
    flow: FlowParts
    seen: Seen
    count: int
    first: str
    last: str
    places: tuple[Place, ...]
    at_least: bool = False

    def __post_init__(self) -> None:
        if self.count < 1 or not self.places:
            raise ValueError("an observation was made at least once, somewhere")


@value(kw_only=True)
class LogEvent:
    """One thing that a program wrote about a connection or a step.

    ``subject`` is the machine that the record is about (empty: the one that wrote it). ``time`` is the local time as
    written (ISO 8601), ``utc`` the same moment in UTC where the record says its zone, else empty. ``stage`` is a stage of
    the catalog or empty; ``flows`` are flow ids of the catalog that the step uses. ``peer``, ``port`` and ``protocol`` say whom it
    talked to, ``role`` what that is, where the record says. ``code`` is the canonical code of a failure. ``text`` is the message,
    shortened. ``count`` is how many records said the same in that file, of which this is the first or the last.
    """

    host: str
    subject: str = ""
    time: str
    utc: str = ""
    component: str
    stage: str = ""
    outcome: Outcome
    flows: tuple[str, ...] = ()
    role: str = ""
    peer: str = ""
    port: int | None = None
    protocol: str = ""
    code: str = ""
    text: str
    place: Place
    count: int = 1


@value(kw_only=True)
class RuleChange:
    """A firewall rule that was added, changed or deleted while a host was watched.

    ``change`` is ``added`` | ``modified`` | ``deleted`` | ``set`` (a value was written: added or changed). ``program`` is who did it, as
    far as the event says; ``rule`` the rule string where the event has it, ``problems`` what is wrong with that.
    """

    host: str
    time: str
    change: str
    id: str
    name: str = ""
    program: str = ""
    account: str = ""
    store: str = "local"
    rule: str = ""
    problems: tuple[str, ...] = ()
    place: Place
