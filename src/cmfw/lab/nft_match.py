"""Conditions as nftables writes them. Source: nft(8)."""

from __future__ import annotations

from collections.abc import Iterable

from cmfw.net import intervals
from cmfw.net.addr import V4_ALL, V6_ALL, format_address
from cmfw.net.flow import ICMP4, TCP, UDP
from cmfw.net.flowset import ALL_ICMP, ALL_PORTS, ALL_PROTOCOLS, Box
from cmfw.net.intervals import Range, Ranges

FAMILIES = ((V4_ALL, "ip", "ipv4"), (V6_ALL, "ip6", "ipv6"))
"""Addresses of a family, its word before ``saddr``, and its word after ``meta nfproto``."""


def number_set(ranges: Iterable[Range]) -> str:
    """Numbers and ranges as one operand."""
    texts = [str(first) if first == last else f"{first}-{last}" for first, last in ranges]
    return texts[0] if len(texts) == 1 else "{ " + ", ".join(texts) + " }"


def addresses_match(word: str, side: str, ranges: Ranges, whole: Ranges) -> str:
    """``ip saddr { ... } `` for addresses of one family; empty where they are the whole family."""
    if ranges == whole:
        return ""
    texts = [
        format_address(first) if first == last else f"{format_address(first)}-{format_address(last)}"
        for first, last in ranges
    ]
    operand = texts[0] if len(texts) == 1 else "{ " + ", ".join(texts) + " }"
    return f"{word} {side} {operand} "


def ports_match(side: str, ranges: Ranges) -> str:
    """``th dport ...`` where it is not every port; the protocol has to be matched before."""
    return "" if ranges == ALL_PORTS else f"th {side} {number_set(ranges)} "


def icmp_match(protocol: int, pairs: Iterable[Range]) -> Iterable[str]:
    """One condition for each range of ``type * 256 + code`` numbers, none of which crosses a type unless it is every one."""
    word = "icmp" if protocol == ICMP4 else "icmpv6"
    for first, last in pairs:
        if (first, last) == ALL_ICMP[0]:
            yield ""
            continue
        for kind in range(first >> 8, (last >> 8) + 1):
            low = first & 255 if kind == first >> 8 else 0
            high = last & 255 if kind == last >> 8 else 255
            codes = "" if (low, high) == (0, 255) else f"{word} code {number_set([(low, high)])} "
            yield f"{word} type {kind} {codes}"


def box_matches(box: Box) -> Iterable[str]:
    """The flows of a box as the end that opens them sends them; no profile, program or service."""
    for whole, word, family in FAMILIES:
        source, target = intervals.intersect(box.local, whole), intervals.intersect(box.remote, whole)
        if not source or not target:
            continue
        text = f"meta nfproto {family} " + addresses_match(word, "saddr", source, whole)
        text += addresses_match(word, "daddr", target, whole)
        if box.protocol != ALL_PROTOCOLS:
            text += f"meta l4proto {number_set(box.protocol)} "
        if box.local_port != ALL_PORTS or box.remote_port != ALL_PORTS:
            text += f"meta l4proto {{ {TCP}, {UDP} }} "
        text += ports_match("sport", box.local_port) + ports_match("dport", box.remote_port)
        if box.icmp == ALL_ICMP:
            yield text
        else:
            protocol = ICMP4 if family == "ipv4" else box.protocol[0][0]
            yield from (text + part for part in icmp_match(protocol, box.icmp))
