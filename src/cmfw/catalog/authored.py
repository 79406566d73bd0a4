"""Reads the authored TOML files strictly: every mistake is found, named by file, table, row and key, and told at once.

Only ``compile`` and the tests use this; at run time the compiled catalog is read.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cmfw.catalog.build_groups import fits
from cmfw.catalog.checks import check
from cmfw.catalog.layout import LAYOUT, LISTS, PACKS, PAGE
from cmfw.errors import InputError, Problem
from cmfw.model.need import leaves, parse_need
from cmfw.model.rule import group_id

DATA = Path(__file__).with_name("data")
Row = dict[str, Any]
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Placed:
    """A row with the file, table and id it stands under (a running number where its table has no ids), and its pack."""

    file: str
    table: str
    id: str
    pack: str
    row: Row

    @property
    def key(self) -> str:
        """Where the row stands in its file."""
        return f"{self.table}[{self.id}]" if self.table in LISTS else f"{self.table}.{self.id}"

    def problem(self, key: str, expected: str, found: str, hint: str = "") -> Problem:
        """A problem with one key of the row, or with the whole row where ``key`` is empty."""
        return Problem(self.file, expected, found, hint, f"{self.key}.{key}" if key else self.key)


@dataclass(slots=True)
class _Reading:
    placed: list[Placed] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def rows(self, table: str) -> Iterator[Placed]:
        return (p for p in self.placed if p.table == table)

    def wrong(self, placed: Placed, key: str, expected: str, found: str, hint: str = "") -> None:
        self.problems.append(placed.problem(key, expected, found, hint))


def load_authored(folder: Path = DATA) -> tuple[Placed, ...]:
    """Every row of every TOML file under the folder, in order of file name and then as authored.

    Raises InputError with every problem of every file.
    """
    return load_texts((p.relative_to(folder).as_posix(), p.read_text("utf-8")) for p in sorted(folder.rglob("*.toml")))


def load_texts(files: Iterable[tuple[str, str]]) -> tuple[Placed, ...]:
    """The rows of (file name, TOML text) pairs; raises InputError with every problem."""
    reading = _Reading()
    for name, content in files:
        try:
            tables = tomllib.loads(content)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"line (\d+)", str(error))
            line = int(found[1]) if found else None
            reading.problems.append(Problem(name, "TOML", str(error), line=line))
            continue
        _place(reading, name, tables)
    ids = {table: frozenset(p.id for p in reading.rows(table)) for table in LAYOUT if table not in LISTS}
    for placed in reading.placed:
        _check_row(reading, placed, ids)
    if not reading.problems:
        _check_whole(reading)
    if reading.problems:
        raise InputError(*reading.problems)
    return tuple(reading.placed)


def _place(reading: _Reading, name: str, tables: Row) -> None:
    pack = tables.pop("pack", PAGE)
    if pack not in PACKS:
        reading.problems.append(Problem(name, f"one of {', '.join(PACKS)}", f"`{pack}`", key="pack"))
        pack = PAGE
    for table, rows in tables.items():
        if table not in LAYOUT:
            reading.problems.append(Problem(name, f"a table: {', '.join(LAYOUT)}", f"`{table}`", key=table))
            continue
        kind, words = (list, "a list of rows (`[[...]]`)") if table in LISTS else (dict, "rows by id (`[table.id]`)")
        if not isinstance(rows, kind):
            reading.problems.append(Problem(name, words, type(rows).__name__, key=table))
            continue
        numbered = enumerate(rows, 1) if isinstance(rows, list) else rows.items()
        for row_id, row in numbered:
            placed = Placed(name, table, str(row_id), pack, row)
            twin = next((p for p in reading.rows(table) if p.id == placed.id), None) if table not in LISTS else None
            if twin is not None:
                reading.wrong(placed, "", "an id once", f"also in `{twin.file}`")
            if not _ID.fullmatch(placed.id):
                reading.wrong(placed, "", "an id of letters, digits, `_`, `-` and `.`", f"`{placed.id}`")
            if isinstance(row, dict):
                reading.placed.append(placed)
            else:
                reading.wrong(placed, "", "a row", f"`{row!r}`")


def _check_row(reading: _Reading, placed: Placed, ids: dict[str, frozenset[str]]) -> None:
    layout = LAYOUT[placed.table]
    for key, value in placed.row.items():
        if key not in layout:
            reading.wrong(placed, key, f"a key of `{placed.table}`", "unknown key", f"known: {', '.join(layout)}")
            continue
        for expected, found, hint in check(value, layout[key], ids):
            reading.wrong(placed, key, expected, found, hint)
    for key, what in layout.items():
        if what.required and key not in placed.row:
            reading.wrong(placed, key, "a value", "no such key")


def _check_whole(reading: _Reading) -> None:
    """What only rows together show; they are checked once every row by itself is right."""
    for check_all in (_check_flows, _check_features, _check_requirements, _check_exceptions, _check_groups):
        check_all(reading)


def _check_flows(reading: _Reading) -> None:
    for flow in reading.rows("flow"):
        has_ports = flow.row["protocol"] in ("tcp", "udp")
        if "icmp" in flow.row and not flow.row["protocol"].startswith("icmp"):
            reading.wrong(flow, "icmp", "only with an ICMP protocol", f"`{flow.row['protocol']}`")
        if not has_ports and "ports" in flow.row:
            reading.wrong(flow, "ports", "only with tcp or udp", f"`{flow.row['protocol']}`")
        if has_ports and bool(flow.row.get("ports")) != bool(flow.row.get("default")):
            reading.wrong(flow, "default", "default ports exactly where there are ports", f"`{flow.row.get('default')}`")
        if not flow.row.get("answered", True) and "listener" in flow.row:
            reading.wrong(flow, "listener", "none where nobody answers", f"`{flow.row['listener']}`")


def _check_features(reading: _Reading) -> None:
    """A flow of a pack is used by features of that pack only; the page's flows by all. No feature stands for itself."""
    packs = {flow.id: flow.pack for flow in reading.rows("flow")}
    used: set[str] = set()
    for feature in reading.rows("feature"):
        named = {leaf for text in feature.row["need"].values() for leaf in leaves(parse_need(text))}
        used |= named
        for leaf in sorted(named):
            if packs[leaf] not in (PAGE, feature.pack):
                reading.wrong(feature, "need", f"flows of pack `{feature.pack}` or of the page", f"`{leaf}`")
        if feature.id in feature.row.get("alternatives", ()):
            reading.wrong(feature, "alternatives", "other features", f"`{feature.id}`")
    used |= {row.row["flow"] for row in reading.rows("requirement")}
    for flow in reading.rows("flow"):
        if flow.id not in used:
            reading.wrong(flow, "", "a flow that some feature asks for", "nobody does")


