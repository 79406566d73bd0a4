"""What one ``Token=Value`` field of a rule string means: an *effect*, (slot of the rule under construction, value).

Two dialects are read. Rules in a rule store (``written``) hold to the grammar of MS-GPFAS 2.2.2; whatever does not is kept
verbatim and recorded as *unread*: the condition is then taken as widely as it could be meant and the rule proves nothing.
Windows' own service hardening rules (``shipped``) also use names for protocols, port lists and ``Svc==Name``, and Windows
enforces them (facts/windows_firewall.md section 6, corrections 20), so there these forms are plain values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cmfw.model.rule import Action
from cmfw.net.addr import V4_ALL, V6_ALL, is_v6, parse_range
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, PROTOCOL_NUMBERS, Direction, Interface, Profile
from cmfw.values import value

ACTION, ACTIVE, DIR, PROTOCOL, EDGE, APP, SVC, NAME, DESC, GROUP = range(10)
"""Slots of tokens that may stand once."""
PROFILE, INTERFACES = 10, 11
"""Slots of bit masks."""
LPORT, RPORT, ICMP, LADDR, RADDR, EXTRA = range(12, 18)
"""Slots of tuples of items."""
SEVERAL = 18
"""A field with more than one effect, or none; its value is a tuple of effects."""
EMPTY_SLOTS: list[Any] = [None] * SEVERAL + [()]

UNREAD = "unread"
"""Keyword of an address or port that could not be read: it may be any, and is certainly none."""

Effect = tuple[int, Any]
Reader = Callable[[str, str, str, bool], Effect]
"""(token, value, the field as written, is it shipped) -> effect."""


@value
class Words:
    """The words of one address or port token, lower case to canonical spelling, and the version that introduced it."""

    version: tuple[int, int]
    words: dict[str, str]


def _words(minor: int, *spellings: str) -> Words:
    return Words((2, minor), {word.lower(): word for word in spellings})


PORT_WORDS = {
    "LPort": _words(0, "RPC", "RPC-EPMap", "Teredo"),
    "LPort2_10": _words(10, "IPTLSIn", "IPHTTPSIn"),
    "LPort2_20": _words(20, "Ply2Disc", "DHCP"),
    "LPort2_24": _words(24, "mDNS"),
    "LPort2_29": _words(29, "TcpCDPSvc"),
    "RPort": _words(0),
    "RPort2_10": _words(10, "IPTLSOut", "IPHTTPSOut"),
    "RPort2_25": _words(26, "CortanaOut"),
}
ADDRESS_WORDS = {
    "LA4": _words(0),
    "LA6": _words(0),
    "RA4": _words(0, "LocalSubnet", "DNS", "DHCP", "WINS", "DefaultGateway"),
    "RA6": _words(0, "LocalSubnet", "DNS", "DHCP", "WINS", "DefaultGateway"),
    "RA42": _words(20, "IntrAnet", "IntErnet", "RmtIntrAnet", "Ply2Renders", "CaptivePortal"),
    "RA62": _words(20, "IntrAnet", "IntErnet", "RmtIntrAnet", "Ply2Renders", "CaptivePortal"),
}
PROXIMITY_WORDS = {
    "TTK": _words(20, "Proximity", "ProxSharing"),
    "TTK2_22": _words(22, "WFDPrint", "WFDDisplay", "WFDDevices"),
    "TTK2_27": _words(27, "WFDKmDriver", "UPnP"),
    "TTK2_28": _words(28, "WFDCDPSvc"),
}
SECURITY_WORDS = {
    "Security": _words(0, "Authenticate", "AuthenticateEncrypt"),
    "Security2_9": _words(9, "An-NoEncap"),
    "Security2": _words(10, "AnE-Nego"),
}
INTERFACE_WORDS = {
    "IFType": {"lan": Interface.LAN, "wireless": Interface.WIRELESS, "remoteaccess": Interface.RAS},
    "IFType2_23": {"mobilebband": Interface.MOBILE},
}
PROFILE_WORDS = {"domain": Profile.DOMAIN, "private": Profile.PRIVATE, "public": Profile.PUBLIC}
_ACTIONS = {"allow": Action.ALLOW, "block": Action.BLOCK, "bypass": Action.BYPASS}
_DIRECTIONS = {"in": Direction.IN, "out": Direction.OUT}
_BOOLEANS = {"true": True, "false": False}
CANNOT_NARROW = frozenset({"caudit"})
"""Tokens that we do not model and that say nothing about which packets match. Source: facts/windows_firewall.md 2.2."""


def extra(name: str, value: Any) -> Effect:
    """The effect on one field of ``Extras``."""
    return EXTRA, ((name, value),)


def unread(token: str, value: str, *others: Effect) -> Effect:
    """A field that could not be read: recorded verbatim, next to the widest that it could mean (``others``)."""
    return SEVERAL, (*others, extra("unknown", (token, value.strip())))


def effect_of(field: str, *, shipped: bool) -> Effect:
    """What the field does to the rule; total, and the same for equal texts."""
    token, _, value = field.partition("=")
    known = READERS.get(token) or READERS.get(token.strip().lower())
    if known is not None:
        return known[1](known[0], value, field, shipped)
    if not field.strip():
        return SEVERAL, ()
    return unread(token.strip(), value, *_widest(token.strip().lower()))


_WIDEST: dict[str, tuple[Effect, ...]] = {
    "la4": ((LADDR, (UNREAD + "4",)),),
    "la6": ((LADDR, (UNREAD + "6",)),),
    "ra4": ((RADDR, (UNREAD + "4",)),),
    "ra6": ((RADDR, (UNREAD + "6",)),),
    # dynamic keyword addresses may be of either family
    "radynkey": ((RADDR, (UNREAD + "4", UNREAD + "6")),),
    "lport": ((LPORT, (UNREAD,)),),
    "rport": ((RPORT, (UNREAD,)),),
    "profile": ((PROFILE, ALL_PROFILES),),
    "iftype": ((INTERFACES, ALL_INTERFACES),),
}


def _widest(token: str) -> tuple[Effect, ...]:
    """What an unknown token may add to a condition, judged by its name. Source: suffix rule, facts 2.2."""
    return next((effects for prefix, effects in _WIDEST.items() if token.startswith(prefix)), ())


def _chosen(slot: int, words: dict[str, Any]) -> Reader:
    """Reader of a token whose value is one of a few words; another word is kept as the text (ACTION, DIR) or unread."""

    def read(token: str, value: str, _field: str, _shipped: bool) -> Effect:
        found = words.get(value.strip().lower())
        if found is not None:
            return slot, found
        if slot in (ACTION, DIR):
            return slot, value
        return unread(token, value, (ACTIVE, True)) if slot == ACTIVE else unread(token, value)

    return read


def _masked(slot: int, words: dict[str, Any], every: int) -> Reader:
    def read(token: str, value: str, _field: str, _shipped: bool) -> Effect:
        found = words.get(value.strip().lower())
        return unread(token, value, (slot, every)) if found is None else (slot, int(found))

    return read


def _text(slot: int) -> Reader:
    def read(_token: str, value: str, _field: str, _shipped: bool) -> Effect:
        return slot, value

    return read


def _program(token: str, value: str, _field: str, _shipped: bool) -> Effect:
    text = value.strip()
    if not text or text.lower() in ("any", "all", "*"):
        # `App=any` names no file: whether Windows reads it as every program or as none, it proves nothing
        return unread(token, value)
    if len(text) >= 260 or "*" in text or "/" in text or '"' in text or "?" in text or "<" in text or ">" in text:
        # characters that no path holds. Source: MS-FASP 2.2.36 (wszLocalApplication)
        return unread(token, value, (APP, text))
    return APP, text


def _service(token: str, value: str, _field: str, shipped: bool) -> Effect:
    name = value.strip()
    if name.startswith("="):
        name = name.lstrip("=").strip()
        if name and shipped:
            return SVC, name
    elif name and len(name) < 260 and "\\" not in name and "/" not in name:
        return SVC, name
    return unread(token, value)


def _protocol(token: str, value: str, _field: str, shipped: bool) -> Effect:
    text = value.strip()
    if text.isascii() and text.isdigit() and len(text) <= 3 and int(text) < 256:
        return PROTOCOL, int(text)
    number = PROTOCOL_NUMBERS.get(text.lower().replace("icmpv", "icmp"))
    if number is None:
        return unread(token, value)
    return (PROTOCOL, number) if shipped else unread(token, value, (PROTOCOL, number))


def _number(text: str, last: int) -> int | None:
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= 5:
        number = int(text)
        return number if number <= last else None
    return None


def _port_item(text: str) -> tuple[int, int] | None:
    first, dash, last = text.partition("-")
    low = _number(first, 65535)
    high = _number(last, 65535) if dash else low
    return None if low is None or high is None or low > high else (low, high)


def _ports(slot: int, token: str) -> Reader:
    words = PORT_WORDS[token].words
    # a token with a version behind it also carries ranges
    ranges_allowed = "_" in token

    def read(token: str, value: str, _field: str, shipped: bool) -> Effect:
        text = value.strip()
        word = words.get(text.lower())
        if word is not None:
            return slot, (word,)
        items = [_port_item(part) for part in text.split(",")]
        pairs = tuple(item for item in items if item is not None)
        if len(pairs) < len(items):
            return unread(token, value, (slot, (*pairs, UNREAD)))
        if shipped or (len(pairs) == 1 and (ranges_allowed or "-" not in text)):
            return slot, pairs
        # a list or range where the grammar has one number: read as meant, but Windows may refuse the rule
        return unread(token, value, (slot, pairs))

    return read


def _address_item(text: str, *, v6: bool) -> tuple[int, int] | None:
    try:
        pair = parse_range(text)
    except ValueError:
        return None
    return pair if is_v6(pair[0]) == v6 else None


def _addresses(slot: int, token: str) -> Reader:
    words = ADDRESS_WORDS[token].words
    family = token[2]
    every = V6_ALL[0] if family == "6" else V4_ALL[0]

    def read(token: str, value: str, _field: str, shipped: bool) -> Effect:
        if value[:1].isdigit() and "," not in value:
            pair = _address_item(value, v6=family == "6")
            if pair is not None and pair != every:
                return slot, (pair,)
        word = words.get(value.strip().lower())
        if word is not None:
            return slot, (word + family,)
        items = [_address_item(part, v6=family == "6") for part in value.split(",")]
        # a prefix of no bits is forbidden: MS-FASP 2.2.36
        pairs = tuple(item for item in items if item is not None and item != every)
        if len(pairs) < len(items):
            return unread(token, value, (slot, (*pairs, UNREAD + family)))
        if len(pairs) > 1 and not shipped:
            return unread(token, value, (slot, pairs))
        return slot, pairs

    return read


def _icmp(token: str, value: str, field: str, _shipped: bool) -> Effect:
    kind, colon, code = value.partition(":")
    number = _number(kind, 255)
    code_number = None if code.strip() in ("*", "256") else _number(code, 255)
    if number is None or not colon or (code_number is None and code.strip() not in ("*", "256")):
        return unread(token, value, (ICMP, ((token, -1, None, field),)))
    return ICMP, ((token, number, code_number, field),)


def _flag(name: str) -> Reader:
    def read(token: str, value: str, _field: str, _shipped: bool) -> Effect:
        found = _BOOLEANS.get(value.strip().lower())
        if found is None:
            return unread(token, value)
        return extra(name, found) if found else (SEVERAL, ())

    return read


def _list_text(name: str) -> Reader:
    """Reader of a token that carries one opaque text, which only narrows."""

    def read(token: str, value: str, _field: str, _shipped: bool) -> Effect:
        return extra(name, value.strip()) if value.strip() else unread(token, value)

    return read


def _one_of(name: str, spellings: dict[str, str]) -> Reader:
    def read(token: str, value: str, _field: str, _shipped: bool) -> Effect:
        word = spellings.get(value.strip().lower())
        return unread(token, value) if word is None else extra(name, word)

    return read


def _security(token: str, value: str, _field: str, _shipped: bool) -> Effect:
    word = SECURITY_WORDS[token].words.get(value.strip().lower())
    if word is None:
        # still a rule that demands IPsec, so still a possible block of plain traffic: corrections 19
        return unread(token, value, extra("security", UNREAD))
    return extra("security", word)


def _interface_id(token: str, value: str, _field: str, _shipped: bool) -> Effect:
    name = value.strip().strip("{}").upper()
    return extra("interface_ids", "{" + name + "}") if name else unread(token, value)


def _numbers(value: str, separator: str, count: int) -> tuple[int, ...] | None:
    parts = [_number(part, 65535) for part in value.split(separator)]
    found = tuple(part for part in parts if part is not None)
    return found if len(found) == len(parts) == count else None


def _platform(token: str, value: str, _field: str, _shipped: bool) -> Effect:
    found = _numbers(value, ":", 3)
    return unread(token, value) if found is None else extra("platforms", found)


def _platform_at_least(token: str, value: str, _field: str, _shipped: bool) -> Effect:
    return extra("platform_at_least", True) if value.strip().lower() == "gteq" else unread(token, value)


def _skip_version(token: str, value: str, _field: str, _shipped: bool) -> Effect:
    found = _numbers(value, ".", 2)
    return unread(token, value) if found is None else extra("skip_version", found)


def _ignored(_token: str, _value: str, _field: str, _shipped: bool) -> Effect:
    return SEVERAL, ()


def _table() -> dict[str, tuple[str, Reader]]:
    """Lower-case token to (canonical spelling, reader)."""
    every: dict[str, Reader] = {
        "Action": _chosen(ACTION, _ACTIONS),
        "Active": _chosen(ACTIVE, _BOOLEANS),
        "Dir": _chosen(DIR, _DIRECTIONS),
        "Protocol": _protocol,
        "Profile": _masked(PROFILE, PROFILE_WORDS, ALL_PROFILES),
        "ICMP4": _icmp,
        "ICMP6": _icmp,
        "IF": _interface_id,
        "App": _program,
        "Svc": _service,
        "Name": _text(NAME),
        "Desc": _text(DESC),
        "EmbedCtxt": _text(GROUP),
        "Edge": _chosen(EDGE, _BOOLEANS),
        "Defer": _one_of("defer", {"app": "App", "user": "User"}),
        "LSM": _flag("loose_source"),
        "LOM": _flag("ignore_remote"),
        "PCross": _flag("cross_profile"),
        "Platform": _platform,
        "Platform2": _platform_at_least,
        "SkipVer": _skip_version,
        "RMauth": _list_text("remote_machines"),
        "RUAuth": _list_text("remote_users"),
        "LUAuth": _list_text("local_users"),
        "AuthByPassOut": _flag("bypass_out"),
        "LUOwn": _list_text("local_owner"),
        "AppPkgId": _list_text("packages"),
        "PFN": _list_text("packages"),
    }
    every |= {token: _ports(LPORT if token[0] == "L" else RPORT, token) for token in PORT_WORDS}
    every |= {token: _addresses(LADDR if token[0] == "L" else RADDR, token) for token in ADDRESS_WORDS}
    every |= {token: _masked(INTERFACES, words, ALL_INTERFACES) for token, words in INTERFACE_WORDS.items()}
    every |= {token: _one_of("proximity", words.words) for token, words in PROXIMITY_WORDS.items()}
    every |= dict.fromkeys(SECURITY_WORDS, _security)
    table = {token.lower(): (token, reader) for token, reader in every.items()}
    return table | {token: (token, _ignored) for token in CANNOT_NARROW}


READERS = _table()
