"""Reads back the playbook that ``emit ansible`` writes, and nothing else: for translation validation.

Line by line, in the one shape that the emitter has; a line of any other shape is a problem. Where the tasks stand exactly as we
lay them out, each is cut by one pattern into groups of lines, and a group is read once for all tasks that have it. Source:
community.windows, win_firewall_rule (documentation).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from cmfw.errors import Problem
from cmfw.ingest.com_rule import address_reader, read_addresses, read_ports
from cmfw.ingest.evidence import StorePart
from cmfw.ingest.kept_texts import kept
from cmfw.model.rule import Action, Extras, HostRule, PortMatch, RuleConditions, Store, new_rule
from cmfw.net.flow import ALL_INTERFACES, ICMP4, ICMP6, ICMP_PROTOCOLS, TCP, UDP, Direction, Interface, Profile
from cmfw.words.phrases import listed, phrase

MODULE = "community.windows.win_firewall_rule"
HEAD = ("---", "- name: TITLE", "  hosts: windows", "  gather_facts: false", "  tasks:")
DIRECTIONS = {Direction.IN: "in", Direction.OUT: "out"}
ACTIONS = {Action.ALLOW: "allow", Action.BLOCK: "block"}
PROFILES = {Profile.DOMAIN: "domain", Profile.PRIVATE: "private", Profile.PUBLIC: "public"}
PROTOCOLS = {TCP: "tcp", UDP: "udp", ICMP4: "icmpv4", ICMP6: "icmpv6"}
INTERFACES = {Interface.LAN: "lan", Interface.WIRELESS: "wireless", Interface.RAS: "ras"}
EDGES = {(False, ""): "no", (True, ""): "yes", (True, "App"): "deferapp", (False, "User"): "deferuser"}
_TASK = re.compile(r'    - name: ("[^\n]*")')
_PAIR = re.compile(r'        ([a-z_]+):(?: (true|false|"[^\n]*"))?')
_ENTRY = re.compile(r'          - ("[^\n]*")')
_ALWAYS = {
    "name", "description", "group", "enabled", "direction", "action", "profiles", "protocol", "localip", "remoteip",
    "interfacetypes", "edge", "state",
}  # fmt: skip
_MAY = {"localport", "remoteport", "icmp_type_code", "program", "service"}


def read_ansible_rules(content: bytes, path: str) -> StorePart:
    """The local store that one playbook of ours makes; everything else in it is a problem."""
    rules: list[HostRule] = []
    problems: list[Problem] = []
    try:
        text = content.decode("utf-8")
        quick = _laid_out(text, path)
        if quick is not None:
            return StorePart(store=Store.LOCAL, name="local", rules=quick)
        for number, task in _tasks(text.split("\n")):
            rules.append(_rule(task, f"{path}:{number}"))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        problems.append(
            Problem(
                path, "a playbook of our dialect", phrase("{kind}: {reason}", kind=type(error).__name__, reason=str(error))
            )
        )
    return StorePart(store=Store.LOCAL, name="local", rules=tuple(rules), problems=tuple(problems))


_QUOTED = r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"'
_PLAIN = r'"[^"\\\x00-\x1f]*"'


def _line(key: str, value: str = _PLAIN) -> str:
    return f"        {key}: {value}\\n"


def _list(key: str) -> str:
    return f"        {key}:\\n(?:          - {_PLAIN}\\n)+"


_ENTRY_OF_OURS = re.compile(
    f"    - name: ({_QUOTED})\\n      {re.escape(MODULE)}:\\n"
    + "".join(_line(key, f"({_QUOTED})") for key in ("name", "description", "group"))
    + f"({_line('enabled', '(?:true|false)')}{_line('direction')}{_line('action')}{_list('profiles')}{_line('protocol')})"
    + f"((?:{_line('localport')})?(?:{_line('remoteport')})?(?:{_list('icmp_type_code')})?)"
    + _line("localip", f"({_PLAIN})")
    + _line("remoteip", f"({_PLAIN})")
    + f"((?:{_line('program', _QUOTED)})?(?:{_line('service', _QUOTED)})?"
    + f"{_list('interfacetypes')}{_line('edge')}{_line('state')})\\n?"
)
_BEGIN = f"\n{HEAD[2]}\n{HEAD[3]}\n{HEAD[4]}\n"


def layout_of(text: str) -> list[tuple[int, tuple[str, ...]]] | None:
    """(line, its pieces as written) of every task; None where one of them is laid out in another way than ours."""
    at = text.find(_BEGIN)
    if at < 0 or _tasks(text[: at + len(_BEGIN)].split("\n")):
        return None
    at += len(_BEGIN)
    line = text.count("\n", 0, at) + 1
    found = []
    while entry := _ENTRY_OF_OURS.match(text, at):
        found.append((line, entry.groups()))
        line += entry[0].count("\n")
        at = entry.end()
    return found if at == len(text) else None


def _laid_out(text: str, path: str) -> tuple[HostRule, ...] | None:
    """The rules of all tasks; None where it takes the reader of everything to say what is wrong or unusual."""
    addresses = address_reader("any")
    rules = []
    try:
        for line, pieces in layout_of(text) or ():
            _, name, description, group = (_unquoted(piece) for piece in pieces[:4])
            action, direction, active, profiles, protocol = _circumstances(pieces[4])
            local_port, remote_port, icmp = _port_lines(pieces[5], protocol)
            program, service, interfaces, edge, extras = _ending(pieces[8])
            conditions: RuleConditions = (
                action,
                direction,
                Store.LOCAL,
                active,
                profiles,
                protocol,
                local_port,
                remote_port,
                icmp,
                addresses(pieces[6][1:-1], protocol),
                addresses(pieces[7][1:-1], protocol),
                program,
                service,
                interfaces,
            )
            rules.append(new_rule(name, conditions, (name, description, group), edge, extras, (2, 10), f"{path}:{line}"))
    except (ValueError, LookupError, TypeError):
        return None
    return tuple(rules) or None


def _arguments(lines: str) -> dict[str, Any]:
    """The arguments that some lines of a task name."""
    found: list[tuple[int, dict[str, Any]]] = [(0, {})]
    _take(enumerate(lines.split("\n")), found)
    return found[0][1]


@kept
def _circumstances(lines: str) -> tuple[Action, Direction, bool, int, int | None]:
    said = _arguments(lines)
    action, direction = _key(ACTIONS, said["action"]), _key(DIRECTIONS, said["direction"])
    return action, direction, said["enabled"], _profiles(said["profiles"]), _protocol(said["protocol"])


@kept
def _port_lines(lines: str, protocol: int | None) -> tuple[PortMatch, PortMatch, tuple[tuple[int, int | None], ...] | None]:
    said = _arguments(lines)
    return _ports(said, "localport"), _ports(said, "remoteport"), _icmp(said, protocol)


@kept
def _ending(lines: str) -> tuple[str | None, str | None, int, bool, Extras]:
    said = _arguments(lines)
    if said["state"] != "present":
        raise ValueError(phrase("another state"))
    edge, defer = _key(EDGES, said["edge"])
    extras = Extras(defer=defer) if defer else Extras.NONE
    return said.get("program"), said.get("service"), _interfaces(said["interfacetypes"]), edge, extras


def _unquoted(written: str) -> str:
    return written[1:-1] if "\\" not in written else str(json.loads(written))


def _tasks(lines: list[str]) -> list[tuple[int, dict[str, Any]]]:
    """(line, arguments) of every task."""
    start = lines.index("  hosts: windows")
    begins = tuple(lines[start : start + 2]) == HEAD[2:4] and lines[start + 2] in (HEAD[4], f"{HEAD[4]} []")
    if not begins or lines[0] != HEAD[0] or any(not line.startswith("# cmfw: ") for line in lines[1 : start - 1]):
        raise ValueError(phrase("another head"))
    found: list[tuple[int, dict[str, Any]]] = []
    _take(enumerate(lines[start + 3 :], start + 4), found)
    return found


def _take(lines: Iterable[tuple[int, str]], found: list[tuple[int, dict[str, Any]]]) -> None:
    """Add what the lines say to the last task of ``found``, and the tasks that begin in them behind it."""
    key = ""
    for number, line in lines:
        if pair := _PAIR.fullmatch(line):
            key, text = pair[1], pair[2]
            if key in found[-1][1]:
                raise ValueError(phrase("`{key}` twice", key=key))
            found[-1][1][key] = [] if text is None else json.loads(text)
        elif entry := _ENTRY.fullmatch(line):
            found[-1][1][key].append(json.loads(entry[1]))
        elif task := _TASK.fullmatch(line):
            json.loads(task[1])
            found.append((number, {}))
        elif line not in ("", f"      {MODULE}:"):
            raise ValueError(phrase("line {number}: `{line}`", number=number, line=line[:60]))


def _rule(task: dict[str, Any], origin: str) -> HostRule:
    if not _ALWAYS <= set(task) <= _ALWAYS | _MAY or task["state"] != "present" or not isinstance(task["enabled"], bool):
        raise ValueError(phrase("arguments {names}", names=listed(task)))
    protocol = _protocol(task["protocol"])
    edge, defer = _key(EDGES, task["edge"])
    return HostRule(
        id=task["name"],
        action=_key(ACTIONS, task["action"]),
        direction=_key(DIRECTIONS, task["direction"]),
        store=Store.LOCAL,
        active=task["enabled"],
        profiles=_profiles(task["profiles"]),
        protocol=protocol,
        local_port=_ports(task, "localport"),
        remote_port=_ports(task, "remoteport"),
        icmp=_icmp(task, protocol),
        local_address=read_addresses(task["localip"], "any", protocol),
        remote_address=read_addresses(task["remoteip"], "any", protocol),
        program=task.get("program"),
        service=task.get("service"),
        interfaces=_interfaces(task["interfacetypes"]),
        name=task["name"],
        description=task["description"],
        group=task["group"],
        edge=edge,
        extras=Extras(defer=defer) if defer else Extras.NONE,
        origin=origin,
    )


def _key(words: dict[Any, str], text: str) -> Any:
    """Ours for the module's word; raises KeyError for one that is none."""
    for ours, theirs in words.items():
        if theirs == text:
            return ours
    raise KeyError(text)


def _protocol(word: str) -> int | None:
    if word == "any":
        return None
    return int(_key(PROTOCOLS, word)) if word in PROTOCOLS.values() else int(word)


def _profiles(words: list[str]) -> int:
    return sum(int(_key(PROFILES, word)) for word in words)


def _ports(task: dict[str, Any], key: str) -> PortMatch:
    return read_ports(task[key], "any") if key in task else PortMatch.ANY


def _interfaces(found: list[str]) -> int:
    return ALL_INTERFACES if found == ["any"] else sum(int(_key(INTERFACES, each)) for each in found)


def _icmp(task: dict[str, Any], protocol: int | None) -> tuple[tuple[int, int | None], ...] | None:
    if "icmp_type_code" not in task:
        return None
    if protocol not in ICMP_PROTOCOLS:
        raise ValueError(phrase("ICMP types without ICMP"))
    pairs = (text.partition(":") for text in task["icmp_type_code"])
    return tuple((int(kind), None if code == "*" else int(code)) for kind, _, code in pairs)
