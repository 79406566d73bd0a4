"""Access lists of Cisco's makes as lines of a filter: what each entry proves, and what it leaves in doubt."""

from __future__ import annotations

import pytest

from cmfw.engine.path import Passage, judge_between
from cmfw.ingest.cisco_acl import read_acl
from cmfw.ingest.path_state import read_filter
from cmfw.model.path import PathFilter
from cmfw.net.flowtext import parse_parts

WEB = "tcp 10.4.0.9:50000 > 10.1.0.7:443"


def judged(text: str, flow: str = WEB, name: str = "") -> str:
    lines, _ = read_acl(text, "x.cfg", name)
    one = PathFilter(from_zone="a", to_zone="b", file="x.cfg", lines=lines)
    return judge_between(parse_parts(f"out {flow}").flows().witness(), Passage("a", "b", (one,))).answer.value


def asa(*entries: str, more: str = "") -> str:
    return "ASA Version 9.9\n!\n" + more + "".join(f"access-list outside extended {entry}\n" for entry in entries)


def ios(*entries: str, kind: str = " extended") -> str:
    return f"ip access-list{kind} outside\n" + "".join(f" {entry}\n" for entry in entries)


OBJECTS = """object network web
 host 10.1.0.7
object network near
 range 10.4.0.3 10.4.0.11
object-group network all
 description of them all
 network-object object web
 network-object 10.2.0.0 255.255.0.0
 group-object inner
object-group network inner
 network-object host 10.3.0.3
"""


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (asa("permit ip any any"), "allow"),
        (asa("permit tcp any any eq https"), "allow"),
        (asa("permit tcp any any eq 444"), "block"),
        (asa("permit tcp any eq 443 any"), "block"),
        (asa("permit udp any any eq 443"), "block"),
        (asa("permit tcp 10.4.0.0 255.255.255.0 host 10.1.0.7 range 440 450"), "allow"),
        (asa("permit tcp 10.5.0.0 255.255.255.0 host 10.1.0.7"), "block"),
        (asa("deny tcp any any gt 442", "permit ip any any"), "block"),
        (asa("deny tcp any any lt 443", "permit ip any any"), "allow"),
        (asa("permit tcp any any neq 443"), "block"),
        (asa("permit tcp any4 any4 log 6 interval 300"), "allow"),
        (asa("permit ip any any inactive"), "block"),
        (asa("permit ip any any time-range office"), "unknown"),
        (asa("deny ip any any time-range office", "permit ip any any"), "unknown"),
        (asa("permit tcp any interface outside eq 443"), "unknown"),
        (asa("permit object web-service any any"), "unknown"),
        (asa("permit tcp object near object web", more=OBJECTS), "allow"),
        (asa("permit tcp any object-group all eq 443", more=OBJECTS), "allow"),
        (asa("permit tcp any object-group inner eq 443", more=OBJECTS), "block"),
        (asa("permit tcp any object-group lost eq 443", more=OBJECTS), "unknown"),
        (asa("permit tcp any"), "unknown"),
        (asa("allow tcp any any"), "unknown"),
        (asa("permit tcp any any eq novel"), "unknown"),
        (asa("deny tcp any any range nntp lotusnotes", "permit ip any any"), "block"),
        (asa().replace("ASA", "access-list outside remark permit ip any any\nASA"), "block"),
        (asa("permit ip any any").replace("outside", "outside line 3"), "allow"),
        ("access-list 10 permit any\n", "unknown"),
        (asa("permit ip any any") + "access-list inside extended permit ip any any\n", "unknown"),
        (ios("permit tcp 10.4.0.0 0.0.0.255 host 10.1.0.7 eq 443"), "allow"),
        (ios("permit tcp 10.4.0.0 0.0.255.0 host 10.1.0.7 eq 443"), "unknown"),
        (ios("permit tcp any any eq 80 443"), "allow"),
        (ios("permit tcp any any established"), "block"),
        (ios("10 permit tcp 10.4.0.0/24 10.1.0.7/32 eq 443", kind=""), "allow"),
        (ios("remark permit ip any any", "permit udp any any"), "block"),
        (ios("permit tcp any any eq 443 log"), "allow"),
        (ios("permit tcp any any dscp ef"), "unknown"),
        ("", "unknown"),
    ],
    ids=lambda text: " ".join(text.split())[-70:],
)
def test_a_flow_meets(text, answer):
    assert judged(text) == answer


def test_kerberos_is_the_old_one():
    """Port 88 is Kerberos to every list of services, and 750 to an ASA."""
    text = asa("permit tcp any any eq kerberos")
    assert [judged(text, f"tcp 10.4.0.9:50000 > 10.1.0.7:{port}") for port in (88, 750)] == ["block", "allow"]


def test_ipv6_is_in_doubt():
    assert judged(asa("deny ip any any"), "tcp [fd00::1]:50000 > [fd00::2]:443") == "unknown"


def test_icmp_by_type():
    text = asa("permit icmp any any echo", "permit icmp any any 3 4")
    asked = {(8, 0): "allow", (0, 0): "block", (3, 4): "allow", (3, 1): "block"}
    for (kind, code), answer in asked.items():
        assert judged(text, f"icmp4 10.4.0.9 > 10.1.0.7 type={kind} code={code}") == answer


def test_a_list_is_chosen_by_its_name():
    text = asa("permit ip any any") + "access-list inside extended deny ip any any\n"
    assert (judged(text, name="outside"), judged(text, name="inside"), judged(text, name="dmz")) == (
        "allow",
        "block",
        "unknown",
    )


def test_a_filter_of_a_site_may_be_an_access_list():
    lines, problems = read_filter(asa("permit tcp any any eq 443").encode(), "gate.cfg")
    assert problems == []
    assert [(line.answer.value, line.origin) for line in lines] == [("unknown", "gate.cfg"), ("allow", "gate.cfg:3")]


@pytest.mark.corpus
def test_configurations_of_a_test_suite_by_other_hands(corpus):
    folder = corpus / "perimeter" / "batfish" / "cisco_asa"
    text = (folder / "asa-filters").read_text(encoding="utf-8")
    assert judged(text, name="FILTER_IN") == "allow"
    assert judged(text, name="FILTER_IN4") == "block"
    assert judged(text, WEB.replace("443", "123"), name="FILTER_OUT") == "allow"
    nested = (folder / "asa-nested-network-object-group").read_text(encoding="utf-8")
    assert read_acl(nested, "x")[0]
    for path in sorted(folder.iterdir()):
        lines, problems = read_filter(path.read_bytes(), path.name)
        assert lines, path.name
        assert problems or all(line.answer.value == "unknown" or line.flows.boxes for line in lines), path.name
