"""Conditions of nftables rules as fields of a packet, the same for the text and the JSON form. Source: nft(8), EXPRESSIONS."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cmfw.ingest.packet_match import (
    ICMP_OF,
    WITH_PORTS,
    NotUnderstood,
    PacketMatch,
    address_of,
    icmp_type_of,
    port_of,
    protocol_of,
)
from cmfw.net import intervals
from cmfw.net.addr import V4_ALL, V6_ALL
from cmfw.net.box import ALL_PORTS, ALL_PROTOCOLS
from cmfw.net.intervals import Range, Ranges
from cmfw.words.phrases import listed, phrase

Values = Callable[[Callable[[str], Range]], Ranges]
"""Gives the ranges of a condition's right side, each element read by the function."""
_BYTES: Ranges = ((0, 255),)
_WHOLE: dict[int, Ranges] = {4: V4_ALL, 6: V6_ALL}
_FAMILY_OF = {"ip": 4, "ip6": 6, "icmp": 4, "icmpv6": 6}
_ENDS = {"saddr": "source", "daddr": "target", "sport": "source_port", "dport": "target_port"}
_NF_FAMILIES = {"ipv4": V4_ALL, "ipv6": V6_ALL}
STATES = frozenset({"new", "established", "related", "invalid", "untracked"})


def narrow(match: PacketMatch, head: str, field: str, values: Values, *, negated: bool) -> None:
    """Apply the condition ``head field [!=] values`` to the match. Raises NotUnderstood for one that is not known."""
    if head in ("ip", "ip6") and field in ("saddr", "daddr"):
        family = _FAMILY_OF[head]
        found = values(lambda text: address_of(text, family))
        match.narrow(_ENDS[field], found, _WHOLE[family], negated=negated)
    elif head in ("tcp", "udp", "th") and field in ("sport", "dport"):
        number = protocol_of(head) if head != "th" else None
        match.narrow("protocol", WITH_PORTS if number is None else (number,), ALL_PROTOCOLS)
        match.narrow(_ENDS[field], values(port_of), ALL_PORTS, negated=negated)
    elif head in ("icmp", "icmpv6") and field in ("type", "code"):
        family = _FAMILY_OF[head]
        match.narrow("protocol", ICMP_OF[family], ALL_PROTOCOLS)
        read = (lambda text: icmp_type_of(text, family)) if field == "type" else _code_of
        match.narrow("types" if field == "type" else "codes", values(read), _BYTES, negated=negated)
    elif (head, field) in (("ip", "protocol"), ("ip6", "nexthdr"), ("meta", "l4proto")):
        if head in _FAMILY_OF:
            match.narrow("source", _WHOLE[_FAMILY_OF[head]], ())
        match.narrow("protocol", values(protocol_of), ALL_PROTOCOLS, negated=negated)
    elif (head, field) == ("meta", "nfproto"):
        match.narrow("source", values(_family_range), (*V4_ALL, *V6_ALL), negated=negated)
    else:
        raise NotUnderstood(phrase("`{head} {field}` is none of the conditions known", head=head, field=field))


def _code_of(text: str) -> Range:
    return icmp_type_of(text, 4) if text.isdigit() else _unknown(text)


def _family_range(text: str) -> Range:
    return _NF_FAMILIES[text][0] if text in _NF_FAMILIES else _unknown(text)


def _unknown(text: str) -> Range:
    raise NotUnderstood(phrase("`{text}` is none of the values known", text=text))


def ranges_of(texts: Iterable[str], read: Callable[[str], Range]) -> Ranges:
    """The ranges of several elements together."""
    return intervals.normalise(read(text) for text in texts)


def holds_for_first(states: Iterable[str], *, negated: bool) -> bool:
    """Whether a connection state condition holds for the packet that opens a flow, which is ``new``. Raises NotUnderstood."""
    named = set(states)
    if not named or not named <= STATES:
        raise NotUnderstood(phrase("connection states `{names}`", names=listed(sorted(named))))
    return ("new" in named) != negated
