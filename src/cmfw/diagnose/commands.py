"""PowerShell text for repairs: one command per change, every value a single-quoted text.

Source: the pages of New-NetFirewallRule, Enable-NetFirewallRule, Set-NetFirewallProfile (module NetSecurity).
"""

from __future__ import annotations

from cmfw.model.rule import Action, AddressMatch, HostRule, PortMatch, Store
from cmfw.net.flow import ICMP4, ICMP6, TCP, UDP, Direction, Profile
from cmfw.words.visible import is_hidden, visible

GPO_PLACE = "<domain>\\<policy>"
"""Stands for the Group Policy object, whose name no machine state holds."""

_QUOTES = frozenset("'\u2018\u2019\u201a\u201b")
"""Characters that end a single-quoted text. Source: PowerShell language specification 2.3.5.2."""
_ACTIVE = frozenset('`$"\u201c\u201d\u201e')
"""Characters that mean something in a double-quoted text, typographic quotes included. Source: the same, 2.3.5.2."""
_WILDCARDS = frozenset("*?[]`")
_PROTOCOLS = {TCP: "TCP", UDP: "UDP", ICMP4: "ICMPv4", ICMP6: "ICMPv6"}
_PROFILES = {Profile.DOMAIN: "Domain", Profile.PRIVATE: "Private", Profile.PUBLIC: "Public"}
_DIRECTIONS = {Direction.IN: "Inbound", Direction.OUT: "Outbound"}
_ACTIONS = {Action.ALLOW: "Allow", Action.BLOCK: "Block", Action.BYPASS: "Allow"}
_PORT_WORDS = {"RPC-EPMap": "RPCEPMap"}


def quote(text: str) -> str:
    """The text as a PowerShell literal: single-quoted, in which only quotes mean anything, as long as a terminal shows all of it.

    With characters that would steer a terminal it is double-quoted, and they are made by number: the command can be shown and pasted,
    and still names the same rule. Source: PowerShell language specification 2.3.5.2, 2.3.7 (the backtick), 7.1.7 (``[char]``).
    """
    if visible(text) == text:
        if _QUOTES.isdisjoint(text):
            return f"'{text}'"
        return "'" + "".join(c * 2 if c in _QUOTES else c for c in text) + "'"
    return '"' + "".join(map(_in_double_quotes, text)) + '"'


def _in_double_quotes(char: str) -> str:
    if is_hidden(char):
        units = char.encode("utf-16-be", "surrogatepass")
        return "".join(f"$([char]0x{units[at : at + 2].hex()})" for at in range(0, len(units), 2))
    return f"`{char}" if char in _ACTIVE else char


def _list(texts: list[str]) -> str:
    return ",".join(quote(text) for text in texts)


def _store(store: Store) -> str:
    return f" -PolicyStore {quote(GPO_PLACE)}" if store is Store.GPO else ""


def _profiles(mask: int) -> str:
    return ",".join(name for profile, name in _PROFILES.items() if mask & profile) if mask & 7 != 7 else "Any"


def enable_rule(rule: HostRule) -> str:
    """Switches an existing rule on."""
    return _switch("Enable", rule)


def enable_rules(rules: list[HostRule]) -> list[str]:
    """Switches existing rules on, those of one store together."""
    together: dict[Store, list[str]] = {}
    out = []
    for rule in rules:
        if _WILDCARDS & set(rule.id):
            out.append(enable_rule(rule))
        else:
            together.setdefault(rule.store, []).append(rule.id)
    listed = [f"Enable-NetFirewallRule{_store(store)} -Name {_list(names)}" for store, names in together.items()]
    return listed + out


def disable_rule(rule: HostRule) -> str:
    """Switches an existing rule off."""
    return _switch("Disable", rule)


def _switch(verb: str, rule: HostRule) -> str:
    if _WILDCARDS & set(rule.id):
        # -Name takes wildcards, and some rule ids hold their characters
        find = f"Get-NetFirewallRule{_store(rule.store)} | Where-Object {{ $_.InstanceID -eq {quote(rule.id)} }}"
        return f"{find} | {verb}-NetFirewallRule"
    return f"{verb}-NetFirewallRule{_store(rule.store)} -Name {quote(rule.id)}"


def add_rule(rule: HostRule) -> str:
    """Makes a rule with exactly the conditions that the plan's rules have."""
    parts = [
        f"New-NetFirewallRule{_store(rule.store)}",
        f"-Name {quote(rule.id)}",
        f"-DisplayName {quote(rule.name or rule.id)}",
    ]
    parts += [f"-Group {quote(rule.group)}"] if rule.group else []
    parts += [
        f"-Direction {_DIRECTIONS[rule.direction]}",
        f"-Action {_ACTIONS[rule.action]}",
        f"-Profile {_profiles(rule.profiles)}",
    ]
    if rule.protocol is not None:
        parts.append(f"-Protocol {_PROTOCOLS.get(rule.protocol, str(rule.protocol))}")
    for name, ports in (("LocalPort", rule.local_port), ("RemotePort", rule.remote_port)):
        parts += [] if ports.is_any else [f"-{name} {_list(_port_texts(ports))}"]
    if rule.icmp is not None:
        kinds = [str(kind) if code is None else f"{kind}:{code}" for kind, code in rule.icmp]
        parts.append(f"-IcmpType {_list(kinds)}")
    for name, addresses in (("LocalAddress", rule.local_address), ("RemoteAddress", rule.remote_address)):
        parts += [] if addresses.is_any else [f"-{name} {_list(_address_texts(addresses))}"]
    parts += [f"-Program {quote(rule.program)}"] if rule.program is not None else []
    parts += [f"-Service {quote(rule.service)}"] if rule.service is not None else []
    return " ".join(parts)


def _port_texts(ports: PortMatch) -> list[str]:
    return ports.ports.texts() + [_PORT_WORDS.get(word, word) for word in ports.keywords]


def _address_texts(addresses: AddressMatch) -> list[str]:
    words = list(addresses.keywords)
    if {"LocalSubnet4", "LocalSubnet6"} <= set(words):
        words = [word for word in words if not word.startswith("LocalSubnet")] + ["LocalSubnet"]
    return addresses.addresses.texts() + words


def allow_local_rules(store: Store, profiles: int) -> str:
    """Lets local rules count again in the profiles."""
    return _setting(store, profiles, "AllowLocalFirewallRules", "AllowLocalPolicyMerge", "true")


def leave_shields_up(store: Store, profiles: int) -> str:
    """Stops blocking all inbound connections in the profiles."""
    return _setting(store, profiles, "AllowInboundRules", "Shielded", "false")


def _setting(store: Store, profiles: int, name: str, node: str, value: str) -> str:
    if store is Store.MDM:
        names = [f"{word}Profile" for profile, word in _PROFILES.items() if profiles & profile]
        paths = ", ".join(f"./Vendor/MSFT/Firewall/MdmStore/{word}/{node}" for word in names)
        return f"# device management: set {paths} to {value}"
    wanted = ",".join(word for profile, word in _PROFILES.items() if profiles & profile)
    return f"Set-NetFirewallProfile{_store(store)} -Profile {wanted} -{name} True"


def start_service(name: str) -> str:
    """Lets a disabled service start, and starts it."""
    return f"Set-Service -Name {quote(name)} -StartupType Automatic; Start-Service -Name {quote(name)}"
