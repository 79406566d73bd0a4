"""Each row is one sentence of the semantics: the state in rule strings, one flow, the verdict and what decides it."""

from __future__ import annotations

import dataclasses

import pytest

from cmfw.engine.reference import judge
from cmfw.ingest.rulestring import parse_rule
from cmfw.model.rule import Store
from cmfw.model.state import ConnectionRule, Gap, HostState, ProfileSettings, ServiceFact
from cmfw.net.addr import AddrSet, parse_address
from cmfw.net.flow import ICMP4, TCP, UDP, Direction, Flow, Interface, Principal, Profile
from cmfw.net.ports import PortSet

SVCHOST = "c:\\windows\\system32\\svchost.exe"
SMB = "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=445|App=System|Name=smb|"
NEAR = AddrSet.parse("10.1.0.0/24")


def state(*texts: str, store: Store = Store.LOCAL, **facts) -> HostState:
    rules = []
    for number, text in enumerate(texts):
        word, _, rest = text.partition(" ")
        stored = word in set(Store)
        its_store = Store(word) if stored else store
        rule, problems = parse_rule(rest if stored else text, id=f"r{number}", store=its_store, origin=f"test!r{number}")
        assert rule is not None, problems
        rules.append(rule)
    return HostState(rules=tuple(rules), **facts)


def configured(store: Store = Store.LOCAL, profile: Profile = Profile.DOMAIN, **values):
    return (store, profile, ProfileSettings(**values))


def flow(**parts) -> Flow:
    usual = {
        "direction": Direction.IN,
        "protocol": TCP,
        "local": parse_address("10.1.0.9"),
        "remote": parse_address("10.0.0.5"),
        "local_port": 445,
        "remote_port": 50000,
    }
    for end in ("local", "remote"):
        if end in parts:
            parts[end] = parse_address(parts[end])
    return Flow(**(usual | parts))


def out(port: int = 80, **parts) -> Flow:
    return flow(direction=Direction.OUT, local_port=50001, remote_port=port, **parts)


def echo(**parts) -> Flow:
    return flow(protocol=ICMP4, local_port=None, remote_port=None, icmp_type=8, icmp_code=0, **parts)


def rule(rest: str, head: str = "Action=Allow|Active=TRUE|Dir=In|Protocol=6") -> str:
    return f"v2.30|{head}|{rest}|Name=x|"


ALLOW_OUT = "Action=Allow|Active=TRUE|Dir=Out|Protocol=6"
BLOCK_IN = "Action=Block|Active=TRUE|Dir=In|Protocol=6"
BLOCKED_OUT = (configured(default_outbound_allow=False),)

