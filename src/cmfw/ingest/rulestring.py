"""Rule strings, ``v2.10|Action=Allow|Dir=In|...|``: reading them into ``HostRule`` values, and writing one.

What a field means is in ``rule_tokens``, how fields add up in ``rule_fields``, writing in ``rulewrite``. Here is the fast
way in, for speed is part of the contract (docs/adr/0013-rules-read-in-parts.md). Windows writes a rule in one order, so a
text falls into four parts that many rules share (``rulestring_parts``), the name and the description. Parts are looked up whole; a
text with a part that holds anything unusual is read field by field. Both ways give the same rule.

Source: MS-GPFAS 2.2.2 (grammar), MS-FASP 2.2.36 (validity), facts/windows_firewall.md section 2.
"""

from __future__ import annotations

from collections.abc import Iterable

from cmfw.ingest.rule_fields import parse_slowly, version_of
from cmfw.ingest.rule_validity import LONGEST_ID, checked
from cmfw.ingest.rulestring_parts import DIALECTS, LONGEST_PART, Dialect
from cmfw.model.rule import HostRule, OpenRule, Store
from cmfw.net.flow import Direction

SHIPPED_STORES = frozenset(store for store, dialect in DIALECTS.items() if dialect.shipped)

Read = tuple[HostRule | None, tuple[str, ...]]
"""(the rule, what is wrong with its text); None only where no firewall rule can be made, and the problems say why."""


def parse_rule(
    text: str,
    *,
    id: str,  # noqa: A002
    store: Store = Store.LOCAL,
    origin: str = "",
) -> Read:
    """(the rule, what is wrong with the text), as ``parse_rules`` gives them."""
    rules, problems = parse_rules(((text, id, origin),), store)
    return rules[0], problems.get(0, ())


def parse_rules(
    rows: Iterable[tuple[str, str, str]], store: Store = Store.LOCAL
) -> tuple[list[HostRule | None], dict[int, tuple[str, ...]]]:
    """(the rule of every (text, id, origin), in order; what is wrong with their texts by index); all are of one store.

    A rule is None only where no firewall rule can be made, and its problems say why. Whatever could not be read is in
    ``extras.unknown`` or ``extras.invalid``: it never makes a condition certain. 60 lines because the usual rule is made
    here, attribute by attribute: one call for each would take a fifth of the time.
    """
    dialect = DIALECTS[store]
    leads, middles, programs, tails = dialect.leads, dialect.middles, dialect.programs, dialect.tails
    inbound, longest_id = Direction.IN, LONGEST_ID if not dialect.shipped else LONGEST_PART
    rules: list[HostRule | None] = []
    problems: dict[int, tuple[str, ...]] = {}
    for text, id, origin in rows:  # noqa: A001
        head, _, rest = text.partition("|Name=")
        name, _, after = rest.partition("|Desc=")
        description, _, tail_text = after.partition("|")
        if "|" in name:  # no description stands behind it
            name, _, tail_text = rest.partition("|")
            description = ""
        lead_text, _, body = head.partition("|Dir=")
        middle_text, app, program_text = body.partition("|App=")
        if len(name) > 3 and (program_text or not app) and len(text) < LONGEST_PART and "\0" not in text:
            lead, middle, program, tail = leads[lead_text], middles[middle_text], programs[program_text], tails[tail_text]
            if lead and middle and program and tail:
                rule = OpenRule()
                rule.id = id
                rule.store = store
                rule.version, rule.action, rule.active = lead
                (
                    rule.direction,
                    rule.profiles,
                    rule.protocol,
                    rule.local_port,
                    rule.remote_port,
                    rule.icmp,
                    rule.local_address,
                    rule.remote_address,
                    rule.interfaces,
                ) = middle
                rule.program, rule.service = program
                rule.name = name
                rule.description = description
                rule.group, rule.edge, rule.extras, doubts = tail
                rule.origin = origin
                rule.__class__ = HostRule
                if (doubts and (doubts > 1 or rule.direction is not inbound)) or len(id) > longest_id:
                    rule, problems[len(rules)] = checked(rule)
                rules.append(rule)
                continue
        rule, problems[len(rules)] = _slowly(text, id, dialect, origin)
        rules.append(rule)
    return rules, problems


def _slowly(text: str, id: str, dialect: Dialect, origin: str) -> Read:  # noqa: A002
    """The rule read field by field, up to the first NUL, where Windows stops reading."""
    text, _, rest = text.partition("\0")
    left = rest.strip("\0")
    ending = (f"{len(left)} characters after the end of the text",) if left else ()
    fields = text.split("|")
    version = version_of(fields[0])
    if version is None:
        return None, (*ending, f"`{fields[0][:40]}` is not a version such as `v2.10`")
    rule, problems = parse_slowly(id, fields[1:], dialect, version, origin)
    return rule, (*ending, *problems)
