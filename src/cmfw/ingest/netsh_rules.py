"""The rules of a ``netsh advfirewall firewall show rule`` listing.

A rule keeps every condition that was understood. One that was not, or that the listing leaves out, is a token in
``Extras.unknown``: the rule then proves nothing. Where not even the direction or the action is understood, the rule stands
for each that it may have, and neither proves anything.

Source: facts/windows_firewall.md 4.5, real_data_traps.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

from cmfw.errors import Problem
from cmfw.ingest import netsh_words as words
from cmfw.ingest.listed_rules import Ids, group_of
from cmfw.ingest.netsh_blocks import Block, Row, is_prompt
from cmfw.ingest.netsh_labels import PROTOCOLS, WITH_PORTS, fields_of
from cmfw.ingest.netsh_values import Vocabulary
from cmfw.ingest.netsh_words import word_key
from cmfw.ingest.rule_validity import checked
from cmfw.ingest.unshown_conditions import unshown
from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, PortMatch, Store
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, Direction
from cmfw.words.phrases import phrase

NOT_SHOWN = tuple((what, "not shown") for what in ("program", "service", "interface", "security"))
"""Of every rule, in a listing without ``verbose``."""
_ICMP = ("icmpv4", "icmpv6", "1", "58")
_OPAQUE = frozenset({words.PROGRAM, words.SERVICE})
"""Conditions of free text: every other one was understood because its words are known."""
_SHORT = 60


class ListedRules(NamedTuple):
    """The rules, everything wrong with them, whether any was listed without ``verbose``, and how many blocks there were."""

    rules: tuple[HostRule, ...]
    problems: tuple[Problem, ...]
    is_short: bool
    blocks: int


class _Read(NamedTuple):
    """One block taken apart: (field to value, lines of the ICMP table, doubts)."""

    block: Block
    fields: dict[str, str]
    table: tuple[str, ...]
    doubts: tuple[tuple[str, str], ...]


def read_rules(blocks: Sequence[Block], path: str, is_sure: Callable[[str], bool]) -> ListedRules:
    """The rules in the blocks; ``is_sure`` says whether a text was decoded for certain."""
    mapping = fields_of(blocks)
    reads = [_taken_apart(block, mapping) for block in blocks]
    vocabulary = Vocabulary()
    vocabulary.infer([read.fields for read in reads])
    rules: list[HostRule] = []
    problems: list[Problem] = []
    ids = Ids()
    short = False
    for read in reads:
        is_short = not read.fields.keys() & words.VERBOSE_ONLY
        short = short or is_short
        values, doubts = _values(read, vocabulary, is_sure)
        origin = f"{path}:{read.block.line}"
        for field, text in doubts:
            found = f"`{text[:_SHORT]}`" if text else phrase("nothing")
            problems.append(
                Problem(
                    path, phrase("a `{field}` in known words", field=field), found, key=read.block.name, line=read.block.line
                )
            )
        name = read.block.name
        for made in _alternatives(values, is_short=is_short):
            made |= {"id": ids.of(name), "origin": origin}
            rule, reasons = checked(_finished(made, doubts, is_short=is_short))
            rules.append(rule)
            problems += [
                Problem(path, "a rule that Windows would list", reason, key=name, line=read.block.line) for reason in reasons
            ]
    return ListedRules(tuple(rules), tuple(problems), short, len(blocks))


def _taken_apart(block: Block, mapping: Mapping[str, str]) -> _Read:
    """The block's fields. Lines behind the action are noise; a line that nothing explains before it is a doubt."""
    fields: dict[str, str] = {}
    table: list[str] = []
    doubts: list[tuple[str, str]] = []
    last = ""
    for row in block.rows:
        field = mapping.get(row.key) if row.key else None
        if field is None:
            if last == words.ACTION:
                break
            if not _belongs(row, last, fields, table):
                doubts.append(("line", row.label or row.value))
            continue
        if field in fields:
            if last == words.ACTION:
                # the next rule, whose heading was lost
                doubts.append(("line", row.label))
                break
            if fields[field] != row.value:
                doubts.append((field, row.value))
            continue
        fields[field] = row.value
        last = field
    return _Read(block, fields, tuple(table), tuple(doubts))


