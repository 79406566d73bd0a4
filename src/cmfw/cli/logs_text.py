"""``cmfw logs`` as text: for each host the verdict in one sentence, the steps, what stands, then traffic and changed rules."""

from __future__ import annotations

import re

from cmfw.cli.logs_view import Reading, direction_word, protocol_word
from cmfw.cli.output import Block, Gap, Heading, Line, Table, Verbatim
from cmfw.diagnose.log_plan import PUSH, is_planned, next_flows
from cmfw.diagnose.log_story import Doubt, Story
from cmfw.diagnose.seen_flows import SeenItem
from cmfw.model.observation import Layer, Outcome, Place
from cmfw.report.cited_place import cited_place
from cmfw.words import language, role, say

_STATES = {Outcome.REACHED: "good", Outcome.FAILED: "bad", Outcome.FALLBACK: "warn", Outcome.TRIED: "dim"}
_PROVED = (Layer.TLS, Layer.AUTHENTICATION, Layer.SERVER)
_MOST_KINDS = 20
_MOST_CHANGES = 20
_MOST_STORIES = 50


def blocks(reading: Reading) -> list[Block]:
    """The whole answer."""
    found: list[Block] = []
    if not reading.is_usable:
        found += [Heading(say("logs.nothing", count=len(reading.logs.files)), 1), Line(say("logs.nothing_hint"))]
    for story in reading.stories[:_MOST_STORIES]:
        found += [*_story(story, reading), Gap()]
    if len(reading.stories) > _MOST_STORIES:
        found.append(Line(say("more", count=len(reading.stories) - _MOST_STORIES)))
    found += _planned(reading) if reading.plan else _kinds(reading)
    found += _changes(reading)
    kinds = ", ".join(dict.fromkeys(file.kind for file in reading.logs.files)) or say("none")
    return [*found, Gap(), Line(say("logs.files", count=len(reading.logs.files), kinds=kinds), style="dim")]


def _story(story: Story, reading: Reading) -> list[Block]:
    found: list[Block] = [Heading(verdict_sentence(story, reading), 1)]
    if story.last_stage:
        found.append(Line(say("logs.last_stage", stage=stage_title(story.last_stage, reading))))
    found += [Gap(), _steps(story, reading)]
    for doubt in story.doubts:
        found += [Gap(), *_doubt(doubt, story, reading)]
    if story.works:
        flows = say("list").join(flow_title(flow, reading) for flow in story.works)
        found += [Gap(), Line(flows, mark=say("logs.works"), style="good")]
    connections = _connections(story, reading)
    return [*found, Gap(), connections] if connections.rows else found


def verdict_sentence(story: Story, reading: Reading) -> str:
    """What the logs say of the host, in one sentence."""
    who = story.host or say("logs.this_host")
    if story.subject:
        who = say("logs.on_behalf", subject=story.subject, host=who)
    if not story.doubts or story.verdict in ("clean", "started", "silent"):
        return say(f"logs.verdict.{story.verdict}", who=who)
    worst = next((d for d in story.doubts if d.layer.value == story.verdict), story.doubts[0])
    stage = stage_title(worst.stage, reading)
    if worst.layer in _PROVED:
        key = "fine" if all(d.answered for d in story.doubts if d.layer is worst.layer) else "open"
        return say(f"logs.{key}.{worst.layer.value}", who=who, stage=stage)
    return say(f"logs.verdict.{story.verdict}", who=who, stage=stage)


def stage_title(stage: str, reading: Reading) -> str:
    """The words of a stage."""
    return reading.facts.stages[stage].title.in_language(language()) if stage in reading.facts.stages else say("logs.a_step")


def flow_title(flow: str, reading: Reading) -> str:
    """The words of a flow, with its id."""
    return f"{reading.catalog.flows[flow].title.in_language(language())} ({flow})"


