"""Target ``juniper-srx``: security policies for Junos on SRX, written by Aerleon and believed as far as they read back."""

from __future__ import annotations

from collections.abc import Sequence

from cmfw.emit import Artifact
from cmfw.emit.aerleon_acl import zone_configuration
from cmfw.emit.crossings import Crossing
from cmfw.emit.network import Found, PathRequest
from cmfw.emit.path_capability import PathCapabilities
from cmfw.emit.path_names import identifier
from cmfw.emit.path_words import heading
from cmfw.emit.zone_firewall import LACKS, LOSSES, read_zones
from cmfw.ingest.junos_policies import read_policies

CAPABILITIES = PathCapabilities(
    target="juniper-srx",
    title="security policies for Juniper SRX, by Aerleon (extra `aerleon`)",
    checked_by="",
    lacks=LACKS,
    losses=LOSSES | {"undo": "takes away all policies between the zones; the address book and the applications stay"},
)


def emit(request: PathRequest) -> tuple[Artifact, ...]:
    """``cmfw.srx`` and ``undo.set``; raises MissingExtra without Aerleon."""
    crossings = request.gateway.crossings
    # the tags would take away every other policy and address of the device
    text = zone_configuration(CAPABILITIES.target, "srx", request).replace("replace: ", "")
    head = "".join(f"# {line}\n" for line in heading(request, "load merge cmfw.srx", "load set undo.set"))
    undo = "".join(f"delete security policies {_pair(crossing)}\n" for crossing in crossings)
    plain = "text/plain; charset=utf-8"
    return Artifact("cmfw.srx", (head + text).encode(), plain), Artifact("undo.set", undo.encode(), plain)


def _pair(crossing: Crossing) -> str:
    return f"from-zone {identifier(crossing.from_zone)} to-zone {identifier(crossing.to_zone)}"


def read_back(artifacts: tuple[Artifact, ...], crossings: Sequence[Crossing]) -> list[Found]:
    """The lines that our own reader finds between the zones of each crossing."""
    return read_zones(artifacts, crossings, read_policies)
