"""The proof of a host target: what it wrote, read back by its own reader, is rule for rule what it claims to make.

The claims are made from the plan; a rule of Windows' own that an artifact only switches on is claimed and not read back.
"""

from __future__ import annotations

from types import ModuleType

from cmfw.emit import Output
from cmfw.emit.host_policy import PolicyReading
from cmfw.errors import Unsupported
from cmfw.model.rule import HostRule, changed_rule, group_id
from cmfw.net.flow import Direction
from cmfw.words.phrases import constant, phrase

_WAYS = {Direction.IN: "in", Direction.OUT: "out"}


def prove(target: str, module: ModuleType, output: Output) -> None:
    """Raise Unsupported where what was written does not read back, or reads back as another policy than was claimed."""
    found: PolicyReading = module.read_policy(output.artifacts)
    wrong = [*(problem.text() for problem in found.part.problems), *(constant(gap.detail) for gap in found.part.gaps)]
    if wrong:
        raise Unsupported(target, phrase("what was written"), phrase("it does not read back: {wrong}", wrong=wrong[0]))
    claims = [rule for artifact in output.artifacts for rule in artifact.claims]
    made = [rule for rule in claims if not _is_switched(rule, found)]
    read = [changed_rule(rule, origin="") for rule in found.part.rules]
    if made != read:
        ids = [one.id for one, other in zip(made, read, strict=False) if one != other]
        first = ids[0] if ids else (made[len(read) :] or read[len(made) :])[0].id
        raise Unsupported(target, first, "what was written reads back as another rule, or as none")


def _is_switched(rule: HostRule, found: PolicyReading) -> bool:
    """Whether the host has the rule already and the artifact switches it on, by id or with its group."""
    return rule.id in found.members or any(
        group_id(use.resource) == group_id(rule.group)
        and use.profiles & rule.profiles
        and _WAYS[rule.direction] in use.directions
        for use in found.groups
    )