def _short(place: Place) -> str:
    """The place without the folder of its file, for tables."""
    name = re.split(r"[/\\!]", place.file)[-1]
    return f"{name}:{place.line}"


def code_text(code: str) -> str:
    """A canonical code as people look it up: ``win32-5`` is ``5, 0x80070005``."""
    kind, _, number = code.partition("-")
    if kind == "win32":
        return f"{number}, 0x8007{int(number):04x}"
    return f"HTTP {number}" if kind == "http" else code


def _clock(time: str) -> str:
    return time.replace("T", " ").partition(".")[0]


def _steps(story: Story, reading: Reading) -> Table:
    columns = tuple(say(f"logs.column.{name}") for name in ("time", "step", "state", "peer", "place"))
    rows = []
    for state in story.stages:
        word = say("logs.state.recovered") if state.recovered else say(f"logs.state.{state.state.value}")
        rows.append((_clock(state.last), stage_title(state.stage, reading), word, state.peer or "-", _short(state.place)))
    styles = tuple((say(f"logs.state.{outcome.value}"), style) for outcome, style in _STATES.items())
    return Table(columns, tuple(rows), styles)


def _doubt(doubt: Doubt, story: Story, reading: Reading) -> list[Block]:
    error = reading.facts.errors.get(doubt.code)
    meaning = error.meaning.in_language(language()) if error else say("logs.unknown_code")
    shown = f"{doubt.name} ({code_text(doubt.code)})" if doubt.name else code_text(doubt.code) or say("logs.fallback_taken")
    layer = say(f"logs.layer.{doubt.layer.value}")
    style = "bad" if doubt.layer is Layer.NETWORK else "warn"
    found: list[Block] = [Heading(f"{stage_title(doubt.stage, reading)}{say('colon')}{layer}"), Line(shown, style=style)]
    if doubt.code:
        found.append(Line(meaning))
    if doubt.peer:
        where = doubt.peer if doubt.port is None else f"{doubt.peer}:{doubt.port}"
        found.append(Line(where, mark=say("logs.peer")))
    found.append(Line(doubt.text, mark=say("logs.said")))
    found.append(Line(say("list").join(map(str, doubt.places)), mark=say("logs.evidence", count=doubt.count)))
    if error:
        found.append(Line(f"{error.cite.source}, {cited_place(error.cite.at)}", mark=say("logs.source"), style="dim"))
    return found + _conclusion(doubt, story, reading)


def _conclusion(doubt: Doubt, story: Story, reading: Reading) -> list[Block]:
    """What the failure says of flows, and what to ask next."""
    flows = say("list").join(flow_title(flow, reading) for flow in doubt.flows)
    if doubt.answered:
        is_web = not all(flow.startswith(PUSH) for flow in doubt.flows)
        return [Line(say("logs.answered_web" if is_web else "logs.answered"))]
    if doubt.layer is not Layer.NETWORK or not doubt.flows:
        return [Line(say("logs.proves_nothing"))]
    asked = next_flows(doubt, story, reading.catalog, reading.plan)
    pushed = all(flow.startswith(PUSH) for flow in doubt.flows)
    machine = story.subject or doubt.peer if pushed else story.host
    hint = say("logs.next", host=machine or say("logs.this_host"))
    questions = [Verbatim(f'cmfw trace STATE --flow "{flow}"') for flow in asked]
    return [Line(flows, mark=say("logs.in_doubt"), style="bad"), Line(hint), *questions]


def _connections(story: Story, reading: Reading) -> Table:
    names = ("role", "peer", "port", "count", "failed", *(("planned",) if reading.plan else ()))
    rows = []
    for each in story.connections:
        port = "-" if each.port is None else f"{each.port} {each.protocol}".strip()
        row = [role(each.role) if each.role else "-", each.peer, port, str(each.count), str(each.failed)]
        if reading.plan:
            planned = is_planned(each, reading.plan)
            row.append("-" if planned is None else say("logs.yes") if planned else say("logs.no"))
        rows.append(tuple(row))
    return Table(tuple(say(f"logs.column.{name}") for name in names), tuple(rows))


