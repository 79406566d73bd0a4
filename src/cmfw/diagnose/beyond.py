"""``cmfw excess``: exactly what a machine lets in beyond the plan, as few readable boxes, each with a flow as proof; and the score."""

from __future__ import annotations

from cmfw.diagnose.envelopes import minus
from cmfw.diagnose.excess import planned_flows, preferences
from cmfw.diagnose.exposure import Opening, openings, unseen
from cmfw.diagnose.leaves import Judge
from cmfw.diagnose.place import find_place
from cmfw.diagnose.score import score
from cmfw.engine.exact import Engine
from cmfw.engine.tidy import paired, tidied
from cmfw.model.plan import Plan
from cmfw.model.rule import HostRule
from cmfw.model.site import Site
from cmfw.model.verdict import Answer, Verdict
from cmfw.net.box import Box
from cmfw.net.flow import Direction, Flow, Principal
from cmfw.net.flowset import FlowSet, boxes
from cmfw.values import value

REGION = FlowSet(boxes(direction=int(Direction.IN), principal=int(Principal.ORDINARY)))
"""All that can come in to ordinary programs, in every profile. App packages are apart: only their own rules reach them."""


@value
class OpenBox:
    """Flows that are let in and that the plan does not need: one box, or the IPv4 and the IPv6 side of the same.

    ``rules`` open it (empty: the profile lets in what no rule names); ``witness`` is one of the flows, ``verdict`` what the
    specification says of it.
    """

    parts: tuple[Box, ...]
    rules: tuple[HostRule, ...]
    witness: Flow
    verdict: Verdict


@value(kw_only=True)
class Excess:
    """The answer: what is open beyond the plan, by rules that somebody made and by those that Windows ships, and the scores.

    A score is (lowest, highest): what is undecided counts as open in the first and as closed in the second. ``doubtful`` are
    rules that may open more than is certain; ``unseen`` what was not looked at.
    """

    boxes: tuple[OpenBox, ...]
    baseline: tuple[OpenBox, ...]
    score: tuple[float, float]
    with_baseline: tuple[float, float]
    doubtful: tuple[HostRule, ...] = ()
    unseen: tuple[str, ...] = ()


def find_excess(site: Site, plan: Plan, engine: Engine, who: str, *, host: bool = False) -> Excess:
    """What the machine of a client group or host lets in beyond the plan.

    Raises:
        RuntimeError: where the specification does not allow a witness, which is a bug.
    """
    judge = Judge({item.id: item for item in plan.items}, find_place(site, who, host=host), engine)
    planned = FlowSet(tuple(dict.fromkeys(planned_flows(plan, judge))))
    made: list[tuple[Opening, FlowSet, FlowSet]] = []
    shipped: list[tuple[Opening, FlowSet, FlowSet]] = []
    for opening in openings(engine, REGION):
        entry = (opening, minus(opening.allowed, planned), minus(opening.unknown, planned))
        (shipped if opening.is_built_in else made).append(entry)
    own = [box for _, allowed, _ in made for box in allowed]
    own_open = [box for _, _, unknown in made for box in unknown]
    theirs = [box for _, allowed, _ in shipped for box in allowed]
    theirs_open = [box for _, _, unknown in shipped for box in unknown]
    return Excess(
        boxes=_open_boxes(made, judge),
        baseline=_open_boxes(shipped, judge),
        score=(score(planned, [*own, *own_open]), score(planned, own)),
        with_baseline=(score(planned, [*own, *own_open, *theirs, *theirs_open]), score(planned, [*own, *theirs])),
        doubtful=tuple({id(o.rule): o.rule for o, _, unknown in made if o.rule is not None and unknown.boxes}.values()),
        unseen=unseen(engine.state),
    )


def _open_boxes(entries: list[tuple[Opening, FlowSet, FlowSet]], judge: Judge) -> tuple[OpenBox, ...]:
    """The flows of all entries in few boxes, which read like the rules that open them."""
    found = [box for _, allowed, _ in entries for box in allowed]
    models = [box for o, allowed, _ in entries if o.rule and allowed.boxes for box in judge.boxes_of(o.rule).lower]
    wanted = preferences(judge)
    out = []
    for parts in paired(tidied(found, models)):
        witness = FlowSet(parts).witness(wanted)
        verdict = judge.replay(witness)
        if verdict.answer is not Answer.ALLOW:
            raise RuntimeError(f"the engines disagree about `{witness.text()}`: allow, reference {verdict.answer.value}")
        out.append(OpenBox(parts, _opened_by(entries, parts, judge), witness, verdict))
    return tuple(out)


def _opened_by(
    entries: list[tuple[Opening, FlowSet, FlowSet]], parts: tuple[Box, ...], judge: Judge
) -> tuple[HostRule, ...]:
    """The rules that each open all of the box; where none does, those that open some of it."""
    rules = {id(o.rule): o.rule for o, allowed, _ in entries if o.rule is not None and _meet(allowed, parts)}
    whole = [
        rule
        for rule in rules.values()
        if all(any(lower.covers(part) for lower in judge.boxes_of(rule).lower) for part in parts)
    ]
    return tuple(whole or rules.values())


def _meet(flows: FlowSet, parts: tuple[Box, ...]) -> bool:
    return any(mine.intersect(part) for mine in flows for part in parts)
