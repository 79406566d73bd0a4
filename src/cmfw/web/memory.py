"""``Memory``: answers that took work, kept by what they were worked out from; the same one is never worked out twice at once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import TypeVar, cast

_Found = TypeVar("_Found")


class _Place:
    """Room for one answer, and the lock of whoever works it out."""

    __slots__ = ("answer", "is_known", "lock")

    def __init__(self) -> None:
        self.lock = Lock()
        self.is_known = False
        self.answer: object = None


class Memory:
    """At most so many answers; the one that was not used for longest goes first. For threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._places: OrderedDict[Hashable, _Place] = OrderedDict()

    def recall(self, key: Hashable, work: Callable[[], _Found]) -> _Found:
        """What ``work`` gives, worked out once for each key. INVARIANT: a key says all that the answer depends on.

        What ``work`` raises is raised, and not kept.
        """
        with self._lock:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
            while len(self._places) > self._most:
                self._places.popitem(last=False)
        with place.lock:
            if not place.is_known:
                place.answer = work()
                place.is_known = True
            return cast("_Found", place.answer)
