"""Tables of an nftables ruleset, and the lines of a path filter that its forward hook comes to, whatever form it was read from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cmfw.ingest.packet_chains import EITHER, Chains, PacketRule, doubts, path_lines
from cmfw.model.path import EVERYTHING, PathLine
from cmfw.model.verdict import Answer
from cmfw.net.addr import V4_ALL, V6_ALL
from cmfw.net.flow import Direction
from cmfw.net.flowset import FlowSet, boxes
from cmfw.values import value

_V4 = FlowSet(boxes(direction=int(Direction.OUT), local=V4_ALL))
_V6 = FlowSet(boxes(direction=int(Direction.OUT), local=V6_ALL))
_FAMILIES = {"ip": _V4, "ip6": _V6, "inet": EVERYTHING}
_POLICIES = {"accept": Answer.ALLOW, "": Answer.ALLOW, "drop": Answer.BLOCK}
_OWN = ("input", "output")
"""Hooks that forwarded packets never meet. Source: nft(8), ADDRESS FAMILIES."""


@value(kw_only=True)
class BaseChain:
    """Where a chain hooks in; ``policy`` is empty where none is given, which is accept."""

    type: str = ""
    hook: str = ""
    priority: str = ""
    policy: str = ""


@dataclass(slots=True)
class NftTable:
    """One table while it is read: its sets by name (their elements as texts), chains, and which of them hook in where."""

    family: str
    name: str
    sets: dict[str, list[str]] = field(default_factory=dict)
    chains: dict[str, tuple[PacketRule, ...]] = field(default_factory=dict)
    bases: dict[str, BaseChain] = field(default_factory=dict)


def family_flows(family: str) -> FlowSet:
    """The flows that a table of the family sees."""
    return _FAMILIES.get(family, EVERYTHING)


def forward_lines(tables: Iterable[NftTable], path: str) -> tuple[PathLine, ...] | None:
    """The lines that forwarded packets meet; None where no chain hooks into forwarding.

    One chain of the forward hook is laid out exactly. What other chains may do before or after it, or in other hooks, is in doubt:
    each may stop what the first lets pass, and address translation may send a packet elsewhere.
    """
    hooked = [(table, name, base) for table in tables for name, base in table.bases.items() if base.hook not in _OWN]
    forward = [one for one in hooked if one[2].hook == "forward" and one[2].type == "filter" and one[0].family in _FAMILIES]
    if not forward:
        return None
    table, name, base = max(forward, key=lambda one: (len(_reached(one[0].chains, one[1])), one[0].family == "inet"))
    doubts = [line for other in hooked if other != (table, name, base) for line in _doubts(*other)]
    seen = family_flows(table.family)
    lines = path_lines(table.chains, name, _POLICIES.get(base.policy), f"{path}: chain {name}")
    if table.family == "inet":
        return (*doubts, *lines)
    own = tuple(_within(line, seen) for line in lines)
    unsaid = PathLine(
        answer=Answer.UNKNOWN, flows=EVERYTHING - seen, text=f"table {table.family} {table.name}", origin=path, may=EITHER
    )
    return (*doubts, *(line for line in own if not line.flows.is_empty), unsaid)


def _reached(chains: Chains, start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [rule.target for rule in chains.get(name, ()) if rule.target]
    return found


def _within(line: PathLine, seen: FlowSet) -> PathLine:
    return PathLine(answer=line.answer, flows=line.flows & seen, text=line.text, origin=line.origin, may=line.may)


def _doubts(table: NftTable, name: str, base: BaseChain) -> Iterator[PathLine]:
    """Lines in doubt for what another chain may do to forwarded packets."""
    if base.type == "nat" and base.hook == "postrouting":
        return  # the address that a packet leaves with is changed behind every filter of this machine
    yield from doubts(path_lines(table.chains, name, _POLICIES.get(base.policy), name), family_flows(table.family))
