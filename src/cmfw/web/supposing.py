"""What a question of the what-if page supposes, read from its address, and the answer to it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from cmfw.diagnose.changes import without_gpo
from cmfw.diagnose.planned_state import all_windows
from cmfw.diagnose.whatif import Case, compare
from cmfw.engine.exact import Engine
from cmfw.engine.path import PathEngine
from cmfw.errors import InputError, Problem
from cmfw.ingest import machine_changes as reader
from cmfw.ingest.machine_changes import MARK, Supposed
from cmfw.ingest.site_changes import in_profile
from cmfw.model.path import PathState
from cmfw.model.plan import Plan
from cmfw.model.site import Site
from cmfw.net.flow import PROFILE_NAMES
from cmfw.report.whatif_view import Answer, Part
from cmfw.resolve import resolve
from cmfw.resolve.plans import METHOD_FEATURES
from cmfw.web.desk import Desk, MachineCase
from cmfw.web.exchange import Ask
from cmfw.words.phrases import phrase

PORTS = ("http", "https", "notification", "wol")
SETTINGS = {
    "firewall": ("off", "on"),
    "default-outbound": ("block", "allow"),
    "block-all-inbound": ("on", "off"),
    "local-merge": ("off", "on"),
}
"""Settings of the machine's profiles and the words that they take; those of ``cmfw whatif``."""
KEYS = (
    "open",
    "close",
    "disable",
    "enable",
    "disable-group",
    "enable-group",
    "profile",
    "gpo",
    "without",
    "with",
    "set",
    "here",
    "there",
    *PORTS,
    *SETTINGS,
)
"""All that an address may say."""
_MOST = 40
"""Changes of one question."""


def pairs_of(ask: Ask) -> tuple[tuple[str, str], ...]:
    """What is supposed, without what was left empty, in the order of ``KEYS``; raises InputError where it is too much."""
    found = tuple((key, text[:400]) for key in KEYS for text in ask.all_asked(key))
    if len(found) > _MOST:
        raise InputError(Problem("question", phrase("at most {most} changes", most=_MOST), str(len(found))))
    return found


def answer(desk: Desk, found: MachineCase, pairs: tuple[tuple[str, str], ...]) -> Answer:
    """The audit of the machine as it is beside the one that it would have; raises InputError for what cannot be read."""
    key = ("whatif", *found.key, *(f"{name}\0{text}" for name, text in pairs))
    return desk.memory.recall(key, lambda: _Question(desk, found, pairs).answer())


