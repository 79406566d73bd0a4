"""What the targets for makes of Cisco have in common: one file of access lists, one list for each way between two zones, and its undo."""

from __future__ import annotations

from collections.abc import Sequence

from cmfw.emit import Artifact
from cmfw.emit.aerleon_acl import access_list, lists_of
from cmfw.emit.crossings import Crossing
from cmfw.emit.network import Found, PathRequest
from cmfw.emit.path_words import heading
from cmfw.ingest.cisco_acl import read_acl
from cmfw.values import value
from cmfw.words.phrases import phrase

LACKS = {
    "both-families": "Aerleon and our reader of its access lists are trusted with IPv4 alone",
    "any-protocol": "written by protocol only: TCP, UDP and ICMP",
    "rare-protocol": "written by protocol only: TCP, UDP and ICMP",
}
STATELESS = phrase("an access list keeps no state, and what looks like a reply of UDP or ICMP may as well open a flow")
LOSSES = {
    "address-ranges": "written as the subnets that make it up",
    "ports": "one entry for each range of ports",
    "other-traffic": "the end of a list stops everything else on its interface: put the entries into the list that is there",
    "reasons": "the id stands in a remark; reasons and places stand in the plan",
}


@value
class Make:
    """One make: target, Aerleon's header for a list of that name, the command that takes it away, and whether replies pass by themselves."""

    target: str
    generator: str
    options: str
    remove: str
    is_stateful: bool


def emit_lists(request: PathRequest, make: Make) -> tuple[Artifact, ...]:
    """``cmfw.txt`` with all access lists, ``undo.txt``."""
    parts = [f"! {line}\n" for line in heading(request, "copy into the configuration", "undo.txt")]
    undo = []
    for name, crossing, back in lists_of(request.gateway.crossings):
        header = {make.generator: f"{name}{make.options}"}
        text = access_list(make.target, header, crossing, None if make.is_stateful else back)
        parts += [f"! {name}: {crossing.from_zone} > {crossing.to_zone}\n", text.rstrip("\n"), "\n"]
        undo.append(f"{make.remove} {name}\n")
    content = "".join(parts).encode()
    plain = "text/plain; charset=utf-8"
    return Artifact("cmfw.txt", content, plain), Artifact("undo.txt", "".join(undo).encode(), plain)


def read_lists(artifacts: tuple[Artifact, ...], crossings: Sequence[Crossing]) -> list[Found]:
    """What our own reader finds in the access list of each crossing."""
    text = artifacts[0].content.decode()
    return [
        read_acl(text, artifacts[0].path, name, families=(4,))
        for name, _ in zip(_names(len(crossings)), crossings, strict=True)
    ]


def _names(count: int) -> list[str]:
    return [f"cmfw-{number + 1}" for number in range(count)]
