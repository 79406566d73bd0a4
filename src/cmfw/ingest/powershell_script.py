"""Reads back the PowerShell that ``emit powershell`` writes, and nothing else: for translation validation.

The script has a *data* part (four assignments of single-quoted texts, arrays and hash tables) between two marker lines
and a *program* part that is the same in every script. This reader tokenises the data part strictly and hands back the
program part verbatim, so a caller can compare it. Whatever it does not know is a problem, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cmfw.errors import Problem
from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, PortKeyword, PortMatch, Store
from cmfw.model.state import ProfileSettings
from cmfw.net.addr import AddrSet
from cmfw.net.flow import ICMP4, ICMP6, TCP, UDP, Direction, Interface, Profile
from cmfw.net.ports import PortSet

DATA_BEGINS = "# --- data: what this script enforces ---"
DATA_ENDS = "# --- program: the same lines in every script ---"
QUOTES = "'\u2018\u2019\u201a\u201b"
"""Characters that end a single-quoted text; doubled they stand for themselves. Source: PowerShell language specification
2.3.5.2 (single-quote-character)."""

PROTOCOL_WORDS = {TCP: "TCP", UDP: "UDP", ICMP4: "ICMPv4", ICMP6: "ICMPv6"}
PROFILE_WORDS = {Profile.DOMAIN: "Domain", Profile.PRIVATE: "Private", Profile.PUBLIC: "Public"}
INTERFACE_WORDS = {Interface.LAN: "Wired", Interface.WIRELESS: "Wireless", Interface.RAS: "RemoteAccess"}
PORT_WORDS = {PortKeyword.RPC.value: "RPC", PortKeyword.RPC_EPMAP.value: "RPCEPMap"}
DIRECTION_WORDS = {Direction.IN: "Inbound", Direction.OUT: "Outbound"}
ACTION_WORDS = {Action.ALLOW: "Allow", Action.BLOCK: "Block"}
"""Ours -> PowerShell's. Source: facts/windows_firewall.md 4.9 and the New-NetFirewallRule page."""

_TOKEN = re.compile(
    r"(?P<blank>[ \t\n]+)|(?P<comment>\#[^\n]*)"
    rf"|'(?P<text>(?:[^{QUOTES}]|{'|'.join(q * 2 for q in QUOTES)})*)'(?![{QUOTES}])"
    r"|(?P<mark>@\(|@\{|\)|\}|=|,)|\$(?P<variable>[A-Za-z]+)|(?P<word>[A-Za-z]+)"
)
_DOUBLED = re.compile(f"([{QUOTES}])\\1")
_WANTED = ("rules", "members", "groups")
_MAY = ("stateName", "off", "settings", "ensure")
EDGE_WORDS = {"": "Allow", "App": "DeferToApp", "User": "DeferToUser"}
"""``extras.defer`` -> word, of a rule with edge traversal; ``User`` goes without. Source: facts/windows_firewall.md 3.3."""
SETTING_WORDS = {
    "enable_firewall": ("Enabled", {True: "True", False: "False"}),
    "default_inbound_allow": ("DefaultInboundAction", {True: "Allow", False: "Block"}),
    "default_outbound_allow": ("DefaultOutboundAction", {True: "Allow", False: "Block"}),
    "do_not_allow_exceptions": ("AllowInboundRules", {True: "False", False: "True"}),
    "allow_local_policy_merge": ("AllowLocalFirewallRules", {True: "True", False: "False"}),
    "allow_local_ipsec_policy_merge": ("AllowLocalIPsecRules", {True: "True", False: "False"}),
    "apps_allow_user_pref_merge": ("AllowUserApps", {True: "True", False: "False"}),
    "ports_allow_user_pref_merge": ("AllowUserPorts", {True: "True", False: "False"}),
    "disable_notifications": ("NotifyOnListen", {True: "False", False: "True"}),
    "disable_unicast_responses": ("AllowUnicastResponseToMulticast", {True: "False", False: "True"}),
}
"""Setting -> (parameter of Set-NetFirewallProfile, word for each value). Source: the Set-NetFirewallProfile page."""


@dataclass(frozen=True, slots=True)
class EnabledGroup:
    """A predefined group that the script enables: resource id, profile mask, directions (Direction mask)."""

    resource: str
    profiles: int
    directions: int


