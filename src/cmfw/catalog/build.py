"""Rows as they stand in the compiled catalog (plain JSON data, already checked) to values.

``checks`` and ``authored`` have been through every row before it is compiled, so nothing is checked again here.
"""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from typing import Any, Generic, TypeVar

from cmfw.catalog.types import (
    Cite,
    Erratum,
    ExceptionRow,
    Feature,
    FindingText,
    FlowKind,
    KnownProgram,
    Necessity,
    Note,
    Process,
    Requirement,
    Source,
    Text,
    UsualProcess,
)

Row = dict[str, Any]
T = TypeVar("T")


class Table(dict[str, T], Generic[T]):
    """A table whose rows are built when they are first asked for; it looks and iterates as if all were there.

    A ``dict`` underneath, because ``resolve`` looks rows up millions of times; ``__missing__`` fills it.
    """

    __slots__ = ("_build", "_rows")

    def __init__(self, rows: dict[str, Row], build: Callable[[str, Row], T]) -> None:
        super().__init__()
        self._rows = rows
        self._build = build

    def __missing__(self, key: str) -> T:
        value = self[key] = self._build(key, self._rows[key])
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __bool__(self) -> bool:
        return bool(self._rows)

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Table) and self._rows == other._rows

    __hash__ = None

    def get(self, key: str, default: Any = None) -> Any:
        """The row, or ``default`` where there is none."""
        return self[key] if key in self._rows else default

    def keys(self) -> KeysView[str]:  # type: ignore[override]
        """The ids in authored order."""
        return KeysView(self)

    def values(self) -> ValuesView[T]:  # type: ignore[override]
        """The rows in authored order."""
        return ValuesView(self)

    def items(self) -> ItemsView[str, T]:  # type: ignore[override]
        """(id, row) in authored order."""
        return ItemsView(self)


def cite(row: Row) -> Cite:
    """Where the row's fact stands."""
    return Cite(row["source"], row["place"], row["as_of"])


def text(value: Row) -> Text:
    """A text in both languages."""
    return Text(value["en"], value["zh_CN"])


def said(value: Row | str) -> Text:
    """A text that is written once where both languages say the same: a number, or the title of a document."""
    return Text(value, value) if isinstance(value, str) else text(value)


def _maybe_text(row: Row, key: str) -> Text | None:
    return text(row[key]) if key in row else None


def _strings(row: Row, key: str) -> tuple[str, ...]:
    return tuple(row.get(key, ()))


def _process(value: Row) -> Process:
    return Process(value["program"], value.get("service", ""))


def source(key: str, row: Row) -> Source:
    """A row of ``source``."""
    return Source(key, said(row["title"]), row["language"], row["as_of"], row.get("url", ""), row.get("note", ""))


def flow(key: str, row: Row) -> FlowKind:
    """A row of ``flow``."""
    return FlowKind(
        id=key,
        from_role=row["from"],
        to_role=row["to"],
        protocol=row["protocol"],
        ports=_strings(row, "ports"),
        default=_strings(row, "default"),
        icmp=row.get("icmp", ""),
        initiators=tuple(_process(p) for p in row.get("initiators", ())),
        listener=_process(row["listener"]) if "listener" in row else None,
        answered=row.get("answered", True),
        scope=row.get("scope", "any"),
        when=row.get("when", ""),
        title=text(row["title"]),
        cite=cite(row),
    )


def feature(key: str, row: Row) -> Feature:
    """A row of ``feature``."""
    return Feature(
        id=key,
        title=text(row["title"]),
        summary=text(row["summary"]),
        kind=row["kind"],
        pack=row["pack"],
        order=row["order"],
        need=row["need"],
        peer_role=row.get("peer_role", ""),
        when=row.get("when", ""),
        alternatives=_strings(row, "alternatives"),
        steps=tuple(text(step) for step in row.get("steps", ())),
        cites=(cite(row), *(cite(more) for more in row.get("also", ()))),
    )


def requirement(key: str, row: Row) -> Requirement:
    """A row of ``requirement``."""
    return Requirement(
        id=key,
        feature=row["feature"],
        flow=row["flow"],
        level={edition: Necessity(level) for edition, level in row["level"].items()},
        direction=row["direction"],
        cell=row.get("cell", ""),
        printed=_strings(row, "printed"),
        errata=_strings(row, "errata"),
        notes=_strings(row, "notes"),
        when=row.get("when", ""),
        note=_maybe_text(row, "note"),
        cite=cite(row),
    )


def exception(key: str, row: Row) -> ExceptionRow:
    """A row of ``exception``."""
    return ExceptionRow(
        id=key,
        feature=row["feature"],
        kind=row["kind"],
        value=row["value"],
        on=row["on"],
        directions=_strings(row, "directions"),
        effective_directions=_strings(row, "effective_directions"),
        editions=_strings(row, "editions"),
        cell=row.get("cell", ""),
        errata=_strings(row, "errata"),
        when=row.get("when", ""),
        note=_maybe_text(row, "note"),
        cite=cite(row),
    )


def erratum(key: str, row: Row) -> Erratum:
    """A row of ``erratum``."""
    return Erratum(
        id=key,
        title=text(row["title"]),
        printed=said(row["printed"]),
        effective=said(row["effective"]),
        reason=text(row["reason"]),
        lines=tuple(row.get("lines", ())),
        features=_strings(row, "features"),
        cite=cite(row),
    )


def usual(row: Row) -> UsualProcess:
    """A row of ``usual``."""
    return UsualProcess(
        direction=row["direction"],
        protocol=row["protocol"],
        ports=row["ports"],
        process=_process(row["process"]),
        cite=cite(row),
    )


def program(key: str, row: Row) -> KnownProgram:
    """A row of ``program``."""
    return KnownProgram(file=key, paths=tuple(row["paths"]), services=_strings(row, "services"), cite=cite(row))


def note(key: str, row: Row) -> Note:
    """A row of ``note``."""
    return Note(id=key, kind=row["kind"], text=text(row["text"]), features=_strings(row, "features"), cite=cite(row))


def finding(key: str, row: Row) -> FindingText:
    """A row of ``finding``."""
    return FindingText(
        code=key,
        severity=row["severity"],
        title=text(row["title"]),
        message=text(row["message"]),
        why=text(row["why"]),
        repair=text(row["repair"]),
        depends_on=_strings(row, "depends_on"),
        variants={word: text(one) for word, one in row.get("variants", {}).items()},
    )
