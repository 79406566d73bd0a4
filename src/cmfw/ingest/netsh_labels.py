"""What each label of a ``netsh`` listing stands for: by the words that are known, else by its place.

The order of the fields in a rule is the same in every language, and the protocol's names are not translated. So the protocol
is found by its values, six fields stand right before it, the ports (only of TCP and UDP) right after it, and from the end the
action, the source and the security. A label that no place explains is left out, and a rule that has it stays in doubt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from cmfw.ingest.netsh_blocks import Block, Row, is_prompt
from cmfw.ingest.netsh_words import (
    ACTION,
    BEFORE_PROTOCOL,
    COMPUTERS,
    DESCRIPTION,
    EDGE,
    INTERFACES,
    LABELS,
    LOCAL_PORT,
    NEEDED,
    PROGRAM,
    PROTOCOL,
    REMOTE_PORT,
    SECURITY,
    SERVICE,
    SOURCE,
    USERS,
)
from cmfw.net.flow import KERNEL

PROTOCOLS = frozenset({"tcp", "udp", "icmpv4", "icmpv6"})
WITH_PORTS = frozenset({"tcp", "udp"})
_MOST = 0.9
"""Of the blocks in which a place has a label, so many must agree on it: the others are damaged."""


def fields_of(blocks: Sequence[Block]) -> dict[str, str]:
    """Key of a label to the field that it stands for."""
    counts = Counter(key for block in blocks for key in {row.key for row in block.rows if row.key})
    known = {key: LABELS[key] for key in counts if key in LABELS}
    often = {key for key, count in counts.items() if 2 * count >= len(blocks)}
    if often <= known.keys() and set(NEEDED) <= set(known.values()):
        return known
    protocol = _protocol_key(blocks, known)
    if not protocol:
        return known
    placed = _before(blocks, protocol) | {protocol: PROTOCOL}
    placed |= _after(blocks, protocol, set(placed), known)
    taken = set(known.values())
    return known | {key: field for key, field in placed.items() if key not in known and field not in taken}


def _protocol_key(blocks: Sequence[Block], known: Mapping[str, str]) -> str:
    """The label that has protocols as values, so far down that the fields before it have room. Where two may be it, none is:
    groups and services can be called `TCP`.
    """
    for key, field in known.items():
        if field == PROTOCOL:
            return key
    found: set[str] = set()
    too_early: set[str] = set()
    for block in blocks:
        for place, row in enumerate(_labelled(block)):
            if row.value.casefold() in PROTOCOLS:
                (found if place >= len(BEFORE_PROTOCOL) else too_early).add(row.key)
    found -= too_early
    return found.pop() if len(found) == 1 else ""


def _labelled(block: Block) -> list[Row]:
    return [row for row in block.rows if row.key]


def _before(blocks: Sequence[Block], protocol: str) -> dict[str, str]:
    """The six fields before the protocol, and the description that may come first."""
    votes: dict[str, Counter[str]] = {field: Counter() for field in (*BEFORE_PROTOCOL, DESCRIPTION)}
    for block in blocks:
        rows = _labelled(block)
        at = next((n for n, row in enumerate(rows) if row.key == protocol), -1)
        if at < len(BEFORE_PROTOCOL):
            continue
        for field, row in zip(BEFORE_PROTOCOL, rows[at - len(BEFORE_PROTOCOL) : at], strict=True):
            votes[field][row.key] += 1
        if at > len(BEFORE_PROTOCOL):
            votes[DESCRIPTION][rows[0].key] += 1
    return _agreed(votes)


def _agreed(votes: Mapping[str, Counter[str]]) -> dict[str, str]:
    """Label to field where nearly all blocks agree and no label has two fields."""
    found: dict[str, str] = {}
    for field, keys in votes.items():
        if keys:
            key, count = keys.most_common(1)[0]
            if count >= _MOST * keys.total() and key not in found:
                found[key] = field
    return found


def _after(blocks: Sequence[Block], protocol: str, placed: set[str], known: Mapping[str, str]) -> dict[str, str]:
    """The fields behind the protocol."""
    ported: Counter[str] = Counter()
    other: Counter[str] = Counter()
    places: dict[str, list[int]] = {}
    for block in blocks:
        rows = _labelled(block)
        at = next((n for n, row in enumerate(rows) if row.key == protocol), -1)
        if at < 0:
            continue
        with_ports = rows[at].value.casefold() in WITH_PORTS
        (ported if with_ports else other)[""] += 1
        for place, row in enumerate(rows[at + 1 :]):
            if row.key not in placed and not is_prompt(f"{row.label}:{row.value}"):
                (ported if with_ports else other)[row.key] += 1
                # a rule without ports has its later fields two places earlier
                places.setdefault(row.key, []).append(place if with_ports else place + 2)
    total = ported[""] + other[""]
    always = {key for key in places if ported[key] + other[key] >= _MOST * total}
    order = sorted(places, key=_ranks(blocks, protocol, always, places).__getitem__)
    # what stands once in a long listing is no field, unless all rules with ports have it
    order = [
        key
        for key in order
        if ported[key] + other[key] > 1 or total < 3 or key in known or (ported[key] == ported[""] and not other[key])
    ]
    ports = [key for key in order[:2] if ported[key] >= _MOST * ported[""] and not other[key]] if ported[""] else []
    found = dict(zip(ports, (LOCAL_PORT, REMOTE_PORT), strict=False)) if len(ports) == 2 else {}
    rest = [key for key in order if key not in found]
    return found | _last_fields(blocks, rest, always & set(rest))


def _ranks(
    blocks: Sequence[Block], protocol: str, always: set[str], places: Mapping[str, list[int]]
) -> dict[str, tuple[float, bool, float]]:
    """Key to where it stands: behind how many of the labels that no rule lacks, then by its place.

    The place alone tells little, as in a rule that lacks a field all later ones stand higher.
    """
    anchors: dict[str, list[int]] = {key: [] for key in places}
    for block in blocks:
        keys = [row.key for row in _labelled(block)]
        seen = 0
        for key in keys[keys.index(protocol) + 1 :] if protocol in keys else ():
            if key in anchors:
                anchors[key].append(seen)
                seen += key in always
    return {
        key: (sum(before) / len(before), key in always, sum(places[key]) / len(places[key]))
        for key, before in anchors.items()
    }


def _last_fields(blocks: Sequence[Block], order: Sequence[str], always: set[str]) -> dict[str, str]:
    """The fields behind the ports, from both ends: edge first; action, source and security last."""
    if len(always) == 2 and len(order) == 2:
        return dict(zip(order, (EDGE, ACTION), strict=True))
    if len(always) < 5 or order[0] not in always or not {*order[-3:]} <= always:
        return {}
    found = {order[0]: EDGE, order[-1]: ACTION, order[-2]: SOURCE, order[-3]: SECURITY}
    middle = list(order[1:-3])
    # groups of users and computers are security descriptors or names of a domain, programs are paths
    types = [key for key in middle if key in always and not _holds(blocks, key, "\\(;")]
    if not types:
        return found
    at = middle.index(types[-1])
    found[middle[at]] = INTERFACES
    programs, groups = middle[:at], middle[at + 1 :]
    if len(programs) == 2:
        # each may be missing in many rules, so their places do not always tell them apart
        programs.sort(key=lambda key: not _is_program(blocks, key))
        found |= dict(zip(programs, (PROGRAM, SERVICE), strict=True))
    elif len(programs) == 1:
        found[programs[0]] = PROGRAM if _is_program(blocks, programs[0]) else SERVICE
    if len(groups) == 2:
        found |= dict(zip(groups, (COMPUTERS, USERS), strict=True))
    return found


def _holds(blocks: Sequence[Block], key: str, chars: str) -> bool:
    """Whether any value of a label has one of the characters."""
    return any(char in row.value for block in blocks for row in block.rows if row.key == key for char in chars)


def _is_program(blocks: Sequence[Block], key: str) -> bool:
    """Whether any value of a label is a path or the kernel, which no service is called."""
    return _holds(blocks, key, "\\") or any(
        row.value.casefold() == KERNEL for block in blocks for row in block.rows if row.key == key
    )
