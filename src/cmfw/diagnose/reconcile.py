"""Where oracles disagree about the same packets, and which layer is to blame. Pure.

A firewall whose policy lets a flow pass is not at fault when a box on the way rejects it; one that lets pass what its export blocks
does not do what its export says. The filters of the site explain what the network does, or packets contradict them. Where a
configuration is not certain nothing is concluded from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cmfw.diagnose.blame import HOST, NETWORK, PATH, SERVICE, UNCLEAR, Blame, blame_path, blame_receiver, blame_sender
from cmfw.diagnose.findings import finding
from cmfw.diagnose.place import localised
from cmfw.diagnose.testimony import SILENT, HostOracle, Said, testimony
from cmfw.diagnose.wire import WireOracle
from cmfw.engine.path import PathEngine
from cmfw.model.finding import Finding, Severity
from cmfw.model.plan import Plan, PlanItem
from cmfw.model.verdict import Answer, Oracle
from cmfw.model.wire import ProbeResult
from cmfw.net.addr import format_address
from cmfw.net.flow import Flow

_SEVERITIES = {
    NETWORK: Severity.ERROR,
    HOST: Severity.ERROR,
    PATH: Severity.ERROR,
    SERVICE: Severity.WARNING,
    UNCLEAR: Severity.NOTE,
}
_BY_FILTER = {"filter", "passes"}
"""Variants that name the line of a filter, not the box that answered."""


def reconcile(plan: Plan, oracles: Sequence[Oracle]) -> tuple[Finding, ...]:
    """One finding for each flow about which two of the oracles disagree, first those of the probes, in their order.

    Args:
        plan: what the flows are needed for.
        oracles: in any order, each of what looks at one layer: ``WireOracle`` (packets end to end), ``HostOracle`` (the policy of
            one machine), ``PathEngine`` (filters between zones); any other is taken for the machine of the host oracle, played.

    Raises:
        ValueError: for the policies of two machines: no layer could be told from the other.
    """
    hosts = [one for one in oracles if isinstance(one, HostOracle)]
    if len(hosts) > 1:
        raise ValueError("one machine at a time")
    host = hosts[0] if hosts else None
    paths = [one for one in oracles if isinstance(one, PathEngine)]
    wires = [one for one in oracles if isinstance(one, WireOracle)]
    found: dict[tuple[str, int, int | None, str], Finding] = {}
    for result in (result for wire in wires for result in wire.results):
        for end, one in _of_result(plan, host, paths, result):
            found.setdefault((one.code, result.address, result.port, end), one)
    known = (HostOracle, PathEngine, WireOracle)
    played = [one for one in oracles if not isinstance(one, known)]
    return (*found.values(), *(() if host is None else _played(plan, host, played)))


def _of_result(
    plan: Plan, host: HostOracle | None, paths: Sequence[PathEngine], result: ProbeResult
) -> Iterator[tuple[str, Finding]]:
    """(end, finding) for each item of one probe and each end at which a configuration says something of it."""
    for item in (item for item in plan.items if item.id in result.items):
        path = _between(paths, item, result)
        if host is not None:
            yield from _at_host(host, item, result, path)
        blamed = blame_path(path.answer, result)
        if blamed is not None:
            yield "path", _finding(blamed, item.source.name, item, result, path, path)


def _at_host(host: HostOracle, item: PlanItem, result: ProbeResult, path: Said) -> Iterator[tuple[str, Finding]]:
    for end in host.ends(item, result):
        said = testimony(host, item, end, result)
        blame = blame_receiver if end == "to" else blame_sender
        blamed = None if said.answer is Answer.UNKNOWN else blame(said.answer, path.answer, result)
        if blamed is not None:
            yield end, _finding(blamed, host.place.name, item, result, said, path)


def _between(paths: Sequence[PathEngine], item: PlanItem, result: ProbeResult) -> Said:
    """What the filters on the way say of the packets as they were sent; unknown where none stands there."""
    said = [one for one in (testimony(path, item, "from", result) for path in paths) if one is not SILENT]
    return next((one for one in said if one.answer is Answer.BLOCK), said[0] if said else SILENT)


def _finding(blamed: Blame, subject: str, item: PlanItem, result: ProbeResult, said: Said, path: Said) -> Finding:
    code, variant = blamed
    box = "" if result.by is None else format_address(result.by)
    return finding(
        code,
        _SEVERITIES[code],
        subject,
        witness="" if said.flow is None else said.flow.text(),
        evidence=(*result.evidence, *said.by, *path.by),
        flow=item.flow,
        target=_target(result),
        box=next(iter(path.by), "") if variant in _BY_FILTER else box,
        features=", ".join(item.features),
        variant=variant,
    )


def _target(result: ProbeResult) -> str:
    address = format_address(result.address)
    if result.port is None:
        return address
    return f"[{address}]:{result.port}" if ":" in address else f"{address}:{result.port}"


def _played(plan: Plan, host: HostOracle, played: Sequence[Oracle]) -> Iterator[Finding]:
    """Where packets that play the machine do something else than its policy says: one flow of each item for each answer."""
    asked: set[Flow] = set()
    for item in plan.items if played else ():
        for end in host.place.ends(item):
            part = host.engine.partition(localised(item, end, host.place, host.engine.state).flows_at(end))
            for flows in (part.allowed, part.blocked):
                flow = None if flows.is_empty else flows.witness()
                if flow is None or flow in asked:
                    continue
                asked.add(flow)
                yield from _differing(item, flow, host, played)


def _differing(item: PlanItem, flow: Flow, host: HostOracle, played: Sequence[Oracle]) -> Iterator[Finding]:
    policy = host.judge(flow)
    for oracle in played:
        verdict = oracle.judge(flow) if oracle.sees(flow) else None
        if verdict is None or Answer.UNKNOWN in (verdict.answer, policy.answer) or verdict.answer is policy.answer:
            continue
        yield finding(
            "played-differs",
            Severity.ERROR,
            host.place.name,
            witness=flow.text(),
            evidence=tuple(ref.origin for ref in (*policy.by, *verdict.by)),
            flow=item.flow,
            oracle=oracle.name,
            variant=policy.answer.value,
            features=", ".join(item.features),
        )
