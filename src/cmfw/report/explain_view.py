"""The topics of ``cmfw explain`` as text and as JSON data (``cmfw/explain/1``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

from cmfw.catalog.types import Catalog, Cite, ExceptionRow, Feature, Process, Requirement, Text
from cmfw.report.blocks import Block, Gap, Heading, Line, Table, Verbatim
from cmfw.report.catalog_rows import level_of, notes_of, place, rows_of, short_id, traffic_of
from cmfw.report.cited_place import cited_place
from cmfw.report.topics import (
    Topic,
    flows_with_port,
    members_with_port,
    requirements_printing,
    usual_of_port,
)
from cmfw.words import language, role, say


def _t(text: Text) -> str:
    return text.in_language(language())


def texts(text: Text) -> dict[str, str]:
    """Both languages as JSON data."""
    return {"en": text.en, "zh_CN": text.zh_CN}


# --- text ------------------------------------------------------------------------------------------------------------


def index_blocks(topics: list[Topic]) -> list[Block]:
    """The list of everything that can be explained, by kind."""
    blocks: list[Block] = [Heading(say("explain.index"), 1)]
    for kind in dict.fromkeys(topic.kind for topic in topics):
        rows = tuple((t.id, _short(_t(t.title))) for t in topics if t.kind == kind)
        blocks += [Gap(), Heading(say(f"explain.kind.{kind}")), Table((say("explain.id"), say("explain.about")), rows)]
    return blocks


def _short(text: str) -> str:
    return text if len(text) <= 70 else text[:67].rstrip() + "..."


def topic_blocks(catalog: Catalog, topic: Topic, edition: str) -> list[Block]:
    """One topic as text."""
    views: dict[str, Callable[[Catalog, str, str], list[Block]]] = {
        "feature": _feature_blocks,
        "flow": _flow_blocks,
        "group": _group_blocks,
        "erratum": _erratum_blocks,
        "finding": _finding_blocks,
        "note": _note_blocks,
        "port": _port_blocks,
    }
    view = views.get(topic.kind)
    if view is None:
        from cmfw.report.format_view import format_blocks

        return [Heading(f"{topic.id} ({topic.kind})", 1), Line(_t(topic.title)), *format_blocks(topic.id), Gap()]
    return [*view(catalog, topic.id, edition), Gap()]


def _title(title: Text, name: str) -> list[Block]:
    """The title in the language of the call; the other language below it, because the Chinese titles are easily mixed up."""
    other = title.en if language() == "zh_CN" else title.zh_CN
    blocks: list[Block] = [Heading(f"{_t(title)} ({name})", 1)]
    return [*blocks, Line(other, style="dim")] if other != _t(title) else blocks


def _cited(catalog: Catalog, cites: tuple[Cite, ...]) -> list[Block]:
    blocks: list[Block] = []
    for cite in dict.fromkeys(cites):
        source = catalog.sources.get(cite.source)
        name = _t(source.title) if source else cite.source
        blocks.append(Line(f"{name}, {cited_place(cite.at)} ({cite.as_of})", mark=say("explain.source"), style="dim"))
    return blocks


def _feature_blocks(catalog: Catalog, name: str, edition: str) -> list[Block]:
    feature = catalog.features[name]
    rows = rows_of(catalog, feature, edition)
    blocks = [*_title(feature.title, feature.id), Gap(), Line(_t(feature.summary))]
    if feature.when:
        blocks.append(Line(feature.when, mark=say("explain.when")))
    blocks += [Gap(), Heading(say("explain.requirements", edition=edition)), _requirement_table(catalog, rows, edition)]
    blocks += [Line(_t(row.note), mark=f"* {short_id(row)}: ") for row in rows if row.note]
    exceptions = [e for e in catalog.exceptions.values() if e.feature == name and edition in e.editions]
    if exceptions:
        blocks += [Gap(), Heading(say("explain.exceptions"))]
        blocks += [block for e in exceptions for block in _exception_blocks(catalog, e)]
    blocks += [Gap(), Line(feature.need.get(edition, ""), mark=say("explain.need"))]
    if feature.alternatives:
        names = say("list").join(f"{_t(catalog.features[a].title)} ({a})" for a in feature.alternatives)
        blocks.append(Line(names, mark=say("explain.alternatives")))
    blocks += _errata_lines(catalog, feature, rows, exceptions)
    blocks += [Line(_t(n.text), mark=f"{say('explain.note')} ({cited_place(n.cite.at)}) ") for n in notes_of(catalog, name)]
    blocks += _step_blocks(catalog, feature)
    return [*blocks, Gap(), *_cited(catalog, feature.cites)]


def _requirement_table(catalog: Catalog, rows: list[Requirement], edition: str) -> Table:
    columns = tuple(say(f"explain.column.{name}") for name in ("row", "direction", "traffic", "level", "at"))
    found = []
    for row in rows:
        flow = catalog.flows[row.flow]
        traffic = [traffic_of(flow)]
        printed = "" if row.cell in ("", *flow.default, *flow.ports) else row.cell
        if printed:
            traffic.append(say("plan.printed", printed=printed))
        ends = (say(f"direction.{row.direction}"), f"{role(flow.from_role)} > {role(flow.to_role)}")
        found.append((short_id(row), ends, tuple(traffic), level_of(row, edition), place(row)))
    return Table(columns, tuple(found))


def _exception_blocks(catalog: Catalog, found: ExceptionRow) -> list[Block]:
    value = found.value
    for group in catalog.groups.values():
        if found.kind == "group" and found.value.lower() in (group.resource.lower(), group.id):
            value = f"{_t(group.title)} ({group.resource})"
    directions = "+".join(found.directions) or say("plan.no_direction")
    text = say(f"exception.{found.kind}", value=value, directions=directions, where=role(found.on))
    blocks: list[Block] = [Line(f"{text} [{' '.join([cited_place(found.cite.at), *found.errata])}]", mark="- ")]
    return [*blocks, Line(_t(found.note), indent=2)] if found.note else blocks


def _errata_lines(
    catalog: Catalog, feature: Feature, rows: list[Requirement], exceptions: list[ExceptionRow]
) -> list[Block]:
    ids = [e for row in rows for e in row.errata] + [e for row in exceptions for e in row.errata]
    ids += [e.id for e in catalog.errata.values() if feature.id in e.features]
    known = [catalog.errata[e] for e in sorted(set(ids), key=lambda e: (len(e), e)) if e in catalog.errata]
    return [Line(_t(e.title), mark=f"{say('explain.erratum')} {e.id}: ") for e in known]


def _step_blocks(catalog: Catalog, feature: Feature) -> list[Block]:
    """How to open it by hand: the steps of the feature, else the page's own procedure."""
    steps = list(feature.steps)
    if not steps:
        steps = [n.text for n in catalog.notes.values() if n.kind in ("step", "steps", "procedure")]
    if not steps:
        return []
    blocks: list[Block] = [Gap(), Heading(say("explain.by_hand"))]
    return blocks + [Line(_t(step), mark=f"{number}. ") for number, step in enumerate(steps, 1)]


