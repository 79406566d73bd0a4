"""Expands a feature's formula over flow kinds into one over plan items: conditions removed, systems spread out."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import assert_never

from cmfw.catalog.types import Catalog, Edition, Feature, Necessity, Requirement
from cmfw.model.need import All, AnyOf, Leaf, Need, Prefer, Spread, leaves, parse_need
from cmfw.model.site import Install
from cmfw.resolve.conditions import Situation, holds
from cmfw.resolve.drafts import RANK, Draft, families, flow_ports, make_parts, need_of
from cmfw.resolve.ends import CLIENT_ROLES, End, Ends
from cmfw.resolve.omissions import Omissions
from cmfw.values import value


class Gone(Enum):
    """Why a formula has nothing left: its conditions are false, or the site has nobody at the other end."""

    REMOVED = 1
    MISSING = 2


Expanded = Need | Gone


@value
class Template:
    """One feature of one edition, made ready: formula, its flows, rows by flow, and flows only rows ask for."""

    feature: Feature
    need: Need
    flows: tuple[str, ...]
    extra: tuple[str, ...]
    rows: Mapping[str, tuple[Requirement, ...]]
    roles: frozenset[str]

    @property
    def is_client(self) -> bool:
        """Whether a client is an end of any flow."""
        return bool(self.roles & CLIENT_ROLES)


def make_template(catalog: Catalog, feature: Feature, edition: Edition) -> Template:
    """The feature as the edition has it."""
    need = parse_need(feature.need.get(edition.value) or feature.need.get(Edition.CURRENT.value, "none"))
    rows: dict[str, list[Requirement]] = {}
    for row in catalog.requirements.values():
        if row.feature == feature.id and edition.value in row.level:
            rows.setdefault(row.flow, []).append(row)
    flows = tuple(dict.fromkeys(leaves(need)))
    extra = tuple(flow for flow in rows if flow not in flows)
    kinds = [catalog.flows[flow] for flow in (*flows, *extra)]
    return Template(
        feature=feature,
        need=need,
        flows=flows,
        extra=extra,
        rows={flow: tuple(found) for flow, found in rows.items()},
        roles=frozenset(role for kind in kinds for role in (kind.from_role, kind.to_role)),
    )


class Frame:
    """Whose needs are expanded: a client group or (between servers) a site, with the ends bound so far.

    ``outcomes`` are the results of this template for this group, by flow and end names: bound peers repeat most of the
    formula. ``spreads`` are those of whole ``spread`` parts, by their identity in the template. ``pair`` is (source, target)
    where both ends of every flow have the same role. ``has_gaps``: part of a formula was given up after other parts had
    asked for drafts. ``roles`` is who the group uses in each role; all its frames share it.
    """

    __slots__ = (
        "bound",
        "code",
        "drafts",
        "group",
        "has_gaps",
        "install",
        "outcomes",
        "pair",
        "roles",
        "spreads",
        "template",
    )

    def __init__(
        self,
        template: Template,
        group: End | None,
        code: str,
        install: Install | None,
        bound: dict[str, End],
        *,
        pair: tuple[End, End] | None = None,
        roles: dict[str, tuple[End, ...]] | None = None,
    ) -> None:
        self.template = template
        self.group = group
        self.code = code
        self.install = install
        self.bound = bound
        self.outcomes: dict[tuple[str, str, str], Expanded] = {}
        self.spreads: dict[int, Expanded] = {}
        self.pair = pair
        self.drafts: list[Draft] = []
        self.has_gaps = False
        self.roles: dict[str, tuple[End, ...]] = {} if roles is None else roles

    @property
    def where(self) -> str:
        """The group's or bound host's name."""
        return self.group.name if self.group else next((end.name for end in self.bound.values()), self.code)


class Expander:
    """Expands formulas and collects the drafts that they need."""

    def __init__(
        self, catalog: Catalog, ends: Ends, omissions: Omissions, *, edition: Edition, scope: str, advisory: bool
    ) -> None:
        self.catalog = catalog
        self.ends = ends
        self.omissions = omissions
        self.edition = edition
        self.drafts: dict[tuple[str, str, str, str], Draft] = {}
        self._spread_roles: dict[int, tuple[str, ...]] = {}
        self._with_advisory = advisory
        self._with_documented = scope == "documented"

    def expand(self, need: Need, frame: Frame) -> Expanded:
        """The formula over item ids, or why nothing of it is left."""
        match need:
            case Leaf(flow):
                return self._leaf(flow, frame)
            case All(parts):
                found = [self.expand(part, frame) for part in parts]
                if Gone.MISSING in found:
                    frame.has_gaps = True
                    return Gone.MISSING
                kept = [f for f in found if not isinstance(f, Gone)]
                return _joined(All, kept) if kept or not parts else Gone.REMOVED
            case AnyOf(parts):
                return self._choice(AnyOf, parts, frame)
            case Prefer(parts):
                return self._choice(Prefer, parts, frame)
            case Spread(parts):
                if len(parts) == 1:
                    return self._spread(parts[0], frame)
                return self._choice(Spread, parts, frame)
            case _:
                assert_never(need)

    def give_up(self, frame: Frame, used: set[str]) -> None:
        """Takes the feature away from every draft of the frame that none of its rows ended up with."""
        if frame.has_gaps:
            for draft in frame.drafts:
                if not used.intersection(part.id for part in draft.parts):
                    draft.features.pop(frame.template.feature.id, None)

    def _choice(self, build: type[AnyOf | Prefer | Spread], parts: tuple[Need, ...], frame: Frame) -> Expanded:
        found = [self.expand(part, frame) for part in parts]
        kept = [f for f in found if not isinstance(f, Gone)]
        if kept:
            return _joined(build, kept)
        return Gone.MISSING if Gone.MISSING in found else Gone.REMOVED

    def _spread(self, part: Need, frame: Frame) -> Expanded:
        """``spread(x)``: x once for every system of its role; flows whose role is bound already stay as they are."""
        roles = self._system_roles(part)
        free = [role for role in roles if role not in frame.bound]
        if len(free) != 1:
            return self.expand(part, frame)
        if len(roles) > 1:
            return self._spread_over(part, free[0], frame)
        found = frame.spreads.get(id(part))  # nothing in it depends on the bound peer
        if found is None:
            found = frame.spreads[id(part)] = self._spread_over(part, free[0], frame)
        return found

    def _spread_over(self, part: Need, role: str, frame: Frame) -> Expanded:
        found = self._of_role(role, frame)
        if not found:
            self.omissions.add(frame.template.feature.id, "role_missing", frame.where, role)
            # without a distribution point, management points serve the content (E12); setup has its own formula for that
            replaced = role == "distribution_point" and frame.template.feature.kind == "management"
            return Gone.REMOVED if replaced else Gone.MISSING
        outcomes: list[Expanded] = []
        for end in found:
            frame.bound[role] = end
            outcomes.append(self.expand(part, frame))
        del frame.bound[role]
        kept = [f for f in outcomes if not isinstance(f, Gone)]
        if kept:
            return _joined(Spread, kept)
        return Gone.MISSING if Gone.MISSING in outcomes else Gone.REMOVED

    def _system_roles(self, part: Need) -> tuple[str, ...]:
        """The roles of the part's flows that a ``spread`` can run over."""
        key = id(part)  # parts belong to templates, which live as long as this object
        found = self._spread_roles.get(key)
        if found is None:
            kinds = [self.catalog.flows[flow] for flow in leaves(part)]
            roles = dict.fromkeys(role for kind in kinds for role in (kind.from_role, kind.to_role))
            found = self._spread_roles[key] = tuple(r for r in roles if r not in CLIENT_ROLES and r != "file_share")
        return found

    def _of_role(self, role: str, frame: Frame) -> tuple[End, ...]:
        if frame.install is not None and frame.group is not None and frame.group.group is not None:
            named = self.ends.named_by_setup(role, frame.group.group, frame.install)
            if named:
                return named
        found = frame.roles.get(role)
        if found is None:
            if frame.group is not None and frame.group.group is not None:
                systems = self.ends.topology.for_group(frame.group.group, role)
            else:
                systems = self.ends.topology.reachable(frame.code, role)
            found = frame.roles[role] = tuple(self.ends.of_system(system, role) for system in systems)
        return found

    def ends_of(self, role: str, flow: str, frame: Frame) -> tuple[End, ...]:
        """Who stands at one end of a flow."""
        if role in CLIENT_ROLES:
            return (frame.group,) if frame.group else ()
        if role in frame.bound:
            return (frame.bound[role],)
        if role == "file_share" and frame.group is not None and frame.group.group is not None:
            return self.ends.of_share(frame.group.group, frame.install, is_source=self._is_source(flow, frame))
        return self._of_role(role, frame)

    def _is_source(self, flow: str, frame: Frame) -> bool:
        whens = [self.catalog.flows[flow].when, *(row.when for row in frame.template.rows.get(flow, ()))]
        return "install.source" in whens

    def _leaf(self, flow: str, frame: Frame) -> Expanded:
        kind = self.catalog.flows[flow]
        if frame.pair is not None:
            return self._between(flow, *frame.pair, frame)
        sources = self.ends_of(kind.from_role, flow, frame)
        targets = self.ends_of(kind.to_role, flow, frame)
        if len(sources) == 1 and len(targets) == 1:
            return self._between(flow, sources[0], targets[0], frame)
        found = [self._between(flow, source, target, frame) for source in sources for target in targets]
        kept = [f for f in found if not isinstance(f, Gone)]
        if kept:
            return _joined(Spread, kept)
        if not found and not self._applies(flow, frame, None):
            return Gone.REMOVED
        if not found:
            empty = kind.to_role if sources else kind.from_role
            self.omissions.add(frame.template.feature.id, "role_missing", frame.where, empty)
        return Gone.MISSING if Gone.MISSING in found or not found else Gone.REMOVED

    def _between(self, flow: str, source: End, target: End, frame: Frame) -> Expanded:
        key = (flow, source.name, target.name)
        found = frame.outcomes.get(key)
        if found is None:
            found = frame.outcomes[key] = self._make(flow, source, target, frame)
        return found

    def _situation(self, frame: Frame, end: End | None) -> Situation:
        group = frame.group.group if frame.group else None
        system = end.system if end else None
        return Situation(topology=self.ends.topology, group=group, install=frame.install, system=system)

    def _omit_condition(self, flow: str, frame: Frame, end: End) -> None:
        """Notes which condition keeps the flow out: its own, else those of the rows that ask for it."""
        when = self.catalog.flows[flow].when
        if not holds(when, self._situation(frame, end)):
            self.omissions.add(flow, "condition", frame.where, when)
            return
        for row in frame.template.rows.get(flow, ()):
            self.omissions.add(f"{frame.template.feature.id}.{flow}", "condition", frame.where, row.when)

    def _applies(self, flow: str, frame: Frame, end: End | None) -> bool:
        situation = self._situation(frame, end)
        rows = frame.template.rows.get(flow, ())
        if not holds(self.catalog.flows[flow].when, situation):
            return False
        return not rows or any(holds(row.when, situation) for row in rows)

    def _make(self, flow: str, source: End, target: End, frame: Frame) -> Expanded:
        kind = self.catalog.flows[flow]
        feature = frame.template.feature.id
        if source.name == target.name and source.group is None:
            self.omissions.add(f"{feature}.{flow}", "no_network", source.name)
            return Gone.REMOVED
        server = target if target.group is None else source
        if not self._applies(flow, frame, server):
            self._omit_condition(flow, frame, server)
            return Gone.REMOVED
        level, printed, errata = self._row_marks(flow, frame, server)
        if (level is Necessity.ADVISORY and not self._with_advisory) or (
            level is Necessity.DOCUMENTED_ONLY and not self._with_documented
        ):
            rows = frame.template.rows.get(flow, ())
            marks = tuple(dict.fromkeys(e for row in rows for e in row.errata))
            self.omissions.add(f"{feature}.{flow}", level.value, "", "", marks, rows[0].cite if rows else kind.cite)
            return Gone.REMOVED
        draft = self._draft(flow, source, target, frame, printed, errata)
        if not draft.parts:
            self.omissions.add(f"{feature}.{flow}", "no_common_family", frame.where)
            return Gone.MISSING
        rank = RANK[level]
        draft.features[feature] = min(rank, draft.features.get(feature, rank))
        frame.drafts.append(draft)
        return draft.need

    def _row_marks(self, flow: str, frame: Frame, end: End) -> tuple[Necessity, tuple[str, ...], tuple[str, ...]]:
        """(level, printed values, their errata) of the rows that hold; required where only the formula asks for it."""
        rows = frame.template.rows.get(flow, ())
        if not rows:
            return Necessity.REQUIRED, (), ()
        if len(rows) > 1:
            situation = self._situation(frame, end)
            rows = tuple(row for row in rows if holds(row.when, situation))
        level = min((row.level[self.edition.value] for row in rows), key=RANK.__getitem__)
        if self.edition is not Edition.PAGE_2016:
            return level, (), ()
        printed = [row for row in rows if row.printed]
        return (
            level,
            tuple(dict.fromkeys(p for row in printed for p in row.printed)),
            tuple(dict.fromkeys(e for row in printed for e in row.errata)),
        )

    def _draft(
        self, flow: str, source: End, target: End, frame: Frame, printed: tuple[str, ...], errata: tuple[str, ...]
    ) -> Draft:
        kind = self.catalog.flows[flow]
        ports = flow_ports(kind, source, target, frame.install)
        variant = ports.variant + (f".{'.'.join(errata)}" if errata else "")
        key = (flow, variant, source.name, target.name)
        draft = self.drafts.get(key)
        if draft is None:
            common = families(kind, source, target)
            parts = make_parts(kind, source, target, variant, common)
            need = need_of(parts) if parts else All(())
            draft = Draft(kind, source, target, variant, ports.ports, ports.any_port, parts, need, printed, errata)
            if parts:
                self.drafts[key] = draft
        return draft


def _joined(build: type[All | AnyOf | Prefer | Spread], parts: list[Need]) -> Need:
    parts = list(dict.fromkeys(parts)) if build in (All, AnyOf) else parts
    return parts[0] if len(parts) == 1 else build(tuple(parts))
