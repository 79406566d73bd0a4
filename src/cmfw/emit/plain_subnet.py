"""Rules with ``LocalSubnet`` for targets that have the word for both families only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from cmfw.errors import Unsupported
from cmfw.ingest.local_subnet import BOTH, is_plain_subnet, subnet_words
from cmfw.ingest.rulewrite import address_texts
from cmfw.model.rule import AddressMatch, HostRule
from cmfw.net.addr import V6_BASE, AddrSet
from cmfw.net.intervals import Ranges
from cmfw.words.phrases import phrase

_FAMILIES = {"4": AddrSet.V4, "6": AddrSet.V6}


def with_plain_subnet(rule: HostRule, target: str) -> HostRule:
    """A rule with the same flows that says ``LocalSubnet`` for both families, or the rule itself where it says nothing of it.

    One family alone is said by the local addresses: a rule whose local addresses are all IPv4 matches only IPv4. Raises
    Unsupported where other addresses stand beside the word. Source: facts/windows_firewall.md 3.3.
    """
    remote, local = rule.remote_address, rule.local_address
    if not remote.keywords:
        return rule
    if is_plain_subnet(remote.keywords, rule.protocol):
        words = subnet_words(rule.protocol)
    else:
        family = _FAMILIES[remote.keywords[0][-1]]
        if not remote.addresses <= family or (local.addresses & family).is_empty:
            reason = phrase("LocalSubnet of one family beside addresses of the other cannot be said")
            raise Unsupported(target, rule.id, reason)
        local, words = AddressMatch(local.addresses & family), BOTH
    return replace(rule, remote_address=AddressMatch(remote.addresses, words), local_address=local)


def remembered(write: Callable[[AddressMatch], str]) -> Callable[[AddressMatch], str]:
    """``write``, which writes each condition once: the rules of a policy have few peers, and name them often."""
    known: dict[tuple[Ranges, tuple[str, ...]], str] = {}

    def text_of(match: AddressMatch) -> str:
        # a tuple is found in a third of the time of a value
        parts = match.addresses.ranges, match.keywords
        text = known.get(parts)
        if text is None:
            text = known[parts] = write(match)
        return text

    return text_of


def plain_texts(match: AddressMatch, word: str) -> Iterable[str]:
    """The addresses as subnets, ranges and single ones that every Windows interface takes, then ``word`` for LocalSubnet."""
    ranges = match.addresses.ranges
    if any(first < V6_BASE <= last for first, last in ranges):
        ranges = (*match.addresses.v4.ranges, *match.addresses.v6.ranges)
    yield from address_texts(ranges)
    if match.keywords:
        yield word
