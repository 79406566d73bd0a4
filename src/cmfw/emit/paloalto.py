"""Target ``paloalto``: security rules for PAN-OS, written by Aerleon and believed as far as they read back."""

from __future__ import annotations

from collections.abc import Sequence

from cmfw.emit import Artifact
from cmfw.emit.aerleon_acl import zone_configuration
from cmfw.emit.crossings import Crossing
from cmfw.emit.network import Found, PathRequest
from cmfw.emit.path_capability import PathCapabilities
from cmfw.emit.zone_firewall import LACKS, LOSSES, read_zones
from cmfw.ingest.paloalto_xml import read_rules

CAPABILITIES = PathCapabilities(
    target="paloalto",
    title="security rules for Palo Alto Networks, by Aerleon (extra `aerleon`)",
    checked_by="",
    lacks=LACKS | {"icmp": "PAN-OS tells ICMP by application, and which one a packet is of shows only later"},
    losses=LOSSES
    | {
        "counters": "PAN-OS counts hits of every rule by itself",
        "undo": "the parts are loaded into the candidate configuration: revert it",
    },
)


def emit(request: PathRequest) -> tuple[Artifact, ...]:
    """``cmfw.xml``; raises MissingExtra without Aerleon."""
    text = zone_configuration(CAPABILITIES.target, "paloalto", request)
    return (Artifact("cmfw.xml", text.encode(), "application/xml"),)


def read_back(artifacts: tuple[Artifact, ...], crossings: Sequence[Crossing]) -> list[Found]:
    """The lines that our own reader finds between the zones of each crossing."""
    return read_zones(artifacts, crossings, read_rules)
