"""Predefined groups from their rows: which member rules a Windows of one SKU and build ships, as ``HostRule``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import overload

from cmfw.catalog.build import Row, cite, text
from cmfw.catalog.types import Group, GroupEdition, GroupMember
from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, PortMatch, RuleConditions, Store, new_rule
from cmfw.net.addr import AddrSet
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, ICMP4, ICMP6, PROTOCOL_NUMBERS, Direction, Profile
from cmfw.net.ports import PortSet

_DIRECTIONS = {"in": Direction.IN, "out": Direction.OUT}
_LIBRARY = "@FirewallAPI.dll,-"


_PROFILES = {profile.name: int(profile) for profile in Profile}


def group(key: str, row: Row) -> Group:
    """A row of ``group`` with its editions and their members."""
    return Group(
        id=key,
        resource=row["resource"],
        title=text(row["title"]),
        zh_verified=row["zh_verified"],
        reach=text(row["reach"]),
        gaps=text(row["gaps"]) if "gaps" in row else None,
        editions=Editions(row),
        cite=cite(row),
    )


class Editions(Sequence[GroupEdition]):
    """The editions of a group, made when one is first asked for: an audit asks for titles, and for few groups for more."""

    __slots__ = ("_made", "_row")

    def __init__(self, row: Row) -> None:
        self._row = row
        self._made: tuple[GroupEdition, ...] | None = None

    def _all(self) -> tuple[GroupEdition, ...]:
        if self._made is None:
            row = self._row
            members = [(member, _made(row["resource"], member)) for member in row["members"]]
            self._made = tuple(_edition(members, edition) for edition in row["editions"])
        return self._made

    @overload
    def __getitem__(self, at: int) -> GroupEdition: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[GroupEdition, ...]: ...
    def __getitem__(self, at: int | slice) -> GroupEdition | tuple[GroupEdition, ...]:
        return self._all()[at]

    def __iter__(self) -> Iterator[GroupEdition]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._row["editions"])

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, Sequence) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._all())


def _edition(members: list[tuple[Row, Callable[[tuple[int, int]], HostRule]]], row: Row) -> GroupEdition:
    major, minor = row["version"].split(".")
    version = (int(major), int(minor))
    return GroupEdition(
        sku=row["sku"],
        first_build=row.get("first_build"),
        last_build=row.get("last_build"),
        members=tuple(GroupMember(rule=make(version)) for member, make in members if fits(member, row)),
        cite=cite(row),
    )


def fits(member: Row, edition: Row) -> bool:
    """Whether the member row belongs to the edition row, all of its builds included."""
    since, until = member.get("first_build"), member.get("last_build")
    first, last = edition.get("first_build"), edition.get("last_build")
    fits_below = since is None or (first is not None and since <= first)
    fits_above = until is None or (last is not None and last <= until)
    return edition["sku"] in member.get("skus", (edition["sku"],)) and fits_below and fits_above


def _made(resource: str, row: Row) -> Callable[[tuple[int, int]], HostRule]:
    """What gives the member's rule in rule strings of one version: most members are the same in many editions."""
    protocol = PROTOCOL_NUMBERS[row["protocol"]]
    icmp = None
    if "icmp" in row:
        kind, code = row["icmp"].split(":")
        icmp = ((int(kind), None if code == "*" else int(code)),)
    conditions: RuleConditions = (
        Action.ALLOW,
        _DIRECTIONS[row["direction"]],
        Store.LOCAL,
        row.get("active", False),
        _profiles(row.get("profiles")),
        protocol,
        _ports(row.get("local_port")),
        _ports(row.get("remote_port")),
        icmp,
        AddressMatch.ANY,
        _remote(row.get("remote"), protocol),
        row.get("program"),
        row.get("service"),
        ALL_INTERFACES,
    )
    texts = (f"{_LIBRARY}{row['name']}", f"{_LIBRARY}{row['description']}", resource)
    extras = Extras(defer=row["defer"]) if "defer" in row else Extras.NONE
    return lambda version: new_rule(row["id"], conditions, texts, row.get("edge", False), extras, version, "")


def _profiles(names: list[str] | None) -> int:
    return ALL_PROFILES if names is None else sum(_PROFILES[name.upper()] for name in names)


def _ports(written: str | None) -> PortMatch:
    if written is None:
        return PortMatch.ANY
    if written[0].isdigit():
        return PortMatch(PortSet.parse(written))
    return PortMatch(PortSet.EMPTY, (written,))


def _remote(word: str | None, protocol: int) -> AddressMatch:
    """Rule strings name a keyword once per family; an ICMP rule has one family only."""
    if word is None:
        return AddressMatch.ANY
    families = {ICMP4: ("4",), ICMP6: ("6",)}.get(protocol, ("4", "6"))
    return AddressMatch(AddrSet.EMPTY, tuple(word + family for family in families))
