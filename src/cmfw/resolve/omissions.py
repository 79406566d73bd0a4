"""Collects what a plan leaves out: one ``Omission`` per subject and reason, with all the places it concerns."""

from __future__ import annotations

from collections.abc import Mapping

from cmfw.catalog.types import Cite
from cmfw.model.plan import Citation, Omission

_MOST_NAMED = 5

_REASONS = {
    "documented_only": "documented, but not needed; planned in scope `documented`",
    "advisory": "useful, but nothing depends on it; planned with advisory items",
    "condition": "the site does not meet the condition `{detail}`",
    "feature_disabled": "switched off by `{detail}`",
    "role_missing": "no system has the role `{detail}`",
    "no_network": "both ends are the same host",
    "no_pairs": "the site does not say which hosts of the role belong together",
    "no_common_family": "the ends share no address family",
    "other_product": "another firewall product: nothing is configured automatically, no Windows rules are made",
    "unknown_os": "the Windows version (`{detail}`) is unknown, so the member rules of the group are too",
    "unknown_members": "the catalog does not know the member rules of the group on `{detail}`",
    "edition": "not part of this edition",
}


def citation(cite: Cite) -> Citation:
    """The catalog's citation as a plan shows it."""
    return Citation(cite.source, cite.at, cite.as_of)


class Omissions:
    """Grows while a plan is made; the order in which subjects come first is the order that they are listed in."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], tuple[dict[str, None], tuple[str, ...], Cite | None]] = {}

    def add(
        self, subject: str, code: str, where: str, detail: str = "", errata: tuple[str, ...] = (), cite: Cite | None = None
    ) -> None:
        """Notes that ``subject`` is left out for ``where`` (a group or host) because of ``code``."""
        self._found.setdefault((subject, code, detail), ({}, errata, cite))[0][where] = None

    def forget(self, planned: Mapping[str, set[str]]) -> None:
        """Drops conditions that fail for one system of a place but hold for another: ``planned`` are places by flow."""
        for key in list(self._found):
            subject, code, _ = key
            places = planned.get(subject.rpartition(".")[2]) if code == "condition" else None
            if places:
                where, errata, cite = self._found[key]
                kept = {name: None for name in where if name not in places}
                if kept:
                    self._found[key] = (kept, errata, cite)
                else:
                    del self._found[key]

    def flows_with_conditions(self) -> set[str]:
        """The flows that ``forget`` has to hear of."""
        return {subject.rpartition(".")[2] for subject, code, _ in self._found if code == "condition"}

    def listed(self) -> tuple[Omission, ...]:
        """All omissions."""
        out = []
        for (subject, code, detail), (where, errata, cite) in self._found.items():
            names = [name for name in where if name]
            reason = _REASONS[code].format(detail=detail)
            if names:
                more = len(names) - _MOST_NAMED
                shown = ", ".join(f"`{name}`" for name in names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
                reason = f"{reason}, for {shown}"
            out.append(
                Omission(
                    subject=subject,
                    code=code,
                    reason=reason,
                    errata=errata,
                    citation=None if cite is None else citation(cite),
                    args=(("detail", detail), ("where", ", ".join(names))),
                )
            )
        return tuple(out)
