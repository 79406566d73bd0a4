"""Reads back the firewall rule policies that ``emit intune`` writes, and nothing else: for translation validation.

Source: policies exported from Microsoft Graph (deviceManagementConfigurationPolicy); Microsoft, "Firewall CSP".
"""

from __future__ import annotations

import json
from typing import Any

from cmfw.errors import Problem
from cmfw.ingest.csp_rule import INTERFACE_WORDS, read_csp_rule
from cmfw.model.rule import HostRule

GRAPH = "#microsoft.graph.deviceManagementConfiguration"
COLLECTION = "GroupSettingCollectionInstance"
BASE = "vendor_msft_firewall_mdmstore_firewallrules_{firewallrulename}"
SUFFIXES = {
    "Name": ("name", "SimpleSetting"),
    "Enabled": ("enabled", "ChoiceSetting"),
    "Direction": ("direction", "ChoiceSetting"),
    "Action/Type": ("action_type", "ChoiceSetting"),
    "Profiles": ("profiles", "ChoiceSettingCollection"),
    "Protocol": ("protocol", "SimpleSetting"),
    "LocalPortRanges": ("localportranges", "SimpleSettingCollection"),
    "RemotePortRanges": ("remoteportranges", "SimpleSettingCollection"),
    "IcmpTypesAndCodes": ("icmptypesandcodes", "SimpleSettingCollection"),
    "LocalAddressRanges": ("localaddressranges", "SimpleSettingCollection"),
    "RemoteAddressRanges": ("remoteaddressranges", "SimpleSettingCollection"),
    "App/FilePath": ("app_filepath", "SimpleSetting"),
    "App/ServiceName": ("app_servicename", "SimpleSetting"),
    "InterfaceTypes": ("interfacetypes", "ChoiceSettingCollection"),
    "EdgeTraversal": ("edgetraversal", "ChoiceSetting"),
    "Description": ("description", "SimpleSetting"),
}
"""Node of the CSP -> (end of the definition id, form of the setting)."""


def read_intune_rules(content: bytes, path: str) -> tuple[tuple[HostRule, ...], tuple[Problem, ...]]:
    """(rules, problems) of one policy of ours."""
    rules: list[HostRule] = []
    try:
        document = json.loads(content)
        (setting,) = document["settings"]
        instance = setting["settingInstance"]
        if instance["settingDefinitionId"] != BASE or instance["@odata.type"] != f"{GRAPH}{COLLECTION}":
            raise ValueError("another setting than firewall rules")  # noqa: TRY301
        for number, entry in enumerate(instance["groupSettingCollectionValue"]):
            nodes = dict(map(_node, entry["children"]))
            if len(nodes) < len(entry["children"]):
                raise ValueError("a setting twice")  # noqa: TRY301
            rule_id = nodes["Name"].partition(": ")[0]
            rules.append(read_csp_rule(rule_id, nodes, f"{path}!{number}"))
    except (ValueError, KeyError, TypeError) as error:
        return tuple(rules), (Problem(path, "a policy of our dialect", f"{type(error).__name__}: {error}"),)
    return tuple(rules), ()


def _node(child: dict[str, Any]) -> tuple[str, str]:
    """(node of the CSP, its value) of one setting of a rule."""
    definition = child["settingDefinitionId"]
    name = next((n for n, (suffix, _) in SUFFIXES.items() if definition == f"{BASE}_{suffix}"), None)
    if name is None or child["@odata.type"] != f"{GRAPH}{SUFFIXES[name][1]}Instance":
        raise ValueError(f"the setting `{definition}`")
    form = SUFFIXES[name][1]
    if form == "SimpleSetting":
        return name, str(child["simpleSettingValue"]["value"])
    if form == "SimpleSettingCollection":
        return name, ",".join(part["value"] for part in child["simpleSettingCollectionValue"])
    if form == "ChoiceSetting":
        return name, _chosen(name, _tail(definition, child["choiceSettingValue"]["value"]))
    values = [_tail(definition, part["value"]) for part in child["choiceSettingCollectionValue"]]
    if name == "Profiles":
        return name, str(sum(map(int, values)))
    words = {word.lower(): word for word in INTERFACE_WORDS.values()}
    return name, ",".join(words[value] for value in values)


def _tail(definition: str, value: str) -> str:
    if not value.startswith(f"{definition}_"):
        raise ValueError(f"the choice `{value}`")
    return value.removeprefix(f"{definition}_")


def _chosen(name: str, value: str) -> str:
    if name == "Enabled":
        return {"1": "true", "0": "false"}[value]
    return value.upper() if name == "Direction" else value
