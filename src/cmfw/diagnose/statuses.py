"""Findings about features that do not fully work: one per feature, client group and status, whatever the number of peers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cmfw.diagnose.findings import LOCAL_MERGE_OFF, finding
from cmfw.diagnose.results import BlockedFlow, RowResult
from cmfw.model.finding import Finding, Severity
from cmfw.model.plan import PlanItem
from cmfw.net.flow import PROTOCOL_NAMES, Direction, Flow

_SEVERITIES = {"broken": Severity.ERROR, "degraded": Severity.WARNING, "unknown": Severity.WARNING}


def status_findings(
    who: str, results: Iterable[RowResult], fell: frozenset[str], items: Mapping[str, PlanItem]
) -> tuple[Finding, ...]:
    """``feature-broken``, ``feature-degraded`` and ``feature-unknown``; ``fell`` are features that a policy made fall."""
    told: dict[tuple[str, str, str], list[RowResult]] = {}
    for row in results:
        if row.status in _SEVERITIES:
            told.setdefault((row.feature, row.clients, row.status), []).append(row)
    return tuple(_finding(who, rows, fell, items) for rows in told.values())


def _finding(who: str, rows: list[RowResult], fell: frozenset[str], items: Mapping[str, PlanItem]) -> Finding:
    first = rows[0]
    blocked = [flow for row in rows for flow in row.blocking]
    missing = dict.fromkeys(word for flow in blocked for word in flow.verdict.missing)
    depends = (LOCAL_MERGE_OFF,) if first.feature in fell else ()
    return finding(
        f"feature-{first.status}",
        _SEVERITIES[first.status],
        who,
        witness=blocked[0].flow.text() if blocked else "",
        repair=first.repair[0].commands if first.repair else (),
        evidence=tuple(ref.origin or ref.id for flow in blocked for ref in flow.verdict.by),
        depends_on=(*depends, "gap") if first.status == "unknown" else depends,
        feature=first.feature,
        clients=first.clients,
        peers=", ".join(row.peer for row in rows if row.peer),
        flows=", ".join(dict.fromkeys(_short(flow, items) for flow in blocked)),
        missing=", ".join(missing),
        variant="blocked" if first.status == "unknown" and not missing else "",
    )


def _short(blocked: BlockedFlow, items: Mapping[str, PlanItem]) -> str:
    """``in tcp 445``: the traffic of the item whose packet is stopped."""
    flow: Flow = blocked.flow
    way = "in" if flow.direction is Direction.IN else "out"
    name = PROTOCOL_NAMES.get(flow.protocol, f"ip/{flow.protocol}")
    port = flow.endpoints()[3]
    item = items.get(blocked.item)
    ports = "" if port is None else str(port if item is None else item.ports)
    return f"{way} {name} {ports}".rstrip()