def _process(process: Process) -> str:
    return f"{process.program or '*'} ({process.service})" if process.service else process.program or "*"


def _flow_blocks(catalog: Catalog, name: str, edition: str) -> list[Block]:
    flow = catalog.flows[name]
    blocks = [
        *_title(flow.title, flow.id),
        Gap(),
        Line(f"{role(flow.from_role)} > {role(flow.to_role)}{say('colon')}{traffic_of(flow)}"),
    ]
    if flow.initiators:
        blocks.append(Line(", ".join(map(_process, flow.initiators)), mark=say("explain.initiators")))
    if flow.listener:
        blocks.append(Line(_process(flow.listener), mark=say("explain.listener")))
    if flow.scope != "any":
        blocks.append(Line(flow.scope, mark=say("explain.scope")))
    if flow.when:
        blocks.append(Line(flow.when, mark=say("explain.when")))
    rows = [r for r in catalog.requirements.values() if r.flow == name and edition in r.level]
    blocks += [Gap(), Heading(say("explain.needed_by")), _needed_by(catalog, rows, edition)] if rows else []
    return [*blocks, Gap(), *_cited(catalog, (flow.cite, *(r.cite for r in rows)))]


def _needed_by(catalog: Catalog, rows: list[Requirement], edition: str) -> Table:
    columns = tuple(say(f"explain.column.{name}") for name in ("feature", "level", "row", "at"))
    found = []
    for row in rows:
        title = f"{_t(catalog.features[row.feature].title)} ({row.feature})"
        found.append((title, level_of(row, edition), row.id, place(row)))
    return Table(columns, tuple(found))


