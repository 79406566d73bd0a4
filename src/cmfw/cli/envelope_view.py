"""An envelope held against a machine, as text and as data for ``cmfw check``."""

from __future__ import annotations

from typing import Any

from cmfw.cli.app import CLEAN, FINDINGS, INCOMPLETE, worst
from cmfw.cli.output import Block, Gap, Heading, Line, Verbatim
from cmfw.diagnose.envelopes import EnvelopeResult, Escape, NeedResult
from cmfw.model.envelope import Envelope
from cmfw.model.verdict import Answer
from cmfw.report.box_view import box_row, box_text
from cmfw.report.question_view import rule_row, rules_text, verdict_row
from cmfw.words import say

_SHOWN = 12
_CODES = {Answer.ALLOW: CLEAN, Answer.BLOCK: FINDINGS, Answer.UNKNOWN: INCOMPLETE}


def exit_code(found: EnvelopeResult) -> int:
    """1 where something escapes or has to be open and is not, 3 where that is not certain."""
    codes = [FINDINGS for _ in found.escapes[:1]] + [INCOMPLETE for _ in found.doubts[:1]]
    return worst(CLEAN, *codes, *(_CODES[need.verdict.answer] for need in found.needs))


def row(envelope: Envelope, found: EnvelopeResult) -> dict[str, Any]:
    """The ``envelope`` of ``cmfw/check/1``."""
    return {
        "file": envelope.path,
        "escapes": [_escape(one) for one in found.escapes],
        "undecided": [_escape(one) for one in found.doubts],
        "needs": [
            {"flow": need.row.text, "origin": need.row.origin, "verdict": verdict_row(need.verdict)} for need in found.needs
        ],
    }


def _escape(one: Escape) -> dict[str, Any]:
    return {
        "flows": box_row(one.parts),
        "witness": one.witness.text(),
        "verdict": verdict_row(one.verdict),
        "rules": [rule_row(rule) for rule in one.rules],
    }


def blocks(envelope: Envelope, found: EnvelopeResult) -> list[Block]:
    """The answer as text: one line where all is inside, else what escapes and which rule lets it."""
    missed = [need for need in found.needs if need.verdict.answer is not Answer.ALLOW]
    told: list[Block] = [Gap(), Heading(say("envelope.head", path=envelope.path))]
    if not (found.escapes or found.doubts or missed):
        return [*told, Line(say("envelope.inside", needs=len(found.needs)), style="good")]
    if found.escapes:
        told += _list(say("envelope.escapes"), found.escapes, "bad")
    if found.doubts:
        told += _list(say("envelope.doubts"), found.doubts, "warn")
    for need in missed:
        told += _missed(need)
    return told


def _list(title: str, escapes: tuple[Escape, ...], style: str) -> list[Block]:
    told: list[Block] = [Line(title, style=style)]
    for one in escapes[:_SHOWN]:
        opened = rules_text(one.rules) if one.rules else say(f"why.{one.verdict.why.value}")
        told += [Line(box_text(one.parts), mark="- "), Line(opened, indent=2, mark=say("by")), Verbatim(one.witness.text())]
    return [*told, Line(say("more", count=len(escapes) - _SHOWN))] if len(escapes) > _SHOWN else told


def _missed(need: NeedResult) -> list[Block]:
    from cmfw.report.question_view import verdict_lines

    blocked = need.verdict.answer is Answer.BLOCK
    told = say("envelope.closed" if blocked else "envelope.open", origin=need.row.origin)
    return [Line(told, style="bad" if blocked else "warn"), Verbatim(need.row.text), *verdict_lines(need.verdict, indent=4)]
