"""The catalog: features, flows, requirements, exceptions, groups, errata and the words of findings, each with its source.

``load`` reads the compiled JSON beside the authored TOML and builds a row when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from cmfw.catalog import build
from cmfw.catalog.build import Row, T, Table
from cmfw.catalog.types import Catalog, Group

PAGE = "page"
PACKS = ("content", "deployment", "power", "cloud", "environment", "server")
"""Packs beyond the source page that ``load`` can add."""


def load(packs: Iterable[str] = ()) -> Catalog:
    """The page's rows and those of the packs, in catalog order; raises ValueError for a pack that there is none of.

    The same packs give the identical value.
    """
    chosen = frozenset(packs) - {PAGE}
    unknown = sorted(chosen - frozenset(PACKS))
    if unknown:
        raise ValueError(f"no catalog pack `{unknown[0]}`; there are {', '.join(PACKS)}")
    return _load((PAGE, *(pack for pack in PACKS if pack in chosen)))


@cache
def _load(packs: tuple[str, ...]) -> Catalog:
    parts = [_compiled(pack) for pack in packs]
    page = parts[0]

    def table(name: str, make: Callable[[str, Row], T]) -> Table[T]:
        rows = page.get(name, {})
        for part in parts[1:]:
            rows = rows | part.get(name, {})
        return Table(rows, make)

    return Catalog(
        sources=table("source", build.source),
        flows=table("flow", build.flow),
        features=table("feature", build.feature),
        requirements=table("requirement", build.requirement),
        exceptions=table("exception", build.exception),
        groups=table("group", _group),
        errata=table("erratum", build.erratum),
        usual=tuple(build.usual(row) for row in page["usual"]),
        notes=table("note", build.note),
        findings=table("finding", build.finding),
        programs=table("program", build.program),
    )


def _group(key: str, row: Row) -> Group:
    from cmfw.catalog.build_groups import group

    return group(key, row)


@cache
def _compiled(pack: str) -> dict[str, Any]:
    import json
    import os

    name = "catalog.json" if pack == PAGE else f"catalog-{pack}.json"
    path = os.path.join(os.path.dirname(__file__), "data", name)  # noqa: PTH118, PTH120 - pathlib costs start-up
    # a text stream would look for line ends to translate, which takes three times as long as to decode the whole
    with open(path, "rb") as stream:  # noqa: PTH123
        data: dict[str, Any] = json.loads(stream.read().decode("utf-8"))
    return data
