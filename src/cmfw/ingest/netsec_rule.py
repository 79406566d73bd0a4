"""``rule_from``: what PowerShell says of one rule and its filters, as a ``HostRule``.

A condition that the export does not show, or that cannot be read, is taken as widely as it could be meant and recorded in
``extras.unknown`` under PowerShell's name for it: the rule then proves neither an allow nor a block. An empty column is no
"any": PowerShell writes ``Any`` where it means that, and nothing where the object has no such property.

Source: facts/windows_firewall.md 4.6 and 4.9, real_data_traps.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from cmfw.ingest import netsec_words as words
from cmfw.ingest.netsec_conditions import address_match, icmp_types, is_any, mask, parts_of, platforms, port_match
from cmfw.ingest.netsec_fields import STRANGE
from cmfw.ingest.netsec_values import CUT, Seen, Texts
from cmfw.ingest.rule_tokens import UNREAD
from cmfw.ingest.rule_validity import invalid_reasons
from cmfw.model.rule import PROTOCOL_ANY, Action, AddressMatch, Extras, HostRule, Store
from cmfw.net.addr import AddrSet
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, ICMP_PROTOCOLS, PORT_PROTOCOLS, Direction

NOT_SHOWN = "not in this export"
LOST = "cut off in this export"

_PROTOCOLS = {word.lower(): number for word, number in words.PROTOCOLS.items()}
_PROXIMITY = words.reading(words.PROXIMITY)
_DIRECTIONS = words.reading(words.DIRECTIONS)
_ACTIONS = words.reading(words.ACTIONS)
_ENABLED = words.reading(words.ENABLED)
_EDGE = words.reading(words.EDGE)
_DEMANDS = {"authentication": words.reading(words.AUTHENTICATION), "encryption": words.reading(words.ENCRYPTION)}
_NAMES = {field: name for fields in words.FILTERS.values() for field, name in fields.items()}
_NAMES |= words.OWN_CONDITIONS | words.NEWER_CONDITIONS
"""Field of a condition to PowerShell's name for it."""
_WHOLE = frozenset(_NAMES) - set(words.NEWER_CONDITIONS) | {"enabled"}
"""The fields that a rule has which shows every condition."""
_NEVER_EMPTY = _WHOLE - {"package", "owner", "platform"}


class RuleReading(NamedTuple):
    """The rule, None where none can be made, and what is wrong with it or why there is none."""

    rule: HostRule | None
    problems: tuple[str, ...]


class _Draft:
    """One rule on its way: what was seen of it, what became of it, what could not be read."""

    __slots__ = ("extras", "fields", "problems", "seen", "unknown")

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.fields: dict[str, Any] = {}
        self.extras: dict[str, Any] = {}
        self.unknown: dict[tuple[str, str], None] = {}
        self.problems: list[str] = []

    def doubt(self, name: str, value: str) -> None:
        """Record a value that was there and could not be read."""
        self.unknown[name, value] = None
        self.problems.append(f"`{name}={value[:60]}` could not be read" if value != LOST else f"`{name}` is cut off")

    def doubt_all(self, name: str, values: Texts) -> None:
        """Record every value that could not be read."""
        for value in values:
            self.doubt(name, value)

    def texts(self, field: str, name: str) -> Texts | None:
        """The texts of a condition; None, recorded, where they are lost or empty (missing ones were recorded at once)."""
        found = self.seen.get(field)
        if found is CUT:
            self.doubt(name, LOST)
        return None if found is CUT or not found else found

    def one(self, field: str) -> str:
        """The text of a property that is no condition; empty where it is missing or lost."""
        found = self.seen.get(field, ())
        return "" if found is CUT or not found else " ".join(found)


