"""``Desk``: what pages ask for, worked out from the workspaces and remembered: sites, machines, audits, plans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import cached_property
from threading import Lock

from cmfw.catalog import load
from cmfw.catalog.types import Catalog, Edition
from cmfw.diagnose.leaves import Judge
from cmfw.diagnose.planned_state import all_windows, planned_state
from cmfw.engine.path import PathEngine
from cmfw.errors import InputError, Problem
from cmfw.ingest.host_state import ReadResult
from cmfw.ingest.path_state import read_paths
from cmfw.ingest.site import Change, read_site_text
from cmfw.model.finding import Finding
from cmfw.model.plan import Plan
from cmfw.model.site import Site
from cmfw.model.state import HostState
from cmfw.report.audit_view import Audit, make_audit
from cmfw.report.edges import judge_of
from cmfw.report.markup import Content, Markup, joined
from cmfw.report.who import find_who
from cmfw.resolve import resolve
from cmfw.resolve.lint import lint_site
from cmfw.values import value
from cmfw.web.evidence import read_machine
from cmfw.web.exchange import NotThere
from cmfw.web.memory import Memory
from cmfw.web.runs import Runs
from cmfw.web.settings import Settings
from cmfw.web.store import Given, Machine, Store, Stored
from cmfw.words import language
from cmfw.words.phrases import phrase

_MOST_REMEMBERED = 200
_MOST_STATES = 12
"""Machines are the largest things that are remembered: one with all its rules takes some tens of MiB."""


@value(kw_only=True)
class SiteCase:
    """A site that could be read, with what it was read from; ``path`` is None where it names no filters."""

    text: str
    name: str
    digest: str
    site: Site
    catalog: Catalog
    lints: tuple[Finding, ...]
    path: PathEngine | None
    path_problems: tuple[Problem, ...]


@value(kw_only=True)
class MachineCase:
    """A machine with its audit; ``key`` says what all of it was worked out from.

    ``is_planned`` says that there is no such machine: it has exactly what the plan wants.
    """

    key: tuple[str, ...]
    machine: Machine
    case: SiteCase
    audit: Audit
    is_planned: bool = False


class Desk:
    """The one place that works; pages only show what it gives them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = Store(settings.store, settings.most_stored)
        self.memory = Memory(_MOST_REMEMBERED)
        self.runs = Runs()
        self._states = Memory(_MOST_STATES)
        self._reading = Lock()

    @cached_property
    def whole_catalog(self) -> Catalog:
        """The catalog with all its packs, for explanations."""
        from cmfw.catalog import PACKS

        return load(PACKS)

    def site(self, space: str) -> SiteCase:
        """The site of a workspace; raises NotThere where it has none, InputError with all that is wrong with it."""
        kept = self.store.site(space)
        if kept is None:
            raise NotThere(space)
        filters = self.store.filters(space)
        # the last day of a rule ends where the server stands
        day = date.today().isoformat()  # noqa: DTZ011
        key = ("site", day, kept.digest, kept.name, *(f"{one.name}\0{one.digest}" for one in filters))
        return self.memory.recall(key, lambda: self._read_site(kept, filters, "\n".join(key), day))

    def _read_site(self, kept: Stored, filters: tuple[Stored, ...], digest: str, day: str) -> SiteCase:
        text = decoded(self.store.content(kept), kept.name)
        site = read_site_text(text, kept.name)
        catalog = load(site.packs)
        path, problems = self.filters_of(site, filters)
        return SiteCase(
            text=text,
            name=kept.name,
            digest=digest,
            site=site,
            catalog=catalog,
            lints=lint_site(catalog, site, day),
            path=path,
            path_problems=problems,
        )

    def filters_of(self, site: Site, filters: Sequence[Stored]) -> tuple[PathEngine | None, tuple[Problem, ...]]:
        """(the filters that the site names, None for none; what of them could not be read). No file of this machine is opened."""
        if not site.filters:
            return None, ()
        state, problems = read_paths(site, {one.name: self.store.content(one) for one in filters})
        return PathEngine(state), problems

    def plan(self, case: SiteCase, edition: str = "current", scope: str = "least", *, advisory: bool = False) -> Plan:
        """The plan of a site."""
        key = ("plan", case.digest, edition, scope, str(advisory))
        return self.memory.recall(
            key, lambda: resolve(case.catalog, case.site, edition=Edition(edition), scope=scope, advisory=advisory)
        )

    def state(self, machine: Machine) -> ReadResult:
        """What the exports of a machine say; raises InputError."""
        return self._states.recall(_state_key(machine), lambda: self.read(self._given(machine), machine.subnets))

    def read(self, given: Sequence[Given], subnets: Sequence[str]) -> ReadResult:
        """What exports say, those of one machine at a time, so that many uploads take no more memory than one; raises InputError."""
        with self._reading:
            return read_machine(given, subnets)

    def _given(self, machine: Machine) -> tuple[Given, ...]:
        return tuple(Given(one.name, self.store.content(one)) for one in machine.files)

    def machine(self, space: str, name: str) -> MachineCase:
        """A machine of a workspace with its audit; raises NotThere, InputError."""
        case = self.site(space)
        machine = self.store.machine(space, name)
        key = ("audit", case.digest, machine.asked, *_state_key(machine))
        audit = self.memory.recall(key, lambda: self._audit(case, machine))
        return MachineCase(key=key, machine=machine, case=case, audit=audit)

    def _audit(self, case: SiteCase, machine: Machine) -> Audit:
        read = self.state(machine)
        problems = (*read.problems, *case.path_problems)
        return make_audit(case.catalog, case.site, read.state, machine.asked or None, path=case.path, problems=problems)

    def planned(self, space: str, who: str) -> MachineCase:
        """A machine of the client group or host that has exactly what the plan wants; raises NotThere, InputError."""
        case = self.site(space)
        key = ("planned", case.digest, who)
        audit = self.memory.recall(key, lambda: self._planned(case, who))
        return MachineCase(key=key, machine=Machine(who, who, (), ()), case=case, audit=audit, is_planned=True)

    def _planned(self, case: SiteCase, who: str) -> Audit:
        site = all_windows(case.site)
        state = planned_state(site, resolve(case.catalog, site), find_who(site, HostState(), who).name)
        return make_audit(case.catalog, site, state, who, path=case.path, problems=case.path_problems)

    def judge(self, found: MachineCase) -> Judge:
        """The judge of an audit, with all that it has judged already."""
        return self.memory.recall(("judge", *found.key), lambda: judge_of(found.audit))

    def part(self, found: MachineCase, name: str, work: Callable[[], Content]) -> Markup:
        """A part of a page about a machine, as markup in the language of the call."""
        return self.memory.recall(("part", name, language(), *found.key), lambda: joined(work()))

    def changed_site(self, case: SiteCase, settings: Sequence[str]) -> Site:
        """The site after ``KEY=VALUE`` changes; raises InputError."""
        from cmfw.ingest.site_changes import changed_site

        def read(change: Change) -> Site:
            return read_site_text(case.text, case.name, change)

        return changed_site(read, case.site, settings) if settings else case.site


def _state_key(machine: Machine) -> tuple[str, ...]:
    return (*machine.subnets, *(f"{one.name}\0{one.digest}" for one in machine.files))


def decoded(content: bytes, name: str) -> str:
    """The text of a site file; raises InputError."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = phrase("byte 0x{byte:02x}", byte=content[error.start])
        raise InputError(Problem(name, "UTF-8 text", found, offset=error.start, hint="save it as UTF-8")) from error