def _belongs(row: Row, last: str, fields: dict[str, str], table: list[str]) -> bool:
    """Whether a line without a known label goes with the field before it: a longer description, a row of ICMP types."""
    if last in ("", words.DESCRIPTION):
        return True
    if last == words.PROTOCOL and not row.label and fields[words.PROTOCOL].casefold() in _ICMP:
        table.append(row.value)
        return True
    return is_prompt(f"{row.label}:{row.value}")


_Made = dict[str, Any]


def _values(read: _Read, known: Vocabulary, is_sure: Callable[[str], bool]) -> tuple[_Made, tuple[tuple[str, str], ...]]:
    """The rule's fields as far as understood, and what was not: (field, its text)."""
    fields = read.fields
    doubts: list[tuple[str, str]] = list(read.doubts)
    get = fields.get

    def need(field: str, found: Any, otherwise: Any) -> Any:
        if found is None or (field in _OPAQUE and not is_sure(get(field, ""))):
            doubts.append((field, get(field, "")))
            return otherwise if found is None else found
        return found

    protocol, is_protocol = known.protocol(get(words.PROTOCOL, "?"))
    made: _Made = {
        "active": need(words.ENABLED, known.booleans.get(word_key(get(words.ENABLED, ""))), True),
        "direction": known.directions.get(word_key(get(words.DIRECTION, ""))),
        "action": words.ACTIONS.get(word_key(get(words.ACTION, ""))),
        "profiles": need(words.PROFILES, known.profile_mask(get(words.PROFILES, "?")), ALL_PROFILES),
        "local_address": need(words.LOCAL_IP, known.addresses(get(words.LOCAL_IP, "?"), remote=False), AddressMatch.ANY),
        "remote_address": need(words.REMOTE_IP, known.addresses(get(words.REMOTE_IP, "?"), remote=True), AddressMatch.ANY),
        "protocol": need(words.PROTOCOL, protocol if protocol is not None or not is_protocol else -1, None),
        "name": read.block.name,
        "description": get(words.DESCRIPTION, ""),
        "group": group_of(get(words.GROUPING, "")),
    }
    made["protocol"] = None if made["protocol"] == -1 else made["protocol"]
    doubts += [(field, get(field, "")) for field in (words.DIRECTION, words.ACTION) if made[field] is None]
    made |= _transport(read, known, need, doubts)
    made |= _process(fields, known, need)
    if fields.keys() & words.VERBOSE_ONLY:
        # a verbose listing has these of every rule: one that is missing was lost, and what it asked for with it
        doubts += [(field, "") for field in sorted(words.VERBOSE_ONLY - fields.keys())]
    return made, tuple(dict.fromkeys(doubts))


def _transport(read: _Read, known: Vocabulary, need: Callable[[str, Any, Any], Any], doubts: list[tuple[str, str]]) -> _Made:
    """Ports of a TCP or UDP rule, types of an ICMP rule."""
    fields = read.fields
    protocol = fields.get(words.PROTOCOL, "").casefold()
    made: _Made = {}
    ports = {words.LOCAL_PORT: "local_port", words.REMOTE_PORT: "remote_port"}
    if protocol in (*WITH_PORTS, "6", "17"):
        for field, name in ports.items():
            found = known.ports(fields.get(field, "?"), remote=field == words.REMOTE_PORT)
            made[name] = need(field, found, PortMatch.ANY)
    elif fields.keys() & ports.keys():
        # ports of a rule that is for no TCP or UDP: one of the two was misread
        doubts += [(field, fields[field]) for field in ports if field in fields]
    if protocol in _ICMP and protocol in (*PROTOCOLS, "1", "58"):
        made["icmp"], understood = known.icmp(read.table)
        if not understood:
            doubts.append(("icmp types", "; ".join(read.table[1:])))
    return made


