"""What one file says of a machine, before several files are merged into one ``HostState``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cmfw.errors import Problem
from cmfw.model.rule import HostRule, Store
from cmfw.model.state import ConnectionRule, Gap, Listener, ProfileSettings, ServiceFact
from cmfw.net.addr import AddrSet
from cmfw.net.flow import ALL_DIRECTIONS, Profile
from cmfw.net.ports import PortSet
from cmfw.values import value


@value
class Cancel:
    """What a disabled entry of an old exception list takes out of force elsewhere; see ``legacy_lists``.

    Ports of one protocol, or one canonical ``program``. ``switch`` is the key of a predefined service that goes too.
    ``only_local``: rules of Group Policy stay.
    """

    profiles: int
    protocol: int | None = None
    ports: PortSet = PortSet.EMPTY
    switch: str = ""
    program: str = ""
    only_local: bool = False


@value(kw_only=True)
class StorePart:
    """One policy store as one file holds it.

    ``name`` tells stores of a kind apart in counts (``hardening static``). ``keeps_rules`` says whether there is a key
    for rules at all. ``shows_rules`` and ``shows_settings``: whether the file could show them; a listing of rules shows no
    settings, and two files that each show one half of a store make a whole. ``cancels`` are the disabled entries of old lists.
    """

    store: Store
    name: str
    settings: tuple[tuple[Profile, ProfileSettings], ...] = ()
    rules: tuple[HostRule, ...] = ()
    connection_rules: tuple[ConnectionRule, ...] = ()
    gaps: tuple[Gap, ...] = ()
    problems: tuple[Problem, ...] = ()
    keeps_rules: bool = True
    shows_rules: bool = True
    shows_settings: bool = True
    cancels: tuple[Cancel, ...] = ()
    directions: int = ALL_DIRECTIONS
    """Of which directions the file lists rules, where it lists any."""
    hides_merge: bool = False
    """Whether the file lists rules of Group Policy and cannot show whether local rules count beside them."""


def listed_directions(rules: Iterable[HostRule]) -> int:
    """The directions of which a listing has rules, as a mask; both where it has no rule at all.

    Windows ships dozens of rules of each, so a listing with rules of one direction was made of that one alone, which the
    listing itself does not say: ``dir=in`` and ``-Direction`` leave no trace in it.
    """
    found = 0
    for rule in rules:
        found |= rule.direction
    return found or ALL_DIRECTIONS


@value
class ExportedObject:
    """One object of a PowerShell export: its file and properties, and where it stands (key path, line).

    ``section`` names the parts of the document around it, in lower case.
    """

    file: str
    properties: dict[str, Any]
    place: str = ""
    line: int | None = None
    section: str = ""


@value(kw_only=True)
class Evidence:
    """One file (or one GPO of a backup): its stores, what else it says of the host, and everything wrong with it.

    ``objects`` are those of a PowerShell export, kept because the filters of its rules may be in other files.
    ``local_subnets`` are the on-link prefixes and ``live_profiles`` the profiles of the interfaces that are up, None where the
    file does not say. ``keywords`` are what address keywords stand for.
    """

    path: str
    format: str
    parts: tuple[StorePart, ...] = ()
    services: tuple[ServiceFact, ...] = ()
    policy_version: tuple[int, int] | None = None
    addresses: AddrSet = AddrSet.EMPTY
    rpc_ports: PortSet | None = None
    local_subnets: AddrSet | None = None
    keywords: tuple[tuple[str, AddrSet], ...] = ()
    live_profiles: tuple[Profile, ...] | None = None
    listeners: tuple[Listener, ...] = ()
    objects: tuple[ExportedObject, ...] = ()
    gaps: tuple[Gap, ...] = ()
    problems: tuple[Problem, ...] = ()

    def has(self, store: Store) -> bool:
        """Whether the file holds that store."""
        return any(part.store is store for part in self.parts)
