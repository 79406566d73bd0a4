"""The decision path of one flow: every step that the specification walks, with what each rule of the step said to it.

Nothing is judged here. The steps are those of ``reference``, the conditions those of ``matching``; this module only keeps
what they say and finds the rules that came close.
"""

from __future__ import annotations

from enum import StrEnum

from cmfw.engine import reference
from cmfw.engine.conditions import Settings, counts, worlds
from cmfw.engine.matching import Match, Tri, conditions, match_rule
from cmfw.model.rule import HostRule, Store
from cmfw.model.state import HostState
from cmfw.model.verdict import Answer, Why
from cmfw.net.flow import Flow
from cmfw.values import value


class Stage(StrEnum):
    """The steps of the decision order of Windows, in this order."""

    SERVICE_STATE = "service_state"
    FIREWALL_OFF = "firewall_off"
    SERVICE_HARDENING = "service_hardening"
    SHIELDS_UP = "shields_up"
    BYPASS = "bypass"
    BLOCK = "block"
    ALLOW = "allow"
    DEFAULT = "default"


@value
class NearMiss:
    """A rule that failed in one condition only, named as the field of the rule (``local_port`` ...)."""

    rule: HostRule
    failed: str


@value
class Walked:
    """One step: whether it applies, its answer, and its rules by how surely they match.

    ``decides`` is true of the step that ends the walk; steps behind it are walked, too, and have no say. ``idle`` rules
    match as well, but take no part: they are switched off or not merged. ``missing`` says what would have to be known
    where the step applies only perhaps.
    """

    stage: Stage
    applies: Tri
    answer: Answer
    decides: bool
    sure: tuple[HostRule, ...] = ()
    possible: tuple[HostRule, ...] = ()
    near: tuple[NearMiss, ...] = ()
    idle: tuple[HostRule, ...] = ()
    missing: tuple[str, ...] = ()


def paths(flow: Flow, state: HostState) -> tuple[tuple[Walked, ...], ...]:
    """The path of the flow; more than one where the evidence about settings contradicts itself."""
    lost = reference.unreadable(state)
    first = Walked(
        Stage.SERVICE_STATE, Tri.MAYBE if lost else Tri.NO, Answer.BLOCK, decides=bool(lost), missing=lost
    )  # fmt: skip
    if lost:
        return ((first,),)
    return tuple((first, *_walked(flow, state, settings)) for settings in worlds(state, flow.profile))


def _walked(flow: Flow, state: HostState, settings: Settings) -> list[Walked]:
    idle = _idle(flow, state, settings)
    found: list[Walked] = []
    is_open = True
    for applies, answer, why, _, missing, candidates in reference.steps(flow, state, settings):
        stage = _stage(why, answer)
        decides = is_open and applies is Tri.YES
        is_open = is_open and not decides
        found.append(
            Walked(
                stage,
                applies,
                answer,
                decides,
                tuple(rule for rule, match in candidates if match[0] is Tri.YES),
                tuple(rule for rule, match in candidates if match[0] is Tri.MAYBE),
                tuple(_near(flow, state, candidates)),
                tuple(rule for rule in idle if stage == rule.action.value),
                tuple(sorted(missing)) if applies is Tri.MAYBE else (),
            )
        )
    return found


def _idle(flow: Flow, state: HostState, settings: Settings) -> list[HostRule]:
    """The rules of the rule stores that match the flow and do not count under the settings."""
    return [
        rule
        for rule in state.rules
        if rule.store not in (Store.HARDENING, Store.APPISO)
        and not counts(rule, settings)
        and match_rule(rule, flow, state)[0] is not Tri.NO
    ]


def _stage(why: Why, answer: Answer) -> Stage:
    if why is Why.RULE:
        return Stage.ALLOW if answer is Answer.ALLOW else Stage.BLOCK
    return Stage(why.value)


def _near(flow: Flow, state: HostState, candidates: tuple[tuple[HostRule, Match], ...]) -> list[NearMiss]:
    found = []
    for rule, (tri, _) in candidates:
        if tri is Tri.NO:
            failed = [name for name, (held, _) in conditions(rule, flow, state) if held is Tri.NO]
            if len(failed) == 1:
                found.append(NearMiss(rule, failed[0]))
    return found
