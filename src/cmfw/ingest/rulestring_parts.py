"""The four parts of a usual rule string, each learned once and then looked up whole.

    v2.30|Action=Allow|Active=TRUE |Dir= In|Protocol=6|Profile=Domain|LPort=445 |App= System|Svc=x |Name=n|Desc=d| EmbedCtxt=g|
    `----------- lead -----------'       `-------------- middle -------------'       `- program -'                 `-- tail --'

A part is *plain* where its tokens are those that belong there and nothing about them is in doubt, so that it means the same
beside every other plain part. What is learned of a part that is not plain is the empty tuple, and its rules are read field by
field. Source: the order of tokens in every export of the corpus; no rule depends on it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from cmfw.ingest.rule_fields import (
    FieldEffects,
    address_match,
    conditions,
    extras_of,
    has_doubts,
    protocol_is_late,
    read_fields,
    version_of,
)
from cmfw.ingest.rule_tokens import (
    ACTION,
    ACTIVE,
    APP,
    DIR,
    EDGE,
    EMPTY_SLOTS,
    EXTRA,
    GROUP,
    LADDR,
    PROFILE,
    RADDR,
    SEVERAL,
    SVC,
)
from cmfw.model.rule import Action, AddressMatch, Extras, PortMatch, Store
from cmfw.net.addr import V4_ALL, parse_range
from cmfw.net.flow import Direction
from cmfw.net.intervals import Range

MOST_PARTS = 20_000
LONGEST_PART = 1_500
"""Bounds of what is learned, in entries and characters, so that a hostile file costs time and not memory."""

Lead = tuple[tuple[int, int], Action, bool] | tuple[()]
"""(version, action, active)."""
Middle = (
    tuple[
        Direction,
        int,
        int | None,
        PortMatch,
        PortMatch,
        tuple[tuple[int, int | None], ...] | None,
        AddressMatch,
        AddressMatch,
        int,
    ]
    | tuple[()]
)
"""(direction, profiles, protocol, local and remote port, icmp, local and remote address, interfaces)."""
Peers = tuple[AddressMatch, AddressMatch] | tuple[()]
"""(local, remote address): what stands at the end of most middles, and there beside many others."""
Program = tuple[str | None, str | None] | tuple[()]
"""(program, service)."""
Tail = tuple[str, bool, Extras, int] | tuple[()]
"""(group, edge, extras, doubts): with 1 only an inbound rule is valid for certain, with 2 none before it was looked at."""

T = TypeVar("T")


class Parts(dict[str, T]):
    """What each text of one part says; learns what it has not met when it is looked up."""

    __slots__ = ("_learn",)

    def __init__(self, learn: Callable[[str], T]) -> None:
        super().__init__()
        self._learn = learn

    def __missing__(self, text: str) -> T:
        found = self._learn(text)
        if len(self) < MOST_PARTS and len(text) <= LONGEST_PART:
            self[text] = found
        return found


class Dialect(FieldEffects):
    """How rules of one store are read, and what was learned from the rules read so far.

    ``shipped``: Windows wrote the rules itself (see ``rule_tokens``); no ``Active`` then means active.
    """

    __slots__ = ("heads", "leads", "middles", "peers", "programs", "tails")

    def __init__(self, store: Store, *, shipped: bool) -> None:
        super().__init__(store, shipped=shipped)
        self.leads = Parts(self._lead)
        self.middles = Parts(self._middle)
        self.heads = Parts(self._head)
        self.peers = Parts(self._peers)
        self.programs = Parts(self._program)
        self.tails = Parts(self._tail)

    def _lead(self, text: str) -> Lead:
        fields = text.split("|")
        version = version_of(fields[0])
        slots, problems = read_fields(fields[1:], self)
        action, active = slots[ACTION], slots[ACTIVE]
        slots[ACTION] = slots[ACTIVE] = None
        if problems or slots != EMPTY_SLOTS or version is None or action not in (Action.ALLOW, Action.BLOCK):
            return ()
        return version, action, self.shipped if active is None else active

    def _middle(self, text: str) -> Middle:
        near, far = text.find("|LA"), text.find("|RA")
        at = far if near < 0 or 0 <= far < near else near
        if at >= 0 and (peers := self.peers[text[at + 1 :]]) and (head := self.heads[text[:at]]):
            return *head[:6], *peers, head[8]
        return self._whole_middle(text)

    def _head(self, text: str) -> Middle:
        """Conditions without an address; those that have one in another spelling are read whole."""
        found = self._whole_middle(text)
        return found if found and found[6] is AddressMatch.ANY is found[7] else ()

    def _peers(self, text: str) -> Peers:
        if text[:4] == "RA4=" and ":" not in text and (pairs := _pairs_of(text[4:].split("|RA4="))):
            return AddressMatch.ANY, address_match(pairs)
        slots, problems = read_fields(text.split("|"), self)
        local, remote = slots[LADDR], slots[RADDR]
        slots[LADDR] = slots[RADDR] = None
        if problems or slots != EMPTY_SLOTS:
            return ()
        return address_match(local), address_match(remote)

    def _whole_middle(self, text: str) -> Middle:
        fields = f"Dir={text}".split("|")
        slots, problems = read_fields(fields, self)
        if problems or type(slots[DIR]) is not Direction:
            return ()
        found = conditions(slots, self)
        if (
            slots[ACTION:DIR] != _NOTHING[ACTION:DIR]
            or slots[EDGE:PROFILE] != _NOTHING[EDGE:PROFILE]
            or slots[EXTRA] is not None
        ):
            return ()
        if not self.shipped and (protocol_is_late(fields, slots) or has_doubts(found)):
            return ()
        direction, protocol, local, remote = found[1], found[5], found[6], found[7]
        return direction, found[4], protocol, local, remote, found[8], found[9], found[10], found[13]

    def _program(self, text: str) -> Program:
        if not text:
            return None, None
        slots, problems = read_fields(f"App={text}".split("|"), self)
        program, service = slots[APP], slots[SVC]
        slots[APP] = slots[SVC] = None
        return () if problems or program is None or slots != EMPTY_SLOTS else (program, service)

    def _tail(self, text: str) -> Tail:
        if text[:10] == "EmbedCtxt=" and text.find("|") == len(text) - 1:
            return text[10:-1], False, Extras.NONE, 0
        slots, problems = read_fields(text.split("|"), self)
        group, edge, extras = slots[GROUP] or "", slots[EDGE] or False, extras_of(slots[EXTRA])
        slots[GROUP] = slots[EDGE] = slots[EXTRA] = None
        if problems or extras.unknown or slots != EMPTY_SLOTS:
            return ()
        doubts = 1 if edge or extras.defer else 0
        if extras.security or extras.remote_machines or extras.remote_users or extras.bypass_out or extras.loose_source:
            doubts = 2
        return group, edge, extras, 0 if self.shipped else doubts


def _pairs_of(texts: list[str]) -> tuple[Range, ...]:
    """The pairs of remote IPv4 addresses; empty where one is none, or is all of them, which no rule may have."""
    try:
        pairs = tuple([parse_range(text) for text in texts])
    except ValueError:
        return ()
    return () if V4_ALL[0] in pairs else pairs


_NOTHING: list[Any] = [None] * SEVERAL

DIALECTS = {store: Dialect(store, shipped=store in (Store.HARDENING, Store.APPISO)) for store in Store}
"""Windows fills the hardening stores itself: no `Active` there means active. Source: facts/windows_firewall.md 2.2."""