def _process(fields: Mapping[str, str], known: Vocabulary, need: Callable[[str, Any, Any], Any]) -> _Made:
    """Program, service, interface types, demanded security, edge and source, as far as listed."""
    made: _Made = {}
    extras: dict[str, Any] = {}
    if words.PROGRAM in fields:
        text = fields[words.PROGRAM]
        is_any = known.is_any(text)
        made["program"] = None if is_any else need(words.PROGRAM, text if _is_program(text) else None, text or None)
    if words.SERVICE in fields:
        text = fields[words.SERVICE]
        made["service"] = (
            "*"
            if known.is_any(text)
            else need(
                words.SERVICE, text if known.has_any and text and word_key(text) not in known.elsewhere else None, None
            )
        )
    if words.INTERFACES in fields:
        made["interfaces"] = need(words.INTERFACES, known.interfaces(fields[words.INTERFACES]), ALL_INTERFACES)
    if words.SECURITY in fields:
        found = words.SECURITIES.get(word_key(fields[words.SECURITY]))
        extras["security"] = need(words.SECURITY, found, ())
    for field, name in ((words.COMPUTERS, "remote_machines"), (words.USERS, "remote_users")):
        if fields.get(field):
            extras[name] = fields[field]
    edge = word_key(fields.get(words.EDGE, ""))
    # the edge decides nothing of routed traffic, so an unknown word leaves no doubt: corrections 29
    if edge in words.DEFERS:
        extras["defer"] = words.DEFERS[edge]
    made["edge"] = known.booleans.get(edge, False) or extras.get("defer") == "App"
    made["store"], is_known = _store(fields, known)
    if not is_known:
        need(words.SOURCE, None, None)
    made["extras"] = Extras(**extras) if extras else Extras.NONE
    return made


def _is_program(text: str) -> bool:
    """Whether the text can name a program: what no path holds was misread. Source: MS-FASP 2.2.36."""
    return 0 < len(text) < 260 and not any(char in text for char in '*/"?<>|')


def _store(fields: Mapping[str, str], known: Vocabulary) -> tuple[Store, bool]:
    """(store, whether it is known). One unknown word alone cannot tell stores apart, and is taken as local policy is."""
    source = word_key(fields.get(words.SOURCE, ""))
    if source in words.POLICY_SOURCES:
        return Store.GPO, True
    return Store.LOCAL, source in words.LOCAL_SOURCES or words.SOURCE not in fields or known.sources == {source}


def _alternatives(made: _Made, *, is_short: bool) -> Iterator[_Made]:
    """The rule once, or for each direction and action that it may have. A bypass is not among them: it never blocks."""
    directions: Iterable[Direction] = (made["direction"],) if made["direction"] else (Direction.IN, Direction.OUT)
    actions: Iterable[Action] = (made["action"],) if made["action"] else (Action.ALLOW, Action.BLOCK)
    for direction, action in product(directions, actions):
        found = made | {"direction": direction, "action": action}
        if action is Action.BYPASS and is_short:
            # a bypass demands security, which only the verbose listing says
            found["extras"] = replace(made["extras"], security=("Authenticate",), remote_machines="not shown")
        yield found


def _finished(made: _Made, doubts: tuple[tuple[str, str], ...], *, is_short: bool) -> HostRule:
    """The rule with a token for everything that is not known of it."""
    rule = HostRule(**made)
    tokens = [(field, text[:_SHORT]) for field, text in doubts]
    tokens += NOT_SHOWN if is_short else unshown(rule)
    return replace(rule, extras=replace(rule.extras, unknown=tuple(dict.fromkeys(tokens)))) if tokens else rule
