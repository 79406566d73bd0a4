"""The slow, plain way through a rule string: field after field into slots, slots into the parts of a ``HostRule``.

``rulestring`` is the way in; it comes here for every part that it has not met before, and for every unusual text.
"""

from __future__ import annotations

from typing import Any

from cmfw.ingest.rule_tokens import (
    ACTION,
    ACTIVE,
    APP,
    DESC,
    DIR,
    EDGE,
    EMPTY_SLOTS,
    EXTRA,
    GROUP,
    ICMP,
    INTERFACES,
    LADDR,
    LPORT,
    NAME,
    PROFILE,
    PROTOCOL,
    RADDR,
    RPORT,
    SEVERAL,
    SVC,
    UNREAD,
    Effect,
    effect_of,
)
from cmfw.ingest.rule_validity import checked, invalid_reasons
from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, PortMatch, RuleConditions, Store, new_extras, new_rule
from cmfw.net.addr import AddrSet
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, ICMP4, ICMP6, TCP, UDP, Direction
from cmfw.net.ports import PortSet

MOST_CACHED = 20_000
LONGEST_CACHED = 1_500
"""Bounds of each cache in entries and characters, so that a hostile file costs time and not memory."""

_PORTS: dict[Any, PortMatch] = {None: PortMatch.ANY}
_ADDRESSES: dict[Any, AddressMatch] = {None: AddressMatch.ANY}
_EXTRAS: dict[Any, Extras] = {}
_FREE_TEXT = {"Name": NAME, "Desc": DESC, "EmbedCtxt": GROUP}
_OPAQUE = {"AppPkgId": "packages", "LUOwn": "local_owner", "LUAuth": "local_users"}
"""Tokens whose values hardly ever repeat: no use in remembering them."""
_ICMP_TOKEN = {ICMP4: "ICMP4", ICMP6: "ICMP6"}


class FieldEffects:
    """What single fields mean in the rules of one store, as far as they were met; see ``rulestring_parts.Dialect``."""

    __slots__ = ("effects", "shipped", "store")

    def __init__(self, store: Store, *, shipped: bool) -> None:
        self.store = store
        self.shipped = shipped
        self.effects: dict[str, Effect] = {}


def version_of(text: str) -> tuple[int, int] | None:
    """(major, minor) of ``v2.10``; None for anything else."""
    lead, (major, dot, minor) = text[:1], text[1:].strip().partition(".")
    if lead not in ("v", "V") or not dot or not all(p.isascii() and p.isdigit() and len(p) < 5 for p in (major, minor)):
        return None
    return int(major), int(minor)


def read_fields(fields: list[str], dialect: FieldEffects) -> tuple[list[Any], list[str]]:
    """(one value per slot, problems) of the fields after the version."""
    slots = EMPTY_SLOTS.copy()
    problems: list[str] = []
    effects = dialect.effects
    repeated = False
    for text in fields:
        effect = effects.get(text)
        if effect is None:
            token, _, free_text = text.partition("=")
            free = _FREE_TEXT.get(token)
            if free is not None and slots[free] is None:
                slots[free] = free_text
                continue
            opaque = _OPAQUE.get(token)
            if opaque is not None and free_text and free_text == free_text.strip():
                effect = EXTRA, ((opaque, free_text),)
            else:
                effect = effect_of(text, shipped=dialect.shipped)
                if len(effects) < MOST_CACHED and len(text) < LONGEST_CACHED:
                    effects[text] = effect
        slot, value = effect
        if slots[slot] is None:
            slots[slot] = value
        elif value != ():
            repeated = True
            _again(slots, slot, value, text, problems)
    if repeated:
        for slot in range(LPORT, SEVERAL):
            if type(slots[slot]) is list:
                slots[slot] = tuple(slots[slot])
    return slots, problems


def _again(slots: list[Any], slot: int, value: Any, text: str, problems: list[str]) -> None:
    """A token that came before: masks and lists grow, of single values the first counts."""
    if slot == SEVERAL:
        for its_slot, its_value in value:
            if slots[its_slot] is None:
                slots[its_slot] = its_value
            else:
                _again(slots, its_slot, its_value, text, problems)
    elif slot in (PROFILE, INTERFACES):
        slots[slot] |= value
    elif slot > INTERFACES:
        _add(slots, slot, value)
    elif slots[slot] != value:
        problems.append(f"`{text[:60]}` contradicts an earlier token of the rule, and the first counts")
        if slot not in (NAME, DESC, GROUP):
            token, _, its_text = text.partition("=")
            _add(slots, EXTRA, (("unknown", (token.strip(), its_text.strip())),))


def _add(slots: list[Any], slot: int, items: tuple[Any, ...]) -> None:
    """Items behind those of the slot, which is a list from now on: a tuple would be copied for each of 50,000 ports."""
    if type(slots[slot]) is not list:
        slots[slot] = list(slots[slot] or ())
    slots[slot] += items


def conditions(slots: list[Any], dialect: FieldEffects) -> RuleConditions:
    """The conditions that the slots hold. May add to the EXTRA slot (ICMP tokens of the wrong protocol)."""
    protocol, active = slots[PROTOCOL], slots[ACTIVE]
    return (
        slots[ACTION],
        slots[DIR],
        dialect.store,
        dialect.shipped if active is None else active,
        slots[PROFILE] or ALL_PROFILES,
        protocol,
        _PORTS.get(slots[LPORT]) or _port_match(slots[LPORT]),
        _PORTS.get(slots[RPORT]) or _port_match(slots[RPORT]),
        None if slots[ICMP] is None else _icmp(slots, protocol),
        address_match(slots[LADDR]),
        address_match(slots[RADDR]),
        slots[APP],
        slots[SVC],
        slots[INTERFACES] or ALL_INTERFACES,
    )


