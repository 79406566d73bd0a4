"""Target ``dsc``: a configuration document for DSC v3 with the resource Microsoft.Windows/FirewallRuleList, and its undo.

Apply it with `dsc config set --file cmfw.dsc.json` as administrator. The resource finds a rule by its name, so our id is the name, and the
name leads the description. Every property that a rule may have changed is written, because the resource leaves alone what is absent.
Source: PowerShell/DSC, resources/windows_firewall (manifest and source), facts/windows_firewall.md 4.8.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from cmfw.emit import Artifact, EmitRequest, Output
from cmfw.emit.capability import Capabilities
from cmfw.emit.host_policy import HostPolicy, PolicyReading, policy_of_plan
from cmfw.emit.plain_subnet import plain_texts, with_plain_subnet
from cmfw.errors import Unsupported
from cmfw.ingest.com_rule import ports_text
from cmfw.ingest.dsc_rules import ACTIONS, ANY_PROTOCOL, DIRECTIONS, INTERFACES, PROFILES, RESOURCE, SCHEMA, read_dsc_rules
from cmfw.model.rule import HostRule, Store
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, PORT_PROTOCOLS

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
        plain = replace(plain, edge=False, extras=replace(plain.extras, defer=""))
    return replace(plain, name=rule.id, description=description, store=Store.LOCAL, version=(2, 10), origin="")


def write_policy(policy: HostPolicy) -> Output:
    """``cmfw.dsc.json`` and ``undo.dsc.json``; raises Unsupported."""
    copies = (replace(member, group="cmfw") for member in policy.members)
    rules = [_as_written(rule) for rule in (*policy.rules, *copies)]
    title = f"cmfw: {policy.title}"
    gone = [{"name": rule.name, "_exist": False} for rule in rules]
    used = {"group-members": policy.members, "rule-ids": rules, "settings": policy.settings}
    return Output(
        (
            Artifact("cmfw.dsc.json", _document(title, [_properties(r) for r in rules]), "application/json", tuple(rules)),
            Artifact("undo.dsc.json", _document(title, gone), "application/json"),
        ),
        CAPABILITIES.losses_of(policy.rules, [name for name, found in used.items() if found]),
    )


def _document(title: str, rules: list[dict[str, Any]]) -> bytes:
    resource = {"name": title, "type": RESOURCE, "properties": {"rules": rules}}
    return (json.dumps({"$schema": SCHEMA, "resources": [resource]}, ensure_ascii=False, indent=2) + "\n").encode()


def _properties(rule: HostRule) -> dict[str, Any]:
    out: dict[str, Any] = {
        "name": rule.name,
        "description": rule.description,
        "enabled": rule.active,
        "direction": DIRECTIONS[rule.direction],
        "action": ACTIONS[rule.action],
        "profiles": ["All"] if rule.profiles == ALL_PROFILES else [w for bit, w in PROFILES.items() if bit & rule.profiles],
        "protocol": ANY_PROTOCOL if rule.protocol is None else rule.protocol,
    }
    texts = (("applicationName", rule.program), ("serviceName", rule.service))
    out |= {key: text for key, text in texts if text is not None}
    if rule.protocol in PORT_PROTOCOLS:
        out |= {
            key: "*" if m.is_any else ports_text(m)
            for key, m in (("localPorts", rule.local_port), ("remotePorts", rule.remote_port))
        }
    for key, match in (("localAddresses", rule.local_address), ("remoteAddresses", rule.remote_address)):
        out[key] = "*" if match.is_any else ",".join(plain_texts(match, "LocalSubnet"))
    words = [word for bit, word in INTERFACES.items() if bit & rule.interfaces]
    out["interfaceTypes"] = ["All"] if rule.interfaces == ALL_INTERFACES else words
    out["grouping"] = rule.group
    if rule.edge:
        out["edgeTraversal"] = True
    return out


def read_policy(artifacts: tuple[Artifact, ...]) -> PolicyReading:
    """What the document makes of a host."""
    return PolicyReading(part=read_dsc_rules(artifacts[0].content, artifacts[0].path))
