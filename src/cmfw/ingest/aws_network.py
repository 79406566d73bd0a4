"""Reads back the Terraform JSON of security groups and network ACLs (``emit aws-sg``, ``emit aws-nacl``): what they let pass together.

A group stands around the addresses of one end, an ACL around a zone; a flow passes where the group of its source lets it out, the
group of its target lets it in, and no ACL on the way stops it. Whatever is not as we write it is a problem.
Source: AWS, "Security group rules", "Network ACL rules"; Terraform registry, hashicorp/aws, aws_vpc_security_group_ingress_rule,
aws_network_acl_rule; Terraform, "JSON Configuration Syntax".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cmfw.errors import InputError, Problem
from cmfw.ingest.json_text import parse_json
from cmfw.ingest.packet_match import NotUnderstood, PacketMatch, address_of, icmp_type_of, port_of, protocol_of
from cmfw.model.path import PathLine
from cmfw.model.verdict import Answer
from cmfw.net.addr import AddrSet
from cmfw.net.box import ALL_PORTS, ALL_PROTOCOLS
from cmfw.net.flow import ICMP_PROTOCOLS, PORT_PROTOCOLS
from cmfw.values import value
from cmfw.words.phrases import phrase

GROUP, INGRESS, EGRESS = (
    "aws_security_group",
    "aws_vpc_security_group_ingress_rule",
    "aws_vpc_security_group_egress_rule",
)
ACL, ACL_RULE = "aws_network_acl", "aws_network_acl_rule"
END_TAG = "cmfw-end"
"""The tag that says whose addresses a group is made for, or which zone an ACL stands around."""
_REFERENCE = re.compile(r"\$\{([a-z_]+)\.(\w+)\.id\}")
_ESCAPED = re.compile(r"\$\$\{|%%\{|\$\{|%\{")
_GROUP_KEYS = frozenset(
    {"security_group_id", "ip_protocol", "from_port", "to_port", "cidr_ipv4", "cidr_ipv6", "description", "tags"}
)
_ACL_KEYS = frozenset(
    {"network_acl_id", "rule_number", "egress", "protocol", "rule_action", "from_port", "to_port", "cidr_block",
     "ipv6_cidr_block", "icmp_type", "icmp_code"}
)  # fmt: skip


@value
class CloudRule:
    """One rule: whether it lets out, what it does, the far side and the packets, without the near side, which is its owner's."""

    number: int
    egress: bool
    answer: Answer
    far: AddrSet
    match: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]
    name: str

    def line(self, near: AddrSet, path: str) -> PathLine:
        """The rule as a line of a filter, for an owner with these addresses."""
        found = PacketMatch()
        found.take(self.match)
        for field, addresses in (
            ("source", near if self.egress else self.far),
            ("target", self.far if self.egress else near),
        ):
            found.narrow(field, addresses.ranges, AddrSet.ANY.ranges)
        return PathLine(answer=self.answer, flows=found.flows(), text=self.name, origin=f"{path}: {self.name}")


@value
class CloudFilters:
    """Rules of the group of each end, rules of the ACL of each zone by number, and what was not understood."""

    groups: Mapping[str, tuple[CloudRule, ...]]
    acls: Mapping[str, tuple[CloudRule, ...]]
    problems: tuple[Problem, ...]


def read_cloud(text: str, path: str) -> CloudFilters:
    """The groups and ACLs of one file."""
    problems: list[Problem] = []
    try:
        found = parse_json(text, path)
    except InputError as error:
        return CloudFilters({}, {}, tuple(error.problems))
    resources = found.get("resource") if isinstance(found, dict) else None
    if not isinstance(resources, dict) or not all(isinstance(one, dict) for one in resources.values()):
        return CloudFilters({}, {}, (Problem(path, "resources by type and name", "something else", key="resource"),))
    others = sorted(set(resources) - {GROUP, INGRESS, EGRESS, ACL, ACL_RULE})
    problems += [Problem(path, "a resource of ours", f"`{kind}`", key=f"resource.{kind}") for kind in others]
    groups = _owners(resources.get(GROUP, {}), GROUP, path, problems)
    acls = _owners(resources.get(ACL, {}), ACL, path, problems)
    for kind, egress in ((INGRESS, False), (EGRESS, True)):
        for name, body in resources.get(kind, {}).items():
            _read(f"{kind}.{name}", body, groups, _GROUP_KEYS, path, problems, egress)
    for name, body in resources.get(ACL_RULE, {}).items():
        _read(f"{ACL_RULE}.{name}", body, acls, _ACL_KEYS, path, problems)
    return CloudFilters(_by_end(groups), _by_end(acls), tuple(problems))


Owners = dict[str, tuple[str, list[CloudRule]]]
"""Resource name -> the end or zone that it stands around, and its rules."""


def _by_end(owners: Owners) -> dict[str, tuple[CloudRule, ...]]:
    return {end: tuple(sorted(rules, key=lambda one: one.number)) for end, rules in owners.values()}


