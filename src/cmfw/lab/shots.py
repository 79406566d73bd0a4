"""What is asked of the wire and what comes back: ``Shot``, one packet to send, and ``Evidence``, what became of it."""

from __future__ import annotations

from enum import StrEnum

from cmfw.net.flow import ICMP_PROTOCOLS
from cmfw.values import value

ROUTER = -1
"""Number of the router among the hosts."""
LOG_IN_DROP, LOG_IN_PASS, LOG_OUT_DROP, LOG_OUT_PASS, LOG_PATH_DROP, LOG_PATH_PASS, LOG_WIRE = "bcdefgw"
"""First letter of what a rule puts in front of its log entry: where it stands, and whether it stops the packet."""
STOPS = frozenset({LOG_IN_DROP, LOG_OUT_DROP, LOG_PATH_DROP})
INBOUND = frozenset({LOG_IN_DROP, LOG_IN_PASS})


@value
class Shot:
    """One packet: the first of a flow from one host of the lab to another.

    ``source_port`` 0 is a fresh one. ``icmp`` is (type, code). ``sender`` and ``listener`` are socket marks, which stand
    for programs and services. ``below``: it is enough that the packet reaches the host, its firewall has no say.
    """

    source: int
    target: int
    protocol: int
    source_address: int
    target_address: int
    source_port: int = 0
    target_port: int = 0
    icmp: tuple[int, int] | None = None
    sender: int = 0
    listener: int = 0
    below: bool = False

    @property
    def has_ports(self) -> bool:
        """Whether ports tell the packet from others; else its ICMP identifier does."""
        return self.protocol not in ICMP_PROTOCOLS


class Fate(StrEnum):
    """What became of a packet."""

    RECEIVED = "received"
    STOPPED = "stopped"
    SEEN_ON_WIRE = "seen_on_wire"


@value
class Evidence:
    """What became of one packet and what shows it.

    ``source_port`` is the port it left from. ``logs`` are the entries of the firewalls on its way, as (host number,
    prefix), in order; with RECEIVED a listener got it, with STOPPED the last entry is of the rule that dropped it.
    ``packet`` is the packet from its IP header on, as the first entry shows it.
    """

    fate: Fate
    source_port: int
    logs: tuple[tuple[int, str], ...]
    packet: bytes