def no_rule(slots: list[Any]) -> str:
    """Why the tokens make no firewall rule; empty where they make one."""
    action, direction = slots[ACTION], slots[DIR]
    if action is None:
        return "no `Action`"
    if type(action) is not Action:
        return f"`Action={action[:40]}` is no action of a firewall rule"
    if direction is None:
        return "no `Dir`"
    return "" if type(direction) is Direction else f"`Dir={direction[:40]}` is no direction"


def parse_slowly(
    id: str,  # noqa: A002
    fields: list[str],
    dialect: FieldEffects,
    version: tuple[int, int],
    origin: str,
) -> tuple[HostRule | None, tuple[str, ...]]:
    """The rule of the fields after the version, and every problem."""
    slots, problems = read_fields(fields, dialect)
    reason = no_rule(slots)
    if reason:
        return None, (*problems, reason)
    if not dialect.shipped and protocol_is_late(fields, slots):
        problems.append("`Protocol` stands after the ports, which the grammar forbids")
    found = conditions(slots, dialect)
    extras = extras_of(slots[EXTRA])
    texts = (slots[NAME] or "", slots[DESC] or "", slots[GROUP] or "")
    rule = new_rule(id, found, texts, slots[EDGE] or False, extras, version, origin)
    problems += [f"`{token}={value[:60]}` could not be read" for token, value in extras.unknown]
    if not dialect.shipped:
        rule, reasons = checked(rule)
        problems += reasons
    return rule, tuple(problems)


def has_doubts(found: RuleConditions) -> bool:
    """Whether a rule of these conditions, whatever else it says, may be invalid, so that it is worth a closer look."""
    protocol, local, remote = found[5], found[6], found[7]
    if protocol not in (TCP, UDP) and (local is not PortMatch.ANY or remote is not PortMatch.ANY):
        return True
    return bool(local.keywords and invalid_reasons(new_rule("-", found, ("-", "", ""), False, Extras.NONE, (2, 10), "")))


def protocol_is_late(fields: list[str], slots: list[Any]) -> bool:
    """Whether the protocol stands after ports. Source: MS-GPFAS 2.2.2 forbids it, shipped rules do it all the same."""
    if slots[LPORT] is None and slots[RPORT] is None:
        return False
    for text in fields:
        lead = text[:8].lower()
        if lead == "protocol":
            return False
        if "port" in lead[:5]:
            return slots[PROTOCOL] is not None
    return False


def _icmp(slots: list[Any], protocol: int | None) -> tuple[tuple[int, int | None], ...] | None:
    """The ICMP condition; a token of another protocol is recorded as unread. Source: MS-FASP 2.2.36 (ICMP4 only with 1)."""
    fitting = _ICMP_TOKEN.get(protocol or 0)
    pairs = set()
    widest = False
    for token, kind, code, text in slots[ICMP]:
        if token != fitting:
            slots[EXTRA] = (slots[EXTRA] or ()) + (("unknown", (token, text.partition("=")[2].strip())),)
        elif kind < 0:
            widest = True
        else:
            pairs.add((kind, code))
    if widest or not pairs:
        return None
    return tuple(sorted(pairs, key=lambda pair: (pair[0], -1 if pair[1] is None else pair[1])))


def _port_match(items: tuple[Any, ...]) -> PortMatch:
    pairs = [item for item in items if type(item) is tuple]
    words = sorted({item for item in items if type(item) is str})
    found = PortMatch(PortSet.from_pairs(pairs), tuple(words))
    if len(_PORTS) < MOST_CACHED:
        _PORTS[items] = found
    return found


def address_match(items: tuple[Any, ...] | None) -> AddressMatch:
    """The address condition of the items of a slot; None is any."""
    known = _ADDRESSES.get(items)
    if known is not None or items is None:
        return known or AddressMatch.ANY
    pairs = [item for item in items if type(item) is tuple]
    words = sorted({item for item in items if type(item) is str})
    found = AddressMatch(AddrSet.from_pairs(pairs), tuple(words))
    if len(_ADDRESSES) < MOST_CACHED:
        _ADDRESSES[items] = found
    return found


_LISTS = frozenset({"interface_ids", "platforms", "security", "packages", "proximity", "unknown"})
_RARE_EXTRAS = frozenset({"security", "unknown"})
_NO_EXTRAS = {name: getattr(Extras.NONE, name) for name in Extras.__dataclass_fields__}


def extras_of(items: tuple[tuple[str, Any], ...] | None) -> Extras:
    """The rarer conditions; of a single value the first counts, and another one is recorded as unread."""
    if items is None:
        return Extras.NONE
    chosen: dict[str, Any] = dict(items)
    if len(chosen) == len(items) and _RARE_EXTRAS.isdisjoint(chosen):
        fields = _NO_EXTRAS.copy()
        for name, one in items:
            fields[name] = (one,) if name in _LISTS else one
        return new_extras(fields)
    found = _EXTRAS.get(items)
    if found is not None:
        return found
    chosen = {}
    for name, value in items:
        if name in _LISTS:
            # a dict keeps the order and drops repeats
            chosen.setdefault(name, {})[value] = None
        elif chosen.setdefault(name, value) != value:
            chosen.setdefault("unknown", {})[name, str(value)] = None
    for name in _LISTS:
        if name in chosen:
            chosen[name] = tuple(chosen[name])
    # what is not understood is written last, wherever it stood
    for name, key in (("unknown", None), ("security", UNREAD.__eq__)):
        if name in chosen:
            chosen[name] = tuple(sorted(chosen[name], key=key))
    found = Extras(**chosen)
    if len(_EXTRAS) < MOST_CACHED:
        _EXTRAS[items] = found
    return found
