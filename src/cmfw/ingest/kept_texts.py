"""``kept``: a reader of texts of which a few come again and again, whatever the site: ports, circumstances, endings."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

_Read = TypeVar("_Read")
_MOST, _LONGEST = 2_000, 1_500
"""Bounds in texts and characters, so that a hostile file costs time and not memory."""


def kept(read: Callable[..., _Read]) -> Callable[..., _Read]:
    """``read``, which remembers what it gave for each text (its first argument) that is not long; for pure readers only."""
    remembered = lru_cache(maxsize=_MOST)(read)
    return lambda text, *more: remembered(text, *more) if len(text) < _LONGEST else read(text, *more)
