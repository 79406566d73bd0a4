"""Target ``juniper``: firewall filters for Junos, written by Aerleon and believed as far as they read back."""

from __future__ import annotations

from collections.abc import Sequence

from cmfw.emit import Artifact
from cmfw.emit.aerleon_acl import access_list, lists_of
from cmfw.emit.cisco_lists import LACKS, LOSSES, STATELESS
from cmfw.emit.crossings import Crossing
from cmfw.emit.network import Found, PathRequest
from cmfw.emit.path_capability import PathCapabilities
from cmfw.emit.path_words import heading
from cmfw.ingest.junos_policies import read_filter

CAPABILITIES = PathCapabilities(
    target="juniper",
    title="firewall filters for Juniper routers, by Aerleon (extra `aerleon`)",
    checked_by="",
    lacks=LACKS | {"datagram-replies": STATELESS},
    losses={
        **{name: text for name, text in LOSSES.items() if name != "ports"},
        "replies": "TCP replies pass by a flag that no packet that opens a connection has",
        "counters": "no term counts",
    },
)


def emit(request: PathRequest) -> tuple[Artifact, ...]:
    """``cmfw.junos`` and ``undo.set``; raises MissingExtra without Aerleon."""
    parts = [f"# {line}\n" for line in heading(request, "load replace cmfw.junos", "load set undo.set")]
    undo = []
    for name, crossing, back in lists_of(request.gateway.crossings):
        parts.append(f"# {name}: {crossing.from_zone} > {crossing.to_zone}\n")
        parts.append(access_list(CAPABILITIES.target, {"juniper": f"{name} inet"}, crossing, back).strip("\n") + "\n")
        undo.append(f"delete firewall family inet filter {name}\n")
    plain = "text/plain; charset=utf-8"
    return Artifact("cmfw.junos", "".join(parts).encode(), plain), Artifact("undo.set", "".join(undo).encode(), plain)


def read_back(artifacts: tuple[Artifact, ...], crossings: Sequence[Crossing]) -> list[Found]:
    """The lines that our own reader finds in the filter of each crossing."""
    text = artifacts[0].content.decode()
    return [read_filter(text, artifacts[0].path, f"cmfw-{number + 1}") for number in range(len(crossings))]
