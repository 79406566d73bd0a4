"""Reads back the firewall rule policies that ``emit intune`` writes, and nothing else: for translation validation.

Rules that are laid out as ours are are read by one pattern; everything else goes through the parser of JSON. What the values
mean is read the same way of both. Source: policies exported from Microsoft Graph (deviceManagementConfigurationPolicy); Microsoft, "Firewall CSP".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from cmfw.errors import Problem
from cmfw.ingest.csp_rule import ALWAYS, INTERFACE_WORDS, NODES, address_reader, read_csp_rule, read_csp_texts
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
Laid = tuple[list[tuple[str | None, ...]], list[Any]]
"""(values in the order of ``NODES`` of each rule, the entries behind these as the parser has them)."""


def read_intune_rules(content: bytes, path: str) -> tuple[tuple[HostRule, ...], tuple[Problem, ...]]:
    """(rules, problems) of one policy of ours."""
    rules: list[HostRule] = []
    addresses = address_reader()
    try:
        laid, entries = layout_of(content) or ([], _collection(json.loads(content)))
        for number, texts in enumerate(laid):
            rules.append(read_csp_texts(_id_of(texts[0]), texts, addresses, f"{path}!{number}"))
        for number, entry in enumerate(entries, len(laid)):
            pairs = [_node(child) for child in entry["children"]]
            nodes = dict(pairs)
            if len(nodes) < len(pairs):
                raise ValueError(phrase("a setting twice"))  # noqa: TRY301
            rules.append(read_csp_rule(_id_of(nodes["Name"]), nodes, addresses, f"{path}!{number}"))
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


def _id_of(name: Any) -> str:
    found: str = name.partition(": ")[0]
    return found


_HEAD = '"groupSettingCollectionValue": [\n'
_STRING = r"""[^"\\\x00-\x1f]*+"""
_IN = "\n                "
"""Where the members of a setting begin."""
_CHOICES = {"Enabled": "([01])", "Direction": "(in|out)", "Action/Type": "([01])", "EdgeTraversal": "(true|false)"}
"""Setting -> what it is chosen from; it ends the id of the choice."""


_DEFINITION = f'"settingDefinitionId": "{re.escape(BASE)}_'


def _choice(name: str, value: str, place: str) -> str:
    return rf'"value": "{re.escape(f"{BASE}_{SUFFIXES[name][0]}")}_{value}",{place}  "children": \[\]'


def _value(kind: str, value: str, place: str) -> str:
    return rf'"@odata\.type": "{re.escape(GRAPH)}{kind}SettingValue",{place}  "value": {value}'


def _ending(name: str) -> str:
    """The pattern of one setting as we write it from the end of its id on; its value or the members of its collection are a group."""
    suffix, form = SUFFIXES[name]
    if form == "ChoiceSetting":
        found = rf"\{{{_IN}  {_choice(name, _CHOICES[name], _IN)}{_IN}\}}"
    elif form == "SimpleSetting":
        written = ("Integer", "(0|[1-9][0-9]{0,2})") if name == "Protocol" else ("String", f'"({_STRING})"')
        found = rf"\{{{_IN}  {_value(*written, _IN)}{_IN}\}}"
    else:
        one = _value("String", f'"{_STRING}"', f"{_IN}  ")
        if form == "ChoiceSettingCollection":
            one = _choice(name, "[a-z0-9]++", f"{_IN}  ")
        one = rf"\{{{_IN}    {one}{_IN}  \}}"
        found = rf"\[{_IN}  ({one}(?:,{_IN}  {one})*){_IN}\]"
    return rf'{suffix}",{_IN}"{form[0].lower()}{form[1:]}Value": {found}\n              \}}'


def _beginning(form: str) -> str:
    return rf'              \{{{_IN}"@odata\.type": "{re.escape(GRAPH)}{form}Instance",{_IN}{_DEFINITION}'


def _settings(names: Iterable[str]) -> str:
    return "".join(rf",\n{_beginning(SUFFIXES[name][1])}{_ending(name)}" for name in names)


def _one_of(form: str, names: Iterable[str]) -> str:
    endings = "|".join(_ending(name) for name in names if SUFFIXES[name][1] == form)
    return rf",\n{_beginning(form)}(?:{endings})"


_NAMED = re.compile(rf'          \{{\n            "children": \[\n{_beginning(SUFFIXES[NODES[0]][1])}{_ending(NODES[0])}')
_SHARED = re.compile(_settings(ALWAYS[1:]))
_FORMS_IN_TURN = tuple(dict.fromkeys(SUFFIXES[name][1] for name in NODES[len(ALWAYS) :]))
_MORE = tuple(name for form in _FORMS_IN_TURN for name in NODES[len(ALWAYS) :] if SUFFIXES[name][1] == form)
_OTHERS = re.compile(rf"(?:{'|'.join(_one_of(form, _MORE) for form in _FORMS_IN_TURN)})*\n            \]\n          \}}")
"""The parts of a rule without anything that is escaped, laid out as ours are; the groups of the last in the order of ``_MORE``."""
_MOST_SHARED = 16


def layout_of(content: bytes) -> Laid | None:
    """The rules that begin the collection as ours do, and what the parser makes of the rest; None where it takes none of it.

    INVARIANT: no text in JSON has a line feed, so what the patterns match at the head of a line are whole values. They must
    stand where the collection of rules begins: with a constant in their place, the rest is parsed, and this must be so.
    """
    try:
        text = content.decode("utf-8")
        start = text.index(_HEAD) + len(_HEAD)
        rules, end = _rules_from(text, start)
        rest = f"{text[:start]}NaN{text[end:]}"
        if not rules or rest.count("NaN") > 1:
            return None
        collection = _collection(json.loads(rest, parse_constant=_RULES.get))
        if type(collection) is not list or collection[:1] != [_RULES["NaN"]]:
            return None
        return rules, collection[1:]
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


_RULES = {"NaN": object()}
"""What stands for the rules in the rest of the document, which has no such constant else."""


def _rules_from(text: str, at: int) -> tuple[list[tuple[str | None, ...]], int]:
    """(the values of the rules in our layout from there on, where the last of them ends)."""
    rules, end = [], at
    shared: list[_Shared] = []
    while (named := _NAMED.match(text, at)) is not None:
        said = _shared_at(text, named.end(), shared)
        others = said and _OTHERS.match(text, named.end() + len(said[0]))
        if not said or not others:
            break
        more = others.groups()
        if len(more) - more.count(None) != text.count(_MARK, others.start(), others.end()):
            break  # a setting twice
        rules.append((named[1], *said[1], *_conditions(*more)))
        end = others.end()
        if not text.startswith(",\n", end):
            break
        at = end + 2
    return rules, end


_Shared = tuple[str, tuple[str, ...]]
"""(a text that many rules share, its values)."""


def _shared_at(text: str, at: int, known: list[_Shared]) -> _Shared | None:
    """What many rules share, where it stands there; looking for one that is known is faster than matching it."""
    for one in known:
        if text.startswith(one[0], at):
            return one
    found = _SHARED.match(text, at)
    if found is None:
        return None
    if len(known) < _MOST_SHARED:
        known.append((found[0], _circumstances(*found.groups())))
        return known[-1]
    return found[0], _circumstances(*found.groups())


_MARK = '"settingDefinitionId"'


def _circumstances(enabled: str, direction: str, action: str, profiles: str) -> tuple[str, ...]:
    """The values of ``ALWAYS`` behind the name from the groups of the pattern."""
    return {"1": "true", "0": "false"}[enabled], direction.upper(), action, _chosen_of("Profiles", profiles)


def _conditions(
    protocol: str | None, program: str | None, service: str | None, about: str | None, near: str | None, far: str | None,
    icmp: str | None, here: str | None, there: str | None, kinds: str | None, edge: str | None,
) -> tuple[str | None, ...]:  # fmt: skip
    """The values of ``NODES`` behind ``ALWAYS`` from those of ``_MORE``."""
    return (
        protocol,
        near and _listed(near),
        far and _listed(far),
        icmp and _listed(icmp),
        here and _listed(here),
        there and _listed(there),
        program,
        service,
        kinds and _chosen_of("InterfaceTypes", kinds),
        edge,
        about,
    )


@kept
def _listed(members: str) -> str:
    """The texts of a collection."""
    return ",".join(_VALUE.findall(members))


_VALUE = re.compile(f'"value": "({_STRING})"')


@lru_cache(maxsize=512)
def _chosen_of(name: str, members: str) -> str:
    """The choices of a collection."""
    definition = f"{BASE}_{SUFFIXES[name][0]}"
    return _joined(name, [_tail(definition, value) for value in _VALUE.findall(members)])


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
    return name, _joined(name, [_tail(definition, part["value"]) for part in child["choiceSettingCollectionValue"]])


def _joined(name: str, values: list[str]) -> str:
    if name == "Profiles":
        return str(sum(map(int, values)))
    words = {word.lower(): word for word in INTERFACE_WORDS.values()}
    return ",".join(words[value] for value in values)


def _tail(definition: str, value: str) -> str:
    if not value.startswith(f"{definition}_"):
        raise ValueError(phrase("the choice `{value}`", value=value))
    return value.removeprefix(f"{definition}_")


def _chosen(name: str, value: str) -> str:
    if name == "Enabled":
        return {"1": "true", "0": "false"}[value]
    return value.upper() if name == "Direction" else value
