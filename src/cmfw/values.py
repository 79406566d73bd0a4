"""``value``: the frozen, slotted dataclass of this project, made in a fifth of the time that ``dataclasses`` needs.

Sixty value classes cost 20 ms of every start with ``dataclasses.dataclass(frozen=True, slots=True)`` (it compiles six
functions a class), which is a quarter of the budget of a command. ``value`` compiles nothing: its functions close over the
fields, and ``__init__`` is ready-made code with other names in it (``value_inits``).
What it makes is a dataclass to ``dataclasses.fields``, ``replace``, ``asdict``, to ``match`` and to type checkers.
See docs/adr/0007-values-that-start-fast.md.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Iterable
from itertools import pairwise
from types import FunctionType
from typing import Any, TypeVar, dataclass_transform, overload

from cmfw.value_inits import INITS

_T = TypeVar("_T")
_MISSING = dataclasses.MISSING
_FIELD_TYPE = dataclasses._FIELD  # type: ignore[attr-defined]  # noqa: SLF001 - what `fields` and `replace` look at
_ORDER = ("lt", "le", "gt", "ge")


@overload
def value(cls: type[_T], /) -> type[_T]: ...
@overload
def value(*, kw_only: bool = False, order: bool = False, opened: bool = False) -> Callable[[type[_T]], type[_T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=())
def value(cls: type[_T] | None = None, /, *, kw_only: bool = False, order: bool = False, opened: bool = False) -> Any:
    """The class as a frozen value with slots: ``__init__``, equality, hash, repr, and comparison with ``order``.

    Defaults must be immutable values (there is no ``field()``); annotations with ``ClassVar`` are no fields.
    ``__post_init__`` runs as in a dataclass, and a ``__hash__`` of the class itself stands. Raises TypeError for a field without default after one with.

    ``opened`` puts the slots into a base class that is not frozen, ``__base__`` of the class: whoever makes thousands of
    values makes one of that, sets every field, and then its ``__class__`` (a frozen value sets each of its fields through
    ``object.__setattr__``, which takes six times as long).
    """
    if cls is None:
        return lambda given: _made(given, kw_only=kw_only, order=order, opened=opened)
    return _made(cls, kw_only=kw_only, order=order, opened=opened)


def _made(cls: type[_T], *, kw_only: bool, order: bool, opened: bool) -> type[_T]:
    own = dict(cls.__dict__)
    annotations = {name: a for name, a in own.get("__annotations__", {}).items() if "ClassVar" not in str(a)}
    names = tuple(annotations)
    given = {name: own.pop(name) for name in names if name in own}
    for unwanted in ("__dict__", "__weakref__"):
        own.pop(unwanted, None)
    if not kw_only and any(one in given and later not in given for one, later in pairwise(names)):
        raise TypeError(f"a field without default follows one with a default in `{cls.__name__}`")
    own |= {
        "__slots__": names,
        "__match_args__": () if kw_only else names,
        "__dataclass_fields__": _Fields(annotations, given, kw_only=kw_only),
        "__setattr__": _refuse_set,
        "__delattr__": _refuse_delete,
        "__getstate__": _state,
        "__setstate__": _restore,
        # all of it before the class is made: a method that is set later makes Python look through all slots of the type
        **_comparisons(names, _ORDER if order else (), own.get("__hash__")),
        "__init__": _init(f"{cls.__qualname__}.__init__", names, given, own.get("__post_init__"), kw_only=kw_only),
    }
    own.setdefault("__repr__", _repr)
    metaclass: Any = type(cls)
    bases = cls.__bases__
    if opened:
        # INVARIANT: the class adds no slot to its base, so an instance of one may become one of the other
        bases = (metaclass(f"Open{cls.__name__}", bases, {"__slots__": names, "__module__": cls.__module__}),)
        own["__slots__"] = ()
    found: type[_T] = metaclass(cls.__name__, bases, own)
    return found


def _init(qualified: str, names: tuple[str, ...], given: dict[str, Any], finish: Any, *, kw_only: bool) -> Any:
    """The ``__init__`` of a class: the ready-made code for as many fields, with their names and defaults."""
    if len(names) >= len(INITS):
        raise TypeError(f"a value has at most {len(INITS) - 1} fields; one of {len(names)} needs its code in `value_inits`")
    code = INITS[len(names)]
    code = code.replace(
        co_name="__init__",
        co_qualname=qualified,
        co_varnames=("self", *names),
        # what stands before the names are constants of the code itself
        co_consts=(*code.co_consts[: len(code.co_consts) - len(names)], *names),
        co_argcount=1 if kw_only else 1 + len(names),
        co_kwonlyargcount=len(names) if kw_only else 0,
    )
    made = FunctionType(code, {"fill": object.__setattr__, "finish": finish or id})
    if kw_only:
        made.__kwdefaults__ = given
    else:
        made.__defaults__ = tuple(given.values())
    return made


def _comparisons(names: tuple[str, ...], order: Iterable[str], own_hash: Any) -> dict[str, Any]:
    """Equality, hash and, where asked, order by the tuple of all fields, for values of the same class only."""
    fields: Any = operator.attrgetter(*names) if names else lambda _: ()

    def compared(with_: Any) -> Any:
        def compare(self: Any, other: Any) -> Any:
            return with_(fields(self), fields(other)) if other.__class__ is self.__class__ else NotImplemented

        return compare

    found: dict[str, Any] = {f"__{word}__": compared(getattr(operator, word)) for word in ("eq", *order)}
    return found | {"__hash__": own_hash or (lambda self: hash(fields(self)))}


class _Fields:
    """``__dataclass_fields__`` of one class, made when ``dataclasses`` first asks for it."""

    __slots__ = ("_annotations", "_found", "_given", "_kw_only")

    def __init__(self, annotations: dict[str, Any], given: dict[str, Any], *, kw_only: bool) -> None:
        self._annotations, self._given, self._kw_only = annotations, given, kw_only
        self._found: dict[str, Any] = {}

    def __get__(self, _instance: object, _owner: object) -> dict[str, Any]:
        if not self._found:
            for name, annotation in self._annotations.items():
                field: Any = dataclasses.field(default=self._given.get(name, _MISSING), kw_only=self._kw_only)
                field.name, field.type, field._field_type = name, annotation, _FIELD_TYPE  # noqa: SLF001
                self._found[name] = field
        return self._found


def _refuse_set(self: object, name: str, _value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r} of {type(self).__name__}")


def _refuse_delete(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r} of {type(self).__name__}")


def _repr(self: Any) -> str:
    inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__dataclass_fields__)
    return f"{type(self).__qualname__}({inside})"


def _state(self: Any) -> tuple[Any, ...]:
    return tuple(getattr(self, name) for name in self.__dataclass_fields__)


def _restore(self: Any, state: tuple[Any, ...]) -> None:
    for name, each in zip(self.__dataclass_fields__, state, strict=True):
        object.__setattr__(self, name, each)
