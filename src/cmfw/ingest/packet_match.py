"""What the conditions of one packet filter rule hold together: the fields that narrow, whatever the syntax they came in.

Every format of packet filters says the same few things: protocol, addresses, ports, ICMP. A condition that nobody understood
is not a field: its reader says that the rule is not sure.
"""

from __future__ import annotations

from cmfw.net import intervals
from cmfw.net.addr import V6_BASE, AddrSet, parse_range
from cmfw.net.box import ALL_ICMP, ALL_PORTS, ALL_PROTOCOLS, boxes, packet_box
from cmfw.net.flow import ICMP4, ICMP6, TCP, UDP, Direction
from cmfw.net.flowset import FlowSet
from cmfw.net.intervals import Range, Ranges
from cmfw.words.phrases import phrase

PROTOCOLS = {
    "icmp": 1,
    "igmp": 2,
    "ipencap": 4,
    "tcp": 6,
    "udp": 17,
    "dccp": 33,
    "ipv6": 41,
    "gre": 47,
    "esp": 50,
    "ah": 51,
    "icmpv6": 58,
    "ipv6-icmp": 58,
    "eigrp": 88,
    "ospf": 89,
    "pim": 103,
    "ipcomp": 108,
    "vrrp": 112,
    "sctp": 132,
    "udplite": 136,
}
"""Names that packet filters take for protocol numbers. Source: IANA, Assigned Internet Protocol Numbers."""
SERVICES = {
    "ftp-data": 20,
    "ftp": 21,
    "ssh": 22,
    "telnet": 23,
    "smtp": 25,
    "domain": 53,
    "bootps": 67,
    "bootpc": 68,
    "tftp": 69,
    "http": 80,
    "www": 80,
    "kerberos": 88,
    "pop3": 110,
    "sunrpc": 111,
    "ntp": 123,
    "epmap": 135,
    "netbios-ns": 137,
    "netbios-dgm": 138,
    "netbios-ssn": 139,
    "imap2": 143,
    "imap": 143,
    "snmp": 161,
    "snmptrap": 162,
    "bgp": 179,
    "ldap": 389,
    "https": 443,
    "microsoft-ds": 445,
    "isakmp": 500,
    "syslog": 514,
    "ldaps": 636,
    "imaps": 993,
    "pop3s": 995,
    "ms-sql-s": 1433,
    "ms-wbt-server": 3389,
}
"""Names of ports that mean the same in every list of services. Source: IANA, Service Name and Transport Protocol Port Number Registry."""
ICMP_TYPES = {
    "echo-reply": 0,
    "pong": 0,
    "destination-unreachable": 3,
    "source-quench": 4,
    "redirect": 5,
    "echo-request": 8,
    "ping": 8,
    "router-advertisement": 9,
    "router-solicitation": 10,
    "time-exceeded": 11,
    "ttl-exceeded": 11,
    "parameter-problem": 12,
    "timestamp-request": 13,
    "timestamp-reply": 14,
    "info-request": 15,
    "info-reply": 16,
    "address-mask-request": 17,
    "address-mask-reply": 18,
}
ICMP6_TYPES = {
    "destination-unreachable": 1,
    "packet-too-big": 2,
    "time-exceeded": 3,
    "parameter-problem": 4,
    "echo-request": 128,
    "echo-reply": 129,
    "mld-listener-query": 130,
    "mld-listener-report": 131,
    "mld-listener-done": 132,
    "nd-router-solicit": 133,
    "nd-router-advert": 134,
    "nd-neighbor-solicit": 135,
    "nd-neighbor-advert": 136,
    "nd-redirect": 137,
}
"""Names of ICMP types as nft(8) and iptables-extensions(8) list them."""


class NotUnderstood(Exception):
    """A condition, or a value of one, that is none of those known here."""


_FREE: dict[str, Ranges | None] = {
    "protocol": ALL_PROTOCOLS,
    "source": AddrSet.ANY.ranges,
    "target": AddrSet.ANY.ranges,
    "source_port": ALL_PORTS,
    "target_port": ALL_PORTS,
    "types": None,
    "codes": None,
}
"""The fields of a match that nothing has narrowed yet."""


