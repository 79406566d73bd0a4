"""``INITS``: the ``__init__`` of a value, ready for every number of fields, so that no class compiles one at start.

``values`` takes the code, puts the names of the class's fields in place of the letters (``code.replace``), and gives it
``fill`` and ``finish`` (the class's ``__post_init__``) as its globals. Compiling as many
took 6 ms of an audit. One function for each number because code objects cannot be made shorter or longer.
"""
# ruff: noqa: ANN001 - nobody calls these as they stand
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Any

fill = object.__setattr__
finish: Callable[[object], Any] = id
"""Stands for a class that has no ``__post_init__``."""


def _0(self) -> None:
    finish(self)


def _1(self, a) -> None:
    fill(self, "a", a)
    finish(self)


def _2(self, a, b) -> None:
    fill(self, "a", a)
    fill(self, "b", b)
    finish(self)


def _3(self, a, b, c) -> None:
    fill(self, "a", a)
    fill(self, "b", b)
    fill(self, "c", c)
    finish(self)


def _4(self, a, b, c, d) -> None:
    fill(self, "a", a)
    fill(self, "b", b)
    fill(self, "c", c)
    fill(self, "d", d)
    finish(self)


def _5(self, a, b, c, d, e) -> None:
    fill(self, "a", a)
    fill(self, "b", b)
    fill(self, "c", c)
    fill(self, "d", d)
    fill(self, "e", e)
    finish(self)


def _6(self, a, b, c, d, e, f) -> None:
    fill(self, "a", a)
    fill(self, "b", b)
    fill(self, "c", c)
    fill(self, "d", d)
    fill(self, "e", e)
    fill(self, "f", f)
    finish(self)


def _7(self, a, b, c, d, e, f, g) -> None:
    fill(self, "a", a)
    fill(self, "b", b)
    fill(self, "c", c)
    fill(self, "d", d)
    fill(self, "e", e)
    fill(self, "f", f)
    fill(self, "g", g)
    finish(self)


def _8(self, a, b, c, d, e, f, g, h) -> None:
    fill(self, "a", a)
    fill(self, "b", b)
    fill(self, "c", c)
    fill(self, "d", d)
    fill(self, "e", e)
    fill(self, "f", f)
    fill(self, "g", g)
    fill(self, "h", h)
    finish(self)


def _9(self, a, b, c, d, e, f, g, h, i) -> None:
    fill(self, "a", a)
    fill(self, "b", b)
    fill(self, "c", c)
    fill(self, "d", d)
    fill(self, "e", e)
    fill(self, "f", f)
    fill(self, "g", g)
    fill(self, "h", h)
    fill(self, "i", i)
    finish(self)


def _10(self, a, b, c, d, e, f, g, h, i, j) -> None:
    fill(self, "a", a)
    fill(self, "b", b)
    fill(self, "c", c)
    fill(self, "d", d)
    fill(self, "e", e)
    fill(self, "f", f)
    fill(self, "g", g)
    fill(self, "h", h)
    fill(self, "i", i)
    fill(self, "j", j)
    finish(self)


def _11(self, a, b, c, d, e, f, g, h, i, j, k) -> None:
    fill(self, "a", a)
    fill(self, "b", b)
    fill(self, "c", c)
    fill(self, "d", d)
    fill(self, "e", e)
    fill(self, "f", f)
    fill(self, "g", g)
    fill(self, "h", h)
    fill(self, "i", i)
    fill(self, "j", j)
    fill(self, "k", k)
    finish(self)


def _12(self, a, b, c, d, e, f, g, h, i, j, k, m) -> None:
    fill(self, "a", a)
    fill(self, "b", b)
    fill(self, "c", c)
    fill(self, "d", d)
    fill(self, "e", e)
    fill(self, "f", f)
    fill(self, "g", g)
    fill(self, "h", h)
    fill(self, "i", i)
    fill(self, "j", j)
    fill(self, "k", k)
    fill(self, "m", m)
    finish(self)


def _13(self, a, b, c, d, e, f, g, h, i, j, k, m, n) -> None:
    fill(self, "a", a)
    fill(self, "b", b)
    fill(self, "c", c)
    fill(self, "d", d)
    fill(self, "e", e)
    fill(self, "f", f)
    fill(self, "g", g)
    fill(self, "h", h)
    fill(self, "i", i)
    fill(self, "j", j)
    fill(self, "k", k)
    fill(self, "m", m)
    fill(self, "n", n)
    finish(self)


def _14(self, a, b, c, d, e, f, g, h, i, j, k, m, n, o) -> None:
    fill(self, "a", a)
    fill(self, "b", b)
    fill(self, "c", c)
    fill(self, "d", d)
    fill(self, "e", e)
    fill(self, "f", f)
    fill(self, "g", g)
    fill(self, "h", h)
    fill(self, "i", i)
    fill(self, "j", j)
    fill(self, "k", k)
    fill(self, "m", m)
    fill(self, "n", n)
    fill(self, "o", o)
    finish(self)


