"""Reads IPv4 access lists of Cisco ASA, IOS and NX-OS as the lines of a filter between zones.

One file holds one access list, or one is chosen by its name. Network objects and groups of them are followed; service and protocol
objects, interfaces and time ranges leave an entry in doubt, and so does IPv6 everywhere.
Source: Cisco, "ASA Series CLI: Access Control Lists"; "IOS Security Configuration Guide: Access Control Lists"; "NX-OS: IP ACLs".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cmfw.errors import Problem
from cmfw.ingest.packet_chains import EITHER
from cmfw.ingest.packet_match import WITH_PORTS, NotUnderstood, PacketMatch, address_of, icmp_type_of, port_of, protocol_of
from cmfw.model.path import EVERYTHING, PathLine
from cmfw.model.verdict import Answer
from cmfw.net import intervals
from cmfw.net.addr import V4_ALL, V6_ALL, format_address
from cmfw.net.box import ALL_PORTS, ALL_PROTOCOLS
from cmfw.net.flow import ICMP4, Direction
from cmfw.net.flowset import FlowSet, boxes
from cmfw.net.intervals import Ranges
from cmfw.words.phrases import phrase

_ANSWERS = {"permit": Answer.ALLOW, "deny": Answer.BLOCK}
_V6 = FlowSet(boxes(direction=int(Direction.OUT), local=V6_ALL))
_PORT_WORDS = frozenset({"eq", "range", "gt", "lt", "neq"})
_NO_CONDITION = frozenset({"log", "log-input"})
_PORTS = {
    "aol": 5190, "biff": 512, "bootpc": 68, "bootps": 67, "chargen": 19, "cifs": 3020, "citrix-ica": 1494, "cmd": 514,
    "ctiqbe": 2748, "daytime": 13, "discard": 9, "dnsix": 195, "drip": 3949, "echo": 7, "exec": 512, "finger": 79, "gopher": 70,
    "h323": 1720, "hostname": 101, "ident": 113, "imap4": 143, "irc": 194, "kerberos": 750, "klogin": 543, "kshell": 544,
    "login": 513, "lotusnotes": 1352, "lpd": 515, "mobile-ip": 434, "msrpc": 135, "nameserver": 42, "netbios-dgm": 138,
    "netbios-ns": 137, "netbios-ss": 139, "netbios-ssn": 139, "nfs": 2049, "nntp": 119, "non500-isakmp": 4500,
    "pcanywhere-data": 5631, "pcanywhere-status": 5632, "pim-auto-rp": 496, "pop2": 109, "pptp": 1723, "radius": 1645,
    "radius-acct": 1646, "rip": 520, "rsh": 514, "rtsp": 554, "secureid-udp": 5510, "sip": 5060, "sqlnet": 1521, "tacacs": 49,
    "talk": 517, "time": 37, "uucp": 540, "who": 513, "whois": 43, "www": 80, "xdmcp": 177,
}  # fmt: skip
"""Names that Cisco has for ports beside those that all lists of services share, or means another port by: its Kerberos is the old one.
Source: Cisco, ASA Series General Operations CLI Configuration Guide, "TCP and UDP Ports"; IOS Security Command Reference, "permit (IP)"."""
_ICMP = {"echo": 8, "unreachable": 3}
_MOST_DEPTH = 20


@dataclass(slots=True)
class _Entry:
    """One entry of a list: its words behind the list's name, whether masks are those of networks (ASA), and where it stands."""

    words: list[str]
    is_asa: bool
    text: str
    origin: str


@dataclass(slots=True)
class _Lists:
    """What one configuration says: entries by list, and members of network objects by name."""

    entries: dict[str, list[_Entry]] = field(default_factory=dict)
    objects: dict[str, list[list[str]]] = field(default_factory=dict)


