"""Target ``azure-nsg``: one ARM template with a network security group for each zone, which guards the way into it.

A group is stateful, so replies need no rules. Its rules stand before Azure's own, which decide about traffic of other zones.
Source: Azure documentation, "Network security groups"; ARM template reference, Microsoft.Network/networkSecurityGroups.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cmfw.emit import Artifact
from cmfw.emit.crossings import FAMILIES, Crossing, PathFlow
from cmfw.emit.network import Found, PathRequest
from cmfw.emit.path_capability import PathCapabilities
from cmfw.emit.path_names import identifier, stable_id
from cmfw.emit.path_words import mandates_of, summary
from cmfw.errors import Unsupported
from cmfw.ingest.azure_nsg import TYPE, read_nsg
from cmfw.model.mandate import Mandate
from cmfw.net.flow import TCP, UDP
from cmfw.words.phrases import phrase

_MOST_RULES = 1000
"""Rules of one group. Source: Azure documentation, "Azure networking limits"."""
_NO_ROOM = phrase("a network security group has at most {most} rules", most=_MOST_RULES)
CAPABILITIES = PathCapabilities(
    target="azure-nsg",
    title="ARM template with a network security group in front of each zone",
    checked_by="a JSON Schema made from Azure's",
    lacks={
        "icmp": "a network security group knows ICMP, but not its types",
        "any-protocol": "a network security group knows TCP, UDP, ICMP, ESP and AH, and `*` for all of those alone",
        "rare-protocol": "a network security group knows TCP, UDP, ICMP, ESP and AH alone",
        "room": _NO_ROOM,
        "elsewhere": "a network security group stands in front of a zone, and there is none in front of everything else",
    },
    losses={
        "address-ranges": "written as the subnets that make it up",
        "reasons": "cut to the 140 characters that a description may have; owner, ticket and last day come first",
        "counters": "flow logs count by rule name",
        "undo": "a template takes nothing away: detach the groups from their subnets and delete them",
    },
)
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
API_VERSION = "2023-04-01"
_FIRST_PRIORITY = 100
_MOST_DESCRIPTION = 140
_MOST_NAME = 80
_PROTOCOLS = {TCP: "Tcp", UDP: "Udp"}


def emit(request: PathRequest) -> tuple[Artifact, ...]:
    """``nsg-ZONE.json`` for each zone; raises Unsupported where a group would have too many rules."""
    out = []
    mandates = mandates_of(request.site)
    for zone in request.gateway.zones:
        into = [crossing for crossing in request.gateway.crossings if crossing.to_zone == zone]
        rules = list(_rules(into, mandates))
        if len(rules) > _MOST_RULES:
            raise Unsupported(CAPABILITIES.target, zone, _NO_ROOM)
        text = json.dumps(_template(request, zone, rules), indent=2, ensure_ascii=False) + "\n"
        out.append(Artifact(_path(zone), text.encode(), "application/json"))
    return tuple(out)


def read_back(artifacts: tuple[Artifact, ...], crossings: Sequence[Crossing]) -> list[Found]:
    """The lines that our own reader finds in the group in front of each crossing's zone."""
    found = {artifact.path: read_nsg(artifact.content.decode(), artifact.path) for artifact in artifacts}
    return [found[_path(crossing.to_zone)] for crossing in crossings]


def _path(zone: str) -> str:
    return f"nsg-{identifier(zone)}.json"


def _template(request: PathRequest, zone: str, rules: list[dict[str, Any]]) -> dict[str, Any]:
    plan = request.plan
    group = {
        "type": TYPE,
        "apiVersion": API_VERSION,
        "name": f"cmfw-{identifier(zone)}",
        "location": "[resourceGroup().location]",
        "tags": {"cmfw-site": _literal(plan.site), "cmfw-zone": _literal(zone)},
        "properties": {"securityRules": rules},
    }
    said = {"generator": "cmfw", "site": _literal(plan.site), "edition": plan.edition, "scope": plan.scope}
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "metadata": said, "resources": [group]}


def _literal(text: str) -> str:
    """The text, so that a template does not take it for an expression. Source: ARM templates, "Syntax and expressions"."""
    return f"[{text}" if text[:1] == "[" else text


def _rules(crossings: Sequence[Crossing], mandates: Mapping[str, Mandate]) -> Iterator[dict[str, Any]]:
    """What is planned into the zone, then a stop for the rest of each zone that it comes from."""
    priority = _FIRST_PRIORITY
    for flow in (flow for crossing in crossings for flow in crossing.flows):
        said = {"description": _literal(summary(flow, mandates))[:_MOST_DESCRIPTION]}
        yield {
            "name": _name(flow.id),
            "properties": {**said, **_flow(flow), "access": "Allow", "priority": priority, "direction": "Inbound"},
        }
        priority += 1
    for number, crossing in enumerate(crossings, 1):
        for family, whole in FAMILIES:
            ends = (crossing.source & whole, crossing.target & whole)
            if ends[0].is_empty or ends[1].is_empty:
                continue
            rest = _packets("*", ends[0].cidrs(), ends[1].cidrs(), ["*"])
            name = f"cmfw-rest-{number}-v{family}"
            said = {"description": _literal(f"{crossing.from_zone} > {crossing.to_zone}: not planned")[:_MOST_DESCRIPTION]}
            yield {
                "name": name,
                "properties": {**said, **rest, "access": "Deny", "priority": priority, "direction": "Inbound"},
            }
            priority += 1


def _name(text: str) -> str:
    """A rule's name: letters, digits, ``_`` ``.`` ``-``, and a digest where the id has others, so that no two are the same."""
    return "cmfw-" + identifier(stable_id(text), _MOST_NAME - len("cmfw-"))


def _flow(flow: PathFlow) -> dict[str, Any]:
    # every other protocol is refused before anything is written
    protocol = _PROTOCOLS.get(flow.protocol or 0, "*")
    ports = ["*"] if flow.ports.is_any else flow.ports.texts()
    return _packets(protocol, flow.source.cidrs(), flow.target.cidrs(), ports)


def _packets(protocol: str, source: list[str], target: list[str], ports: list[str]) -> dict[str, Any]:
    return {
        "protocol": protocol,
        "sourcePortRange": "*",
        "sourceAddressPrefixes": source,
        "destinationAddressPrefixes": target,
        **({"destinationPortRange": "*"} if ports == ["*"] else {"destinationPortRanges": ports}),
    }
