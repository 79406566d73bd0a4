"""Aerleon under guard: what it logs, and what it writes wrongly, is refused."""

from __future__ import annotations

import logging
import sys
from dataclasses import replace

import pytest
from tests.emit.network_cases import case, two_zones
from tests.emit.plans import item

from cmfw.emit.network import emit_between
from cmfw.errors import MissingExtra, Unsupported
from cmfw.ingest.cisco_acl import read_acl
from cmfw.model.plan import Endpoint
from cmfw.net.addr import AddrSet

SERVER6 = Endpoint("site_server", "ss1", AddrSet.parse("10.1.0.5", "2001:db8:1::5"), 1)
CLIENTS4 = Endpoint("client", "desktops", AddrSet.parse("10.20.0.0/16"), 1)


def generate(monkeypatch, change):
    from aerleon import api

    real = api.Generate
    monkeypatch.setattr(api, "Generate", lambda *given, **named: change(real(*given, **named)))


def replaced(before, after):
    return lambda made: {name: text.replace(before, after) for name, text in made.items()}


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_every_name_that_it_writes_for_a_port_is_read(protocol):
    from aerleon.lib.cisco import PortMap

    names = PortMap._PORT_MAP["cisco"][protocol]
    text = "ASA Version 9.9\n" + "".join(
        f"access-list x extended permit {protocol} any any eq {name}\n" for name in names.values()
    )
    lines, problems = read_acl(text, "x.cfg", families=(4,))
    read = [box.remote_port for line in lines if line.answer.value == "allow" for box in line.flows.boxes]
    assert problems == []
    assert read == [((number, number),) for number in names]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (replaced("eq 445", "range 445 446"), "wider than the plan, for example out tcp 10.11.0.1"),
        (replaced(" eq 445", ""), "wider than the plan"),
        (replaced("eq 445", "eq 446"), "wider than the plan"),
        (replaced("255.255.240.0 eq 445", "255.255.248.0 eq 445"), "narrower than the plan"),
        (replaced("eq 445", "eq smb"), "not certain"),
        (replaced("access-list cmfw-1", "access-list other"), "does not read back"),
        (lambda made: {**made, "more": ""}, "Aerleon wrote 2 files"),
        (lambda made: logging.getLogger().warning("term %s dropped", "x") or made, "term x dropped"),
    ],
    ids=["wider", "no port", "another port", "narrower", "a name of a port", "another list", "two files", "a warning"],
)
def test_what_it_does_wrongly_is_refused(monkeypatch, change, reason):
    generate(monkeypatch, change)
    with pytest.raises(Unsupported, match=reason):
        emit_between("cisco-asa", *case("tcp_only"))
    assert not any(type(one).__module__ == "cmfw.emit.aerleon_acl" for one in logging.getLogger().handlers)


def test_without_it_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "aerleon", None)
    with pytest.raises(MissingExtra, match=r"target `cisco-asa` needs the extra `aerleon`: pip install 'cmfw\[aerleon\]'"):
        emit_between("cisco-asa", *case("tcp_only"))


@pytest.mark.parametrize(
    ("target", "one", "reason"),
    [
        ("cisco-asa", item(source=SERVER6), "trusted with IPv4 alone"),
        ("cisco-asa", item(target=CLIENTS4, protocol=None), "TCP, UDP and ICMP"),
        ("cisco-ios", item(target=CLIENTS4, protocol=17), "keeps no state"),
        ("cisco-nx", item(target=CLIENTS4, protocol=17), "keeps no state"),
        ("cisco-asa", item(target=CLIENTS4, protocol=1, icmp=(8, 3)), "no ICMP codes"),
    ],
    ids=["IPv6", "any protocol", "UDP on IOS", "UDP on NX-OS", "an ICMP code"],
)  # fmt: skip
def test_what_is_not_handed_over(target, one, reason):
    site, plan = two_zones(one)
    if reason == "trusted with IPv4 alone":
        site = replace(site, systems=tuple(replace(s, addresses=SERVER6.addresses) for s in site.systems))
    with pytest.raises(Unsupported, match=reason):
        emit_between(target, site, plan)
