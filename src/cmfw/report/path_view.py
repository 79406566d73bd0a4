"""The decision path of a flow for ``trace --path``, as data and as text."""

from __future__ import annotations

from typing import Any

from cmfw.engine.decision_path import NearMiss, Walked, paths
from cmfw.engine.matching import Tri
from cmfw.model.rule import HostRule
from cmfw.model.state import HostState
from cmfw.net.flow import Flow
from cmfw.report.blocks import Block, Line
from cmfw.report.question_view import rule_row, rule_title, rules_text
from cmfw.values import value
from cmfw.words import known, say

_MOST_NEAR = 3


@value
class Paths:
    """The paths of one flow: one, or one for each possible combination of settings."""

    flow: Flow
    worlds: tuple[tuple[Walked, ...], ...]


def paths_of(flow: Flow, state: HostState) -> Paths:
    """The paths of the flow on the machine."""
    return Paths(flow, paths(flow, state))


def path_row(found: Paths) -> dict[str, Any]:
    """The paths as the key ``path`` of ``cmfw/trace/1``."""
    return {"flow": found.flow.text(), "worlds": [[_step_row(step) for step in steps] for steps in found.worlds]}


def _step_row(step: Walked) -> dict[str, Any]:
    return {
        "stage": step.stage.value,
        "applies": step.applies.name.lower(),
        "answer": step.answer.value,
        "decides": step.decides,
        "sure": [rule_row(rule) for rule in step.sure],
        "possible": [rule_row(rule) for rule in step.possible],
        "near": [{**rule_row(miss.rule), "failed": miss.failed} for miss in step.near],
        "idle": [rule_row(rule) for rule in step.idle],
        "missing": list(step.missing),
    }


def path_blocks(found: Paths, *, indent: int) -> list[Block]:
    """The paths as text: one line a step, its rules below."""
    blocks: list[Block] = [Line(say("path.head", flow=found.flow.text()), indent=indent)]
    for number, steps in enumerate(found.worlds, 1):
        if len(found.worlds) > 1:
            blocks.append(Line(say("path.world", number=number, count=len(found.worlds)), indent=indent))
        for step in steps:
            blocks += _step_blocks(step, indent + 2)
    return blocks


def _step_blocks(step: Walked, indent: int) -> list[Block]:
    from cmfw.report.finding_words import missing_word

    answer = say(f"answer.{step.answer.value}")
    how = "decides" if step.decides else step.applies.name.lower()
    blocks: list[Block] = [
        Line(f"{say(f'path.stage.{step.stage.value}')}{say('colon')}{say(f'path.{how}', answer=answer)}", indent)
    ]
    if step.missing:
        blocks.append(Line(say("audit.comma").join(map(missing_word, step.missing)), indent + 2, say("missing")))
    for rules, mark in _groups(step):
        blocks += [Line(rules_text(rules), indent + 2, mark)] if rules else []
    if step.near and step.applies is not Tri.YES:
        shown = [_near_text(miss) for miss in step.near[:_MOST_NEAR]]
        more = [say("more_short", count=len(step.near) - _MOST_NEAR)] if len(step.near) > _MOST_NEAR else []
        blocks.append(Line(say("semicolon").join([*shown, *more]), indent + 2, say("path.near")))
    return blocks


def _groups(step: Walked) -> list[tuple[tuple[HostRule, ...], str]]:
    return [(step.sure, say("path.sure")), (step.possible, say("path.possible")), (step.idle, say("path.idle"))]


def _near_text(miss: NearMiss) -> str:
    return say("path.failed", rule=rule_title(miss.rule), field=known(f"path.field.{miss.failed}") or miss.failed)
