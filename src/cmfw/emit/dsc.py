"""Target ``dsc``: a configuration document for DSC v3 with the resource Microsoft.Windows/FirewallRuleList, and its undo.

Apply it with `dsc config set --file cmfw.dsc.json` as administrator. The resource finds a rule by its name, so our id is the name, and the
name leads the description. Every property that a rule may have changed is written, because the resource leaves alone what is absent.
Source: PowerShell/DSC, resources/windows_firewall (manifest and source), facts/windows_firewall.md 4.8.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from json.encoder import encode_basestring

from cmfw.emit import Artifact, EmitRequest, Output
from cmfw.emit.capability import Capabilities
from cmfw.emit.host_policy import HostPolicy, PolicyReading, policy_of_plan
from cmfw.emit.plain_subnet import plain_texts, remembered, with_plain_subnet
from cmfw.errors import Unsupported
from cmfw.ingest.com_rule import ports_text
from cmfw.ingest.dsc_rules import ACTIONS, ANY_PROTOCOL, DIRECTIONS, INTERFACES, PROFILES, RESOURCE, SCHEMA, read_dsc_rules
from cmfw.model.rule import Action, AddressMatch, HostRule, PortMatch, Store, changed_rule, rule_of_store
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, PORT_PROTOCOLS, Direction

CAPABILITIES = Capabilities(
    target="dsc",
    title="DSC v3 document with Microsoft.Windows/FirewallRuleList, and its undo",
    lacks={
        "bypass": "the resource has no authenticated bypass",
        "any-service": "the resource has no documented way to say any service and no other process",
        "port-words": "only the port keywords RPC and RPC-EPMap are written",
        "icmp": "the resource has no ICMP types",
        "address-words": "only the address keyword LocalSubnet is written",
        "mobile": "the resource has no word for mobile broadband",
        "rare": "conditions on users, machines, IPsec or packages are not written",
        "old-windows": "DSC v3 needs Windows 10; use the target `registry-pol`",
        "group-unknown": "the resource cannot enable a group, and which rules it has depends on Windows; give an `os` whose rules the catalog has, or use the target `powershell`",
        "other-product": "its clients run another firewall product; use the target `list`",
    },
    losses={
        "defer": "edge traversal that the program or the user decides on is written as off",
        "group-members": "made anew under their ids, because the resource finds rules by display names, which depend on the language",
        "rule-ids": "the id is written as the rule's name, and the name leads the description",
        "settings": "not written: the resource has rules only",
    },
    bad_in_ids="|",
)


def emit(request: EmitRequest) -> Output:
    """``cmfw.dsc.json`` and ``undo.dsc.json``; raises Unsupported."""
    from cmfw.emit.powershell import check_windows

    check_windows(CAPABILITIES, request)
    return write_policy(policy_of_plan(request, CAPABILITIES))


def check(rule: HostRule) -> None:
    """Raise Unsupported where the resource cannot say the rule."""
    _as_written(rule)


def _as_written(rule: HostRule) -> HostRule:
    """The rule as the resource makes it."""
    CAPABILITIES.check(rule)
    if not rule.name.strip() or rule.id != rule.id.strip():
        raise Unsupported(CAPABILITIES.target, rule.id, "the name is empty, or the id begins or ends with a blank")
    description = rule.description if rule.name == rule.id else ": ".join(t for t in (rule.name, rule.description) if t)
    plain = with_plain_subnet(rule, CAPABILITIES.target)
    if plain.extras.defer:
        plain = changed_rule(plain, edge=False, extras=replace(plain.extras, defer=""))
    return rule_of_store(plain, Store.LOCAL, rule.id, description, plain.group)


def write_policy(policy: HostPolicy) -> Output:
    """``cmfw.dsc.json`` and ``undo.dsc.json``; raises Unsupported."""
    copies = (changed_rule(member, group="cmfw") for member in policy.members)
    rules = [_as_written(rule) for rule in (*policy.rules, *copies)]
    title = f"cmfw: {policy.title}"
    text_of = remembered(lambda match: "*" if match.is_any else ",".join(plain_texts(match, "LocalSubnet")))
    made = [_object(_properties(rule, text_of)) for rule in rules]
    gone = [_object([f'"name": {_quoted(rule.name)}', '"_exist": false']) for rule in rules]
    used = {"group-members": policy.members, "rule-ids": rules, "settings": policy.settings}
    return Output(
        (
            Artifact("cmfw.dsc.json", _document(title, made), "application/json", tuple(rules)),
            Artifact("undo.dsc.json", _document(title, gone), "application/json"),
        ),
        CAPABILITIES.losses_of(policy.rules, [name for name, found in used.items() if found]),
    )


_quoted = encode_basestring


def _document(title: str, rules: list[str]) -> bytes:
    """The document as ``json.dumps`` with an indent of two lays it out, which is six times slower."""
    entries = "[\n" + ",\n".join(rules) + "\n        ]" if rules else "[]"
    resource = (
        f'    {{\n      "name": {_quoted(title)},\n      "type": {_quoted(RESOURCE)},\n'
        f'      "properties": {{\n        "rules": {entries}\n      }}\n    }}\n'
    )
    return f'{{\n  "$schema": {_quoted(SCHEMA)},\n  "resources": [\n{resource}  ]\n}}\n'.encode()


def _object(properties: list[str]) -> str:
    return "          {\n            " + ",\n            ".join(properties) + "\n          }"


def _words(words: list[str]) -> str:
    return "[\n              " + ",\n              ".join(map(_quoted, words)) + "\n            ]" if words else "[]"


def _properties(rule: HostRule, text_of: Callable[[AddressMatch], str]) -> list[str]:
    """Each property of a rule with its value; ``text_of`` writes an address list."""
    out = [
        f'"name": {_quoted(rule.name)}',
        f'"description": {_quoted(rule.description)}',
        _circumstances(rule.active, rule.direction, rule.action, rule.profiles, rule.protocol),
    ]
    if rule.program is not None:
        out.append(f'"applicationName": {_quoted(rule.program)}')
    if rule.service is not None:
        out.append(f'"serviceName": {_quoted(rule.service)}')
    if rule.protocol in PORT_PROTOCOLS:
        for key, ports in (("localPorts", rule.local_port), ("remotePorts", rule.remote_port)):
            text = "*" if ports is PortMatch.ANY or ports.is_any else ports_text(ports)
            out.append(f'"{key}": "{text}"')
    for key, addresses in (("localAddresses", rule.local_address), ("remoteAddresses", rule.remote_address)):
        text = "*" if addresses is AddressMatch.ANY else text_of(addresses)
        out.append(f'"{key}": "{text}"')
    out.append(_interfaces(rule.interfaces))
    out.append(f'"grouping": {_quoted(rule.group)}')
    if rule.edge:
        out.append('"edgeTraversal": true')
    return out


@lru_cache(maxsize=1024)
def _circumstances(active: bool, direction: Direction, action: Action, profiles: int, protocol: int | None) -> str:
    """The properties that nearly all rules share: there are few of them, whatever the policy."""
    words = ["All"] if profiles == ALL_PROFILES else [word for bit, word in PROFILES.items() if bit & profiles]
    properties = (
        f'"enabled": {"true" if active else "false"}',
        f'"direction": "{DIRECTIONS[direction]}"',
        f'"action": "{ACTIONS[action]}"',
        f'"profiles": {_words(words)}',
        f'"protocol": {ANY_PROTOCOL if protocol is None else protocol}',
    )
    return ",\n            ".join(properties)


@lru_cache(maxsize=32)
def _interfaces(mask: int) -> str:
    words = ["All"] if mask == ALL_INTERFACES else [word for bit, word in INTERFACES.items() if bit & mask]
    return f'"interfaceTypes": {_words(words)}'


def read_policy(artifacts: tuple[Artifact, ...]) -> PolicyReading:
    """What the document makes of a host."""
    return PolicyReading(part=read_dsc_rules(artifacts[0].content, artifacts[0].path))
