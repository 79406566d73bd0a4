"""``AddrSet``: a set of IPv4 and IPv6 addresses on one integer line.

An *address number* is an integer: IPv4 addresses are 0 to 2**32-1, an IPv6 address is its value plus 2**32 (``V6_BASE``).
One line for both families makes every set operation a single pass, and no set ever mixes them up.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import ClassVar

from cmfw.net import intervals
from cmfw.net.intervals import Range, Ranges
from cmfw.values import value
from cmfw.words.phrases import phrase

V6_BASE = 1 << 32
V4_ALL: Ranges = ((0, V6_BASE - 1),)
V6_ALL: Ranges = ((V6_BASE, V6_BASE + (1 << 128) - 1),)
_TOP = V6_ALL[0][1]


def parse_address(text: str) -> int:
    """The address number of ``10.0.0.5`` or ``fe80::1``; raises ValueError with the offending text."""
    if ":" not in text:
        octets = [_OCTETS.get(part) for part in text.split(".")]
        if len(octets) == 4 and None not in octets:
            a, b, c, d = octets
            return a << 24 | b << 16 | c << 8 | d  # type: ignore[operator]  # none of them is None
        raise ValueError(phrase("`{text}` is not an IP address", text=text))
    return _parse_v6(text.partition("%")[0], text) + V6_BASE


# a leading zero is octal to some programs and decimal to others, so it is neither here
_OCTETS = {str(number): number for number in range(256)}
_FIRST, _SECOND, _THIRD = ({text: number << bits for text, number in _OCTETS.items()} for bits in (24, 16, 8))
_LAST = tuple(_OCTETS)
_DOTTED = tuple(f"{text}." for text in _LAST)
_HOST_BITS = {str(length): 32 - length for length in range(33)}


def _parse_v6(text: str, whole: str) -> int:
    """The value of an IPv6 address (RFC 4291 2.2) as ``ipaddress`` gives it, without the millisecond of its import."""
    head, gap, tail = text.partition("::")
    before, after = head.split(":") if head else [], tail.split(":") if tail else []
    groups = [*before, *after]
    if groups and "." in groups[-1] and (after or not gap):
        low = parse_address(groups.pop())
        groups += [f"{low >> 16:x}", f"{low & 0xFFFF:x}"]
        after = groups[len(before) :] if after else after
        before = before if after else groups
    missing = 8 - len(groups)
    if "::" in tail or (missing < 1 if gap else missing != 0) or not all(_is_group(group) for group in groups):
        raise ValueError(phrase("`{text}` is not an IP address", text=whole))
    found = 0
    for group in [*before, *["0"] * missing, *after] if gap else groups:
        found = found << 16 | int(group, 16)
    return found


def _is_group(text: str) -> bool:
    return 0 < len(text) <= 4 and text.isascii() and text.isalnum() and text.lower().strip("0123456789abcdef") == ""


def format_address(number: int) -> str:
    """The text of an address number."""
    if number < V6_BASE:
        return _DOTTED[number >> 24] + _DOTTED[number >> 16 & 255] + _DOTTED[number >> 8 & 255] + _LAST[number & 255]
    return _format_v6(number - V6_BASE)


def _format_v6(value: int) -> str:
    """The text of an IPv6 address: the first of the longest runs of zero groups is left out. Source: RFC 5952 section 4."""
    groups = [f"{value >> shift & 0xFFFF:x}" for shift in range(112, -1, -16)]
    at = longest = run = 0
    for place, group in enumerate(groups, 1):
        run = run + 1 if group == "0" else 0
        if run > longest:
            at, longest = place - run, run
    if longest < 2:
        return ":".join(groups)
    return f"{':'.join(groups[:at])}::{':'.join(groups[at + longest :])}"


def is_v6(number: int) -> bool:
    """Whether an address number is an IPv6 address."""
    return number >= V6_BASE


def _mask_length(mask: int) -> int | None:
    """The prefix length of a contiguous IPv4 mask, or None."""
    inverted = mask ^ 0xFFFFFFFF
    return None if inverted & (inverted + 1) else 32 - inverted.bit_length()


def parse_range(text: str) -> Range:
    """The inclusive pair of address numbers that ``text`` means; raises ValueError with the offending text.

    Accepts one address, ``first-last``, ``address/prefix`` and, for IPv4, ``address/mask``. Host bits below the
    prefix are ignored, as Windows does when it stores a subnet (facts: MS-GPFAS 2.2.2.5, 2.2.2.6).
    """
    address, slash, bits = text.partition("/")
    try:
        a, b, c, d = address.split(".")
        low = _FIRST[a] | _SECOND[b] | _THIRD[c] | _OCTETS[d]
        if not slash:
            return low, low
        host_bits = _HOST_BITS[bits]
    except (ValueError, KeyError):
        return _parse_any_range(text)
    low = low >> host_bits << host_bits
    return low, low + (1 << host_bits) - 1


def _parse_any_range(text: str) -> Range:
    """The range of anything but an IPv4 address or an address with a prefix length, which are nearly all there are."""
    text = text.strip()
    if "-" not in text and "/" not in text:
        low = parse_address(text)
        return low, low
    first, dash, last = text.partition("-")
    if dash:
        low, high = parse_address(first.strip()), parse_address(last.strip())
        if is_v6(low) != is_v6(high) or low > high:
            raise ValueError(phrase("address range `{text}` runs backwards or mixes families", text=text))
        return low, high
    base, _, bits = text.partition("/")
    low = parse_address(base)
    width = 128 if is_v6(low) else 32
    if bits.isascii() and bits.isdigit():
        length = int(bits)
    elif width == 32 and "." in bits:
        found = _mask_length(parse_address(bits))
        length = -1 if found is None else found
    else:
        length = -1
    if not 0 <= length <= width:
        raise ValueError(phrase("`{bits}` in `{text}` is not a prefix length or contiguous mask", bits=bits, text=text))
    span = 1 << (width - length)
    offset = V6_BASE if width == 128 else 0
    start = (low - offset) // span * span + offset
    return start, start + span - 1


@lru_cache(maxsize=4096)
def _cidrs(first: int, last: int) -> tuple[str, ...]:
    """The fewest CIDR blocks that are exactly first..last, both in one family; one plan says the same few again and again."""
    if first == last:
        return (format_address(first),)
    found: list[str] = []
    offset, width = (V6_BASE, 128) if is_v6(first) else (0, 32)
    first, last = first - offset, last - offset
    while first <= last:
        size = first & -first if first else 1 << width
        while size > last - first + 1:
            size >>= 1
        text = format_address(first + offset)
        found.append(text if size == 1 else f"{text}/{width - size.bit_length() + 1}")
        first += size
    return tuple(found)


@value
class AddrSet:
    """A set of addresses of both families; ``ANY`` and ``EMPTY`` are written out, empty never means any."""

    ranges: Ranges

    ANY: ClassVar[AddrSet]
    EMPTY: ClassVar[AddrSet]
    V4: ClassVar[AddrSet]
    V6: ClassVar[AddrSet]

    def __post_init__(self) -> None:
        if self.ranges and (self.ranges[0][0] < 0 or self.ranges[-1][1] > _TOP):
            raise ValueError(f"address number out of range in `{self.ranges}`")

    @classmethod
    def parse(cls, *texts: str) -> AddrSet:
        """The union of the given texts (see ``parse_range``); ``*`` is every address."""
        try:
            return cls.from_pairs(map(parse_range, texts))
        except ValueError:
            if any(text.strip() in ("*", "any") for text in texts):
                return cls.ANY
            raise

    @classmethod
    def from_pairs(cls, pairs: Iterable[Range]) -> AddrSet:
        """The set of inclusive pairs of address numbers, in any order. No pair may cross families."""
        split: list[Range] = []
        for first, last in pairs:
            if first < V6_BASE <= last:
                split += [(first, V6_BASE - 1), (V6_BASE, last)]
            else:
                split.append((first, last))
        return cls(intervals.normalise(split))

    @property
    def is_any(self) -> bool:
        """Whether every address of both families is in the set."""
        return self.ranges == AddrSet.ANY.ranges

    @property
    def is_empty(self) -> bool:
        """Whether no address is in the set."""
        return not self.ranges

    @property
    def v4(self) -> AddrSet:
        """The IPv4 part."""
        ranges = self.ranges
        if not ranges or ranges[-1][1] < V6_BASE:
            return self
        if ranges[0][0] >= V6_BASE:
            return AddrSet.EMPTY
        return AddrSet(intervals.intersect(self.ranges, V4_ALL))

    @property
    def v6(self) -> AddrSet:
        """The IPv6 part."""
        ranges = self.ranges
        if not ranges or ranges[0][0] >= V6_BASE:
            return self
        if ranges[-1][1] < V6_BASE:
            return AddrSet.EMPTY
        return AddrSet(intervals.intersect(self.ranges, V6_ALL))

    def texts(self) -> list[str]:
        """The set as the fewest addresses, CIDR blocks and (where more than four blocks are needed) ranges."""
        out: list[str] = []
        for first, last in (*self.v4.ranges, *self.v6.ranges):
            blocks = _cidrs(first, last)
            if len(blocks) <= 4:
                out += blocks
            else:
                out.append(f"{format_address(first)}-{format_address(last)}")
        return out

    def cidrs(self) -> list[str]:
        """The set as the fewest addresses and CIDR blocks, however many."""
        parts = (*self.v4.ranges, *self.v6.ranges)
        return [text for first, last in parts for text in _cidrs(first, last)]

    def __str__(self) -> str:
        return "*" if self.is_any else ",".join(self.texts())

    def __contains__(self, number: int) -> bool:
        return intervals.contains(self.ranges, number)

    def __or__(self, other: AddrSet) -> AddrSet:
        return AddrSet(intervals.union(self.ranges, other.ranges))

    def __and__(self, other: AddrSet) -> AddrSet:
        found = intervals.intersect(self.ranges, other.ranges)
        # mostly one lies within the other
        return self if found is self.ranges else other if found is other.ranges else AddrSet(found)

    def __sub__(self, other: AddrSet) -> AddrSet:
        return AddrSet(intervals.subtract(self.ranges, other.ranges))

    def __le__(self, other: AddrSet) -> bool:
        return intervals.covers(other.ranges, self.ranges)


# INVARIANT: the two families are adjacent on the line, so the union of both is one range.
AddrSet.ANY = AddrSet(((0, _TOP),))
AddrSet.EMPTY = AddrSet(())
AddrSet.V4 = AddrSet(V4_ALL)
AddrSet.V6 = AddrSet(V6_ALL)
