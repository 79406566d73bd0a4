"""Authored TOML to the JSON that is read at run time. ``python -m cmfw.catalog.compile`` rewrites it.

``data/catalog.json`` holds the page's rows and all that every load needs, ``data/catalog-PACK.json`` the rows of a pack, and
the tables of ``APART``, which one command reads, are in files of their own.
The same rows give the same bytes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cmfw.catalog.authored import DATA, Placed, load_authored
from cmfw.catalog.layout import APART, LAYOUT, LISTS, PACKS, PAGE

SCHEMA = "cmfw/catalog/1"
_PACKED = frozenset({"flow", "feature", "requirement", "exception"})
"""Tables of which a load takes only the chosen packs; the others are always whole."""
_MERGED = {"group_edition": "editions", "group_member": "members"}
"""Tables whose rows are put into the row of their group, and the key that they stand under."""


def file_name(pack: str) -> str:
    """The name of the compiled file of a pack."""
    return "catalog.json" if pack == PAGE else f"catalog-{pack}.json"


def compiled(rows: tuple[Placed, ...]) -> dict[str, str]:
    """File name to JSON text, one row a line, so that a change of a row shows as a change of a line."""
    packs: dict[str, dict[str, Any]] = {name: {} for name in (*PACKS, *dict.fromkeys(APART.values()))}
    for table in LAYOUT:
        if table not in _MERGED:
            for placed in rows:
                if placed.table == table:
                    _put(packs[APART.get(table) or (placed.pack if table in _PACKED else PAGE)], placed)
    groups = packs[PAGE].get("group", {})
    for group in groups.values():
        group.update({key: [] for key in _MERGED.values()})
    for placed in rows:
        if placed.table in _MERGED:
            row = dict(placed.row)
            groups[row.pop("group")][_MERGED[placed.table]].append(row)
    return {file_name(pack): _text(tables) for pack, tables in packs.items()}


def _put(tables: dict[str, Any], placed: Placed) -> None:
    row = dict(placed.row)
    if placed.table == "feature":
        row["pack"] = placed.pack
    if placed.table in LISTS:
        tables.setdefault(placed.table, []).append(row)
    else:
        tables.setdefault(placed.table, {})[placed.id] = row


def _text(tables: dict[str, Any]) -> str:
    parts = [f'"schema": {json.dumps(SCHEMA)}']
    for table, rows in tables.items():
        opening, closing = "[]" if isinstance(rows, list) else "{}"
        lines = [_row(row) for row in rows] if isinstance(rows, list) else [f'"{key}": {_row(rows[key])}' for key in rows]
        parts.append(f'"{table}": {opening}\n' + ",\n".join(lines) + f"\n{closing}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _row(row: Any) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def write(folder: Path = DATA) -> None:
    """Compile the authored files and write the results beside them. Raises InputError where they are wrong."""
    for name, text in compiled(load_authored()).items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write()
