"""Two sets of rules have one normal form exactly when no spelling or splitting tells them apart."""

from __future__ import annotations

import pytest
from tests.emit.machines import everywhere, machine, smb

from cmfw.emit.normal_form import normal_form
from cmfw.engine.exact import Engine
from cmfw.model.rule import AddressMatch, Extras, PortMatch, Store
from cmfw.model.state import HostState
from cmfw.net.addr import AddrSet
from cmfw.net.ports import PortSet

RPC = PortMatch(PortSet.EMPTY, ("RPC",))
DYNAMIC = PortMatch(PortSet.of((49152, 65535)))
BOTH = ("LocalSubnet4", "LocalSubnet6")


def form(*rules, **changes):
    return normal_form(Engine(machine(*rules, **changes)))


def near(*words, local=AddressMatch.ANY, **changes):
    return smb(remote_address=AddressMatch(AddrSet.EMPTY, words), local_address=local, **changes)


V4 = AddressMatch(AddrSet.V4)
PING = {"protocol": 1, "local_port": PortMatch.ANY, "program": None}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([smb(id="a", name="b", group="c", description="d")], [smb()]),
        ([smb(program="%windir%\\x.exe")], [smb(program="C:\\Windows\\X.EXE")]),
        ([smb(service="RpcSs")], [smb(service="rpcss")]),
        ([smb(interfaces=1), smb(interfaces=2)], [smb(interfaces=3)]),
        ([smb(icmp=((8, None),), **PING), smb(icmp=((3, 4),), **PING)], [smb(icmp=((8, None), (3, 4)), **PING)]),
        ([smb(local_port=RPC)], [smb(local_port=DYNAMIC)]),
        ([smb(local_port=PortMatch(PortSet.EMPTY, ("RPC-EPMap",)))], [smb(local_port=PortMatch(PortSet.of(135)))]),
        ([near("LocalSubnet4")], [near(*BOTH, local=V4)]),
        ([near("LocalSubnet4", **PING)], [near(*BOTH, **PING)]),
        ([smb(edge=True, extras=Extras(defer="App"))], [smb()]),
        ([smb(store=Store.GPO)], [smb()]),
        ([smb(), smb(active=False, local_port=DYNAMIC)], [smb()]),
        (
            [smb(remote_address=AddressMatch(AddrSet.parse("10.0.0.0/9"))), smb(remote_address=AddressMatch(AddrSet.parse("10.128.0.0/9")))],
            [smb(remote_address=AddressMatch(AddrSet.parse("10.0.0.0/8")))],
        ),
    ],
    ids=[
        "texts", "path", "service", "interfaces", "icmp types", "rpc", "endpoint mapper", "one family", "icmpv4",
        "edge", "store", "inactive", "addresses",
    ],
)  # fmt: skip
def test_the_same_form(one, other):
    assert form(*one) == form(*other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (smb(), smb(program="%windir%\\x.exe")),
        (smb(), smb(profiles=3)),
        (smb(interfaces=1), smb(interfaces=2)),
        (smb(local_port=RPC, program=None), smb(local_port=DYNAMIC, program=None)),
        (near("LocalSubnet4"), near("LocalSubnet6")),
        (near("LocalSubnet4"), near(*BOTH)),
        (near("DNS4"), near("DHCP4")),
        (smb(extras=Extras(unknown=(("A", "1"),))), smb(extras=Extras(unknown=(("B", "1"),)))),
        (smb(extras=Extras(security=("Authenticate",))), smb()),
        (smb(remote_port=PortMatch(PortSet.of(7))), smb()),
        (smb(local_address=AddressMatch(AddrSet.parse("10.1.0.9"))), smb()),
    ],
    ids=[
        "program",
        "profiles",
        "interface",
        "rpc of anybody",
        "family",
        "families",
        "word",
        "token",
        "ipsec",
        "remote port",
        "local",
    ],
)
def test_another_form(one, other):
    assert form(one) != form(other)


def test_a_rule_that_the_merge_laws_switch_off_is_in_no_form():
    off = everywhere(allow_local_policy_merge=False)
    assert form(smb(), settings=off, store=Store.GPO) == {}
    assert form(smb(store=Store.GPO), settings=off, store=Store.GPO) == form(smb())


def test_less_is_less():
    fewer, more = form(smb()), form(smb(remote_address=AddressMatch.ANY))
    shared = fewer.keys() & more.keys()
    assert shared
    assert all(fewer[key] <= more[key] and not more[key] <= fewer[key] for key in shared)


def test_an_empty_state_has_no_parts():
    assert normal_form(Engine(HostState())) == {}
