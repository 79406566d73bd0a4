"""The words that every network target writes beside its rules: whose plan it is, and why each flow is there."""

from __future__ import annotations

from collections.abc import Iterator

from cmfw.emit.crossings import PathFlow
from cmfw.emit.network import PathRequest


def heading(request: PathRequest, apply: str, undo: str) -> Iterator[str]:
    """Lines for the head of a file, without the sign of a comment."""
    plan = request.plan
    yield f"cmfw: site {plan.site}, edition {plan.edition}, scope {plan.scope}"
    pairs = [f"{one.from_zone} > {one.to_zone}" for one in request.gateway.crossings]
    yield f"cmfw: what may be opened between zones: {', '.join(pairs)}"
    yield f"cmfw: apply with `{apply}`, go back with `{undo}`"


def reasons(flow: PathFlow) -> Iterator[str]:
    """One line for each planned item that needs the flow: id, necessity, features and places of the documentation."""
    for item in flow.items:
        places = "; ".join(f"{c.source} {c.at}" for c in item.citations)
        yield f"{item.id}, {item.necessity} for {' '.join(item.features)}: {places} (cmfw)"
