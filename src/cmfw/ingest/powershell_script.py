"""Reads back the PowerShell that ``emit powershell`` writes, and nothing else: for translation validation.

The script has a *data* part (four assignments of single-quoted texts, arrays and hash tables) between two marker lines
and a *program* part that is the same in every script. This reader tokenises the data part strictly and hands back the
program part verbatim, so a caller can compare it. Whatever it does not know is a problem, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cmfw.errors import Problem
from cmfw.ingest.kept_texts import kept
from cmfw.ingest.powershell_layout import Entry, layout_of, plain_text, texts_of
from cmfw.ingest.powershell_tokens import Refusal, assignments, tables, tokens
from cmfw.model.rule import PROTOCOL_ANY, Action, AddressMatch, Extras, HostRule, PortKeyword, PortMatch, Store, new_rule
from cmfw.model.state import ProfileSettings
from cmfw.net.addr import AddrSet
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, ICMP4, ICMP6, TCP, UDP, Direction, Interface, Profile
from cmfw.net.ports import PortSet
from cmfw.words.phrases import listed, phrase

DATA_BEGINS = "# --- data: what this script enforces ---"
DATA_ENDS = "# --- program: the same lines in every script ---"
PROTOCOL_WORDS = {TCP: "TCP", UDP: "UDP", ICMP4: "ICMPv4", ICMP6: "ICMPv6"}
PROFILE_WORDS = {Profile.DOMAIN: "Domain", Profile.PRIVATE: "Private", Profile.PUBLIC: "Public"}
INTERFACE_WORDS = {Interface.LAN: "Wired", Interface.WIRELESS: "Wireless", Interface.RAS: "RemoteAccess"}
PORT_WORDS = {PortKeyword.RPC.value: "RPC", PortKeyword.RPC_EPMAP.value: "RPCEPMap"}
DIRECTION_WORDS = {Direction.IN: "Inbound", Direction.OUT: "Outbound"}
ACTION_WORDS = {Action.ALLOW: "Allow", Action.BLOCK: "Block"}
"""Ours -> PowerShell's. Source: facts/windows_firewall.md 4.9 and the New-NetFirewallRule page."""

_WANTED = ("rules", "members", "groups")
_NAMES = (*_WANTED, "stateName", "off", "settings", "ensure")
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
    # every script ends in the same long program
    at = max(text.find(DATA_ENDS), 0)
    text = text[:at].replace("\r\n", "\n") + _with_line_feeds(text[at:])
    head, begins, rest = text.partition(f"\n{DATA_BEGINS}\n")
    body, ends, program = rest.partition(f"\n{DATA_ENDS}\n")
    if not (begins and ends):
        problems.append(Problem(file=path, expected="a data part between its two marker lines", found="none"))
        return ScriptReading((), (), (), (), (), "", "", tuple(problems))
    first_line = head.count("\n") + 3
    found: dict[str, Any] = {}
    rules: list[HostRule] = []
    try:
        found, rules = _laid_out(body, path) or (assignments(tokens(body), len(body), _NAMES), rules)
    except Refusal as refusal:
        line = first_line + body.count("\n", 0, refusal.at)
        problems.append(Problem(file=path, line=line, expected=refusal.expected, found=refusal.found))
    problems += [
        Problem(file=path, key=f"${name}", expected="one assignment", found="none")
        for name in _WANTED
        if name not in found and not problems
    ]
    return _reading((found, rules), program, path, problems)


def _with_line_feeds(text: str) -> str:
    return _known_program(text) if len(text) < _LONGEST_PROGRAM else text.replace("\r\n", "\n")


_LONGEST_PROGRAM = 65_536
_known_program = lru_cache(maxsize=8)(lambda text: text.replace("\r\n", "\n"))


def _laid_out(body: str, path: str) -> tuple[dict[str, Any], list[HostRule]] | None:
    """The other assignments, and the rules; None where it takes the reader of everything to say what is wrong or unusual."""
    layout = layout_of(body)
    if layout is None:
        return None
    known: dict[str | None, AddressMatch] = {None: AddressMatch.ANY}
    try:
        found = assignments(tokens(layout.rest), len(layout.rest), _NAMES)
        text = _or_empty if layout.is_plain else plain_text
        return found, [_rule_of(entry, known, text, path) for entry in layout.entries]
    except (Refusal, ValueError, TypeError):
        return None


def _or_empty(written: str | None) -> str:
    return written or ""


def _rule_of(entry: Entry, known: dict[str | None, AddressMatch], text: Callable[[str | None], str], path: str) -> HostRule:
    """The rule of one table; ``known`` are the address lists of the script so far, ``text`` reads a literal."""
    for written in (entry.local, entry.remote):
        if written is not None and written not in known:
            known[written] = _addresses(texts_of(written))
    active, profiles, direction, action, protocol = _circumstances(entry.circumstances)
    local_port, remote_port, icmp = _port_lines(entry.ports)
    program, service, interfaces, edge, extras = _more_lines(entry.more)
    name = text(entry.name)
    conditions = (
        action,
        direction,
        Store.LOCAL,
        active,
        profiles,
        protocol,
        local_port,
        remote_port,
        icmp,
        known[entry.local],
        known[entry.remote],
        program,
        service,
        interfaces,
    )
    texts = text(entry.display_name), text(entry.description), text(entry.group)
    return new_rule(name, conditions, texts, edge, extras, (2, 10), f"{path}!$rules\\{name}")


