"""Rule strings, ``v2.10|Action=Allow|Dir=In|...|``: reading one into a ``HostRule``, and writing one.

What a field means is in ``rule_tokens``, how fields add up in ``rule_fields``, writing in ``rulewrite``. Here is the fast
way in. Speed is part of the contract, and rules differ mostly in their texts: Windows writes the conditions first, then
``Name`` and ``Desc``, then the rest, so the parts before and after the texts are looked up whole. A part that holds
anything unusual is remembered as such and its rules are read field by field; both ways give the same rule.

Source: MS-GPFAS 2.2.2 (grammar), MS-FASP 2.2.36 (validity), facts/windows_firewall.md section 2.
"""

from __future__ import annotations

from cmfw.ingest.rule_fields import (
    LONGEST_CACHED,
    MOST_CACHED,
    Dialect,
    Head,
    Tail,
    checked,
    conditions,
    extras_of,
    has_doubts,
    no_rule,
    parse_slowly,
    protocol_is_late,
    read_fields,
)
from cmfw.ingest.rule_tokens import DESC, EDGE, EMPTY_SLOTS, EXTRA, GROUP, NAME
from cmfw.ingest.rule_validity import LONGEST_ID
from cmfw.ingest.rulewrite import write_rule
from cmfw.model.rule import Extras, HostRule, Store, new_rule

__all__ = ["SHIPPED_STORES", "parse_rule", "write_rule"]

SHIPPED_STORES = frozenset({Store.HARDENING, Store.APPISO})
"""Stores that Windows fills itself: no `Active` there means active. Source: facts/windows_firewall.md 2.2."""

_DIALECTS = {store: Dialect(store, shipped=store in SHIPPED_STORES) for store in Store}
_NO_EXTRAS = Extras.NONE
_VERSIONS: dict[str, tuple[int, int]] = {}


def parse_rule(
    text: str,
    *,
    id: str,  # noqa: A002
    store: Store = Store.LOCAL,
    origin: str = "",
) -> tuple[HostRule | None, tuple[str, ...]]:
    """(the rule, what is wrong with the text); None only where no firewall rule can be made, and the problems say why.

    Whatever could not be read is in ``extras.unknown`` or ``extras.invalid``: it never makes a condition certain.
    """
    dialect = _DIALECTS[store]
    whole = dialect.wholes.get(text)
    if whole is not None and len(id) <= LONGEST_ID:
        return new_rule(id, *whole, origin), ()
    head_text, _, rest = text.partition("|Name=")
    # texts[0] is the name, texts[1] should be the description, texts[2] everything after it
    texts = rest.split("|", 2)
    if len(texts) == 3 and texts[1][:5] == "Desc=":
        name, description, tail_text = texts[0], texts[1][5:], texts[2]
    else:
        name, _, tail_text = rest.partition("|")
        description = ""
    if len(name) <= 3 or "\0" in text or len(text) > LONGEST_CACHED or len(id) > LONGEST_ID:
        # a missing or reserved name among them
        return _slowly(text, id, dialect, origin)
    found, version, extras = dialect.heads.get(head_text) or _learn_head(head_text, dialect)
    group, edge, more = dialect.tails.get(tail_text) or _learn_tail(tail_text, dialect)
    if more is not _NO_EXTRAS:
        if extras is not _NO_EXTRAS:
            return _slowly(text, id, dialect, origin)
        extras = more
    if found is None or extras is None:
        return _slowly(text, id, dialect, origin)
    whole = (found, (name, description, group), edge, extras, version)
    rule = new_rule(id, *whole, origin)
    if (extras is not _NO_EXTRAS or edge) and not dialect.shipped:
        rule, reasons = checked(rule)
        if reasons:
            return rule, reasons
    if len(dialect.wholes) < MOST_CACHED:
        dialect.wholes[text] = whole
    return rule, ()


def _learn_head(text: str, dialect: Dialect) -> Head:
    """What the part before ``Name`` says; without conditions where the rule has to be read field by field."""
    version_text, _, body = text.partition("|")
    version = _VERSIONS.get(version_text) or _version(version_text)
    if version is None:
        return None, (0, 0), None
    if len(_VERSIONS) < MOST_CACHED:
        _VERSIONS[version_text] = version
    head = dialect.bodies.get(body)
    if head is None:
        head = _learn_body(body, dialect)
    head = (head[0], version, head[2])
    if len(dialect.heads) < MOST_CACHED:
        dialect.heads[text] = head
    return head


def _learn_body(text: str, dialect: Dialect) -> Head:
    """The head without its version: most rules of two Windows versions differ in nothing else."""
    head: Head = (None, (0, 0), None)
    fields = text.split("|")
    slots, problems = read_fields(fields, dialect)
    if not problems and not no_rule(slots) and slots[NAME] is slots[DESC] is slots[GROUP] is slots[EDGE] is None:
        found = conditions(slots, dialect)
        extras = _NO_EXTRAS if slots[EXTRA] is None else extras_of(slots[EXTRA])
        if dialect.shipped or not (has_doubts(found, extras) or protocol_is_late(fields, slots)):
            head = (found, (0, 0), extras if not extras.unknown else None)
    if len(dialect.bodies) < MOST_CACHED:
        dialect.bodies[text] = head
    return head


def _learn_tail(text: str, dialect: Dialect) -> Tail:
    """(group, edge, extras) of the part after the texts; without extras where it says more than that."""
    if text[:10] == "EmbedCtxt=" and text.find("|") == len(text) - 1:
        tail: Tail = (text[10:-1], False, _NO_EXTRAS)
    else:
        slots, problems = read_fields(text.split("|"), dialect)
        group, edge = slots[GROUP] or "", slots[EDGE] or False
        extras = extras_of(slots[EXTRA])
        slots[GROUP] = slots[EDGE] = slots[EXTRA] = None
        usual = slots == EMPTY_SLOTS and not problems and not extras.unknown
        tail = (group, edge, extras if usual else None)
    if len(dialect.tails) < MOST_CACHED:
        dialect.tails[text] = tail
    return tail


def _version(text: str) -> tuple[int, int] | None:
    """(major, minor) of ``v2.10``; None for anything else."""
    lead, (major, dot, minor) = text[:1], text[1:].strip().partition(".")
    if lead not in ("v", "V") or not dot or not all(p.isascii() and p.isdigit() and len(p) < 5 for p in (major, minor)):
        return None
    return int(major), int(minor)


def _slowly(text: str, id: str, dialect: Dialect, origin: str) -> tuple[HostRule | None, tuple[str, ...]]:  # noqa: A002
    """The rule read field by field, up to the first NUL, where Windows stops reading."""
    text, _, rest = text.partition("\0")
    left = rest.strip("\0")
    ending = (f"{len(left)} characters after the end of the text",) if left else ()
    fields = text.split("|")
    version = _version(fields[0])
    if version is None:
        return None, (*ending, f"`{fields[0][:40]}` is not a version such as `v2.10`")
    rule, problems = parse_slowly(id, fields[1:], dialect, version, origin)
    return rule, (*ending, *problems)