class PacketMatch:
    """The fields of one rule while it is read; each ``narrow`` takes away what the condition rules out."""

    __slots__ = ("codes", "protocol", "source", "source_port", "target", "target_port", "types")

    def __init__(self) -> None:
        self.protocol: Ranges = ALL_PROTOCOLS
        self.source: Ranges = AddrSet.ANY.ranges
        self.target: Ranges = AddrSet.ANY.ranges
        self.source_port: Ranges = ALL_PORTS
        self.target_port: Ranges = ALL_PORTS
        self.types: Ranges | None = None
        self.codes: Ranges | None = None

    def narrow(self, field: str, found: Ranges, whole: Ranges, *, negated: bool = False) -> None:
        """Keep of a field only ``found``, or what of ``whole`` is not in it."""
        kept = intervals.subtract(whole, found) if negated else found
        now = getattr(self, field)
        setattr(self, field, kept if now is _FREE[field] else intervals.intersect(now, kept))

    def narrowed(self) -> tuple[tuple[str, Ranges], ...]:
        """(field, what is kept of it) of every field that a condition has narrowed."""
        return tuple([(name, kept) for name, free in _FREE.items() if (kept := getattr(self, name)) is not free])

    def take(self, effect: tuple[tuple[str, Ranges], ...]) -> None:
        """Narrow by what another match had narrowed."""
        for name, kept in effect:
            now = getattr(self, name)
            setattr(self, name, kept if now is _FREE[name] else intervals.intersect(now, kept))

    def nothing(self) -> None:
        """No packet that opens a flow matches."""
        self.protocol = ()

    def flows(self) -> FlowSet:
        """The flows that all conditions hold for."""
        if not self.protocol:
            return FlowSet.EMPTY
        if self.protocol in WITH_PORTS_ALONE and self.source and self.target and self.target_port:
            # by far the commonest rule, in one family: what `boxes` would make of it at a third of its cost
            ends = (self.source[0][0], self.target[0][0], self.source[-1][1], self.target[-1][1])
            if (
                (max(ends[2:]) < V6_BASE or min(ends[:2]) >= V6_BASE)
                and self.types is self.codes is None
                and self.source_port
            ):
                one = packet_box(self.protocol, self.source, self.target, self.source_port, self.target_port)
                return FlowSet((one,))
        return FlowSet(
            boxes(
                direction=int(Direction.OUT),
                protocol=self.protocol,
                local=self.source,
                remote=self.target,
                local_port=self.source_port,
                remote_port=self.target_port,
                icmp=self._icmp(),
            )
        )

    def _icmp(self) -> Ranges:
        if self.types is None and self.codes is None:
            return ALL_ICMP
        types, codes = self.types or ((0, 255),), self.codes or ((0, 255),)
        if self.codes is None:
            return tuple((first * 256, last * 256 + 255) for first, last in types)
        found = [(t * 256 + a, t * 256 + z) for first, last in types for t in range(first, last + 1) for a, z in codes]
        return intervals.normalise(found)


def protocol_of(text: str) -> Range:
    """A protocol by name or number. Raises NotUnderstood."""
    number = PROTOCOLS.get(text.lower(), -1)
    if number < 0:
        number = _number(text, 255)
    return number, number


def port_of(text: str) -> Range:
    """A port or ``first-last``, by numbers or well-known names. Raises NotUnderstood."""
    if text.isdigit() and text.isascii() and len(text) < 6 and int(text) < 65536:
        return int(text), int(text)
    if text in SERVICES:
        return SERVICES[text], SERVICES[text]
    first, dash, last = text.partition("-")
    low = SERVICES.get(first, -1) if first in SERVICES else _number(first, 65535)
    high = (SERVICES[last] if last in SERVICES else _number(last, 65535)) if dash else low
    if low > high:
        raise NotUnderstood(phrase("`{text}` runs backwards", text=text))
    return low, high


def address_of(text: str, family: int) -> Range:
    """An address, subnet or range of one family. Raises NotUnderstood."""
    try:
        found = parse_range(text)
    except ValueError as error:
        raise NotUnderstood(str(error)) from error
    if (found[0] >= V6_BASE) != (family == 6):
        raise NotUnderstood(phrase("`{text}` is of the other family", text=text))
    return found


def icmp_type_of(text: str, family: int) -> Range:
    """An ICMP type by name or number. Raises NotUnderstood."""
    names = ICMP_TYPES if family == 4 else ICMP6_TYPES
    number = names.get(text, -1)
    if number < 0:
        number = _number(text, 255)
    return number, number


def _number(text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) > most:
        raise NotUnderstood(phrase("`{text}` is none of the values known", text=text))
    return int(text)


WITH_PORTS_ALONE: tuple[Ranges, ...] = (((TCP, TCP),), ((UDP, UDP),))
WITH_PORTS: Ranges = ((TCP, TCP), (UDP, UDP))
ICMP_OF: dict[int, Ranges] = {4: ((ICMP4, ICMP4),), 6: ((ICMP6, ICMP6),)}
