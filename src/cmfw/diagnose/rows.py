"""One row per feature, client group and peer: bounds, what blocks, what repairs it, and what works instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from cmfw.catalog.types import Catalog, Edition
from cmfw.diagnose.leaves import OPEN, Judge
from cmfw.diagnose.place import Place
from cmfw.diagnose.repairs import Repairer
from cmfw.diagnose.results import AdvisoryResult, BlockedFlow, Repair, RowResult
from cmfw.model.need import leaves, repairs
from cmfw.model.plan import FeatureRow, Plan, PlannedRule
from cmfw.model.site import ClientGroup, Site
from cmfw.model.verdict import Bounds, Status
from cmfw.resolve import resolve


def rows_at(plan: Plan, place: Place) -> tuple[FeatureRow, ...]:
    """The rows of a client group, or those in which a host is an end."""
    if not place.host:
        return tuple(row for row in plan.rows if row.clients == place.name)
    here = {item.id for item in plan.items if place.is_end(item.source) or place.is_end(item.target)}
    return tuple(row for row in plan.rows if any(name in here for name in (*leaves(row.need), *row.advisory)))


def unjudged(row: FeatureRow) -> RowResult:
    """The row where nothing can be known, because another firewall product decides."""
    bounds = None if row.disabled else OPEN
    return RowResult(feature=row.feature, clients=row.clients, peer=row.peer, bounds=bounds, disabled=row.disabled)


class Rows:
    """Judges the rows of one plan on one machine."""

    def __init__(self, judge: Judge, repairer: Repairer, works_instead: Callable[[FeatureRow], tuple[str, ...]]) -> None:
        self._judge = judge
        self._repairer = repairer
        self._works_instead = works_instead

    def result(self, row: FeatureRow) -> RowResult:
        """What the row gets."""
        if row.disabled:
            return unjudged(row)
        bounds = self._judge.bounds(row.need)
        found = RowResult(
            feature=row.feature,
            clients=row.clients,
            peer=row.peer,
            bounds=bounds,
            advisory=tuple(self._advisory(name) for name in row.advisory if self._judge.leaf(name).ends),
            assumed=tuple(dict.fromkeys(name for name in leaves(row.need) if not self._judge.leaf(name).ends)),
        )
        if bounds.low is Status.WORKS:
            return found
        return self._explained(row, found, bounds)

    def _explained(self, row: FeatureRow, found: RowResult, bounds: Bounds) -> RowResult:
        """The row with what blocks it; a repair only where it is certain that something has to change."""
        sets = repairs(row.need, lambda name: self._judge.leaf(name).bounds.low)
        chosen = sets[0]
        mended: tuple[Repair, ...] = ()
        if bounds.high < Status.WORKS:
            for members in sets[:_MOST_TRIED]:
                mended = self._repairer.repairs(row.feature, row.need, members)
                if mended:
                    chosen = members
                    break
        return replace(
            found,
            blocking=tuple(self._proofs(row, chosen)),
            repair=mended,
            alternatives=self._works_instead(row),
        )

    def _proofs(self, row: FeatureRow, members: frozenset[str]) -> Iterable[BlockedFlow]:
        for name in dict.fromkeys(leaves(row.need)):
            proof = self._judge.proof(name) if name in members else None
            if proof is not None:
                yield proof

    def _advisory(self, name: str) -> AdvisoryResult:
        return AdvisoryResult(name, self._judge.leaf(name).bounds, self._judge.proof(name))


_MOST_TRIED = 4
"""Formulas with several smallest sets (either family, any content source) are small; the rest would not be smaller."""


class Alternatives:
    """Which other features reach the same end and work on this machine, planned for the group or not."""

    def __init__(self, catalog: Catalog, site: Site, plan: Plan, judge: Judge) -> None:
        self._catalog = catalog
        self._site = site
        self._plan = plan
        self._judge = judge
        self._rows: dict[str, list[FeatureRow]] = {}
        for row in plan.rows:
            self._rows.setdefault(row.clients, []).append(row)
        self._more: tuple[Judge, list[FeatureRow]] | None = None
        self._known: dict[tuple[str, str], bool] = {}

    def of(self, row: FeatureRow) -> tuple[str, ...]:
        """The alternatives of the row that work now, in the catalog's order."""
        return tuple(name for name in row.alternatives if self._works(name, row.clients))

    def _works(self, feature: str, clients: str) -> bool:
        key = (feature, clients)
        found = self._known.get(key)
        if found is None:
            planned = [row for row in self._rows.get(clients, ()) if row.feature == feature]
            judge = self._judge
            if not planned and not self._judge.place.host:
                judge, rows = self._unplanned()
                planned = [row for row in rows if row.feature == feature]
            found = any(not row.disabled and judge.bounds(row.need).low is Status.WORKS for row in planned)
            self._known[key] = found
        return found

    def _unplanned(self) -> tuple[Judge, list[FeatureRow]]:
        """What the group would need for the features that nobody chose for it."""
        if self._more is None:
            name = self._judge.place.name
            chosen = {row.feature for row in self._rows.get(name, ())}
            wanted = {other for row in self._rows.get(name, ()) for other in row.alternatives} - chosen
            wanted &= set(self._catalog.features)
            group = next(g for g in self._site.clients if g.name == name)
            plan = _plan_for(
                self._catalog, self._site, self._plan, replace(group, features=tuple(sorted(wanted)), install=())
            )
            items = {item.id: item for item in plan.items}
            judge = Judge(items, self._judge.place, self._judge.engine, self._judge.path)
            self._more = judge, [row for row in plan.rows if row.feature in wanted]
        return self._more


def _plan_for(catalog: Catalog, site: Site, plan: Plan, group: ClientGroup) -> Plan:
    """The plan of the site for this one group."""
    return resolve(catalog, replace(site, clients=(group,)), edition=Edition(plan.edition))


class PlanRules:
    """The plan's own rules by item; for ends where the plan has none, those of a machine that blocks outbound by default."""

    def __init__(self, catalog: Catalog, site: Site, plan: Plan, place: Place) -> None:
        self._catalog = catalog
        self._site = site
        self._plan = plan
        self._place = place
        self._planned = {item.id: item.rules for item in plan.items}
        self._strict: dict[str, tuple[PlannedRule, ...]] | None = None

    def __call__(self, name: str, end: str) -> tuple[PlannedRule, ...]:
        """The rules that this machine needs at one end (``from`` or ``to``) of the item."""
        found = self._at(self._planned.get(name, ()), end)
        if found:
            return found
        if self._strict is None:
            self._strict = self._blocking_outbound()
        return self._at(self._strict.get(name, ()), end)

    def _at(self, rules: tuple[PlannedRule, ...], end: str) -> tuple[PlannedRule, ...]:
        return tuple(rule for rule in rules if rule.on == end and rule.where == self._place.name)

    def _blocking_outbound(self) -> dict[str, tuple[PlannedRule, ...]]:
        site = self._site
        if self._place.host:
            systems = tuple(
                replace(s, default_outbound_block=True) if s.host == self._place.name else s for s in site.systems
            )
            site = replace(site, systems=systems)
        else:
            groups = tuple(replace(g, default_outbound_block=True) for g in site.clients if g.name == self._place.name)
            site = replace(site, clients=groups)
        plan = resolve(self._catalog, site, edition=Edition(self._plan.edition), advisory=True)
        return {item.id: item.rules for item in plan.items}
