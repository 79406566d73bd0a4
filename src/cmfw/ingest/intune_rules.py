"""Reads back the firewall rule policies that ``emit intune`` writes, and nothing else: for translation validation.

Most settings of a rule are those of many others. Where the document is laid out as ours are, it is cut into the texts of single
settings, and each goes to the parser once. Source: policies exported from Microsoft Graph (deviceManagementConfigurationPolicy); Microsoft, "Firewall CSP".
"""

from __future__ import annotations

import json
import re
from typing import Any

from cmfw.errors import Problem
from cmfw.ingest.csp_rule import INTERFACE_WORDS, address_reader, read_csp_rule
from cmfw.ingest.kept_texts import kept
from cmfw.model.rule import HostRule
from cmfw.words.phrases import phrase

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


_NAMES = {f"{BASE}_{suffix}": name for name, (suffix, _) in SUFFIXES.items()}
_FORMS = {name: (form, f"{GRAPH}{form}Instance") for name, (_, form) in SUFFIXES.items()}
_Rules = list[list[tuple[str, str]]]
"""(node of the CSP, its value) of every setting of every rule."""


def read_intune_rules(content: bytes, path: str) -> tuple[tuple[HostRule, ...], tuple[Problem, ...]]:
    """(rules, problems) of one policy of ours."""
    rules: list[HostRule] = []
    addresses = address_reader()
    try:
        found = layout_of(content)
        collection = _collection(json.loads(content)) if found is None else found
        for number, entry in enumerate(collection):
            pairs = [_node(child) for child in entry["children"]] if isinstance(entry, dict) else entry
            nodes = dict(pairs)
            if len(nodes) < len(pairs):
                raise ValueError(phrase("a setting twice"))  # noqa: TRY301
            rule_id = nodes["Name"].partition(": ")[0]
            rules.append(read_csp_rule(rule_id, nodes, addresses, f"{path}!{number}"))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        return tuple(rules), (
            Problem(
                path, "a policy of our dialect", phrase("{kind}: {reason}", kind=type(error).__name__, reason=str(error))
            ),
        )
    return tuple(rules), ()


def _collection(document: Any) -> Any:
    """The rules of a policy; raises ValueError for a policy of another kind."""
    (setting,) = document["settings"]
    instance = setting["settingInstance"]
    if instance["settingDefinitionId"] != BASE or instance["@odata.type"] != f"{GRAPH}{COLLECTION}":
        raise ValueError(phrase("another setting than firewall rules"))
    return instance["groupSettingCollectionValue"]


_FIRST = '"groupSettingCollectionValue": [\n          {\n            "children": [\n              {\n'
_NEXT_CHILD = "\n              },\n              {\n"
_NEXT_RULE = '\n              }\n            ]\n          },\n          {\n            "children": [\n              {\n'
_LAST = "\n              }\n            ]\n          }\n        ]"


def layout_of(content: bytes) -> _Rules | None:
    """The settings of every rule; None where the rules are laid out in another way than ours, or something is wrong.

    INVARIANT: no text in JSON has a line feed, so what is cut at one is whole values or none; each must be one object, and
    what is left must be our document with the rules in the place where they stood.
    """
    try:
        text = content.decode("utf-8")
        head, first, rest = text.partition(_FIRST)
        body, last, tail = rest.rpartition(_LAST)
        if not (first and last) or "NaN" in text:
            return None
        shell = json.loads(f'{head}"groupSettingCollectionValue": [\nNaN\n]{tail}', parse_constant=_RULES.get)
        collection = _collection(shell)
        if type(collection) is not list or len(collection) != 1 or collection[0] is not _RULES["NaN"]:
            return None
        return [[_setting(child) for child in entry.split(_NEXT_CHILD)] for entry in body.split(_NEXT_RULE)]
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


_RULES = {"NaN": object()}
"""What stands for the rules in the rest of the document: a text of ours has no such constant."""


@kept
def _setting(members: str) -> tuple[str, str]:
    plain = _PLAIN_TEXT.fullmatch(members)
    if plain is not None and plain[1] in _SIMPLE:
        return _SIMPLE[plain[1]], plain[2]
    return _node(json.loads(f"{{{members}}}"))


_SIMPLE = {suffix: name for name, (suffix, form) in SUFFIXES.items() if form == "SimpleSetting"}
_PLAIN_TEXT = re.compile(
    f' *"@odata\\.type": "{re.escape(GRAPH)}SimpleSettingInstance",\n *"settingDefinitionId": "{re.escape(BASE)}_([a-z_]+)",\n'
    f' *"simpleSettingValue": {{\n *"@odata\\.type": "{re.escape(GRAPH)}StringSettingValue",\n'
    r' *"value": "([^"\\\x00-\x1f]*)"\n *}'
)
"""A setting of one text in which nothing is escaped, such as the name, of which every rule has another one."""


def _node(child: dict[str, Any]) -> tuple[str, str]:
    """(node of the CSP, its value) of one setting of a rule."""
    definition = child["settingDefinitionId"]
    name = _NAMES.get(definition)
    if name is None or child["@odata.type"] != _FORMS[name][1]:
        raise ValueError(phrase("the setting `{definition}`", definition=definition))
    form = _FORMS[name][0]
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
        raise ValueError(phrase("the choice `{value}`", value=value))
    return value.removeprefix(f"{definition}_")


def _chosen(name: str, value: str) -> str:
    if name == "Enabled":
        return {"1": "true", "0": "false"}[value]
    return value.upper() if name == "Direction" else value
