"""Azure network security groups as the filter in front of a zone."""

from __future__ import annotations

import json

import pytest

from cmfw.engine.path import Passage, judge_between
from cmfw.ingest.azure_nsg import read_nsg
from cmfw.ingest.path_state import read_filter
from cmfw.model.path import PathFilter
from cmfw.net.flowtext import parse_parts

WEB = "tcp 10.4.0.9:50000 > 10.1.0.7:443"


def rule(priority=100, **changes) -> dict:
    said = {
        "protocol": "Tcp",
        "sourcePortRange": "*",
        "destinationPortRange": "443",
        "sourceAddressPrefix": "10.4.0.0/24",
        "destinationAddressPrefix": "*",
        "access": "Allow",
        "priority": priority,
        "direction": "Inbound",
        **changes,
    }
    return {"name": f"rule-{priority}", "properties": {key: text for key, text in said.items() if text is not None}}


def group(*rules: dict) -> dict:
    return {"type": "Microsoft.Network/networkSecurityGroups", "name": "g", "properties": {"securityRules": list(rules)}}


def judged(found, flow: str = WEB) -> str:
    lines, _ = read_nsg(json.dumps(found), "x.json")
    one = PathFilter(from_zone="a", to_zone="b", file="x.json", lines=lines)
    return judge_between(parse_parts(f"out {flow}").flows().witness(), Passage("a", "b", (one,))).answer.value


STOP = rule(300, access="Deny", protocol="*", destinationPortRange="*", sourceAddressPrefix="*")


@pytest.mark.parametrize(
    ("found", "answer"),
    [
        (group(rule(), STOP), "allow"),
        (group(STOP), "block"),
        (group(), "unknown"),
        (group(rule()), "allow"),
        (group(rule(301), STOP), "block"),
        (group(STOP, rule()), "allow"),
        (group(rule(direction="Outbound"), STOP), "block"),
        (group(rule(protocol="Udp"), STOP), "block"),
        (group(rule(protocol="*"), STOP), "allow"),
        (group(rule(protocol="Novel"), STOP), "unknown"),
        (group(rule(sourceAddressPrefix="VirtualNetwork"), STOP), "unknown"),
        (group(rule(sourceAddressPrefix="VirtualNetwork", destinationPortRange="444"), STOP), "block"),
        (group(rule(sourceAddressPrefix=None), STOP), "unknown"),
        (group(rule(sourceAddressPrefix=None, sourceAddressPrefixes=["10.9.0.0/16", "10.4.0.9"]), STOP), "allow"),
        (group(rule(sourceAddressPrefix="", sourceAddressPrefixes=["10.9.0.0/16"]), STOP), "block"),
        (group(rule(destinationPortRange=None, destinationPortRanges=["80", "440-450"]), STOP), "allow"),
        (group(rule(destinationPortRange="[parameters('port')]"), STOP), "unknown"),
        (group(rule(sourceApplicationSecurityGroups=[{"id": "x"}]), STOP), "unknown"),
        (group(rule(access="Maybe"), STOP), "unknown"),
        (group(rule(priority="100"), STOP), "unknown"),
        ({"resources": [group(rule(), STOP)]}, "allow"),
        ({"resources": [group(rule(), STOP), group(STOP)]}, "unknown"),
        ({"resources": []}, "unknown"),
        (group(rule(), STOP)["properties"], "allow"),
    ],
    ids=lambda found: "" if isinstance(found, dict) else found,
)
def test_a_flow_meets(found, answer):
    assert judged(found) == answer


def test_any_protocol_is_five_protocols():
    found = group(rule(protocol="*", destinationPortRange="*"), STOP)
    said = {name: judged(found, f"{name} 10.4.0.9 > 10.1.0.7") for name in ("ip/47", "ip/50", "ip/51")}
    assert said == {"ip/47": "unknown", "ip/50": "allow", "ip/51": "allow"}


def test_a_file_that_is_no_json():
    lines, problems = read_filter(b"{ not json", "x.json")
    assert len(problems) == 1
    assert [line.answer.value for line in lines] == ["unknown"]


@pytest.mark.corpus
def test_exports_of_real_groups(corpus):
    folder = corpus / "perimeter" / "batfish" / "azure_nsg"
    for path in sorted(folder.iterdir()):
        lines, problems = read_filter(path.read_bytes(), path.name)
        assert problems == [], path.name
        assert lines[-1].answer.value == "block", path.name
    found = json.loads((folder / "subnet-nsg.json").read_text(encoding="utf-8"))
    assert judged(found, "tcp 10.0.0.9:50000 > 10.1.0.7:8080") == "allow"
    assert judged(found, "tcp 10.0.0.9:50000 > 10.1.0.7:8081") == "block"
    assert judged(found, "tcp 10.0.1.9:50000 > 10.1.0.7:22") == "block"
