"""The shared cases: one site file each, with the place, scope and edition in its first line."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

from cmfw.emit import EmitRequest

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
CASES = sorted(path.stem for path in (GOLDEN / "cases").glob("*.toml"))
UPDATE = os.environ.get("CMFW_UPDATE_GOLDEN") == "1"
_HEAD = re.compile(r"# emit: for=(\S+) scope=(least|documented) edition=(2016|current)\n")


@cache
def case(name: str, edition: str = "", scope: str = "") -> EmitRequest:
    """The request of one case; ``edition`` and ``scope`` override those of the file."""
    from cmfw.catalog import load
    from cmfw.catalog.types import Edition
    from cmfw.ingest.site import read_site
    from cmfw.resolve import resolve

    path = GOLDEN / "cases" / f"{name}.toml"
    head = _HEAD.match(path.read_text(encoding="utf-8"))
    assert head, f"{path.name} does not say what to emit in its first line"
    where, its_scope, its_edition = head.groups()
    catalog = load()
    site = read_site(str(path))
    plan = resolve(catalog, site, edition=Edition(edition or its_edition), scope=scope or its_scope)
    return EmitRequest(catalog, site, plan, where)


def same(path: Path, content: bytes) -> None:
    """Fail where the golden file differs; write it where CMFW_UPDATE_GOLDEN=1."""
    if UPDATE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    assert path.is_file(), f"no golden file {path.relative_to(GOLDEN)}: run once with CMFW_UPDATE_GOLDEN=1 and read it"
    assert content == path.read_bytes(), f"{path.relative_to(GOLDEN)} changed: CMFW_UPDATE_GOLDEN=1 if that is meant"
