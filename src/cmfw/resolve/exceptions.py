"""The documented Windows Firewall exceptions of the selected features, and what each means as host rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cmfw.catalog.types import Catalog, ExceptionRow, Group, GroupEdition
from cmfw.model.plan import PlannedException, PlannedRule
from cmfw.model.rule import Action, HostRule, PortMatch, group_id, program_basename
from cmfw.net.flow import ICMP4, PROTOCOL_NUMBERS, Direction
from cmfw.net.ports import PortSet
from cmfw.resolve.conditions import Situation, holds
from cmfw.resolve.drafts import Draft, flow_ports
from cmfw.resolve.ends import CLIENT_ROLES, End, Ends
from cmfw.resolve.omissions import Omissions, citation
from cmfw.resolve.rules import GROUP
from cmfw.resolve.windows import group_edition, windows_version

_DIRECTIONS = {"in": Direction.IN, "out": Direction.OUT}


class Exceptions:
    """Plans exceptions end by end; equal hosts share the rules."""

    def __init__(self, catalog: Catalog, ends: Ends, omissions: Omissions, edition: str) -> None:
        self._catalog = catalog
        self._omissions = omissions
        self._ends = ends
        self._rows: dict[str, list[ExceptionRow]] = {}
        for row in catalog.exceptions.values():
            if edition in row.editions:
                self._rows.setdefault(row.feature, []).append(row)
            else:
                omissions.add(row.id, "edition", "", "", row.errata, row.cite)
        self._groups: dict[str, Group] = {}
        self._made: dict[tuple[object, ...], tuple[HostRule, ...]] = {}
        self.planned: dict[tuple[str, str], PlannedException] = {}

    def plan(self, feature: str, end: End, situation: Situation) -> None:
        """Plans every exception that the feature asks for at this end."""
        for row in self._rows.get(feature, ()):
            is_here = end.role == row.on or (end.role in CLIENT_ROLES and row.on in CLIENT_ROLES)
            if is_here and (row.id, end.name) not in self.planned and holds(row.when, situation):
                self.planned[row.id, end.name] = self._exception(row, end)

    def roles(self, feature: str) -> tuple[str, ...]:
        """The roles, clients aside, whose hosts need exceptions for the feature."""
        return tuple(dict.fromkeys(r.on for r in self._rows.get(feature, ()) if r.on not in CLIENT_ROLES))

    def attach(self, drafts: Iterable[Draft]) -> None:
        """Gives every draft the port, program and ICMP exceptions that are meant for its traffic.

        Group exceptions stay apart: their member rules open far more than any one item.
        """
        for draft in drafts:
            found = []
            for side, end in (("from", draft.source), ("to", draft.target)):
                way = "out" if side == "from" else "in"
                for feature in draft.features:
                    for row in self._rows.get(feature, ()):
                        planned = self.planned.get((row.id, end.name))
                        if planned is not None and _is_meant(row, draft):
                            found += [
                                PlannedRule(side, end.name, r) for r in planned.rules if r.direction is _DIRECTIONS[way]
                            ]
            draft.rules = tuple(dict.fromkeys(found))

    def _ports(self, row: ExceptionRow, end: End) -> PortSet:
        """The ports that a port exception names at this end; those of every software update point that the group uses."""
        kind = self._catalog.flows.get(row.value) if row.kind == "port" else None
        if kind is None:
            return PortSet.EMPTY
        if not any(reference.startswith("sup.") for reference in kind.ports):
            return flow_ports(kind, end, end, None).ports
        role = "software_update_point"
        topology = self._ends.topology
        systems = topology.for_group(end.group, role) if end.group else topology.with_role(role)
        found = [flow_ports(kind, end, self._ends.of_system(s, role), None).ports for s in systems]
        return PortSet.from_pairs(pair for ports in found for pair in ports.ranges)

    def _exception(self, row: ExceptionRow, end: End) -> PlannedException:
        is_group = row.kind == "group"
        return PlannedException(
            id=f"{row.id}:{end.slug}",
            feature=row.feature,
            kind=row.kind,
            value=row.value.replace("{client_dir}", end.client_dir),
            where=end.name,
            role=end.role,
            directions=row.directions or row.effective_directions,
            direction_given=bool(row.directions),
            profiles=end.profiles,
            group=row.value if is_group else "",
            errata=row.errata,
            citation=citation(row.cite),
            rules=self._rules(row, end) if end.takes_rules else (),
        )

    def _rules(self, row: ExceptionRow, end: End) -> tuple[HostRule, ...]:
        windows = end.group.os if end.group else end.system.os if end.system else ""
        key = (row.id, end.profiles, end.client_dir, windows, self._ports(row, end))
        found = self._made.get(key)
        if found is None:
            ways = row.effective_directions or row.directions
            if row.kind == "group":
                found = self._member_rules(row, windows, end.profiles)
            else:
                found = tuple(_own_rule(row, end, way, self._catalog, self._ports(row, end)) for way in ways)
            self._made[key] = found
        if row.kind == "group":
            version = windows_version(windows)
            if version is None:
                self._omissions.add(row.id, "unknown_os", end.name, windows or "not given", row.errata, row.cite)
            elif self._edition(row, version) is None:
                self._omissions.add(row.id, "unknown_members", end.name, windows, row.errata, row.cite)
        return found

    def _edition(self, row: ExceptionRow, version: tuple[str, int]) -> GroupEdition | None:
        """The row's group as that Windows has it, None where the catalog does not know."""
        if not self._groups:
            self._groups = {group_id(g.resource): g for g in self._catalog.groups.values()}
        group = self._groups.get(group_id(row.value))
        return group_edition(group.editions, *version) if group else None

    def _member_rules(self, row: ExceptionRow, windows: str, profiles: int) -> tuple[HostRule, ...]:
        """The group's rules on that Windows in the wanted directions and profiles, switched on; empty where it is unknown.

        Source: corrections 38 (only the member rules of the client group's profiles), 15 (per SKU and build).
        """
        version = windows_version(windows)
        if version is None:
            return ()
        edition = self._edition(row, version)
        ways = {_DIRECTIONS[way] for way in row.effective_directions or row.directions}
        return tuple(
            replace(member.rule, active=True)
            for member in (edition.members if edition else ())
            if member.rule.direction in ways and member.rule.profiles & profiles
        )


