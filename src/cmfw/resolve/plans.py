"""``resolve``: one catalog and one site become one plan. Pure; the same input gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cmfw.catalog.types import Catalog, Edition, Feature
from cmfw.model.need import NOTHING, Leaf, leaves
from cmfw.model.plan import FeatureRow, Plan
from cmfw.model.site import ClientGroup, Install, Product, Site, System
from cmfw.resolve.conditions import Situation, holds
from cmfw.resolve.drafts import Citations, Draft, Processes, finish
from cmfw.resolve.ends import End, Ends
from cmfw.resolve.exceptions import Exceptions
from cmfw.resolve.needs import Expanded, Expander, Frame, Gone, Template, make_template
from cmfw.resolve.omissions import Omissions
from cmfw.resolve.rules import Rules
from cmfw.resolve.topology import Topology

PAGE = "page"
"""The pack of the features that the source page covers."""

METHOD_FEATURES = {
    "push": "client_push",
    "group_policy": "gpo_install",
    "software_update_point": "sup_install",
    "manual": "manual_install",
    "logon_script": "logon_install",
    "software_distribution": "swdist_install",
}
"""Install methods of a site file by the feature that they are in the catalog."""

_FOR_ALL_SITES = frozenset({"domain_controller", "dns_server", "issuing_ca", "internet"})
"""Roles whose hosts serve every site, whichever site the file lists them at."""

_PAIRED_BY_SITE = {"site_server": True, "secondary_site_server": True, "sql_server": True, "software_update_point": False}
"""Roles that talk to the same role of the parent site; whether both may start. Source: facts/configmgr.md 2.2."""

_METHODS = {feature: method for method, feature in METHOD_FEATURES.items()}


def resolve(
    catalog: Catalog,
    site: Site,
    *,
    edition: Edition = Edition.CURRENT,
    scope: str = "least",
    advisory: bool = False,
) -> Plan:
    """The plan of the site.

    Args:
        catalog: all facts; flows of features that nobody selects are left out.
        site: the hierarchy; the order of its systems and clients does not matter.
        edition: ``2016`` is the page literally (printed values beside the effective ones), ``current`` today's truth.
        scope: ``least`` (only what flows need) or ``documented`` (also what pages ask for without need, with the
            exceptions' own rules instead of scoped ones).
        advisory: whether items on which nothing depends are planned too.

    Raises:
        ValueError: for another scope.
    """
    if scope not in ("least", "documented"):
        raise ValueError(f"`{scope}` is not a scope")
    with _no_collector():
        return _Resolution(catalog, site, edition, scope, advisory=advisory).plan()


@contextmanager
def _no_collector() -> Iterator[None]:
    """Plans hold no cycles, and walking their growing millions of values costs a third of the time of a large site."""
    import gc

    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Resolution:
    """The state of one run."""

    def __init__(self, catalog: Catalog, site: Site, edition: Edition, scope: str, *, advisory: bool) -> None:
        self.catalog = catalog
        self.site = site
        self.edition = edition
        self.scope = scope
        self.groups = tuple(sorted(site.clients, key=lambda g: g.name))
        self.topology = Topology(site)
        self.ends = Ends(self.topology, self.groups)
        self.omissions = Omissions()
        self.exceptions = Exceptions(catalog, self.ends, self.omissions, edition.value)
        self.expander = Expander(catalog, self.ends, self.omissions, edition=edition, scope=scope, advisory=advisory)
        self.rows: list[FeatureRow] = []
        self.features = sorted(catalog.features.values(), key=lambda f: (f.order, f.id))
        self.templates: dict[str, Template] = {}
        self.usual = tuple(f for f in self.features if f.pack == PAGE or f.pack in site.packs)

    def plan(self) -> Plan:
        selected: dict[str, None] = dict.fromkeys(f.id for f in self.usual if f.pack != PAGE)
        for group in self.groups:
            chosen = self._chosen(group)
            selected.update(dict.fromkeys(f.id for f in chosen))
            self._group(group, chosen)
        for feature in self.features:
            if feature.id in selected:
                self._between_servers(self._template(feature))
                self._exceptions_of_servers(feature)
        drafts = [draft for draft in self.expander.drafts.values() if draft.features]
        if self.scope == "least":
            Rules(self.catalog).attach(drafts)
        else:
            self.exceptions.attach(drafts)
        self._forget_conditions(drafts)
        processes, citations = Processes(), Citations(self.catalog, self.edition.value)
        items = [item for draft in drafts for item in finish(draft, processes, citations)]
        exceptions = tuple(self.exceptions.planned.values())
        return Plan(
            site=self.site.code,
            edition=self.edition.value,
            scope=self.scope,
            items=tuple(items),
            exceptions=exceptions,
            rows=tuple(self.rows),
            omissions=self.omissions.listed(),
        )

    def _forget_conditions(self, drafts: list[Draft]) -> None:
        asked = self.omissions.flows_with_conditions()
        planned: dict[str, set[str]] = {}
        for draft in drafts:
            if draft.kind.id in asked:
                planned.setdefault(draft.kind.id, set()).update((draft.source.name, draft.target.name))
        self.omissions.forget(planned)

    def _template(self, feature: Feature) -> Template:
        found = self.templates.get(feature.id)
        if found is None:
            found = self.templates[feature.id] = make_template(self.catalog, feature, self.edition)
        return found

    def _chosen(self, group: ClientGroup) -> tuple[Feature, ...]:
        """Features and install methods of the group; without any, all of the page's and of the site's packs."""
        if not group.features and not group.install:
            return self.usual
        wanted = {*group.features, *(METHOD_FEATURES[i.method] for i in group.install)}
        named = any(install.fsp for install in group.install)
        if named or (group.install and self.topology.for_group(group, "fallback_status_point")):
            wanted.add("fsp")  # page line 110: every method reports there where one is assigned
        return tuple(f for f in self.features if f.id in wanted)

    def _group(self, group: ClientGroup, chosen: tuple[Feature, ...]) -> None:
        end = self.ends.of_group(group)
        if group.product is Product.OTHER:
            self.omissions.add("host_rules", "other_product", group.name)
        roles: dict[str, tuple[End, ...]] = {}
        installs = {METHOD_FEATURES[i.method]: i for i in group.install}
        for feature in chosen:
            template = self._template(feature)
            if not template.is_client:
                continue
            install = installs.get(feature.id)
            if install is None and feature.id in _METHODS:
                install = Install(method=_METHODS[feature.id])
            elif feature.id == "fsp":
                install = next((i for i in group.install if i.fsp), None)
            situation = Situation(topology=self.ends.topology, group=group, install=install)
            if not holds(feature.when, situation):
                self.rows.append(_disabled(feature, group.name))
                self.omissions.add(feature.id, "feature_disabled", group.name, feature.when)
                continue
            self.exceptions.plan(feature.id, end, situation)
            frame = Frame(template, end, group.site, install, {}, roles=roles)
            first = len(self.rows)
            for peer in self._peers(template, frame):
                self._row(frame, group.name, peer)
            self._give_up(frame, first)

    def _peers(self, template: Template, frame: Frame) -> Iterator[End | None]:
        """The hosts of the feature's peer role that make its rows; one None for peer to peer."""
        role = template.feature.peer_role
        if not role:
            yield None
            return
        found = self.expander.ends_of(role, "", frame)
        if not found:
            self.omissions.add(template.feature.id, "role_missing", frame.where, role)
        yield from found

    def _row(self, frame: Frame, clients: str, peer: End | None) -> None:
        template = frame.template
        if peer is not None:
            frame.bound = {**frame.bound, peer.role: peer}
        need: Expanded = self.expander.expand(template.need, frame)
        extras: list[str] = []
        for flow in template.extra:
            found = self.expander.expand(Leaf(flow), frame)
            if not isinstance(found, Gone):
                extras += leaves(found)
        if peer is not None:
            frame.bound.pop(peer.role, None)
        if isinstance(need, Gone):
            if not extras:
                return
            need = NOTHING
        self.rows.append(
            FeatureRow(
                feature=template.feature.id,
                clients=clients,
                peer=peer.name if peer else "",
                need=need,
                advisory=tuple(dict.fromkeys(extras)),
                alternatives=template.feature.alternatives,
            )
        )

    def _give_up(self, frame: Frame, first: int) -> None:
        if frame.has_gaps:
            used = {leaf for row in self.rows[first:] for leaf in (*leaves(row.need), *row.advisory)}
            self.expander.give_up(frame, used)

    def _between_servers(self, template: Template) -> None:
        """Rows of a feature that no client takes part in: one per pair of hosts."""
        if template.is_client or not template.roles:
            return
        feature = template.feature
        anchor = feature.peer_role or self.catalog.flows[(*template.flows, *template.extra)[0]].to_role
        others = sorted(template.roles - {anchor})
        if not others:
            self._between_equals(template, anchor)
        elif len(others) > 1:
            for system in self.topology.with_role(anchor):
                self._server_row(
                    Frame(template, None, system.site, None, {}), system.host, self.ends.of_system(system, anchor)
                )
        for system, other in self._pairs(anchor, others[0]) if len(others) == 1 else ():
            if not holds(feature.when, Situation(topology=self.topology, system=system)):
                self.omissions.add(feature.id, "feature_disabled", system.host, feature.when)
            elif other.host == system.host:
                self.omissions.add(feature.id, "no_network", system.host)
            else:
                bound = {others[0]: self.ends.of_system(other, others[0])}
                self._server_row(
                    Frame(template, None, system.site, None, bound), other.host, self.ends.of_system(system, anchor)
                )

    def _pairs(self, anchor: str, other: str) -> Iterator[tuple[System, System]]:
        """(system of the anchor role, system of the other role) that belong together, by the sites they serve."""
        if anchor in _FOR_ALL_SITES:
            for system in self.topology.with_role(other):
                for peer in self.topology.reachable(system.site, anchor):
                    yield peer, system
        else:
            for peer in self.topology.with_role(anchor):
                for system in self.topology.reachable(peer.site, other):
                    yield peer, system

    def _between_equals(self, template: Template, role: str) -> None:
        """Both ends have one role: the host of a site and that of the site above it, where the hierarchy pairs them."""
        if role not in _PAIRED_BY_SITE:
            self.omissions.add(template.feature.id, "no_pairs", "")
            return
        for below in self.topology.with_role(role):
            for above in self.topology.above(below, role):
                ends = self.ends.of_system(below, role), self.ends.of_system(above, role)
                for source, target in (ends, ends[::-1]) if _PAIRED_BY_SITE[role] else (ends,):
                    frame = Frame(template, None, below.site, None, {}, pair=(source, target))
                    self._server_row(frame, source.name, target)

    def _server_row(self, frame: Frame, clients: str, peer: End) -> None:
        first = len(self.rows)
        self._row(frame, clients, peer)
        self._give_up(frame, first)

    def _exceptions_of_servers(self, feature: Feature) -> None:
        for role in self.exceptions.roles(feature.id):
            for system in self.topology.with_role(role):
                self.exceptions.plan(
                    feature.id, self.ends.of_system(system, role), Situation(topology=self.topology, system=system)
                )


def _disabled(feature: Feature, clients: str) -> FeatureRow:
    return FeatureRow(
        feature=feature.id, clients=clients, peer="", need=NOTHING, disabled=feature.when, alternatives=feature.alternatives
    )
