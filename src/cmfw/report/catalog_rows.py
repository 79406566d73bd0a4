"""Rows of the catalog in words: which rows a feature has, and what each of them says."""

from __future__ import annotations

from typing import Any

from cmfw.catalog.types import Catalog, Feature, FlowKind, Note, Requirement
from cmfw.report.cited_place import cited_place
from cmfw.words import say


def rows_of(catalog: Catalog, feature: Feature, edition: str) -> list[Requirement]:
    """The documented rows of the feature in the edition."""
    return [r for r in catalog.requirements.values() if r.feature == feature.id and edition in r.level]


def notes_of(catalog: Catalog, feature: str) -> list[Note]:
    """The notes that speak of the feature, without by-hand steps."""
    return [n for n in catalog.notes.values() if feature in n.features and n.kind not in ("step", "steps", "procedure")]


def short_id(row: Requirement) -> str:
    """The id without the feature in front."""
    return row.id.removeprefix(f"{row.feature}.")


def level_of(row: Requirement, edition: str) -> str:
    """How much the edition needs the row, in words."""
    levels: dict[str, Any] = dict(row.level)
    return say(f"necessity.{levels[edition].value}")


def place(row: Requirement) -> str:
    """Where the row stands, with its source where that is not the page itself, and its errata."""
    source = "" if row.cite.at.startswith("line ") else f"{row.cite.source}: "
    return " ".join([source + cited_place(row.cite.at), *row.errata])


def traffic_of(flow: FlowKind) -> str:
    """``tcp 80 (site.http)``: protocol, default ports, and where the site sets them."""
    ports = ", ".join(flow.default or flow.ports)
    references = [p for p in flow.ports if not p[:1].isdigit()]
    words = [flow.protocol, ports, flow.icmp]
    text = " ".join(word for word in words if word)
    return f"{text} ({', '.join(references)})" if references and flow.default else text
