"""What ``LocalSubnet`` without a family means in a rule, for the spellings that know no other word.

Windows writes it for both families; of a rule for ICMPv4 or ICMPv6 only one of them can ever match, so that one is kept.
Source: facts/windows_firewall.md 4.9, 6 (rule 38: an ICMPv6 rule that also carries the word for IPv4).
"""

from __future__ import annotations

from cmfw.net.flow import ICMP4, ICMP6

BOTH = ("LocalSubnet4", "LocalSubnet6")


def subnet_words(protocol: int | None) -> tuple[str, ...]:
    """The address keywords that ``LocalSubnet`` stands for in a rule of that protocol."""
    return {ICMP4: BOTH[:1], ICMP6: BOTH[1:]}.get(-1 if protocol is None else protocol, BOTH)


def is_plain_subnet(words: tuple[str, ...], protocol: int | None) -> bool:
    """Whether the keywords of a rule are what ``LocalSubnet`` without a family says in it."""
    return words in (subnet_words(protocol), BOTH)