@dataclass(frozen=True, slots=True)
class ScriptReading:
    """What a script enforces: new rules, ids of member rules that it switches on and ``off``, groups that it enables, settings
    of profiles; its program part verbatim.
    """

    rules: tuple[HostRule, ...]
    members: tuple[str, ...]
    off: tuple[str, ...]
    groups: tuple[EnabledGroup, ...]
    settings: tuple[tuple[Profile, ProfileSettings], ...]
    state_name: str
    program: str
    problems: tuple[Problem, ...]


class _Refusal(Exception):
    """The script leaves the dialect; carries what was expected, what was found, and the character offset."""

    def __init__(self, expected: str, found: str, at: int) -> None:
        self.expected, self.found, self.at = expected, found, at
        super().__init__(expected)


def read_powershell(content: bytes, path: str) -> ScriptReading:
    """The rules of one emitted script; everything that is not exactly our dialect is in ``problems``."""
    problems: list[Problem] = []
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = Problem(file=path, expected="UTF-8 with a byte order mark", found="other bytes", offset=error.start)
        return ScriptReading((), (), (), (), (), "", "", (problem,))
    if not content.startswith(b"\xef\xbb\xbf"):
        # Windows PowerShell 5.1 reads a script without the mark in the ANSI code page
        problems.append(Problem(file=path, expected="a byte order mark", found="none", offset=0))
    text = text.replace("\r\n", "\n")
    head, begins, rest = text.partition(f"\n{DATA_BEGINS}\n")
    body, ends, program = rest.partition(f"\n{DATA_ENDS}\n")
    if not (begins and ends):
        problems.append(Problem(file=path, expected="a data part between its two marker lines", found="none"))
        return ScriptReading((), (), (), (), (), "", "", tuple(problems))
    first_line = head.count("\n") + 3
    found: dict[str, Any] = {}
    try:
        found = _assignments(_tokens(body), len(body))
    except _Refusal as refusal:
        line = first_line + body.count("\n", 0, refusal.at)
        problems.append(Problem(file=path, line=line, expected=refusal.expected, found=refusal.found))
    problems += [
        Problem(file=path, key=f"${name}", expected="one assignment", found="none")
        for name in _WANTED
        if name not in found and not problems
    ]
    return _reading(found, program, path, problems)


def _tokens(body: str) -> list[tuple[str, str, int]]:
    """(kind, value, offset) of every token but blanks and comments."""
    out = []
    at = 0
    while at < len(body):
        found = _TOKEN.match(body, at)
        if found is None:
            raise _Refusal("a quoted text, array, hash table or assignment", f"`{body[at : at + 20]!r}`", at)
        kind = found.lastgroup or "text"
        value = found[kind]
        if kind == "text":
            value = _DOUBLED.sub(r"\1", value)
        if kind not in ("blank", "comment"):
            out.append((kind, value, at))
        at = found.end()
    return out


def _assignments(tokens: list[tuple[str, str, int]], end: int) -> dict[str, Any]:
    """Variable -> text, list of texts, or list of hash tables."""
    out: dict[str, Any] = {}
    at = 0
    while at < len(tokens):
        kind, name, offset = tokens[at]
        if kind != "variable" or name not in (*_WANTED, *_MAY) or name in out:
            raise _Refusal(f"one of {', '.join((*_WANTED, *_MAY))}, once each", f"`{name}`", offset)
        at = _mark(tokens, at + 1, "=", end)
        out[name], at = _value(tokens, at, end)
    return out


def _peek(tokens: list[tuple[str, str, int]], at: int, end: int) -> tuple[str, str, int]:
    return tokens[at] if at < len(tokens) else ("end", "end of the data part", end)


def _mark(tokens: list[tuple[str, str, int]], at: int, wanted: str, end: int) -> int:
    kind, value, offset = _peek(tokens, at, end)
    if (kind, value) != ("mark", wanted):
        raise _Refusal(f"`{wanted}`", f"`{value}`", offset)
    return at + 1


def _value(tokens: list[tuple[str, str, int]], at: int, end: int) -> tuple[Any, int]:
    kind, value, offset = _peek(tokens, at, end)
    if kind == "text":
        return value, at + 1
    if (kind, value) != ("mark", "@("):
        raise _Refusal("a quoted text or `@(`", f"`{value}`", offset)
    if _peek(tokens, at + 1, end)[:2] == ("mark", "@{"):
        return _tables(tokens, at + 1, end)
    return _texts(tokens, at + 1, end)


