"""What the filters between zones of a site need of a plan, as configuration of many makes. Nothing is returned unproved.

A network target is one module with ``CAPABILITIES`` (``emit.path_capability``), ``emit(request)`` and ``read_back(artifacts,
crossings)``, which gives (lines, problems) for each of them as its own reader finds them; ``NETWORK_TARGETS`` of ``emit`` names them all and is the only list. Whatever
a target writes is read back and compared with the plan (``emit.path_proof``): wider or narrower is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from cmfw.emit import NETWORK_TARGETS, Artifact, Output, check_target
from cmfw.emit.crossings import Gateway, gateway
from cmfw.emit.path_proof import difference
from cmfw.errors import Problem, Unsupported
from cmfw.model.path import PathLine
from cmfw.model.plan import Plan
from cmfw.model.site import Site
from cmfw.values import value
from cmfw.words.phrases import phrase

Found = tuple[tuple[PathLine, ...], list[Problem]]
"""What a reader finds: lines and problems."""


@value
class PathRequest:
    """What to emit: the crossings of ``gateway``, planned for ``site``."""

    site: Site
    plan: Plan
    gateway: Gateway


def emit_between(target: str, site: Site, plan: Plan, pairs: Sequence[tuple[str, str]] = ()) -> Output:
    """The artifacts of one network target for the given pairs of zones (none: all that planned flows cross), and the losses.

    Raises InputError for an unknown target or zone, Unsupported where the target cannot express a part of the plan, or
    where what it wrote reads back as wider or narrower than the plan.
    """
    check_target(target, NETWORK_TARGETS)
    from importlib import import_module

    module = import_module(NETWORK_TARGETS[target])
    asked = PathRequest(site, plan, gateway(site, plan, pairs, target))
    module.CAPABILITIES.check(asked.gateway)
    artifacts: tuple[Artifact, ...] = module.emit(asked)
    crossings = asked.gateway.crossings
    for crossing, (lines, problems) in zip(crossings, module.read_back(artifacts, crossings), strict=True):
        where = f"{crossing.from_zone} > {crossing.to_zone}"
        if problems:
            raise Unsupported(
                target, where, phrase("what was written does not read back: {problem}", problem=problems[0].text())
            )
        if found := difference(crossing, lines):
            raise Unsupported(target, where, phrase("what was written is {found}", found=found))
    return Output(artifacts, module.CAPABILITIES.losses_of(asked.gateway))
