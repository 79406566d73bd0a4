"""A ``Plan`` as JSON data (``cmfw/plan/1``) and as rows of cells; its traffic and rules in a few words."""

from __future__ import annotations

from typing import Any

from cmfw.model.need import need_text
from cmfw.model.plan import Citation, Endpoint, Omission, Plan, PlanItem, PlannedException, PlannedProcess, PlannedRule
from cmfw.model.rule import AddressMatch, HostRule, PortMatch
from cmfw.net.flow import INTERFACE_NAMES, PROFILE_NAMES, PROTOCOL_NAMES, Direction
from cmfw.words import role, say

SCHEMA = "cmfw/plan/1"
COLUMNS = ("id", "features", "necessity", "from", "from_addresses", "to", "to_addresses", "protocol", "ports", "icmp")


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
    from cmfw.ingest.rulewrite import write_rule

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


def omission_reason(found: Omission) -> str:
    """Why the plan leaves something out, in words."""
    return say(f"omission.{found.code}", detail=role(dict(found.args)["detail"]))


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
    (from_name, from_addresses), (to_name, to_addresses) = ((end_name(e), " ".join(e.addresses.texts())) for e in ends)
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


def end_name(end: Endpoint) -> str:
    """The name of an end, or its role in words where the site gives it none."""
    return end.name or role(end.role)


def traffic(item: PlanItem) -> str:
    """The traffic of an item in a few words; what the page prints follows in a line of its own."""
    text = traffic_words(item)
    return f"{text}\n{say('plan.printed', printed=', '.join(item.printed))}" if item.printed else text


def traffic_words(item: PlanItem) -> str:
    """``tcp 80 or 8080``, ``icmp4 8:*``."""
    ports = (" " + say("or") + " " if item.any_port else ", ").join(item.ports.texts())
    return " ".join(part for part in (protocol_name(item.protocol), ports, icmp_text(item.icmp) or "") if part)


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
