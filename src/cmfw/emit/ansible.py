"""Target ``ansible``: a playbook with community.windows.win_firewall_rule, one task a rule, and one that takes the rules out again.

The YAML is written by hand in one shape: every text is a double-quoted scalar in JSON's escapes, which YAML reads the same, so nothing
in a name is ever a tag, an anchor, a template or a number. Jinja braces in a text are refused, because Ansible would run them. The
module finds a rule by its display name: our id is the name, and the name leads the description.
Source: community.windows, win_firewall_rule (documentation); YAML 1.2.2, 1.3 (JSON is a subset); facts/windows_firewall.md 4.8.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from cmfw.emit import Artifact, EmitRequest, Output
from cmfw.emit.capability import Capabilities
from cmfw.emit.host_policy import HostPolicy, PolicyReading, policy_of_plan
from cmfw.emit.plain_subnet import plain_texts, with_plain_subnet
from cmfw.errors import Unsupported
from cmfw.ingest.ansible_rules import (
    ACTIONS,
    DIRECTIONS,
    EDGES,
    HEAD,
    INTERFACES,
    MODULE,
    PROFILES,
    PROTOCOLS,
    read_ansible_rules,
)
from cmfw.ingest.com_rule import ports_text
from cmfw.model.rule import HostRule, Store
from cmfw.net.flow import ALL_INTERFACES, PORT_PROTOCOLS

CAPABILITIES = Capabilities(
    target="ansible",
    title="Ansible playbook with win_firewall_rule, and its undo",
    lacks={
        "bypass": "the module has no authenticated bypass",
        "any-service": "the module has no documented way to say any service and no other process",
        "port-words": "only the port keywords RPC and RPC-EPMap are written",
        "address-words": "only the address keyword LocalSubnet is written",
        "mobile": "the module has no word for mobile broadband",
        "rare": "conditions on users, machines, IPsec or packages are not written",
        "group-unknown": "a group that the module enables is found by its name in the language of the host; give an `os` whose rules the catalog has, or use the target `powershell`",
        "other-product": "its clients run another firewall product; use the target `list`",
    },
    losses={
        "group-members": "made anew under their ids: the module finds rules by display names, which depend on the language",
        "rule-ids": "the id is written as the rule's name, and the name leads the description",
        "settings": "not written: the module has rules only",
    },
    bad_in_ids="|",
)


def emit(request: EmitRequest) -> Output:
    """``cmfw.yml`` and ``undo.yml``; raises Unsupported."""
    return write_policy(policy_of_plan(request, CAPABILITIES))


def check(rule: HostRule) -> None:
    """Raise Unsupported where the module cannot say the rule."""
    _as_written(rule)


def _as_written(rule: HostRule) -> HostRule:
    """The rule as the module makes it."""
    CAPABILITIES.check(rule)
    for field, text in (
        ("id", rule.id),
        ("name", rule.name),
        ("description", rule.description),
        ("program", rule.program or ""),
    ):
        if "{{" in text or "{%" in text or "{#" in text:
            raise Unsupported(CAPABILITIES.target, rule.id, f"the {field} has braces that Ansible would run as a template")
    for field, word in (("program", rule.program), ("service", rule.service)):
        if word is not None and word.lower() in ("any", "*"):
            raise Unsupported(CAPABILITIES.target, rule.id, f"the {field} `{word}` is the module's word for any")
    if rule.extras.defer and rule.edge != (rule.extras.defer != "User"):
        raise Unsupported(CAPABILITIES.target, rule.id, "edge traversal and who decides on it contradict one another")
    description = rule.description if rule.name == rule.id else ": ".join(t for t in (rule.name, rule.description) if t)
    plain = with_plain_subnet(rule, CAPABILITIES.target)
    return replace(plain, name=rule.id, description=description, store=Store.LOCAL, version=(2, 10), origin="")


def write_policy(policy: HostPolicy) -> Output:
    """``cmfw.yml`` and ``undo.yml``; raises Unsupported."""
    copies = (replace(member, group="cmfw") for member in policy.members)
    rules = [_as_written(rule) for rule in (*policy.rules, *copies)]
    for text in (policy.title, *policy.notes):
        if "{{" in text or "{%" in text or "{#" in text:
            raise Unsupported(CAPABILITIES.target, "place", "its name has braces that Ansible would run as a template")
    made = [_task(f"Make {rule.id}", _arguments(rule)) for rule in rules]
    gone = [_task(f"Remove {rule.id}", [("name", rule.name), ("state", "absent")]) for rule in rules]
    title = f"Windows Firewall rules for {policy.title}"
    used = {"group-members": policy.members, "rule-ids": rules, "settings": policy.settings}
    return Output(
        (
            Artifact("cmfw.yml", _play(title, policy.notes, made), "application/yaml", tuple(rules)),
            Artifact("undo.yml", _play(f"Undo of {title}", (), gone), "application/yaml"),
        ),
        CAPABILITIES.losses_of(policy.rules, [name for name, found in used.items() if found]),
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _play(title: str, notes: tuple[str, ...], tasks: list[list[str]]) -> bytes:
    lines = [line.replace("TITLE", _quoted(title)) for line in HEAD]
    lines[1:1] = [f"# cmfw: {_quoted(note)}" for note in notes]
    if not tasks:
        lines[-1] += " []"
    for number, task in enumerate(tasks):
        lines += [*([""] if number else []), *task]
    return ("\n".join(lines) + "\n").encode()


def _task(name: str, arguments: list[tuple[str, str | list[str]]]) -> list[str]:
    lines = [f"    - name: {_quoted(name)}", f"      {MODULE}:"]
    for key, found in arguments:
        if isinstance(found, str):
            lines.append(f"        {key}: {found if key == 'enabled' else _quoted(found)}")
        else:
            lines += [f"        {key}:", *(f"          - {_quoted(each)}" for each in found)]
    return lines


def _arguments(rule: HostRule) -> list[tuple[str, str | list[str]]]:
    return list(_pairs(rule))


def _pairs(rule: HostRule) -> Iterator[tuple[str, str | list[str]]]:
    yield "name", rule.name
    yield "description", rule.description
    yield "group", rule.group
    yield "enabled", "true" if rule.active else "false"
    yield "direction", DIRECTIONS[rule.direction]
    yield "action", ACTIONS[rule.action]
    yield "profiles", [word for bit, word in PROFILES.items() if bit & rule.profiles]
    yield "protocol", "any" if rule.protocol is None else PROTOCOLS.get(rule.protocol, str(rule.protocol))
    if rule.protocol in PORT_PROTOCOLS:
        for key, match in (("localport", rule.local_port), ("remoteport", rule.remote_port)):
            yield key, "any" if match.is_any else ports_text(match)
    if rule.icmp is not None:
        yield "icmp_type_code", [f"{kind}:{'*' if code is None else code}" for kind, code in rule.icmp]
    for key, addresses in (("localip", rule.local_address), ("remoteip", rule.remote_address)):
        yield key, "any" if addresses.is_any else ",".join(plain_texts(addresses, "LocalSubnet"))
    for key, text in (("program", rule.program), ("service", rule.service)):
        if text is not None:
            yield key, text
    bits = [word for bit, word in INTERFACES.items() if bit & rule.interfaces]
    yield "interfacetypes", ["any"] if rule.interfaces == ALL_INTERFACES else bits
    yield "edge", EDGES[rule.edge, rule.extras.defer]
    yield "state", "present"


def read_policy(artifacts: tuple[Artifact, ...]) -> PolicyReading:
    """What the playbook makes of a host."""
    return PolicyReading(part=read_ansible_rules(artifacts[0].content, artifacts[0].path))
