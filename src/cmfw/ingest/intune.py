"""Intune policies as JSON of Microsoft Graph, as its export tools write them: one policy, a list of them, or a page of Graph.

Four kinds carry the firewall: the settings catalog (and endpoint security, which is made of it), the older endpoint security
intents, the older endpoint protection profile, and custom profiles with OMA-URIs. Whether a policy is assigned to the machine
is not in them.

Source: Microsoft Graph, deviceManagementConfigurationPolicy, deviceManagementIntent, windows10EndpointProtectionConfiguration,
windowsFirewallNetworkProfile, windowsFirewallRule, omaSetting; facts/windows_firewall.md 4.7.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from cmfw.errors import InputError, Problem
from cmfw.ingest.csp_nodes import PROFILES, Node, RuleTexts, node_path, read_nodes, read_rules
from cmfw.ingest.evidence import Evidence, StorePart
from cmfw.ingest.graph_firewall import endpoint_protection, intent_settings
from cmfw.ingest.input_file import InputFile
from cmfw.ingest.json_text import objects, read_json
from cmfw.model.state import Gap
from cmfw.words.phrases import phrase

FORMAT = "intune"
_MARKS = ("microsoft.graph.", "graph.microsoft.com", "settingDefinitionId", "omaUri")
_PREFIX = "vendor_msft_firewall_mdmstore_"
_RULES = f"{_PREFIX}firewallrules_{{firewallrulename}}"


def sniff(file: InputFile) -> bool:
    """Whether this is JSON of Graph that speaks of the firewall."""
    start = file.head.replace(b"\0", b"").lstrip(b"\xff\xfe\xef\xbb\xbf \r\n\t")
    return start[:1] in (b"{", b"[") and file.holds(*_MARKS)


def read(file: InputFile) -> tuple[Evidence, ...]:
    """One evidence for each policy that says something of the firewall.

    Raises:
        InputError: it is no JSON, or no policy in it does.
    """
    found = read_json(file)
    policies = [one for one in objects(found) if _is_policy(one)]
    several = len(policies) > 1
    out = []
    for policy in policies:
        name = str(policy.get("name") or policy.get("displayName") or policy.get("id") or "policy")
        path = f"{file.path}#{name}" if several else file.path
        part = _part(policy, name, path)
        if part is not None:
            out.append(Evidence(path=path, format=FORMAT, parts=(part,)))
    if not out:
        found_text = phrase("{count} policies without any", count=len(policies)) if policies else phrase("no policy")
        raise InputError(Problem(file.path, "an Intune policy with settings of the firewall", found_text))
    return tuple(out)


def _is_policy(one: dict[str, Any]) -> bool:
    settings = one.get("settings") or one.get("settingsDelta")
    kind = str(one.get("@odata.type", ""))
    return (
        isinstance(settings, list)
        or isinstance(one.get("omaSettings"), list)
        or kind.endswith("windows10EndpointProtectionConfiguration")
        or any(key.startswith("firewallProfile") for key in one)
    )


def _part(policy: dict[str, Any], name: str, path: str) -> StorePart | None:
    """The MDM store of one policy; None where it says nothing of the firewall."""
    rules: list[RuleTexts] = []
    nodes: list[Node] = []
    problems: list[Problem] = []
    for setting in policy.get("settings") or policy.get("settingsDelta") or ():
        if not isinstance(setting, dict):
            continue
        instance = setting.get("settingInstance", setting)
        if isinstance(instance, dict):
            _instance(instance, (rules, nodes), name, path)
            intent_settings(setting, (rules, nodes, problems), name, path)
    if "firewallRules" in policy or any(key.startswith("firewallProfile") for key in policy):
        endpoint_protection(policy, (rules, nodes, problems), name, path)
    custom, gaps = _custom(policy, path, problems)
    lost = _mentions(policy) - _consumed(policy)
    if lost > 0:
        found = phrase("{count} settings of the firewall in a place where none is read", count=lost)
        problems.append(Problem(path, "settings of the catalog as Graph has them", found))
        gaps.append(Gap("store:mdm", found, may_allow=True, may_block=True, source=path))
    if custom:
        part = read_nodes(custom, path)
    elif rules or nodes or problems or gaps:
        part = read_rules(rules, nodes, path)
    else:
        return None
    return replace(part, problems=(*problems, *part.problems), gaps=(*part.gaps, *gaps))


def _mentions(policy: dict[str, Any]) -> int:
    """How many texts in the policy are ids of the firewall in the catalog, wherever they stand."""
    texts = (
        text
        for one in objects(policy)
        for value in one.values()
        for text in (value if isinstance(value, list) else (value,))
    )
    return sum(isinstance(text, str) and _is_ours(text) for text in texts)


def _is_ours(text: str) -> bool:
    return text.lower().removeprefix("device_").startswith(_PREFIX)


def _consumed(policy: dict[str, Any]) -> int:
    """How many of them stand where they are read: definitions of instances, and the choices in them."""
    waiting = [
        setting.get("settingInstance", setting) for setting in _list(policy.get("settings") or policy.get("settingsDelta"))
    ]
    count = 0
    while waiting:
        one = waiting.pop()
        if not isinstance(one, dict):
            continue
        count += _is_ours(str(one.get("settingDefinitionId", "")))
        for key in ("choiceSettingValue", "choiceSettingCollectionValue"):
            count += sum(_is_ours(str(each.get("value", ""))) for each in _list(one.get(key)))
        waiting += _children(one)
    return count


def _instance(instance: dict[str, Any], out: tuple[list[RuleTexts], list[Node]], name: str, path: str) -> None:
    """Read one setting of the catalog and those inside it."""
    definition = str(instance.get("settingDefinitionId", "")).lower().removeprefix("device_")
    rules, nodes = out
    if definition == _RULES:
        for number, group in enumerate(_list(instance.get("groupSettingCollectionValue"))):
            properties = dict(_properties(group))
            rule_id = f"{name}:{number + 1}"
            rules.append(RuleTexts(rule_id, properties, f"{path}!{''.join(properties.get('name', (rule_id,)))}"))
        return
    if definition.startswith(_PREFIX):
        branch, _, setting = definition.removeprefix(_PREFIX).partition("_")
        if branch in PROFILES and setting:
            nodes.append(Node((branch, setting), _values(instance, definition)))
    for child in _children(instance):
        _instance(child, out, name, path)


def _properties(group: dict[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(property, its values) of one rule of the catalog."""
    for child in _list(group.get("children")):
        definition = str(child.get("settingDefinitionId", "")).lower().removeprefix("device_")
        if definition.startswith(f"{_RULES}_"):
            yield definition.removeprefix(f"{_RULES}_"), _values(child, definition)
        yield from _properties({"children": list(_children(child))})


