"""Single conditions as PowerShell writes them, each to the condition of a ``HostRule`` and the parts that could not be read.

A part that could not be read is a keyword ``unread`` of the condition: it may be any port or address, and is certainly none.

Source: facts/windows_firewall.md 4.6 and 4.9.
"""

from __future__ import annotations

import re
from typing import Any

from cmfw.ingest import netsec_words as words
from cmfw.ingest.netsec_values import Texts
from cmfw.ingest.rule_tokens import UNREAD
from cmfw.model.rule import AddressMatch, PortMatch
from cmfw.net.addr import V4_ALL, V6_ALL, AddrSet, is_v6, parse_range
from cmfw.net.flow import ALL_PROFILES
from cmfw.net.ports import LAST_PORT, PortSet

_SEPARATORS = re.compile(r"[,;\s]+")
"""Lists come as arrays, joined with commas (Firewall-Manager), with semicolons, or with blanks (a list inside a text)."""
_PORTS = {word.lower(): found for word, found in words.PORTS.items()}
_RULE_STRING_PORTS = {word.lower(): (word,) for found in words.PORTS.values() for word in found}
_ADDRESSES = {word.lower(): found for word, found in words.ADDRESSES.items()}
_PORT_MATCHES: dict[Texts, PortMatch] = {}
_ADDRESS_MATCHES: dict[tuple[Texts, bool], AddressMatch] = {}
_MASKS: dict[tuple[Texts, int], tuple[int, tuple[str, ...]]] = {}
"""By the texts and by what is every bit, which tells profiles and interfaces apart."""
_MOST_CACHED = 5_000
_NOTHING_UNREAD: tuple[str, ...] = ()

IcmpTypes = tuple[tuple[int, int | None], ...]


def parts_of(texts: Texts) -> list[str]:
    """The single items of a list, whatever joined them."""
    return [part for text in texts for part in _SEPARATORS.split(text) if part]


def is_any(texts: Texts) -> bool:
    """Whether the condition is written out as "any"."""
    return len(texts) == 1 and texts[0].lower() in (words.ANY, "*")


def port_match(texts: Texts) -> tuple[PortMatch, tuple[str, ...]]:
    """The ports, and the parts that are none."""
    known = _PORT_MATCHES.get(texts)
    if known is not None:
        return known, _NOTHING_UNREAD
    parts = parts_of(texts)
    if any(is_any((part,)) for part in parts):
        return PortMatch.ANY, _NOTHING_UNREAD
    pairs: list[tuple[int, int]] = []
    keywords: set[str] = set()
    unread = []
    for part in parts:
        spoken = _PORTS.get(part.lower()) or _RULE_STRING_PORTS.get(part.lower())
        pair = _port_range(part)
        if spoken is not None:
            keywords |= set(spoken)
        elif pair is not None:
            pairs.append(pair)
        else:
            unread.append(part)
            keywords.add(UNREAD)
    found = PortMatch(PortSet.from_pairs(pairs), tuple(sorted(keywords)))
    if not unread and len(_PORT_MATCHES) < _MOST_CACHED:
        _PORT_MATCHES[texts] = found
    return found, tuple(unread)


def _port_range(text: str) -> tuple[int, int] | None:
    ends = text.split("-")
    if len(ends) > 2 or not all(end.isascii() and end.isdigit() and len(end) < 6 for end in ends):
        return None
    first, last = int(ends[0]), int(ends[-1])
    return (first, last) if first <= last <= LAST_PORT else None


def address_match(texts: Texts, *, with_words: bool) -> tuple[AddressMatch, tuple[str, ...]]:
    """The addresses, and the parts that are none; ``with_words``: keywords such as LocalSubnet may stand here."""
    known = _ADDRESS_MATCHES.get((texts, with_words))
    if known is not None:
        return known, _NOTHING_UNREAD
    parts = parts_of(texts)
    if any(is_any((part,)) for part in parts):
        return AddressMatch.ANY, _NOTHING_UNREAD
    pairs: list[tuple[int, int]] = []
    keywords: set[str] = set()
    unread = []
    for part in parts:
        spoken = _keyword(part) if with_words else ()
        pair = None if spoken else _address_range(part)
        keywords |= set(spoken)
        if pair is not None:
            pairs.append(pair)
        elif not spoken:
            unread.append(part)
            keywords |= {UNREAD + "4", UNREAD + "6"}
    found = AddressMatch(AddrSet.from_pairs(pairs), tuple(sorted(keywords)))
    if not unread and len(_ADDRESS_MATCHES) < _MOST_CACHED:
        _ADDRESS_MATCHES[texts, with_words] = found
    return found, tuple(unread)


