"""Protocol probes against a real domain controller: LDAP, global catalog, SMB, endpoint mapper and a dynamic port of Samba."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from tests.conftest import ROOT, need
from tests.lab.wires import environment
from tests.publish.domain import can_start

pytestmark = [pytest.mark.lab, pytest.mark.debian, pytest.mark.slow]

RIGHT = {"ldap": 389, "gc": 3268, "ldaps": 636, "gcs": 3269, "smb": 445, "rpc": 135, "rpc_bind": None, "tls": 636}
WRONG = {"ldap": 445, "smb": 389, "rdp": 389, "rpc": 389, "mp_http": 3268, "tls": 389, "ldaps": 135}
# a process of its own: the network of the controller is numbered by it, and another test of this run may have one too
ASK = """
import json, sys
from tests.publish import domain
from cmfw.net.addr import parse_address
from cmfw.probe.plan import Probe
from cmfw.probe.record import result_row
from cmfw.probe.run import Limits, run_probes

def ask(asked):
    probes = [Probe(items=(name,), protocol=6, address=parse_address(domain.THERE), port=port, host="dc1.lab.test",
                    talk={"gc": "ldap", "gcs": "ldaps"}.get(name, name), mapped=port is None) for name, port in asked.items()]
    return [result_row(one) for one in run_probes(probes, Limits(timeout_s=2.5, talk_timeout_s=8))]

right, wrong = json.loads(sys.argv[1])
with domain.running("135, 389, 445, 636, 3268, 3269, 50000-50010") as controller:
    found = [ask(right), ask(wrong)]
    stop = "insert rule inet host input tcp dport { 3268, 50000-50010 } "
    controller.inside("nft", "-f", "-", text=stop + "reject with icmpx type admin-prohibited")
    found.append(ask(right))
    controller.inside("nft", "-f", "-", text=stop + "drop")
    found.append(ask(right))
print(json.dumps([domain.THERE, *found]))
"""


@pytest.fixture(scope="module")
def found() -> tuple[str, list[list[dict]]]:
    """(address of the controller, results of what is right, of what is wrong, and of the right behind two firewalls)."""
    need(not can_start(), f"a Samba domain controller: {can_start()}")
    command = [sys.executable, "-c", ASK, json.dumps([RIGHT, WRONG])]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, encoding="utf-8", check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    address, *rows = json.loads(done.stdout)
    return address, rows


def test_each_port_says_what_it_is(found):
    _, (rows, *_) = found
    by = dict(zip(RIGHT, rows, strict=True))
    assert {name: (row["word"], row["service"]["speaks"]) for name, row in by.items()} == dict.fromkeys(
        RIGHT, ("open", "right")
    )
    for name in ("ldap", "gc", "ldaps", "gcs"):
        facts = by[name]["service"]["facts"]
        assert facts["defaultNamingContext"] == "DC=lab,DC=test"
        assert facts["dnsHostName"] == "dc1.lab.test"
        assert facts["isGlobalCatalogReady"] == "TRUE"
    assert all(by[name]["service"]["facts"]["tls"] == "TLSv1.3" for name in ("ldaps", "gcs", "tls"))
    assert by["smb"]["service"]["facts"] == {"dialect": "0x0311", "signing": "required"}
    assert 50000 <= by["rpc_bind"]["port"] <= 50010
    assert by["rpc"]["service"]["facts"]["port"] == str(by["rpc_bind"]["port"])
    assert by["rpc_bind"]["service"]["facts"]["bind"] == "accepted"


def test_what_speaks_something_else_is_never_taken_for_right(found):
    _, (_, rows, *_) = found
    assert [row["word"] for row in rows] == ["open"] * len(WRONG)
    assert {row["service"]["speaks"] for row in rows} <= {"other", "silent"}


@pytest.mark.parametrize(("at", "word"), [(2, "rejected"), (3, "filtered")], ids=["rejects", "drops"])
def test_a_firewall_before_two_ports_leaves_the_others(found, at, word):
    address, every = found
    by = dict(zip(RIGHT, every[at], strict=True))
    stopped = {name for name, row in by.items() if row["service"] is None}
    assert stopped == {"gc", "rpc_bind"}
    assert {by[name]["word"] for name in stopped} == {word}
    assert {by[name]["by"] for name in stopped} == ({address} if word == "rejected" else {None})
    # the mapper still names the port that is stopped
    assert 50000 <= by["rpc_bind"]["port"] <= 50010
    assert all(row["service"]["speaks"] == "right" for name, row in by.items() if name not in stopped)
