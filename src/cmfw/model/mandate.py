"""``Mandate``: who answers for the rules of a place, in which ticket they were asked for, and until when."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from cmfw.values import value
from cmfw.words.phrases import phrase

ENDS = ";|\"\\'`"
"""Characters that end or quote a field somewhere on the way; no owner and no ticket has them."""
_WORDS = ("owner", "ticket", "expires")


@value(kw_only=True)
class Mandate:
    """Owner and ticket as people write them, ``expiry`` as an ISO 8601 day; empty where the site file does not say."""

    owner: str = ""
    ticket: str = ""
    expiry: str = ""

    NONE: ClassVar[Mandate]

    def __post_init__(self) -> None:
        # INVARIANT: the texts stand in comments and descriptions of every target, so none of them may end one
        for text in (self.owner, self.ticket, self.expiry):
            if not text.isprintable() or set(ENDS) & set(text):
                raise ValueError(phrase("`{text}` cannot stand in a description", text=repr(text)))

    def text(self) -> str:
        """``owner: X; ticket: Y; expires: 2027-01-31`` with what is known: the end of a rule's description."""
        found = zip(_WORDS, (self.owner, self.ticket, self.expiry), strict=True)
        return "; ".join(f"{word}: {said}" for word, said in found if said)

    def is_over(self, day: str) -> bool:
        """Whether the last day lies before ``day`` (ISO 8601)."""
        return bool(self.expiry) and self.expiry < day

    def over(self, other: Mandate) -> Mandate:
        """This one, with what it does not say from ``other``."""
        return Mandate(
            owner=self.owner or other.owner, ticket=self.ticket or other.ticket, expiry=self.expiry or other.expiry
        )


Mandate.NONE = Mandate()


def mandate_of(description: str) -> Mandate:
    """What a description says at its end, as ``Mandate.text`` writes it."""
    found: dict[str, str] = {}
    for part in reversed(description.split("; ")):
        word, colon, said = part.partition(": ")
        if not colon or word not in _WORDS or word in found:
            break
        found[word] = said
    return Mandate(owner=found.get("owner", ""), ticket=found.get("ticket", ""), expiry=found.get("expires", ""))


def described(parts: Iterable[str], mandate: Mandate) -> str:
    """A description: its parts that are not empty, and what is known of the mandate."""
    return "; ".join(part for part in (*parts, mandate.text()) if part)
