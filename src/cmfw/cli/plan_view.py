"""A ``Plan`` as text by feature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cmfw.catalog.types import Catalog, Necessity
from cmfw.cli.output import Block, Cell, Gap, Heading, Line, Table
from cmfw.errors import COMMAND_LINE, InputError, Problem
from cmfw.model.plan import Endpoint, Plan, PlanItem, PlannedException
from cmfw.report.cited_place import cited_place
from cmfw.report.plan_rows import end_name, omission_reason, rule_text, traffic
from cmfw.words import language, say
from cmfw.words.phrases import listed, phrase


def only(plan: Plan, features: Sequence[str], catalog: Catalog) -> Plan:
    """The part of the plan that the features need; the whole plan for none. InputError for an unknown feature."""
    if not features:
        return plan
    unknown = [name for name in features if name not in catalog.features]
    if unknown:
        known = listed(catalog.features)
        raise InputError(
            *(Problem(COMMAND_LINE, phrase("one of {names}", names=known), f"`{n}`", key="--feature") for n in unknown)
        )
    wanted = set(features)
    return replace(
        plan,
        items=tuple(item for item in plan.items if wanted & set(item.features)),
        exceptions=tuple(found for found in plan.exceptions if found.feature in wanted),
        rows=tuple(row for row in plan.rows if row.feature in wanted),
        omissions=tuple(o for o in plan.omissions if wanted & _features_of(o.subject, catalog)),
    )


def _features_of(subject: str, catalog: Catalog) -> set[str]:
    """The features that an omission concerns: its subject is a feature, ``FEATURE.ROW`` or a flow."""
    first, dot, _ = subject.partition(".")
    if dot or first in catalog.features:
        return {first}
    return {row.feature for row in catalog.requirements.values() if row.flow == subject}


def blocks(plan: Plan, catalog: Catalog) -> list[Block]:
    """The plan as text: one table for each feature, then exceptions and rules by host, then what was left out."""
    lang = language()
    found: list[Block] = [Heading(say("plan.title", site=plan.site, edition=plan.edition, scope=plan.scope), 1)]
    found.append(Line(say("plan.count", items=len(plan.items), features=len({f for i in plan.items for f in i.features}))))
    levels = _levels(plan, catalog)
    for feature in [f for f in catalog.features.values() if any(f.id in item.features for item in plan.items)]:
        found += [Gap(), Heading(f"{feature.title.in_language(lang)} ({feature.id})")]
        found.append(
            _items_table([_as_asked(i, feature.id, levels) for i in plan.items if feature.id in i.features], catalog)
        )
        found += [Line(_exception_text(e, catalog), mark="* ") for e in plan.exceptions if e.feature == feature.id]
        off = sorted({(row.clients, row.disabled) for row in plan.rows if row.feature == feature.id and row.disabled})
        found += [Line(say("plan.disabled", clients=clients, reason=reason), mark="! ") for clients, reason in off]
    found += _rules_by_host(plan)
    if plan.omissions:
        found += [Gap(), Heading(say("plan.omissions"))]
        found += _omission_lines(plan)
    return found


def _omission_lines(plan: Plan) -> list[Block]:
    """One line for each reason, with everything that is left out for it."""
    subjects: dict[str, dict[str, None]] = {}
    for omission in plan.omissions:
        subjects.setdefault(omission_reason(omission), {})[omission.subject] = None
    return [Line(f"{reason}{say('colon')}{say('list').join(names)}", mark="- ") for reason, names in subjects.items()]


def _levels(plan: Plan, catalog: Catalog) -> dict[tuple[str, str], str]:
    """The strongest level by (feature, flow) in the plan's edition."""
    order = list(Necessity)
    found: dict[tuple[str, str], Necessity] = {}
    for row in catalog.requirements.values():
        if plan.edition in row.level:
            key, level = (row.feature, row.flow), row.level[plan.edition]
            found[key] = min(found.get(key, level), level, key=order.index)
    return {key: level.value for key, level in found.items()}


def _as_asked(item: PlanItem, feature: str, levels: dict[tuple[str, str], str]) -> PlanItem:
    """The item as strong as this one feature asks for it; the plan holds the strongest that any feature does."""
    level = levels.get((feature, item.flow), item.necessity)
    return item if len(item.features) == 1 or level == item.necessity else replace(item, necessity=level)


def _items_table(items: Sequence[PlanItem], catalog: Catalog) -> Table:
    columns = tuple(say(f"plan.column.{name}") for name in ("from", "to", "traffic", "purpose", "level"))
    rows: dict[tuple[Cell, ...], None] = {}
    for item in items:
        level = say(f"necessity.{item.necessity}")
        if item.errata:
            level += f" ({', '.join(item.errata)})"
        flow = catalog.flows.get(item.flow)
        purpose = flow.title.in_language(language()) if flow else item.flow
        rows[_who_and_where(item.source), _who_and_where(item.target), tuple(traffic(item).split("\n")), purpose, level] = (
            None
        )
    styles = ((say("necessity.required"), "strong"), (say("necessity.advisory"), "dim"))
    return Table(columns, tuple(rows), styles)


def _who_and_where(end: Endpoint) -> tuple[str, ...]:
    texts = end.addresses.texts()
    where = ", ".join(texts[:2]) + (f" (+{len(texts) - 2})" if len(texts) > 2 else "")
    return (end_name(end), where) if where else (end_name(end),)


def _exception_text(found: PlannedException, catalog: Catalog) -> str:
    value = found.value
    if found.kind == "port" and found.value in catalog.flows:
        flow = catalog.flows[found.value]
        value = f"{flow.title.in_language(language())} ({flow.protocol} {', '.join(flow.default or flow.ports)})"
    for group in catalog.groups.values():
        if found.kind == "group" and found.group in (group.resource, group.id):
            value = f"{group.title.in_language(language())} ({group.resource})"
    directions = "+".join(found.directions) or say("plan.no_direction")
    text = say(f"exception.{found.kind}", value=value, directions=directions, where=found.where)
    return f"{text} [{cited_place(found.citation.at)}]"


def _rules_by_host(plan: Plan) -> list[Block]:
    by_host: dict[str, dict[str, None]] = {}
    for item in plan.items:
        for planned in item.rules:
            by_host.setdefault(planned.where, {})[rule_text(planned.rule)] = None
    if not by_host:
        return []
    found: list[Block] = [Gap(), Heading(say("plan.rules"))]
    for where, texts in by_host.items():
        found.append(Line(where, style="strong"))
        found += [Line(text, indent=2, mark="- ") for text in texts]
    return found
