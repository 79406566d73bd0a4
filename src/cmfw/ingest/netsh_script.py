"""Reads back the batch file that ``emit netsh`` writes, and nothing else: for translation validation.

Every line is one of a few forms; whatever is not is a problem, never a guess. A line is taken apart as the command
interpreter and then netsh take it apart: percent signs first, then words at blanks outside double quotes.
Source: facts/windows_firewall.md 4.8; Microsoft, "cmd"; `netsh advfirewall firewall add rule ?`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import attrgetter
from typing import Any

from cmfw.errors import Problem
from cmfw.ingest.local_subnet import subnet_words
from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, PortKeyword, PortMatch, Store, new_rule
from cmfw.model.state import ProfileSettings
from cmfw.net.addr import AddrSet
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, ICMP4, ICMP6, ICMP_PROTOCOLS, TCP, UDP, Direction, Interface, Profile
from cmfw.net.ports import PortSet
from cmfw.words.phrases import listed, phrase

PROLOGUE = ("@echo off", "setlocal DisableDelayedExpansion", "chcp 65001 >nul")
"""First lines: without delayed expansion an exclamation mark means nothing, and code page 65001 is UTF-8."""
PROTOCOL_WORDS = {TCP: "tcp", UDP: "udp", ICMP4: "icmpv4", ICMP6: "icmpv6"}
PROFILE_WORDS = {Profile.DOMAIN: "domain", Profile.PRIVATE: "private", Profile.PUBLIC: "public"}
PROFILE_CONTEXTS = {profile: f"{word}profile" for profile, word in PROFILE_WORDS.items()}
INTERFACE_WORDS = {Interface.LAN: "lan", Interface.WIRELESS: "wireless", Interface.RAS: "ras"}
PORT_WORDS = {PortKeyword.RPC.value: "rpc", PortKeyword.RPC_EPMAP.value: "rpc-epmap"}
DIRECTION_WORDS = {Direction.IN: "in", Direction.OUT: "out"}
ACTION_WORDS = {Action.ALLOW: "allow", Action.BLOCK: "block"}
_EDGE_WORDS = {(False, ""): "no", (True, ""): "yes", (True, "App"): "deferapp", (False, "User"): "deferuser"}
_INBOUND = {"blockinbound": (False, False), "allowinbound": (False, True), "blockinboundalways": (True, False)}
"""Word -> (shields up, default allow)."""
_OUTBOUND = {"allowoutbound": True, "blockoutbound": False}
_SWITCHES = {"inboundusernotification": "disable_notifications", "unicastresponsetomulticast": "disable_unicast_responses"}
_WORD = re.compile(r'(?:[^" ]|"[^"]*")+')
_PAIR = re.compile(r'([a-z]+)=(?:"([^"]*)"|([^" ]+))')
_QUOTED, _BARE = '"([^"%\0]*)"', '([^" %&|<>^()\0]+)'
_WORD_OF_OURS = '[^" %&|<>^()\0]+'
_PATH = '"([^"%\0]*(?:%%[^"%\0]*)*)"'
_PLAIN_ADD = re.compile(
    "netsh advfirewall firewall add rule"
    + "".join(
        f"(?: {key}={text})?"
        for key, text in (
            ("name", _QUOTED), ("dir", _BARE), ("action", _BARE), ("description", _QUOTED), ("enable", _BARE),
            ("profile", _BARE), ("program", _QUOTED), ("service", _QUOTED), ("protocol", _BARE), ("localport", _BARE),
            ("remoteport", _BARE), ("localip", _BARE), ("remoteip", _BARE), ("interfacetype", _BARE), ("edge", _BARE),
        )
    )
)  # fmt: skip
"""A line in the order in which we write it, with nothing in it that the interpreter acts on."""
_PLAIN_KEYS = tuple(re.findall(r" ([a-z]+)=", _PLAIN_ADD.pattern))
_USUAL_ADD = re.compile(
    f"netsh advfirewall firewall add rule name={_QUOTED} (dir={_WORD_OF_OURS} action={_WORD_OF_OURS})"
    f"(?: description={_QUOTED})? (enable={_WORD_OF_OURS} profile={_WORD_OF_OURS})(?: program={_PATH})?"
    f" (protocol={_WORD_OF_OURS}(?: localport={_WORD_OF_OURS})?(?: remoteport={_WORD_OF_OURS})?)"
    f"(?: localip=({_WORD_OF_OURS}))?(?: remoteip=({_WORD_OF_OURS}))?"
)
"""The line of nearly every rule of ours: its texts and addresses, and the three parts that many rules share."""
_PLAIN_DELETE = re.compile(r"""netsh advfirewall firewall delete rule name="[^"%\0]*" >nul""")
_REMARK = re.compile(r"rem cmfw: [^%&|<>^!\0]*")


