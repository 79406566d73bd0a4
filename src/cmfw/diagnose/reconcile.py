"""Where configuration and packets disagree, and which layer is to blame. Pure.

A firewall whose policy lets a flow pass is not at fault when a box on the way rejects it; one that lets pass what its export blocks
does not do what its export says. Where the policy itself is not known for certain nothing is concluded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cmfw.diagnose.findings import finding
from cmfw.diagnose.place import Place
from cmfw.engine.exact import Engine
from cmfw.model.finding import Finding, Severity
from cmfw.model.plan import Plan, PlanItem
from cmfw.model.verdict import Answer
from cmfw.model.wire import ProbeResult, Speaks, Word
from cmfw.net.addr import AddrSet, format_address
from cmfw.net.flow import Flow

NETWORK, HOST, SERVICE, UNCLEAR = "wire-network", "wire-host", "wire-service", "wire-unclear"
_ARRIVED = (Word.OPEN, Word.CLOSED, Word.RETURN_LOST)
_LEFT = (*_ARRIVED, Word.HOST_DROPS, Word.FORGED_RESET)
_SEVERITIES = {NETWORK: Severity.ERROR, HOST: Severity.ERROR, SERVICE: Severity.WARNING, UNCLEAR: Severity.NOTE}
_VARIANTS = {
    Word.REJECTED: "rejected",
    Word.NETWORK_DROPS: "dropped",
    Word.FORGED_RESET: "reset",
    Word.RETURN_LOST: "return_lost",
}


def reconcile(plan: Plan, place: Place, engine: Engine, results: Iterable[ProbeResult]) -> tuple[Finding, ...]:
    """One finding for each flow of the machine whose packets fared otherwise than its policy says, in the order of the results.

    ``place`` is the machine that the engine judges. Probes to or from other machines of its group are passed over where its
    own addresses are known.
    """
    items = {item.id: item for item in plan.items}
    found: dict[tuple[str, int, int | None, str], Finding] = {}
    for result in results:
        for item in (items[name] for name in result.items if name in items):
            for end in place.ends(item):
                if _is_here(result, end, engine.state.addresses):
                    for one in _disagreements(item, end, result, engine, place.name):
                        found.setdefault((one.code, result.address, result.port, end), one)
    return tuple(found.values())


def _is_here(result: ProbeResult, end: str, own: AddrSet) -> bool:
    address = result.address if end == "to" else result.source
    return own.is_empty or (address is not None and address in own)


def _disagreements(item: PlanItem, end: str, result: ProbeResult, engine: Engine, name: str) -> Iterator[Finding]:
    answer, flow = _policy(item, end, result, engine)
    if answer is Answer.UNKNOWN or flow is None:
        return
    blamed = _blame_in(answer, result) if end == "to" else _blame_out(answer, result)
    if blamed is None:
        return
    code, variant = blamed
    yield finding(
        code,
        _SEVERITIES[code],
        name,
        witness=flow.text(),
        evidence=result.evidence,
        flow=item.flow,
        target=_target(result),
        box="" if result.by is None else format_address(result.by),
        features=", ".join(item.features),
        variant=variant,
    )


def _target(result: ProbeResult) -> str:
    address = format_address(result.address)
    if result.port is None:
        return address
    return f"[{address}]:{result.port}" if ":" in address else f"{address}:{result.port}"


def _policy(item: PlanItem, end: str, result: ProbeResult, engine: Engine) -> tuple[Answer, Flow | None]:
    """What the policy says of exactly these packets, and one of them; unknown unless it is certain of all."""
    source = item.source.addresses if result.source is None else AddrSet.from_pairs([(result.source, result.source)])
    target = AddrSet.from_pairs([(result.address, result.address)])
    exact = replace(item, source=replace(item.source, addresses=source), target=replace(item.target, addresses=target))
    part = engine.partition(exact.flows_at(end, result.port))
    if not part.unknown.is_empty or part.allowed.is_empty == part.blocked.is_empty:
        return Answer.UNKNOWN, None
    if part.blocked.is_empty:
        return Answer.ALLOW, part.allowed.witness()
    return Answer.BLOCK, part.blocked.witness()


def _blame_in(answer: Answer, result: ProbeResult) -> tuple[str, str] | None:
    """(code, variant) at the machine that the packets were meant for; None where both agree or nothing follows."""
    word = result.word
    if answer is Answer.BLOCK:
        return (HOST, "allows") if word in _ARRIVED else None
    if word in (Word.NETWORK_DROPS, Word.FORGED_RESET, Word.RETURN_LOST):
        return NETWORK, _VARIANTS[word]
    if word is Word.REJECTED and result.by is not None:
        return (HOST, "blocks") if result.by == result.address else (NETWORK, "rejected")
    if word is Word.HOST_DROPS:
        return HOST, "blocks"
    if word is Word.CLOSED:
        return SERVICE, "closed"
    if word is Word.OPEN and result.service is not None and result.service.speaks is not Speaks.RIGHT:
        return SERVICE, result.service.speaks.value
    if word in (Word.FILTERED, Word.NOT_SEEN, Word.REJECTED):
        return UNCLEAR, "silent" if word is Word.FILTERED else "refused"
    return None


def _blame_out(answer: Answer, result: ProbeResult) -> tuple[str, str] | None:
    """(code, variant) at the machine that sent the packets."""
    word = result.word
    came_through = word in _LEFT or (word is Word.REJECTED and result.by is not None)
    if answer is Answer.BLOCK:
        return (HOST, "lets_out") if came_through else None
    if word is Word.BLOCKED_HERE:
        return HOST, "keeps_in"
    if word in (Word.NETWORK_DROPS, Word.FORGED_RESET) or (
        word is Word.REJECTED and result.by not in (None, result.address)
    ):
        return NETWORK, _VARIANTS[word]
    return None
