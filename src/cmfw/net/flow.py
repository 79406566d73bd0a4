"""``Flow``: one connection attempt, its first packet as one host sees it.

Hosts speak local and remote, networks speak source and destination; ``Flow.endpoints`` is the one conversion. Replies
are implied (the filters that we model are stateful), so a flow is directed by who opens it.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag

from cmfw.net.addr import format_address, is_v6
from cmfw.values import value

TCP, UDP, ICMP4, ICMP6 = 6, 17, 1, 58
PORT_PROTOCOLS = (TCP, UDP)
ICMP_PROTOCOLS = (ICMP4, ICMP6)
PROTOCOL_NAMES = {TCP: "tcp", UDP: "udp", ICMP4: "icmp4", ICMP6: "icmp6"}
PROTOCOL_NUMBERS = {name: number for number, name in PROTOCOL_NAMES.items()}
KERNEL = "system"
"""The program of every listener that lives in the Windows kernel (SMB, HTTP.sys)."""
NO_SERVICE = ""
"""The service of a process that is no Windows service."""


# what two masks share is a plain number here (`__and__`): to find its name, as `IntFlag` does, takes 2 us, each time


class Direction(IntFlag):
    """Who opens the flow, seen from the judged host; a bit mask in sets."""

    IN = 1
    OUT = 2

    __and__ = int.__and__  # type: ignore[assignment]
    __rand__ = int.__rand__  # type: ignore[assignment]


class Profile(IntFlag):
    """Windows Firewall profile of the interface; a bit mask in sets."""

    DOMAIN = 1
    PRIVATE = 2
    PUBLIC = 4

    __and__ = int.__and__  # type: ignore[assignment]
    __rand__ = int.__rand__  # type: ignore[assignment]


class Interface(IntFlag):
    """Kind of network interface; a bit mask in sets. RAS is dial-up and VPN."""

    LAN = 1
    WIRELESS = 2
    RAS = 4
    MOBILE = 8

    __and__ = int.__and__  # type: ignore[assignment]
    __rand__ = int.__rand__  # type: ignore[assignment]


class Principal(IntEnum):
    """Whether the process is an ordinary one, or one that only app-package, owner and proximity rules speak of.

    Source: corrections 30: a flow with a known program or service is never the second kind.
    """

    ORDINARY = 1
    CONFINED = 2


ALL_DIRECTIONS = int(Direction.IN | Direction.OUT)
ALL_PROFILES = int(Profile.DOMAIN | Profile.PRIVATE | Profile.PUBLIC)
ALL_INTERFACES = int(Interface.LAN | Interface.WIRELESS | Interface.RAS | Interface.MOBILE)
ALL_PRINCIPALS = int(Principal.ORDINARY | Principal.CONFINED)

PROFILE_NAMES = {Profile.DOMAIN: "domain", Profile.PRIVATE: "private", Profile.PUBLIC: "public"}
INTERFACE_NAMES = {
    Interface.LAN: "lan",
    Interface.WIRELESS: "wireless",
    Interface.RAS: "ras",
    Interface.MOBILE: "mobile",
}


@value(kw_only=True)
class Flow:
    """One concrete connection attempt as the judged host sees it.

    Addresses are address numbers (``net.addr``). Ports are present exactly for TCP and UDP, ``icmp_type`` and
    ``icmp_code`` exactly for ICMP. ``program`` is a canonical program path (``model.rule.canonical_program``) or
    ``KERNEL``; ``service`` a lower-case service name or ``NO_SERVICE``. Raises ValueError where these do not hold.
    """

    direction: Direction
    protocol: int
    local: int
    remote: int
    local_port: int | None = None
    remote_port: int | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None
    profile: Profile = Profile.DOMAIN
    interface: Interface = Interface.LAN
    principal: Principal = Principal.ORDINARY
    program: str = KERNEL
    service: str = NO_SERVICE

    def __post_init__(self) -> None:
        has_ports = self.protocol in PORT_PROTOCOLS
        has_type = self.protocol in ICMP_PROTOCOLS
        if has_ports != (self.local_port is not None) or has_ports != (self.remote_port is not None):
            raise ValueError("a flow has ports exactly when its protocol is TCP or UDP")
        if has_type != (self.icmp_type is not None) or has_type != (self.icmp_code is not None):
            raise ValueError("a flow has an ICMP type and code exactly when its protocol is ICMP")
        if is_v6(self.local) != is_v6(self.remote):
            raise ValueError("both addresses of a flow belong to one family")
        if has_type and is_v6(self.local) != (self.protocol == ICMP6):
            raise ValueError("ICMPv4 runs over IPv4 and ICMPv6 over IPv6")

    def endpoints(self) -> tuple[int, int | None, int, int | None]:
        """(source, source port, destination, destination port)."""
        if self.direction is Direction.IN:
            return self.remote, self.remote_port, self.local, self.local_port
        return self.local, self.local_port, self.remote, self.remote_port

    def text(self) -> str:
        """The canonical flow text, ``in tcp 10.0.0.5:50000 > 10.1.0.9:445 profile=domain ...``."""
        source, source_port, destination, destination_port = self.endpoints()
        name = PROTOCOL_NAMES.get(self.protocol, f"ip/{self.protocol}")
        words = [
            "in" if self.direction is Direction.IN else "out",
            name,
            end_text(format_address(source), source_port),
            ">",
            end_text(format_address(destination), destination_port),
        ]
        if self.icmp_type is not None:
            words += [f"type={self.icmp_type}", f"code={self.icmp_code}"]
        words.append(f"profile={PROFILE_NAMES[self.profile]}")
        if self.interface is not Interface.LAN:
            words.append(f"interface={INTERFACE_NAMES[self.interface]}")
        words.append(f"program={quoted(self.program)}")
        if self.service:
            words.append(f"service={quoted(self.service)}")
        return " ".join(words)


def end_text(address: str, port: int | str | None) -> str:
    """``address:port`` with IPv6 in brackets; without a port just the address."""
    if port is None:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def quoted(value: str) -> str:
    """The value bare, or in double quotes where it holds a blank; backslashes are literal."""
    return f'"{value}"' if " " in value or not value else value