@dataclass(frozen=True, slots=True)
class NetshReading:
    """What a script makes: rules, (resource id, profile mask, direction) of groups that it enables, settings."""

    rules: tuple[HostRule, ...]
    groups: tuple[tuple[str, int, str], ...]
    settings: tuple[tuple[Profile, ProfileSettings], ...]
    problems: tuple[Problem, ...]


def edge_word(edge: bool, defer: str) -> str:
    """The word of netsh for who decides on edge traversal; KeyError for a pair that it cannot say."""
    return _EDGE_WORDS[edge, defer]


def read_netsh_script(content: bytes, path: str) -> NetshReading:
    """The rules of one emitted script; everything that is not exactly our dialect is in ``problems``."""
    rules: list[HostRule] = []
    groups: list[tuple[str, int, str]] = []
    settings: dict[Profile, ProfileSettings] = {}
    problems: list[Problem] = []
    try:
        lines = content.decode("utf-8").split("\r\n")
    except UnicodeDecodeError as error:
        problem = Problem(file=path, expected="UTF-8", found="other bytes", offset=error.start)
        return NetshReading((), (), (), (problem,))
    if tuple(lines[: len(PROLOGUE)]) != PROLOGUE:
        problems.append(Problem(file=path, line=1, expected="our first lines", found=f"`{lines[0][:40]}`"))
    for number, line in enumerate(lines[len(PROLOGUE) :], len(PROLOGUE) + 1):
        try:
            if (usual := _USUAL_ADD.fullmatch(line)) is not None:
                rules.append(_usual_rule(usual, f"{path}:{number}"))
            elif _PLAIN_DELETE.fullmatch(line) is None:
                _read_line(line, f"{path}:{number}", rules, groups, settings)
        except (ValueError, KeyError, TypeError) as error:
            problems.append(Problem(file=path, line=number, expected="a line of our dialect", found=str(error)))
    return NetshReading(tuple(rules), tuple(groups), tuple(settings.items()), tuple(problems))


def _read_line(
    line: str,
    origin: str,
    rules: list[HostRule],
    groups: list[tuple[str, int, str]],
    settings: dict[Profile, ProfileSettings],
) -> None:
    if not line or _REMARK.fullmatch(line):
        return
    if (plain := _PLAIN_ADD.fullmatch(line)) is not None:
        rules.append(
            _rule({key: text for key, text in zip(_PLAIN_KEYS, plain.groups(), strict=True) if text is not None}, origin)
        )
        return
    words = list(_words(line))
    match words[:5]:
        case ["netsh", "advfirewall", "firewall", "delete", "rule"] if words[6:] == [">nul"]:
            _pairs(words[5:6])
        case ["netsh", "advfirewall", "firewall", "add", "rule"]:
            rules.append(_rule(_pairs(words[5:]), origin))
        case ["netsh", "advfirewall", "firewall", "set", "rule"] if words[8:] == ["new", "enable=yes"]:
            groups.append(_group(_pairs(words[5:8])))
        case ["netsh", "advfirewall", "set", context, *_]:
            profile = next(p for p, word in PROFILE_CONTEXTS.items() if word == context)
            known = settings.get(profile, ProfileSettings.EMPTY)
            settings[profile] = _with(known, _setting(words[4:]))
        case _:
            raise ValueError(f"`{line[:60]}`")


