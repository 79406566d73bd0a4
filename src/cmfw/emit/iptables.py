"""Target ``iptables``: chains of our own for iptables-restore and ip6tables-restore, and a script that takes them away.

``--noflush`` leaves every other chain alone; one jump at the head of FORWARD leads to ours, which let packets of other zones
through to the next rule. Source: iptables-restore(8), iptables-extensions(8).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cmfw.emit import Artifact
from cmfw.emit.crossings import FAMILIES, Crossing, PathFlow
from cmfw.emit.network import Found, PathRequest
from cmfw.emit.path_capability import PathCapabilities
from cmfw.emit.path_names import stable_id
from cmfw.emit.path_words import heading, mandates_of, reasons
from cmfw.ingest.iptables_save import read_iptables
from cmfw.net.addr import AddrSet
from cmfw.net.flow import ICMP4, ICMP6, TCP, UDP
from cmfw.net.ports import PortSet

CAPABILITIES = PathCapabilities(
    target="iptables",
    title="chains for iptables-restore and ip6tables-restore, and a script that takes them away",
    checked_by="`iptables-restore --test`",
    lacks={},
    losses={
        "address-ranges": "written as the subnets that make it up, one rule for each pair",
        "both-families": "written into a file of its own",
    },
)
_PROTOCOLS = {TCP: "tcp", UDP: "udp", ICMP4: "icmp", ICMP6: "ipv6-icmp"}
_FILES = {4: ("cmfw.iptables", "iptables"), 6: ("cmfw.ip6tables", "ip6tables")}
_MOST_PORTS = 15
"""Ports of one multiport condition; a range takes two. Source: iptables-extensions(8), multiport."""


def emit(request: PathRequest) -> tuple[Artifact, ...]:
    """``cmfw.iptables``, ``cmfw.ip6tables`` where two zones have IPv6, and ``undo.sh``."""
    out = []
    for family, (path, program) in _FILES.items():
        chains = list(_chains(request, family))
        if chains:
            lines = _lines(request, family, program, chains)
            out.append(Artifact(path, "".join(f"{line}\n" for line in lines).encode(), "text/plain; charset=utf-8"))
    undo = _undo(len(request.gateway.crossings))
    return (*out, Artifact("undo.sh", undo.encode(), "text/x-shellscript; charset=utf-8"))


def read_back(artifacts: tuple[Artifact, ...], crossings: Sequence[Crossing]) -> list[Found]:
    """The lines that our own reader finds in what was written; the same for every crossing, because addresses tell them apart."""
    texts = [artifact.content.decode() for artifact in artifacts[:-1]]
    return [read_iptables("".join(texts), artifacts[0].path)] * len(crossings)


def _chains(request: PathRequest, family: int) -> Iterator[tuple[str, Crossing, AddrSet, AddrSet]]:
    """(chain, crossing, source, target) of every crossing of which both zones have addresses of the family."""
    whole = dict(FAMILIES)[family]
    for number, crossing in enumerate(request.gateway.crossings, 1):
        source, target = crossing.source & whole, crossing.target & whole
        if not source.is_empty and not target.is_empty:
            yield f"CMFW-{number}", crossing, source, target


def _lines(
    request: PathRequest, family: int, program: str, chains: list[tuple[str, Crossing, AddrSet, AddrSet]]
) -> Iterator[str]:
    yield f"# Made by cmfw for {program}-restore"
    yield from (f"# {line}" for line in heading(request, f"{program}-restore --noflush {_FILES[family][0]}", "sh undo.sh"))
    yield "*filter"
    yield ":CMFW - [0:0]"
    for chain, *_ in chains:
        yield f":{chain} - [0:0]"
    yield "-I FORWARD 1 -j CMFW"
    for chain, crossing, source, target in chains:
        yield f"# {crossing.from_zone} > {crossing.to_zone}"
        yield from (f"-A CMFW {ends}-j {chain}" for ends in _ends(source, target))
    mandates = mandates_of(request.site)
    for chain, crossing, *_ in chains:
        yield f"-A {chain} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
        yield f"-A {chain} -m conntrack --ctstate INVALID -j DROP"
        for flow in crossing.flows:
            if flow.family == family:
                yield from (f"# {line}" for line in reasons(flow, mandates))
                yield from _rules(chain, flow)
        yield f'-A {chain} -m comment --comment "cmfw: not planned" -j DROP'
    yield "COMMIT"


def _rules(chain: str, flow: PathFlow) -> Iterator[str]:
    for ends in _ends(flow.source, flow.target):
        for what in _what(flow):
            yield f"-A {chain} {ends}{what}-m comment --comment {stable_id(flow.id)} -j ACCEPT"


def _ends(source: AddrSet, target: AddrSet) -> Iterator[str]:
    for here in source.cidrs():
        for there in target.cidrs():
            yield _end("-s", here) + _end("-d", there)


def _end(option: str, text: str) -> str:
    return "" if text.endswith("/0") else f"{option} {text} "


def _what(flow: PathFlow) -> Iterator[str]:
    """The conditions on protocol, ports and ICMP, one for each rule that it takes."""
    if flow.protocol is None:
        yield ""
        return
    name = _PROTOCOLS.get(flow.protocol, str(flow.protocol))
    if flow.icmp is not None:
        word, option = ("icmp", "--icmp-type") if flow.protocol == ICMP4 else ("icmp6", "--icmpv6-type")
        kind, code = flow.icmp
        yield f"-p {name} -m {word} {option} {kind}" + (" " if code is None else f"/{code} ")
    elif flow.ports.is_any:
        yield f"-p {name} "
    elif len(flow.ports.ranges) == 1:
        yield f"-p {name} -m {name} --dport {_port_texts(flow.ports)[0]} "
    else:
        for ports in _lists(_port_texts(flow.ports)):
            yield f"-p {name} -m multiport --dports {ports} "


def _port_texts(ports: PortSet) -> list[str]:
    return [text.replace("-", ":") for text in ports.texts()]


def _lists(texts: list[str]) -> Iterator[str]:
    """The ports in lists that one condition can hold."""
    found: list[str] = []
    room = _MOST_PORTS
    for text in texts:
        need = 2 if ":" in text else 1
        if need > room:
            yield ",".join(found)
            found, room = [], _MOST_PORTS
        found.append(text)
        room -= need
    yield ",".join(found)


def _undo(count: int) -> str:
    names = " ".join(["CMFW", *(f"CMFW-{number}" for number in range(1, count + 1))])
    return f"""#!/bin/sh
# cmfw: takes the chains of cmfw.iptables and cmfw.ip6tables away, and every jump to them
for program in iptables ip6tables; do
  while "$program" -w -D FORWARD -j CMFW 2>/dev/null; do :; done
  for chain in {names}; do "$program" -w -F "$chain" 2>/dev/null; done
  for chain in {names}; do "$program" -w -X "$chain" 2>/dev/null; done
done
exit 0
"""