def rule_from(seen: Seen, torn: tuple[str, ...], *, store: Store, origin: str) -> RuleReading:
    """The rule of the fields that were seen; ``torn`` are fields whose doubled properties contradict one another."""
    action = _ACTIONS.get(_only(seen, "action"))
    direction = _DIRECTIONS.get(_only(seen, "direction"))
    if action is None or direction is None:
        missing = "Action" if action is None else "Direction"
        found = seen.get(missing.lower())
        return RuleReading(
            None, (f"`{missing}={' '.join(found)[:40]}`" if found and found is not CUT else f"no `{missing}`",)
        )
    draft = _Draft(seen)
    _note_missing(draft)
    for field in torn:
        if field not in ("group", "loose_source"):
            draft.doubt(_NAMES.get(field, field), "two values that contradict one another")
    draft.fields |= {"action": action, "direction": direction}
    for step in _STEPS:
        step(draft)
    unknown = tuple(draft.unknown)
    if unknown:
        draft.extras["unknown"] = unknown
    rule = HostRule(
        id=draft.one("id") or draft.one("name"),
        store=store,
        name=draft.one("name"),
        description=draft.one("description"),
        group=draft.one("group") or draft.one("group_text"),
        extras=Extras(**draft.extras) if draft.extras else Extras.NONE,
        origin=origin,
        **draft.fields,
    )
    return _checked(rule, draft.problems)


def _checked(rule: HostRule, problems: list[str]) -> RuleReading:
    """The rule with the reasons why Windows may refuse it; one that proves nothing anyway is not looked at."""
    if rule.extras.unknown:
        return RuleReading(rule, tuple(problems))
    reasons = tuple(reason for reason in invalid_reasons(rule) if reason != "no `Name`")
    if reasons:
        rule = replace(rule, extras=replace(rule.extras, invalid=reasons))
    return RuleReading(rule, (*problems, *reasons))


def _only(seen: Seen, field: str) -> str:
    found = seen.get(field, ())
    return found[0].strip().lower() if len(found) == 1 else ""


def _note_missing(draft: _Draft) -> None:
    """Record every condition that the export does not show: a filter as a whole where nothing of it is there."""
    seen = draft.seen
    if seen.keys() >= _WHOLE and all(seen[field] for field in _NEVER_EMPTY):
        return
    for filter_name, fields in words.FILTERS.items():
        missing = [name for field, name in fields.items() if not _shown(field, seen)]
        if len(missing) == len(fields):
            draft.unknown[filter_name, NOT_SHOWN] = None
        else:
            draft.unknown.update(dict.fromkeys((name, NOT_SHOWN) for name in missing))
    for field, name in words.OWN_CONDITIONS.items():
        if field not in seen or (field == "profile" and not seen[field]):
            draft.unknown[name, NOT_SHOWN] = None
    if not seen.get("enabled"):
        draft.unknown["Enabled", NOT_SHOWN] = None


def _shown(field: str, seen: Seen) -> bool:
    """Whether the export shows the field; of an empty one only where empty is how PowerShell writes "none"."""
    found = seen.get(field)
    if found:
        return True
    if field == "icmp":
        # ports and types share one place in a rule, so one for TCP or UDP has no types. Source: MS-FASP 2.2.36
        return _PROTOCOLS.get(_only(seen, "protocol")) in PORT_PROTOCOLS
    # `Package` is the one condition that is empty where there is none: real where the same filter shows its program
    return field == "package" and found is not None and bool(seen.get("program"))


# --- conditions ------------------------------------------------------------------------------------------------------


def _enabled(draft: _Draft) -> None:
    found = _ENABLED.get(_only(draft.seen, "enabled"))
    if found is None:
        draft.doubt_all("Enabled", draft.texts("enabled", "Enabled") or ())
    # a rule that may be active takes part, and what is recorded keeps it from proving anything
    draft.fields["active"] = True if found is None else found


