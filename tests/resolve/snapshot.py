"""A plan as text with every field that matters, for golden files: ``python -m tests.resolve.snapshot`` writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.resolve.small_catalog import small_catalog

from cmfw.catalog.types import Edition
from cmfw.ingest.site import read_site_text
from cmfw.model.need import need_text
from cmfw.model.plan import Endpoint, Plan, PlanItem
from cmfw.model.rule import HostRule
from cmfw.model.site import Site
from cmfw.resolve import resolve

GOLDEN = Path(__file__).with_name("golden")
CASES = [(edition, scope) for edition in Edition for scope in ("least", "documented")]

SITE = """\
code = "P01"
ports = { http = [8081, 8082], https = [4431], notification = 10124, wol = 7 }

[[system]]
host = "ss1"
addresses = ["10.0.0.11"]
roles = ["site_server", "sms_provider"]

[[system]]
host = "mp1"
addresses = ["10.0.0.21", "2001:db8::21"]
roles = ["management_point", "distribution_point"]
mp = { mode = "https" }

[[system]]
host = "sup1"
addresses = ["10.0.0.31"]
roles = ["software_update_point", "fallback_status_point"]
sup = { http = 8531, ssl = true }

[[system]]
host = "con1"
addresses = ["10.0.0.41"]
roles = ["console"]

[[clients]]
name = "branch office"
subnets = ["10.2.0.0/24", "2001:db8:2::/64"]
os = "Windows 10 22H2"
default_outbound = "block"
settings = { wol_port = 9, wakeup_port = 25537 }
"""


def site() -> Site:
    return read_site_text(SITE, "site.toml")


def _end(end: Endpoint) -> str:
    return f"{end.role} {end.name} [{end.addresses}] profiles={end.profiles}"


def _rule(rule: HostRule) -> str:
    ports = " ".join(
        f"{side}={','.join([*(match.ports.texts() if match.ports.ranges else []), *match.keywords])}"
        for side, match in (("local", rule.local_port), ("remote", rule.remote_port))
        if not match.is_any
    )
    peers = (
        "any"
        if rule.remote_address.is_any
        else ",".join([*rule.remote_address.addresses.texts(), *rule.remote_address.keywords])
    )
    who = f"{rule.program or 'any program'} {rule.service or ''}".strip()
    return f"{rule.id}: {rule.direction.name} {rule.protocol} {ports} icmp={rule.icmp} peers={peers} by {who}"


def _item(item: PlanItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "features": list(item.features),
        "necessity": item.necessity,
        "from": _end(item.source),
        "to": _end(item.target),
        "protocol": item.protocol,
        "ports": item.ports.texts(),
        "any_port": item.any_port,
        "icmp": item.icmp,
        "same_subnet": item.same_subnet,
        "decides": list(item.decides),
        "printed": list(item.printed),
        "errata": list(item.errata),
        "conditions": list(item.conditions),
        "places": [citation.at for citation in item.citations],
        "rules": [f"{rule.on} {rule.where}: {_rule(rule.rule)}" for rule in item.rules],
    }


def snapshot(plan: Plan) -> str:
    """The plan as indented JSON."""
    document = {
        "site": plan.site,
        "edition": plan.edition,
        "scope": plan.scope,
        "items": [_item(item) for item in plan.items],
        "exceptions": [
            {
                "id": e.id,
                "kind": f"{e.kind} {e.value}",
                "on": f"{e.role} {e.where}",
                "directions": list(e.directions),
                "given": e.direction_given,
                "rules": [_rule(rule) for rule in e.rules],
            }
            for e in plan.exceptions
        ],
        "rows": [
            {
                "row": f"{row.feature} | {row.clients} | {row.peer}",
                "need": need_text(row.need),
                "advisory": list(row.advisory),
                "disabled": row.disabled,
            }
            for row in plan.rows
        ],
        "omissions": [f"{o.subject}: {o.code}: {o.reason} {' '.join(o.errata)}".rstrip() for o in plan.omissions],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def path(edition: Edition, scope: str) -> Path:
    return GOLDEN / f"plan-{edition.value}-{scope}.json"


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for EDITION, SCOPE in CASES:
        PLAN = resolve(small_catalog(), site(), edition=EDITION, scope=SCOPE)
        path(EDITION, SCOPE).write_text(snapshot(PLAN), encoding="utf-8", newline="\n")
