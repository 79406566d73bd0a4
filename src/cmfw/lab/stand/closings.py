"""``Closing``: the ports that are closed one after the other, as block rules on the machine that decides. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from cmfw.diagnose.changes import Traffic, add_rules
from cmfw.lab.changed import changed_layout
from cmfw.lab.layout import Layout
from cmfw.lab.stand.parts import Leg
from cmfw.model.need import Need, Prefer, leaves
from cmfw.model.plan import FeatureRow, Plan, PlanItem
from cmfw.model.rule import Action
from cmfw.net.flow import PROTOCOL_NAMES, Direction
from cmfw.net.ports import PortSet
from cmfw.values import value

Shut = tuple[str, Traffic]
"""The place whose firewall blocks it, and what."""


@value(kw_only=True)
class Closing:
    """What is closed at once, where, and the items whose flows that are."""

    shut: tuple[Shut, ...]
    items: tuple[str, ...]

    def text(self) -> tuple[str, ...]:
        """(place, traffic) for people: ``mp1: in tcp/80``."""
        return tuple(
            f"{place}: {'in' if traffic.directions == Direction.IN else 'out'} {traffic.text}"
            for place, traffic in self.shut
        )

    def layout(self, layout: Layout) -> Layout:
        """The layout with the ports closed; rules of the plan stay as they are."""
        for place, traffic in self.shut:
            layout = changed_layout(layout, (place,), (partial(add_rules, rules=traffic.rules(Action.BLOCK)),), ())
        return layout


def closings(plan: Plan, layout: Layout, legs: Iterable[Leg], rows: Iterable[FeatureRow]) -> tuple[Closing, ...]:
    """Every port of a leg alone, the default of alternative ports alone, and all that a feature may fall back to together."""
    items = {item.id: item for item in plan.items}
    shut: dict[Shut, dict[str, None]] = {}
    for leg in legs:
        for name in leg.items:
            for each in _shuts(items[name], leg, layout):
                shut.setdefault(each, {})[name] = None
    found: dict[tuple[Shut, ...], Closing] = {
        (each,): Closing(shut=(each,), items=tuple(names)) for each, names in shut.items()
    }
    for row in rows:
        together = _together(row.need, {name: each for each, names in shut.items() for name in names})
        if len(together) > 1:
            names = tuple(dict.fromkeys(name for each in together for name in shut[each]))
            found.setdefault(together, Closing(shut=together, items=names))
    return tuple(found.values())


def _shuts(item: PlanItem, leg: Leg, layout: Layout) -> Iterator[Shut]:
    """What closes an item: at its target, or at its source where the target has no firewall or no say."""
    incoming = "to" in item.decides and not layout.hosts[leg.target].is_outside
    place = layout.hosts[leg.target if incoming else leg.source].place
    direction = Direction.IN if incoming else Direction.OUT
    if item.any_port and len(leg.ports) > 1:
        yield place, _traffic(item, PortSet.of(leg.ports[0]), direction)
    yield place, _traffic(item, item.ports, direction)


def _traffic(item: PlanItem, ports: PortSet, direction: Direction) -> Traffic:
    name = PROTOCOL_NAMES[item.protocol or 0]
    if item.icmp is not None:
        text = f"{name}/{item.icmp[0]}"
        return Traffic(text=text, protocol=item.protocol, icmp=item.icmp, directions=int(direction))
    return Traffic(text=f"{name}/{ports}", protocol=item.protocol, ports=ports, directions=int(direction))


def _together(need: Need, shut: dict[str, Shut]) -> tuple[Shut, ...]:
    """What has to be closed at once so that a feature that falls back can do so no longer."""
    wanted = [name for part in _preferences(need) for name in leaves(part)]
    return tuple(dict.fromkeys(shut[name] for name in wanted if name in shut))


def _preferences(need: Need) -> Iterator[Prefer]:
    match need:
        case Prefer():
            yield need
        case _:
            for part in getattr(need, "parts", ()):
                yield from _preferences(part)