def _texts(tokens: list[tuple[str, str, int]], at: int, end: int) -> tuple[list[str], int]:
    out: list[str] = []
    if _peek(tokens, at, end)[:2] == ("mark", ")"):
        return out, at + 1
    while True:
        kind, value, offset = _peek(tokens, at, end)
        if kind != "text":
            raise _Refusal("a quoted text", f"`{value}`", offset)
        out.append(value)
        at += 1
        if _peek(tokens, at, end)[:2] != ("mark", ","):
            return out, _mark(tokens, at, ")", end)
        at += 1


def _tables(tokens: list[tuple[str, str, int]], at: int, end: int) -> tuple[list[dict[str, Any]], int]:
    out: list[dict[str, Any]] = []
    while _peek(tokens, at, end)[:2] == ("mark", "@{"):
        table: dict[str, Any] = {}
        at += 1
        while _peek(tokens, at, end)[:2] != ("mark", "}"):
            kind, key, offset = _peek(tokens, at, end)
            if kind != "word" or key in table:
                raise _Refusal("a parameter name, once each", f"`{key}`", offset)
            at = _mark(tokens, at + 1, "=", end)
            table[key], at = _value(tokens, at, end)
        out.append(table)
        at += 1
    return out, _mark(tokens, at, ")", end)


def _reading(found: dict[str, Any], program: str, path: str, problems: list[Problem]) -> ScriptReading:
    rules, groups = [], []
    for number, table in enumerate(found.get("rules", [])):
        try:
            rules.append(_rule(table, f"{path}!$rules\\{table.get('Name', number)}"))
        except (ValueError, TypeError) as error:
            key = f"$rules[{number}]"
            problems.append(Problem(file=path, key=key, expected="parameters of our dialect", found=str(error)))
    for number, table in enumerate(found.get("groups", [])):
        try:
            groups.append(_group(table))
        except (ValueError, TypeError) as error:
            key = f"$groups[{number}]"
            problems.append(Problem(file=path, key=key, expected="a group of our dialect", found=str(error)))
    ids = {}
    for name in ("members", "off"):
        ids[name] = found.get(name, [])
        if any(not isinstance(m, str) for m in ids[name]) or not isinstance(found.get("stateName", ""), str):
            problems.append(Problem(file=path, key=f"${name}", expected="texts", found="something else"))
            ids[name] = []
    settings = _settings(found.get("settings", []), path, problems)
    return ScriptReading(
        tuple(rules),
        tuple(ids["members"]),
        tuple(ids["off"]),
        tuple(groups),
        settings,
        str(found.get("stateName", "")),
        program,
        tuple(problems),
    )


def _settings(tables: Any, path: str, problems: list[Problem]) -> tuple[tuple[Profile, ProfileSettings], ...]:
    """One entry for each table: the profile and what it sets."""
    fields = {word: (field, values) for field, (word, values) in SETTING_WORDS.items()}
    out: dict[Profile, ProfileSettings] = {}
    for number, table in enumerate(tables):
        try:
            profile = _word(table["Profile"], PROFILE_WORDS)
            if profile in out:
                raise ValueError(f"`{table['Profile']}` stands twice")  # noqa: TRY301
            found = {fields[key][0]: _word(value, fields[key][1]) for key, value in table.items() if key != "Profile"}
            out[profile] = ProfileSettings(**found)
        except (KeyError, ValueError, TypeError) as error:
            key = f"$settings[{number}]"
            problems.append(Problem(file=path, key=key, expected="settings of our dialect", found=str(error)))
    return tuple(out.items())


def _mask(values: Any, words: dict[Any, str], everything: int) -> int:
    """The bit mask of a list of words; ``Any`` alone is everything."""
    if values == ["Any"]:
        return everything
    named = {word: int(bit) for bit, word in words.items()}
    mask = 0
    for value in values:
        if value not in named or mask & named[value]:
            raise ValueError(f"`{value}` is no word here, or stands twice")
        mask |= named[value]
    if not mask or isinstance(values, str):
        raise ValueError("an empty list")
    return mask


def _word(value: Any, words: dict[Any, str]) -> Any:
    for ours, theirs in words.items():
        if value == theirs:
            return ours
    raise ValueError(f"`{value}` is none of {', '.join(words.values())}")


def _protocol(value: Any) -> int | None:
    if value == "Any":
        return None
    if value in PROTOCOL_WORDS.values():
        return int(_word(value, PROTOCOL_WORDS))
    if not (isinstance(value, str) and value.isascii() and value.isdigit() and int(value) < 256):
        raise ValueError(f"`{value}` is no protocol")
    return int(value)


