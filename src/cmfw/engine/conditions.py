"""Facts about Windows that both engines read: settings across stores, keyword ports, SIDs. Tables and merge laws only.

Every verdict is made elsewhere: ``reference`` decides one flow, ``exact`` decides sets.
"""

from __future__ import annotations

import re
from itertools import product

from cmfw.model.rule import HostRule, PortKeyword, Store
from cmfw.model.state import DEFAULT_RPC_PORTS, Gap, HostState
from cmfw.net.addr import V4_ALL, V6_ALL, AddrSet
from cmfw.net.flow import ICMP_PROTOCOLS, PORT_PROTOCOLS, Direction, Profile
from cmfw.net.intervals import Ranges
from cmfw.net.ports import PortSet
from cmfw.values import value

# Python 3.11 takes a tenth of a microsecond to look a member of an enumeration up, and these are asked for every rule
_IN, _OUT = Direction.IN, Direction.OUT
_LOCAL, _GPO, _MDM, _HARDENING, _APPISO, _LEGACY = (
    Store.LOCAL,
    Store.GPO,
    Store.MDM,
    Store.HARDENING,
    Store.APPISO,
    Store.LEGACY,
)

MULTICAST = AddrSet(
    (
        (224 << 24, (240 << 24) - 1),
        (V4_ALL[0][1], V4_ALL[0][1]),
        (V6_ALL[0][0] + (0xFF00 << 112), V6_ALL[0][1]),
    )
)
"""224.0.0.0/4, 255.255.255.255 and ff00::/8, of which LocalSubnet says nothing certain. Source: corrections 27."""
USER_TOKEN_SERVICES = frozenset({"bits", "wuauserv", "cryptsvc", "wlidsvc"})
"""Outbound rules for these services can miss: traffic may carry the user's token. Source: corrections 24."""
UNVERIFIED_SERVICES = frozenset({"ccmexec", "cmrcservice", "sleepagentservice", "ccmsetup", "smstsmgr"})
"""Configuration Manager services whose service SID nobody verified. Source: corrections 23."""
DEMANDING_IPSEC = {Direction.IN: ("secure", "secureserver"), Direction.OUT: ("secure",)}
"""Connection security rules that require IPsec, by direction. Source: corrections 28."""
FIREWALL_SERVICES = ("mpssvc", "bfe")
DISABLED = 4
"""Start type of a disabled service."""

_FIXED_PORTS = {
    PortKeyword.RPC_EPMAP.value: PortSet.of(135),
    PortKeyword.MDNS.value: PortSet.of(5353),
}
_LIKELY_PORTS = {
    PortKeyword.IPTLS_IN.value: PortSet.of(443),
    PortKeyword.IPHTTPS_IN.value: PortSet.of(443),
    PortKeyword.IPTLS_OUT.value: PortSet.of(443),
    PortKeyword.IPHTTPS_OUT.value: PortSet.of(443),
    PortKeyword.DHCP.value: PortSet.of(67, 68, 546, 547),
}


@value
class Settings:
    """The effective settings of one profile in one possible world."""

    firewall_on: bool
    shields_up: bool
    allow_inbound: bool
    allow_outbound: bool
    local_rules: bool
    local_ipsec: bool
    app_rules: bool
    port_rules: bool
    exempt_interfaces: bool = False
    """Whether some network interface is exempt from the firewall (DisabledInterfaces), so a flow may pass unfiltered."""

    def default_allows(self, direction: Direction) -> bool:
        """What happens to a flow that no rule matches."""
        return self.allow_inbound if direction is _IN else self.allow_outbound


_MERGED: tuple[tuple[str, tuple[Store, ...], bool], ...] = (
    # field of ProfileSettings, stores in order of precedence, default where no store configures it
    ("enable_firewall", (Store.GPO, Store.MDM, Store.LOCAL), True),
    ("default_inbound_allow", (Store.GPO, Store.MDM, Store.LOCAL), False),
    ("default_outbound_allow", (Store.GPO, Store.MDM, Store.LOCAL), True),
    ("allow_local_policy_merge", (Store.GPO, Store.MDM), True),
    ("allow_local_ipsec_policy_merge", (Store.GPO, Store.MDM), True),
    ("apps_allow_user_pref_merge", (Store.GPO, Store.MDM, Store.LOCAL), True),
    ("ports_allow_user_pref_merge", (Store.GPO, Store.MDM, Store.LOCAL), True),
)


def worlds(state: HostState, profile: Profile) -> tuple[Settings, ...]:
    """Every combination of effective settings that the evidence leaves open; one, unless GPO and MDM contradict.

    Source: MS-GPFAS 2.2.3 and MS-FASP 2.2.38 (merge law per setting); the order of GPO and MDM is in no source
    (facts/windows_firewall.md section 7), so a contradiction between those two yields both values.
    """
    choices: list[tuple[bool, ...]] = []
    for name, stores, default in _MERGED:
        by_store = {store: getattr(state.setting(store, profile), name) for store in stores}
        found = next((by_store[store] for store in stores if by_store[store] is not None), default)
        policy = {value for store, value in by_store.items() if store is not _LOCAL and value is not None}
        choices.append((False, True) if len(policy) == 2 else (bool(found),))
    shields = any(state.setting(store, profile).do_not_allow_exceptions for store in (_GPO, _MDM, _LOCAL))
    lists = [state.setting(store, profile).disabled_interfaces for store in (_GPO, _MDM, _LOCAL)]
    exempt = bool(next((names for names in lists if names is not None), ()))
    return tuple(
        Settings(on, shields, inbound, outbound, local, ipsec, apps, ports, exempt)
        for on, inbound, outbound, local, ipsec, apps, ports in product(*choices)
    )


