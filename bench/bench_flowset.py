"""Set algebra on boxes: how long union, difference and cover take as the number of rules grows."""

from __future__ import annotations

import random

from bench.protocol import Result, best_of
from cmfw.net.flow import TCP, Direction
from cmfw.net.flowset import Box, FlowSet, boxes
from cmfw.net.ports import PortSet


def _rules(count: int, seed: int) -> list[Box]:
    """Inbound TCP boxes like those of a real rule list: a few ports, a few subnets."""
    draw = random.Random(seed)
    out: list[Box] = []
    for _ in range(count):
        base = (10 << 24) | (draw.randrange(256) << 16)
        out += boxes(
            direction=int(Direction.IN),
            protocol=((TCP, TCP),),
            remote=((base, base + 65535),),
            local_port=PortSet.of(draw.choice((80, 135, 443, 445, 2701, 3389, 5985, 10123))).ranges,
        )
    return out


def run(*, quick: bool) -> Result:
    """Union of n rules, and both ways round of difference."""
    figures: dict[str, float | int | str] = {}
    answers: dict[str, bool] = {}
    for count in (50, 100) if quick else (100, 400, 1600):
        parts = _rules(count, seed=count)
        whole = FlowSet.of(parts)
        figures[f"union_{count}_ms"] = round(1000 * best_of(3, lambda parts=parts: FlowSet.of(parts)), 2)
        half = FlowSet.of(parts[: count // 2])
        rest = whole - half
        figures[f"difference_{count}_ms"] = round(1000 * best_of(3, lambda whole=whole, half=half: whole - half), 2)
        answers[f"rest and half make the whole of {count}"] = (rest | half).same_flows(whole)
        answers[f"rest and half of {count} are disjoint"] = (rest & half).is_empty
    return Result(figures=figures, answers=answers)