def _keyword(text: str) -> tuple[str, ...]:
    """The keyword with each family that it is meant for."""
    low = text.lower()
    if low in _ADDRESSES:
        return _ADDRESSES[low] + "4", _ADDRESSES[low] + "6"
    return (_ADDRESSES[low[:-1]] + low[-1],) if low[-1:] in ("4", "6") and low[:-1] in _ADDRESSES else ()


def _address_range(text: str) -> tuple[int, int] | None:
    try:
        pair = parse_range(text)
    except ValueError:
        return None
    # a prefix of no bits is forbidden: MS-FASP 2.2.36
    return None if pair == (V6_ALL if is_v6(pair[0]) else V4_ALL)[0] else pair


def icmp_types(texts: Texts) -> tuple[IcmpTypes | None, tuple[str, ...]]:
    """The ICMP types with their codes, None for every type (also where a part could not be read), and those parts."""
    if is_any(texts):
        return None, _NOTHING_UNREAD
    pairs = set()
    for part in parts_of(texts):
        pair = _icmp_pair(part)
        if pair is None:
            return None, (part,)
        pairs.add(pair)
    return tuple(sorted(pairs, key=lambda pair: (pair[0], -1 if pair[1] is None else pair[1]))), _NOTHING_UNREAD


def _icmp_pair(text: str) -> tuple[int, int | None] | None:
    kind, colon, code = text.partition(":")
    numbers = [kind] if not colon or code in ("*", "256") else [kind, code]
    if not all(number.isascii() and number.isdigit() and len(number) < 4 and int(number) < 256 for number in numbers):
        return None
    return int(kind), int(code) if len(numbers) == 2 else None


def mask(texts: Texts, table: dict[str, tuple[int, Any]], every: int) -> tuple[int, tuple[str, ...]]:
    """The bit mask written as names, as their sum, or as a list of either; a part that is neither counts as every bit."""
    known = _MASKS.get((texts, every))
    if known is None:
        known = _mask(texts, table, every)
        if len(_MASKS) < _MOST_CACHED:
            _MASKS[texts, every] = known
    return known


def _mask(texts: Texts, table: dict[str, tuple[int, Any]], every: int) -> tuple[int, tuple[str, ...]]:
    known = {word.lower(): int(meaning) for word, (_, meaning) in table.items()}
    bits = {number: int(meaning) for number, meaning in table.values() if number}
    found = 0
    unread = []
    for part in parts_of(texts):
        low = part.lower()
        if low in known:
            found |= known[low]
            continue
        number = int(low) if low.isascii() and low.isdigit() and len(low) < 11 else -1
        if number == 0 or (number == words.EVERY_PROFILE and every == ALL_PROFILES):
            found |= every
        elif 0 < number <= sum(bits):
            found |= sum(meaning for bit, meaning in bits.items() if number & bit)
        else:
            unread.append(part)
            found |= every
    return found or every, tuple(unread)


def platforms(texts: Texts) -> tuple[tuple[tuple[int, int, int], ...], bool, tuple[str, ...]]:
    """(platforms, whether later ones than the last count too, parts that could not be read).

    ``6.1`` is that version, ``10.0+`` that one and later, which a rule can say of the last of its list only.
    """
    parts = parts_of(texts)
    found = []
    for index, part in enumerate(parts):
        open_ended = part.endswith("+")
        major, dot, minor = part.removesuffix("+").partition(".")
        numbers = (major, minor if dot else "0")
        if not all(n.isascii() and n.isdigit() and len(n) < 4 for n in numbers) or (open_ended and index < len(parts) - 1):
            return (), False, (part,)
        found.append((2, int(numbers[0]), int(numbers[1])))
    return tuple(found), bool(parts) and parts[-1].endswith("+"), _NOTHING_UNREAD