def _is_meant(row: ExceptionRow, draft: Draft) -> bool:
    match row.kind:
        case "port":
            return row.value == draft.kind.id
        case "icmp":
            return bool(draft.kind.icmp)
        case "program":
            listener = draft.kind.listener
            return listener is not None and program_basename(listener.program.lower()) == program_basename(row.value.lower())
        case _:
            return False


def _full_path(program: str, catalog: Catalog) -> str:
    """Where the program usually lies; pages name the file only."""
    known = None if "\\" in program else catalog.programs.get(program.lower())
    return known.paths[0] if known else program


def _own_rule(row: ExceptionRow, end: End, way: str, catalog: Catalog, opened: PortSet) -> HostRule:
    """A port, program or ICMP exception as the page words it: any program, any peer."""
    inbound = way == "in"
    protocol: int | None = None
    ports = PortMatch.ANY
    icmp = None
    program = None
    if row.kind == "port":
        protocol, ports = PROTOCOL_NUMBERS[catalog.flows[row.value].protocol], PortMatch(opened)
    elif row.kind == "icmp":
        protocol = ICMP4
        icmp = ((int(row.value.partition(":")[0] or 8), None),)
    elif row.kind == "program":
        program = _full_path(row.value, catalog).replace("{client_dir}", end.client_dir)
    name = row.id.replace("_", "-").replace(".", "-").removesuffix(f"-{way}")
    return HostRule(
        id=f"cmfw-doc-{name}-{way}",
        action=Action.ALLOW,
        direction=_DIRECTIONS[way],
        profiles=end.profiles,
        protocol=protocol,
        local_port=ports if inbound else PortMatch.ANY,
        remote_port=PortMatch.ANY if inbound else ports,
        icmp=icmp,
        program=program,
        name=f"Configuration Manager: {catalog.features[row.feature].title.en}",
        description=f"{catalog.features[row.feature].title.en}. Source: {row.cite.source}, {row.cite.at}",
        group=GROUP,
    )
