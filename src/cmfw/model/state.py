"""``HostState``: what a machine is configured to enforce, and ``Gap``: what could not be read.

A state is evidence, not a judgement: stores are kept apart here, and ``engine`` decides what counts.
"""

from __future__ import annotations

from typing import Any, ClassVar

from cmfw.model.rule import HostRule, Store
from cmfw.net.addr import AddrSet
from cmfw.net.flow import Profile
from cmfw.net.ports import PortSet
from cmfw.values import value

DEFAULT_RPC_PORTS = PortSet.of((49152, 65535))
"""Dynamic ports since Vista and Server 2008. Source: Microsoft, "Service overview and network port requirements"."""


@value(kw_only=True)
class ProfileSettings:
    """The settings of one profile in one store; None means that the store does not configure it.

    Source: MS-GPFAS 2.2.3; names after MS-FASP 2.2.38. ``default_*_allow`` is True for the action "allow".
    """

    enable_firewall: bool | None = None
    do_not_allow_exceptions: bool | None = None
    default_inbound_allow: bool | None = None
    default_outbound_allow: bool | None = None
    allow_local_policy_merge: bool | None = None
    allow_local_ipsec_policy_merge: bool | None = None
    apps_allow_user_pref_merge: bool | None = None
    ports_allow_user_pref_merge: bool | None = None
    disable_notifications: bool | None = None
    disable_stealth_mode: bool | None = None
    disable_unicast_responses: bool | None = None
    disabled_interfaces: tuple[str, ...] | None = None

    EMPTY: ClassVar[ProfileSettings]


ProfileSettings.EMPTY = ProfileSettings()


@value
class Gap:
    """Something that the evidence does not show, and which verdicts that can turn.

    ``may_allow``: an allow that we did not see may exist, so a block is not certain. ``may_block``: the reverse.
    ``code`` is a word of the machine contract (``no_gpo_source``, ``legacy_lists``, ``store:X``, ``token:X`` ...).
    """

    code: str
    detail: str
    may_allow: bool = False
    may_block: bool = False
    source: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The gap as plain JSON data."""
        return {
            "code": self.code,
            "detail": self.detail,
            "may_allow": self.may_allow,
            "may_block": self.may_block,
            "source": self.source or None,
        }


@value(kw_only=True)
class ServiceFact:
    """What a SYSTEM hive says of one service. ``start`` 4 is disabled; ``sid_type`` 0 is none, 1 unrestricted, 3 restricted."""

    name: str
    start: int | None = None
    sid_type: int | None = None
    account: str = ""


@value(kw_only=True)
class ConnectionRule:
    """One connection security (IPsec) rule; only whether it demands IPsec matters here, and over which addresses.

    ``action`` is as stored in lower case (``boundary``, ``secure``, ``secureserver``, ``donotsecure``). A part that could
    not be read is written as ANY: it then overlaps more, and more verdicts stay unknown.
    """

    id: str
    store: Store
    action: str
    active: bool = True
    profiles: int = 7
    endpoint1: AddrSet = AddrSet.ANY
    endpoint2: AddrSet = AddrSet.ANY
    protocol: int | None = None
    origin: str = ""


@value(kw_only=True)
class Listener:
    """Something that was listening on a port when the machine was looked at; ``program`` is its path or name, where known."""

    protocol: int
    port: int
    program: str = ""


@value(kw_only=True)
class StateSource:
    """One input file of a state: its path, format, and how many rules of which store it held.

    ``live_profiles`` are the profiles of the interfaces that were up (None: the file does not say), ``listeners`` what was
    listening on the ports that were looked at.
    """

    path: str
    format: str
    sha256: str = ""
    counts: tuple[tuple[str, int, int], ...] = ()
    """(store or key name, rules in total, rules that are active), in reading order."""
    live_profiles: tuple[Profile, ...] | None = None
    listeners: tuple[Listener, ...] = ()


@value(kw_only=True)
class HostState:
    """What a machine enforces, as far as the evidence shows. All sources of one state describe one machine.

    ``settings`` has one entry per (store, profile) that configures anything. ``services`` are keyed by lower-case name.
    ``local_subnets`` are the on-link prefixes, None where unknown. ``keywords`` resolves address keywords (``DNS4`` ...)
    that the host facts name. ``rpc_ports`` None is the Windows default. ``platform`` is the NT (major, minor).
    """

    settings: tuple[tuple[Store, Profile, ProfileSettings], ...] = ()
    rules: tuple[HostRule, ...] = ()
    connection_rules: tuple[ConnectionRule, ...] = ()
    services: tuple[ServiceFact, ...] = ()
    policy_version: tuple[int, int] | None = None
    platform: tuple[int, int] | None = None
    local_subnets: AddrSet | None = None
    addresses: AddrSet = AddrSet.EMPTY
    keywords: tuple[tuple[str, AddrSet], ...] = ()
    rpc_ports: PortSet | None = None
    gaps: tuple[Gap, ...] = ()
    sources: tuple[StateSource, ...] = ()

    @property
    def live_profiles(self) -> tuple[Profile, ...] | None:
        """The profiles in use when the machine was looked at; None where no file says, or two of them differ."""
        found = {source.live_profiles for source in self.sources if source.live_profiles is not None}
        return found.pop() if len(found) == 1 else None

    def setting(self, store: Store, profile: Profile) -> ProfileSettings:
        """What ``store`` configures for ``profile``; an empty value where it configures nothing."""
        for its_store, its_profile, configured in self.settings:
            if its_store is store and its_profile is profile:
                return configured
        return ProfileSettings.EMPTY