def _values(instance: dict[str, Any], definition: str) -> tuple[str, ...]:
    """The values of an instance as texts; a choice is the end of its own name."""
    found = []
    for key in ("choiceSettingValue", "simpleSettingValue", "choiceSettingCollectionValue", "simpleSettingCollectionValue"):
        for one in _list(instance.get(key)):
            value = one.get("value")
            if isinstance(value, bool):
                value = str(value).lower()
            text = "" if value is None else str(value)
            if key.startswith("choice"):
                low = text.lower().removeprefix("device_")
                text = low.removeprefix(f"{definition}_") if low.startswith(f"{definition}_") else low.rpartition("_")[2]
            found.append(text)
    return tuple(found)


def _children(instance: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key in ("choiceSettingValue", "choiceSettingCollectionValue", "groupSettingValue", "groupSettingCollectionValue"):
        for one in _list(instance.get(key)):
            yield from _list(one.get("children"))


def _list(found: Any) -> list[dict[str, Any]]:
    """The objects of a list, or the one object."""
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]


def _custom(policy: dict[str, Any], path: str, problems: list[Problem]) -> tuple[list[Node], list[Gap]]:
    """The nodes of a custom profile's OMA-URIs, and the gap that encrypted ones leave."""
    nodes, hidden = [], []
    for one in _list(policy.get("omaSettings")):
        uri = str(one.get("omaUri", ""))
        place = node_path(uri)
        if place is None:
            continue
        if one.get("isEncrypted"):
            hidden.append(uri)
            problems.append(Problem(path, "a value in clear", "an encrypted one", key=uri))
            continue
        value = one.get("value")
        text = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
        nodes.append(Node(place, (text,)))
    detail = f"{len(hidden)} values are encrypted in the export"
    gaps = [Gap("store:mdm", detail, may_allow=True, may_block=True, source=path)] if hidden else []
    return nodes, gaps