def _group_blocks(catalog: Catalog, name: str, edition: str) -> list[Block]:
    from cmfw.report.plan_rows import rule_text

    del edition
    group = catalog.groups[name]
    blocks = [*_title(group.title, group.resource), Gap(), Line(_t(group.reach))]
    wanted_by = [e.feature for e in catalog.exceptions.values() if e.value.lower() in (group.resource.lower(), group.id)]
    if wanted_by:
        blocks.append(Line(", ".join(dict.fromkeys(wanted_by)), mark=say("explain.asked_by")))
    for found in group.editions:
        builds = f"{found.first_build or ''}-{found.last_build or ''}".strip("-")
        blocks += [Gap(), Heading(f"{found.sku} {builds}".strip())]
        for member in found.members:
            state = say("explain.on" if member.rule.active else "explain.off")
            blocks.append(Line(rule_text(member.rule), mark=f"- {member.rule.id} [{state}]: "))
    return [*blocks, Gap(), *_cited(catalog, (group.cite, *(found.cite for found in group.editions)))]


def _erratum_blocks(catalog: Catalog, name: str, edition: str) -> list[Block]:
    del edition
    found = catalog.errata[name]
    blocks = [*_title(found.title, found.id), Gap()]
    blocks.append(Line(_t(found.printed), mark=say("explain.printed")))
    blocks.append(Line(_t(found.effective), mark=say("explain.effective")))
    blocks += [Gap(), Line(_t(found.reason))]
    if found.features:
        blocks.append(Line(", ".join(found.features), mark=say("explain.features")))
    if found.lines:
        blocks.append(Line(", ".join(map(str, found.lines)), mark=say("explain.lines")))
    return [*blocks, Gap(), *_cited(catalog, (found.cite,))]


def _finding_blocks(catalog: Catalog, name: str, edition: str) -> list[Block]:
    del edition
    found = catalog.findings[name]
    blocks = [*_title(found.title, f"{found.code}, {say(f'severity.{found.severity}')}"), Gap()]
    blocks += [Line(_t(found.why)), Gap(), Heading(say("explain.message")), Verbatim(_t(found.message))]
    return [*blocks, Gap(), Heading(say("explain.repair")), Line(_t(found.repair))]


def _note_blocks(catalog: Catalog, name: str, edition: str) -> list[Block]:
    del edition
    found = catalog.notes[name]
    blocks: list[Block] = [Heading(f"{say('explain.note')} {found.id}", 1), Gap(), Line(_t(found.text))]
    if found.features:
        blocks.append(Line(", ".join(found.features), mark=say("explain.features")))
    return [*blocks, Gap(), *_cited(catalog, (found.cite,))]


