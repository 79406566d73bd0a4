"""``value``: the frozen, slotted dataclass of this project, made in a fifth of the time that ``dataclasses`` needs.

Sixty value classes cost 20 ms of every start with ``dataclasses.dataclass(frozen=True, slots=True)`` (it compiles six
functions a class), which is a quarter of the budget of a command. ``value`` compiles a method when it is first called and shares the rest.
What it makes is a dataclass to ``dataclasses.fields``, ``replace``, ``asdict``, to ``match`` and to type checkers.
See docs/adr/0007-values-that-start-fast.md.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any, TypeVar, dataclass_transform, overload

_T = TypeVar("_T")
_MISSING = dataclasses.MISSING
_FIELD_TYPE = dataclasses._FIELD  # type: ignore[attr-defined]  # noqa: SLF001 - what `fields` and `replace` look at
_ORDER = (("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">="))


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
    _late(found, "__init__", lambda: _init_text(found, given, kw_only=kw_only), given)
    both = [f"({''.join(f'{one}.{name}, ' for name in fields)})" for one in ("self", "other")]
    _late(found, "__hash__", lambda: f"def __hash__(self):\n return hash({both[0]})", {})
    for word, sign in (("eq", "=="), *(_ORDER if order else ())):
        _late(found, f"__{word}__", partial(_comparison_text, word, sign, both), {})
    return found


def _late(cls: type, name: str, text: Callable[[], str], defaults: dict[str, Any]) -> None:
    """Give the class a method that is compiled when it is first called: many classes are never compared or even made."""

    def first(*args: Any, **kwargs: Any) -> Any:
        scope = {"_set": object.__setattr__} | {f"_default_{field}": default for field, default in defaults.items()}
        made: dict[str, Any] = {}
        exec(text(), scope, made)  # noqa: S102 - the text holds our own field names and nothing else
        made[name].__qualname__ = f"{cls.__qualname__}.{name}"
        setattr(cls, name, made[name])
        return made[name](*args, **kwargs)

    setattr(cls, name, first)


def _init_text(cls: type, given: dict[str, Any], *, kw_only: bool) -> str:
    names = cls.__slots__  # type: ignore[attr-defined]
    head = ["self", *(["*"] if kw_only and names else [])]
    head += [f"{name}=_default_{name}" if name in given else name for name in names]
    text = [f"def __init__({', '.join(head)}):", *(f" _set(self, {name!r}, {name})" for name in names)]
    text.append(" self.__post_init__()" if "__post_init__" in cls.__dict__ else " return None")
    return "\n".join(text)


def _comparison_text(word: str, sign: str, both: list[str]) -> str:
    answer = f"{both[0]} {sign} {both[1]}"
    return f"def __{word}__(self, other):\n return {answer} if other.__class__ is self.__class__ else NotImplemented"


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
