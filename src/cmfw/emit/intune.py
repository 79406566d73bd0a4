"""Target ``intune``: firewall rule policies of the settings catalog, as JSON for Microsoft Graph, and how to take them back.

Each file is the body of one `POST /beta/deviceManagement/configurationPolicies`; a policy holds at most 150 rules. The undo lists the
names of the policies, because Graph gives each its id only when it is made. Source: policies exported from Graph (structure, template
ids), Microsoft, "Firewall CSP"; facts/windows_firewall.md 4.7.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache, lru_cache
from json.encoder import encode_basestring
from typing import Any

from cmfw.emit import Artifact, EmitRequest, Output
from cmfw.emit.capability import Capabilities
from cmfw.emit.csp_nodes import LACKS, LOSSES, Node, address_texts, as_written, circumstances, conditions_of
from cmfw.emit.host_policy import HostPolicy, PolicyReading, policy_of_plan
from cmfw.errors import Problem, Unsupported
from cmfw.ingest.evidence import StorePart
from cmfw.ingest.intune_rules import BASE, COLLECTION, GRAPH, SUFFIXES, read_intune_rules
from cmfw.model.rule import Action, AddressMatch, HostRule, Store, changed_rule
from cmfw.model.state import DEFAULT_RPC_PORTS
from cmfw.net.flow import Direction

CAPABILITIES = Capabilities(
    target="intune",
    title="firewall rule policies for Microsoft Graph, and their names for the undo",
    lacks=LACKS,
    losses={
        **LOSSES,
        "rule-ids": "Intune makes ids of its own; the id leads the rule's name",
        "settings": "not written: the profiles are another policy",
        "undo": "Graph gives a policy its id when it is made, so the undo names the policies to delete",
    },
    store=Store.MDM,
    bad_in_ids="/|:",
)
MOST_RULES = 150
"""Of one policy. Source: Microsoft, "Firewall policy settings for endpoint security in Intune"."""
_TEMPLATE = {
    "templateId": "19c8aa67-f286-4861-9aa0-f23541d31680_1",
    "templateFamily": "endpointSecurityFirewall",
    "templateDisplayName": "Microsoft Defender Firewall Rules",
    "templateDisplayVersion": "Version 1",
}
_INSTANCE = "76c7a8be-67d2-44bf-81a5-38c94926b1a1"
"""The template of firewall rules, and of its collection of rules, as policies exported from Graph name them."""


def emit(request: EmitRequest) -> Output:
    """``cmfw-intune-N.json`` and ``undo-intune.json``; raises Unsupported."""
    from cmfw.emit.powershell import check_windows

    check_windows(CAPABILITIES, request)
    return write_policy(policy_of_plan(request, CAPABILITIES))


def check(rule: HostRule) -> None:
    """Raise Unsupported where the settings catalog cannot say the rule."""
    _as_written(rule, DEFAULT_RPC_PORTS)


def _as_written(rule: HostRule, rpc_ports: Any) -> HostRule:
    if ": " in rule.id:
        raise Unsupported(CAPABILITIES.target, rule.id, "the id has `: `, which ends an id in front of a name")
    rule = rule if rule.name else changed_rule(rule, name=rule.id)
    name = rule.name
    if name != rule.id and not name.startswith(f"{rule.id}: "):
        # blanks around a name are refused before the id stands in front of it
        name = f"{rule.id}: {name}" if name == name.strip() else name
    return as_written(rule, rpc_ports, CAPABILITIES, name=name)


def write_policy(policy: HostPolicy) -> Output:
    """``cmfw-intune-N.json`` and ``undo-intune.json``; raises Unsupported."""
    rules = [_as_written(rule, policy.rpc_ports) for rule in (*policy.rules, *policy.members)]
    chunks = [rules[start : start + MOST_RULES] for start in range(0, len(rules), MOST_RULES)] or [[]]
    names = [
        f"cmfw {policy.title}" + (f" ({n} of {len(chunks)})" if len(chunks) > 1 else "") for n in range(1, len(chunks) + 1)
    ]
    child, text_of = cache(_child), address_texts()
    artifacts = [
        Artifact(
            f"cmfw-intune-{number}.json",
            _policy(name, policy, [_rule(rule, child, text_of) for rule in chunk]),
            "application/json",
            tuple(chunk),
        )
        for number, (name, chunk) in enumerate(zip(names, chunks, strict=True), 1)
    ]
    undo = Artifact("undo-intune.json", _encoded({"delete": names}), "application/json")
    used = {
        "group-members": policy.members,
        "rule-group": rules,
        "rule-ids": rules,
        "settings": policy.settings,
        "undo": True,
    }
    losses = CAPABILITIES.losses_of(policy.rules, [name for name, found in used.items() if found])
    return Output((*artifacts, undo), losses)


def _encoded(document: Any) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _policy(name: str, policy: HostPolicy, rules: list[str]) -> bytes:
    """The document with the rules where the collection of them stands, as ``json.dumps`` would lay them out too."""
    head, middle, before, after = _shell()
    found = f"[\n{f',{chr(10)}'.join(rules)}\n        ]" if rules else "[]"
    return f"{head}{_quoted(name)}{middle}{_quoted('; '.join(policy.notes))}{before}{found}{after}".encode()


@cache
def _shell() -> tuple[str, str, str, str]:
    """What stands before, between and behind the name, the description and the rules of a policy."""
    document = {
        "name": 1,
        "description": 2,
        "platforms": "windows10",
        "technologies": "mdm,microsoftSense",
        "roleScopeTagIds": ["0"],
        "templateReference": _TEMPLATE,
        "settings": [
            {
                "@odata.type": f"{GRAPH}Setting",
                "settingInstance": {
                    "@odata.type": f"{GRAPH}{COLLECTION}",
                    "settingDefinitionId": BASE,
                    "settingInstanceTemplateReference": {"settingInstanceTemplateId": _INSTANCE},
                    "groupSettingCollectionValue": [],
                },
            }
        ],
    }
    head, rest = _encoded(document).decode().split('"name": 1')
    middle, rest = rest.split('"description": 2')
    before, after = rest.split("[]")
    return f'{head}"name": ', f'{middle}"description": ', before, after


def _rule(rule: HostRule, child: Callable[[Node], str], text_of: Callable[[AddressMatch], str]) -> str:
    """One entry of the collection; ``child`` and ``text_of`` remember what the policy has so far."""
    shared = _shared(rule.active, rule.direction, rule.action, rule.profiles, rule.protocol)
    children = ",\n".join([_child(("Name", "chr", rule.name)), shared, *map(child, conditions_of(rule, text_of))])
    return f'          {{\n            "children": [\n{children}\n            ]\n          }}'


@lru_cache(maxsize=1024)
def _shared(active: bool, direction: Direction, action: Action, profiles: int, protocol: int | None) -> str:
    """The settings that nearly all rules share, as text."""
    return ",\n".join(map(_child, circumstances(active, direction, action, profiles, protocol)))


_quoted = encode_basestring
_IN = "\n                "
"""Where the members of a child begin."""


def _child(node: Node) -> str:
    """One setting of a rule."""
    path, kind, text = node
    if kind == "chr" and path in _FREE_TEXTS:
        before, between, after = _around(path)
        return f"{before}{_quoted(text) if between is None else between.join(map(_quoted, text.split(',')))}{after}"
    return _in_full(path, kind, text)


_FREE_TEXTS = frozenset(path for path, (_, form) in SUFFIXES.items() if form in ("SimpleSetting", "SimpleSettingCollection"))


@cache
def _around(path: str) -> tuple[str, str | None, str]:
    """What stands before, between and behind the texts of a setting; between is None where there is one text."""
    if SUFFIXES[path][1] == "SimpleSetting":
        before, after = _in_full(path, "chr", "a").split('"a"')
        return before, None, after
    before, rest = _in_full(path, "chr", "a,b").split('"a"')
    between, after = rest.split('"b"')
    return before, between, after


def _in_full(path: str, kind: str, text: str) -> str:
    """One setting; what the catalog offers as a choice is an id that ends in the value."""
    suffix, form = SUFFIXES[path]
    definition = f"{BASE}_{suffix}"
    if form == "ChoiceSetting":
        choice = {"true": "1", "false": "0"}.get(text, text) if path != "EdgeTraversal" else text
        found = f'"choiceSettingValue": {{{_IN}  {_choice(definition, choice.lower(), _IN)}{_IN}}}'
    elif form == "ChoiceSettingCollection":
        choices = _bits(text) if path == "Profiles" else text.lower().split(",")
        entries = [f"{{{_IN}    {_choice(definition, each, _IN + '  ')}{_IN}  }}" for each in choices]
        found = f'"choiceSettingCollectionValue": [{_IN}  {f",{_IN}  ".join(entries)}{_IN}]'
    elif form == "SimpleSettingCollection":
        entries = [f"{{{_IN}    {_value('String', _quoted(part), _IN + '  ')}{_IN}  }}" for part in text.split(",")]
        found = f'"simpleSettingCollectionValue": [{_IN}  {f",{_IN}  ".join(entries)}{_IN}]'
    else:
        is_whole = kind == "int"
        simple = _value("Integer", str(int(text)), _IN) if is_whole else _value("String", _quoted(text), _IN)
        found = f'"simpleSettingValue": {{{_IN}  {simple}{_IN}}}'
    lines = (f'"@odata.type": "{GRAPH}{form}Instance"', f'"settingDefinitionId": "{definition}"', found)
    return f"              {{{_IN}{f',{_IN}'.join(lines)}\n              }}"


def _choice(definition: str, value: str, place: str) -> str:
    return f'"value": {_quoted(f"{definition}_{value}")},{place}  "children": []'


def _value(kind: str, written: str, place: str) -> str:
    return f'"@odata.type": "{GRAPH}{kind}SettingValue",{place}  "value": {written}'


def _bits(text: str) -> list[str]:
    return [text] if int(text) > 7 else [str(bit) for bit in (1, 2, 4) if bit & int(text)]


def read_policy(artifacts: tuple[Artifact, ...]) -> PolicyReading:
    """What the policies make of a device."""
    rules: list[HostRule] = []
    problems: list[Problem] = []
    for artifact in artifacts[:-1]:
        found, wrong = read_intune_rules(artifact.content, artifact.path)
        rules += found
        problems += wrong
    return PolicyReading(part=StorePart(store=Store.MDM, name="mdm", rules=tuple(rules), problems=tuple(problems)))
