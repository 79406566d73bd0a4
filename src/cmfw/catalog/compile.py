"""Authored TOML to ``data/catalog.json``. ``python -m cmfw.catalog.compile`` rewrites it; the same rows give the same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cmfw.catalog.authored import DATA, Placed, load_authored
from cmfw.catalog.layout import LAYOUT, LISTS, PACKS, PAGE

COMPILED = DATA / "catalog.json"
SCHEMA = "cmfw/catalog/1"


def compiled(rows: tuple[Placed, ...]) -> dict[str, Any]:
    """The rows as JSON data: pack to table to id to row. Members and editions of a group are put into its row."""
    packs: dict[str, dict[str, Any]] = {pack: {} for pack in PACKS}
    for table in LAYOUT:
        if table in ("group_edition", "group_member"):
            continue
        for placed in rows:
            if placed.table == table:
                _put(packs[placed.pack if table in _PACKED else PAGE], placed)
    groups = packs[PAGE].get("group", {})
    for group in groups.values():
        group["editions"], group["members"] = [], []
    for placed in rows:
        if placed.table in ("group_edition", "group_member"):
            row = dict(placed.row)
            groups[row.pop("group")]["editions" if placed.table == "group_edition" else "members"].append(row)
    return {"schema": SCHEMA, **packs}


_PACKED = frozenset({"flow", "feature", "requirement", "exception"})
"""Tables of which a load takes only the chosen packs; the others are always whole."""


def _put(pack: dict[str, Any], placed: Placed) -> None:
    row = dict(placed.row)
    if placed.table == "feature":
        row["pack"] = placed.pack
    if placed.table in LISTS:
        pack.setdefault(placed.table, []).append(row)
    else:
        pack.setdefault(placed.table, {})[placed.id] = row


def to_text(data: dict[str, Any]) -> str:
    """The JSON text, one row a line so that a change shows as one line."""
    lines = ["{", f'"schema": {json.dumps(data["schema"])},']
    packs = [name for name in data if name != "schema"]
    for pack in packs:
        lines.append(f"{json.dumps(pack)}: {{")
        for table, rows in data[pack].items():
            opening, closing = ("[", "]") if isinstance(rows, list) else ("{", "}")
            lines.append(f"{json.dumps(table)}: {opening}")
            named = (
                [("", row) for row in rows] if isinstance(rows, list) else [(f"{json.dumps(k)}: ", rows[k]) for k in rows]
            )
            lines += [
                name + json.dumps(row, ensure_ascii=False, separators=(",", ":")) + ("," if at < len(named) else "")
                for at, (name, row) in enumerate(named, 1)
            ]
            lines.append(closing + ("," if table != list(data[pack])[-1] else ""))
        lines.append("}" + ("," if pack != packs[-1] else ""))
    return "\n".join([*lines, "}"]) + "\n"


def write(path: Path = COMPILED) -> None:
    """Compile the authored files and write the result. Raises InputError where they are wrong."""
    path.write_text(to_text(compiled(load_authored())), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write()
