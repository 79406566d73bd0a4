"""Target ``list``: every flow in and out of one host or client group, for a firewall of any make, as text and as CSV.

With another firewall product nothing is automatic (source page, line 89): somebody types these flows in by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cmfw.emit import Artifact, EmitRequest, Output
from cmfw.emit.capability import Capabilities, faults_of_a_plan, unprintable
from cmfw.emit.selection import GROUP, items_at
from cmfw.errors import Unsupported
from cmfw.ingest.flow_list import ANY, COLUMNS, GUARDED, SAME_SUBNET, SUBNET, profiles_text, protocol_text
from cmfw.model.mandate import described
from cmfw.model.plan import Endpoint, PlanItem, PlannedProcess
from cmfw.model.rule import Action, AddressMatch, HostRule, PortMatch
from cmfw.model.site import ClientGroup, Product
from cmfw.net.flow import PORT_PROTOCOLS, Direction
from cmfw.values import value
from cmfw.words.phrases import phrase

_NO_PART_OF_A_FLOW = (
    "block",
    "bypass",
    "any-service",
    "port-words",
    "address-words",
    "interfaces",
    "interface-lists",
    "mobile",
    "edge",
    "rare",
)
CAPABILITIES = Capabilities(
    target="list",
    title="vendor-neutral list of flows, text and CSV",
    lacks={},
    losses={
        **dict.fromkeys(_NO_PART_OF_A_FLOW, "a list of flows has no such thing"),
        "service": "the service is named; most products can only match the program",
        "profiles": "the profiles are named; other products have none",
        "local-subnet": "written as `same subnet`",
        "rpc": "written as the site's dynamic port range",
        "rpc-epmap": "written as port 135",
        "group-members": "named in the text; the flows themselves stand in the rows",
        "group-unknown": "named in the text; the flows themselves stand in the rows",
        "rule-ids": "written as the row's own id",
        "rule-group": "a list of flows has no such thing",
        "undo": "nothing is changed, so there is nothing to undo",
    },
)

_NO_PROCESS = PlannedProcess("")


@value
class _Row:
    """One flow of the host with one process: the item, its end here, and the rule that it amounts to."""

    item: PlanItem
    peer: Endpoint
    rule: HostRule


def emit(request: EmitRequest) -> Output:
    """``cmfw-list.txt`` and ``cmfw-list.csv``; raises Unsupported for a text that no file can hold."""
    rows = list(_rows(request))
    for row in rows:
        for reason in faults_of_a_plan(row.rule):
            raise Unsupported(CAPABILITIES.target, row.rule.id, reason)
        CAPABILITIES.check(row.rule)
    for item, text in (("site", request.plan.site), ("place", request.where), *_texts(request, rows)):
        if reason := unprintable(text):
            raise Unsupported(CAPABILITIES.target, item, phrase("its name has {reason}", reason=reason))
    claims = tuple(row.rule for row in rows)
    return Output(
        (
            Artifact("cmfw-list.txt", _encoded(_text(request, rows)), "text/plain; charset=utf-8"),
            Artifact("cmfw-list.csv", _encoded(_csv(rows)), "text/csv; charset=utf-8", claims),
        ),
        CAPABILITIES.losses_of(claims),
    )


def _texts(request: EmitRequest, rows: Iterable[_Row]) -> Iterator[tuple[str, str]]:
    for row in rows:
        for text in (row.peer.name, row.peer.role, row.item.necessity, *row.item.features):
            yield row.item.id, text
    for exception in request.plan.exceptions:
        for text in (exception.value, exception.feature, exception.citation.source, exception.citation.at):
            yield exception.id, text


def _encoded(lines: Iterable[str]) -> bytes:
    # the mark makes spreadsheets and old editors read Chinese names as UTF-8
    return b"\xef\xbb\xbf" + "".join(f"{line}\r\n" for line in lines).encode()


def _rows(request: EmitRequest) -> Iterator[_Row]:
    for end, item in items_at(request):
        outgoing = end == "from"
        here, peer = (item.source, item.target) if outgoing else (item.target, item.source)
        processes = item.initiators if outgoing else ((item.listener,) if item.listener else ())
        for number, process in enumerate(processes or (_NO_PROCESS,)):
            ports = PortMatch.ANY if item.ports.is_empty else PortMatch(item.ports)
            name = f"{item.id}/{'out' if outgoing else 'in'}" + (f"/{number + 1}" if len(processes) > 1 else "")
            rule = HostRule(
                id=name,
                action=Action.ALLOW,
                direction=Direction.OUT if outgoing else Direction.IN,
                profiles=here.profiles,
                protocol=item.protocol,
                local_port=PortMatch.ANY if outgoing else ports,
                remote_port=ports if outgoing else PortMatch.ANY,
                icmp=(item.icmp,) if item.icmp else None,
                local_address=AddressMatch(here.known),
                remote_address=SUBNET if item.same_subnet else AddressMatch(peer.known),
                program=process.program or None,
                service=process.service or None,
                name=item.flow,
                description=described((f"{c.source} {c.at}" for c in item.citations), request.place.mandate),
                group=GROUP,
            )
            yield _Row(item, peer, rule)


def _ports(rule: HostRule) -> str:
    match = rule.remote_port if rule.direction is Direction.OUT else rule.local_port
    if rule.protocol not in PORT_PROTOCOLS:
        return ""
    return ANY if match.is_any else " ".join(match.ports.texts())


def _addresses(match: AddressMatch) -> str:
    if match.keywords:
        return SAME_SUBNET
    return ANY if match.is_any else " ".join(match.addresses.texts())


def _cells(row: _Row) -> tuple[str, ...]:
    """The row's cells in the order of ``COLUMNS``."""
    item, rule = row.item, row.rule
    icmp = item.icmp
    return (
        rule.id,
        "out" if rule.direction is Direction.OUT else "in",
        protocol_text(rule.protocol),
        _ports(rule),
        "any one" if item.any_port and len(item.ports.texts()) > 1 else "all",
        "" if icmp is None else f"{icmp[0]}:{'*' if icmp[1] is None else icmp[1]}",
        _addresses(rule.local_address),
        row.peer.role,
        row.peer.name,
        _addresses(rule.remote_address),
        rule.program or "",
        rule.service or "",
        profiles_text(rule.profiles),
        rule.name,
        " ".join(item.features),
        item.necessity,
        rule.description,
    )


