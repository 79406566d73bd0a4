"""Target ``fortinet``: firewall policies for FortiOS, written by Aerleon and believed as far as they read back."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cmfw.emit import Artifact
from cmfw.emit.aerleon_acl import zone_configuration
from cmfw.emit.crossings import Crossing
from cmfw.emit.network import Found, PathRequest
from cmfw.emit.path_capability import PathCapabilities
from cmfw.emit.path_words import heading
from cmfw.emit.zone_firewall import LACKS, LOSSES, NO_ICMP, read_zones
from cmfw.ingest.fortios_text import read_policies

CAPABILITIES = PathCapabilities(
    target="fortinet",
    title="firewall policies for Fortinet FortiGate, by Aerleon (extra `aerleon`)",
    checked_by="",
    lacks=LACKS | {"icmp": NO_ICMP},
    losses=LOSSES
    | {
        "counters": "FortiOS counts hits of every policy by itself",
        "undo": "policies get their numbers when they are loaded: delete those whose names begin with `cmfw-`",
    },
)
_POLICIES = "config firewall policy\n"
_HOW = "cmfw: run as a configuration script; policies are put last: move them in front of what stops their flows"
_NUMBERED = re.compile(r"^    edit \d+$", re.MULTILINE)


def emit(request: PathRequest) -> tuple[Artifact, ...]:
    """``cmfw.conf``; raises MissingExtra without Aerleon."""
    text = zone_configuration(CAPABILITIES.target, "fortigate", request)
    before, at, policies = text.partition(_POLICIES)
    # number 0 is the next that is free; Aerleon counts from 1 and would overwrite what is there
    text = before + at + _NUMBERED.sub("    edit 0", policies)
    head = "".join(f"# {line}\n" for line in (*list(heading(request, "", ""))[:2], _HOW))
    return (Artifact("cmfw.conf", (head + text).encode(), "text/plain; charset=utf-8"),)


def read_back(artifacts: tuple[Artifact, ...], crossings: Sequence[Crossing]) -> list[Found]:
    """The lines that our own reader finds between the zones of each crossing."""
    return read_zones(artifacts, crossings, read_policies)
