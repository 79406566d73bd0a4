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
    conditions,
    extras_of,
    has_doubts,
    protocol_is_late,
    read_fields,
    version_of,
)
from cmfw.ingest.rule_tokens import ACTION, ACTIVE, APP, DIR, EDGE, EMPTY_SLOTS, EXTRA, GROUP, SVC
from cmfw.model.rule import Action, AddressMatch, Extras, PortMatch, Store
from cmfw.net.flow import Direction

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

    __slots__ = ("leads", "middles", "programs", "tails")

    def __init__(self, store: Store, *, shipped: bool) -> None:
        super().__init__(store, shipped=shipped)
        self.leads = Parts(self._lead)
        self.middles = Parts(self._middle)
        self.programs = Parts(self._program)
        self.tails = Parts(self._tail)

    def _lead(self, text: str) -> Lead:
        fields = text.split("|")
        version = version_of(fields[0])
        slots = self._read(fields[1:], ACTION, ACTIVE)
        if version is None or slots is None or slots[ACTION] not in (Action.ALLOW, Action.BLOCK):
            return ()
        return version, slots[ACTION], self.shipped if slots[ACTIVE] is None else slots[ACTIVE]

    def _middle(self, text: str) -> Middle:
        fields = f"Dir={text}".split("|")
        slots, problems = read_fields(fields, self)
        if problems or type(slots[DIR]) is not Direction or slots[EXTRA] is not None or _holds_single(slots):
            return ()
        found = conditions(slots, self)
        if slots[EXTRA] is not None:
            return ()
        if not self.shipped and (protocol_is_late(fields, slots) or has_doubts(found)):
            return ()
        direction, protocol, local, remote = found[1], found[5], found[6], found[7]
        return direction, found[4], protocol, local, remote, found[8], found[9], found[10], found[13]

    def _program(self, text: str) -> Program:
        if not text:
            return None, None
        slots = self._read(f"App={text}".split("|"), APP, SVC)
        return () if slots is None or slots[APP] is None else (slots[APP], slots[SVC])

    def _tail(self, text: str) -> Tail:
        if text[:10] == "EmbedCtxt=" and text.find("|") == len(text) - 1:
            return text[10:-1], False, Extras.NONE, 0
        slots = self._read(text.split("|"), GROUP, EDGE, EXTRA)
        extras = extras_of(None if slots is None else slots[EXTRA])
        if slots is None or extras.unknown:
            return ()
        edge = slots[EDGE] or False
        doubts = 1 if edge or extras.defer else 0
        if extras.security or extras.remote_machines or extras.remote_users or extras.bypass_out or extras.loose_source:
            doubts = 2
        return slots[GROUP] or "", edge, extras, 0 if self.shipped else doubts

    def _read(self, fields: list[str], *allowed: int) -> list[Any] | None:
        """The slots of the fields; None where they hold anything beside the allowed ones, or a problem."""
        slots, problems = read_fields(fields, self)
        others = slots.copy()
        for slot in allowed:
            others[slot] = None
        return None if problems or others != EMPTY_SLOTS else slots


def _holds_single(slots: list[Any]) -> bool:
    """Whether any token is there that may stand once, but for the direction and the protocol."""
    return any(slots[slot] is not None for slot in (ACTION, ACTIVE, *range(EDGE, GROUP + 1)))


DIALECTS = {store: Dialect(store, shipped=store in (Store.HARDENING, Store.APPISO)) for store in Store}
"""Windows fills the hardening stores itself: no `Active` there means active. Source: facts/windows_firewall.md 2.2."""
