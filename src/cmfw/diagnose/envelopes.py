"""Whether what a machine lets pass lies inside an envelope, and whether what has to be open is. Exact."""

from __future__ import annotations

from cmfw.diagnose.exposure import Opening, openings
from cmfw.engine.exact import Engine
from cmfw.engine.reference import judge
from cmfw.engine.tidy import paired, tidied
from cmfw.model.envelope import Envelope, EnvelopeRow
from cmfw.model.rule import HostRule
from cmfw.model.verdict import Answer, Verdict
from cmfw.net.box import Box
from cmfw.net.flow import Flow
from cmfw.net.flowset import FlowSet, Preferences
from cmfw.values import value


@value
class Escape:
    """Flows outside the envelope that pass (or, where the verdict is unknown, may pass), with one of them and the rules that open it."""

    parts: tuple[Box, ...]
    rules: tuple[HostRule, ...]
    witness: Flow
    verdict: Verdict


@value
class NeedResult:
    """One flow that has to be open, and what the machine does with it."""

    row: EnvelopeRow
    verdict: Verdict


@value(kw_only=True)
class EnvelopeResult:
    """What escapes for certain, what may, and the flows that have to be open. Inside for certain where both are empty."""

    escapes: tuple[Escape, ...]
    doubts: tuple[Escape, ...]
    needs: tuple[NeedResult, ...]


def check_envelope(
    envelope: Envelope,
    engine: Engine,
    before: Engine | None = None,
    wanted: Preferences = Preferences(),  # noqa: B008 - frozen value
) -> EnvelopeResult:
    """The machine held against the envelope; with ``before`` only what it newly lets pass is looked at.

    Raises:
        RuntimeError: where the specification does not allow the witness of a certain escape, which is a bug.
    """
    inside = envelope.inside
    sure: list[tuple[Opening, FlowSet]] = []
    unsure: list[tuple[Opening, FlowSet]] = []
    for opening in openings(engine, envelope.about):
        if envelope.with_baseline and opening.is_built_in:
            continue
        out, doubt = minus(opening.allowed, inside), minus(opening.unknown, inside)
        if before is not None:
            part, rest = before.partition(out), before.partition(doubt)
            out, doubt = part.blocked, FlowSet((*part.unknown, *rest.blocked, *rest.unknown))
        sure += [(opening, out)] if out.boxes else []
        unsure += [(opening, doubt)] if doubt.boxes else []
    return EnvelopeResult(
        escapes=_escapes(sure, engine, wanted, certain=True),
        doubts=_escapes(unsure, engine, wanted, certain=False),
        needs=tuple(NeedResult(row, engine.verdict(row.flows, wanted)) for row in envelope.needed),
    )


def minus(flows: FlowSet, others: FlowSet) -> FlowSet:
    """The flows without the others, of which only those that meet a box are taken from it."""
    found: list[Box] = []
    for box in flows:
        near = tuple(each for each in others if each.intersect(box) is not None)
        found += (FlowSet((box,)) - FlowSet(near)).boxes
    return FlowSet(tuple(found))


def _escapes(
    found: list[tuple[Opening, FlowSet]], engine: Engine, wanted: Preferences, *, certain: bool
) -> tuple[Escape, ...]:
    models = [box for opening, _ in found if opening.rule for box in engine.boxes_of(opening.rule).lower]
    out = []
    for parts in paired(tidied((box for _, flows in found for box in flows), models if certain else ())):
        witness = FlowSet(parts).witness(wanted)
        verdict = judge(witness, engine.state)
        if certain and verdict.answer is not Answer.ALLOW:
            raise RuntimeError(f"the engines disagree about `{witness.text()}`: allow, reference {verdict.answer.value}")
        rules = {
            id(o.rule): o.rule
            for o, flows in found
            if o.rule is not None and any(mine.intersect(part) for mine in flows for part in parts)
        }
        out.append(Escape(parts, tuple(rules.values()), witness, verdict))
    return tuple(out)