def _15(self, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p) -> None:
    fill(self, "a", a)
    fill(self, "b", b)
    fill(self, "c", c)
    fill(self, "d", d)
    fill(self, "e", e)
    fill(self, "f", f)
    fill(self, "g", g)
    fill(self, "h", h)
    fill(self, "i", i)
    fill(self, "j", j)
    fill(self, "k", k)
    fill(self, "m", m)
    fill(self, "n", n)
    fill(self, "o", o)
    fill(self, "p", p)
    finish(self)


def _16(self, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q) -> None:
    fill(self, "a", a)
    fill(self, "b", b)
    fill(self, "c", c)
    fill(self, "d", d)
    fill(self, "e", e)
    fill(self, "f", f)
    fill(self, "g", g)
    fill(self, "h", h)
    fill(self, "i", i)
    fill(self, "j", j)
    fill(self, "k", k)
    fill(self, "m", m)
    fill(self, "n", n)
    fill(self, "o", o)
    fill(self, "p", p)
    fill(self, "q", q)
    finish(self)


def _17(self, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r) -> None:
    fill(self, "a", a)
    fill(self, "b", b)
    fill(self, "c", c)
    fill(self, "d", d)
    fill(self, "e", e)
    fill(self, "f", f)
    fill(self, "g", g)
    fill(self, "h", h)
    fill(self, "i", i)
    fill(self, "j", j)
    fill(self, "k", k)
    fill(self, "m", m)
    fill(self, "n", n)
    fill(self, "o", o)
    fill(self, "p", p)
    fill(self, "q", q)
    fill(self, "r", r)
    finish(self)


def _18(self, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r, s) -> None:
    fill(self, "a", a)
    fill(self, "b", b)
    fill(self, "c", c)
    fill(self, "d", d)
    fill(self, "e", e)
    fill(self, "f", f)
    fill(self, "g", g)
    fill(self, "h", h)
    fill(self, "i", i)
    fill(self, "j", j)
    fill(self, "k", k)
    fill(self, "m", m)
    fill(self, "n", n)
    fill(self, "o", o)
    fill(self, "p", p)
    fill(self, "q", q)
    fill(self, "r", r)
    fill(self, "s", s)
    finish(self)


def _19(self, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r, s, t) -> None:
    fill(self, "a", a)
    fill(self, "b", b)
    fill(self, "c", c)
    fill(self, "d", d)
    fill(self, "e", e)
    fill(self, "f", f)
    fill(self, "g", g)
    fill(self, "h", h)
    fill(self, "i", i)
    fill(self, "j", j)
    fill(self, "k", k)
    fill(self, "m", m)
    fill(self, "n", n)
    fill(self, "o", o)
    fill(self, "p", p)
    fill(self, "q", q)
    fill(self, "r", r)
    fill(self, "s", s)
    fill(self, "t", t)
    finish(self)


def _20(self, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r, s, t, u) -> None:
    fill(self, "a", a)
    fill(self, "b", b)
    fill(self, "c", c)
    fill(self, "d", d)
    fill(self, "e", e)
    fill(self, "f", f)
    fill(self, "g", g)
    fill(self, "h", h)
    fill(self, "i", i)
    fill(self, "j", j)
    fill(self, "k", k)
    fill(self, "m", m)
    fill(self, "n", n)
    fill(self, "o", o)
    fill(self, "p", p)
    fill(self, "q", q)
    fill(self, "r", r)
    fill(self, "s", s)
    fill(self, "t", t)
    fill(self, "u", u)
    finish(self)


def _21(self, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r, s, t, u, v) -> None:
    fill(self, "a", a)
    fill(self, "b", b)
    fill(self, "c", c)
    fill(self, "d", d)
    fill(self, "e", e)
    fill(self, "f", f)
    fill(self, "g", g)
    fill(self, "h", h)
    fill(self, "i", i)
    fill(self, "j", j)
    fill(self, "k", k)
    fill(self, "m", m)
    fill(self, "n", n)
    fill(self, "o", o)
    fill(self, "p", p)
    fill(self, "q", q)
    fill(self, "r", r)
    fill(self, "s", s)
    fill(self, "t", t)
    fill(self, "u", u)
    fill(self, "v", v)
    finish(self)


def _22(self, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r, s, t, u, v, w) -> None:
    fill(self, "a", a)
    fill(self, "b", b)
    fill(self, "c", c)
    fill(self, "d", d)
    fill(self, "e", e)
    fill(self, "f", f)
    fill(self, "g", g)
    fill(self, "h", h)
    fill(self, "i", i)
    fill(self, "j", j)
    fill(self, "k", k)
    fill(self, "m", m)
    fill(self, "n", n)
    fill(self, "o", o)
    fill(self, "p", p)
    fill(self, "q", q)
    fill(self, "r", r)
    fill(self, "s", s)
    fill(self, "t", t)
    fill(self, "u", u)
    fill(self, "v", v)
    fill(self, "w", w)
    finish(self)


_ALL: tuple[Any, ...] = (
    _0,
    _1,
    _2,
    _3,
    _4,
    _5,
    _6,
    _7,
    _8,
    _9,
    _10,
    _11,
    _12,
    _13,
    _14,
    _15,
    _16,
    _17,
    _18,
    _19,
    _20,
    _21,
    _22,
)
INITS: tuple[CodeType, ...] = tuple(init.__code__ for init in _ALL)
