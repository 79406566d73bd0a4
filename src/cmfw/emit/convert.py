"""``convert``: the policy of a machine, from any readable format to any host target, with the proof of what it is worth.

The artifacts are read back by the target's own reader and compared with the source. What is wider is never written; what is
narrower only where that is allowed, and every rule that was left out is named. Source: CONTRACT.md ("convert").
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from types import ModuleType

from cmfw.emit import HOST_TARGETS, TARGETS, Output
from cmfw.emit.capability import Loss
from cmfw.emit.carried import Carried, Skipped, carry
from cmfw.emit.host_policy import HostPolicy, PolicyReading
from cmfw.emit.proof import EQUAL, NARROWER, UNDECIDED, WIDER, Comparison, compare
from cmfw.errors import COMMAND_LINE, InputError, Problem, Unsupported
from cmfw.model.rule import HostRule, group_id
from cmfw.model.state import HostState
from cmfw.net.flow import Direction
from cmfw.values import value
from cmfw.words.phrases import constant, listed, phrase

REFUSED = "refused"

_SAID = {NARROWER: phrase("narrower"), WIDER: phrase("wider")}


@value(kw_only=True)
class Conversion:
    """What came of it. ``outcome`` is ``equal``, ``narrower`` (accepted), ``refused`` or ``undecided``; ``output`` holds files
    only for the first two. ``comparison`` is None where nothing could be written to compare.
    """

    outcome: str
    output: Output
    skipped: tuple[Skipped, ...] = ()
    losses: tuple[Loss, ...] = ()
    comparison: Comparison | None = None
    reasons: tuple[str, ...] = ()


def convert(state: HostState, target: str, *, where: str, allow_narrower: bool = False) -> Conversion:
    """The policy of ``state`` as files of ``target``, named ``where`` in front of people; nothing is written to disk.

    Raises InputError for a target that writes no policy of a host.
    """
    module = host_target(target)
    carried = carry(state, module.CAPABILITIES, module.check, where)
    held = [s for s in carried.skipped if s.effect == "wider" or (s.effect == "narrower" and not allow_narrower)]
    if held:
        return _refused(carried, [phrase("`{id}`: {reason}", id=s.rule.id, reason=constant(s.reason)) for s in held])
    try:
        output: Output = module.write_policy(carried.policy)
    except Unsupported as refusal:
        return _refused(carried, [str(refusal)])
    found: PolicyReading = module.read_policy(output.artifacts)
    wrong = (*_unexpected(found, carried.policy), *found.part.gaps)
    if wrong:
        raise ValueError(f"target `{target}` wrote what it cannot read: {wrong[0]}")
    comparison = compare(carried.source, written_state(state, carried.policy, found))
    accepted = (EQUAL, NARROWER) if allow_narrower else (EQUAL,)
    losses = (*carried.losses, *output.losses)
    if comparison.answer in accepted:
        outcome = comparison.answer
        return Conversion(outcome=outcome, output=output, skipped=carried.skipped, losses=losses, comparison=comparison)
    outcome = UNDECIDED if comparison.answer == UNDECIDED else REFUSED
    return Conversion(
        outcome=outcome,
        output=Output(()),
        skipped=carried.skipped,
        losses=losses,
        comparison=comparison,
        reasons=comparison.reasons
        or (phrase("the result would be {answer} than the source", answer=_SAID[comparison.answer]),),
    )


def _unexpected(found: PolicyReading, policy: HostPolicy) -> tuple[Problem, ...]:
    """The problems of reading back that no token explains which the source has and nobody knows."""
    novel = tuple(f"\\{rule.id}" for rule in policy.rules if rule.extras.unknown)
    return tuple(problem for problem in found.part.problems if not (novel and problem.key.endswith(novel)))


def host_target(name: str) -> ModuleType:
    """The module of a target that can write the policy of a host."""
    if name not in HOST_TARGETS:
        choices = listed(f"`{target}`" for target in HOST_TARGETS)
        raise InputError(
            Problem(file=COMMAND_LINE, key="TO", expected=phrase("one of {names}", names=choices), found=f"`{name}`")
        )
    return import_module(TARGETS[name])


def _refused(carried: Carried, reasons: list[str]) -> Conversion:
    return Conversion(
        outcome=REFUSED,
        output=Output(()),
        skipped=carried.skipped,
        losses=carried.losses,
        reasons=tuple(reasons),
    )


def written_state(facts: HostState, policy: HostPolicy, found: PolicyReading) -> HostState:
    """The host that the artifacts make, with the facts of ``facts``: rules made, members switched, settings."""
    members = tuple(_switched(rule, found) for rule in policy.members)
    return replace(
        facts,
        settings=tuple((found.part.store, profile, settings) for profile, settings in found.part.settings),
        rules=(*found.part.rules, *members),
        connection_rules=found.part.connection_rules,
    )


_WAYS = {Direction.IN: "in", Direction.OUT: "out"}


def _switched(rule: HostRule, found: PolicyReading) -> HostRule:
    on = rule.id in found.members or any(
        group_id(use.resource) == group_id(rule.group)
        and use.profiles & rule.profiles
        and _WAYS[rule.direction] in use.directions
        for use in found.groups
    )
    return replace(rule, active=on)