def read_acl(
    text: str, path: str, name: str = "", *, families: tuple[int, ...] = (4, 6)
) -> tuple[tuple[PathLine, ...], list[Problem]]:
    """(lines, problems) of the access list of that name, or of the only one in the file.

    The lists are of IPv4; where the other family is asked for as well, it is in doubt.
    """
    lists = _parsed(text, path)
    if not name and len(lists.entries) == 1:
        name = next(iter(lists.entries))
    if name not in lists.entries:
        doubt = PathLine(answer=Answer.UNKNOWN, flows=EVERYTHING, text="", origin=path, may=EITHER)
        return (doubt,), [
            Problem(
                path,
                phrase("the access list `{name}`", name=name) if name else "one access list",
                phrase("{count} of them", count=len(lists.entries)),
            )
        ]
    lines = [line for entry in lists.entries[name] for line in _lines(entry, lists)]
    unsaid = PathLine(answer=Answer.UNKNOWN, flows=_V6, text="IPv6", origin=path, may=EITHER)
    return ((unsaid, *lines) if 6 in families else tuple(lines)), []


def _parsed(text: str, path: str) -> _Lists:
    """The lists and objects; a line that is indented belongs to the one above that is not."""
    found = _Lists()
    head: list[str] = []
    for number, raw in enumerate(text.splitlines(), 1):
        words = raw.split()
        if not words or words[0][0] == "!":
            continue
        origin = f"{path}:{number}"
        if not raw[0].isspace():
            head = words
            if words[0] == "access-list" and len(words) > 3:
                _asa(words, raw, origin, found)
            elif words[:2] == ["ip", "access-list"] and len(words) > 2:
                found.entries.setdefault(words[-1], [])
            elif words[:2] in (["object", "network"], ["object-group", "network"]) and len(words) > 2:
                found.objects.setdefault(words[2], [])
        elif head[:2] == ["ip", "access-list"] and len(head) > 2:
            numbered = words[1:] if words[0].isdigit() else words
            if numbered and numbered[0] != "remark":
                found.entries[head[-1]].append(_Entry(numbered, head[2] == "standard", raw.strip(), origin))
        elif (
            head[:2] in (["object", "network"], ["object-group", "network"]) and len(head) > 2 and words[0] != "description"
        ):
            found.objects[head[2]].append(words)
    return found


def _asa(words: list[str], raw: str, origin: str, found: _Lists) -> None:
    """``access-list NAME [extended] permit ...``; a remark is no entry."""
    entries = found.entries.setdefault(words[1], [])
    rest = words[4:] if words[2] == "line" else words[2:]
    if rest[:1] == ["remark"]:
        return
    if rest[:1] == ["extended"]:
        entries.append(_Entry(rest[1:], True, raw.strip(), origin))
    else:
        # a standard list or a numbered one of IOS: what it holds is not taken apart here
        entries.append(_Entry(["", *rest], True, raw.strip(), origin))


def _lines(entry: _Entry, lists: _Lists) -> Iterator[PathLine]:
    words = entry.words
    if "inactive" in words:
        return
    answer = _ANSWERS.get(words[0])
    match = PacketMatch()
    match.narrow("source", V4_ALL, V4_ALL)
    try:
        _Reading(entry, lists, match).read()
    except (NotUnderstood, IndexError):
        may = EITHER if answer is None else (answer,)
        yield PathLine(answer=Answer.UNKNOWN, flows=EVERYTHING, text=entry.text, origin=entry.origin, may=may)
        return
    if answer is None:
        yield PathLine(answer=Answer.UNKNOWN, flows=match.flows(), text=entry.text, origin=entry.origin, may=EITHER)
    else:
        yield PathLine(answer=answer, flows=match.flows(), text=entry.text, origin=entry.origin)


