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
        if attribute == "__path__":
            # ``from NAME import X`` asks whether NAME is a package; only plain modules are deferred
            raise AttributeError(attribute)
        return getattr(self.load(), attribute)

    def load(self) -> ModuleType:
        """The module itself, all of which the stand-in takes over."""
        name = self.__name__
        if sys.modules.get(name) is self:
            del sys.modules[name]
        real = import_module(name)
        self.__dict__.update(real.__dict__)
        return real


class _Later:
    """One name of a module that stands in, for ``from NAME import X``: a function, a class, or an object whose methods are called."""

    def __init__(self, module: _StandIn, name: str) -> None:
        self._module, self._name = module, name

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            # `Base[X]` looks for names that say how X is written as a type; a class that is no generic one has none of them
            raise AttributeError(attribute)
        return getattr(self._real(), attribute)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._real()(*arguments, **named)

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, self._real())

    def _real(self) -> Any:
        return getattr(self._module.load(), self._name)


def defer(name: str, *later: str, **known: Any) -> None:
    """Let the next ``import NAME`` cost nothing until something of the module is used that is not among ``known``.

    The names ``later`` can be imported from it by themselves; each loads the module when it is called or looked into.

    Not ``importlib.util.LazyLoader``, which loads such a module at its second import already (python/cpython#117983). What
    is already loaded stays as it is. Only for modules that are the same whenever they are loaded.
    """
    if name not in sys.modules:
        sys.modules[name] = stand_in = _StandIn(name)
        stand_in.__dict__.update(known)
        stand_in.__dict__.update({each: _Later(stand_in, each) for each in later})


def restore(*names: str) -> None:
    """Let the next ``import NAME`` be the real one again; who has imported a stand-in keeps it, and it works as before.

    For modules that others may do more with than call: a class that stands in cannot be inherited from.
    """
    for name in names:
        if isinstance(sys.modules.get(name), _StandIn):
            del sys.modules[name]
