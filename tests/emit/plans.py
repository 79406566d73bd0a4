"""Plans built by hand: what the emitter tests need beyond the shared site files."""

from __future__ import annotations

from dataclasses import replace

from cmfw.catalog.types import Catalog
from cmfw.emit import EmitRequest
from cmfw.model.plan import Citation, Endpoint, Plan, PlanItem, PlannedException, PlannedProcess, PlannedRule
from cmfw.model.rule import Action, AddressMatch, HostRule, PortMatch
from cmfw.model.site import ClientGroup, Product, Site, SubSite, System
from cmfw.net.addr import AddrSet
from cmfw.net.flow import Direction
from cmfw.net.ports import PortSet

CLIENTS = AddrSet.parse("10.20.0.0/16", "2001:db8:20::/48")
SERVER = AddrSet.parse("10.1.0.5")
SVCHOST = "%SystemRoot%\\system32\\svchost.exe"
NO_CATALOG = Catalog(
    sources={}, flows={}, features={}, requirements={}, exceptions={}, groups={}, errata={}, usual=(), notes={}, findings={}
)  # the emitters ask the plan, never the catalog


def rule(**changes) -> HostRule:
    fields = {
        "id": "cmfw-push-smb",
        "action": Action.ALLOW,
        "direction": Direction.IN,
        "profiles": 1,
        "protocol": 6,
        "local_port": PortMatch(PortSet.of(445)),
        "remote_address": AddressMatch(SERVER),
        "program": "System",
        "name": "Client push: SMB",
    }
    return HostRule(**{**fields, **changes})


def item(*rules: HostRule, **changes) -> PlanItem:
    fields = {
        "id": "push-smb",
        "flow": "push_smb",
        "features": ("client_push",),
        "necessity": "required",
        "source": Endpoint("site_server", "ss1", SERVER, 1),
        "target": Endpoint("client", "desktops", CLIENTS, 1),
        "protocol": 6,
        "ports": PortSet.of(445),
        "listener": PlannedProcess("System"),
        "citations": (Citation("page-2016", "line 116", "2016-09-02"),),
        "rules": tuple(PlannedRule("to", "desktops", r) for r in rules),
    }
    return PlanItem(**{**fields, **changes})


def group_exception(*rules: HostRule, **changes) -> PlannedException:
    fields = {
        "id": "push-fps",
        "feature": "client_push",
        "kind": "group",
        "value": "@FirewallAPI.dll,-28502",
        "where": "desktops",
        "role": "client",
        "directions": ("in",),
        "direction_given": True,
        "profiles": 1,
        "group": "@FirewallAPI.dll,-28502",
        "citation": Citation("page-2016", "line 42", "2016-09-02"),
        "rules": rules,
    }
    return PlannedException(**{**fields, **changes})


def request(
    *items: PlanItem, exceptions=(), scope="least", product=Product.WINDOWS, where="desktops", code="P01", os=""
) -> EmitRequest:
    site = Site(
        code=code,
        sites=(SubSite(code=code),),
        systems=(System(host="ss1", site=code, roles=("site_server",), addresses=SERVER),),
        clients=(ClientGroup(name=where, site=code, subnets=CLIENTS, product=product, os=os),),
    )
    plan = Plan(site=code, edition="current", scope=scope, items=items, exceptions=tuple(exceptions))
    return EmitRequest(NO_CATALOG, site, plan, where)


def of_rule(one: HostRule, **changes) -> EmitRequest:
    """A request whose plan needs just this rule."""
    return request(item(one), **changes)


def without_origin(rules) -> tuple[HostRule, ...]:
    return tuple(replace(r, origin="") for r in rules)
