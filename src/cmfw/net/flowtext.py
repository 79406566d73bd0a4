"""Flow text: the one way in which people and programs write a question about traffic.

Grammar (words are case-insensitive, parts are separated by blanks)::

    flow  = dir proto end ">" end { key "=" value }
    dir   = "in" | "out"
    proto = "tcp" | "udp" | "icmp4" | "icmp6" | "any" | "ip/" 0-255
    end   = ( "*" | address | address "/" bits | "[" IPv6 "]" ) [ ":" ( port | first "-" last | "*" ) ]
    key   = "type" | "code" | "profile" | "program" | "service" | "interface"
    value = bare | '"' text '"'

The left end opens the flow, ``in`` and ``out`` are as the judged host sees it. A value has no escapes: a backslash is a
backslash. What is not said is free; ``net.flowquery`` fills in who usually answers. Exact.
Source: CONTRACT.md "Flow text and trace".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from cmfw.net.addr import AddrSet, parse_range
from cmfw.net.atoms import Atoms
from cmfw.net.flow import (
    ALL_PRINCIPALS,
    ALL_PROFILES,
    ICMP6,
    ICMP_PROTOCOLS,
    INTERFACE_NAMES,
    PORT_PROTOCOLS,
    PROFILE_NAMES,
    PROTOCOL_NAMES,
    PROTOCOL_NUMBERS,
    Direction,
    Interface,
    Principal,
    Profile,
    end_text,
)
from cmfw.net.flowset import ALL_ICMP, ALL_PORTS, ALL_PROTOCOLS, FlowSet, boxes
from cmfw.net.ports import PortSet
from cmfw.values import value
from cmfw.words.phrases import constant, listed, phrase

EVERY = "*"
"""As a program or service: every one of them."""
USUAL_INTERFACES = Interface.LAN | Interface.WIRELESS
"""What an omitted ``interface`` means. Source: corrections 31."""

_T = TypeVar("_T")
_PROFILES = {name: profile for profile, name in PROFILE_NAMES.items()}
_INTERFACES = {name: interface for interface, name in INTERFACE_NAMES.items()}
_DIRECTIONS = {"in": Direction.IN, "out": Direction.OUT}
_KEYS = ("type", "code", "profile", "program", "service", "interface")
_WORD = re.compile(r'(?:"[^"]*"?|[^\s"])+')
_ONE_ADDRESS = re.compile(r"[0-9A-Fa-f.:]+(/[0-9]+)?")
_ONE_PORT = re.compile(r"[0-9]{1,5}(-[0-9]{1,5})?|\*")
_PROTOCOLS = phrase("`tcp`, `udp`, `icmp4`, `icmp6`, `any` or `ip/N`")


class FlowTextError(ValueError):
    """A flow text that does not follow the grammar; ``position`` counts characters from 0."""

    def __init__(self, expected: str, got: str, position: int) -> None:
        self.expected = constant(expected)
        self.got = constant(got)
        self.position = position
        words = {"expected": self.expected, "got": self.got, "at": position + 1}
        super().__init__(phrase("expected {expected}, got {got} at character {at}", **words))


@value(kw_only=True)
class FlowParts:
    """What one flow text says, part by part; None is "not said".

    ``protocol`` None is ``any``. A port set that holds every port is written as None. ``program`` and ``service`` are as
    written, ``*`` is every one. ``interface`` is one kind.
    """

    direction: Direction
    protocol: int | None
    source: AddrSet = AddrSet.ANY
    destination: AddrSet = AddrSet.ANY
    source_port: PortSet | None = None
    destination_port: PortSet | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None
    profile: Profile | None = None
    interface: Interface | None = None
    program: str | None = None
    service: str | None = None

    @property
    def given(self) -> frozenset[str]:
        """The names of the parts that the text says (direction and protocol always are)."""
        optional = {
            "source": not self.source.is_any,
            "destination": not self.destination.is_any,
            "source_port": self.source_port is not None,
            "destination_port": self.destination_port is not None,
            "type": self.icmp_type is not None,
            "code": self.icmp_code is not None,
            "profile": self.profile is not None,
            "interface": self.interface is not None,
            "program": self.program is not None,
            "service": self.service is not None,
        }
        return frozenset({"direction", "protocol"} | {name for name, said in optional.items() if said})

    def text(self) -> str:
        """The parts as canonical flow text, which ``parse_parts`` reads back to an equal value."""
        words = [
            "in" if self.direction is Direction.IN else "out",
            "any" if self.protocol is None else PROTOCOL_NAMES.get(self.protocol, f"ip/{self.protocol}"),
            _end(self.source, self.source_port),
            ">",
            _end(self.destination, self.destination_port),
        ]
        if self.icmp_type is not None:
            words.append(f"type={self.icmp_type}")
        if self.icmp_code is not None:
            words.append(f"code={self.icmp_code}")
        if self.profile is not None:
            words.append(f"profile={PROFILE_NAMES[self.profile]}")
        if self.interface is not None:
            words.append(f"interface={INTERFACE_NAMES[self.interface]}")
        if self.program is not None:
            words.append(f"program={_value(self.program)}")
        if self.service is not None:
            words.append(f"service={_value(self.service)}")
        return " ".join(words)

    def flows(self) -> FlowSet:
        """Every flow that fits the parts. A flow of a known program or service is an ordinary one (corrections 30)."""
        outgoing = self.direction is Direction.OUT
        ends = ((self.source, self.source_port), (self.destination, self.destination_port))
        (local, local_port), (remote, remote_port) = ends if outgoing else ends[::-1]
        named = self.program not in (None, EVERY) or self.service not in (None, EVERY)
        icmp = ALL_ICMP
        if self.icmp_type is not None:
            base = self.icmp_type * 256
            icmp = ((base, base + 255),) if self.icmp_code is None else ((base + self.icmp_code,) * 2,)
        return FlowSet(
            boxes(
                direction=int(self.direction),
                profile=ALL_PROFILES if self.profile is None else int(self.profile),
                interface=int(USUAL_INTERFACES if self.interface is None else self.interface),
                principal=int(Principal.ORDINARY) if named else ALL_PRINCIPALS,
                protocol=ALL_PROTOCOLS if self.protocol is None else ((self.protocol, self.protocol),),
                local=local.ranges,
                remote=remote.ranges,
                local_port=ALL_PORTS if local_port is None else local_port.ranges,
                remote_port=ALL_PORTS if remote_port is None else remote_port.ranges,
                icmp=icmp,
                program=_atoms(self.program),
                service=_atoms(self.service),
            )
        )


def _atoms(name: str | None) -> Atoms:
    return Atoms.ANY if name is None or name == EVERY else Atoms.of(name)


def _end(addresses: AddrSet, ports: PortSet | None) -> str:
    return end_text(str(addresses), None if ports is None else str(ports))


def _value(value: str) -> str:
    return f'"{value}"' if not value or any(c.isspace() for c in value) else value


def parse_parts(text: str) -> FlowParts:
    """What the flow text says; raises FlowTextError at the first thing that does not follow the grammar."""
    words = [(found[0], found.start()) for found in _WORD.finditer(text)]
    for word, at in words:
        if word.count('"') % 2:
            raise FlowTextError("a closing quote", f"`{word}`", at)
    rest = iter(words)
    end = len(text)
    word, at = _next(rest, "`in` or `out`", end)
    direction = _choose(word, at, _DIRECTIONS)
    word, at = _next(rest, phrase("a protocol ({protocols})", protocols=_PROTOCOLS), end)
    protocol = _protocol(word, at)
    source, source_port = _parse_end(*_next(rest, "the end that opens the flow", end), protocol)
    word, at = _next(rest, "`>`", end)
    if word != ">":
        raise FlowTextError("`>`", f"`{word}`", at)
    word, at = _next(rest, "the end that answers the flow", end)
    destination, destination_port = _parse_end(word, at, protocol)
    _one_family(source, destination, protocol, word, at)
    parts = FlowParts(
        direction=direction,
        protocol=protocol,
        source=source,
        destination=destination,
        source_port=source_port,
        destination_port=destination_port,
    )
    return _with_keys(parts, rest)


def _next(words: Iterator[tuple[str, int]], expected: str, end: int) -> tuple[str, int]:
    found = next(words, None)
    if found is None:
        raise FlowTextError(expected, "the end of the text", end)
    return found


def _choose(word: str, at: int, choices: dict[str, _T]) -> _T:
    found = choices.get(word.lower())
    if found is None:
        raise FlowTextError(listed((f"`{name}`" for name in choices), " or "), f"`{word}`", at)
    return found


def _protocol(word: str, at: int) -> int | None:
    lowered = word.lower()
    if lowered == "any":
        return None
    if lowered in PROTOCOL_NUMBERS:
        return PROTOCOL_NUMBERS[lowered]
    digits = lowered.removeprefix("ip/")
    if digits != lowered and digits.isascii() and digits.isdigit() and int(digits) < 256:
        return int(digits)
    raise FlowTextError(phrase("a protocol ({protocols}, N from 0 to 255)", protocols=_PROTOCOLS), f"`{word}`", at)


def _split_end(word: str, at: int) -> tuple[str, str | None]:
    """(address text, port text or None). An IPv6 address without brackets has no port."""
    if word.startswith("["):
        address, bracket, rest = word[1:].partition("]")
        if not bracket or ":" not in address or (rest and not rest.startswith(":")):
            raise FlowTextError("`[IPv6]` or `[IPv6]:port`", f"`{word}`", at)
        return address, rest[1:] if rest else None
    if word.count(":") > 1:
        return word, None
    address, colon, port = word.partition(":")
    return address, port if colon else None


def _parse_end(word: str, at: int, protocol: int | None) -> tuple[AddrSet, PortSet | None]:
    address, port = _split_end(word, at)
    if port is not None and protocol not in PORT_PROTOCOLS:
        raise FlowTextError("an end without a port (only tcp and udp have ports)", f"`{word}`", at)
    return _address(address, word, at), None if port is None else _port(port, word, at)


def _address(text: str, word: str, at: int) -> AddrSet:
    if text == EVERY:
        return AddrSet.ANY
    try:
        return AddrSet.from_pairs([parse_range(text if _ONE_ADDRESS.fullmatch(text) else "")])
    except ValueError:
        raise FlowTextError("`*`, an address, CIDR or `[IPv6]`", f"`{word}`", at) from None


def _port(text: str, word: str, at: int) -> PortSet | None:
    try:
        found = PortSet.parse(text if _ONE_PORT.fullmatch(text) else "")
    except ValueError:
        raise FlowTextError("a port `0`-`65535`, `first-last` or `*`", f"`{word}`", at) from None
    return None if found.is_any else found


def _one_family(source: AddrSet, destination: AddrSet, protocol: int | None, word: str, at: int) -> None:
    if (source.v4.is_empty or destination.v4.is_empty) and (source.v6.is_empty or destination.v6.is_empty):
        raise FlowTextError("both ends in one address family", f"`{word}`", at)
    if protocol in ICMP_PROTOCOLS:
        wanted = "v6" if protocol == ICMP6 else "v4"
        if any(getattr(end, wanted).is_empty for end in (source, destination)):
            raise FlowTextError(
                phrase("IP{wanted} addresses with `{protocol}`", wanted=wanted, protocol=PROTOCOL_NAMES[protocol]),
                f"`{word}`",
                at,
            )


def _with_keys(parts: FlowParts, rest: Iterator[tuple[str, int]]) -> FlowParts:
    said: dict[str, int] = {}
    for word, at in rest:
        key, equals, value = word.partition("=")
        key = key.lower()
        if not equals or key not in _KEYS:
            raise FlowTextError(
                phrase("a part `key=value` with {names}", names=listed(f"`{k}`" for k in _KEYS)), f"`{word}`", at
            )
        if key in said:
            raise FlowTextError(phrase("`{key}` once", key=key), phrase("`{word}` again", word=word), at)
        said[key] = at
        parts = _with_key(parts, key, value, at + len(key) + 1)
    if "code" in said and "type" not in said:
        raise FlowTextError("`type=` beside `code=`", phrase("`code={code}` alone", code=parts.icmp_code), said["code"])
    return parts


def _with_key(parts: FlowParts, key: str, value: str, at: int) -> FlowParts:
    quoted = value.startswith('"') and value.endswith('"') and len(value) > 1
    plain = value[1:-1] if quoted else value
    if '"' in plain or (not plain and not quoted):
        raise FlowTextError("a bare value or one in double quotes", f"`{value}`", at)
    if not plain.isprintable():
        raise FlowTextError("a value without control characters", f"`{value!r}`", at)
    match key:
        case "profile":
            return replace(parts, profile=_choose(plain, at, _PROFILES))
        case "interface":
            return replace(parts, interface=_choose(plain, at, _INTERFACES))
        case "program":
            if not plain.strip():
                raise FlowTextError("a program path, a file name or `*`", f"`{value}`", at)
            return replace(parts, program=plain.strip())
        case "service":
            return replace(parts, service=plain.strip().lower())
    if parts.protocol not in ICMP_PROTOCOLS:
        raise FlowTextError(
            phrase("no `{key}=` (only icmp4 and icmp6 have one)", key=key), f"`{key}={value}`", at - len(key) - 1
        )
    if not (plain.isascii() and plain.isdigit() and int(plain) < 256):
        raise FlowTextError("a number from 0 to 255", f"`{value}`", at)
    return replace(parts, icmp_type=int(plain)) if key == "type" else replace(parts, icmp_code=int(plain))
