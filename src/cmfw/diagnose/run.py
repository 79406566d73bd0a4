"""``diagnose``: the one way in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cmfw.catalog.types import Catalog
from cmfw.diagnose.exceptions import judge_exceptions
from cmfw.diagnose.excess import over_permission
from cmfw.diagnose.leaves import Judge
from cmfw.diagnose.machine import fallen, machine_findings, other_product
from cmfw.diagnose.place import find_place
from cmfw.diagnose.repairs import Repairer
from cmfw.diagnose.results import Diagnosis
from cmfw.diagnose.rows import Alternatives, PlanRules, Rows, rows_at, unjudged
from cmfw.diagnose.statuses import status_findings
from cmfw.engine.exact import Engine
from cmfw.model.finding import Finding, Severity
from cmfw.model.plan import Plan
from cmfw.model.site import Site
from cmfw.model.verdict import Oracle

if TYPE_CHECKING:
    from cmfw.engine.path import PathEngine

_ORDER = tuple(Severity)


def diagnose(
    catalog: Catalog,
    site: Site,
    plan: Plan,
    engine: Engine,
    who: str,
    *,
    host: bool = False,
    path: PathEngine | None = None,
    others: Sequence[Oracle] = (),
) -> Diagnosis:
    """What works on the machine whose state the engine judges, and what to tell about it.

    Args:
        catalog: features and groups.
        site: the site of the plan.
        plan: everything the site needs; the rows of ``who`` are judged.
        engine: the machine.
        who: the client group, or with ``host`` the site system, that the machine stands for. Items with no end at it are
            assumed to pass (``RowResult.assumed``).
        host: whether ``who`` is a site system; its rows are then those in which it is an end.
        path: the filters between the zones of the site; a flow then has to pass the machine and every filter on its way.
        others: what else judges the same flows: packets that were sent (``WireOracle``), or the machine played in a lab. They
            change no status; where they disagree with the configuration, or explain it, a finding says so.

    Raises:
        ValueError: where the site has nobody of that name.
        RuntimeError: where the engine and the reference disagree about a counterexample, which is a bug.
    """
    place = find_place(site, who, host=host)
    rows = rows_at(plan, place)
    if place.is_other_product:
        return Diagnosis(tuple(unjudged(row) for row in rows), (other_product(place, rows),))
    items = {item.id: item for item in plan.items}
    judge = Judge(items, place, engine, path)
    exceptions = tuple(e for e in plan.exceptions if e.where == place.name)
    repairer = Repairer(
        judge, exceptions, PlanRules(catalog, site, plan, place), (group.resource for group in catalog.groups.values())
    )
    judged = Rows(judge, repairer, Alternatives(catalog, site, plan, judge).of)
    results = tuple(judged.result(row) for row in rows)
    fell = fallen(rows, judge)
    machine = machine_findings(catalog, site, rows, results, judge, fell)
    present, missing = judge_exceptions(catalog, exceptions, rows, results, judge)
    findings = [*status_findings(who, results, frozenset(fell), items), *machine, *missing, *over_permission(plan, judge)]
    # what judges filters and packets is loaded only where there are any
    if path is not None:
        from cmfw.diagnose.passages import open_ways

        findings += open_ways(rows, judge)
    if others:
        from cmfw.diagnose.reconcile import reconcile
        from cmfw.diagnose.testimony import HostOracle

        findings += reconcile(plan, (HostOracle(place, engine), *(() if path is None else (path,)), *others))
    return Diagnosis(results, tuple(sorted(findings, key=_rank)), present)


def _rank(finding: Finding) -> tuple[int, str, str, tuple[tuple[str, str], ...]]:
    return _ORDER.index(finding.severity), finding.code, finding.subject, finding.args
