"""``Outcome``: what became of a packet, by the wire's evidence or by the engines' word, in one shape so that both compare. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cmfw.engine.path import judge_between
from cmfw.engine.reference import judge
from cmfw.lab.firewall_rules import FirewallText, Label
from cmfw.lab.layout import Layout, PlaceKey
from cmfw.lab.path_rules import PathText
from cmfw.lab.shots import INBOUND, ROUTER, Evidence, Fate
from cmfw.lab.trial_packets import NOMINAL_PORT, TrialPacket
from cmfw.model.rule import HostRule
from cmfw.model.state import HostState
from cmfw.model.verdict import Answer, RuleRef, Verdict, Why
from cmfw.net.flow import Direction, Flow
from cmfw.values import value


@value
class Outcome:
    """The verdict on one packet, and where it fell: the host's number, ``ROUTER`` for a filter, None where it arrived.

    ``or_at`` are places on its way there that may have stopped it already.
    """

    verdict: Verdict
    place: int | None = None
    or_at: tuple[int, ...] = ()


@value
class Removed:
    """One rule that is taken out on all hosts of a place: its number in their states, and the rule itself."""

    key: PlaceKey
    number: int
    rule: HostRule

    @property
    def ref(self) -> RuleRef:
        """The rule as verdicts name it."""
        return RuleRef(self.rule.id, self.rule.store.value, self.rule.origin)


class Observer:
    """Reads evidence: which rule of which firewall decided."""

    def __init__(self, texts: tuple[FirewallText, ...], path: PathText) -> None:
        self._labels: tuple[Mapping[str, Label], ...] = tuple(dict(text.labels) for text in texts)
        self._path = dict(path.labels)

    def outcome(self, evidence: Evidence) -> Outcome:
        """What became of the packet, with the rules that said so on its way."""
        refs: list[RuleRef] = []
        why = Why.DEFAULT
        for place, prefix in evidence.logs:
            if evidence.fate is Fate.SEEN_ON_WIRE and prefix[0] in INBOUND:
                # a network card that a magic packet wakes asks no firewall
                continue
            answer, its_why, ref = self._said(place, prefix)
            if answer is Answer.BLOCK:
                return Outcome(Verdict(answer, its_why, (ref,) if ref else ()), place)
            if ref is not None:
                refs.append(ref)
            why = its_why
        if evidence.fate is Fate.STOPPED:
            raise ValueError("a stopped packet has a rule that stopped it")
        return Outcome(Verdict(Answer.ALLOW, why, tuple(refs)))

    def _said(self, place: int, prefix: str) -> tuple[Answer, Why, RuleRef | None]:
        if place == ROUTER:
            answer, ref = self._path[prefix]
            return answer, Why.RULE if ref.id else Why.DEFAULT, ref
        label = self._labels[place].get(prefix)
        if label is None:
            return Answer.ALLOW, Why.DEFAULT, None
        return label.answer, label.why, label.rule


class Predictor:
    """What the specification says of the same packets: both hosts' firewalls and the filters between them."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._known: dict[tuple[TrialPacket, int], tuple[tuple[int, str, Verdict], ...]] = {}
        self._choosy = {number for number, host in enumerate(layout.hosts) if _looks_at_openers_port(host.state)}

    def depends_on_port(self, packet: TrialPacket) -> bool:
        """Whether the port that the packet leaves from may matter to one of its ends."""
        return packet.port is not None and not self._choosy.isdisjoint((packet.source, packet.target))

    def outcome(self, packet: TrialPacket, removed: Removed | None = None, port: int = NOMINAL_PORT) -> Outcome:
        """The outcome of one packet that leaves from the port, with one rule taken out where asked."""
        unknown: list[Outcome] = []
        refs: list[RuleRef] = []
        why = Why.DEFAULT
        for place, end, verdict in self._steps(packet, port):
            found = verdict
            if removed is not None and end:
                found = self._without(packet.flow(self._layout, end, port), place, verdict, removed)
            if found.answer is Answer.BLOCK:
                return Outcome(found, place, tuple(one.place for one in unknown if one.place is not None))
            if found.answer is Answer.UNKNOWN:
                unknown.append(Outcome(found, place))
            refs += found.by
            why = found.why
        return unknown[0] if unknown else Outcome(Verdict(Answer.ALLOW, why, tuple(refs)))

    def _steps(self, packet: TrialPacket, port: int) -> tuple[tuple[int, str, Verdict], ...]:
        """(where, which end or the empty string for the filters, verdict) in the order of the packet's way."""
        found = self._known.get((packet, port))
        if found is None:
            hosts = self._layout.hosts
            leaving = packet.flow(self._layout, "from", port)
            steps = [(packet.source, "from", judge(leaving, hosts[packet.source].state))]
            if self._layout.path is not None:
                zones = hosts[packet.source].zone, hosts[packet.target].zone
                passage = self._layout.path.passage(*zones)
                if not passage.is_open:
                    steps.append((ROUTER, "", judge_between(leaving, passage)))
            if "to" in packet.decides:
                coming = packet.flow(self._layout, "to", port)
                steps.append((packet.target, "to", judge(coming, hosts[packet.target].state)))
            found = self._known[packet, port] = tuple(steps)
        return found

    def _without(self, flow: Flow, place: int, before: Verdict, removed: Removed) -> Verdict:
        """The verdict of one host without the rule. A rule that had no part in it changes nothing."""
        if self._layout.hosts[place].key != removed.key:
            return before
        if before.answer is not Answer.UNKNOWN and removed.ref not in before.by:
            return before
        state = without(self._layout.hosts[place].state, removed.number)
        return judge(flow, state)


def _looks_at_openers_port(state: HostState) -> bool:
    """Whether a rule of the machine says from which port a flow is opened."""
    return any(not (rule.remote_port if rule.direction is Direction.IN else rule.local_port).is_any for rule in state.rules)


def without(state: HostState, number: int) -> HostState:
    """The state without the rule of that number."""
    return replace(state, rules=state.rules[:number] + state.rules[number + 1 :])