_Lines = Callable[[str], tuple[Any, ...]]


def _fields_of(*defaults: tuple[str, Any]) -> _Lines:
    """A reader of some lines of a table: these fields, in order, each with its default where no line names it."""

    def read(lines: str) -> tuple[Any, ...]:
        (table,), _ = tables(tokens(f"@{{{lines}}})"), 0, len(lines))
        found = _fields(table)
        return tuple(found.get(name, default) for name, default in defaults)

    return kept(read)


_circumstances = _fields_of(
    ("active", True), ("profiles", ALL_PROFILES), ("direction", None), ("action", None), ("protocol", PROTOCOL_ANY)
)
_port_lines = _fields_of(("local_port", PortMatch.ANY), ("remote_port", PortMatch.ANY), ("icmp", None))
_more_lines = _fields_of(
    ("program", None), ("service", None), ("interfaces", ALL_INTERFACES), ("edge", False), ("extras", Extras.NONE)
)


def _reading(said: tuple[dict[str, Any], list[HostRule]], program: str, path: str, problems: list[Problem]) -> ScriptReading:
    """What the assignments, and rules that are made already, say together."""
    found, rules = said
    groups = []
    for number, table in enumerate(found.get("rules", [])):
        name = table.get("Name", number) if isinstance(table, dict) else number
        try:
            rules.append(_rule(table, f"{path}!$rules\\{name}"))
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
                raise ValueError(phrase("`{name}` stands twice", name=table["Profile"]))  # noqa: TRY301
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
            raise ValueError(phrase("`{value}` is no word here, or stands twice", value=value))
        mask |= named[value]
    if not mask or isinstance(values, str):
        raise ValueError(phrase("an empty list"))
    return mask


def _word(value: Any, words: dict[Any, str]) -> Any:
    for ours, theirs in words.items():
        if value == theirs:
            return ours
    raise ValueError(phrase("`{value}` is none of {names}", value=value, names=listed(words.values())))


def _protocol(value: Any) -> int | None:
    if value == "Any":
        return None
    if value in PROTOCOL_WORDS.values():
        return int(_word(value, PROTOCOL_WORDS))
    if not (isinstance(value, str) and value.isascii() and value.isdigit() and int(value) < 256):
        raise ValueError(phrase("`{value}` is no protocol", value=value))
    return int(value)


def _ports(values: Any) -> PortMatch:
    words = {theirs: ours for ours, theirs in PORT_WORDS.items()}
    numbers = [PortSet.parse(v) for v in _list(values) if v not in words and v not in ("Any", "*", "any")]
    keywords = tuple(sorted(words[v] for v in values if v in words))
    if len(numbers) + len(keywords) != len(values):
        raise ValueError(phrase("`Any` among ports"))
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
        raise ValueError(phrase("`Any` among addresses"))
    keywords = sorted({word for v in values for word in words.get(v, ())})
    return AddressMatch(AddrSet.parse(*plain), tuple(keywords))


def _icmp(values: Any) -> tuple[tuple[int, int | None], ...]:
    out = []
    for value in _list(values):
        kind, colon, code = value.partition(":")
        numbers = [kind, code] if colon else [kind]
        if not all(n.isascii() and n.isdigit() and int(n) < 256 for n in numbers):
            raise ValueError(phrase("`{value}` is no ICMP type", value=value))
        out.append((int(kind), int(code) if colon else None))
    return tuple(out)


def _list(values: Any) -> list[str]:
    if not isinstance(values, list) or not values or not all(isinstance(v, str) for v in values):
        raise ValueError(phrase("`{values}` is no list of texts", values=values))
    return values


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(phrase("`{value}` is no text", value=value))  # noqa: TRY004 - a fault of the file, not of the caller
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
        raise ValueError(phrase("no `{name}`", name=missing[0]))
    return HostRule(store=Store.LOCAL, origin=origin, **_fields(table))


def _fields(table: dict[str, Any]) -> dict[str, Any]:
    """The fields of ``HostRule`` that a table, or a part of one, says; raises ValueError for what is not ours."""
    fields: dict[str, Any] = {}
    for name, value in table.items():
        if name not in _FIELDS:
            raise ValueError(phrase("parameter `{name}`", name=name))
        field, read = _FIELDS[name]
        fields[field] = read(value)
    if (defer := fields.pop("edge", None)) is not None:
        fields["edge"] = defer != "User"
        fields["extras"] = Extras(defer=defer) if defer else Extras.NONE
    return fields


def _group(table: dict[str, Any]) -> EnabledGroup:
    if set(table) != {"Group", "Profile", "Direction"}:
        raise ValueError(phrase("keys {names}", names=listed(table)))
    return EnabledGroup(
        _text(table["Group"]), _mask(table["Profile"], PROFILE_WORDS, 7), _mask(table["Direction"], DIRECTION_WORDS, 3)
    )
