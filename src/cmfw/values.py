"""``value``: the frozen, slotted dataclass of this project, made in a fifth of the time that ``dataclasses`` needs.

Sixty value classes cost 20 ms of every start with ``dataclasses.dataclass(frozen=True, slots=True)`` (it compiles six
functions a class), which is a quarter of the budget of a command. ``value`` compiles one function, and only for a class of which many values are made.
What it makes is a dataclass to ``dataclasses.fields``, ``replace``, ``asdict``, to ``match`` and to type checkers.
See docs/adr/0007-values-that-start-fast.md.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, TypeVar, dataclass_transform, overload

_T = TypeVar("_T")
_MISSING = dataclasses.MISSING
_FIELD_TYPE = dataclasses._FIELD  # type: ignore[attr-defined]  # noqa: SLF001 - what `fields` and `replace` look at
_ORDER = ("lt", "le", "gt", "ge")


@overload
def value(cls: type[_T], /) -> type[_T]: ...
@overload
def value(*, kw_only: bool = False, order: bool = False) -> Callable[[type[_T]], type[_T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=())
def value(cls: type[_T] | None = None, /, *, kw_only: bool = False, order: bool = False) -> Any:
    """The class as a frozen value with slots: ``__init__``, equality, hash, repr, and comparison with ``order``.

    Defaults must be immutable values (there is no ``field()``); annotations with ``ClassVar`` are no fields.
    ``__post_init__`` runs as in a dataclass. Raises TypeError for a field without default after one with.
    """
    if cls is None:
        return lambda given: _made(given, kw_only=kw_only, order=order)
    return _made(cls, kw_only=kw_only, order=order)


def _made(cls: type[_T], *, kw_only: bool, order: bool) -> type[_T]:
    own = dict(cls.__dict__)
    fields: dict[str, Any] = {}
    for name, annotation in own.get("__annotations__", {}).items():
        if "ClassVar" not in str(annotation):
            fields[name] = _field(name, annotation, own.pop(name, _MISSING), kw_only=kw_only)
    for unwanted in ("__dict__", "__weakref__"):
        own.pop(unwanted, None)
    given = {name: each.default for name, each in fields.items() if each.default is not _MISSING}
    if not kw_only and any(one in given and later not in given for one, later in pairwise(fields)):
        raise TypeError(f"a field without default follows one with a default in `{cls.__name__}`")
    own |= {
        "__slots__": tuple(fields),
        "__match_args__": () if kw_only else tuple(fields),
        "__dataclass_fields__": fields,
        "__setattr__": _refuse_set,
        "__delattr__": _refuse_delete,
        "__getstate__": _state,
        "__setstate__": _restore,
    }
    own.setdefault("__repr__", _repr)
    metaclass: Any = type(cls)
    found: type[_T] = metaclass(cls.__name__, cls.__bases__, own)
    _add_init(found, given, kw_only=kw_only)
    _add_comparisons(found, tuple(fields), _ORDER if order else ())
    return found


_RARE = 12
"""Values of a class that are made without a compiled ``__init__``: most classes never have more in one run."""


def _add_init(cls: Any, given: dict[str, Any], *, kw_only: bool) -> None:
    """An ``__init__`` that fills the slots by name, and compiles itself once the class turns out to be common."""
    names, fill = cls.__slots__, object.__setattr__
    finish = cls.__dict__.get("__post_init__")
    made = 0

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        nonlocal made
        made += 1
        values = {**given, **dict(zip(names, args, strict=False)), **kwargs}
        as_asked = len(values) == len(names) and not (args and (kw_only or len(args) > len(names)))
        if made > _RARE or not as_asked or any(name in kwargs for name in names[: len(args)]):
            cls.__init__ = _compiled_init(cls, given, kw_only=kw_only)
            cls.__init__(self, *args, **kwargs)
            return
        for name in names:
            fill(self, name, values[name])
        if finish is not None:
            finish(self)

    cls.__init__ = __init__


def _compiled_init(cls: Any, given: dict[str, Any], *, kw_only: bool) -> Any:
    names = cls.__slots__
    head = ["self", *(["*"] if kw_only and names else [])]
    head += [f"{name}=_default_{name}" if name in given else name for name in names]
    text = [f"def __init__({', '.join(head)}):", *(f" _set(self, {name!r}, {name})" for name in names)]
    text.append(" self.__post_init__()" if "__post_init__" in cls.__dict__ else " return None")
    scope = {"_set": object.__setattr__} | {f"_default_{name}": default for name, default in given.items()}
    made: dict[str, Any] = {}
    exec("\n".join(text), scope, made)  # noqa: S102 - the text holds our own field names and nothing else
    made["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
    return made["__init__"]


def _add_comparisons(cls: Any, names: tuple[str, ...], order: Iterable[str]) -> None:
    """Equality, hash and, where asked, order by the tuple of all fields, for values of the same class only."""
    if len(names) > 1:
        fields: Any = operator.attrgetter(*names)
    else:
        fields = lambda self: tuple(getattr(self, name) for name in names)  # noqa: E731

    def compared(with_: Any) -> Any:
        def compare(self: Any, other: Any) -> Any:
            return with_(fields(self), fields(other)) if other.__class__ is self.__class__ else NotImplemented

        return compare

    cls.__hash__ = lambda self: hash(fields(self))
    for word in ("eq", *order):
        setattr(cls, f"__{word}__", compared(getattr(operator, word)))


def _field(name: str, annotation: Any, default: Any, *, kw_only: bool) -> Any:
    found: Any = dataclasses.field(default=default, kw_only=kw_only)
    found.name, found.type = name, annotation
    found._field_type = _FIELD_TYPE  # noqa: SLF001
    return found


def _refuse_set(self: object, name: str, _value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r} of {type(self).__name__}")


def _refuse_delete(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r} of {type(self).__name__}")


def _repr(self: Any) -> str:
    inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
    return f"{type(self).__qualname__}({inside})"


def _state(self: Any) -> tuple[Any, ...]:
    return tuple(getattr(self, name) for name in self.__slots__)


def _restore(self: Any, state: tuple[Any, ...]) -> None:
    for name, each in zip(self.__slots__, state, strict=True):
        object.__setattr__(self, name, each)