def _ports(values: Any) -> PortMatch:
    words = {theirs: ours for ours, theirs in PORT_WORDS.items()}
    numbers = [PortSet.parse(v) for v in _list(values) if v not in words and v not in ("Any", "*", "any")]
    keywords = tuple(sorted(words[v] for v in values if v in words))
    if len(numbers) + len(keywords) != len(values):
        raise ValueError("`Any` among ports")
    ports = PortSet.EMPTY
    for number in numbers:
        ports |= number
    return PortMatch(ports, keywords)


def _addresses(values: Any) -> AddressMatch:
    words = {
        "LocalSubnet": ("LocalSubnet4", "LocalSubnet6"),
        "LocalSubnet4": ("LocalSubnet4",),
        "LocalSubnet6": ("LocalSubnet6",),
    }
    plain = [v for v in _list(values) if v not in words]
    if any(v in ("Any", "*", "any") for v in plain):
        raise ValueError("`Any` among addresses")
    keywords = sorted({word for v in values for word in words.get(v, ())})
    return AddressMatch(AddrSet.parse(*plain), tuple(keywords))


def _icmp(values: Any) -> tuple[tuple[int, int | None], ...]:
    out = []
    for value in _list(values):
        kind, colon, code = value.partition(":")
        numbers = [kind, code] if colon else [kind]
        if not all(n.isascii() and n.isdigit() and int(n) < 256 for n in numbers):
            raise ValueError(f"`{value}` is no ICMP type")
        out.append((int(kind), int(code) if colon else None))
    return tuple(out)


def _list(values: Any) -> list[str]:
    if not isinstance(values, list) or not values or not all(isinstance(v, str) for v in values):
        raise ValueError(f"`{values}` is no list of texts")
    return values


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"`{value}` is no text")  # noqa: TRY004 - a fault of the file, not of the caller
    return value


_FIELDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "Name": ("id", _text),
    "DisplayName": ("name", _text),
    "Description": ("description", _text),
    "Group": ("group", _text),
    "Enabled": ("active", lambda v: _word(v, {True: "True", False: "False"})),
    "Profile": ("profiles", lambda v: _mask(v, PROFILE_WORDS, 7)),
    "Direction": ("direction", lambda v: _word(v, DIRECTION_WORDS)),
    "Action": ("action", lambda v: _word(v, ACTION_WORDS)),
    "Protocol": ("protocol", _protocol),
    "LocalPort": ("local_port", _ports),
    "RemotePort": ("remote_port", _ports),
    "IcmpType": ("icmp", _icmp),
    "LocalAddress": ("local_address", _addresses),
    "RemoteAddress": ("remote_address", _addresses),
    "Program": ("program", _text),
    "Service": ("service", _text),
    "InterfaceType": ("interfaces", lambda v: _mask(v, INTERFACE_WORDS, 15)),
    "EdgeTraversalPolicy": ("edge", lambda v: _word(v, EDGE_WORDS)),
}
"""PowerShell parameter -> (field of HostRule, reader of its value)."""
_ALWAYS = ("Name", "DisplayName", "Group", "Enabled", "Profile", "Direction", "Action")


def _rule(table: dict[str, Any], origin: str) -> HostRule:
    """One rule; raises ValueError for a parameter or value that is not ours, or one that is missing."""
    missing = [name for name in _ALWAYS if name not in table]
    if missing:
        raise ValueError(f"no `{missing[0]}`")
    fields: dict[str, Any] = {}
    for name, value in table.items():
        if name not in _FIELDS:
            raise ValueError(f"parameter `{name}`")
        field, read = _FIELDS[name]
        fields[field] = read(value)
    if (defer := fields.pop("edge", None)) is not None:
        fields["edge"] = defer != "User"
        fields["extras"] = Extras(defer=defer) if defer else Extras.NONE
    return HostRule(store=Store.LOCAL, origin=origin, **fields)


def _group(table: dict[str, Any]) -> EnabledGroup:
    if set(table) != {"Group", "Profile", "Direction"}:
        raise ValueError(f"keys {', '.join(table)}")
    return EnabledGroup(
        _text(table["Group"]), _mask(table["Profile"], PROFILE_WORDS, 7), _mask(table["Direction"], DIRECTION_WORDS, 3)
    )
