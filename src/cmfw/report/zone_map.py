"""The map of an audit: the machine, whom it talks to, and an edge for each kind of flow between them, as SVG drawn here.

An edge has a colour, a dash and a sign, and its kind in words, so that it can be told without colours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cmfw.model.site import ClientGroup, System
from cmfw.report.audit_view import Audit
from cmfw.report.drawing import arrow, box, cut, heads
from cmfw.report.edges import Edge
from cmfw.report.markup import Markup, element
from cmfw.report.who import place_of
from cmfw.values import value
from cmfw.words import role, say

SIGNS = {"blocked": "\u2716", "undecided": "\u25c6", "fallback": "\u25b2", "allowed": "\u2714"}
_WIDTH, _MARGIN, _BOX, _LANE, _HEAD, _SPACE = 860, 12, 210, 30, 44, 16
_FIRST, _LAST = _MARGIN + _BOX, _WIDTH - _MARGIN - _BOX
_MOST_LETTERS = 54


@value
class _Node:
    """One peer: its lines of text, the zone that it is in, and its edges."""

    name: str
    told: tuple[str, ...]
    zone: str
    edges: tuple[Edge, ...]

    @property
    def height(self) -> int:
        return _HEAD + max(len(self.edges), 1) * _LANE


def zone_map(audit: Audit, edges: Sequence[Edge]) -> Markup:
    """The drawing, with a title and a description for those who do not see it."""
    nodes = _nodes(audit, edges)
    parts: list[Markup] = []
    y = _MARGIN
    zone = ""
    for node in nodes:
        if node.zone != zone:
            zone = node.zone
            y += _SPACE
            parts.append(element("text", f"{say('report.map.zone')} {zone}", x=_LAST, y=y, class_="zone"))
            y += _SPACE // 2
        parts.extend(_node(node, y))
        y += node.height + _SPACE
    height = max(y, _MARGIN + _HEAD + _SPACE)
    machine = box(_MARGIN, _MARGIN, (_BOX, height - _SPACE - _MARGIN), _machine(audit), "machine")
    label = element("title", say("report.map.title", who=audit.who.name), id="map-title")
    return element(
        "svg",
        label,
        heads(SIGNS),
        machine,
        parts,
        viewBox=f"0 0 {_WIDTH} {height}",
        role="img",
        aria_labelledby="map-title",
        class_="map",
    )


def legend() -> Markup:
    """What the kinds of edge look like."""
    told = [
        element(
            "li",
            element("svg", arrow(2, 46, 8, kind), viewBox="0 0 48 16", width=48, height=16, aria_hidden="true"),
            f" {SIGNS[kind]} ",
            say(f"report.map.{kind}"),
        )
        for kind in ("allowed", "fallback", "blocked", "undecided")
    ]
    return element("ul", told, class_="legend")


def _nodes(audit: Audit, edges: Sequence[Edge]) -> list[_Node]:
    by_peer: dict[str, list[Edge]] = {}
    for edge in edges:
        by_peer.setdefault(edge.peer, []).append(edge)
    places: dict[str, System | ClientGroup] = {group.name: group for group in audit.site.clients}
    places |= {system.host: system for system in audit.site.systems}
    found = []
    for name, its in by_peer.items():
        place = places.get(name)
        zone = "" if place is None else place.zone
        found.append(_Node(name or say("audit.peers"), tuple(_about(place)), zone, tuple(its)))
    return sorted(found, key=lambda node: (node.zone, node.name))


def _about(place: System | ClientGroup | None) -> Iterator[str]:
    if isinstance(place, System):
        yield ", ".join(place.addresses.texts()[:2])
    elif isinstance(place, ClientGroup):
        yield ", ".join(place.subnets.texts()[:2])


def _machine(audit: Audit) -> tuple[str, ...]:
    place = place_of(audit.site, audit.who)
    roles = say("list").join(map(role, place.roles)) if isinstance(place, System) else role("client")
    zone = f"{say('report.map.zone')} {place.zone}" if place.zone else ""
    return (audit.who.name, *_about(place), roles, zone)


def _node(node: _Node, y: int) -> Iterator[Markup]:
    yield box(_LAST, y, (_BOX, node.height), (node.name, *node.told), "peer")
    for at, edge in enumerate(node.edges):
        lane = y + _HEAD + at * _LANE + _LANE // 2 - 4
        ends = (_FIRST, _LAST) if edge.outgoing else (_LAST, _FIRST)
        told = f"{SIGNS[edge.kind]} {', '.join(edge.traffic)}"
        full = say(f"report.map.{edge.kind}") + say("colon") + ", ".join(edge.traffic)
        yield element(
            "g",
            element("title", full),
            arrow(*ends, lane, edge.kind),
            element("text", cut(told, _MOST_LETTERS), x=_WIDTH // 2, y=lane - 6, class_=f"label {edge.kind}"),
        )
