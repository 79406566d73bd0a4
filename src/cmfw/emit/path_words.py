"""The words that every network target writes beside its rules: whose plan it is, and why each flow is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cmfw.emit.crossings import PathFlow
from cmfw.emit.network import PathRequest
from cmfw.model.mandate import Mandate
from cmfw.model.site import Site


def heading(request: PathRequest, apply: str, undo: str) -> Iterator[str]:
    """Lines for the head of a file, without the sign of a comment."""
    plan = request.plan
    yield f"cmfw: site {plan.site}, edition {plan.edition}, scope {plan.scope}"
    pairs = [f"{one.from_zone} > {one.to_zone}" for one in request.gateway.crossings]
    yield f"cmfw: what may be opened between zones: {', '.join(pairs)}"
    yield f"cmfw: apply with `{apply}`, go back with `{undo}`"


def mandates_of(site: Site) -> dict[str, Mandate]:
    """Who answers for the rules of each system and client group of which the site file says it, by name."""
    # a name of both is the system, as everywhere that asks for a zone (`PathState.zone_of`)
    found = {one.name: one.mandate for one in site.clients} | {one.host: one.mandate for one in site.systems}
    return {name: mandate for name, mandate in found.items() if mandate != Mandate.NONE}


def reasons(flow: PathFlow, mandates: Mapping[str, Mandate]) -> list[str]:
    """One line for each planned item that needs the flow: id, necessity, features and places of the documentation.

    Then one for each end of which the site file says who answers for it (``mandates_of``).
    """
    found = []
    for item in flow.items:
        places = "; ".join([f"{c.source} {c.at}" for c in item.citations])
        found.append(f"{item.id}, {item.necessity} for {' '.join(item.features)}: {places} (cmfw)")
    if mandates:
        ends = dict.fromkeys((flow.source_name, flow.target_name))
        found += [f"{name}: {mandates[name].text()} (cmfw)" for name in ends if name in mandates]
    return found


def summary(flow: PathFlow, mandates: Mapping[str, Mandate]) -> str:
    """One line for a description that is cut: id, who answers for the ends, then the places of the documentation."""
    ends = dict.fromkeys(mandates[name].text() for name in (flow.source_name, flow.target_name) if name in mandates)
    places = dict.fromkeys(f"{c.source} {c.at}" for item in flow.items for c in item.citations)
    return f"{flow.id}: {'; '.join((*ends, *places))}"
