"""What calls of PowerShell's firewall cmdlets do to the rules of a script."""

from __future__ import annotations

from typing import NamedTuple

from cmfw.ingest.netsec_params import COMMON, PARAMETERS, WORDS, parameter_of, whole_words
from cmfw.ingest.netsec_values import CUT, Seen, Texts
from cmfw.ingest.netsec_words import FIELD_OF, FIELDS
from cmfw.ingest.script_calls import Call, Given
from cmfw.ingest.script_rules import ScriptRule, condition_faults, value_faults
from cmfw.model.rule import HostRule
from cmfw.model.script import NOT_FOLLOWED, Fault, ScriptCommand, Tool, Verb

VERBS = {
    "new": Verb.ADD,
    "copy": Verb.OTHER,
    "rename": Verb.OTHER,
    "set": Verb.SET,
    "enable": Verb.ENABLE,
    "disable": Verb.DISABLE,
    "remove": Verb.DELETE,
    "get": Verb.LOOK,
    "show": Verb.LOOK,
}
NAMES = {"local_port": "LocalPort", "remote_port": "RemotePort", "edge": "EdgeTraversalPolicy"}
OTHERS = frozenset(
    {"set-netfirewallprofile", "set-netfirewallsetting", "set-netfirewallportfilter", "set-netfirewalladdressfilter"}
)
"""Cmdlets that change the firewall and are not followed."""
_FIRST = "Name"
_SELECTORS = frozenset({"Name", "DisplayName", "DisplayGroup", "Group"})


class _Read(NamedTuple):
    written: tuple[tuple[str, tuple[str, ...]], ...]
    open: tuple[str, ...]
    faults: tuple[Fault, ...]


def is_firewall_call(call: Call) -> bool:
    """Whether the call is of a cmdlet that this module knows."""
    return call.name in PARAMETERS or call.name in OTHERS


def command_of(call: Call, rules: list[ScriptRule], path: str) -> ScriptCommand:
    """The command, after it did to ``rules`` what it does."""
    if call.name in OTHERS:
        return _command(call, Verb.OTHER, _Read((), (), ()))
    verb = VERBS[call.name.partition("-")[0]]
    read = _parameters(call)
    if verb is Verb.ADD:
        return _added(call, read, rules, path)
    if verb in (Verb.LOOK, Verb.OTHER):
        return _command(call, verb, read)
    chosen = _chosen(read, rules)
    made = None
    if verb is Verb.DELETE:
        for one in chosen:
            if call.inside and call.inside != one.inside:
                one.change({}, line=call.line, inside=call.inside)
            else:
                rules.remove(one)
    else:
        change = _seen(read, selectors=True)
        if verb is not Verb.SET:
            change = {"enabled": ("True" if verb is Verb.ENABLE else "False",)}
        for one in chosen:
            one.change(change, line=call.line, inside=call.inside)
        made = chosen[-1].rule() if chosen else None
    return _command(call, verb, read, made)


def _command(
    call: Call, verb: Verb, read: _Read, rule: HostRule | None = None, faults: tuple[Fault, ...] = ()
) -> ScriptCommand:
    return ScriptCommand(
        verb=verb,
        tool=Tool.POWERSHELL,
        name=call.written,
        line=call.line,
        written=read.written,
        open=read.open,
        rule=rule,
        faults=(*read.faults, *faults),
        inside=call.inside,
    )


def _parameters(call: Call) -> _Read:
    """The parameters by their full names, and what the cmdlet refuses."""
    written: dict[str, tuple[str, ...]] = {}
    open_names: dict[str, None] = {}
    faults: list[Fault] = []
    for one in call.given:
        name = one.name
        if name != "@":
            name = parameter_of(call.name, name) if name else _FIRST
        if not name or (not one.name and call.name.startswith("new-")):
            value = " ".join(one.texts or ())
            faults.append(Fault("unknown", f"-{one.name}" if one.name else value or "?", value))
        elif one.texts is None:
            open_names[name] = None
        elif name in written:
            faults.append(Fault("twice", name))
        elif name not in COMMON:
            texts = tuple(whole_words(name, text) for text in one.texts) if name in WORDS else one.texts
            written[name] = texts
            faults += _word_faults(name, one._replace(texts=texts))
    return _Read(tuple(written.items()), tuple(open_names), tuple(faults))


def _word_faults(name: str, one: Given) -> list[Fault]:
    """Values that are none of the parameter's words."""
    texts = one.texts or ()
    if name not in WORDS:
        return []
    if one.is_boolean:
        return [Fault("boolean", name, f"${texts[0].lower()}")]
    parts = [part.strip() for text in texts for part in text.split(",")]
    return [Fault("value", name, part) for part in parts if part.lower() not in WORDS[name]]


def _seen(read: _Read, *, selectors: bool = False) -> Seen:
    """The fields that the command names; ``selectors``: names and groups only choose the rule here."""
    seen: dict[str, Texts] = {}
    for name, texts in read.written:
        field = FIELD_OF.get(name.lower())
        if field is not None and not (selectors and name in _SELECTORS) and texts:
            seen[field] = texts
    for name in read.open:
        field = FIELD_OF.get(name.lower())
        if name == "@":
            seen |= dict.fromkeys((each for each in FIELDS if each not in ("id", "name", "source", "source_type")), CUT)
        elif field is not None and not (selectors and name in _SELECTORS):
            seen[field] = CUT
    return seen


def _added(call: Call, read: _Read, rules: list[ScriptRule], path: str) -> ScriptCommand:
    seen = _seen(read)
    is_open = "@" in read.open
    if is_open:
        # the table may hold anything; what stands beside it is certain
        seen |= {FIELD_OF[name.lower()]: texts for name, texts in read.written if name.lower() in FIELD_OF and texts}
        seen |= dict.fromkeys(("dynamic_addresses", "app_id", "family_name", "group", "description", "enforcement"), ())
    made = ScriptRule(path, call.line, call.inside, seen)
    made.doubts += [(name, NOT_FOLLOWED) for name in _elsewhere(call)]
    faults = []
    if not is_open and "DisplayName" not in read.open and not any(name == "DisplayName" for name, _ in read.written):
        faults.append(Fault("missing", "DisplayName"))
    faults += condition_faults(made.seen, NAMES)
    rule = made.rule()
    if rule is not None:
        said = {(fault.parameter, fault.value) for fault in read.faults}
        faults += [f for f in value_faults(rule, made.seen) if (f.parameter, f.value) not in said]
        made.refuse((*read.faults, *faults))
        rule = made.rule()
        rules.append(made)
    return _command(call, Verb.ADD, read, rule, tuple(faults))


def _elsewhere(call: Call) -> list[str]:
    """The parameters by which the cmdlet makes no rule, or makes it on another machine."""
    names = (parameter_of(call.name, one.name) for one in call.given if one.name and one.name != "@")
    return [name for name in names if name in ("WhatIf", "CimSession")]


def _chosen(read: _Read, rules: list[ScriptRule]) -> list[ScriptRule]:
    """The rules of the script that the command names."""
    found = []
    for name, field in (("Name", "id"), ("DisplayName", "name")):
        for pattern in dict(read.written).get(name, ()):
            found += [one for one in rules if one.is_called(field, pattern) and one not in found]
    return found