def _planned(reading: Reading) -> list[Block]:
    """The plan's items as the firewall's own log saw them."""
    if not reading.logs.observations:
        return []
    found: list[Block] = []
    for host in dict.fromkeys(each.host for each in reading.logs.observations):
        its = [seen for seen in reading.planned if seen.host == host]
        found += [Gap(), Heading(say("logs.planned", host=host or say("logs.this_host")))]
        if not its:
            found.append(Line(say("logs.nowhere")))
            continue
        rows = tuple(_seen_row(seen) for seen in its if seen.allowed or seen.dropped)
        if rows:
            columns = tuple(say(f"logs.column.{name}") for name in ("item", "end", "allowed", "dropped", "time", "place"))
            found.append(Table(columns, rows))
        unseen = list(dict.fromkeys(seen.item for seen in its if not seen.allowed and not seen.dropped))
        if unseen:
            found.append(Line(say("logs.unseen", count=len(unseen), items=", ".join(unseen[:_MOST_KINDS]))))
    return [*found, Line(say("logs.unseen_means"), style="dim"), *_lost(reading)]


def _seen_row(seen: SeenItem) -> tuple[str, ...]:
    def number(count: int) -> str:
        return f">= {count}" if seen.at_least and count else str(count)

    place = _short(seen.places[0]) if seen.places else "-"
    return seen.item, say(f"logs.end.{seen.end}"), number(seen.allowed), number(seen.dropped), _clock(seen.last), place


def _kinds(reading: Reading) -> list[Block]:
    """Traffic added up by port, where there is no plan."""
    if not reading.kinds:
        return []
    columns = ("host", "direction", "traffic", "seen", "count", "peers", "time", "place")
    rows = []
    for kind in reading.kinds[:_MOST_KINDS]:
        where = "" if kind.port is None else f"/{kind.port}"
        where += "" if kind.icmp is None else f" {kind.icmp}"
        count = f">= {kind.count}" if kind.at_least else str(kind.count)
        head = (kind.host or "-", direction_word(kind.direction), protocol_word(kind.protocol) + where)
        tail = (say(f"logs.seen.{kind.seen.value}"), count, str(kind.peers), _clock(kind.last), _short(kind.place))
        rows.append(head + tail)
    found: list[Block] = [Gap(), Heading(say("logs.traffic"))]
    found.append(Table(tuple(say(f"logs.column.{name}") for name in columns), tuple(rows)))
    if len(reading.kinds) > _MOST_KINDS:
        found.append(Line(say("more", count=len(reading.kinds) - _MOST_KINDS)))
    return [*found, Line(say("logs.give_site"), style="dim"), *_lost(reading)]


def _lost(reading: Reading) -> list[Block]:
    return [Line(say("logs.lost"))] if any(each.at_least for each in reading.logs.observations) else []


def _changes(reading: Reading) -> list[Block]:
    if not reading.logs.changes:
        return []
    columns = tuple(say(f"logs.column.{name}") for name in ("time", "change", "rule", "program", "place"))
    rows = []
    for change in reading.logs.changes[:_MOST_CHANGES]:
        by = change.program or change.account or "-"
        named = change.name or change.id
        rows.append((_clock(change.time), say(f"logs.change.{change.change}"), named, by, _short(change.place)))
    found: list[Block] = [Gap(), Heading(say("logs.changes")), Table(columns, tuple(rows))]
    found += [
        Verbatim(text) for text in dict.fromkeys(change.rule for change in reading.logs.changes[:_MOST_CHANGES]) if text
    ]
    if len(reading.logs.changes) > _MOST_CHANGES:
        found.append(Line(say("more", count=len(reading.logs.changes) - _MOST_CHANGES)))
    return found
