"""What becomes of every planned flow at a machine, for maps: allowed, a fallback that is allowed, blocked, or undecided."""

from __future__ import annotations

from cmfw.diagnose.leaves import Judge
from cmfw.diagnose.place import find_place
from cmfw.model.plan import PlanItem
from cmfw.model.verdict import Bounds, Status
from cmfw.report.audit_view import Audit
from cmfw.report.plan_rows import traffic_words
from cmfw.values import value

KINDS = ("blocked", "undecided", "fallback", "allowed")
"""Kinds of edge, the worst first."""


@value
class Edge:
    """Flows of one kind between the machine and one other end; ``outgoing`` as the machine sees them.

    ``peer`` is the name of the other end, empty for other clients of the group. ``traffic`` are words like ``tcp 445``, sorted,
    ``items`` the plan items behind them.
    """

    peer: str
    outgoing: bool
    kind: str
    traffic: tuple[str, ...]
    items: tuple[str, ...]


def judge_of(audit: Audit) -> Judge:
    """The judge of the audit's machine, as the diagnosis had it."""
    place = find_place(audit.site, audit.who.name, host=audit.who.host)
    return Judge({item.id: item for item in audit.plan.items}, place, audit.engine, audit.path)


def edges_of(audit: Audit, judge: Judge) -> tuple[Edge, ...]:
    """Every planned flow that the machine is an end of, those of one kind to one peer together."""
    found: dict[tuple[str, bool, str], dict[str, list[str]]] = {}
    for item in audit.plan.items:
        for end in judge.place.ends(item):
            bounds = judge.leaf(item.id).bounds
            other = item.target if end == "from" else item.source
            peer = "" if judge.place.is_end(other) else other.name
            kind = "undecided" if judge.place.is_other_product else kind_of(item, bounds)
            found.setdefault((peer, end == "from", kind), {}).setdefault(traffic_words(item), []).append(item.id)
    edges = [
        Edge(*key, tuple(sorted(told)), tuple(dict.fromkeys(name for names in told.values() for name in names)))
        for key, told in found.items()
    ]
    return tuple(sorted(edges, key=lambda edge: (edge.peer, KINDS.index(edge.kind), edge.outgoing)))


def kind_of(item: PlanItem, bounds: Bounds) -> str:
    """The kind of the item's edge."""
    if bounds.low is Status.WORKS:
        return "fallback" if item.necessity == "fallback" else "allowed"
    return "blocked" if bounds.high is Status.BROKEN else "undecided"
