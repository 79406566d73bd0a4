"""An audit as values and as JSON data (``cmfw/audit/1``)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cmfw.catalog.types import Catalog
from cmfw.diagnose import Diagnosis, diagnose
from cmfw.engine.exact import Engine
from cmfw.errors import Problem
from cmfw.model.finding import Finding
from cmfw.model.plan import Plan, PlanItem
from cmfw.model.site import Site
from cmfw.model.state import HostState, StateSource
from cmfw.model.verdict import Oracle
from cmfw.net.flow import PROFILE_NAMES, PROTOCOL_NAMES, Profile
from cmfw.report.finding_text import finding_row
from cmfw.report.who import Who, find_who
from cmfw.resolve import resolve
from cmfw.values import value

if TYPE_CHECKING:
    from cmfw.engine.path import PathEngine

SCHEMA = "cmfw/audit/1"
_POLICY_STORES = ("local", "gpo")


@value
class Audit:
    """A diagnosis with what it is about: the machine behind the filters of ``path``, and what of its files could not be read."""

    catalog: Catalog
    site: Site
    plan: Plan
    engine: Engine
    who: Who
    diagnosis: Diagnosis
    path: PathEngine | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def state(self) -> HostState:
        """The machine."""
        return self.engine.state

    def item(self, name: str) -> PlanItem | None:
        """The item of the plan with that id."""
        return next((item for item in self.plan.items if item.id == name), None)


def make_audit(
    catalog: Catalog,
    site: Site,
    state: HostState,
    asked: str | None,
    *,
    advisory: bool = False,
    path: PathEngine | None = None,
    problems: tuple[Problem, ...] = (),
    others: tuple[Oracle, ...] = (),
) -> Audit:
    """The diagnosis of the machine as a client group or host of the site, with everything that its views need.

    Raises:
        InputError: where there is no telling which group or host the machine is.
    """
    who = find_who(site, state, asked)
    plan = resolve(catalog, site, advisory=advisory)
    engine = Engine(state)
    found = diagnose(catalog, site, plan, engine, who.name, host=who.host, path=path, others=others)
    found = replace(found, findings=(*_apart(catalog, site, plan, who), *found.findings))
    return Audit(catalog, site, plan, engine, who, found, path, problems)


def _apart(catalog: Catalog, site: Site, plan: Plan, who: Who) -> list[Finding]:
    """The finding that the machine and its peers have no common address family: the plan has no flow that could be judged."""
    if all(one.code != "no_common_family" for one in plan.omissions):
        return []
    from cmfw.resolve.lint import lint_site

    found = [one for one in lint_site(catalog, site) if one.code == "no-common-family"]
    return [one for one in found if who.name in (one.subject, *dict(one.args)["systems"].split(", "))]


def document(audit: Audit) -> dict[str, Any]:
    """The audit as ``cmfw/audit/1``."""
    return {
        "schema": SCHEMA,
        "site": audit.site.code,
        "as": {"name": audit.who.name, "host": audit.who.host, "by": audit.who.by},
        "states": [state_row(audit, source) for source in audit.state.sources],
        "features": [row.as_dict() for row in audit.diagnosis.rows],
        "findings": [finding_row(finding, audit.catalog) for finding in audit.diagnosis.findings],
        "exceptions": [
            {
                "id": found.id,
                "feature": found.feature,
                "presence": found.presence.value,
                "missing": list(found.missing),
                "by_default": found.by_default,
            }
            for found in audit.diagnosis.exceptions
        ],
    }


def state_row(audit: Audit, source: StateSource) -> dict[str, Any]:
    """One input file: its rules, the machine's effective settings by profile, and the gaps that it leaves.

    A gap that belongs to no single file stands with the first.
    """
    first = source is audit.state.sources[0]
    return {
        "source": source.path,
        "format": source.format,
        "sha256": source.sha256 or None,
        "rules": dict(zip(("total", "active"), rule_counts(source), strict=True)),
        "stores": {name: {"total": total, "active": active} for name, total, active in source.counts},
        "live_profiles": None if source.live_profiles is None else [PROFILE_NAMES[one] for one in source.live_profiles],
        "listeners": [
            {"protocol": PROTOCOL_NAMES[one.protocol], "port": one.port, "program": one.program or None}
            for one in source.listeners
        ],
        "profiles": {name: profile_row(audit.engine, profile) for profile, name in PROFILE_NAMES.items()},
        "gaps": [
            g.as_dict() for g in audit.state.gaps if g.source == source.path or (first and not _owned(audit, g.source))
        ],
    }


def rule_counts(source: StateSource) -> tuple[int, int]:
    """(total, active) of what people call the firewall rules: the FirewallRules of a policy, not Windows' own stores."""
    counts = [count for count in source.counts if count[0] in _POLICY_STORES]
    return sum(total for _, total, _ in counts), sum(active for *_, active in counts)


def _owned(audit: Audit, path: str) -> bool:
    return any(source.path == path for source in audit.state.sources)


def profile_row(engine: Engine, profile: Profile) -> dict[str, Any]:
    """The effective settings of a profile; ``unknown`` or null where the evidence contradicts itself."""
    worlds = engine.worlds(profile)

    def one(values: Iterable[bool], yes: Any, no: Any, unknown: Any) -> Any:
        found = set(values)
        return unknown if len(found) > 1 else yes if found.pop() else no

    return {
        "firewall": one((w.firewall_on for w in worlds), "on", "off", "unknown"),
        "inbound": one((w.allow_inbound for w in worlds), "allow", "block", "unknown"),
        "outbound": one((w.allow_outbound for w in worlds), "allow", "block", "unknown"),
        "block_all_inbound": one((w.shields_up for w in worlds), True, False, None),
        "local_rules": one((w.local_rules for w in worlds), True, False, None),
    }
