"""``HostOracle``, and what a configuration says for certain of the very packets that a probe sent. Pure."""

from __future__ import annotations

from dataclasses import replace

from cmfw.diagnose.place import Place
from cmfw.engine.exact import Engine
from cmfw.engine.path import PathEngine
from cmfw.engine.reference import judge
from cmfw.model.plan import PlanItem
from cmfw.model.verdict import Answer, Verdict
from cmfw.model.wire import ProbeResult
from cmfw.net.addr import AddrSet
from cmfw.net.flow import Flow
from cmfw.values import value


@value
class HostOracle:
    """Verdicts from the policy of one machine, which stands for a client group or host of the site."""

    place: Place
    engine: Engine

    @property
    def name(self) -> str:
        """What reports call it."""
        return "host"

    def judge(self, flow: Flow) -> Verdict:
        """What the policy says of the flow, by the specification."""
        return judge(flow, self.engine.state)

    def sees(self, flow: Flow) -> bool:
        """Whether the machine is the local end of the flow, as far as its own addresses or those of its group tell."""
        own = self.engine.state.addresses
        return flow.local in (self.place.addresses if own.is_empty else own)

    def ends(self, item: PlanItem, result: ProbeResult) -> tuple[str, ...]:
        """The ends of the item at which this machine met the packets; where its own addresses are not known, those it may be."""
        return tuple(end for end in self.place.ends(item) if self._met(result.address if end == "to" else result.source))

    def _met(self, address: int | None) -> bool:
        own = self.engine.state.addresses
        return own.is_empty or (address is not None and address in own)


@value
class Said:
    """What one configuration says of all flows that the packets may have been; unknown unless it is certain of all.

    ``flow`` is one of them, ``by`` is where the rules or lines stand that decide it.
    """

    answer: Answer
    flow: Flow | None = None
    by: tuple[str, ...] = ()


SILENT = Said(Answer.UNKNOWN)


def testimony(oracle: HostOracle | PathEngine, item: PlanItem, end: str, result: ProbeResult) -> Said:
    """What the oracle says of exactly the packets of a probe, as the machine at ``end`` meets them."""
    source = item.source.addresses if result.source is None else AddrSet.from_pairs([(result.source, result.source)])
    target = AddrSet.from_pairs([(result.address, result.address)])
    exact = replace(item, source=replace(item.source, addresses=source), target=replace(item.target, addresses=target))
    engine = oracle.engine if isinstance(oracle, HostOracle) else oracle
    part = engine.partition(exact.flows_at(end, result.port))
    if not part.unknown.is_empty or part.allowed.is_empty == part.blocked.is_empty:
        return SILENT
    answer, flows = (Answer.ALLOW, part.allowed) if part.blocked.is_empty else (Answer.BLOCK, part.blocked)
    flow = flows.witness()
    if isinstance(oracle, PathEngine) and not oracle.sees(flow):
        return SILENT
    return Said(answer, flow, tuple(ref.origin for ref in oracle.judge(flow).by))