def _masks(draft: _Draft) -> None:
    for field, target, table, every in (
        ("profile", "profiles", words.PROFILES, ALL_PROFILES),
        ("interface", "interfaces", words.INTERFACES, ALL_INTERFACES),
    ):
        texts = draft.texts(field, _NAMES.get(field, field))
        found, unread = (every, ()) if texts is None else mask(texts, table, every)
        draft.fields[target] = found
        draft.doubt_all(_NAMES.get(field, field), unread)
    aliases = draft.texts("alias", "InterfaceAlias")
    if aliases and not is_any(aliases):
        # names of adapters on that machine; which flow uses which adapter is not known
        draft.unknown["InterfaceAlias", ", ".join(aliases)] = None


def _protocol(draft: _Draft) -> None:
    texts = draft.texts("protocol", "Protocol") or (words.ANY,)
    text = texts[0].lower() if len(texts) == 1 else ""
    found = PROTOCOL_ANY
    if text in _PROTOCOLS:
        found = _PROTOCOLS[text]
    elif text.isascii() and text.isdigit() and len(text) < 4 and int(text) <= 256:
        # 256 is any in COM and MS-FASP
        found = int(text) if int(text) < 256 else PROTOCOL_ANY
    elif not is_any(texts):
        draft.doubt("Protocol", " ".join(texts))
    draft.fields["protocol"] = found


def _ports(draft: _Draft) -> None:
    """Ports count with TCP and UDP only: an ICMP rule says `RPC` there. Source: facts 4.6 (union artefact)."""
    protocol = draft.fields["protocol"]
    for field, name in (("local_port", "LocalPort"), ("remote_port", "RemotePort")):
        if protocol in ICMP_PROTOCOLS:
            continue
        texts = draft.texts(field, name)
        if texts is None or is_any(texts):
            continue
        if protocol not in PORT_PROTOCOLS:
            # ports of no protocol that has them: whatever the rule matches, it is less than all
            draft.unknown[name, ", ".join(texts)] = None
            continue
        draft.fields[field], unread = port_match(texts)
        draft.doubt_all(name, unread)


def _icmp(draft: _Draft) -> None:
    if draft.fields["protocol"] in ICMP_PROTOCOLS:
        texts = draft.texts("icmp", "IcmpType")
        found, unread = (None, ()) if texts is None else icmp_types(texts)
        draft.fields["icmp"] = found
        draft.doubt_all("IcmpType", unread)


def _addresses(draft: _Draft) -> None:
    for field, name in (("local_address", "LocalAddress"), ("remote_address", "RemoteAddress")):
        texts = draft.texts(field, name)
        if texts is not None:
            draft.fields[field], unread = address_match(texts, with_words=field == "remote_address")
            draft.doubt_all(name, unread)
    dynamic = draft.texts("dynamic_addresses", "RemoteDynamicKeywordAddresses")
    if dynamic:
        # ids of address lists that are resolved at run time, of either family
        draft.unknown["RemoteDynamicKeywordAddresses", ", ".join(dynamic)] = None
        known = draft.fields.get("remote_address", AddressMatch.ANY)
        base = AddrSet.EMPTY if known.is_any else known.addresses
        draft.fields["remote_address"] = AddressMatch(base, tuple(sorted({*known.keywords, UNREAD + "4", UNREAD + "6"})))


def _program(draft: _Draft) -> None:
    text = " ".join(draft.texts("program", "Program") or ())
    if text and not is_any((text,)):
        if any(mark in text for mark in '*/?<>"|') or len(text) >= 260:
            # characters that no path holds. Source: MS-FASP 2.2.36 (wszLocalApplication)
            draft.doubt("Program", text)
        draft.fields["program"] = text
    for field, extra in (("package", "packages"), ("family_name", "packages"), ("owner", "local_owner")):
        texts = draft.texts(field, _NAMES.get(field, field))
        if texts and texts[0].lower() != words.ANY:
            value = " ".join(texts)
            draft.extras[extra] = (*draft.extras.get(extra, ()), value) if extra == "packages" else value


def _service(draft: _Draft) -> None:
    text = " ".join(draft.texts("service", "Service") or ())
    if not text or text.lower() == words.ANY:
        return
    if "\\" in text or "/" in text or len(text) >= 260:
        draft.doubt("Service", text)
    draft.fields["service"] = text