class _Reading:
    """One entry while its words are read, from the left. Raises NotUnderstood, or IndexError where words are missing."""

    def __init__(self, entry: _Entry, lists: _Lists, match: PacketMatch) -> None:
        self.words, self.at = entry.words, 1
        self.is_asa, self.lists, self.match = entry.is_asa, lists, match

    def _next(self) -> str:
        self.at += 1
        return self.words[self.at - 1]

    def _peek(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def read(self) -> None:
        """Read the whole entry into the match."""
        protocol = self._next()
        number = None if protocol == "ip" else protocol_of(protocol)
        if number is not None:
            self.match.narrow("protocol", (number,), ALL_PROTOCOLS)
        for end in ("source", "target"):
            self.match.narrow(end, self._address(), V4_ALL)
            if self._peek() in _PORT_WORDS:
                self.match.narrow("protocol", WITH_PORTS, ALL_PROTOCOLS)
                self.match.narrow(f"{end}_port", self._ports(), ALL_PORTS)
        if number == (ICMP4, ICMP4) and self._peek() and self._peek() not in _NO_CONDITION:
            self._icmp()
        while (word := self._peek()) and word in ("established", *_NO_CONDITION):
            self.at += 1
            if word == "established":
                # the packet that opens a connection has no ACK
                self.match.nothing()
            elif self.is_asa:
                # ASA: a level and an interval may follow
                self.at = len(self.words)
        if self._peek():
            raise NotUnderstood(self._peek())

    def _address(self) -> Ranges:
        word = self._next()
        if word in ("any", "any4"):
            return V4_ALL
        if word == "host":
            return (address_of(self._next(), 4),)
        if word in ("object", "object-group"):
            return self._object(self._next(), 0)
        if "/" in word:
            return (address_of(word, 4),)
        return (self._masked(word, self._next()),)

    def _masked(self, address: str, mask: str) -> tuple[int, int]:
        """An address with a mask: of the network on ASA, of the bits that may differ on IOS and NX-OS."""
        if not self.is_asa:
            inverted = address_of(mask, 4)[0] ^ 0xFFFFFFFF
            mask = format_address(inverted)
        return address_of(f"{address}/{mask}", 4)

    def _object(self, name: str, depth: int) -> Ranges:
        members = self.lists.objects.get(name)
        if not members or depth > _MOST_DEPTH:
            raise NotUnderstood(name)
        found: list[tuple[int, int]] = []
        for words in members:
            kind, rest = words[0], words[1:]
            if kind == "network-object" and rest[:1] in (["host"], ["object"]):
                kind, rest = rest[0], rest[1:]
            if kind == "host":
                found.append(address_of(rest[0], 4))
            elif kind in ("object", "group-object"):
                found += self._object(rest[0], depth + 1)
            elif kind in ("subnet", "network-object"):
                found.append(address_of(f"{rest[0]}/{rest[1]}", 4))
            elif kind == "range":
                found.append(address_of(f"{rest[0]}-{rest[1]}", 4))
            else:
                raise NotUnderstood(kind)
        return intervals.normalise(found)

    def _ports(self) -> Ranges:
        word = self._next()
        first = _port(self._next())
        if word == "range":
            return ((first, _port(self._next())),)
        if word == "gt":
            return ((first + 1, 65535),) if first < 65535 else ()
        if word == "lt":
            return ((0, first - 1),) if first else ()
        if word == "neq":
            return intervals.subtract(ALL_PORTS, ((first, first),))
        found = [(first, first)]
        while not self.is_asa and self._peek().isdigit():
            # IOS takes several ports behind `eq`
            number = _port(self._next())
            found.append((number, number))
        return intervals.normalise(found)

    def _icmp(self) -> None:
        word = self._next()
        kind = (_ICMP[word], _ICMP[word]) if word in _ICMP else icmp_type_of(word, 4)
        self.match.narrow("types", (kind,), ())
        if self._peek().isdigit():
            self.match.narrow("codes", (icmp_type_of(self._next(), 4),), ())


def _port(text: str) -> int:
    return _PORTS[text] if text in _PORTS else port_of(text)[0]
