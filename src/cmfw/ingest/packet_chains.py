"""Chains of rules that jump to one another, as netfilter walks them, laid out as the lines of a path filter.

Only the packet that opens a flow is looked at: rules for what is established never match it. A jump is followed with the flows
that reach it; ``return`` takes flows out of the rest of its chain. What a rule may do but is not sure to becomes a line in doubt.
Source: iptables(8), TARGETS; nft(8), VERDICT STATEMENT.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cmfw.model.path import EVERYTHING, PathLine, sure_line
from cmfw.model.verdict import Answer
from cmfw.net.flowset import ALL_ICMP, ALL_PORTS, Box, FlowSet
from cmfw.net.intervals import Ranges, covers
from cmfw.values import value

ACCEPT, DROP, JUMP, GOTO, RETURN, PASS, UNKNOWN = "accept", "drop", "jump", "goto", "return", "pass", "unknown"
EITHER = (Answer.ALLOW, Answer.BLOCK)
_ANSWERS = {ACCEPT: Answer.ALLOW, DROP: Answer.BLOCK}
_MOST_DEPTH = 64
"""Deeper jumps are a circle: the kernel takes 16 of nftables. Source: nf_tables_api.c, NFT_JUMP_STACK_SIZE."""
MOST_LINES = 50_000
"""Bound on the lines that chains may unfold to; what lies beyond is in doubt."""


@value(kw_only=True, opened=True)
class PacketRule:
    """One rule of a chain: ``flows`` is the most that it can match, ``sure`` whether it matches all of them.

    ``verdict`` is one of the words above; ``target`` the chain of a jump. ``text`` and ``origin`` are for people.
    """

    flows: FlowSet
    sure: bool
    verdict: str
    target: str = ""
    text: str = ""
    origin: str = ""


_OpenRule: Any = PacketRule.__base__


def sure_rule(flows: FlowSet, verdict: str, target: str, text: str, origin: str) -> PacketRule:
    """A rule that was wholly read, at a third of the cost of its constructor."""
    made = _OpenRule()
    made.flows = flows
    made.sure = True
    made.verdict = verdict
    made.target = target
    made.text = text
    made.origin = origin
    made.__class__ = PacketRule
    return made  # type: ignore[no-any-return]


Chains = Mapping[str, tuple[PacketRule, ...]]


class _Walk:
    """One unfolding of chains, with the count of lines so far."""

    def __init__(self, chains: Chains) -> None:
        self.chains = chains
        self.count = 0

    def lines(self, name: str, reach: FlowSet | None, depth: int, *, sure: bool) -> Iterator[PathLine]:
        """The lines of a chain for the flows that reach it (None: all). What is left goes on behind the jump."""
        rules = self.chains.get(name)
        if rules is None or depth > _MOST_DEPTH or self.count > MOST_LINES:
            yield _doubt(reach or EVERYTHING, f"jump {name}", name)
            return
        plain, seen = _plain(reach), set[tuple[int, int, Ranges]]()
        for at, rule in enumerate(rules):
            flows = rule.flows if reach is None else _within(rule.flows, reach, plain, seen)
            if flows.is_empty or rule.verdict == PASS:
                continue
            self.count += 1
            certain = sure and rule.sure
            if rule.verdict in _ANSWERS:
                yield _line(_ANSWERS[rule.verdict], flows, rule, sure=certain)
            elif rule.verdict == JUMP:
                yield from self.lines(rule.target, flows, depth + 1, sure=certain)
            elif rule.verdict == GOTO and at + 1 == len(rules):
                # behind the last rule of a chain both kinds of jump come back to the same place
                yield from self.lines(rule.target, flows, depth + 1, sure=certain)
            elif rule.verdict == RETURN and certain:
                reach = (EVERYTHING if reach is None else reach) - rule.flows
                plain, seen = _plain(reach), set[tuple[int, int, Ranges]]()
                if reach.is_empty:
                    return
            else:
                yield _doubt(flows, rule.text, rule.origin)


def path_lines(chains: Chains, start: str, policy: Answer | None, origin: str) -> tuple[PathLine, ...]:
    """The lines that a packet meets from the chain ``start`` on; ``policy`` (None: not known) takes what no rule decided."""
    found = list(_Walk(chains).lines(start, None, 0, sure=True))
    if policy is None:
        return (*found, _doubt(EVERYTHING, "", origin))
    return (*found, PathLine(answer=policy, flows=EVERYTHING, text=f"policy {policy.value}", origin=origin))


def _plain(reach: FlowSet | None) -> tuple[Box, ...]:
    """The boxes of what reaches a chain that say nothing but addresses, as most jumps do."""
    free = (ALL_PORTS, ALL_PORTS, ALL_ICMP)
    return tuple(one for one in reach or () if (one.local_port, one.remote_port, one.icmp) == free)


def _within(flows: FlowSet, reach: FlowSet, plain: tuple[Box, ...], seen: set[tuple[int, int, Ranges]]) -> FlowSet:
    """The flows of a rule that reach its chain; mostly all of them, because it names addresses that lead there.

    ``seen`` are addresses (by their identity: many rules name the same, which they keep alive) and protocols that are known to.
    """
    if len(flows.boxes) == 1:
        (box,) = flows.boxes
        parts = (id(box.local), id(box.remote), box.protocol)
        if parts in seen:
            return flows
        for one in plain:
            if covers(one.local, box.local) and covers(one.remote, box.remote) and covers(one.protocol, box.protocol):
                seen.add(parts)
                return flows
    return flows & reach


def doubts(lines: Iterable[PathLine], seen: FlowSet) -> Iterator[PathLine]:
    """What chains in front of a filter, given as lines, may do to the flows ``seen`` there before the filter is asked."""
    left = seen
    for line in lines:
        flows = line.flows & left
        if line.answer is Answer.ALLOW:
            left -= flows
        elif not flows.is_empty:
            may = line.may or (Answer.BLOCK,)
            yield PathLine(answer=Answer.UNKNOWN, flows=flows, text=line.text, origin=line.origin, may=may)


def _line(answer: Answer, flows: FlowSet, rule: PacketRule, *, sure: bool) -> PathLine:
    if sure:
        return sure_line(answer, flows, rule.text, rule.origin)
    return PathLine(answer=Answer.UNKNOWN, flows=flows, text=rule.text, origin=rule.origin, may=(answer,))


def _doubt(flows: FlowSet, text: str, origin: str) -> PathLine:
    return PathLine(answer=Answer.UNKNOWN, flows=flows, text=text, origin=origin, may=EITHER)
