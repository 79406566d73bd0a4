"""``write_rule``: a ``HostRule`` as a rule string, in the order and spelling of Windows' own.

Source: facts/windows_firewall.md 2.1 (token order), 2.2 (versions), 4.9 (spellings).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from cmfw.ingest.rule_tokens import ADDRESS_WORDS, PORT_WORDS, PROXIMITY_WORDS, SECURITY_WORDS, UNREAD, Words
from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, PortMatch, Store
from cmfw.net.addr import V4_ALL, V6_ALL, V6_BASE, AddrSet, format_address, is_v6
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, ICMP6, Direction, Interface, Profile
from cmfw.net.intervals import Ranges
from cmfw.net.ports import PortSet

LOWEST_VERSION = (2, 10)
"""Windows 7 and Server 2008 R2, the oldest that is supported; plain rules are written so by Windows itself."""

_ACTIONS = {Action.ALLOW: "Allow", Action.BLOCK: "Block", Action.BYPASS: "ByPass"}
_DIRECTIONS = {Direction.IN: "In", Direction.OUT: "Out"}
_PROFILES = {Profile.DOMAIN: "Domain", Profile.PRIVATE: "Private", Profile.PUBLIC: "Public"}
_INTERFACES = (
    ("IFType", Interface.LAN, "Lan"),
    ("IFType", Interface.WIRELESS, "Wireless"),
    ("IFType", Interface.RAS, "RemoteAccess"),
    ("IFType2_23", Interface.MOBILE, "MobileBBand"),
)
_VERSION_20 = frozenset({"LUAuth", "LUOwn", "AppPkgId", "Platform2", "PCross"})
_OTHER_VERSIONS = {"PFN": (2, 31), "IFType2_23": (2, 23)}

Field = tuple[str, str]


def write_rule(rule: HostRule) -> str:
    """The rule string, with the lowest version that knows all its tokens and a bar at the end.

    ``parse_rule`` gives the same rule back, version and origin aside. ``extras.unknown`` is written verbatim, last;
    ``id``, ``store`` and ``origin`` are no part of the text. Raises ValueError where a text holds a bar.
    """
    if _is_plain(rule):
        text = plain_text(rule)
    else:
        fields = list(dict.fromkeys((*_head(rule), *_conditions(rule), *_texts(rule), *_tail(rule), *rule.extras.unknown)))
        major, minor = max([LOWEST_VERSION, *(_version(token) for token, _ in fields)])
        if any("|" in token or "|" in text for token, text in fields):
            raise ValueError(_NO_BARS.format(rule.id))
        text = f"v{major}.{minor}|" + "".join(f"{token}={text}|" for token, text in fields)
    if "\0" in text or "|" in f"{rule.name}{rule.description}{rule.group}{rule.program}{rule.service}":
        raise ValueError(_NO_BARS.format(rule.id))
    return text


_NO_BARS = "rule `{}` holds a bar or NUL, which no rule string can carry"


def _is_plain(rule: HostRule) -> bool:
    """Whether the rule is one of the usual: no keyword, no rare condition, no interface type, of a store that says ``Active``."""
    words = (rule.local_port.keywords, rule.remote_port.keywords, rule.local_address.keywords, rule.remote_address.keywords)
    return (
        rule.extras is Extras.NONE
        and words == ((), (), (), ())
        and rule.interfaces == ALL_INTERFACES
        and rule.store is not Store.HARDENING
        and rule.icmp is None
        and 0 <= rule.profiles <= ALL_PROFILES
    )


def plain_text(rule: HostRule) -> str:
    """The text of a plain rule: what the functions below say of it, at once; for callers that know that no text has a bar."""
    local, remote, near, far = rule.local_port, rule.remote_port, rule.local_address, rule.remote_address
    return (
        f"v2.10|Action={'Allow' if rule.action is _ALLOW else _ACTIONS[rule.action]}|{'Active=TRUE|Dir=' if rule.active else 'Active=FALSE|Dir='}"
        f"{'In|' if rule.direction is _IN else 'Out|'}"
        f"{'' if rule.protocol is None else f'Protocol={rule.protocol}|'}{_PROFILE_FIELDS[rule.profiles]}"
        f"{'' if local is _ANY_PORT else _port_fields('LPort', local)}"
        f"{'' if remote is _ANY_PORT else _port_fields('RPort', remote)}"
        f"{'' if near is _ANY_ADDRESS else _address_fields('LA', near)}"
        f"{'' if far is _ANY_ADDRESS else _address_fields('RA', far)}"
        f"{'' if rule.program is None else f'App={rule.program}|'}{'' if rule.service is None else f'Svc={rule.service}|'}"
        f"{f'Name={rule.name}|' if rule.name else ''}{f'Desc={rule.description}|' if rule.description else ''}"
        f"{f'EmbedCtxt={rule.group}|' if rule.group else ''}{'Edge=TRUE|' if rule.edge else ''}"
    )


_ALLOW, _IN = Action.ALLOW, Direction.IN
_ANY_PORT, _ANY_ADDRESS = PortMatch.ANY, AddressMatch.ANY
_PROFILE_FIELDS = tuple(
    "" if mask == ALL_PROFILES else "".join(f"Profile={word}|" for bit, word in _PROFILES.items() if mask & bit)
    for mask in range(ALL_PROFILES + 1)
)
_MOST_KEPT = 25
"""Ranges of a condition whose text is kept: the rules of a policy have few peers, and name them often."""


def _port_fields(lead: str, condition: PortMatch) -> str:
    ranges = condition.ports.ranges
    return _fields_of_ports(lead, ranges) if len(ranges) <= _MOST_KEPT else _fields_of_ports.__wrapped__(lead, ranges)


def _address_fields(lead: str, condition: AddressMatch) -> str:
    ranges = condition.addresses.ranges
    return (
        _fields_of_addresses(lead, ranges) if len(ranges) <= _MOST_KEPT else _fields_of_addresses.__wrapped__(lead, ranges)
    )


@lru_cache(maxsize=1024)
def _fields_of_ports(lead: str, ranges: Ranges) -> str:
    if ranges == PortSet.ANY.ranges:
        return ""
    ones = [f"{lead}={first}|" for first, last in ranges if first == last]
    return "".join([*ones, *(f"{lead}2_10={first}-{last}|" for first, last in ranges if first != last)])


@lru_cache(maxsize=1024)
def _fields_of_addresses(lead: str, ranges: Ranges) -> str:
    if ranges and ranges[-1][1] < V6_BASE:
        return "".join([f"{lead}4={text}|" for first, last in ranges for text in range_texts(first, last)])
    if ranges == AddrSet.ANY.ranges:
        return ""
    parts = AddrSet(ranges)
    return "".join(
        f"{lead}{family}={text}|"
        for family, part in (("4", parts.v4), ("6", parts.v6))
        for text in address_texts(part.ranges)
    )


def _version(token: str) -> tuple[int, int]:
    """The schema version that introduced a token."""
    for table in (PORT_WORDS, ADDRESS_WORDS, PROXIMITY_WORDS, SECURITY_WORDS):
        if token in table:
            return table[token].version
    return (2, 20) if token in _VERSION_20 else _OTHER_VERSIONS.get(token, LOWEST_VERSION)


def _head(rule: HostRule) -> Iterator[Field]:
    yield "Action", _ACTIONS[rule.action]
    if rule.store is not Store.HARDENING or not rule.active:
        yield "Active", "TRUE" if rule.active else "FALSE"
    yield "Dir", _DIRECTIONS[rule.direction]
    if rule.protocol is not None:
        yield "Protocol", str(rule.protocol)
    if rule.profiles != ALL_PROFILES:
        yield from (("Profile", word) for bit, word in _PROFILES.items() if rule.profiles & bit)


def _conditions(rule: HostRule) -> Iterator[Field]:
    yield from _ports("LPort", rule.local_port)
    yield from _ports("RPort", rule.remote_port)
    for kind, code in rule.icmp or ():
        yield ("ICMP6" if rule.protocol == ICMP6 else "ICMP4"), f"{kind}:{'*' if code is None else code}"
    yield from _addresses("LA", rule.local_address)
    yield from _addresses("RA", rule.remote_address)
    if rule.interfaces != ALL_INTERFACES:
        yield from ((token, word) for token, bit, word in _INTERFACES if rule.interfaces & bit)
    yield from (("IF", name) for name in rule.extras.interface_ids)


def _token_of(word: str, tables: dict[str, Words], lead: str) -> str:
    return next((token for token, words in tables.items() if token.startswith(lead) and word.lower() in words.words), lead)


def _ports(lead: str, condition: PortMatch) -> Iterator[Field]:
    # a range of all ports is written only beside a keyword: alone it is the absent condition
    ranges = condition.ports.ranges if condition.keywords or not condition.is_any else ()
    yield from ((lead, str(first)) for first, last in ranges if first == last)
    yield from ((f"{lead}2_10", f"{first}-{last}") for first, last in ranges if first != last)
    yield from ((_token_of(word, PORT_WORDS, lead), word) for word in condition.keywords if word != UNREAD)


def _addresses(lead: str, condition: AddressMatch) -> Iterator[Field]:
    for family in "46":
        part = condition.addresses.v6 if family == "6" else condition.addresses.v4
        if not condition.is_any:
            yield from ((lead + family, text) for text in address_texts(part.ranges))
        words = [word[:-1] for word in condition.keywords if word[-1] == family and word[:-1] != UNREAD]
        yield from ((_token_of(word, ADDRESS_WORDS, lead + family), word) for word in words)


def address_texts(ranges: Iterable[tuple[int, int]]) -> Iterator[str]:
    """Each range as one text: an address, a subnet where the range is one, else first and last."""
    for pair in ranges:
        yield from range_texts(*pair)


@lru_cache(maxsize=4096)
def range_texts(first: int, last: int) -> tuple[str, ...]:
    """The text of one range, two where it is a whole family; the rules of a policy have few peers, and name them often."""
    count = last - first + 1
    if count == 1:
        return (format_address(first),)
    if last < V6_BASE and count & (count - 1) == 0 and not first % count and count <= last:
        return (f"{format_address(first)}/{33 - count.bit_length()}",)
    if (first, last) in (*V4_ALL, *V6_ALL):
        # Windows takes no prefix of no bits
        return (*range_texts(first, first + count // 2 - 1), *range_texts(first + count // 2, last))
    if count & (count - 1) == 0 and not (first - (is_v6(first) << 32)) % count:
        return (f"{format_address(first)}/{(128 if is_v6(first) else 32) - count.bit_length() + 1}",)
    return (f"{format_address(first)}-{format_address(last)}",)


def _texts(rule: HostRule) -> Iterator[Field]:
    if rule.program is not None:
        yield "App", rule.program
    if rule.service is not None:
        yield "Svc", rule.service
    if rule.name:
        yield "Name", rule.name
    if rule.description:
        yield "Desc", rule.description
    if rule.extras.local_users:
        yield "LUAuth", rule.extras.local_users
    yield from (("AppPkgId" if name.upper().startswith("S-1-") else "PFN", name) for name in rule.extras.packages)
    if rule.extras.local_owner:
        yield "LUOwn", rule.extras.local_owner
    if rule.group:
        yield "EmbedCtxt", rule.group


def _tail(rule: HostRule) -> Iterator[Field]:
    extras = rule.extras
    yield from (("Platform", ":".join(map(str, platform))) for platform in extras.platforms)
    if extras.platform_at_least:
        yield "Platform2", "GTEQ"
    if rule.edge:
        yield "Edge", "TRUE"
    if extras.defer:
        yield "Defer", extras.defer
    flags = (("LSM", extras.loose_source), ("LOM", extras.ignore_remote), ("PCross", extras.cross_profile))
    yield from ((token, "TRUE") for token, flag in flags if flag)
    yield from ((_token_of(word, PROXIMITY_WORDS, "TTK"), word) for word in extras.proximity)
    if extras.skip_version is not None:
        yield "SkipVer", "{}.{}".format(*extras.skip_version)
    if extras.remote_machines:
        yield "RMauth", extras.remote_machines
    if extras.remote_users:
        yield "RUAuth", extras.remote_users
    yield from ((_token_of(word, SECURITY_WORDS, "Security"), word) for word in extras.security if word != UNREAD)
    if extras.bypass_out:
        yield "AuthByPassOut", "TRUE"
