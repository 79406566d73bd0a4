"""Reasons why Windows may refuse a rule that was read without trouble. Source: MS-FASP 2.2.36, facts/windows_firewall.md 2.3.

A rule with a reason proves neither an allow nor a block. Only what the specification forbids and no real export shows is
listed: a remote machine list on an outbound rule, for one, is real (corrections 18).
"""

from __future__ import annotations

from dataclasses import replace

from cmfw.model.rule import Action, Extras, HostRule, PortKeyword, PortMatch
from cmfw.net.flow import TCP, UDP, Direction

LONGEST_ID = 511
LONGEST_TEXT = 9999


def invalid_reasons(rule: HostRule) -> tuple[str, ...]:
    """Every reason, in a fixed order; empty for a rule that Windows accepts as far as is known."""
    extras, protocol = rule.extras, rule.protocol
    local, remote = rule.local_port, rule.remote_port
    has_ports = local is not PortMatch.ANY or remote is not PortMatch.ANY
    if (
        rule.name
        and not is_reserved_name(rule.name)
        and extras is Extras.NONE
        and rule.action is not Action.BYPASS
        and not (has_ports and (protocol not in (TCP, UDP) or local.keywords))
        and not rule.edge
        and len(rule.id) <= LONGEST_ID
    ):
        return ()
    return (*_ports(rule), *_texts(rule), *_security(rule))


def checked(rule: HostRule) -> tuple[HostRule, tuple[str, ...]]:
    """The rule with the reasons why Windows may refuse it, and these reasons."""
    reasons = invalid_reasons(rule)
    return (replace(rule, extras=replace(rule.extras, invalid=reasons)) if reasons else rule), reasons


def is_reserved_name(name: str) -> bool:
    """Whether netsh means every rule by this name, so that no rule may have it."""
    return len(name) == 3 and name.lower() == "all"


def _ports(rule: HostRule) -> list[str]:
    reasons = []
    inbound = rule.direction is Direction.IN
    is_any = rule.local_port == PortMatch.ANY == rule.remote_port
    if not is_any and rule.protocol not in (TCP, UDP):
        reasons.append("ports without protocol TCP or UDP")
    for word in rule.local_port.keywords:
        if word in (PortKeyword.RPC, PortKeyword.RPC_EPMAP) and not (inbound and rule.protocol in (TCP, None)):
            reasons.append(f"port keyword `{word}` outside inbound TCP")
        if word == PortKeyword.TEREDO and not (inbound and rule.protocol in (UDP, None)):
            reasons.append(f"port keyword `{word}` outside inbound UDP")
    if not inbound and (rule.edge or rule.extras.defer):
        reasons.append("edge traversal on an outbound rule")
    return reasons


def _texts(rule: HostRule) -> list[str]:
    reasons = []
    if not rule.name:
        reasons.append("no `Name`")
    elif is_reserved_name(rule.name):
        reasons.append("the name `all` is reserved")
    if not 0 < len(rule.id) <= LONGEST_ID or "|" in rule.id:
        reasons.append(f"the rule id is empty, longer than {LONGEST_ID} characters or holds a bar")
    if max(len(rule.name), len(rule.description), len(rule.group)) > LONGEST_TEXT:
        reasons.append(f"a text is longer than {LONGEST_TEXT} characters")
    return reasons


def _security(rule: HostRule) -> list[str]:
    extras = rule.extras
    reasons = []
    if rule.action is Action.BLOCK and extras.security:
        reasons.append("`Security` on a block rule")
    if {"Authenticate", "AuthenticateEncrypt"} <= set(extras.security):
        reasons.append("`Authenticate` and `AuthenticateEncrypt` exclude one another")
    if rule.action is Action.BYPASS and (
        rule.direction is Direction.OUT or not extras.security or not extras.remote_machines
    ):
        reasons.append("a bypass rule has to be inbound, with `Security` and `RMauth`")
    if extras.bypass_out and not (rule.direction is Direction.OUT and rule.action is Action.ALLOW and extras.security):
        reasons.append("`AuthByPassOut` needs an outbound allow rule with `Security`")
    if (extras.remote_machines or extras.remote_users) and not extras.security:
        reasons.append("a list of machines or users without `Security`")
    if extras.loose_source and (rule.direction is Direction.IN or rule.protocol == TCP or extras.security):
        reasons.append("`LSM` needs an outbound rule that is neither TCP nor secured")
    return reasons
