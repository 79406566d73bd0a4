"""Target ``aws-sg``: Terraform JSON with one AWS security group for each system and client group that flows lead from or to.

A rule of a group knows the far side alone, so each end has a group of its own: what leaves one end and enters another is what both
groups allow. Groups are stateful. Source: AWS, "Security group rules", "Amazon VPC quotas"; Terraform registry, hashicorp/aws,
aws_security_group (which takes away the rule that lets everything out), aws_vpc_security_group_ingress_rule.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cmfw.emit import Artifact
from cmfw.emit.crossings import Crossing, PathFlow
from cmfw.emit.network import Found, PathRequest
from cmfw.emit.path_capability import PathCapabilities
from cmfw.emit.path_names import identifier, stable_id
from cmfw.emit.path_words import mandates_of, summary
from cmfw.errors import Unsupported
from cmfw.ingest.aws_network import EGRESS, END_TAG, GROUP, INGRESS, passing, read_cloud
from cmfw.model.mandate import Mandate
from cmfw.net.addr import AddrSet
from cmfw.net.flow import PORT_PROTOCOLS
from cmfw.words.phrases import phrase

MOST_RULES = 1000
"""Rules of the groups of one interface in one direction, at most. Source: AWS, "Amazon VPC quotas"."""
NO_ROOM = phrase("a security group has at most {most} rules in one direction", most=MOST_RULES)
LACKS = {
    "elsewhere": "a security group stands around the hosts of a zone, and there is none around everything else",
    "room": NO_ROOM,
}
LOSSES = {
    "address-ranges": "written as the subnets that make it up, one rule each",
    "ports": "one rule for each range of ports",
    "reasons": "cut to the 255 characters that a description may have, without letters beyond ASCII; owner, ticket and last day are tags",
    "counters": "flow logs count by interface",
    "undo": "Terraform takes away what it made: `terraform destroy`, after the groups are detached",
}
CAPABILITIES = PathCapabilities(
    target="aws-sg",
    title="Terraform JSON with an AWS security group for each end",
    checked_by="a JSON Schema made from the provider's",
    lacks=LACKS,
    losses={
        **LOSSES,
        "rest": "a group stops nothing that another group of the same interface lets pass; `aws-nacl` stops it between zones",
    },
)
FILE = "cmfw.tf.json"
_MOST_DESCRIPTION = 255
_IN_DESCRIPTIONS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._-:/()#,@[]+=&;{}!$*")
"""Source: Amazon EC2 API reference, IpRange, Description."""
_MOST_TAG = 256
_VPC = "${var.vpc_id}"
Resources = dict[str, dict[str, Any]]
"""Type -> name -> resource."""


def emit(request: PathRequest) -> tuple[Artifact, ...]:
    """``cmfw.tf.json``; raises Unsupported where a group would have too many rules."""
    return (document(request, groups(request, CAPABILITIES.target), {}),)


def read_back(artifacts: tuple[Artifact, ...], crossings: Sequence[Crossing]) -> list[Found]:
    """What the groups let pass together; the same for every crossing, because addresses tell them apart."""
    found = read_cloud(artifacts[0].content.decode(), artifacts[0].path)
    lines = tuple(passing(found, ends_of(crossings), artifacts[0].path))
    return [(lines, list(found.problems))] * len(crossings)


def ends_of(crossings: Sequence[Crossing]) -> dict[str, AddrSet]:
    """Name -> addresses of every end of the flows, as far as they lie in the zones."""
    found: dict[str, AddrSet] = {}
    for flow in (flow for crossing in crossings for flow in crossing.flows):
        for name, addresses in ((flow.source_name, flow.source), (flow.target_name, flow.target)):
            found[name] = found.get(name, AddrSet.EMPTY) | addresses
    return found


def document(request: PathRequest, resources: Resources, variables: dict[str, Any]) -> Artifact:
    """The file: what it is, what has to be given to it, and the resources."""
    plan = request.plan
    said = f"cmfw: site {plan.site}, edition {plan.edition}, scope {plan.scope}"
    vpc = {"type": "string", "description": "the VPC of the zones"}
    whole = {"//": literal(said), "variable": {"vpc_id": vpc, **variables}, "resource": resources}
    return Artifact(FILE, (json.dumps(whole, indent=2, ensure_ascii=False) + "\n").encode(), "application/json")


def groups(request: PathRequest, target: str) -> Resources:
    """A group for each end, and its rules in the order of the plan."""
    crossings = request.gateway.crossings
    mandates = mandates_of(request.site)
    found: Resources = {GROUP: {}, INGRESS: {}, EGRESS: {}}
    for end in ends_of(crossings):
        if len(end) > _MOST_TAG:
            raise Unsupported(target, end, phrase("a tag of AWS holds at most {most} characters", most=_MOST_TAG))
        tags = {END_TAG: literal(end), **_tags(mandates.get(end, Mandate.NONE))}
        text = _plain(f"cmfw: {end}, site {request.plan.site}")
        found[GROUP][_group(end)] = {"name": literal(_group(end)), "description": text, "vpc_id": _VPC, "tags": tags}
    counts: dict[tuple[str, str], int] = {}
    for flow in (flow for crossing in crossings for flow in crossing.flows):
        for kind, near, far in ((EGRESS, flow.source_name, flow.target), (INGRESS, flow.target_name, flow.source)):
            for rule in _rules(flow, near, far, mandates):
                number = counts[kind, near] = counts.get((kind, near), 0) + 1
                found[kind][f"{_group(near)}_{number}"] = rule
                if number > MOST_RULES:
                    raise Unsupported(target, near, NO_ROOM)
    return {kind: rules for kind, rules in found.items() if rules}


def _group(end: str) -> str:
    return f"cmfw_{identifier(end)}"


def _rules(flow: PathFlow, near: str, far: AddrSet, mandates: Mapping[str, Mandate]) -> Iterator[dict[str, Any]]:
    tags = {"cmfw-id": stable_id(flow.id)}
    head = {"security_group_id": f"${{{GROUP}.{_group(near)}.id}}"}
    description = _plain(summary(flow, mandates))
    for subnet in far.cidrs():
        side = {"cidr_ipv4" if flow.family == 4 else "cidr_ipv6": whole(subnet)}
        for packets in _packets(flow):
            yield {**head, **side, **packets, "description": description, "tags": tags}


def whole(subnet: str) -> str:
    """The subnet with its prefix length, which AWS wants of a single address too."""
    return subnet if "/" in subnet else f"{subnet}/{128 if ':' in subnet else 32}"


def _packets(flow: PathFlow) -> Iterator[dict[str, Any]]:
    if flow.protocol is None:
        yield {"ip_protocol": "-1"}
    elif flow.icmp is not None:
        kind, code = flow.icmp
        yield {"ip_protocol": str(flow.protocol), "from_port": kind, "to_port": -1 if code is None else code}
    elif flow.protocol in PORT_PROTOCOLS:
        for first, last in flow.ports.ranges:
            yield {"ip_protocol": str(flow.protocol), "from_port": first, "to_port": last}
    else:
        yield {"ip_protocol": str(flow.protocol), "from_port": -1, "to_port": -1}


def _tags(mandate: Mandate) -> dict[str, str]:
    said = (("owner", mandate.owner), ("ticket", mandate.ticket), ("expires", mandate.expiry))
    return {name: literal(text)[:_MOST_TAG] for name, text in said if text}


def _plain(text: str) -> str:
    """The text with what a description may hold, cut, so that no part of it is an expression."""
    kept = "".join(char if char in _IN_DESCRIPTIONS else "_" for char in text)
    return literal(kept[: _MOST_DESCRIPTION - 20])[:_MOST_DESCRIPTION]


def literal(text: str) -> str:
    """The text, so that Terraform does not take it for a template. Source: Terraform, "Strings and Templates"."""
    return text.replace("${", "$${").replace("%{", "%%{")