def counts(rule: HostRule, settings: Settings) -> bool:
    """Whether a rule of the rule stores takes part at all under these settings (its profile and direction aside).

    The lists of Windows XP's firewall know one switch only, AllowUserPrefMerge, which policy sets for each list.

    Source: MS-FASP 3.1.3 (local rules and merge), MS-GPFAS 2.2.3 (AllowUserPrefMerge), facts/windows_firewall.md 1.2, 2.3.
    """
    if not rule.active or rule.store in (_HARDENING, _APPISO):
        return False
    if rule.store is _LEGACY and rule.protocol not in ICMP_PROTOCOLS:
        return settings.port_rules if rule.program is None else settings.app_rules
    if rule.store is not _LOCAL:
        return True
    if not settings.local_rules:
        return False
    if rule.direction is _IN and rule.service is None and rule.protocol in PORT_PROTOCOLS:
        if rule.program is not None and rule.local_port.is_any:
            return settings.app_rules
        if rule.program is None and _is_one_port(rule):
            return settings.port_rules
    return True


def _is_one_port(rule: HostRule) -> bool:
    ranges = rule.local_port.ports.ranges
    return not rule.local_port.keywords and len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def keyword_ports(word: str, rule: HostRule, state: HostState) -> tuple[PortSet, PortSet, str]:
    """(ports that the keyword certainly means, ports that it may mean, what is missing to know more).

    ``RPC`` is certain only for a rule that names the program or service which owns the port, because any other dynamic
    listener is outside it. Source: corrections 26, facts/windows_firewall.md 3.3, performance.md section 3.
    """
    if word in _FIXED_PORTS:
        return _FIXED_PORTS[word], _FIXED_PORTS[word], ""
    if word == PortKeyword.RPC:
        dynamic = state.rpc_ports or DEFAULT_RPC_PORTS
        owned = rule.program is not None or rule.service not in (None, "*")
        return (dynamic if owned else PortSet.EMPTY), dynamic, "rpc_range"
    return PortSet.EMPTY, _LIKELY_PORTS.get(word, PortSet.ANY), f"token:{word}"


def keyword_addresses(word: str, state: HostState) -> tuple[AddrSet, AddrSet, str]:
    """(addresses that the keyword certainly means, addresses that it may mean, what is missing to know more).

    Source: corrections 27 (LocalSubnet), facts/windows_firewall.md 3.3.
    """
    family: Ranges = {"4": V4_ALL, "6": V6_ALL}.get(word[-1:], AddrSet.ANY.ranges)
    every = AddrSet(family)
    if word.startswith("LocalSubnet"):
        if state.local_subnets is None:
            return AddrSet.EMPTY, every, "local_subnet"
        near = state.local_subnets & every
        return near - MULTICAST, near | (MULTICAST & every), "local_subnet"
    for name, addresses in state.keywords:
        if name == word:
            return addresses & every, addresses & every, ""
    return AddrSet.EMPTY, every, f"token:{word.rstrip('46')}"


def service_is_certain(rule: HostRule, state: HostState) -> bool:
    """Whether a rule's service condition surely matches the flows of that service. Source: corrections 23, 24."""
    name = (rule.service or "").lower()
    if rule.direction is _OUT and name in USER_TOKEN_SERVICES:
        return False
    for fact in state.services:
        if fact.name.lower() == name:
            return fact.sid_type in (1, 3)
    return name not in UNVERIFIED_SERVICES


def leaves_all_open(gap: Gap) -> bool:
    """Whether a gap can turn either answer, so that no step of the decision order is sure: lost settings, contradicting GPOs.

    A gap with one effect only stands for rules that were not seen, and those come after the settings.
    """
    return gap.may_allow and gap.may_block


_ACE = r"\((A|D);[^;]*;CC;[^;]*;[^;]*;([^;()]+)\)"
_EVERYONE = frozenset({"WD", "S-1-1-0"})
_SYSTEM_TOKEN = _EVERYONE | {"SY", "S-1-5-18", "AU", "S-1-5-11", "BA", "S-1-5-32-544"}


def sddl_admits(sddl: str, *, kernel: bool) -> bool | None:
    """Whether a local-user list admits the process: True, False, or None where its token is not known for certain.

    The kernel runs as SYSTEM, whose token is known; of any other process only "Everyone" is certain. Source: corrections
    31; well-known SIDs: Microsoft, "Security identifiers".
    """
    aces = re.findall(_ACE, sddl)
    if not aces or len(aces) != sddl.count("("):
        return None  # an entry that is not read may be the one that decides
    known = _SYSTEM_TOKEN if kernel else _EVERYONE
    denied = [sid for kind, sid in aces if kind == "D"]
    allowed = [sid for kind, sid in aces if kind == "A"]
    if any(sid in known for sid in denied):
        return False
    if any(sid in known for sid in allowed) and (kernel or not denied):
        return True
    return False if kernel else None


def platform_admits(rule: HostRule, state: HostState) -> bool | None:
    """Whether the rule's platform and version filters admit this Windows; None where its version is unknown.

    Source: MS-FASP 2.2.34 (Platform, Platform2, SkipVer).
    """
    extras = rule.extras
    if extras.skip_version is not None:
        if state.policy_version is None:
            return None
        if state.policy_version <= extras.skip_version:
            return False
    if not extras.platforms:
        return True
    if state.platform is None:
        return None
    for index, (_, major, minor) in enumerate(extras.platforms):
        last = index == len(extras.platforms) - 1
        if state.platform == (major, minor) or (last and extras.platform_at_least and state.platform > (major, minor)):
            return True
    return False
