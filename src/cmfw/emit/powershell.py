"""Target ``powershell``: ``cmfw.ps1`` makes and enables the rules, ``undo.ps1`` goes back to what was before.

For Windows PowerShell 5.1 and later. Every value is a single-quoted text: nothing in it is expanded, and the characters
that end it are doubled. The part that acts is the same in every script (``scripts/``); only the data differs.
"""

from __future__ import annotations

import re
from functools import cache

from cmfw.emit import Artifact, EmitRequest
from cmfw.emit.capability import Capabilities, unprintable
from cmfw.emit.selection import GroupUse, Selection, select
from cmfw.errors import Unsupported
from cmfw.ingest.powershell_script import (
    ACTION_WORDS,
    DATA_BEGINS,
    DATA_ENDS,
    DIRECTION_WORDS,
    INTERFACE_WORDS,
    PORT_WORDS,
    PROFILE_WORDS,
    PROTOCOL_WORDS,
    QUOTES,
)
from cmfw.model.rule import AddressMatch, HostRule, PortMatch
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES
from cmfw.resolve.windows import windows_version

CAPABILITIES = Capabilities(
    target="powershell",
    title="New-NetFirewallRule script with a way back",
    lacks={
        "bypass": "authenticated bypass needs IPsec settings that this target does not write",
        "any-service": "New-NetFirewallRule has no documented way to say any service and no other process",
        "port-words": "only the port keywords RPC and RPC-EPMap are written",
        "one-family": "Windows refuses a prefix of length 0, and without it the rule would cover both families",
        "address-words": "only the address keyword LocalSubnet is written",
        "mobile": "New-NetFirewallRule has no word for mobile broadband",
        "rare": "conditions on users, machines, IPsec or packages are not written",
        "old-windows": "New-NetFirewallRule came with Windows 8 and Server 2012; use the target `registry-pol`",
        "other-product": "its clients run another firewall product; use the target `list`",
    },
    losses={},
)

_FIRST_BUILD = 9200
"""Windows 8 and Server 2012, the first with the NetSecurity module."""
_WORDS_FOR_ANY = ("any", "*")
_WILDCARDS = "*?[]`"


def emit(request: EmitRequest) -> tuple[Artifact, ...]:
    """``cmfw.ps1`` and ``undo.ps1``; raises Unsupported."""
    version = windows_version(request.place.os)
    if version is not None and version[1] < _FIRST_BUILD:
        CAPABILITIES.refuse("old-windows", request.where)
    selection = select(request, CAPABILITIES)
    for rule in selection.made:
        _check_words(rule)
    for rule in selection.members:
        _check_id(rule.id)
    for item, text in (("site", request.plan.site), ("place", request.where)):
        if reason := unprintable(text):
            raise Unsupported(CAPABILITIES.target, item, f"its name has {reason}")
    state = state_name(request.plan.site, request.where)
    head = [f"# cmfw: {line}" for line in _header(request)]
    data = [
        f"$stateName = {quote(state)}",
        _array("rules", [_rule(rule) for rule in selection.made]),
        _array("members", [f"    {quote(rule.id)}" for rule in selection.members], comma=True),
        _array("groups", [_group(use) for use in selection.groups]),
    ]
    apply = _script(head, ["[CmdletBinding()]", "param([string] $PolicyStore = 'PersistentStore')"], data, program("apply"))
    head[0] = f"# cmfw: undo of cmfw.ps1 for {request.where} of site {request.plan.site}"
    undo = _script(head, ["[CmdletBinding()]", "param()"], data[:1], program("undo"))
    return (
        Artifact("cmfw.ps1", apply, "text/plain; charset=utf-8", _claims(selection)),
        Artifact("undo.ps1", undo, "text/plain; charset=utf-8"),
    )


@cache
def program(name: str) -> str:
    """The part of a script that is the same in every one: ``apply`` or ``undo``, with LF line ends."""
    from importlib.resources import files

    return files("cmfw.emit").joinpath("scripts", f"{name}.ps1").read_text(encoding="utf-8").replace("\r\n", "\n")


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
    return "'" + "".join(c * 2 if c in QUOTES else c for c in text) + "'"


def _header(request: EmitRequest) -> list[str]:
    plan = request.plan
    return [
        f"Windows Firewall rules for {request.where} of site {plan.site}",
        f"edition {plan.edition}, scope {plan.scope}",
        "each rule's description names the places of the documentation that ask for it",
        "run undo.ps1 to go back; running this again changes nothing",
    ]


def _script(head: list[str], parameters: list[str], data: list[str], body: str) -> bytes:
    lines = [
        *head,
        "#Requires -Version 5.1",
        "#Requires -RunAsAdministrator",
        *parameters,
        "",
        DATA_BEGINS,
        *data,
        DATA_ENDS,
        body,
    ]
    # Windows PowerShell 5.1 reads a file without the byte order mark in the ANSI code page
    return b"\xef\xbb\xbf" + "\n".join(lines).rstrip("\n").replace("\n", "\r\n").encode() + b"\r\n"


def _array(name: str, entries: list[str], *, comma: bool = False) -> str:
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


def _rule(rule: HostRule) -> str:
    pairs: list[tuple[str, str | list[str]]] = [("Name", rule.id), ("DisplayName", rule.name)]
    if rule.description:
        pairs.append(("Description", rule.description))
    pairs += [
        ("Group", rule.group),
        ("Enabled", str(rule.active)),
        ("Profile", _profiles(rule.profiles)),
        ("Direction", DIRECTION_WORDS[rule.direction]),
        ("Action", ACTION_WORDS[rule.action]),
    ]
    if rule.protocol is not None:
        pairs.append(("Protocol", PROTOCOL_WORDS.get(rule.protocol, str(rule.protocol))))
    pairs += [
        (key, _ports(m)) for key, m in (("LocalPort", rule.local_port), ("RemotePort", rule.remote_port)) if not m.is_any
    ]
    if rule.icmp is not None:
        pairs.append(("IcmpType", [str(t) if code is None else f"{t}:{code}" for t, code in rule.icmp]))
    addresses = (("LocalAddress", rule.local_address), ("RemoteAddress", rule.remote_address))
    pairs += [(key, _addresses(m)) for key, m in addresses if not m.is_any]
    pairs += [(key, text) for key, text in (("Program", rule.program), ("Service", rule.service)) if text is not None]
    if rule.interfaces != ALL_INTERFACES:
        pairs.append(("InterfaceType", [word for bit, word in INTERFACE_WORDS.items() if bit & rule.interfaces]))
    if rule.edge:
        pairs.append(("EdgeTraversalPolicy", "Allow"))
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


def _claims(selection: Selection) -> tuple[HostRule, ...]:
    from dataclasses import replace

    # the script carries no version: Windows writes the lowest that the conditions need
    return tuple(replace(rule, version=(2, 10)) for rule in selection.made) + selection.members


def _check_words(rule: HostRule) -> None:
    """Refuse texts that the cmdlets would read as a pattern or as "any"."""
    _check_id(rule.id)
    for field, text in (("program", rule.program), ("service", rule.service)):
        if text is not None and text.lower() in _WORDS_FOR_ANY:
            raise Unsupported(CAPABILITIES.target, rule.id, f"the {field} `{text}` is the cmdlets' word for any")


def _check_id(name: str) -> None:
    reason = unprintable(name)
    if reason:
        raise Unsupported(CAPABILITIES.target, name, f"the id has {reason}")
    if set(name) & set(_WILDCARDS):
        raise Unsupported(CAPABILITIES.target, name, f"the id has one of {' '.join(_WILDCARDS)}, a pattern to the cmdlets")
