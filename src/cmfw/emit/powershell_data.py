"""A host policy as the data part of a PowerShell script: single-quoted texts, arrays and hash tables, nothing else.

``ingest.powershell_script`` reads exactly this back. Source: PowerShell language specification 2.3.5.2, the pages of
New-NetFirewallRule and Set-NetFirewallProfile.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache

from cmfw.emit.capability import Capabilities, unprintable
from cmfw.emit.host_policy import HostPolicy, PolicyReading
from cmfw.emit.ordinary import is_ordinary
from cmfw.emit.plain_subnet import remembered
from cmfw.emit.selection import GroupUse
from cmfw.errors import Unsupported
from cmfw.ingest.evidence import StorePart
from cmfw.ingest.powershell_script import (
    ACTION_WORDS,
    DATA_BEGINS,
    DATA_ENDS,
    DIRECTION_WORDS,
    EDGE_WORDS,
    INTERFACE_WORDS,
    PORT_WORDS,
    PROFILE_WORDS,
    PROTOCOL_WORDS,
    SETTING_WORDS,
    read_powershell,
)
from cmfw.ingest.powershell_tokens import QUOTES
from cmfw.model.rule import Action, AddressMatch, HostRule, PortMatch, Store, changed_rule
from cmfw.model.state import ProfileSettings
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, Direction, Profile
from cmfw.words.phrases import phrase

_WORDS_FOR_ANY = ("any", "*")
WILDCARDS = "*?[]`"
"""Characters of a rule id that the cmdlets take for a pattern."""
_WILD = re.compile(f"[{re.escape(WILDCARDS)}]")


@cache
def program(name: str) -> str:
    """The part of a script that is the same in every one: ``apply`` or ``undo``, with LF line ends."""
    from importlib.resources import files

    return files("cmfw.emit").joinpath("scripts", f"{name}.ps1").read_text(encoding="utf-8").replace("\r\n", "\n")


_ACTS = "# 1. What was there before"


def detection(ending: str) -> str:
    """The part of a script that only looks: the comparisons of ``apply``, what differs, and the program ``ending``."""
    comparisons, found, _ = program("apply").partition(_ACTS)
    if not found:
        raise ValueError("the program `apply` has no comparisons in front")
    return comparisons + program("detect") + program(ending)


def read_script(content: bytes, path: str, acting: str, store: Store) -> PolicyReading:
    """What a script of ours enforces; raises ValueError where its acting part is not ``acting``."""
    found = read_powershell(content, path)
    if not found.problems and found.program.rstrip("\n") != acting.rstrip("\n"):
        raise ValueError("the acting part of the script is not ours")
    groups = tuple(
        GroupUse(g.resource, g.profiles, tuple(w for bit, w in ((1, "in"), (2, "out")) if g.directions & bit))
        for g in found.groups
    )
    rules = found.rules
    if store is not Store.LOCAL:
        rules = tuple(changed_rule(rule, store=store) for rule in rules)
    part = StorePart(store=store, name=store.value, rules=rules, settings=found.settings, problems=found.problems)
    return PolicyReading(part=part, members=found.members, off=found.off, groups=groups)


def state_name(site: str, where: str) -> str:
    """The name of the file that remembers what was before: readable, safe in every file system, one per place."""
    from hashlib import sha256

    digest = sha256(f"{site}\0{where}".encode()).hexdigest()[:12]
    return "-".join([*(re.sub("[^A-Za-z0-9]+", "", text)[:20] or "x" for text in (site, where)), digest])


def quote(text: str) -> str:
    """The text as a single-quoted PowerShell literal, in which only quotes mean anything.

    PowerShell takes four typographic characters for the apostrophe as well; each is doubled.
    Source: PowerShell language specification 2.3.5.2 (single-quote-character).
    """
    if "'" not in text and text.isascii():
        return f"'{text}'"
    return "'" + "".join(c * 2 if c in QUOTES else c for c in text) + "'"


def script(head: list[str], parameters: list[str], data: list[str], body: str) -> bytes:
    """A whole script: comments, what it requires, its parameters, the data between its markers, the part that acts."""
    lines = [
        *head,
        "#Requires -Version 5.1",
        "#Requires -RunAsAdministrator",
        "[CmdletBinding()]",
        *parameters,
        "",
        DATA_BEGINS,
        *data,
        DATA_ENDS,
        "",
    ]
    # Windows PowerShell 5.1 reads a file without the byte order mark in the ANSI code page
    return b"\xef\xbb\xbf" + "\n".join(lines).replace("\n", "\r\n").encode() + _as_lines(body)


@lru_cache(maxsize=16)
def _as_lines(body: str) -> bytes:
    """The part that acts, as lines with CRLF: the same long text in every script."""
    return body.rstrip("\n").replace("\n", "\r\n").encode() + b"\r\n"


def data_of(policy: HostPolicy) -> list[str]:
    """The assignments of everything that the policy asks for."""
    text_of = remembered(lambda match: _literal(_addresses(match)))
    return [
        array("rules", [_rule(rule, text_of) for rule in policy.rules]),
        array("members", [f"    {quote(rule.id)}" for rule in policy.members if rule.active], comma=True),
        array("off", [f"    {quote(rule.id)}" for rule in policy.members if not rule.active], comma=True),
        array("groups", [_group(use) for use in policy.groups]),
        array("settings", [_settings(*entry) for entry in policy.settings]),
    ]


def array(name: str, entries: list[str], *, comma: bool = False) -> str:
    """``$name = @(...)``."""
    if not entries:
        return f"${name} = @()"
    return f"${name} = @(\n" + (",\n" if comma else "\n").join(entries) + "\n)"


def _table(pairs: list[tuple[str, str | list[str]]]) -> str:
    lines = [f"        {key} = {_literal(value)}" for key, value in pairs]
    return "\n".join(["    @{", *lines, "    }"])


def _literal(value: str | list[str]) -> str:
    if isinstance(value, str):
        return quote(value)
    return f"@({', '.join(quote(v) for v in value)})"


def _rule(rule: HostRule, text_of: Callable[[AddressMatch], str]) -> str:
    """The table of a rule; ``text_of`` writes an address list."""
    lines = [f"    @{{\n        Name = {quote(rule.id)}\n        DisplayName = {quote(rule.name)}\n"]
    if rule.description:
        lines.append(f"        Description = {quote(rule.description)}\n")
    lines.append(f"        Group = {quote(rule.group)}\n")
    lines.append(_circumstances(rule.active, rule.profiles, rule.direction, rule.action, rule.protocol))
    for key, ports in (("LocalPort", rule.local_port), ("RemotePort", rule.remote_port)):
        if ports is not PortMatch.ANY and not ports.is_any:
            lines.append(f"        {key} = {_literal(_ports(ports))}\n")
    if rule.icmp is not None:
        lines.append(
            f"        IcmpType = {_literal([str(t) if code is None else f'{t}:{code}' for t, code in rule.icmp])}\n"
        )
    for key, addresses in (("LocalAddress", rule.local_address), ("RemoteAddress", rule.remote_address)):
        if addresses is not AddressMatch.ANY and not addresses.is_any:
            lines.append(f"        {key} = {text_of(addresses)}\n")
    if rule.program is not None:
        lines.append(f"        Program = {quote(rule.program)}\n")
    if rule.service is not None:
        lines.append(f"        Service = {quote(rule.service)}\n")
    if rule.interfaces != ALL_INTERFACES:
        words = [word for bit, word in INTERFACE_WORDS.items() if bit & rule.interfaces]
        lines.append(f"        InterfaceType = {_literal(words)}\n")
    if rule.edge or rule.extras.defer:
        lines.append(f"        EdgeTraversalPolicy = {quote(EDGE_WORDS[rule.extras.defer])}\n")
    lines.append("    }")
    return "".join(lines)


@lru_cache(maxsize=1024)
def _circumstances(active: bool, profiles: int, direction: Direction, action: Action, protocol: int | None) -> str:
    """The lines that nearly all rules share: there are few of them, whatever the policy."""
    pairs: list[tuple[str, str | list[str]]] = [
        ("Enabled", str(active)),
        ("Profile", _profiles(profiles)),
        ("Direction", DIRECTION_WORDS[direction]),
        ("Action", ACTION_WORDS[action]),
    ]
    if protocol is not None:
        pairs.append(("Protocol", PROTOCOL_WORDS.get(protocol, str(protocol))))
    return "".join(f"        {key} = {_literal(value)}\n" for key, value in pairs)


def _settings(profile: Profile, settings: ProfileSettings) -> str:
    pairs: list[tuple[str, str | list[str]]] = [("Profile", PROFILE_WORDS[profile])]
    for field, (word, values) in SETTING_WORDS.items():
        wanted = getattr(settings, field)
        if wanted is not None:
            pairs.append((word, values[wanted]))
    return _table(pairs)


def _group(use: GroupUse) -> str:
    directions = {"in": "Inbound", "out": "Outbound"}
    return _table(
        [
            ("Group", use.resource),
            ("Profile", _profiles(use.profiles)),
            ("Direction", [directions[d] for d in use.directions]),
        ]
    )


def _profiles(mask: int) -> list[str]:
    return ["Any"] if mask == ALL_PROFILES else [word for bit, word in PROFILE_WORDS.items() if bit & mask]


def _ports(match: PortMatch) -> list[str]:
    return [*match.ports.texts(), *(PORT_WORDS[word] for word in match.keywords)]


def _addresses(match: AddressMatch) -> list[str]:
    words = list(match.keywords)
    return [*match.addresses.texts(), *(["LocalSubnet"] if len(words) == 2 else words)]


def check_rule(target: Capabilities, rule: HostRule) -> None:
    """Raise Unsupported where the cmdlets cannot say the rule, or would read a text as a pattern or as "any"."""
    ordinary = is_ordinary(rule)
    target.check(rule, ordinary=ordinary)
    check_id(target, rule.id, printable=ordinary)
    for field, text in (("program", rule.program), ("service", rule.service)):
        if text is not None and text.lower() in _WORDS_FOR_ANY:
            raise Unsupported(
                target.target, rule.id, phrase("the {field} `{text}` is the cmdlets' word for any", field=field, text=text)
            )
    if rule.extras.defer and rule.edge != (rule.extras.defer != "User"):
        raise Unsupported(target.target, rule.id, "edge traversal and who decides on it contradict one another")


def check_id(target: Capabilities, name: str, *, printable: bool = False) -> None:
    """Raise Unsupported for a rule id that the cmdlets would take for a pattern; ``printable``: it is known to be."""
    if not printable and (reason := unprintable(name)):
        raise Unsupported(target.target, name, phrase("the id has {reason}", reason=reason))
    if _WILD.search(name):
        raise Unsupported(
            target.target, name, phrase("the id has one of {names}, a pattern to the cmdlets", names=" ".join(WILDCARDS))
        )