def _csv(rows: list[_Row]) -> Iterator[str]:
    yield ",".join(COLUMNS)
    for row in rows:
        yield ",".join('"' + _guarded(cell).replace('"', '""') + '"' for cell in _cells(row))


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell[:1] in GUARDED and cell else cell


def _text(request: EmitRequest, rows: list[_Row]) -> Iterator[str]:
    plan = request.plan
    yield f"Flows of {request.where}, site {plan.site}, edition {plan.edition}, scope {plan.scope}"
    place = request.place
    if isinstance(place, ClientGroup) and place.product is Product.OTHER:
        yield "Another firewall product runs here: nothing is opened automatically, each flow has to be made by hand."
    yield "Replies to each flow pass as well (stateful firewall). `in` and `out` are as this host sees who opens it."
    for title, direction in (("IN", Direction.IN), ("OUT", Direction.OUT)):
        yield ""
        yield title
        chosen = [row for row in rows if row.rule.direction is direction]
        if not chosen:
            yield "  nothing"
        for row in chosen:
            yield from _entry(dict(zip(COLUMNS, _cells(row), strict=True)))
    exceptions = [e for e in plan.exceptions if e.where == request.where] if plan.scope == "documented" else []
    if exceptions:
        yield ""
        yield "WINDOWS FIREWALL EXCEPTIONS THAT THE DOCUMENTATION NAMES FOR THIS"
    for exception in exceptions:
        directions = " and ".join(exception.directions) or "direction not given"
        what = " ".join(dict.fromkeys(f"{protocol_text(r.protocol)} {_ports(r)}" for r in exception.rules))
        named = f"{what} ({exception.value})" if exception.kind == "port" and what else exception.value
        yield f"  {exception.kind} {named}, {directions}: {exception.feature}"
        yield f"      {exception.citation.source} {exception.citation.at}"


def _entry(cell: dict[str, str]) -> Iterator[str]:
    what = " ".join(part for part in (cell["protocol"], cell["ports"], cell["icmp"]) if part)
    if cell["ports_needed"] == "any one":
        what += " (any one of these ports)"
    preposition = "from" if cell["direction"] == "in" else "to"
    yield f"  {what} {preposition} {cell['peer_role']} {cell['peer']} [{cell['peer_addresses']}]"
    process = " ".join(part for part in (cell["program"], f"service {cell['service']}" if cell["service"] else "") if part)
    yield f"      program: {process or 'any'}"
    yield f"      this host: {cell['local_addresses']}; profiles: {cell['profiles']}"
    yield f"      {cell['necessity']} for {cell['features']}: {cell['places']}"