class _Question:
    """One question about one machine."""

    def __init__(self, desk: Desk, found: MachineCase, pairs: tuple[tuple[str, str], ...]) -> None:
        self._desk, self._found, self._pairs = desk, found, pairs
        self._audit = found.audit

    def all_of(self, name: str) -> tuple[str, ...]:
        return tuple(text for key, text in self._pairs if key == name)

    def answer(self) -> Answer:
        audit, who = self._audit, self._audit.who
        site = self._site()
        path = audit.path or PathEngine(_no_filters(audit.site))
        supposed = self._supposed(path.state.zones)
        reader.check_names(supposed, [audit.state])
        plan = audit.plan if site == audit.site else resolve(audit.catalog, site)
        old = Case(site=audit.site, plan=audit.plan, engine=audit.engine, path=path)
        new = Case(site=site, plan=plan, engine=self._engine(supposed), path=_beyond(path, supposed))
        rows = compare(audit.catalog, old, new, who.name, host=who.host, known=audit.diagnosis)
        told = (*(one.text for one in supposed), *self._told())
        return Answer(
            site=audit.site,
            catalog=audit.catalog,
            by="plan" if self._found.is_planned else "state",
            changes=told,
            parts=(Part(who, rows, old, new),),
        )

    def _engine(self, supposed: list[Supposed]) -> Engine:
        state = self._audit.state
        for one in supposed:
            state = state if one.to_state is None else one.to_state(state)
        return self._audit.engine if state == self._audit.state else Engine(state, self._audit.engine)

    def _supposed(self, zones: tuple[str, ...]) -> list[Supposed]:
        """Changes of the machine and the filters, in the order of ``cmfw whatif``: stores, settings, rules, ports."""
        found = [Supposed(text="--without-gpo", to_state=without_gpo)] if self.all_of("gpo") else []
        found += reader.merge_changes(self.all_of("local-merge"))
        for name in reader.SETTINGS:
            found += reader.setting_changes(name, self.all_of(name))
        found += reader.rule_changes((name, self.all_of(name)) for name in ("enable", "disable"))
        groups = ((name, self.all_of(name)) for name in ("enable-group", "disable-group"))
        found += reader.group_changes(self._audit.catalog, groups)
        between = self._between()
        for name in ("open", "close"):
            found += reader.port_changes(name, [MARK.join((text, *between)) for text in self.all_of(name)], zones)
        return found

    def _between(self) -> tuple[str, ...]:
        """The two zones between which ports change; none where they do at the machine."""
        zones = (*self.all_of("here")[:1], *self.all_of("there")[:1])
        if len(zones) == 1:
            raise InputError(Problem("question", "two zones, or none", phrase("`{zones}` alone", zones=zones[0])))
        return ("between", *zones) if zones else ()

    def _settings(self) -> tuple[str, ...]:
        """Changes of the site as ``KEY=VALUE``."""
        found = []
        for name in PORTS:
            for text in self.all_of(name):
                is_list = name in ("http", "https")
                found.append(f"ports.{name}=[{text}]" if is_list else f"ports.{name}={text}")
        return (*found, *self.all_of("set"))

    def _site(self) -> Site:
        settings = self._settings()
        site = self._desk.changed_site(self._found.case, settings) if settings else self._audit.site
        if self._found.is_planned and settings:
            site = all_windows(site)
        names = {self._audit.who.name}
        for profile in self.all_of("profile"):
            if profile not in PROFILE_NAMES.values():
                raise InputError(Problem("question", "`domain`, `private` or `public`", f"`{profile}`"))
            site = in_profile(site, profile, names)
        dropped, added = set(self.all_of("without")), set(self.all_of("with"))
        return with_features(site, self._audit.plan, names, dropped, added) if dropped or added else site

    def _told(self) -> tuple[str, ...]:
        told = [f"--profile {text}" for text in self.all_of("profile")]
        told += [f"--set {text}" for text in self._settings()]
        told += [f"{sign} {text}" for sign, name in (("-", "without"), ("+", "with")) for text in self.all_of(name)]
        return tuple(told)


def with_features(site: Site, plan: Plan, names: Collection[str], dropped: set[str], added: set[str]) -> Site:
    """The site whose groups of these names use some features less or more; raises InputError where none would be left."""
    groups = []
    for group in site.clients:
        if group.name not in names:
            groups.append(group)
            continue
        used = dict.fromkeys(row.feature for row in plan.rows if row.clients == group.name)
        methods = tuple(one for one in group.install if METHOD_FEATURES[one.method] not in dropped)
        by_method = {METHOD_FEATURES[one.method] for one in group.install}
        features = tuple(
            name for name in (*used, *sorted(added - set(used))) if name not in dropped and name not in by_method
        )
        if not features and not methods:
            raise InputError(Problem("question", "at least one feature", "none"))
        groups.append(replace(group, features=features, install=methods))
    return replace(site, clients=tuple(groups))


def _no_filters(site: Site) -> PathState:
    from cmfw.ingest.path_state import read_paths

    return read_paths(site, {})[0]


def _beyond(path: PathEngine, supposed: list[Supposed]) -> PathEngine:
    state = path.state
    for one in supposed:
        state = state if one.to_path is None else one.to_path(state)
    return path if state == path.state else PathEngine(state)
