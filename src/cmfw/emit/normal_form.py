"""The normal form of a state's rules: two states with the same one match the same flows with the same answers.

A rule is cut into parts of one address family, one interface type and one ICMP type; port keywords whose ports are certain
become ports; parts that differ only in remote addresses are joined. So the form does not depend on how a format splits or
spells a rule, nor on its id, its texts or its store. Equal forms are equal for certain; unequal ones may still be equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from operator import attrgetter

from cmfw.engine.conditions import counts, keyword_ports
from cmfw.engine.exact import Engine
from cmfw.model.rule import Action, Extras, HostRule, PortMatch, canonical_program
from cmfw.model.state import HostState
from cmfw.net.addr import AddrSet
from cmfw.net.flow import ICMP4, ICMP6, Direction, Interface, Profile
from cmfw.values import value

_FAMILIES = {"4": AddrSet.V4, "6": AddrSet.V6}
_OTHER_FAMILY = {ICMP4: "6", ICMP6: "4"}


@value
class Key:
    """Every condition of a part but its remote addresses; ``family`` is ``4`` or ``6``, ``icmp`` one type or None for all."""

    action: Action
    direction: Direction
    profiles: int
    protocol: int | None
    local_port: PortMatch
    remote_port: PortMatch
    icmp: tuple[int, int | None] | None
    program: str | None
    service: str | None
    interface: int
    family: str
    local: AddrSet
    extras: Extras


class Remote:
    """The remote addresses of all parts of one key, joined, and the rules that they come from."""

    __slots__ = ("addresses", "rules", "words")

    def __init__(self) -> None:
        self.addresses = AddrSet.EMPTY
        self.words: frozenset[str] = frozenset()
        self.rules: list[HostRule] = []

    def add(self, addresses: AddrSet, words: frozenset[str], rule: HostRule) -> None:
        """Join the remote addresses of one more rule."""
        self.addresses |= addresses
        self.words |= words
        self.rules.append(rule)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Remote):
            return NotImplemented
        return (self.addresses, self._words) == (other.addresses, other._words)

    def __le__(self, other: Remote) -> bool:
        return self.addresses <= other.addresses and (self._words <= other._words or other._is_whole)

    __hash__ = None  # type: ignore[assignment]

    @property
    def _is_whole(self) -> bool:
        return any(family <= self.addresses for family in _FAMILIES.values())

    @property
    def _words(self) -> frozenset[str]:
        """The keywords; beside every address of the family they say nothing more."""
        return frozenset() if self._is_whole else self.words


NormalForm = dict[Key, Remote]


Counted = list[tuple[HostRule, int]]
"""(rule, mask of the profiles in which it counts)."""
_CONDITIONS = attrgetter(
    "action", "direction", "protocol", "local_port", "remote_port", "icmp", "local_address", "remote_address", "program",
    "service", "interfaces", "extras",
)  # fmt: skip


def counted(engine: Engine) -> Counted:
    """Every rule that counts after the merge laws, in state order."""
    laws = {profile: engine.worlds(profile)[0] for profile in Profile}
    out: Counted = []
    for rule in engine.state.rules:
        mask = sum(int(p) for p, law in laws.items() if rule.profiles & p and counts(rule, law))
        if mask:
            out.append((rule, mask))
    return out


def uncommon(mine: Counted, theirs: Counted) -> tuple[Counted, Counted]:
    """The rules of each side that the other has not in just the same spelling; most rules of a faithful copy cancel here."""
    keys = [[(mask, _CONDITIONS(rule)) for rule, mask in side] for side in (mine, theirs)]
    common = set(keys[0]) & set(keys[1])
    left = (
        [one for one, key in zip(side, its, strict=True) if key not in common]
        for side, its in zip((mine, theirs), keys, strict=True)
    )
    return next(left), next(left)


def normal_form(engine: Engine, rules: Counted | None = None) -> NormalForm:
    """The parts of those rules (None: of all that count in the engine's state), by their conditions."""
    form: NormalForm = {}
    for rule, mask in counted(engine) if rules is None else rules:
        for key, addresses, words in _parts(rule, mask, engine.state):
            form.setdefault(key, Remote()).add(addresses, words, rule)
    return form


def _parts(rule: HostRule, mask: int, state: HostState) -> Iterator[tuple[Key, AddrSet, frozenset[str]]]:
    extras = rule.extras
    if extras.defer or extras.loose_source:
        # who decides on edge traversal changes no routed flow. Source: facts/windows_firewall.md 3.3
        extras = replace(extras, defer="", loose_source=False)
    local_port, remote_port = _ports(rule.local_port, rule, state), _ports(rule.remote_port, rule, state)
    program = None if rule.program is None else canonical_program(rule.program)
    service = None if rule.service is None else rule.service.lower()
    for family, every in _FAMILIES.items():
        local, remote = rule.local_address.addresses & every, rule.remote_address.addresses & every
        words = frozenset(word for word in rule.remote_address.keywords if word[-1] == family)
        odd = any(word[-1] == family for word in rule.local_address.keywords)
        if (
            (local.is_empty and not odd)
            or (remote.is_empty and not words)
            or _OTHER_FAMILY.get(rule.protocol or 0) == family
        ):
            continue
        if odd:
            # no rule of Windows has a keyword there: what it means is not known, so it stays part of the key
            extras = replace(extras, unknown=(*extras.unknown, ("LA", " ".join(rule.local_address.keywords))))
        for kind in (None,) if rule.icmp is None else rule.icmp:
            for bit in (int(bit) for bit in Interface if bit & rule.interfaces):
                key = Key(
                    rule.action,
                    rule.direction,
                    mask,
                    rule.protocol,
                    local_port,
                    remote_port,
                    kind,
                    program,
                    service,
                    bit,
                    family,
                    local,
                    extras,
                )
                yield key, remote, words


def _ports(match: PortMatch, rule: HostRule, state: HostState) -> PortMatch:
    """The condition with every keyword as ports whose meaning is certain."""
    if not match.keywords:
        return match
    ports, words = match.ports, []
    for word in match.keywords:
        sure, possible, _ = keyword_ports(word, rule, state)
        if sure == possible:
            ports |= sure
        else:
            words.append(word)
    return PortMatch(ports, tuple(words))
