"""One row of a list of the firewall console, as a rule.

The console shows neither the service of a rule nor its ICMP types, so a rule that may have one proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from cmfw.ingest import mmc_words as words
from cmfw.ingest.listed_rules import Ids, group_of
from cmfw.ingest.netsh_words import ANY, word_key
from cmfw.ingest.rule_validity import checked
from cmfw.ingest.unshown_conditions import DEVICE, PACKAGE, unshown
from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, PortMatch, canonical_program, program_basename
from cmfw.net.addr import AddrSet, parse_range
from cmfw.net.flow import ALL_PROFILES, ICMP_PROTOCOLS, PORT_PROTOCOLS, Direction
from cmfw.net.ports import PortSet

SERVICE = ("service", "not shown")
ICMP = ("icmp types", "not shown")
_ABSENT = "not shown"
Doubts = list[tuple[str, str]]


def read_row(
    fields: Mapping[str, str], strange: Sequence[str], direction: Direction, ids: Ids, origin: str
) -> tuple[list[HostRule], Doubts]:
    """(the rule, or one for each action that it may have; what was not understood).

    ``strange`` are the values of columns that are not known: only those that say nothing leave no doubt.
    """
    doubts: Doubts = [("column", cell) for cell in strange if word_key(cell) not in words.NOTHING]
    made = _conditions(fields, doubts) | {"direction": direction, "origin": origin}
    extras = _extras(fields, doubts)
    action: Action | None = words.CHOICES.get(word_key(fields[words.ACTION]))
    if word_key(fields[words.ACTION]) == words.SECURE:
        action, extras["security"] = Action.ALLOW, ("Authenticate",)
        if extras.pop("override", False):
            # an override outranks block rules: a bypass inbound, an allow that is marked outbound
            action = Action.BYPASS if direction is Direction.IN else Action.ALLOW
            extras["bypass_out"] = direction is Direction.OUT
    elif action is None:
        doubts.append((words.ACTION, fields[words.ACTION]))
    extras.pop("override", None)
    rules = []
    for each in (action,) if action else (Action.ALLOW, Action.BLOCK):
        rule = HostRule(id=ids.of(fields[words.NAME]), action=each, extras=Extras(**extras), **made)
        tokens = [(field, text[:60]) for field, text in doubts] + _tokens(rule, fields)
        if tokens:
            rule = replace(rule, extras=replace(rule.extras, unknown=tuple(dict.fromkeys(tokens))))
        rules.append(checked(rule)[0])
    return rules, doubts


def _conditions(fields: Mapping[str, str], doubts: Doubts) -> dict[str, Any]:
    """The conditions of the columns that there are; a column that is missing is a condition not shown."""
    name = fields[words.NAME]
    made: dict[str, Any] = {"name": name, "group": group_of(fields.get(words.GROUP, ""))}
    made["active"] = _read(fields, words.ENABLED, words.SWITCHES.get, True, doubts)
    made["profiles"] = _read(fields, words.PROFILE, _profiles, ALL_PROFILES, doubts)
    number = _read(fields, words.PROTOCOL, _protocol, -1, doubts)
    made["protocol"] = None if number < 0 else number
    for column in (words.LOCAL_ADDRESS, words.REMOTE_ADDRESS):
        is_remote = column == words.REMOTE_ADDRESS
        made[column] = _read(
            fields, column, lambda text, remote=is_remote: _addresses(text, remote), AddressMatch.ANY, doubts
        )
    for column in (words.LOCAL_PORT, words.REMOTE_PORT):
        is_remote = column == words.REMOTE_PORT
        match = _read(fields, column, lambda text, remote=is_remote: _ports(text, remote), PortMatch.ANY, doubts)
        # of other protocols the console shows `Any`, and of ICMP sometimes what the ports' memory holds
        made[column] = match if made["protocol"] in PORT_PROTOCOLS else PortMatch.ANY
    program = fields.get(words.PROGRAM)
    made["program"] = None if program is None or word_key(program) in words.NOTHING else program
    if program is None:
        doubts.append((words.PROGRAM, _ABSENT))
    return made


def _read(fields: Mapping[str, str], column: str, understand: Any, otherwise: Any, doubts: Doubts) -> Any:
    """What the column says; ``otherwise`` and a doubt where it is missing or not understood."""
    text = fields.get(column)
    found = None if text is None else understand(word_key(text))
    if found is None:
        doubts.append((column, _ABSENT if text is None else text))
        return otherwise
    return found


def _extras(fields: Mapping[str, str], doubts: Doubts) -> dict[str, Any]:
    """The rarer conditions; the value of a column that says `Any` is none."""
    extras: dict[str, Any] = {}
    said = {column: fields[column] for column in fields if column and word_key(fields[column]) not in words.NOTHING}
    for column, name in ((words.COMPUTERS, "remote_machines"), (words.USERS, "remote_users"), (words.OWNER, "local_owner")):
        if column in said:
            extras[name] = said[column]
    if words.PRINCIPALS in said:
        # names of accounts, which no descriptor is
        extras["local_users"] = said[words.PRINCIPALS]
    if words.PACKAGE in said:
        extras["packages"] = (said[words.PACKAGE],)
    if words.APP_ID in said:
        doubts.append((words.APP_ID, said[words.APP_ID]))
    override = words.SWITCHES.get(word_key(fields.get(words.OVERRIDE, "No")))
    if override is None:
        doubts.append((words.OVERRIDE, fields[words.OVERRIDE]))
    extras["override"] = bool(override)
    return extras


def _tokens(rule: HostRule, fields: Mapping[str, str]) -> list[tuple[str, str]]:
    """The conditions that the rule may have and the list does not show."""
    tokens = []
    if rule.protocol in ICMP_PROTOCOLS:
        tokens.append(ICMP)
    if _may_have_service(rule):
        tokens.append(SERVICE)
    hidden = unshown(rule)
    # a list with the columns of packages and owners says that there are none
    if PACKAGE in hidden and words.PACKAGE in fields and words.OWNER in fields and words.PRINCIPALS in fields:
        hidden = ()
    return [*tokens, *hidden] if not rule.extras.packages else [*tokens, *(token for token in hidden if token == DEVICE)]


def _may_have_service(rule: HostRule) -> bool:
    """Whether the rule may be for one service: that of a host process, or of no program with keyword ports or none.

    Source: the rules of five machines, of which no other form has a service.
    """
    if rule.program is None:
        return bool(rule.local_port.keywords) or (rule.local_port.is_any and rule.remote_port.is_any)
    return program_basename(canonical_program(rule.program)) in ("svchost.exe", "spoolsv.exe", "lsass.exe", "services.exe")


def _profiles(text: str) -> int | None:
    found = [words.PROFILES.get(word_key(part)) for part in text.split(",")]
    mask = 0
    for profiles in found:
        if profiles is None:
            return None
        mask |= profiles
    return mask


def _protocol(text: str) -> int | None:
    """The number; -1 for any protocol."""
    if text in ANY:
        return -1
    if text.isascii() and text.isdigit() and len(text) <= 3 and int(text) < 256:
        return int(text)
    return words.PROTOCOLS.get(text)


def _addresses(text: str, remote: bool) -> AddressMatch | None:
    if text in ANY:
        return AddressMatch.ANY
    pairs, keywords = [], set()
    for part in text.split(","):
        word = words.ADDRESSES.get(part.strip())
        if word and remote:
            keywords |= {word + "4", word + "6"}
            continue
        try:
            pairs.append(parse_range(part.strip()))
        except ValueError:
            return None
    found = AddrSet.from_pairs(pairs)
    return None if found.is_any else AddressMatch(found, tuple(sorted(keywords)))


def _ports(text: str, remote: bool) -> PortMatch | None:
    if text in ANY:
        return PortMatch.ANY
    numbers, keywords = [], set()
    for part in text.split(","):
        known = words.PORTS.get(part.strip())
        if known and known[remote]:
            keywords |= set(map(str, known[remote]))
        else:
            numbers.append(part.strip())
    try:
        found = PortSet.parse(",".join(numbers)) if numbers else PortSet.EMPTY
    except ValueError:
        return None
    return None if found.is_any else PortMatch(found, tuple(sorted(keywords)))
