"""``Atoms``: a set of names (programs, services) that is finite or the complement of a finite set.

Names have no order and no end, so the only exact sets that rules and questions need are "these", "all but these" and
their combinations. Exact.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from cmfw.values import value


@value
class Atoms:
    """``names`` when ``complement`` is false, else every name but ``names``; ANY and EMPTY are written out."""

    names: frozenset[str]
    complement: bool = False

    ANY: ClassVar[Atoms]
    EMPTY: ClassVar[Atoms]

    @classmethod
    def of(cls, *names: str) -> Atoms:
        """The set of just these names."""
        return cls(frozenset(names))

    @classmethod
    def but(cls, names: Iterable[str]) -> Atoms:
        """Every name but these."""
        return cls(frozenset(names), complement=True)

    @property
    def is_empty(self) -> bool:
        """Whether no name is in the set."""
        return not self.names and not self.complement

    @property
    def is_any(self) -> bool:
        """Whether every name is in the set."""
        return self.complement and not self.names

    def __contains__(self, name: str) -> bool:
        return (name in self.names) != self.complement

    def __and__(self, other: Atoms) -> Atoms:
        match self.complement, other.complement:
            case False, False:
                return Atoms(self.names & other.names)
            case False, True:
                return Atoms(self.names - other.names)
            case True, False:
                return Atoms(other.names - self.names)
            case _:
                return Atoms(self.names | other.names, complement=True)

    def __sub__(self, other: Atoms) -> Atoms:
        return self & Atoms(other.names, not other.complement)

    def __or__(self, other: Atoms) -> Atoms:
        inverted = Atoms(self.names, not self.complement) & Atoms(other.names, not other.complement)
        return Atoms(inverted.names, not inverted.complement)

    def __le__(self, other: Atoms) -> bool:
        return (self - other).is_empty

    def example(self, fresh: str) -> str:
        """One member, the first by name; ``fresh`` (made different from every excluded name) for a complement."""
        if not self.complement:
            return min(self.names)
        name = fresh
        while name in self.names:
            name += "x"
        return name


Atoms.ANY = Atoms(frozenset(), complement=True)
Atoms.EMPTY = Atoms(frozenset())
