"""What logs tell of one host, put together: stages reached, the verdict, flows in doubt and flows shown to work. Pure.

A failure stands until the same step succeeds later with the same peer, or a later step of the same installation does. Only
a failure of the network layer puts a flow in doubt; a refusal, a certificate error or an error status proves that
something answered there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from cmfw.catalog.log_facts import LogFacts
from cmfw.model.observation import Layer, LogEvent, Outcome, Place
from cmfw.values import value

_IN_ORDER = frozenset({"push", "setup"})
"""Stories whose steps follow each other, so that a later one proves the earlier."""
_MOST_PLACES = 6
LAYERS = (Layer.NETWORK, Layer.NAME, Layer.TLS, Layer.AUTHENTICATION, Layer.SERVER, Layer.OTHER)
"""Which layer the verdict speaks of where failures of several stand."""


@value(kw_only=True)
class StageState:
    """How far one step came: ``state`` is the outcome that counts, ``failed`` when it was recovered from later."""

    stage: str
    state: Outcome
    first: str
    last: str
    place: Place
    peer: str = ""
    code: str = ""
    recovered: bool = False


@value(kw_only=True)
class Doubt:
    """One failure that stands: the flows that it puts in doubt (or, ``answered``, shows to be open), and the evidence."""

    stage: str
    layer: Layer
    code: str
    name: str
    flows: tuple[str, ...]
    answered: bool
    peer: str
    port: int | None
    role: str
    count: int
    text: str
    places: tuple[Place, ...]


@value(kw_only=True)
class Connection:
    """A peer that was talked to, as the records name it; ``failed`` of ``count`` records tell of a failure."""

    role: str
    peer: str
    port: int | None
    protocol: str
    flows: tuple[str, ...]
    count: int
    failed: int
    place: Place


@value(kw_only=True)
class Story:
    """One host (or one machine that a server worked on). ``verdict`` is a layer, ``fallback``, ``clean``, ``started`` or ``silent``."""

    host: str
    subject: str
    verdict: str
    stages: tuple[StageState, ...]
    last_stage: str
    doubts: tuple[Doubt, ...]
    works: tuple[str, ...]
    connections: tuple[Connection, ...]


def stories(events: Iterable[LogEvent], facts: LogFacts) -> tuple[Story, ...]:
    """One story for each host and each machine that it worked on, in the order of their names."""
    ordered = sorted(events, key=lambda e: (e.host, e.subject))
    groups = groupby(ordered, key=lambda e: (e.host, e.subject))
    return tuple(_story(host, subject, _in_time(list(found)), facts) for (host, subject), found in groups)


def _in_time(events: list[LogEvent]) -> list[LogEvent]:
    """The events by time: UTC where every one has it, else the local time of the host; then by place."""
    has_utc = all(event.utc for event in events)
    return sorted(events, key=lambda e: (e.utc if has_utc else e.time, e.place))


def _story(host: str, subject: str, events: list[LogEvent], facts: LogFacts) -> Story:
    standing = [e for at, e in enumerate(events) if _stands(e, events[at + 1 :], facts)]
    doubts = _doubts(standing, facts)
    stages = _stages(events, standing, facts)
    reached = [state.stage for state in stages if state.state is Outcome.REACHED or state.recovered]
    works = {flow for e in events if e.outcome is Outcome.REACHED for flow in e.flows if _is_sure(e)}
    works |= {flow for doubt in doubts if doubt.answered and len(doubt.flows) == 1 for flow in doubt.flows}
    return Story(
        host=host,
        subject=subject,
        verdict=_verdict(events, standing, doubts),
        stages=stages,
        last_stage=reached[-1] if reached else "",
        doubts=doubts,
        works=tuple(sorted(works - {flow for d in doubts if d.layer is Layer.NETWORK for flow in d.flows})),
        connections=_connections(events),
    )


def _is_sure(event: LogEvent) -> bool:
    """Whether a success says which of its flows was used: there is only one, or the scheme has chosen."""
    return len(event.flows) == 1


def _stands(event: LogEvent, later: Sequence[LogEvent], facts: LogFacts) -> bool:
    """Whether an event tells of a failure, or of a way round, that nothing later takes back.

    What succeeds after a fallback succeeds by it, and takes nothing back.
    """
    if event.outcome is Outcome.FALLBACK:
        return True
    if event.outcome is not Outcome.FAILED:
        return False
    for other in later:
        if other.outcome is Outcome.FALLBACK and other.stage == event.stage:
            return True
        if other.outcome is Outcome.REACHED and _takes_back(other, event, facts):
            return False
    return True


def _takes_back(success: LogEvent, failure: LogEvent, facts: LogFacts) -> bool:
    if success.stage not in facts.stages or failure.stage not in facts.stages:
        return False
    step, failed = facts.stages[success.stage], facts.stages[failure.stage]
    if step.story in _IN_ORDER:
        return step.story == failed.story and step.order >= failed.order
    same_peer = not success.peer or not failure.peer or success.peer == failure.peer
    return step is failed and same_peer


def _doubts(standing: Sequence[LogEvent], facts: LogFacts) -> tuple[Doubt, ...]:
    """The failures that stand, the same ones together, network first."""
    groups: dict[tuple[object, ...], list[LogEvent]] = {}
    for event in standing:
        key = (event.stage, event.outcome, event.code, event.flows, event.peer, event.port)
        groups.setdefault(key, []).append(event)
    found = _without_echoes([_doubt(events, facts) for events in groups.values()])
    return tuple(sorted(found, key=lambda d: (LAYERS.index(d.layer), _order(d.stage, facts))))


def _without_echoes(doubts: list[Doubt]) -> list[Doubt]:
    """The doubts without those that only repeat, at the end of an attempt, the code of a step that names its flow."""
    named = {doubt.code for doubt in doubts if doubt.flows}
    return [doubt for doubt in doubts if doubt.flows or not doubt.code or doubt.code not in named]


def _doubt(events: Sequence[LogEvent], facts: LogFacts) -> Doubt:
    event = events[-1]
    error = facts.errors.get(event.code)
    layer = error.layer if error else Layer.NETWORK if event.outcome is Outcome.FALLBACK else Layer.OTHER
    flows = event.flows
    if error and error.flows and (not flows or layer in (Layer.NAME, Layer.TLS)):
        in_push = event.stage in facts.stages and facts.stages[event.stage].story == "push"
        if in_push or not all(flow.startswith("push_") for flow in error.flows):
            flows = (*flows, *error.flows)
    return Doubt(
        stage=event.stage,
        layer=layer,
        code=event.code,
        name=error.name if error else "",
        flows=flows,
        answered=bool(error and error.answered and layer is not Layer.NETWORK),
        peer=event.peer,
        port=event.port,
        role=event.role,
        count=sum(e.count for e in events),
        text=event.text,
        places=tuple(dict.fromkeys(e.place for e in events))[-_MOST_PLACES:],
    )


def _order(stage: str, facts: LogFacts) -> int:
    return facts.stages[stage].order if stage in facts.stages else 0


def _stages(events: Sequence[LogEvent], standing: Sequence[LogEvent], facts: LogFacts) -> tuple[StageState, ...]:
    """Every step that was told of, in the order of the catalog."""
    found = []
    for stage in sorted({e.stage for e in events if e.stage}, key=lambda s: _order(s, facts)):
        its = [e for e in events if e.stage == stage]
        failed = [e for e in standing if e.stage == stage]
        outcomes = {e.outcome for e in its}
        if failed:
            last = failed[-1]
        else:
            best = next(o for o in (Outcome.REACHED, Outcome.FAILED, Outcome.FALLBACK, Outcome.TRIED) if o in outcomes)
            last = [e for e in its if e.outcome is best][-1]
        found.append(
            StageState(
                stage=stage,
                state=last.outcome,
                first=its[0].time,
                last=last.time,
                place=last.place,
                peer=last.peer,
                code=last.code,
                recovered=not failed and Outcome.FAILED in outcomes,
            )
        )
    return tuple(found)


def _verdict(events: Sequence[LogEvent], standing: Sequence[LogEvent], doubts: Sequence[Doubt]) -> str:
    """The layer of what stands; a way round only where nothing else failed; else how far it came."""
    layers = {doubt.layer for doubt in doubts}
    rounded = {event.stage for event in standing if event.outcome is Outcome.FALLBACK}
    if standing and all(event.stage in rounded for event in standing):
        return "fallback"
    for layer in LAYERS:
        if layer in layers:
            return layer.value
    outcomes = {event.outcome for event in events}
    if Outcome.REACHED in outcomes:
        return "clean"
    return "started" if outcomes else "silent"


def _connections(events: Sequence[LogEvent]) -> tuple[Connection, ...]:
    groups: dict[tuple[str, str, int | None, str], list[LogEvent]] = {}
    for event in events:
        if event.peer:
            groups.setdefault((event.role, event.peer, event.port, event.protocol), []).append(event)
    return tuple(
        Connection(
            role=role,
            peer=peer,
            port=port,
            protocol=protocol,
            flows=tuple(dict.fromkeys(flow for e in its for flow in e.flows)),
            count=sum(e.count for e in its),
            failed=sum(e.count for e in its if e.outcome is Outcome.FAILED),
            place=its[-1].place,
        )
        for (role, peer, port, protocol), its in sorted(groups.items(), key=lambda item: str(item[0]))
    )
