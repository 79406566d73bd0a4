"""From packets to features: the bounds of each plan item, and through the formulas those of each row. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cmfw.lab.trial_packets import TrialPacket
from cmfw.model.need import bounds, leaves
from cmfw.model.plan import FeatureRow, Plan
from cmfw.model.verdict import Answer, Bounds, Status

_WORKS = Bounds(Status.WORKS, Status.WORKS)
_BROKEN = Bounds(Status.BROKEN, Status.BROKEN)
_OPEN = Bounds(Status.BROKEN, Status.WORKS)


def row_bounds(plan: Plan, rows: Iterable[FeatureRow], answers: Mapping[TrialPacket, Answer]) -> dict[FeatureRow, Bounds]:
    """What each row gets when its items' packets got these answers; an item without packets leaves its rows open."""
    by_item: dict[str, list[tuple[TrialPacket, Answer]]] = {}
    for packet, answer in answers.items():
        by_item.setdefault(packet.item, []).append((packet, answer))
    any_port = {item.id: item.any_port for item in plan.items}
    found = {name: _item_bounds(of, any_port=any_port[name]) for name, of in by_item.items()}
    return {row: bounds(row.need, {name: found.get(name, _OPEN) for name in leaves(row.need)}) for row in rows}


def _item_bounds(packets: list[tuple[TrialPacket, Answer]], *, any_port: bool) -> Bounds:
    """All packets have to pass, or where one port suffices those of the best port."""
    if not any_port:
        return _all_pass(answer for _, answer in packets)
    ports: dict[int | None, list[Answer]] = {}
    for packet, answer in packets:
        ports.setdefault(packet.port, []).append(answer)
    return max((_all_pass(answers) for answers in ports.values()), key=lambda one: (one.low, one.high))


def _all_pass(answers: Iterable[Answer]) -> Bounds:
    got = set(answers)
    if Answer.BLOCK in got:
        return _BROKEN
    return _OPEN if Answer.UNKNOWN in got else _WORKS
