"""Target ``ansible``: a playbook with community.windows.win_firewall_rule, one task a rule, and one that takes the rules out again.

The YAML is written by hand in one shape: every text is a double-quoted scalar in JSON's escapes, which YAML reads the same, so nothing
in a name is ever a tag, an anchor, a template or a number. Jinja braces in a text are refused, because Ansible would run them. The
module finds a rule by its display name: our id is the name, and the name leads the description.
Source: community.windows, win_firewall_rule (documentation); YAML 1.2.2, 1.3 (JSON is a subset); facts/windows_firewall.md 4.8.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from json.encoder import encode_basestring

from cmfw.emit import Artifact, EmitRequest, Output
from cmfw.emit.capability import Capabilities
from cmfw.emit.host_policy import HostPolicy, PolicyReading, policy_of_plan
from cmfw.emit.plain_subnet import plain_texts, remembered, with_plain_subnet
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
from cmfw.model.rule import Action, AddressMatch, HostRule, PortMatch, Store, changed_rule, rule_of_store
from cmfw.net.flow import ALL_INTERFACES, PORT_PROTOCOLS, Direction
from cmfw.words.phrases import phrase

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


_BRACES = re.compile(r"\{[{%#]")


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
        if "{" in text and _BRACES.search(text):
            raise Unsupported(
                CAPABILITIES.target,
                rule.id,
                phrase("the {field} has braces that Ansible would run as a template", field=field),
            )
    for field, word in (("program", rule.program), ("service", rule.service)):
        if word is not None and word.lower() in ("any", "*"):
            raise Unsupported(
                CAPABILITIES.target,
                rule.id,
                phrase("the {field} `{word}` is the module's word for any", field=field, word=word),
            )
    if rule.extras.defer and rule.edge != (rule.extras.defer != "User"):
        raise Unsupported(CAPABILITIES.target, rule.id, "edge traversal and who decides on it contradict one another")
    description = rule.description if rule.name == rule.id else ": ".join(t for t in (rule.name, rule.description) if t)
    plain = with_plain_subnet(rule, CAPABILITIES.target)
    return rule_of_store(plain, Store.LOCAL, rule.id, description, plain.group)


def write_policy(policy: HostPolicy) -> Output:
    """``cmfw.yml`` and ``undo.yml``; raises Unsupported."""
    copies = (changed_rule(member, group="cmfw") for member in policy.members)
    rules = [_as_written(rule) for rule in (*policy.rules, *copies)]
    for text in (policy.title, *policy.notes):
        if _BRACES.search(text):
            raise Unsupported(
                CAPABILITIES.target, phrase("place"), "its name has braces that Ansible would run as a template"
            )
    text_of = remembered(lambda match: "any" if match.is_any else ",".join(plain_texts(match, "LocalSubnet")))
    made = [_task(f"Make {rule.id}", _arguments(rule, text_of)) for rule in rules]
    gone = [_task(f"Remove {rule.id}", f'        name: {_quoted(rule.name)}\n        state: "absent"\n') for rule in rules]
    title = f"Windows Firewall rules for {policy.title}"
    used = {"group-members": policy.members, "rule-ids": rules, "settings": policy.settings}
    return Output(
        (
            Artifact("cmfw.yml", _play(title, policy.notes, made), "application/yaml", tuple(rules)),
            Artifact("undo.yml", _play(f"Undo of {title}", (), gone), "application/yaml"),
        ),
        CAPABILITIES.losses_of(policy.rules, [name for name, found in used.items() if found]),
    )


_quoted = encode_basestring


def _play(title: str, notes: tuple[str, ...], tasks: list[str]) -> bytes:
    lines = [line.replace("TITLE", _quoted(title)) for line in HEAD]
    lines[1:1] = [f"# cmfw: {_quoted(note)}" for note in notes]
    if not tasks:
        lines[-1] += " []"
    return ("\n".join(lines) + "\n" + "\n".join(tasks)).encode()


def _task(name: str, arguments: str) -> str:
    return f"    - name: {_quoted(name)}\n      {MODULE}:\n{arguments}"


def _line(key: str, text: str) -> str:
    return f"        {key}: {_quoted(text)}\n"


def _list(key: str, texts: list[str]) -> str:
    return f"        {key}:\n" + "".join(f"          - {_quoted(text)}\n" for text in texts)


def _arguments(rule: HostRule, text_of: Callable[[AddressMatch], str]) -> str:
    """The lines below the module; ``text_of`` writes an address list."""
    lines = [
        _line("name", rule.name),
        _line("description", rule.description),
        _line("group", rule.group),
        _circumstances(rule.active, rule.direction, rule.action, rule.profiles, rule.protocol),
    ]
    if rule.protocol in PORT_PROTOCOLS:
        for key, ports in (("localport", rule.local_port), ("remoteport", rule.remote_port)):
            text = "any" if ports is PortMatch.ANY or ports.is_any else ports_text(ports)
            lines.append(f'        {key}: "{text}"\n')
    if rule.icmp is not None:
        lines.append(_list("icmp_type_code", [f"{kind}:{'*' if code is None else code}" for kind, code in rule.icmp]))
    for key, addresses in (("localip", rule.local_address), ("remoteip", rule.remote_address)):
        text = "any" if addresses is AddressMatch.ANY else text_of(addresses)
        lines.append(f'        {key}: "{text}"\n')
    if rule.program is not None:
        lines.append(_line("program", rule.program))
    if rule.service is not None:
        lines.append(_line("service", rule.service))
    lines.append(_ending(rule.interfaces, rule.edge, rule.extras.defer))
    return "".join(lines)


@lru_cache(maxsize=1024)
def _circumstances(active: bool, direction: Direction, action: Action, profiles: int, protocol: int | None) -> str:
    """The lines that nearly all rules share: there are few of them, whatever the policy."""
    word = "any" if protocol is None else PROTOCOLS.get(protocol, str(protocol))
    return (
        f"        enabled: {'true' if active else 'false'}\n"
        + _line("direction", DIRECTIONS[direction])
        + _line("action", ACTIONS[action])
        + _list("profiles", [word for bit, word in PROFILES.items() if bit & profiles])
        + _line("protocol", word)
    )


@lru_cache(maxsize=128)
def _ending(interfaces: int, edge: bool, defer: str) -> str:
    bits = [word for bit, word in INTERFACES.items() if bit & interfaces]
    words = ["any"] if interfaces == ALL_INTERFACES else bits
    return _list("interfacetypes", words) + _line("edge", EDGES[edge, defer]) + _line("state", "present")


def read_policy(artifacts: tuple[Artifact, ...]) -> PolicyReading:
    """What the playbook makes of a host."""
    return PolicyReading(part=read_ansible_rules(artifacts[0].content, artifacts[0].path))
