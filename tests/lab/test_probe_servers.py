"""Protocol probes against real servers by other hands: what each port says of itself, and that a closed dynamic port is named as such."""

from __future__ import annotations

import json

import pytest
from tests.lab.stand_ins import start_nginx, start_samba, start_xrdp
from tests.lab.wires import TARGET, Wires, need_namespaces

pytestmark = [pytest.mark.lab, pytest.mark.debian, pytest.mark.slow]

PROBE = """
import json, sys
from cmfw.net.addr import parse_address
from cmfw.probe.plan import Probe
from cmfw.probe.record import result_row
from cmfw.probe.run import Limits, run_probes
probes = [Probe(items=(talk,), protocol=6, address=parse_address(target), port=port, host="cm1.example.com", talk=talk,
                mapped=port is None)
          for talk, target, port in json.loads(sys.argv[1])]
print(json.dumps([result_row(one) for one in run_probes(probes, Limits(timeout_s=2.5, talk_timeout_s=4))]))
"""


@pytest.fixture
def wires():
    need_namespaces()
    with Wires() as made:
        yield made


def ask(wires: Wires, *probes: tuple[str, int | None], family: int = 4) -> list[dict]:
    asked = [(talk, TARGET[family], port) for talk, port in probes]
    return wires.python("prober", PROBE, json.dumps(asked))


def told(row: dict) -> tuple[str, str | None]:
    return row["word"], row["service"] and row["service"]["speaks"]


@pytest.mark.parametrize("family", [4, 6])
def test_samba_alone(wires, tmp_path, family):
    start_samba(wires, tmp_path)
    smb, mapper, dynamic = ask(wires, ("smb", 445), ("rpc", 135), ("rpc_bind", None), family=family)
    assert told(smb) == told(mapper) == told(dynamic) == ("open", "right")
    assert smb["service"]["facts"]["dialect"] == "0x0311"
    assert 51000 <= dynamic["port"] <= 51005
    assert mapper["service"]["facts"]["port"] == str(dynamic["port"])
    assert dynamic["service"]["facts"]["bind"] == "accepted"
    wires.filter("target", "table inet t { chain i { type filter hook input priority 0; tcp dport 51000-51005 drop; }\n}")
    smb, mapper, dynamic = ask(wires, ("smb", 445), ("rpc", 135), ("rpc_bind", None), family=family)
    assert told(mapper) == ("open", "right")
    assert (dynamic["word"], dynamic["service"]) == ("filtered", None)
    assert 51000 <= dynamic["port"] <= 51005


def test_nginx_in_the_roles_of_a_site(wires, tmp_path):
    start_nginx(wires, tmp_path)
    right = {
        ("mp_http", 80): {"mplist": "200"},
        # nginx closes the connection after a 500
        ("mp_http", 8082): {"mplist": "500", "mpcert": "200"},
        ("mp_https", 443): {"mplist": "403", "mpcert": "403", "ccm_post": "401", "ccm_system": "403"},
        # and here after each answer
        ("mp_https", 8444): {"mplist": "403", "mpcert": "403", "ccm_post": "401", "ccm_system": "403"},
        ("wsus_http", 8530): {"selfupdate": "200"},
        ("wsus_https", 8531): {"selfupdate": "404", "client": "200"},
        ("dp_http", 8080): {"datalib": "401"},
        ("tls", 443): {"checked": "handshake only"},
    }
    other = {
        # nginx says 400 where IIS says 403
        ("mp_https", 8443): {"mplist": "400"},
        # 403 everywhere is no management point: its own folder asks for Windows authentication
        ("mp_http", 8083): {"mplist": "403", "mpcert": "403", "ccm_post": "403", "ccm_system": "403"},
        ("mp_http", 8081): {"mplist": "404", "ccm_system": "404"},
        ("wsus_http", 8081): {"selfupdate": "404", "client": "404", "simple_auth": "404"},
        ("dp_http", 8081): {"datalib": "404", "packages": "404"},
    } | {
        (talk, port): {}
        for talk, port in (("tls", 80), ("mp_http", 443), *((talk, 80) for talk in ("smb", "rdp", "rpc", "ldap")))
    }
    rows = ask(wires, *right, *other)
    assert [told(row) for row in rows] == [("open", "right")] * len(right) + [("open", "other")] * len(other)
    for row, facts in zip(rows, (*right.values(), *other.values()), strict=True):
        assert facts.items() <= row["service"]["facts"].items(), row
    assert rows[2]["service"]["facts"]["tls"] in ("TLSv1.2", "TLSv1.3")


def test_xrdp(wires, tmp_path):
    start_xrdp(wires, tmp_path)
    rows = ask(wires, ("rdp", 3389), ("smb", 3389), ("mp_http", 3389))
    assert told(rows[0]) == ("open", "right")
    assert rows[0]["service"]["facts"]["security"] == "tls"
    assert all(told(row)[1] in ("other", "silent") for row in rows[1:])