ROWS = {
    # defaults
    "nothing configured: inbound is blocked by default": (state(), flow(), "block default"),
    "nothing configured: outbound is allowed by default": (state(), out(), "allow default"),
    "default inbound can be allow": (state(settings=(configured(default_inbound_allow=True),)), flow(), "allow default"),
    "default outbound can be block": (state(settings=BLOCKED_OUT), out(), "block default"),
    "a setting of another profile does not count": (
        state(settings=(configured(profile=Profile.PUBLIC, default_inbound_allow=True),)),
        flow(),
        "block default",
    ),
    # order
    "an allow rule opens": (state(SMB), flow(), "allow rule r0"),
    "block beats allow": (state(SMB, rule("LPort=445", BLOCK_IN)), flow(), "block rule r1"),
    "every matching rule is named": (state(SMB, rule("LPort=445")), flow(), "allow rule r0 r1"),
    "an inactive rule does nothing": (state(SMB.replace("TRUE", "FALSE")), flow(), "block default"),
    "active missing is inactive in a rule store": (state(SMB.replace("Active=TRUE|", "")), flow(), "block default"),
    "firewall off allows": (state(settings=(configured(enable_firewall=False),)), flow(), "allow firewall_off"),
    "firewall off ignores block rules": (
        state(rule("LPort=445", BLOCK_IN), settings=(configured(enable_firewall=False),)),
        flow(),
        "allow firewall_off",
    ),
    "shields up drops what a rule allows": (
        state(SMB, settings=(configured(do_not_allow_exceptions=True),)),
        flow(),
        "block shields_up",
    ),
    "shields up says nothing about outbound": (
        state(settings=(configured(do_not_allow_exceptions=True),)),
        out(),
        "allow default",
    ),
    "shields up wins from any store": (
        state(
            SMB,
            settings=(configured(do_not_allow_exceptions=True), configured(Store.GPO, do_not_allow_exceptions=False)),
        ),
        flow(),
        "block shields_up",
    ),
    "a bypass rule needs IPsec and so proves nothing": (
        state(
            rule("LPort=445|Security=Authenticate|RMauth=O:LSD:(A;;CC;;;DC)", "Action=ByPass|Active=TRUE|Dir=In|Protocol=6")
        ),
        flow(),
        "unknown ipsec",
    ),
    "a disabled firewall service leaves everything unknown": (
        state(SMB, services=(ServiceFact(name="MpsSvc", start=4),)),
        flow(),
        "unknown service_state",
    ),
    "an exempt interface may pass what is blocked": (
        state(settings=(configured(disabled_interfaces=("{G}",)),)),
        flow(),
        "unknown token:DisabledInterfaces",
    ),
    # stores
    "group policy wins over local settings": (
        state(settings=(configured(enable_firewall=False), configured(Store.GPO, enable_firewall=True))),
        flow(),
        "block default",
    ),
    "group policy and MDM that contradict are unknown": (
        state(settings=(configured(Store.GPO, enable_firewall=True), configured(Store.MDM, enable_firewall=False))),
        flow(),
        "unknown store:mdm",
    ),
    "without local merge a local rule stops counting": (
        state(SMB, settings=(configured(Store.GPO, allow_local_policy_merge=False),)),
        flow(),
        "block default",
    ),
    "without local merge a GPO rule still counts": (
        state(f"gpo {SMB}", settings=(configured(Store.GPO, allow_local_policy_merge=False),)),
        flow(),
        "allow rule r0",
    ),
    "MDM rules are not local": (
        state(f"mdm {SMB}", settings=(configured(Store.GPO, allow_local_policy_merge=False),)),
        flow(),
        "allow rule r0",
    ),
    "a local store cannot forbid its own merge": (
        state(SMB, settings=(configured(allow_local_policy_merge=False),)),
        flow(),
        "allow rule r0",
    ),
    "without app merge a local program rule stops counting": (
        state(rule("App=C:\\x.exe"), settings=(configured(Store.GPO, apps_allow_user_pref_merge=False),)),
        flow(program="c:\\x.exe"),
        "block default",
    ),
    "without port merge a local one-port rule stops counting": (
        state(rule("LPort=445"), settings=(configured(Store.GPO, ports_allow_user_pref_merge=False),)),
        flow(),
        "block default",
    ),
    "port merge says nothing of a rule with a program": (
        state(SMB, settings=(configured(Store.GPO, ports_allow_user_pref_merge=False),)),
        flow(),
        "allow rule r0",
    ),
    # hardening
    "service hardening blocks before an allow rule": (
        state(
            rule("Svc=RpcSs|App=%SystemRoot%\\System32\\svchost.exe"),
            "hardening V2.0|Action=Block|Dir=In|App=%SystemRoot%\\System32\\svchost.exe|Svc=RpcSs|Name=h|",
        ),
        flow(local_port=135, program=SVCHOST, service="rpcss"),
        "block service_hardening r1",
    ),
    "inside hardening an allow beats the catch-all block": (
        state(
            rule("LPort=135"),
            "hardening V2.0|Action=Block|Dir=In|Svc=RpcSs|Name=h|",
            "hardening V2.0|Action=Allow|Dir=In|Protocol=6|LPort=135|Svc=RpcSs|Name=h|",
        ),
        flow(local_port=135, program=SVCHOST, service="rpcss"),
        "allow rule r0",
    ),
    "a hardening allow alone opens nothing": (
        state("hardening V2.0|Action=Allow|Dir=In|Protocol=6|LPort=135|Svc=RpcSs|Name=h|"),
        flow(local_port=135, program=SVCHOST, service="rpcss"),
        "block default",
    ),
    "hardening of another service says nothing": (
        state(rule("LPort=135"), "hardening V2.0|Action=Block|Dir=In|Svc=Eventlog|Name=h|"),
        flow(local_port=135, program=SVCHOST, service="rpcss"),
        "allow rule r0",
    ),
    "firewall off, hardened service: unknown": (
        state("hardening V2.0|Action=Block|Dir=In|Svc=RpcSs|Name=h|", settings=(configured(enable_firewall=False),)),
        flow(local_port=135, program=SVCHOST, service="rpcss"),
        "unknown service_state",
    ),
    # ports
    "two single ports are one union": (state(rule("LPort=80|LPort=445")), flow(), "allow rule r0"),
    "a range beside a single port is one union": (state(rule("LPort=80|LPort2_10=440-450")), flow(), "allow rule r0"),
    "a neighbour port is not opened": (state(rule("LPort=444|LPort=446")), flow(), "block default"),
    "outbound with a local port only does not open the destination": (
        state(rule("LPort=80", ALLOW_OUT), settings=BLOCKED_OUT),
        out(80),
        "block default",
    ),
    "RPC-EPMap is port 135": (state(rule("LPort=RPC-EPMap")), flow(local_port=135), "allow rule r0"),
    "RPC does not open 135": (
        state(rule("LPort=RPC|Svc=winmgmt")),
        flow(local_port=135, program=SVCHOST, service="winmgmt"),
        "block default",
    ),
    "RPC of the owning service opens the dynamic range": (
        state(rule("LPort=RPC|Svc=Eventlog")),
        flow(local_port=50000, program=SVCHOST, service="eventlog"),
        "allow rule r0",
    ),
    "RPC of any program may or may not be this listener": (
        state(rule("LPort=RPC")),
        flow(local_port=50000, program=SVCHOST, service="winmgmt"),
        "unknown rpc_range",
    ),
    "a pinned port outside the dynamic range is not RPC": (
        state(rule("LPort=RPC|Svc=winmgmt")),
        flow(local_port=24158, program=SVCHOST, service="winmgmt"),
        "block default",
    ),
    "the host's own dynamic range counts": (
        state(rule("LPort=RPC|Svc=winmgmt"), rpc_ports=PortSet.of((5000, 5100))),
        flow(local_port=5003, program=SVCHOST, service="winmgmt"),
        "allow rule r0",
    ),
    # addresses
    "local subnet unknown: nothing proved": (state(rule("LPort=445|RA4=LocalSubnet")), flow(), "unknown local_subnet"),
    "local subnet known: off-link is not matched": (
        state(rule("LPort=445|RA4=LocalSubnet"), local_subnets=NEAR),
        flow(),
        "block default",
    ),
    "local subnet known: on-link is matched": (
        state(rule("LPort=445|RA4=LocalSubnet"), local_subnets=NEAR),
        flow(remote="10.1.0.77"),
        "allow rule r0",
    ),
    "local subnet of IPv6 says nothing of IPv4": (
        state(rule("LPort=445|RA6=LocalSubnet"), local_subnets=NEAR),
        flow(remote="10.1.0.77"),
        "block default",
    ),
    "multicast against local subnet is unknown": (
        state(rule("RPort=5355|RA4=LocalSubnet", "Action=Block|Active=TRUE|Dir=Out|Protocol=17"), local_subnets=NEAR),
        flow(
            direction=Direction.OUT,
            protocol=UDP,
            remote="224.0.0.252",
            local_port=50003,
            remote_port=5355,
        ),
        "unknown local_subnet",
    ),
    "a remote list closes every other peer": (state(rule("LPort=445|RA4=10.0.0.6")), flow(), "block default"),
    "only RA4 means only IPv4": (
        state(rule("LPort=445|RA4=0.0.0.0-255.255.255.255")),
        flow(local="fd00::9", remote="fd00::5"),
        "block default",
    ),
    "a keyword that nobody resolves proves nothing": (state(rule("LPort=445|RA4=DNS")), flow(), "unknown token:DNS"),
    # icmp
    "protocol 1 without a type is every type": (
        state(rule("App=System", "Action=Allow|Active=TRUE|Dir=In|Protocol=1")),
        echo(),
        "allow rule r0",
    ),
    "echo is type 8": (state(rule("ICMP4=8:*", "Action=Allow|Active=TRUE|Dir=In|Protocol=1")), echo(), "allow rule r0"),
    "another type is not echo": (
        state(rule("ICMP4=3:4", "Action=Allow|Active=TRUE|Dir=In|Protocol=1")),
        echo(),
        "block default",
    ),
    # program and service
    "a rule for another program does not match": (state(rule("LPort=445|App=C:\\x.exe")), flow(), "block default"),
    "paths compare without case and with variables expanded": (
        state(rule("LPort=445|App=%WINDIR%\\system32\\SVCHOST.exe")),
        flow(program=SVCHOST, service="lanmanserver"),
        "allow rule r0",
    ),
    "a path that only a user can expand may be this program": (
        state(rule("LPort=445|App=%LOCALAPPDATA%\\x.exe")),
        flow(program="c:\\tools\\x.exe"),
        "unknown program",
    ),
    "a path that only a user can expand is not another file": (
        state(rule("LPort=445|App=%LOCALAPPDATA%\\x.exe")),
        flow(program="c:\\tools\\y.exe"),
        "block default",
    ),
    "any service is not a plain process": (state(rule("LPort=445|Svc=*")), flow(program="c:\\x.exe"), "block default"),
    "a service without a service SID proves nothing": (
        state(rule("LPort=445|Svc=Odd"), services=(ServiceFact(name="odd", start=2, sid_type=0),)),
        flow(program=SVCHOST, service="odd"),
        "unknown service_state",
    ),
    "an outbound rule for BITS alone may miss": (
        state(rule("RPort=80|Svc=BITS", ALLOW_OUT), settings=BLOCKED_OUT),
        out(80, program=SVCHOST, service="bits"),
        "unknown service_state",
    ),
    # conditions that a known program never meets, and those that nobody can check
    "an app-package rule does not open for a plain program": (
        state(rule("AppPkgId=S-1-15-2-77")),
        flow(),
        "block default",
    ),
    "an app-package block does not block a plain program": (
        state(rule("AppPkgId=S-1-15-2-77", "Action=Block|Active=TRUE|Dir=Out"), settings=()),
        out(),
        "allow default",
    ),
    "an app-package rule may open for an app": (
        state(rule("AppPkgId=S-1-15-2-77")),
        flow(principal=Principal.CONFINED),
        "unknown program",
    ),
    "a proximity rule is not all TCP": (
        state(rule("App=System|TTK2_27=WFDKmDriver")),
        flow(),
        "block default",
    ),
    "an unknown token never proves an allow": (state(rule("LPort=445|Novel=1")), flow(), "unknown token:Novel"),
    "an unknown token never proves a block": (
        state(SMB, rule("LPort=445|Novel=1", BLOCK_IN)),
        flow(),
        "unknown token:Novel",
    ),
    "an unknown token on a block leaves a blocked flow blocked": (
        state(rule("LPort=445|Novel=1", BLOCK_IN)),
        flow(),
        "block default",
    ),
    "an authenticated allow blocks what is not authenticated": (
        state(rule("RPort=80|Security=Authenticate", ALLOW_OUT)),
        out(80),
        "unknown ipsec",
    ),
    "an authenticated allow for others leaves SYSTEM alone": (
        state(rule("RPort=80|Security=Authenticate|LUAuth=O:LSD:(A;;CC;;;AA)", ALLOW_OUT)),
        out(80),
        "allow default",
    ),
    "a local-user list that holds everyone is no condition": (
        state(rule("LPort=445|LUAuth=O:LSD:(A;;CC;;;WD)")),
        flow(),
        "allow rule r0",
    ),
    "a local-user list without SYSTEM excludes the kernel": (
        state(rule("LPort=445|LUAuth=O:LSD:(A;;CC;;;S-1-5-21-1-2-3-1001)")),
        flow(),
        "block default",
    ),
    "a local-user list proves nothing of other processes": (
        state(rule("LPort=445|LUAuth=O:LSD:(A;;CC;;;S-1-5-21-1-2-3-1001)")),
        flow(program="c:\\x.exe"),
        "unknown sddl",
    ),
    "loose mapping on an allow: outside its remote part unknown": (
        state(rule("LPort=445|RA4=10.0.0.6|LOM=TRUE")),
        flow(),
        "unknown token:LOM",
    ),
    "an interface type that is not this one": (
        state(rule("LPort=445|IFType=RemoteAccess")),
        flow(),
        "block default",
    ),
    "an interface type that is this one": (
        state(rule("LPort=445|IFType=Wireless")),
        flow(interface=Interface.WIRELESS),
        "allow rule r0",
    ),
    "one network card by GUID cannot be checked": (
        state(rule("LPort=445|IF={A-B}")),
        flow(),
        "unknown token:IF",
    ),
    "a platform of another Windows does not match": (
        state(rule("LPort=445|Platform=2:6:1"), platform=(10, 0)),
        flow(),
        "block default",
    ),
    "platform at least": (
        state(rule("LPort=445|Platform=2:6:2|Platform2=GTEQ"), platform=(10, 0)),
        flow(),
        "allow rule r0",
    ),
    "platform of an unknown Windows": (
        state(rule("LPort=445|Platform=2:6:2|Platform2=GTEQ")),
        flow(),
        "unknown token:Platform",
    ),
    "a connection security rule that demands IPsec": (
        state(SMB, connection_rules=(ConnectionRule(id="c", store=Store.LOCAL, action="secure"),)),
        flow(),
        "unknown ipsec",
    ),
    "a boundary rule demands nothing": (
        state(SMB, connection_rules=(ConnectionRule(id="c", store=Store.LOCAL, action="boundary"),)),
        flow(),
        "allow rule r0",
    ),
    # gaps
    "an unread allow makes a block uncertain": (
        state(gaps=(Gap("legacy_lists", "unread", may_allow=True),)),
        flow(),
        "unknown legacy_lists",
    ),
    "an unread allow does not beat a block rule": (
        state(rule("LPort=445", BLOCK_IN), gaps=(Gap("legacy_lists", "unread", may_allow=True),)),
        flow(),
        "block rule r0",
    ),
    "a damaged store leaves everything unknown": (
        state(SMB, gaps=(Gap("store:local", "damaged", may_allow=True, may_block=True),)),
        flow(),
        "unknown store:local",
    ),
    "firewall off is not believed where a setting could not be read": (
        state(
            settings=(configured(enable_firewall=False),),
            gaps=(Gap("setting:EnableFirewall", "not a number", may_allow=True, may_block=True),),
        ),
        flow(),
        "unknown setting:EnableFirewall",
    ),
    "shields up is not believed where GPOs contradict": (
        state(
            settings=(configured(Store.GPO, do_not_allow_exceptions=True),),
            gaps=(Gap("gpo_conflict", "two GPOs", may_allow=True, may_block=True),),
        ),
        flow(),
        "unknown gpo_conflict",
    ),
    "a local-user list with an entry that is not read proves nothing": (
        state(rule("LPort=445|LUAuth=O:LSD:(A;;CC;;;WD)(d;;CC;;;SY)")),
        flow(),
        "unknown sddl",
    ),
    "a local-user list that grants another right proves nothing": (
        state(rule("LPort=445|LUAuth=O:LSD:(A;;RC;;;WD)")),
        flow(),
        "unknown sddl",
    ),
    "no group policy given is no reason to doubt": (
        state(SMB, gaps=(Gap("no_gpo_source", "none"),)),
        flow(),
        "allow rule r0",
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_one_sentence_of_the_semantics(name):
    given, asked, wanted = ROWS[name]
    answer, *rest = wanted.split()
    found = judge(asked, given)
    assert found.answer == answer, found
    if answer == "unknown":
        assert list(found.missing) == rest
    else:
        assert [found.why, *(ref.id for ref in found.by)] == rest


def test_an_unread_allow_leaves_shields_up_in_force():
    given = dataclasses.replace(
        ROWS["shields up drops what a rule allows"][0], gaps=(Gap("legacy_lists", "unread", may_allow=True),)
    )
    assert judge(flow(), given).answer == "block"
