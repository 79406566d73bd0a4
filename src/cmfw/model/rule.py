"""``HostRule``: one Windows Firewall rule, and the few value types that its conditions are made of.

Field names follow New-NetFirewallRule in snake case. A condition that is absent is written out (``PortMatch.ANY``,
``AddressMatch.ANY``, ``ALL_PROFILES``): emptiness never means any. Vendor spellings live in the importer of each format.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

from cmfw.net.addr import AddrSet
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, KERNEL, Direction
from cmfw.net.ports import PortSet
from cmfw.values import value

PROTOCOL_ANY = None


class Action(StrEnum):
    """What a rule does with what it matches."""

    ALLOW = "allow"
    BLOCK = "block"
    BYPASS = "bypass"


class Store(StrEnum):
    """Where a rule or setting lives. Source: MS-FASP 2.2.32, facts/windows_firewall.md 1.1."""

    LOCAL = "local"
    GPO = "gpo"
    MDM = "mdm"
    HARDENING = "hardening"
    APPISO = "appiso"
    LEGACY = "legacy"


class PortKeyword(StrEnum):
    """Ports that Windows knows by role, in the spelling of rule strings."""

    RPC = "RPC"
    RPC_EPMAP = "RPC-EPMap"
    TEREDO = "Teredo"
    IPTLS_IN = "IPTLSIn"
    IPHTTPS_IN = "IPHTTPSIn"
    IPTLS_OUT = "IPTLSOut"
    IPHTTPS_OUT = "IPHTTPSOut"
    PLAY_TO = "Ply2Disc"
    MDNS = "mDNS"
    DHCP = "DHCP"
    CDP = "TcpCDPSvc"
    CORTANA = "CortanaOut"


@value
class PortMatch:
    """A port condition: numbers and keywords, OR-ed. ``keywords`` are sorted spellings of ``PortKeyword`` or unknown words."""

    ports: PortSet
    keywords: tuple[str, ...] = ()

    ANY: ClassVar[PortMatch]

    @property
    def is_any(self) -> bool:
        """Whether the condition lets every port pass."""
        return self.ports.is_any


@value
class AddressMatch:
    """An address condition: addresses and keywords, OR-ed.

    ``keywords`` are sorted, each a rule-string word with the family it was written for appended (``LocalSubnet4``,
    ``LocalSubnet6``, ``DNS4``, ``IntErnet6``), because a rule that names only ``RA4`` matches only IPv4.
    """

    addresses: AddrSet
    keywords: tuple[str, ...] = ()

    ANY: ClassVar[AddressMatch]

    @property
    def is_any(self) -> bool:
        """Whether the condition lets every address of both families pass."""
        return self.addresses.is_any


PortMatch.ANY = PortMatch(PortSet.ANY)
AddressMatch.ANY = AddressMatch(AddrSet.ANY)


@value(kw_only=True, opened=True)
class Extras:
    """The rarer conditions of a rule; ``Extras.NONE`` (shared) means that it has none of them.

    ``platforms`` are (platform, major, minor); ``platform_at_least`` applies to the last of them (Platform2=GTEQ).
    ``unknown`` keeps tokens that we do not model as (token, value): they can only narrow what the rule proves.
    ``invalid`` are reasons why Windows may refuse the rule (facts/windows_firewall.md 2.3).
    """

    interface_ids: tuple[str, ...] = ()
    platforms: tuple[tuple[int, int, int], ...] = ()
    platform_at_least: bool = False
    skip_version: tuple[int, int] | None = None
    security: tuple[str, ...] = ()
    bypass_out: bool = False
    remote_machines: str = ""
    remote_users: str = ""
    local_users: str = ""
    local_owner: str = ""
    packages: tuple[str, ...] = ()
    proximity: tuple[str, ...] = ()
    loose_source: bool = False
    ignore_remote: bool = False
    cross_profile: bool = False
    defer: str = ""
    unknown: tuple[tuple[str, str], ...] = ()
    invalid: tuple[str, ...] = ()

    NONE: ClassVar[Extras]


Extras.NONE = Extras()


_OpenExtras: Any = Extras.__base__


def new_extras(fields: dict[str, Any]) -> Extras:
    """The ``Extras`` of all its fields, in order, four times faster than its constructor."""
    made = _OpenExtras()
    (
        made.interface_ids,
        made.platforms,
        made.platform_at_least,
        made.skip_version,
        made.security,
        made.bypass_out,
        made.remote_machines,
        made.remote_users,
        made.local_users,
        made.local_owner,
        made.packages,
        made.proximity,
        made.loose_source,
        made.ignore_remote,
        made.cross_profile,
        made.defer,
        made.unknown,
        made.invalid,
    ) = fields.values()
    made.__class__ = Extras
    return made  # type: ignore[no-any-return]


@value(kw_only=True, opened=True)
class HostRule:
    """One Windows Firewall rule, normalised.

    ``id`` is the registry value name (not unique across stores), ``origin`` is ``FILE!KEY\\VALUE`` or ``FILE:LINE``,
    ``version`` the (major, minor) of the rule string. ``profiles`` and ``interfaces`` are bit masks of ``net.flow``.
    ``protocol`` None is any. ``icmp`` None is every type, else (type, code or None) pairs, OR-ed. ``program`` is the text
    as stored (compare with ``canonical_program``), None is any; ``service`` ``*`` is any service but no plain process.
    ``group`` is the EmbedCtxt text as stored (compare with ``group_id``).
    """

    id: str
    action: Action
    direction: Direction
    store: Store = Store.LOCAL
    active: bool = True
    profiles: int = ALL_PROFILES
    protocol: int | None = PROTOCOL_ANY
    local_port: PortMatch = PortMatch.ANY
    remote_port: PortMatch = PortMatch.ANY
    icmp: tuple[tuple[int, int | None], ...] | None = None
    local_address: AddressMatch = AddressMatch.ANY
    remote_address: AddressMatch = AddressMatch.ANY
    program: str | None = None
    service: str | None = None
    interfaces: int = ALL_INTERFACES
    name: str = ""
    description: str = ""
    group: str = ""
    edge: bool = False
    extras: Extras = Extras.NONE
    version: tuple[int, int] = (2, 10)
    origin: str = ""


OpenRule: Any = HostRule.__base__
"""A ``HostRule`` under construction, not frozen yet. Whoever has filled all fields sets its ``__class__`` to ``HostRule``."""

RuleConditions = tuple[
    Action,
    Direction,
    Store,
    bool,
    int,
    int | None,
    PortMatch,
    PortMatch,
    tuple[tuple[int, int | None], ...] | None,
    AddressMatch,
    AddressMatch,
    str | None,
    str | None,
    int,
]
"""The fields of ``HostRule`` from ``action`` to ``interfaces``, in order."""


def new_rule(
    id: str,  # noqa: A002
    conditions: RuleConditions,
    texts: tuple[str, str, str],
    edge: bool,
    extras: Extras,
    version: tuple[int, int],
    origin: str,
) -> HostRule:
    """The ``HostRule`` of shared parts (``texts`` are name, description and group), six times faster than its constructor."""
    rule = OpenRule()
    rule.id = id
    (
        rule.action,
        rule.direction,
        rule.store,
        rule.active,
        rule.profiles,
        rule.protocol,
        rule.local_port,
        rule.remote_port,
        rule.icmp,
        rule.local_address,
        rule.remote_address,
        rule.program,
        rule.service,
        rule.interfaces,
    ) = conditions
    rule.name, rule.description, rule.group = texts
    rule.edge = edge
    rule.extras = extras
    rule.version = version
    rule.origin = origin
    rule.__class__ = HostRule
    return rule  # type: ignore[no-any-return]


def changed_rule(rule: HostRule, **changes: Any) -> HostRule:
    """The rule with other values of some fields: what ``dataclasses.replace`` gives, in a small part of its time."""
    made = OpenRule()
    # one by one: each is an access that Python learns the place of
    made.id = rule.id
    made.action = rule.action
    made.direction = rule.direction
    made.store = rule.store
    made.active = rule.active
    made.profiles = rule.profiles
    made.protocol = rule.protocol
    made.local_port = rule.local_port
    made.remote_port = rule.remote_port
    made.icmp = rule.icmp
    made.local_address = rule.local_address
    made.remote_address = rule.remote_address
    made.program = rule.program
    made.service = rule.service
    made.interfaces = rule.interfaces
    made.name = rule.name
    made.description = rule.description
    made.group = rule.group
    made.edge = rule.edge
    made.extras = rule.extras
    made.version = rule.version
    made.origin = rule.origin
    for field, found in changes.items():
        setattr(made, field, found)
    made.__class__ = HostRule
    return made  # type: ignore[no-any-return]


def rule_of_store(rule: HostRule, store: Store, name: str, description: str, group: str) -> HostRule:
    """The rule as a policy of that store has it, with these texts, version 2.10 and no origin; made for every rule that is written."""
    made = OpenRule()
    made.id = rule.id
    made.action = rule.action
    made.direction = rule.direction
    made.store = store
    made.active = rule.active
    made.profiles = rule.profiles
    made.protocol = rule.protocol
    made.local_port = rule.local_port
    made.remote_port = rule.remote_port
    made.icmp = rule.icmp
    made.local_address = rule.local_address
    made.remote_address = rule.remote_address
    made.program = rule.program
    made.service = rule.service
    made.interfaces = rule.interfaces
    made.name = name
    made.description = description
    made.group = group
    made.edge = rule.edge
    made.extras = rule.extras
    made.version = (2, 10)
    made.origin = ""
    made.__class__ = HostRule
    return made  # type: ignore[no-any-return]


_ROOTS = (
    ("%systemroot%\\", "c:\\windows\\"),
    ("%windir%\\", "c:\\windows\\"),
    ("%programfiles(x86)%\\", "c:\\program files (x86)\\"),
    ("%programfiles%\\", "c:\\program files\\"),
    ("%programw6432%\\", "c:\\program files\\"),
    ("%commonprogramfiles(x86)%\\", "c:\\program files (x86)\\common files\\"),
    ("%commonprogramfiles%\\", "c:\\program files\\common files\\"),
    ("%programdata%\\", "c:\\programdata\\"),
    ("%allusersprofile%\\", "c:\\programdata\\"),
    ("%systemdrive%\\", "c:\\"),
    ("\\systemroot\\", "c:\\windows\\"),
)
_PROGRAMS: dict[str, str] = {}


def canonical_program(text: str) -> str:
    """The path in lower case with machine-wide variables expanded as on a standard installation (drive C).

    Two texts of the same program become equal; a variable that only a user or a host can expand stays in place, and
    ``is_resolved_program`` then says False. Source: facts/windows_firewall.md 3.3 (full path, case-insensitive).
    """
    found = _PROGRAMS.get(text)
    if found is None:
        path = text.strip().strip('"').lower().replace("/", "\\")
        while "\\\\" in path[1:]:
            path = path[0] + path[1:].replace("\\\\", "\\")
        for variable, root in _ROOTS:
            if path.startswith(variable):
                path = root + path[len(variable) :]
                break
        found = _PROGRAMS[text] = KERNEL if path == KERNEL else path
    return found


def is_resolved_program(path: str) -> bool:
    """Whether a canonical path names one file for certain: no variable, no 8.3 short name, a drive or share in front."""
    if path == KERNEL:
        return True
    return "%" not in path and "~" not in path and (path[1:3] == ":\\" or path.startswith("\\\\"))


def program_basename(path: str) -> str:
    """The file name of a canonical path."""
    return path.rpartition("\\")[2]


_GROUP_IDS: dict[str, str] = {}


def group_id(text: str) -> str:
    """The group's resource id as ``@firewallapi.dll,-28502`` whatever the case or folder it was written with.

    Plain text groups come back in lower case. Source: facts/configmgr.md 4.1.
    """
    found = _GROUP_IDS.get(text)
    if found is None:
        found = text.strip().lower()
        if found.startswith("@") and ",-" in found:
            path, _, number = found.partition(",-")
            found = f"@{path[1:].replace('/', chr(92)).rpartition(chr(92))[2]},-{number}"
        if len(_GROUP_IDS) < 20_000:
            _GROUP_IDS[text] = found
    return found
