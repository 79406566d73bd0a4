"""Reads back the playbook that ``emit ansible`` writes, and nothing else: for translation validation.

Line by line, in the one shape that the emitter has; a line of any other shape is a problem. Source: community.windows,
win_firewall_rule (documentation).
"""

from __future__ import annotations

import json
import re
from typing import Any

from cmfw.errors import Problem
from cmfw.ingest.com_rule import read_addresses, read_ports
from cmfw.ingest.evidence import StorePart
from cmfw.model.rule import Action, Extras, HostRule, PortMatch, Store
from cmfw.net.flow import ALL_INTERFACES, ICMP4, ICMP6, ICMP_PROTOCOLS, TCP, UDP, Direction, Interface, Profile

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
        lines = content.decode("utf-8").split("\n")
        for number, task in _tasks(lines):
            rules.append(_rule(task, f"{path}:{number}"))
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        problems.append(Problem(path, "a playbook of our dialect", f"{type(error).__name__}: {error}"))
    return StorePart(store=Store.LOCAL, name="local", rules=tuple(rules), problems=tuple(problems))


def _tasks(lines: list[str]) -> list[tuple[int, dict[str, Any]]]:
    """(line, arguments) of every task."""
    start = lines.index("  hosts: windows")
    begins = tuple(lines[start : start + 2]) == HEAD[2:4] and lines[start + 2] in (HEAD[4], f"{HEAD[4]} []")
    if not begins or lines[0] != HEAD[0] or any(not line.startswith("# cmfw: ") for line in lines[1 : start - 1]):
        raise ValueError("another head")
    found: list[tuple[int, dict[str, Any]]] = []
    key = ""
    for number, line in enumerate(lines[start + 3 :], start + 4):
        if pair := _PAIR.fullmatch(line):
            key, text = pair[1], pair[2]
            if key in found[-1][1]:
                raise ValueError(f"`{key}` twice")
            found[-1][1][key] = [] if text is None else json.loads(text)
        elif entry := _ENTRY.fullmatch(line):
            found[-1][1][key].append(json.loads(entry[1]))
        elif task := _TASK.fullmatch(line):
            json.loads(task[1])
            found.append((number, {}))
        elif line not in ("", f"      {MODULE}:"):
            raise ValueError(f"line {number}: `{line[:60]}`")
    return found


def _rule(task: dict[str, Any], origin: str) -> HostRule:
    if not _ALWAYS <= set(task) <= _ALWAYS | _MAY or task["state"] != "present" or not isinstance(task["enabled"], bool):
        raise ValueError(f"arguments {', '.join(task)}")
    word = task["protocol"]
    protocol = None if word == "any" else _key(PROTOCOLS, word) if word in PROTOCOLS.values() else int(word)
    edge, defer = _key(EDGES, task["edge"])
    return HostRule(
        id=task["name"],
        action=_key(ACTIONS, task["action"]),
        direction=_key(DIRECTIONS, task["direction"]),
        store=Store.LOCAL,
        active=task["enabled"],
        profiles=sum(int(_key(PROFILES, each)) for each in task["profiles"]),
        protocol=protocol,
        local_port=read_ports(task["localport"], "any") if "localport" in task else PortMatch.ANY,
        remote_port=read_ports(task["remoteport"], "any") if "remoteport" in task else PortMatch.ANY,
        icmp=_icmp(task["icmp_type_code"], protocol) if "icmp_type_code" in task else None,
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
    return next(ours for ours, theirs in words.items() if theirs == text)


def _interfaces(found: list[str]) -> int:
    return ALL_INTERFACES if found == ["any"] else sum(int(_key(INTERFACES, each)) for each in found)


def _icmp(found: list[str], protocol: int | None) -> tuple[tuple[int, int | None], ...]:
    if protocol not in ICMP_PROTOCOLS:
        raise ValueError("ICMP types without ICMP")
    pairs = (text.partition(":") for text in found)
    return tuple((int(kind), None if code == "*" else int(code)) for kind, _, code in pairs)