def _owners(found: Mapping[str, Any], kind: str, path: str, problems: list[Problem]) -> Owners:
    owners: Owners = {}
    for name, body in found.items():
        tags = body.get("tags") if isinstance(body, dict) else None
        end = tags.get(END_TAG) if isinstance(tags, dict) else None
        inline = sorted({"ingress", "egress"} & set(body)) if isinstance(body, dict) else []
        if not isinstance(end, str) or inline or unescaped(end) in {one for one, _ in owners.values()}:
            wrong = phrase("`{name}` inside", name=inline[0]) if inline else phrase("none, or one that is there twice")
            problems.append(
                Problem(path, phrase("a tag `{tag}` and rules of their own", tag=END_TAG), wrong, key=f"{kind}.{name}")
            )
            continue
        owners[name] = (unescaped(end), [])
    return owners


def unescaped(text: str) -> str:
    """The text that a template string stands for. Raises NotUnderstood where it holds an expression."""

    def plain(found: re.Match[str]) -> str:
        if len(found[0]) < 3:
            raise NotUnderstood(phrase("the expression in `{text}`", text=text))
        return found[0][1:]

    return _ESCAPED.sub(plain, text)


def _read(
    key: str,
    body: Any,
    owners: Owners,
    known: frozenset[str],
    path: str,
    problems: list[Problem],
    egress: bool | None = None,
) -> None:
    try:
        owner, rule = _owned(key, body, known, egress)
        if owner not in owners:
            problems.append(Problem(path, "a rule of a group or ACL in this file", f"`{owner}`", key=key))
        else:
            owners[owner][1].append(rule)
    except (NotUnderstood, ValueError, TypeError) as error:
        problems.append(Problem(path, "a rule as we write it", str(error), key=key))


def _owned(key: str, body: Any, known: frozenset[str], egress: bool | None) -> tuple[str, CloudRule]:
    """(resource name of the rule's group or ACL, the rule). Raises NotUnderstood, ValueError, TypeError."""
    if not isinstance(body, dict) or not set(body) <= known:
        raise NotUnderstood(phrase("a rule with other arguments"))
    named = _REFERENCE.fullmatch(str(body.get("security_group_id", body.get("network_acl_id", ""))))
    if named is None or named[1] != (ACL if egress is None else GROUP):
        raise NotUnderstood(phrase("a rule of neither a group nor an ACL"))
    return named[2], _rule(key, body, egress)


def _rule(key: str, body: dict[str, Any], egress: bool | None) -> CloudRule:
    v4, v6 = (body.get("cidr_ipv4", body.get("cidr_block")), body.get("cidr_ipv6", body.get("ipv6_cidr_block")))
    if (v4 is None) == (v6 is None):
        raise NotUnderstood(phrase("not one subnet"))
    far = AddrSet((address_of(str(v4 or v6), 4 if v4 else 6),))
    match = PacketMatch()
    _packets(match, body, is_acl=egress is None)
    if egress is not None:
        return CloudRule(0, egress, Answer.ALLOW, far, match.narrowed(), key)
    answer = {"allow": Answer.ALLOW, "deny": Answer.BLOCK}.get(body.get("rule_action", ""))
    number, out = body.get("rule_number"), body.get("egress")
    if answer is None or not isinstance(number, int) or not isinstance(out, bool) or not 1 <= number <= 32766:
        raise NotUnderstood(phrase("no action, number or direction"))
    return CloudRule(number, out, answer, far, match.narrowed(), key)


def _packets(match: PacketMatch, body: dict[str, Any], *, is_acl: bool) -> None:
    """Protocol, ports and ICMP; ``-1`` is any. A group says the ICMP type and code as ports, an ACL has words of its own."""
    text = str(body["protocol" if is_acl else "ip_protocol"])
    ends = (body.get("from_port"), body.get("to_port"))
    if text == "-1":
        if is_acl and ends != (0, 0):
            raise NotUnderstood(phrase("ports of any protocol"))
        return
    protocol = protocol_of(text)
    match.narrow("protocol", (protocol,), ALL_PROTOCOLS)
    if protocol[0] in PORT_PROTOCOLS:
        match.narrow("target_port", (port_of(f"{ends[0]}-{ends[1]}"),), ALL_PORTS)
    elif protocol[0] in ICMP_PROTOCOLS:
        kind, code = (body.get("icmp_type"), body.get("icmp_code")) if is_acl else ends
        for field, number in (("types", kind), ("codes", code)):
            if number != -1:
                match.narrow(field, (icmp_type_of(str(number), 4),), ())


def passing(found: CloudFilters, ends: Mapping[str, AddrSet], path: str) -> Iterator[PathLine]:
    """One allow for whatever the group of one end lets out and the group of another lets in; nothing else passes.

    ``ends`` are the addresses that the groups stand around.
    """
    lines = [
        (rule.egress, rule.line(ends[end], path)) for end, rules in found.groups.items() if end in ends for rule in rules
    ]
    inbound = [line for egress, line in lines if not egress]
    for line in (line for egress, line in lines if egress):
        for other in inbound:
            both = line.flows & other.flows
            if not both.is_empty:
                yield PathLine(answer=Answer.ALLOW, flows=both, text=f"{line.text} {other.text}", origin=line.origin)


def acl_lines(found: CloudFilters, zone: str, addresses: AddrSet, *, egress: bool, path: str) -> Iterable[PathLine]:
    """The lines of a zone's ACL in one direction, in order."""
    return [rule.line(addresses, path) for rule in found.acls.get(zone, ()) if rule.egress is egress]