def _target(draft: _Draft) -> None:
    """Trust tuples (Wi-Fi Direct, proximity). Some have no word in PowerShell, and their rules look like ordinary ones."""
    rule_id = draft.one("id").lower()
    found = [word for beginning, word in words.UNSPOKEN_PROXIMITY if rule_id.startswith(beginning)]
    texts = draft.texts("target", "DynamicTarget") or (words.ANY,)
    for part in [] if is_any(texts) else parts_of(texts):
        word = _PROXIMITY.get(part.lower())
        if word:
            found.append(word)
        elif part != "0":
            draft.doubt("DynamicTarget", part)
    if found:
        draft.extras["proximity"] = tuple(dict.fromkeys(found))
    elif not rule_id:
        # such a rule is known by its id alone
        draft.unknown["Name", NOT_SHOWN] = None


def _security(draft: _Draft) -> None:
    demands = []
    for field, table in _DEMANDS.items():
        texts = draft.texts(field, _NAMES[field]) or ("0",)
        demands.append(table.get(texts[0].lower(), -1) if len(texts) == 1 else -1)
    security = words.SECURITY.get((demands[0], demands[1]))
    if security is None:
        draft.doubt("Authentication", " ".join((*draft.seen.get("authentication", ()), *draft.seen.get("encryption", ()))))
        security = (UNREAD,)
    if security:
        draft.extras["security"] = security
    for field, extra in (
        ("local_user", "local_users"),
        ("remote_user", "remote_users"),
        ("remote_machine", "remote_machines"),
    ):
        text = " ".join(draft.texts(field, _NAMES.get(field, field)) or ())
        if text and text.lower() != words.ANY:
            draft.extras[extra] = text
    override = _only(draft.seen, "override")
    if override in ("true", "1") and draft.fields["action"] is Action.ALLOW:
        # Source: facts/windows_firewall.md 4.9 (authenticated bypass), MS-FASP 2.2.36 (AuthByPassOut)
        if draft.fields["direction"] is Direction.IN:
            draft.fields["action"] = Action.BYPASS
        else:
            draft.extras["bypass_out"] = True
    elif override not in ("", "true", "1", "false", "0"):
        draft.doubt("OverrideBlockRules", override)


def _flags(draft: _Draft) -> None:
    draft.fields["edge"], defer = _EDGE.get(_only(draft.seen, "edge"), (False, ""))
    if defer:
        draft.extras["defer"] = defer
    if _only(draft.seen, "loose_source") in ("true", "1"):
        draft.extras["loose_source"] = True
    if _only(draft.seen, "local_only") in ("true", "1"):
        draft.extras["ignore_remote"] = True
    if draft.one("app_id"):
        draft.unknown["PolicyAppId", draft.one("app_id")] = None
    if _only(draft.seen, "health") in ("3", "error"):
        # Windows could not use the rule as it stands. Source: facts/windows_firewall.md 4.6 (PrimaryStatus)
        draft.doubt("PrimaryStatus", "Error")


def _strange(draft: _Draft) -> None:
    """Properties that we do not know may be conditions of a later Windows."""
    for text in draft.seen.get(STRANGE, ()):
        name, _, found = text.partition("=")
        draft.doubt(name, found)


def _platform(draft: _Draft) -> None:
    found, open_ended, unread = platforms(draft.texts("platform", "Platform") or ())
    draft.doubt_all("Platform", unread)
    if found:
        draft.extras["platforms"] = found
    if open_ended:
        draft.extras["platform_at_least"] = True


_STEPS: tuple[Callable[[_Draft], None], ...] = (
    _enabled,
    _masks,
    _protocol,
    _ports,
    _icmp,
    _addresses,
    _program,
    _service,
    _target,
    _security,
    _flags,
    _strange,
    _platform,
)
"""In this order: ports and ICMP types look at the protocol."""
