"""Target ``cisco-asa``: access lists for Cisco ASA, written by Aerleon and believed as far as they read back."""

from __future__ import annotations

from collections.abc import Sequence

from cmfw.emit import Artifact
from cmfw.emit.cisco_lists import LACKS, LOSSES, Make, emit_lists, read_lists
from cmfw.emit.crossings import Crossing
from cmfw.emit.network import Found, PathRequest
from cmfw.emit.path_capability import PathCapabilities

CAPABILITIES = PathCapabilities(
    target="cisco-asa",
    title="access lists for Cisco ASA, by Aerleon (extra `aerleon`)",
    checked_by="",
    lacks=LACKS,
    losses=LOSSES,
)
_MAKE = Make("cisco-asa", "ciscoasa", "", "clear configure access-list", is_stateful=True)


def emit(request: PathRequest) -> tuple[Artifact, ...]:
    """``cmfw.txt`` and ``undo.txt``; raises MissingExtra without Aerleon."""
    return emit_lists(request, _MAKE)


def read_back(artifacts: tuple[Artifact, ...], crossings: Sequence[Crossing]) -> list[Found]:
    """The lines that our own reader finds in the list of each crossing."""
    return read_lists(artifacts, crossings)
