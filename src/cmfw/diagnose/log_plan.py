"""What a log tells of, held against a plan: which planned items a failure puts in doubt, and the question to ask next. Pure."""

from __future__ import annotations

from cmfw.catalog.types import Catalog
from cmfw.diagnose.log_story import Connection, Doubt, Story
from cmfw.model.observation import Layer
from cmfw.model.plan import Plan, PlanItem
from cmfw.net.addr import AddrSet, format_address, parse_address
from cmfw.net.flow import end_text

PUSH = "push_"
"""Flows that open at the site server: the machine to look at is the one that was pushed to."""


def items_of(doubt: Doubt, plan: Plan) -> tuple[str, ...]:
    """The plan items that the doubt is about: those of its flows, to its peer where the plan has a system of that name."""
    likely = [item for item in plan.items if item.flow in doubt.flows]
    named = [item for item in likely if same_host(item.target.name, doubt.peer)]
    return tuple(item.id for item in named or likely)


def same_host(one: str, other: str) -> bool:
    """Whether two names may be the same host: equal, or one is the other's first label."""
    first, second = one.lower(), other.lower()
    if not first or not second:
        return False
    if first == second:
        return True
    is_short = "." not in first or "." not in second
    return is_short and first.partition(".")[0] == second.partition(".")[0]


def is_planned(connection: Connection, plan: Plan) -> bool | None:
    """Whether the plan has what was talked to: a system of that name with that port. None where the log names no port."""
    if connection.port is None:
        return None
    items = [item for item in plan.items if same_host(item.target.name, connection.peer)]
    return any(item.protocol == 6 and connection.port in item.ports for item in items)


def is_serious(doubt: Doubt, plan: Plan | None) -> bool:
    """Whether the doubt is about a planned flow and the network; without a plan every flow of the catalog counts as planned."""
    if doubt.layer is not Layer.NETWORK or not doubt.flows:
        return False
    return plan is None or bool(items_of(doubt, plan))


def next_flows(doubt: Doubt, story: Story, catalog: Catalog, plan: Plan | None) -> tuple[str, ...]:
    """Flow texts to judge next, one for each flow in doubt, as the machine sees them whose firewall may be it."""
    del story
    found = []
    for flow in doubt.flows if doubt.layer is Layer.NETWORK else ():
        wanted = items_of(doubt, plan) if plan else ()
        item = next((i for i in plan.items if i.id in wanted and i.flow == flow), None) if plan else None
        found.append(_flow_text(flow, doubt, catalog, item))
    return tuple(dict.fromkeys(found))


def _flow_text(flow: str, doubt: Doubt, catalog: Catalog, item: PlanItem | None) -> str:
    kind = catalog.flows[flow]
    pushed = flow.startswith(PUSH)
    protocol = "icmp4" if kind.protocol.startswith("icmp") else kind.protocol
    port = ""
    if protocol in ("tcp", "udp"):
        planned = item.ports.texts() if item else []
        port = str(doubt.port) if doubt.port and not pushed else next(iter((*planned, *kind.default)), "*")
    source = _address(item.source.addresses) if item and pushed else "*"
    target = _literal(doubt.peer) or (_address(item.target.addresses) if item and not pushed else "*")
    end = end_text("*" if pushed else target, port) if port else ("*" if pushed else target)
    return f"{'in' if pushed else 'out'} {protocol} {source} > {end}"


def _address(addresses: AddrSet) -> str:
    """The address of a single host, else ``*``."""
    ranges = addresses.ranges
    return format_address(ranges[0][0]) if ranges and ranges[0][0] == ranges[0][1] else "*"


def _literal(peer: str) -> str:
    try:
        return format_address(parse_address(peer))
    except ValueError:
        return ""