def _port_blocks(catalog: Catalog, name: str, edition: str) -> list[Block]:
    blocks: list[Block] = [Heading(say("explain.port", port=name), 1)]
    rows = port_rows(catalog, name, edition)
    for flow in flows_with_port(catalog, name):
        blocks += [Gap(), Heading(f"{_t(flow.title)} ({flow.id})")]
        blocks.append(Line(f"{role(flow.from_role)} > {role(flow.to_role)}{say('colon')}{traffic_of(flow)}"))
        mine = [row for row in rows if row.flow == flow.id]
        blocks += [_needed_by(catalog, mine, edition)] if mine else [Line(say("explain.in_no_row"))]
    printing = requirements_printing(catalog, name)
    if printing:
        blocks += [Gap(), Line(", ".join(printing), mark=say("explain.printed_in"))]
        errata = dict.fromkeys(e for r in printing for e in catalog.requirements[r].errata)
        blocks += [block for e in errata for block in _erratum_blocks(catalog, e, edition)]
    for direction, protocol, program, service in usual_of_port(catalog, name):
        text = f"{direction} {protocol} {program}" + (f" ({service})" if service else "")
        blocks.append(Line(text, mark=say("explain.usual")))
    for group_id, member in members_with_port(catalog, name):
        group = catalog.groups[group_id]
        blocks.append(Line(f"{_t(group.title)} ({group.resource}): {member.rule.id}", mark=say("explain.opened_by")))
    return blocks


def port_rows(catalog: Catalog, port: str, edition: str) -> list[Requirement]:
    """The documented rows of the edition whose flow has this port."""
    ids = {flow.id for flow in flows_with_port(catalog, port)}
    return [r for r in catalog.requirements.values() if r.flow in ids and edition in r.level]


# --- JSON ------------------------------------------------------------------------------------------------------------


def topic_row(catalog: Catalog, topic: Topic, edition: str) -> dict[str, Any]:
    """One topic as JSON data; rows of the catalog keep the names of their fields."""
    found: dict[str, Any] = {"kind": topic.kind, "id": topic.id, "title": texts(topic.title)}
    match topic.kind:
        case "feature":
            feature = catalog.features[topic.id]
            rows = rows_of(catalog, feature, edition)
            found |= {
                "row": _data(feature),
                "requirements": [_data(r) | {"traffic": traffic_of(catalog.flows[r.flow])} for r in rows],
                "flows": [_data(catalog.flows[f]) for f in dict.fromkeys(r.flow for r in rows)],
                "exceptions": [
                    _data(e) for e in catalog.exceptions.values() if e.feature == topic.id and edition in e.editions
                ],
                "notes": [_data(n) for n in notes_of(catalog, topic.id)],
            }
        case "flow":
            rows = [r for r in catalog.requirements.values() if r.flow == topic.id and edition in r.level]
            found |= {"row": _data(catalog.flows[topic.id]), "requirements": [_data(r) for r in rows]}
        case "group":
            found["row"] = _data(catalog.groups[topic.id])
        case "erratum":
            found["row"] = _data(catalog.errata[topic.id])
        case "finding":
            found["row"] = _data(catalog.findings[topic.id])
        case "note":
            found["row"] = _data(catalog.notes[topic.id])
        case "format":
            from cmfw.report.format_view import format_row

            found["row"] = format_row(topic.id)
        case "port":
            printing = [catalog.requirements[r] for r in requirements_printing(catalog, topic.id)]
            found |= {
                "flows": [_data(f) for f in flows_with_port(catalog, topic.id)],
                "requirements": [_data(r) for r in [*port_rows(catalog, topic.id, edition), *printing]],
                "usual": [list(row) for row in usual_of_port(catalog, topic.id)],
                "groups": [{"group": g, "rule": m.rule.id} for g, m in members_with_port(catalog, topic.id)],
            }
    return found


def _data(value: Any) -> Any:
    """A catalog row as JSON data; Windows Firewall rules as ``cmfw/plan/1`` writes them."""
    if hasattr(value, "local_port") and hasattr(value, "store"):
        from cmfw.report.plan_rows import rule_row

        return rule_row(value)
    if isinstance(value, Enum):
        return value.value
    if hasattr(value, "__dataclass_fields__"):
        return {name: _data(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, dict):
        return {str(name): _data(part) for name, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_data(part) for part in value]
    return value
