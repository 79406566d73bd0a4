"""Random states and flows from small universes, in which rules and flows meet often and every condition has a chance.

Plain ``random.Random`` makes a million pairs affordable; ``shrink`` cuts a failing pair down to what matters.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from random import Random

from cmfw.model.rule import (
    Action,
    AddressMatch,
    Extras,
    HostRule,
    PortMatch,
    Store,
    canonical_program,
    is_resolved_program,
)
from cmfw.model.state import ConnectionRule, Gap, HostState, ProfileSettings, ServiceFact
from cmfw.net.addr import AddrSet, parse_address
from cmfw.net.atoms import Atoms
from cmfw.net.flow import ICMP4, ICMP6, KERNEL, TCP, UDP, Direction, Flow, Interface, Principal, Profile
from cmfw.net.flowset import ALL_PORTS, FlowSet, boxes, flow_box
from cmfw.net.ports import PortSet

PORTS = (80, 135, 445, 2701, 49999, 50000, 50007)
PROGRAMS = (KERNEL, "c:\\windows\\system32\\svchost.exe", "c:\\windows\\ccm\\ccmexec.exe", "c:\\tools\\agent.exe")
RULE_PROGRAMS = (
    "System",
    "%SystemRoot%\\System32\\svchost.exe",
    "C:\\Windows\\CCM\\CcmExec.exe",
    "%LOCALAPPDATA%\\agent.exe",
    "C:\\TOOLS\\AGENT~1.EXE",
)
SERVICES = ("", "rpcss", "winmgmt", "ccmexec", "bits")
LOCALS4, LOCALS6 = ("10.1.0.9", "10.1.0.77"), ("fd00:1::9",)
REMOTES4 = ("10.0.0.5", "10.1.0.12", "192.0.2.66", "224.0.0.252")
REMOTES6 = ("fd00::5", "fd00:1::12", "ff02::fb")
SUBNETS = AddrSet.parse("10.1.0.0/24", "fd00:1::/64")
SDDLS = ("O:LSD:(A;;CC;;;WD)", "O:LSD:(A;;CC;;;SY)", "O:LSD:(A;;CC;;;AA)", "O:LSD:(D;;CC;;;S-1-5-18)")
ADDRESS_TEXTS = (*REMOTES4, *REMOTES6, "10.0.0.0/8", "10.1.0.0-10.1.0.20", "fd00::/16")
KEYWORD_PORTS = (
    PortMatch(PortSet.EMPTY, ("RPC",)),
    PortMatch(PortSet.EMPTY, ("RPC-EPMap",)),
    PortMatch(PortSet.of(80), ("Teredo",)),
    PortMatch(PortSet.EMPTY, ("IPHTTPSIn", "IPTLSIn")),
)
KEYWORD_ADDRESSES = (
    AddressMatch(AddrSet.EMPTY, ("LocalSubnet4", "LocalSubnet6")),
    AddressMatch(AddrSet.EMPTY, ("LocalSubnet4",)),
    AddressMatch(AddrSet.parse("10.0.0.5"), ("DNS4",)),
)
ODD_EXTRAS = (
    Extras(packages=("S-1-15-2-1",)),
    Extras(local_owner="S-1-5-21-7"),
    Extras(proximity=("WFDKmDriver",)),
    Extras(security=("Authenticate",)),
    Extras(security=("Authenticate",), bypass_out=True),
    Extras(security=("Authenticate",), local_users=SDDLS[1]),
    Extras(unknown=(("Novel", "1"),)),
    Extras(invalid=("ports without a protocol",)),
    Extras(ignore_remote=True),
    Extras(ignore_remote=True),
    Extras(interface_ids=("{11111111-2222-3333-4444-555555555555}",)),
    Extras(platforms=((2, 6, 2),), platform_at_least=True),
    Extras(platforms=((2, 6, 1), (2, 10, 0))),
    Extras(skip_version=(2, 20)),
    *(Extras(local_users=text) for text in SDDLS),
)
GAPS = (
    Gap("no_gpo_source", "no group policy given"),
    Gap("no_gpo_source", "no group policy given"),
    Gap("legacy_lists", "exceptions of the old kind", may_allow=True),
    Gap("store:local", "damaged", may_allow=True, may_block=True),
    Gap("token:lost", "one value unreadable", may_block=True),
)


def chance(rng: Random, one_in: int) -> bool:
    return rng.randrange(one_in) == 0


def port_match(rng: Random, *, keywords: bool) -> PortMatch:
    if chance(rng, 2):
        return PortMatch.ANY
    if keywords and chance(rng, 5):
        return rng.choice(KEYWORD_PORTS)
    return PortMatch(PortSet.of(*(rng.choice((*PORTS, (49152, 65535), (100, 500))) for _ in range(rng.randint(1, 2)))))


def addresses(rng: Random) -> AddrSet:
    return AddrSet.parse(*(rng.choice(ADDRESS_TEXTS) for _ in range(rng.randint(1, 2))))


def address_match(rng: Random) -> AddressMatch:
    if chance(rng, 2):
        return AddressMatch.ANY
    return rng.choice(KEYWORD_ADDRESSES) if chance(rng, 4) else AddressMatch(addresses(rng))


RULE_STORES = (Store.LOCAL,) * 7 + (Store.GPO,) * 6 + (Store.MDM, Store.LEGACY, Store.HARDENING, Store.APPISO)
HARDENING_STORES = (Store.LOCAL, Store.GPO) + (Store.HARDENING,) * 3


def rule(rng: Random, index: int, stores: tuple[Store, ...] = RULE_STORES) -> HostRule:
    protocol = rng.choice((TCP, TCP, TCP, None, None, UDP, ICMP4, ICMP6, 47))
    ported, icmp = protocol in (TCP, UDP), protocol in (ICMP4, ICMP6)
    types = tuple(rng.sample(((8, None), (3, 4), (128, None)), rng.randint(1, 2)))
    return HostRule(
        id=f"rule-{index}",
        action=rng.choice((Action.ALLOW,) * 16 + (Action.BLOCK,) * 4 + (Action.BYPASS,)),
        direction=rng.choice(tuple(Direction)),
        store=rng.choice(stores),
        active=not chance(rng, 10),
        profiles=rng.choice((7, 7, 7, 1, 2, 3, 6)),
        protocol=protocol,
        local_port=port_match(rng, keywords=True) if ported else PortMatch.ANY,
        remote_port=port_match(rng, keywords=False) if ported and chance(rng, 2) else PortMatch.ANY,
        icmp=types if icmp and chance(rng, 2) else None,
        local_address=AddressMatch(AddrSet.parse(rng.choice(LOCALS4))) if chance(rng, 12) else AddressMatch.ANY,
        remote_address=address_match(rng) if chance(rng, 2) else AddressMatch.ANY,
        program=rng.choice(RULE_PROGRAMS) if chance(rng, 5) else None,
        service=rng.choice((*SERVICES[1:], "RpcSs", "*")) if chance(rng, 6) else None,
        interfaces=rng.choice((15,) * 7 + (1, 2)),
        extras=rng.choice(ODD_EXTRAS) if chance(rng, 9) else Extras.NONE,
        origin=f"test.wfw!FirewallRules\\rule-{index}",
    )


def flag(rng: Random, one_in: int) -> bool | None:
    return rng.choice((True, False)) if chance(rng, one_in) else None


def profile_settings(rng: Random) -> ProfileSettings:
    return ProfileSettings(
        enable_firewall=rng.choice((True, True, False)) if chance(rng, 10) else None,
        do_not_allow_exceptions=flag(rng, 9),
        default_inbound_allow=flag(rng, 5),
        default_outbound_allow=flag(rng, 3),
        allow_local_policy_merge=flag(rng, 8),
        allow_local_ipsec_policy_merge=flag(rng, 5),
        apps_allow_user_pref_merge=flag(rng, 5),
        ports_allow_user_pref_merge=flag(rng, 5),
        disabled_interfaces=rng.choice(((), ("{GUID}",))) if chance(rng, 14) else None,
    )


def connection_rule(rng: Random) -> ConnectionRule:
    return ConnectionRule(
        id="consec",
        store=rng.choice((Store.LOCAL, Store.GPO)),
        action=rng.choice(("boundary", "secure", "secureserver")),
        active=not chance(rng, 3),
        profiles=rng.choice((7, 1, 6)),
        endpoint2=addresses(rng),
        protocol=rng.choice((None, TCP)),
    )


def service_fact(rng: Random) -> ServiceFact:
    start = 4 if chance(rng, 9) else 2
    return ServiceFact(name=rng.choice(("RpcSs", "CcmExec", "MpsSvc")), start=start, sid_type=rng.choice((None, 0, 1, 1, 3)))


def state(rng: Random, most_rules: int = 18) -> HostState:
    entries = tuple(
        (store, profile, profile_settings(rng))
        for store in (Store.LOCAL, Store.GPO, Store.MDM)
        for profile in Profile
        if chance(rng, 3)
    )
    stores = HARDENING_STORES if chance(rng, 12) else RULE_STORES
    return HostState(
        settings=entries,
        rules=tuple(rule(rng, index, stores) for index in range(rng.randint(min(4, most_rules), most_rules))),
        connection_rules=(connection_rule(rng),) if chance(rng, 9) else (),
        services=(service_fact(rng),) if chance(rng, 5) else (),
        policy_version=rng.choice((None, (2, 10), (2, 30))),
        platform=rng.choice((None, (6, 1), (10, 0))),
        local_subnets=rng.choice((None, SUBNETS, SUBNETS)),
        keywords=rng.choice(((), (("DNS4", AddrSet.parse("192.0.2.66")),))),
        gaps=(rng.choice(GAPS),) if chance(rng, 8) else (),
    )


def flow(rng: Random) -> Flow:
    v6 = chance(rng, 5)
    protocol = rng.choice((TCP,) * 6 + (UDP, ICMP6 if v6 else ICMP4, 47))
    ported, icmp = protocol in (TCP, UDP), protocol in (ICMP4, ICMP6)
    program = rng.choice(PROGRAMS)
    return Flow(
        direction=rng.choice(tuple(Direction)),
        protocol=protocol,
        local=parse_address(rng.choice(LOCALS6 if v6 else LOCALS4)),
        remote=parse_address(rng.choice(REMOTES6 if v6 else REMOTES4)),
        local_port=rng.choice(PORTS) if ported else None,
        remote_port=rng.choice(PORTS) if ported else None,
        icmp_type=rng.choice((8, 3, 128)) if icmp else None,
        icmp_code=rng.choice((0, 4)) if icmp else None,
        profile=rng.choice(tuple(Profile)),
        interface=rng.choice((Interface.LAN, Interface.LAN, Interface.WIRELESS, Interface.RAS)),
        principal=Principal.CONFINED if chance(rng, 14) else Principal.ORDINARY,
        program=program,
        service="" if program == KERNEL else rng.choice(SERVICES),
    )


def flow_near(rng: Random, found: HostState) -> Flow:
    """A flow that one active rule of the state is likely to match; any flow where there is none."""
    rules = [each for each in found.rules if each.active and each.store.value not in ("hardening", "appiso")]
    if not rules:
        return flow(rng)
    blocks = [each for each in rules if each.action is Action.BLOCK]
    near = rng.choice(blocks if blocks and rng.random() < 0.33 else rules)
    made = flow(rng)
    wanted = {"direction": near.direction, "profile": rng.choice([p for p in Profile if p & near.profiles])}
    if near.program is not None and is_resolved_program(canonical_program(near.program)):
        wanted["program"] = canonical_program(near.program)
        wanted["service"] = "" if wanted["program"] == KERNEL else made.service
    if near.service not in (None, "*") and wanted.get("program") != KERNEL:
        wanted["service"] = near.service.lower()
        wanted["program"] = wanted.get("program", PROGRAMS[1])
    if near.protocol in (TCP, UDP):
        wanted |= {"protocol": near.protocol, "icmp_type": None, "icmp_code": None}
        for side, condition in (("local_port", near.local_port), ("remote_port", near.remote_port)):
            ports = [p for p in PORTS if p in condition.ports]
            wanted[side] = rng.choice(ports or PORTS)
        if made.protocol in (ICMP6, ICMP4):
            made = dataclasses.replace(made, protocol=47, icmp_type=None, icmp_code=None)
    reachable = [a for a in map(parse_address, REMOTES4) if a in near.remote_address.addresses]
    if reachable and made.local < 1 << 32:
        wanted["remote"] = rng.choice(reachable)
    if near.icmp is not None or near.protocol in (ICMP4, ICMP6):
        wanted.pop("remote", None)
        return dataclasses.replace(_echo(made, near, rng), **wanted)
    if not near.interfaces & made.interface:
        wanted["interface"] = next(i for i in Interface if i & near.interfaces)
    return dataclasses.replace(made, **wanted)


def _echo(made: Flow, near: HostRule, rng: Random) -> Flow:
    v6 = near.protocol == ICMP6
    kind, code = rng.choice(near.icmp or ((8, 0),))
    return Flow(
        direction=near.direction,
        protocol=ICMP6 if v6 else ICMP4,
        local=parse_address(rng.choice(LOCALS6 if v6 else LOCALS4)),
        remote=parse_address(rng.choice(REMOTES6 if v6 else REMOTES4)),
        icmp_type=kind,
        icmp_code=code or 0,
        program=made.program,
        service=made.service,
    )


def flow_set(rng: Random) -> FlowSet:
    """The flows around one concrete flow, with some parts freed."""
    base = flow_box(flow(rng)).boxes[0]
    free = {
        "profile": 7,
        "interface": 3,
        "local_port": ALL_PORTS,
        "remote_port": ALL_PORTS,
        "local": AddrSet.ANY.ranges,
        "remote": AddrSet.parse("10.0.0.0/8", "fd00::/8").ranges,
        "program": Atoms.ANY,
        "service": Atoms.ANY,
        "direction": 3,
    }
    parts = {name: getattr(base, name) for name in base.__dataclass_fields__}
    parts |= {name: value for name, value in free.items() if chance(rng, 4)}
    if parts["protocol"][0][0] not in (TCP, UDP):
        parts |= {"local_port": ALL_PORTS, "remote_port": ALL_PORTS}
    return FlowSet(boxes(**parts))


def shrink(found: HostState, fails: Callable[[HostState], bool]) -> HostState:
    """The smallest state that still fails: rules, settings and facts dropped one by one, then rules made plainer."""
    again = True
    while again:
        again = False
        for candidate in _smaller(found):
            if fails(candidate):
                found, again = candidate, True
                break
    return found


_PLAIN = {field.name: field.default for field in dataclasses.fields(HostRule) if field.default is not dataclasses.MISSING}


def _smaller(found: HostState):
    for name in ("rules", "settings", "connection_rules", "services", "gaps", "keywords"):
        values = getattr(found, name)
        for index in range(len(values)):
            yield dataclasses.replace(found, **{name: values[:index] + values[index + 1 :]})
    for index, each in enumerate(found.rules):
        for name, plain in _PLAIN.items():
            if getattr(each, name) != plain and name != "origin":
                simpler = dataclasses.replace(each, **{name: plain})
                yield dataclasses.replace(found, rules=(*found.rules[:index], simpler, *found.rules[index + 1 :]))
