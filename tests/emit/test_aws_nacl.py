"""AWS security groups and the network ACLs around them: what the provider takes, and what is stopped by which of the two."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import jsonschema
import pytest
from tests.conftest import ROOT
from tests.emit.network_cases import CASES, CLIENTS, GOLDEN, SERVER, crossings, emitted, two_zones
from tests.emit.plans import item

from cmfw.emit import Artifact, aws_nacl, aws_sg
from cmfw.emit.crossings import gateway
from cmfw.emit.network import emit_between
from cmfw.errors import Unsupported
from cmfw.ingest.aws_network import acl_lines, read_cloud
from cmfw.model.plan import Endpoint
from cmfw.net.addr import AddrSet
from cmfw.net.flow import ICMP4, UDP
from cmfw.net.flowset import FlowSet
from cmfw.net.flowtext import parse_parts
from cmfw.net.ports import PortSet

CHECK = jsonschema.Draft202012Validator(
    json.loads((ROOT / "tests" / "data" / "schemas" / "aws-terraform.json").read_text(encoding="utf-8"))
)
TAKEN = [
    pytest.param(target, name, id=f"{target}:{name}")
    for target in ("aws-sg", "aws-nacl")
    for name in CASES
    if not (GOLDEN / target / name / "refused.txt").is_file()
]
WRONG = [
    ("aws_vpc_security_group_ingress_rule", "cidr_ipv4", "10.0.0.0/33"),
    ("aws_vpc_security_group_ingress_rule", "from_port", 70000),
    ("aws_vpc_security_group_egress_rule", "description", "数据中心"),
    ("aws_vpc_security_group_egress_rule", "prefix_list_id", "pl-1"),
    ("aws_network_acl_rule", "rule_number", 32767),
    ("aws_network_acl_rule", "rule_action", "reject"),
]


@pytest.mark.parametrize(("target", "name"), TAKEN)
def test_consumer(target, name):
    (artifact,) = emitted(target, name)
    found = json.loads(artifact.content)
    CHECK.validate(found)
    for kind, key, wrong in WRONG:
        rules = found["resource"].get(kind, {})
        broken = copy.deepcopy(found)
        for rule in rules:
            broken["resource"][kind][rule][key] = wrong
        assert CHECK.is_valid(broken) is not bool(rules), (kind, key)


@pytest.mark.parametrize(("target", "name"), TAKEN)
def test_every_reference_leads_to_a_resource(target, name):
    found = json.loads(emitted(target, name)[0].content)
    resources, variables = found["resource"], found["variable"]
    for kind, owner, key in (
        ("aws_vpc_security_group_ingress_rule", "aws_security_group", "security_group_id"),
        ("aws_vpc_security_group_egress_rule", "aws_security_group", "security_group_id"),
        ("aws_network_acl_rule", "aws_network_acl", "network_acl_id"),
    ):
        for rule in resources.get(kind, {}).values():
            assert rule[key].removeprefix(f"${{{owner}.").removesuffix(".id}") in resources[owner]
    for acl in resources.get("aws_network_acl", {}).values():
        assert acl["subnet_ids"].removeprefix("${var.").removesuffix("}") in variables


@pytest.mark.parametrize(
    "host",
    ["${file(1)}", "%{for x}", '"}]}', "$${x", "sg-1", "主机"],
    ids=["template", "directive", "json", "escaped", "id", "zh"],
)
@pytest.mark.parametrize("target", ["aws-sg", "aws-nacl"])
def test_no_name_is_a_template(target, host):
    one = item(source=Endpoint("site_server", host, SERVER, 1))
    (artifact,) = emit_between(target, *two_zones(one, host=host)).artifacts
    found = json.loads(artifact.content)
    CHECK.validate(found)
    tags = [group["tags"]["cmfw-end"] for group in found["resource"]["aws_security_group"].values()]
    assert set(tags) == {host.replace("${", "$${").replace("%{", "%%{"), "desktops"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"from_port": 444, "to_port": 446}, "wider than the plan"),
        ({"cidr_ipv4": "10.1.0.4/31"}, "narrower than the plan"),
        ({"ip_protocol": "-1"}, "wider than the plan"),
        ({"ip_protocol": "sctq"}, "does not read back"),
        ({"cidr_ipv4": None, "prefix_list_id": "pl-1"}, "does not read back"),
        ({"security_group_id": "${aws_security_group.other.id}"}, "does not read back"),
        ({"security_group_id": "sg-1"}, "does not read back"),
    ],
)
@pytest.mark.parametrize("target", [aws_sg, aws_nacl], ids=["aws-sg", "aws-nacl"])
def test_what_is_written_wrong_is_refused(target, changes, reason, monkeypatch):
    emit = target.emit

    def wrong(request):
        (artifact,) = emit(request)
        found = json.loads(artifact.content)
        for kind in ("aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"):
            for rule in found["resource"][kind].values():
                rule.update(changes)
                for key in [key for key, value in rule.items() if value is None]:
                    del rule[key]
        return (Artifact(artifact.path, json.dumps(found).encode(), artifact.media_type),)

    plan = two_zones(item(target=Endpoint("client", "desktops", AddrSet.parse("10.20.0.0/16"))))
    monkeypatch.setattr(target, "emit", wrong)
    if target is aws_nacl and reason.startswith("wider"):
        # the ACL around the groups stops what they let pass beyond the plan
        emit_between(target.CAPABILITIES.target, *plan)
        return
    with pytest.raises(Unsupported, match=reason):
        emit_between(target.CAPABILITIES.target, *plan)


def acl(plan, zone, *, egress):
    """(what the ACL of the zone lets pass of a flow by text)."""
    (artifact,) = emit_between("aws-nacl", *plan).artifacts
    found = read_cloud(artifact.content.decode(), artifact.path)
    one = next(c for c in gateway(*plan, (), "test").crossings if c.from_zone == zone)
    lines = acl_lines(found, zone, one.source, egress=egress, path="x")

    def answer(text: str) -> str:
        from cmfw.model.path import path_flows

        asked = path_flows(parse_parts(text))
        return next(line.answer.value for line in lines if not (FlowSet(asked.boxes) & line.flows).is_empty)

    return answer


def test_an_acl_stops_the_rest_between_the_zones_and_nothing_else():
    plan = two_zones(item(), item(id="wake", protocol=UDP, ports=PortSet.of(25536)))
    into = acl(plan, "b", egress=False)
    assert into("out tcp 10.1.0.5:50000 > 10.20.0.9:445") == "allow"
    assert into("out udp 10.1.0.5:50000 > 10.20.0.9:25536") == "allow"
    assert into("out tcp 10.1.0.5:50000 > 10.20.0.9:3389") == "block"
    assert into("out icmp4 10.1.0.5 > 10.20.0.9") == "block"
    assert into("out tcp 192.0.2.1:50000 > 10.20.0.9:3389") == "allow"
    back = acl(plan, "b", egress=True)
    assert back("out tcp 10.20.0.9:445 > 10.1.0.5:50000") == "allow"
    assert back("out tcp 10.20.0.9:445 > 10.1.0.5:135") == "block"
    assert back("out tcp 10.20.0.9:445 > 192.0.2.1:135") == "allow"


def test_an_echo_gets_its_reply_back():
    plan = two_zones(item(protocol=ICMP4, ports=PortSet.EMPTY, icmp=(8, None)))
    assert acl(plan, "b", egress=False)("out icmp4 10.1.0.5 > 10.20.0.9 type=8") == "allow"
    assert acl(plan, "b", egress=True)("out icmp4 10.20.0.9 > 10.1.0.5 type=0") == "allow"
    assert acl(plan, "b", egress=True)("out icmp4 10.20.0.9 > 10.1.0.5 type=8") == "block"


def test_a_reply_that_nobody_knows_is_refused():
    plan = two_zones(item(protocol=ICMP4, ports=PortSet.EMPTY, icmp=(13, None)))
    with pytest.raises(Unsupported, match="what a reply of such a packet looks like is not known"):
        emit_between("aws-nacl", *plan)
    emit_between("aws-sg", *plan)


@pytest.mark.parametrize(
    ("target", "ports", "refused"),
    [("aws-nacl", 18, False), ("aws-nacl", 19, True), ("aws-sg", 500, False), ("aws-sg", 501, True)],
)
def test_quotas(target, ports, refused):
    """Two families for each port; a stop and a rest for each of them, and a reply."""
    every = PortSet.of(*range(2001, 2001 + 2 * ports, 2))
    ends = Endpoint("site_server", "ss1", AddrSet.parse("10.1.0.5", "2001:db8:1::5"), 1)
    site, plan = two_zones(item(ports=every, source=ends))
    site = replace(site, systems=tuple(replace(one, addresses=ends.addresses) for one in site.systems))
    assert len(CLIENTS.cidrs()) == 2
    if refused:
        with pytest.raises(Unsupported, match="at most"):
            emit_between(target, site, plan)
    else:
        emit_between(target, site, plan)


def test_both_ways_of_the_cases_have_flows():
    assert any(one.flows for name in CASES for one in crossings(name))
