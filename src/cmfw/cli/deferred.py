"""Modules that others import and hardly ever use: a stand-in takes their place and loads them when they are first used.

See docs/adr/0014-modules-that-stand-in.md.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _StandIn(ModuleType):
    """Has nothing of the module but its name; the first look at anything else turns it into the module."""

    def __getattr__(self, attribute: str) -> Any:
        # INVARIANT: called for names only that are not there yet, so never again once the module is loaded
        name = self.__name__
        if sys.modules.get(name) is self:
            del sys.modules[name]
        real = import_module(name)
        self.__dict__.update(real.__dict__)
        return getattr(real, attribute)


def defer(name: str, **known: Any) -> None:
    """Let the next ``import NAME`` cost nothing until something of the module is used that is not among ``known``.

    Not ``importlib.util.LazyLoader``, which loads such a module at its second import already (python/cpython#117983). What
    is already loaded stays as it is. Only for modules that are the same whenever they are loaded.
    """
    if name not in sys.modules:
        sys.modules[name] = stand_in = _StandIn(name)
        stand_in.__dict__.update(known)
