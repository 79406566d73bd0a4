"""The wire: packets of every kind, and the evidence of what became of each."""

from __future__ import annotations

import pytest

from cmfw.errors import LabError
from cmfw.lab.shots import Fate, Shot
from cmfw.lab.supervisor import Supervised
from cmfw.lab.wire import Wire
from cmfw.net.addr import parse_address
from cmfw.net.flow import ICMP4, ICMP6, TCP, UDP

pytestmark = pytest.mark.lab

NEAR4, NEAR6 = parse_address("10.7.1.11"), parse_address("2001:db8:71::11")
FAR4, FAR6 = parse_address("10.7.2.12"), parse_address("2001:db8:72::12")
CLOSED = """flush ruleset
add table inet cmfw
add chain inet cmfw input { type filter hook input priority 0; policy drop; }
add rule inet cmfw input ct state established,related accept
"""


@pytest.fixture
def lab():
    made = Supervised(lambda: Wire([(NEAR4, NEAR6), (FAR4, FAR6)]))
    yield made
    made.close()


def shot(protocol=TCP, port=445, v6=False, **more) -> Shot:
    here, there = (NEAR6, FAR6) if v6 else (NEAR4, FAR4)
    if protocol in (ICMP4, ICMP6):
        more |= {"icmp": (128 if protocol == ICMP6 else 8, 0)}
        port = 0
    return Shot(0, 1, protocol, here, there, target_port=port, **more)


KINDS = [
    pytest.param(protocol, v6, id=f"{name}{6 if v6 else 4}")
    for v6 in (False, True)
    for protocol, name in ((TCP, "tcp"), (UDP, "udp"), (ICMP6 if v6 else ICMP4, "icmp"))
]


@pytest.mark.parametrize(("protocol", "v6"), KINDS)
def test_a_packet_that_nothing_stops_is_received(lab, protocol, v6):
    (found,) = lab.call("send", [shot(protocol, v6=v6)])
    assert (found.fate, found.logs) == (Fate.RECEIVED, ())


@pytest.mark.parametrize(("protocol", "v6"), KINDS)
def test_a_dropped_packet_is_named_by_the_rule_that_dropped_it(lab, protocol, v6):
    lab.call("load", [(1, CLOSED + 'add rule inet cmfw input log prefix "b7" group 1 drop')])
    (found,) = lab.call("send", [shot(protocol, v6=v6)])
    assert (found.fate, found.logs) == (Fate.STOPPED, ((1, "b7"),))
    assert found.packet[0] >> 4 == (6 if v6 else 4)


@pytest.mark.parametrize("protocol", [TCP, UDP], ids=["tcp", "udp"])
def test_a_drop_on_the_way_out_is_evidence_too(lab, protocol):
    out = """flush ruleset
add table inet cmfw
add chain inet cmfw output { type filter hook output priority 0; policy accept; }
add rule inet cmfw output log prefix "d3" group 1 drop
"""
    lab.call("load", [(0, out)])
    (found,) = lab.call("send", [shot(protocol)])
    assert (found.fate, found.logs) == (Fate.STOPPED, ((0, "d3"),))


@pytest.mark.parametrize("protocol", [TCP, UDP], ids=["tcp", "udp"])
@pytest.mark.parametrize("v6", [False, True], ids=["4", "6"])
def test_a_rule_for_a_program_lets_only_its_socket_in(lab, protocol, v6):
    rules = CLOSED + 'add rule inet cmfw input socket mark 5 log prefix "c5" group 1 accept\n'
    lab.call("load", [(1, rules + 'add rule inet cmfw input log prefix "b-default" group 1 drop')])
    mine, other, again = lab.call("send", [shot(protocol, v6=v6, listener=mark) for mark in (5, 6, 5)])
    assert [one.logs for one in (mine, other, again)] == [((1, "c5"),), ((1, "b-default"),), ((1, "c5"),)]
    assert [one.fate for one in (mine, other, again)] == [Fate.RECEIVED, Fate.STOPPED, Fate.RECEIVED]


def test_what_reaches_a_host_below_its_firewall_is_seen(lab):
    wire = 'add chain inet cmfw wire { type filter hook prerouting priority -300; }\nadd rule inet cmfw wire log prefix "w" group 1\n'
    lab.call("load", [(1, CLOSED + wire + 'add rule inet cmfw input log prefix "b9" group 1 drop')])
    (found,) = lab.call("send", [shot(UDP, 9, below=True)])
    assert (found.fate, found.logs) == (Fate.SEEN_ON_WIRE, ((1, "w"), (1, "b9")))


def test_a_packet_without_evidence_is_an_error_and_no_verdict(monkeypatch):
    from cmfw.lab import wire

    monkeypatch.setattr(wire, "_PATIENCE_S", 0.1)
    hasty = Supervised(lambda: Wire([(NEAR4,), (FAR4,)]))
    hasty.call("load", [(1, CLOSED + "add rule inet cmfw input drop")])
    with pytest.raises(LabError, match="no evidence of 1 packets"):
        hasty.call("send", [shot()])
    hasty.close()


def test_a_wrong_rule_is_told_with_the_words_of_nftables(lab):
    with pytest.raises(LabError, match=r"nftables: .*syntax error"):
        lab.call("load", [(0, "add rool")])


def test_hundreds_of_packets_keep_their_evidence_apart(lab):
    rules = CLOSED + "".join(
        f'add rule inet cmfw input tcp dport {port} log prefix "c{port}" group 1 accept\n' for port in range(1001, 1301, 2)
    )
    lab.call("load", [(1, rules + 'add rule inet cmfw input log prefix "b0" group 1 drop')])
    shots = [shot(port=port, v6=bool(port % 3)) for port in range(1001, 1301)]
    found = lab.call("send", shots)
    for asked, one in zip(shots, found, strict=True):
        open_ = asked.target_port % 2 == 1
        assert one.fate is (Fate.RECEIVED if open_ else Fate.STOPPED)
        assert one.logs == ((1, f"c{asked.target_port}" if open_ else "b0"),)
    assert len({one.source_port for one in found}) == len(found)
