"""What is left out of a question touches none of its flows."""

from __future__ import annotations

import pytest

from cmfw.engine.rule_index import misses
from cmfw.ingest.rulestring import parse_rule
from cmfw.net.flowquery import Names, parse_flow

ALLOW = "v2.30|Action=Allow|Active=TRUE|Dir=Out|Protocol=6|{}|Name=n|"
WHO = "program=c:\\a.exe service=Dnscache"


@pytest.mark.parametrize(
    ("condition", "flow", "left_out"),
    [
        ("RPort=80", "out tcp 10.0.0.1 > 10.0.0.2:80", False),
        ("RPort=80", "out tcp 10.0.0.1 > 10.0.0.2:81", True),
        ("RPort=80|LOM=TRUE", "out tcp 10.0.0.1 > 10.0.0.2:81", False),
        ("LPort=RPC", "out tcp 10.0.0.1:50000 > 10.0.0.2:81", False),
        ("RPort=80", "out udp 10.0.0.1 > 10.0.0.2:80", True),
        ("Svc=DNSCACHE", f"out tcp 10.0.0.1 > 10.0.0.2:80 {WHO}", False),
        ("Svc=other", f"out tcp 10.0.0.1 > 10.0.0.2:80 {WHO}", True),
        ("Svc=*", f"out tcp 10.0.0.1 > 10.0.0.2:80 {WHO}", False),
        ("App=C:\\A.exe", f"out tcp 10.0.0.1 > 10.0.0.2:80 {WHO}", False),
        ("App=C:\\b.exe", f"out tcp 10.0.0.1 > 10.0.0.2:80 {WHO}", True),
        ("App=%unknown%\\b.exe", f"out tcp 10.0.0.1 > 10.0.0.2:80 {WHO}", False),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_a_rule_is_left_out_only_where_it_cannot_match(condition, flow, left_out):
    rule, _ = parse_rule(ALLOW.format(condition), id="r")
    flows = parse_flow(flow, Names()).flows
    assert [misses(rule, box) for box in flows.boxes] == [left_out] * len(flows.boxes)
