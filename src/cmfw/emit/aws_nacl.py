"""Target ``aws-nacl``: the security groups of ``aws-sg``, and a network ACL around each zone that stops the rest between the zones.

An ACL keeps no state and knows no hosts of its own zone: it lets pass what any flow between two zones needs, and what a reply may
look like; the groups inside it are exact, so both together are. Source: AWS, "Network ACL rules", "Ephemeral ports", "Amazon VPC quotas".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cmfw.emit import Artifact
from cmfw.emit.aws_sg import LACKS, LOSSES, document, ends_of, groups, literal, whole
from cmfw.emit.crossings import Crossing
from cmfw.emit.network import Found, PathRequest
from cmfw.emit.path_capability import PathCapabilities
from cmfw.emit.path_names import identifier
from cmfw.engine.path import Passage, partition_between
from cmfw.errors import Unsupported
from cmfw.ingest.aws_network import ACL, ACL_RULE, END_TAG, acl_lines, passing, read_cloud
from cmfw.model.path import PathFilter, PathLine
from cmfw.model.verdict import Answer
from cmfw.net.addr import AddrSet
from cmfw.net.flow import ICMP4, ICMP6, PORT_PROTOCOLS
from cmfw.net.flowset import FlowSet
from cmfw.net.ports import PortSet
from cmfw.words.phrases import phrase

MOST_RULES = 40
"""Rules of one direction of an ACL, at most. Source: AWS, "Amazon VPC quotas"."""
_NO_ROOM = phrase("a network ACL has at most {most} rules in one direction; use `aws-sg`", most=MOST_RULES)
_NO_REPLY = phrase("what a reply of such a packet looks like is not known, and an ACL keeps no state")
CAPABILITIES = PathCapabilities(
    target="aws-nacl",
    title="Terraform JSON with AWS security groups, and a network ACL around each zone",
    checked_by="a JSON Schema made from the provider's",
    lacks={
        **LACKS,
        "any-protocol": "an ACL that lets any protocol pass between two zones stops nothing",
        "rare-protocol": _NO_REPLY,
        "room": _NO_ROOM,
    },
    losses={
        **LOSSES,
        "replies": "an ACL keeps no state: it lets in whatever goes to a port that a client may use; the groups stop what is no reply",
        "rest": "what a flow to one host of a zone needs passes the ACL for all of its hosts; the groups stop it for the others",
    },
)
_EPHEMERAL = PortSet.of((1024, 65535))
"""Ports that a client may send from, whatever its system. Source: AWS, "Network ACLs", "Ephemeral ports"."""
_LAST = 32000
_ECHO = {ICMP4: (8, 0), ICMP6: (128, 129)}
"""Type of an echo request and of its reply. Source: RFC 792, RFC 4443."""
Packets = tuple[int, tuple[int, int]]
"""(protocol, first and last port, or type and code of ICMP with -1 for any code)."""


def emit(request: PathRequest) -> tuple[Artifact, ...]:
    """``cmfw.tf.json``; raises Unsupported where an ACL would have too many rules, or the reply of a flow is not known."""
    resources = groups(request, CAPABILITIES.target)
    variables: dict[str, Any] = {}
    resources[ACL], resources[ACL_RULE] = {}, {}
    for zone in request.gateway.zones:
        name = identifier(zone)
        variables[f"subnets_{name}"] = {"type": "list(string)", "description": literal(f"ids of the subnets of zone {zone}")}
        tags = {END_TAG: literal(zone)}
        resources[ACL][f"cmfw_{name}"] = {
            "vpc_id": "${var.vpc_id}", "subnet_ids": f"${{var.subnets_{name}}}", "tags": tags,
        }  # fmt: skip
        for egress in (False, True):
            rules = list(_rules(request.gateway.crossings, zone, egress=egress))
            if len(rules) > MOST_RULES:
                raise Unsupported(CAPABILITIES.target, zone, _NO_ROOM)
            for rule in rules:
                key = f"cmfw_{name}_{'out' if egress else 'in'}_{rule['rule_number']}"
                resources[ACL_RULE][key] = {"network_acl_id": f"${{{ACL}.cmfw_{name}.id}}", **rule}
    return (document(request, resources, variables),)


def read_back(artifacts: tuple[Artifact, ...], crossings: Sequence[Crossing]) -> list[Found]:
    """What the groups let pass and the ACLs of both zones do not stop."""
    path = artifacts[0].path
    found = read_cloud(artifacts[0].content.decode(), path)
    lines = tuple(passing(found, ends_of(crossings), path))
    out: list[Found] = []
    for crossing in crossings:
        here, there = crossing.from_zone, crossing.to_zone
        filters = tuple(
            PathFilter(from_zone=here, to_zone=there, file=path, lines=tuple(acl))
            for acl in (
                acl_lines(found, here, crossing.source, egress=True, path=path),
                acl_lines(found, there, crossing.target, egress=False, path=path),
            )
        )
        region = FlowSet(crossing.boxes())
        inside = FlowSet.of(box for line in lines for box in line.flows & region)
        passed = partition_between(inside, Passage(here, there, filters)).allowed
        out.append(
            ((PathLine(answer=Answer.ALLOW, flows=passed, text="groups and ACLs", origin=path),), list(found.problems))
        )
    return out


def _rules(crossings: Sequence[Crossing], zone: str, *, egress: bool) -> Iterator[dict[str, Any]]:
    """What flows out of or into the zone need and what their replies look like, a stop for the other zones, and the rest of the world."""
    number = 100
    for crossing in crossings:
        # the way in which the flows of the crossing go through this side of the ACL, or their replies
        if zone not in (crossing.from_zone, crossing.to_zone):
            continue
        opens = (zone == crossing.from_zone) is egress
        far = crossing.target if zone == crossing.from_zone else crossing.source
        for family in (4, 6):
            subnets = [whole(text) for text in (far.v4 if family == 4 else far.v6).cidrs()]
            for packets in _needed(crossing, family) if opens else _replies(crossing, family):
                for subnet in subnets:
                    yield _rule(number, "allow", subnet, packets, egress=egress)
                    number += 1
    for far in _others(crossings, zone):
        for subnet in far.cidrs():
            yield _rule(number, "deny", whole(subnet), None, egress=egress)
            number += 1
    for step, subnet in enumerate(("0.0.0.0/0", "::/0")):
        yield _rule(_LAST + step, "allow", subnet, None, egress=egress)


def _others(crossings: Sequence[Crossing], zone: str) -> Iterable[AddrSet]:
    return [crossing.target for crossing in crossings if crossing.from_zone == zone]


def _needed(crossing: Crossing, family: int) -> list[Packets]:
    """What opens any flow of the crossing in the family, as few ranges as there are."""
    ports: dict[int, PortSet] = {}
    icmp: dict[Packets, None] = {}
    for flow in crossing.flows:
        if flow.family != family or flow.protocol is None:
            continue
        if flow.protocol in PORT_PROTOCOLS:
            ports[flow.protocol] = ports.get(flow.protocol, PortSet.EMPTY) | flow.ports
        else:
            kind, code = flow.icmp or (-1, None)
            icmp[flow.protocol, (kind, -1 if code is None else code)] = None
    return [(protocol, pair) for protocol, found in ports.items() for pair in found.ranges] + list(icmp)


def _replies(crossing: Crossing, family: int) -> list[Packets]:
    """What a reply to any flow of the crossing may look like."""
    out: dict[Packets, None] = {}
    for flow in crossing.flows:
        if flow.family != family or flow.protocol is None:
            continue
        if flow.protocol in PORT_PROTOCOLS:
            out[flow.protocol, _EPHEMERAL.ranges[0]] = None
            continue
        request, reply = _ECHO[flow.protocol]
        if flow.icmp is None or flow.icmp[0] != request:
            raise Unsupported(CAPABILITIES.target, flow.id, _NO_REPLY)
        out[flow.protocol, (reply, -1)] = None
    return list(out)


def _rule(number: int, action: str, subnet: str, packets: Packets | None, *, egress: bool) -> dict[str, Any]:
    side = {"ipv6_cidr_block" if ":" in subnet else "cidr_block": subnet}
    head = {"rule_number": number, "egress": egress, "rule_action": action, **side}
    if packets is None:
        return {**head, "protocol": "-1", "from_port": 0, "to_port": 0}
    protocol, (first, last) = packets
    if protocol in PORT_PROTOCOLS:
        return {**head, "protocol": str(protocol), "from_port": first, "to_port": last}
    return {**head, "protocol": str(protocol), "icmp_type": first, "icmp_code": last}
