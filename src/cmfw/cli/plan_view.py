"""A ``Plan`` as JSON data (``cmfw/plan/1``), as rows, and as text by feature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from cmfw.catalog.types import Catalog, Necessity
from cmfw.cli.output import Block, Gap, Heading, Line, Table
from cmfw.errors import InputError, Problem
from cmfw.model.need import need_text
from cmfw.model.plan import Citation, Endpoint, Omission, Plan, PlanItem, PlannedException, PlannedProcess, PlannedRule
from cmfw.model.rule import AddressMatch, HostRule, PortMatch
from cmfw.net.flow import INTERFACE_NAMES, PROFILE_NAMES, PROTOCOL_NAMES, Direction
from cmfw.words import language, role, say

SCHEMA = "cmfw/plan/1"
COLUMNS = ("id", "features", "necessity", "from", "from_addresses", "to", "to_addresses", "protocol", "ports", "icmp")


def only(plan: Plan, features: Sequence[str], catalog: Catalog) -> Plan:
    """The part of the plan that the features need; the whole plan for none. InputError for an unknown feature."""
    if not features:
        return plan
    unknown = [name for name in features if name not in catalog.features]
    if unknown:
        known = ", ".join(catalog.features)
        raise InputError(*(Problem("command line", f"one of {known}", f"`{n}`", key="--feature") for n in unknown))
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


def document(plan: Plan) -> dict[str, Any]:
    """The plan as ``cmfw/plan/1``."""
    return {
        "schema": SCHEMA,
        "site": plan.site,
        "edition": plan.edition,
        "scope": plan.scope,
        "items": [item_row(item) for item in plan.items],
        "exceptions": [_exception_row(found) for found in plan.exceptions],
        "rows": [
            {
                "feature": row.feature,
                "clients": row.clients,
                "peer": row.peer or None,
                "need": need_text(row.need),
                "advisory": list(row.advisory),
                "disabled": row.disabled or None,
                "alternatives": list(row.alternatives),
            }
            for row in plan.rows
        ],
        "omissions": [_omission_row(found) for found in plan.omissions],
    }


def item_row(item: PlanItem) -> dict[str, Any]:
    """One item of the plan as JSON data."""
    return {
        "id": item.id,
        "flow": item.flow,
        "features": list(item.features),
        "necessity": item.necessity,
        "from": _end(item.source),
        "to": _end(item.target),
        "protocol": protocol_name(item.protocol),
        "ports": item.ports.texts(),
        "any_port": item.any_port,
        "icmp": icmp_text(item.icmp),
        "printed": list(item.printed),
        "errata": list(item.errata),
        "same_subnet": item.same_subnet,
        "decides": list(item.decides),
        "conditions": list(item.conditions),
        "initiators": [_process(found) for found in item.initiators],
        "listener": None if item.listener is None else _process(item.listener),
        "host_rules": [_planned_rule(found) for found in item.rules],
        "sources": [_citation(found) for found in item.citations],
    }


def _end(end: Endpoint) -> dict[str, Any]:
    return {
        "role": end.role,
        "name": end.name,
        "addresses": end.addresses.texts(),
        "profiles": profile_names(end.profiles),
    }


def _process(process: PlannedProcess) -> dict[str, Any]:
    return {"program": process.program or None, "service": process.service or None}


def _citation(found: Citation) -> dict[str, str]:
    return {"source": found.source, "at": found.at, "as_of": found.as_of}


def _planned_rule(found: PlannedRule) -> dict[str, Any]:
    return {"end": found.on, "where": found.where, **rule_row(found.rule)}


def rule_row(rule: HostRule) -> dict[str, Any]:
    """One Windows Firewall rule with all its conditions; null or an empty list never stands for "any", ``*`` does."""
    from cmfw.ingest.rulestring import write_rule

    return {
        "id": rule.id,
        "name": rule.name,
        "action": rule.action.value,
        "direction": "in" if rule.direction is Direction.IN else "out",
        "active": rule.active,
        "profiles": profile_names(rule.profiles),
        "protocol": protocol_name(rule.protocol),
        "local_ports": _ports(rule.local_port),
        "remote_ports": _ports(rule.remote_port),
        "icmp": ["*"] if rule.icmp is None else [icmp_text(pair) for pair in rule.icmp],
        "local_addresses": _addresses(rule.local_address),
        "remote_addresses": _addresses(rule.remote_address),
        "program": "*" if rule.program is None else rule.program,
        "service": "*" if rule.service is None else rule.service,
        "interfaces": [name for kind, name in INTERFACE_NAMES.items() if kind & rule.interfaces],
        "group": rule.group or None,
        "rule": write_rule(rule),
    }


def _ports(match: PortMatch) -> list[str]:
    return ["*"] if match.is_any else [*match.ports.texts(), *match.keywords]


def _addresses(match: AddressMatch) -> list[str]:
    return ["*"] if match.is_any else [*match.addresses.texts(), *match.keywords]


def protocol_name(protocol: int | None) -> str:
    """``tcp``, ``udp``, ``icmp4``, ``icmp6``, ``ip/N`` or ``any``, as flow text writes it."""
    return "any" if protocol is None else PROTOCOL_NAMES.get(protocol, f"ip/{protocol}")


def profile_names(mask: int) -> list[str]:
    """The names of the profiles in the mask."""
    return [name for profile, name in PROFILE_NAMES.items() if profile & mask]


def icmp_text(icmp: tuple[int, int | None] | None) -> str | None:
    """``8:*`` or ``8:0``; None for traffic that is not ICMP."""
    return None if icmp is None else f"{icmp[0]}:{'*' if icmp[1] is None else icmp[1]}"


def _exception_row(found: PlannedException) -> dict[str, Any]:
    return {
        "id": found.id,
        "feature": found.feature,
        "kind": found.kind,
        "value": found.value,
        "where": found.where,
        "role": found.role,
        "directions": list(found.directions),
        "direction_given": found.direction_given,
        "profiles": profile_names(found.profiles),
        "group": found.group or None,
        "errata": list(found.errata),
        "source": _citation(found.citation),
        "host_rules": [rule_row(rule) for rule in found.rules],
    }


def _omission_row(found: Omission) -> dict[str, Any]:
    return {
        "subject": found.subject,
        "code": found.code,
        "reason": found.reason,
        "errata": list(found.errata),
        "source": None if found.citation is None else _citation(found.citation),
    }


def cells(item: PlanItem) -> tuple[str, ...]:
    """One item as cells under ``COLUMNS``."""
    ends = (item.source, item.target)
    (from_name, from_addresses), (to_name, to_addresses) = ((_who(e), " ".join(e.addresses.texts())) for e in ends)
    return (
        item.id,
        " ".join(item.features),
        item.necessity,
        from_name,
        from_addresses,
        to_name,
        to_addresses,
        protocol_name(item.protocol),
        " ".join(item.ports.texts()),
        icmp_text(item.icmp) or "",
    )


def _who(end: Endpoint) -> str:
    return end.name or role(end.role)


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
        args = dict(omission.args)
        reason = say(f"omission.{omission.code}", detail=role(args["detail"])) if "detail" in args else omission.reason
        subjects.setdefault(reason, {})[omission.subject] = None
    return [Line(f"{reason}: {', '.join(names)}", mark="- ") for reason, names in subjects.items()]


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
    rows: dict[tuple[str, ...], None] = {}
    for item in items:
        level = say(f"necessity.{item.necessity}")
        if item.errata:
            level += f" ({', '.join(item.errata)})"
        flow = catalog.flows.get(item.flow)
        purpose = flow.title.in_language(language()) if flow else item.flow
        rows[_who_and_where(item.source), _who_and_where(item.target), traffic(item), purpose, level] = None
    styles = ((say("necessity.required"), "strong"), (say("necessity.advisory"), "dim"))
    return Table(columns, tuple(rows), styles)


def _who_and_where(end: Endpoint) -> str:
    texts = end.addresses.texts()
    where = ", ".join(texts[:2]) + (f" (+{len(texts) - 2})" if len(texts) > 2 else "")
    return f"{_who(end)}\n{where}" if where else _who(end)


def traffic(item: PlanItem) -> str:
    """The traffic of an item in a few words: ``tcp 80 or 8080``, ``icmp4 8:*``; what the page prints follows."""
    ports = (" " + say("or") + " " if item.any_port else ", ").join(item.ports.texts())
    text = " ".join(part for part in (protocol_name(item.protocol), ports, icmp_text(item.icmp) or "") if part)
    return f"{text}\n{say('plan.printed', printed=', '.join(item.printed))}" if item.printed else text


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
    return f"{text} [{found.citation.at}]"


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


def rule_text(rule: HostRule) -> str:
    """A rule in one readable line, only the conditions that it has."""
    words = [rule.action.value, "in" if rule.direction is Direction.IN else "out", protocol_name(rule.protocol)]
    words += [f"{say('rule.local_ports')} {','.join(_ports(rule.local_port))}"] if not rule.local_port.is_any else []
    words += [f"{say('rule.remote_ports')} {','.join(_ports(rule.remote_port))}"] if not rule.remote_port.is_any else []
    words += [",".join(icmp_text(pair) or "" for pair in rule.icmp)] if rule.icmp is not None else []
    if not rule.local_address.is_any:
        words.append(f"{say('rule.local')} {','.join(_addresses(rule.local_address))}")
    if not rule.remote_address.is_any:
        words.append(f"{say('rule.remote')} {','.join(_addresses(rule.remote_address))}")
    words += [f"{say('rule.program')} {rule.program}"] if rule.program else []
    words += [f"{say('rule.service')} {rule.service}"] if rule.service else []
    return " ".join([*words, f"({', '.join(profile_names(rule.profiles))})"])
