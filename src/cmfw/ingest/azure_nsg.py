"""Reads an Azure network security group (resource, ARM template or ``az network nsg show``) as the filter in front of a zone.

The inbound rules are laid out by priority; a service tag, an application security group or a template expression leaves a
rule in doubt. Source: Azure Virtual Network documentation, "Network security groups"; Microsoft.Network/networkSecurityGroups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cmfw.errors import InputError, Problem
from cmfw.ingest.json_text import objects, parse_json
from cmfw.ingest.packet_chains import EITHER
from cmfw.ingest.packet_match import NotUnderstood, PacketMatch, address_of, port_of
from cmfw.model.path import EVERYTHING, PathLine
from cmfw.model.verdict import Answer
from cmfw.net import intervals
from cmfw.net.addr import AddrSet
from cmfw.net.box import ALL_PORTS, ALL_PROTOCOLS
from cmfw.net.intervals import Range, Ranges

TYPE = "Microsoft.Network/networkSecurityGroups"
ANY_PROTOCOL: Ranges = ((1, 1), (6, 6), (17, 17), (50, 51))
"""What ``*`` lets pass for certain: TCP, UDP, ICMP, ESP and AH. Source: Azure documentation, "Security rules", Protocol."""
_PROTOCOLS: dict[str, Ranges] = {
    "tcp": ((6, 6),),
    "udp": ((17, 17),),
    "icmp": ((1, 1),),
    "esp": ((50, 50),),
    "ah": ((51, 51),),
}
_ANSWERS = {"allow": Answer.ALLOW, "deny": Answer.BLOCK}
_FIELDS = (
    ("source", "sourceAddressPrefix", "sourceAddressPrefixes"),
    ("target", "destinationAddressPrefix", "destinationAddressPrefixes"),
    ("source_port", "sourcePortRange", "sourcePortRanges"),
    ("target_port", "destinationPortRange", "destinationPortRanges"),
)
_GROUPS = ("sourceApplicationSecurityGroups", "destinationApplicationSecurityGroups")


def read_nsg(text: str, path: str) -> tuple[tuple[PathLine, ...], list[Problem]]:
    """(lines, problems) of a file that holds one group; what several of them would decide together is in doubt."""
    try:
        groups = list(_groups(parse_json(text, path)))
    except InputError as error:
        return (_doubt(path),), list(error.problems)
    if len(groups) != 1:
        return (_doubt(path),), [Problem(path, "one network security group", f"{len(groups)}")]
    problems: list[Problem] = []
    lines = list(_lines(groups[0], path, problems))
    return (tuple(lines) if not problems else (_doubt(path), *lines)), problems


def _doubt(path: str, may: tuple[Answer, ...] = EITHER, text: str = "") -> PathLine:
    return PathLine(answer=Answer.UNKNOWN, flows=EVERYTHING, text=text, origin=path, may=may)


def _groups(found: Any) -> Iterator[dict[str, Any]]:
    """The properties of every group; az prints them without the resource around them."""
    inside: set[int] = set()
    for one in objects(found):
        properties = _properties(one)
        is_group = isinstance(properties.get("securityRules"), list) and str(one.get("type", TYPE)).lower() == TYPE.lower()
        if is_group and id(one) not in inside:
            inside.add(id(properties))
            yield properties


def _properties(one: dict[str, Any]) -> dict[str, Any]:
    inner = one.get("properties")
    return inner if isinstance(inner, dict) else one


def _lines(group: dict[str, Any], path: str, problems: list[Problem]) -> Iterator[PathLine]:
    """The inbound rules by priority, then those that every group ends in."""
    own = [(one, _properties(one)) for one in group["securityRules"] if isinstance(one, dict)]
    if len(own) < len(group["securityRules"]):
        problems.append(Problem(path, "rules that are objects", "other values", key="securityRules"))
    shown = group.get("defaultSecurityRules")
    rules = own + [(one, _properties(one)) for one in shown or () if isinstance(one, dict)]
    inbound = [(named, rule) for named, rule in rules if str(rule.get("direction", "inbound")).lower() != "outbound"]
    if any(not isinstance(rule.get("priority"), int) for _, rule in inbound):
        problems.append(Problem(path, "a number as priority of each rule", "something else", key="priority"))
        return
    for named, rule in sorted(inbound, key=lambda one: one[1]["priority"]):
        yield from _rule(str(named.get("name", "")), rule, path)
    if not shown:
        # what every group ends in; the addresses behind the tags are not in the file
        yield _doubt(path, (Answer.ALLOW,), "AllowVnetInBound, AllowAzureLoadBalancerInBound")
        yield PathLine(answer=Answer.BLOCK, flows=EVERYTHING, text="DenyAllInBound", origin=path)


def _rule(name: str, rule: dict[str, Any], path: str) -> Iterator[PathLine]:
    match = PacketMatch()
    sure = not any(rule.get(key) for key in _GROUPS)
    for field, single, plural in _FIELDS:
        found, certain = _values(rule, single, plural, address_or_any if "port" not in field else _port_or_any)
        sure = sure and certain
        if certain:
            whole = ALL_PORTS if "port" in field else AddrSet.ANY.ranges
            if found != whole:
                match.narrow(field, found, whole)
    protocol = str(rule.get("protocol", "")).lower()
    if protocol in _PROTOCOLS:
        match.narrow("protocol", _PROTOCOLS[protocol], ALL_PROTOCOLS)
    answer = _ANSWERS.get(str(rule.get("access", "")).lower())
    sure = sure and answer is not None and (protocol in _PROTOCOLS or protocol == "*")
    origin = f"{path}: {name}"
    if sure and answer is not None and (protocol != "*" or answer is Answer.BLOCK):
        yield PathLine(answer=answer, flows=match.flows(), text=name, origin=origin)
        return
    if sure and answer is not None:
        known = PacketMatch()
        for field in ("source", "target", "source_port", "target_port"):
            setattr(known, field, getattr(match, field))
        known.narrow("protocol", ANY_PROTOCOL, ALL_PROTOCOLS)
        yield PathLine(answer=answer, flows=known.flows(), text=name, origin=origin)
    may = EITHER if answer is None else (answer,)
    yield PathLine(answer=Answer.UNKNOWN, flows=match.flows(), text=name, origin=origin, may=may)


def _values(rule: dict[str, Any], single: str, plural: str, read: Callable[[str], Range]) -> tuple[Ranges, bool]:
    """(ranges, whether all of them were understood) of a field that has a form for one value and one for several."""
    texts = [rule[single]] if rule.get(single) not in (None, "") else []
    several = rule.get(plural)
    if several is not None and not isinstance(several, list):
        return (), False
    texts += several or []
    try:
        return intervals.normalise(read(str(text)) for text in texts), bool(texts)
    except NotUnderstood:
        return (), False


def address_or_any(text: str) -> Range:
    """An address or subnet of either family; ``*`` is all. Raises NotUnderstood, for service tags too."""
    return AddrSet.ANY.ranges[0] if text == "*" else address_of(text, 6 if ":" in text else 4)


def _port_or_any(text: str) -> Range:
    return ALL_PORTS[0] if text == "*" else port_of(text)