def _with(known: ProfileSettings, found: dict[str, bool]) -> ProfileSettings:
    changes: dict[str, Any] = dict(found)
    return replace(known, **changes)


def _words(line: str) -> Iterator[str]:
    """The words of a line after the interpreter's own step; raises ValueError for what it would run or expand."""
    if "\0" in line:
        raise ValueError(phrase("a NUL"))
    text = line.replace("%%", "\0")
    if "%" in text:
        raise ValueError(phrase("a percent sign that stands alone"))
    bare = re.sub('"[^"]*"', "", text)
    if '"' in bare or set("&|<^()") & set(bare) or (">" in bare and not bare.endswith(" >nul")):
        raise ValueError(phrase("a character that the interpreter acts on"))
    yield from (word.replace("\0", "%") for word in _WORD.findall(text))


def _pairs(words: list[str]) -> dict[str, str]:
    out: dict[str, str] = {}
    for word in words:
        found = _PAIR.fullmatch(word)
        if found is None or found[1] in out:
            raise ValueError(phrase("`{word}` is no argument, or stands twice", word=word[:40]))
        out[found[1]] = found[2] if found[2] is not None else found[3]
    return out


def _key(words: dict[Any, str], text: str) -> Any:
    for ours, theirs in words.items():
        if text == theirs:
            return ours
    raise ValueError(phrase("`{text}` is none of {names}", text=text, names=listed(words.values())))


def _group(pairs: dict[str, str]) -> tuple[str, int, str]:
    if set(pairs) != {"group", "dir", "profile"} or pairs["dir"] not in DIRECTION_WORDS.values():
        raise ValueError(phrase("arguments {names}", names=listed(pairs)))
    return pairs["group"], _profiles(pairs["profile"]), pairs["dir"]


def _setting(words: list[str]) -> dict[str, bool]:
    match words:
        case ["state", ("on" | "off") as word]:
            return {"enable_firewall": word == "on"}
        case ["firewallpolicy", actions]:
            inbound, _, outbound = actions.partition(",")
            shields, allow = _INBOUND[inbound]
            return {
                "do_not_allow_exceptions": shields,
                "default_inbound_allow": allow,
                "default_outbound_allow": _OUTBOUND[outbound],
            }
        case ["settings", name, ("enable" | "disable") as word]:
            return {_SWITCHES[name]: word == "disable"}
    raise ValueError(phrase("`{names}` is no setting of ours", names=" ".join(words)[:60]))


@lru_cache(maxsize=64)
def _profiles(text: str) -> int:
    if text == "any":
        return ALL_PROFILES
    mask = 0
    for word in text.split(","):
        mask |= int(_key(PROFILE_WORDS, word))
    return mask


@lru_cache(maxsize=256)
def _protocol(text: str) -> tuple[int | None, tuple[tuple[int, int | None], ...] | None]:
    word, colon, kinds = text.partition(":")
    if word == "any" and not colon:
        return None, None
    number = _key(PROTOCOL_WORDS, word) if word in PROTOCOL_WORDS.values() else int(word)
    if not 0 <= number <= 255 or (colon and number not in ICMP_PROTOCOLS):
        raise ValueError(phrase("`{text}` is no protocol", text=text))
    if not colon:
        return number, None
    kind, _, code = kinds.partition(",")
    return number, ((int(kind), None if code == "any" else int(code)),)