def _check_requirements(reading: _Reading) -> None:
    """Every flow of a formula has a row that says how strongly the edition asks for it, and where that stands."""
    rows: dict[tuple[str, str, str], Placed] = {}
    packs = {feature.id: feature.pack for feature in reading.rows("feature")}
    for row in (*reading.rows("requirement"), *reading.rows("exception")):
        if packs[row.row["feature"]] != row.pack:
            reading.wrong(row, "feature", f"a feature of pack `{row.pack}`", f"`{row.row['feature']}`")
    for row in reading.rows("requirement"):
        for edition in row.row["level"]:
            rows[row.row["feature"], row.row["flow"], edition] = row
        if row.row.get("printed") and not row.row.get("errata"):
            reading.wrong(row, "printed", "the erratum that explains it in `errata`", "none")
    for feature in reading.rows("feature"):
        for edition, text in feature.row["need"].items():
            for leaf in dict.fromkeys(leaves(parse_need(text))):
                if (feature.id, leaf, edition) not in rows:
                    found = f"none for `{leaf}` in edition `{edition}`"
                    reading.wrong(feature, "need", "a requirement for each flow of the formula", found)


def _check_exceptions(reading: _Reading) -> None:
    groups = {group_id(g.row["resource"]) for g in reading.rows("group")}
    flows = {f.id for f in reading.rows("flow")}
    for row in reading.rows("exception"):
        value, kind = row.row["value"], row.row["kind"]
        if kind == "group" and group_id(value) not in groups:
            reading.wrong(row, "value", "the resource of a row of `group`", f"`{value}`")
        if kind == "port" and value not in flows:
            reading.wrong(row, "value", "the id of a row of `flow`", f"`{value}`")
        if row.row["directions"] and row.row["directions"] != row.row["effective_directions"]:
            reading.wrong(row, "effective_directions", "the directions, where the document gives them", "others")


def _check_groups(reading: _Reading) -> None:
    """Every member belongs to whole editions, and every edition names each rule once."""
    for member in reading.rows("group_member"):
        hits = [
            e for e in reading.rows("group_edition") if e.row["group"] == member.row["group"] and fits(member.row, e.row)
        ]
        if not hits:
            reading.wrong(member, "", "a `group_edition` that has it", f"none for `{member.row['id']}`")
    for edition in reading.rows("group_edition"):
        mine = [m for m in reading.rows("group_member") if m.row["group"] == edition.row["group"]]
        names = [m.row["id"] for m in mine if fits(m.row, edition.row)]
        for name in sorted({n for n in names if names.count(n) > 1}):
            reading.wrong(edition, "", "each rule once", f"`{name}` twice")
        if not names:
            reading.wrong(edition, "", "member rules", "none")
