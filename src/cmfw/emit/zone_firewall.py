"""What the targets for zone firewalls have in common: they keep state, know zones by name, and read back through ``ZoneObjects``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cmfw.emit import Artifact
from cmfw.emit.crossings import Crossing
from cmfw.emit.network import Found
from cmfw.emit.path_names import identifier
from cmfw.ingest.zone_rules import ZoneObjects
from cmfw.words.phrases import phrase

LACKS = {
    "both-families": "Aerleon and our reader of its rules are trusted with IPv4 alone",
    "any-protocol": "written by protocol only: TCP, UDP and ICMP",
    "rare-protocol": "written by protocol only: TCP, UDP and ICMP",
    "elsewhere": "a rule needs two zones by their names, and everything else has none",
}
NO_ICMP = phrase("Aerleon writes ICMP for this make so that no reader can prove what it lets pass")
LOSSES = {
    "address-ranges": "written as the subnets that make it up",
    "reasons": "the description has the id, who answers for it and the places; features stand in the plan",
}


def read_zones(
    artifacts: tuple[Artifact, ...], crossings: Sequence[Crossing], read: Callable[[str, str], ZoneObjects]
) -> list[Found]:
    """What the make's reader finds between the zones of each crossing."""
    found = read(artifacts[0].content.decode(), artifacts[0].path)
    return [found.lines(identifier(crossing.from_zone), identifier(crossing.to_zone)) for crossing in crossings]