@lru_cache(maxsize=1024)
def _ports(text: str) -> PortMatch:
    words = {theirs: ours for ours, theirs in PORT_WORDS.items()}
    ports, keywords = PortSet.EMPTY, []
    for part in text.split(","):
        if part in words:
            keywords.append(words[part])
        elif part == "any":
            raise ValueError(phrase("`any` among ports"))
        else:
            ports |= PortSet.parse(part)
    return PortMatch(ports, tuple(sorted(keywords)))


@lru_cache(maxsize=1024)
def _addresses(text: str, protocol: int | None) -> AddressMatch:
    parts = text.split(",")
    plain = [part for part in parts if part != "localsubnet"]
    if "any" in plain:
        raise ValueError(phrase("`any` among addresses"))
    words = subnet_words(protocol) if len(plain) < len(parts) else ()
    return AddressMatch(AddrSet.parse(*plain), words)


_ACTIONS = {word: action for action, word in ACTION_WORDS.items()}
_DIRECTIONS = {word: direction for direction, word in DIRECTION_WORDS.items()}
_ENABLED = {"yes": True, "no": False}
_ALWAYS = {"name", "dir", "action", "enable", "profile", "protocol"}
_MORE = {"description", "program", "service", "localport", "remoteport", "localip", "remoteip", "interfacetype", "edge"}


_KNOWN = _ALWAYS | _MORE


def _rule(pairs: dict[str, str], origin: str) -> HostRule:
    """One rule; raises ValueError for an argument or value that is not ours, or one that is missing."""
    if not _ALWAYS <= pairs.keys() <= _KNOWN:
        raise ValueError(phrase("arguments {names}", names=listed(pairs)))
    protocol, icmp = _protocol(pairs["protocol"])
    edge, defer = _key(_EDGE_WORDS, pairs["edge"]) if "edge" in pairs else (False, "")
    conditions = (
        _ACTIONS[pairs["action"]],
        _DIRECTIONS[pairs["dir"]],
        Store.LOCAL,
        _ENABLED[pairs["enable"]],
        _profiles(pairs["profile"]),
        protocol,
        _ports(pairs["localport"]) if "localport" in pairs else PortMatch.ANY,
        _ports(pairs["remoteport"]) if "remoteport" in pairs else PortMatch.ANY,
        icmp,
        _addresses(pairs["localip"], protocol) if "localip" in pairs else AddressMatch.ANY,
        _addresses(pairs["remoteip"], protocol) if "remoteip" in pairs else AddressMatch.ANY,
        pairs.get("program"),
        pairs.get("service"),
        int(_key(INTERFACE_WORDS, pairs["interfacetype"])) if "interfacetype" in pairs else ALL_INTERFACES,
    )
    texts = (pairs["name"], pairs.get("description", ""), "")
    extras = Extras(defer=defer) if defer else Extras.NONE
    return new_rule(pairs["name"], conditions, texts, edge, extras, (2, 10), origin)


def _usual_rule(line: re.Match[str], origin: str) -> HostRule:
    """The rule of a usual line, as ``_rule`` would read it; raises what that raises."""
    name, way, description, state, program, ports, local, remote = line.groups()
    found = _shared_conditions(way, state, ports)
    conditions = (
        *found,
        AddressMatch.ANY if local is None else _addresses(local, found[5]),
        AddressMatch.ANY if remote is None else _addresses(remote, found[5]),
        program if program is None or "%" not in program else program.replace("%%", "%"),
        None,
        ALL_INTERFACES,
    )
    return new_rule(name, conditions, (name, description or "", ""), False, Extras.NONE, (2, 10), origin)


@lru_cache(maxsize=1024)
def _shared_conditions(*parts: str) -> tuple[Any, ...]:
    """The conditions of a rule that these arguments give, before its addresses and program."""
    return _SHARED(_rule(_pairs(["name=-", *" ".join(parts).split(" ")]), ""))


_SHARED: Callable[[HostRule], tuple[Any, ...]] = attrgetter(
    "action", "direction", "store", "active", "profiles", "protocol", "local_port", "remote_port", "icmp"
)
