"""Target ``nftables``: a table of our own for the gateway between zones, both families, and its undo.

The base chain sends only packets from one zone to another to our chains and has no opinion of the rest; loading the file
again replaces the table in one transaction. Source: nft(8).
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

from cmfw.emit import Artifact
from cmfw.emit.crossings import ELSEWHERE, FAMILIES, Crossing, PathFlow
from cmfw.emit.network import Found, PathRequest
from cmfw.emit.path_capability import PathCapabilities
from cmfw.emit.path_names import identifier, stable_id
from cmfw.emit.path_words import heading, mandates_of, reasons
from cmfw.ingest.nftables import read_nftables
from cmfw.model.mandate import Mandate
from cmfw.net.addr import V6_BASE, AddrSet
from cmfw.net.flow import ICMP4, ICMP6, TCP, UDP
from cmfw.net.intervals import Ranges
from cmfw.values import value

CAPABILITIES = PathCapabilities(
    target="nftables",
    title="nftables table for the gateway between zones, and its undo",
    checked_by="`nft --check`",
    lacks={},
    losses={},
)
_PROTOCOLS = {TCP: "tcp", UDP: "udp", ICMP4: "icmp", ICMP6: "icmpv6"}
_TABLE = "inet cmfw"
_RESET = f"table {_TABLE}\ndelete table {_TABLE}\n"
"""Takes the table away whether it was there or not: deleting one that is not there is an error."""
_SAY = {4: "ip", 6: "ip6"}
_WHOLE = dict(FAMILIES)


def emit(request: PathRequest) -> tuple[Artifact, ...]:
    """``cmfw.nft`` and ``undo.nft``."""
    text = "\n".join([*_lines(request), ""])
    return (
        Artifact("cmfw.nft", text.encode(), "text/plain; charset=utf-8"),
        Artifact("undo.nft", _RESET.encode(), "text/plain; charset=utf-8"),
    )


def read_back(artifacts: tuple[Artifact, ...], crossings: Sequence[Crossing]) -> list[Found]:
    """The lines that our own reader finds in what was written; the same for every crossing, because addresses tell them apart."""
    return [read_nftables(artifacts[0].content.decode(), artifacts[0].path)] * len(crossings)


@value
class _Sets:
    """Names of sets: of the addresses of a zone by (zone, family), and of an end of flows by (its name, its ranges).

    ``addresses`` are those of each name in ``ends``.
    """

    zones: dict[tuple[str, int], str]
    ends: dict[tuple[str, Ranges], str]
    addresses: dict[str, AddrSet]


def _lines(request: PathRequest) -> Iterator[str]:
    yield from (f"# {line}" for line in heading(request, "nft -f cmfw.nft", "nft -f undo.nft"))
    yield _RESET.rstrip("\n")
    yield ""
    yield f"table {_TABLE} {{"
    sets = _sets(request)
    zones = request.gateway.zones
    for (zone, family), name in sets.zones.items():
        yield from _set(name, zones[zone] & _WHOLE[family])
    for name, addresses in sets.addresses.items():
        yield from _set(name, addresses)
    yield "\tchain forward {"
    yield "\t\ttype filter hook forward priority filter; policy accept;"
    for crossing in request.gateway.crossings:
        for family in _spoken(crossing):
            say = _SAY[family]
            here, there = (sets.zones.get((zone, family)) for zone in (crossing.from_zone, crossing.to_zone))
            source = f"{say} saddr @{here}" if here else f"{say} saddr != @{there}"
            target = f"{say} daddr @{there}" if there else f"{say} daddr != @{here}"
            yield f"\t\t{source} {target} jump {_chain(crossing)}"
    yield "\t}"
    mandates = mandates_of(request.site)
    for crossing in request.gateway.crossings:
        yield from _chain_lines(crossing, sets, mandates)
    yield "}"


def _spoken(crossing: Crossing) -> list[int]:
    """The families that both zones have addresses of."""
    ends = (crossing.source.ranges, crossing.target.ranges)
    has = {4: all(end[0][0] < V6_BASE for end in ends), 6: all(end[-1][1] >= V6_BASE for end in ends)}
    return [family for family, found in has.items() if found]


def _sets(request: PathRequest) -> _Sets:
    """The sets that the crossings need, in the order of their first use."""
    found = _Sets({}, {}, {})
    for crossing in request.gateway.crossings:
        for family in _spoken(crossing):
            for zone in (crossing.from_zone, crossing.to_zone):
                if zone != ELSEWHERE:
                    found.zones[zone, family] = f"zone_{identifier(zone)}_v{family}"
        for flow in crossing.flows:
            for name, addresses in ((flow.source_name, flow.source), (flow.target_name, flow.target)):
                if (name, addresses.ranges) not in found.ends:
                    fresh = _fresh(f"end_{identifier(name)}_v{flow.family}", found.addresses)
                    found.ends[name, addresses.ranges] = fresh
                    found.addresses[fresh] = addresses
    return found


def _fresh(name: str, taken: Container[str]) -> str:
    """The name, with a number where it stands for other addresses already."""
    number = 2
    found = name
    while found in taken:
        found = f"{name}_{number}"
        number += 1
    return found


def _chain(crossing: Crossing) -> str:
    names = [identifier(zone) if zone != ELSEWHERE else "elsewhere.all" for zone in (crossing.from_zone, crossing.to_zone)]
    return f"from_{names[0]}_to_{names[1]}"


def _set(name: str, addresses: AddrSet) -> Iterator[str]:
    yield f"\tset {name} {{"
    yield f"\t\ttype {'ipv4_addr' if addresses.v6.is_empty else 'ipv6_addr'}"
    yield "\t\tflags interval"
    yield f"\t\telements = {{ {', '.join(addresses.texts())} }}"
    yield "\t}"


def _chain_lines(crossing: Crossing, sets: _Sets, mandates: Mapping[str, Mandate]) -> list[str]:
    lines = [
        f"\tchain {_chain(crossing)} {{",
        "\t\tct state established,related counter accept",
        "\t\tct state invalid counter drop",
    ]
    for flow in crossing.flows:
        for line in reasons(flow, mandates):
            lines.append(f"\t\t# {line}")  # noqa: PERF401 - most flows have one reason, and a list of its own costs more
        lines.append(f'\t\t{_condition(flow, sets)}counter accept comment "{stable_id(flow.id)}"')
    return [*lines, '\t\tcounter drop comment "cmfw: not planned"', "\t}"]


def _condition(flow: PathFlow, sets: _Sets) -> str:
    say = _SAY[flow.family]
    source, target = sets.ends[flow.source_name, flow.source.ranges], sets.ends[flow.target_name, flow.target.ranges]
    ends = f"{say} saddr @{source} {say} daddr @{target} "
    if flow.protocol is None:
        return ends
    name = _PROTOCOLS.get(flow.protocol, str(flow.protocol))
    if flow.icmp is not None:
        kind, code = flow.icmp
        return ends + f"{name} type {kind} " + ("" if code is None else f"{name} code {code} ")
    if flow.ports.is_any:
        return ends + f"meta l4proto {name} "
    texts = flow.ports.texts()
    return ends + f"{name} dport {texts[0] if len(texts) == 1 else '{ ' + ', '.join(texts) + ' }'} "
