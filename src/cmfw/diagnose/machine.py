"""What is true of the machine as a whole: policies, services and gaps that decide over several features at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cmfw.catalog.types import Catalog
from cmfw.diagnose import commands
from cmfw.diagnose.findings import LOCAL_MERGE_OFF, finding
from cmfw.diagnose.leaves import Judge
from cmfw.diagnose.place import Place
from cmfw.diagnose.repairs import merge_steps, relevant
from cmfw.diagnose.results import Repair, RowResult
from cmfw.engine.exact import Engine
from cmfw.model.finding import Finding, Severity
from cmfw.model.need import leaves
from cmfw.model.plan import FeatureRow
from cmfw.model.rule import Store
from cmfw.model.site import ClientGroup, Identity, Site
from cmfw.model.state import DEFAULT_RPC_PORTS
from cmfw.model.verdict import Status
from cmfw.net.flow import ALL_PROFILES, PROFILE_NAMES, Profile

DISABLED = 4
"""Start type of a disabled service."""

_FIREWALL = ("mpssvc", "bfe")
_NEEDED_SERVICES = {
    "client_push": ("lanmanserver", "rpcss", "winmgmt"),
    "client_requests": ("ccmexec", "bits"),
    "client_notification": ("ccmexec",),
    "sup_install": ("wuauserv", "bits"),
    "remote_control": ("cmrcservice",),
    "remote_assistance": ("rpcss",),
    "remote_desktop": ("termservice",),
    "remote_tools": ("lanmanserver", "remoteregistry"),
    "gpo_install": ("lanmanworkstation",),
}
"""Services of a client without which an open port leads nowhere. Source: corrections 3, 4; facts/configmgr.md 3.4, 4.3."""


def other_product(place: Place, rows: Iterable[FeatureRow]) -> Finding:
    """The one finding for clients with another firewall product: nothing here is automatic (page line 89)."""
    features = dict.fromkeys(row.feature for row in rows if not row.disabled)
    return finding("product-other", Severity.WARNING, place.name, features=", ".join(features), count=len(features))


def machine_findings(
    catalog: Catalog,
    site: Site,
    rows: tuple[FeatureRow, ...],
    results: tuple[RowResult, ...],
    judge: Judge,
    fell: tuple[str, ...],
) -> tuple[Finding, ...]:
    """Findings about the machine, without those about single features, exceptions and rules; ``fell`` as in ``fallen``."""
    group = None if judge.place.host else next(g for g in site.clients if g.name == judge.place.name)
    return (
        *_local_merge(fell, group, judge),
        *_profiles(rows, judge),
        *_services(results, judge),
        *_gaps(results, judge),
        *_rpc_ports(catalog, judge),
        *_workgroup(group, rows),
    )


def _workgroup(group: ClientGroup | None, rows: tuple[FeatureRow, ...]) -> Iterator[Finding]:
    """Client push to computers that know no account of the site server: open ports do not help. Source: corrections 11."""
    if group is None or group.identity is not Identity.WORKGROUP or all(row.feature != "client_push" for row in rows):
        return
    asked = "client_push" in group.features or any(one.method == "push" for one in group.install)
    yield finding("workgroup-push", Severity.ERROR if asked else Severity.WARNING, group.name)


def _local_merge(fell: tuple[str, ...], group: ClientGroup | None, judge: Judge) -> Iterator[Finding]:
    """One finding where a policy keeps local rules from counting, with the features that would work with them."""
    steps = merge_steps(judge.state, ALL_PROFILES)
    mask = 0
    for step in steps:
        mask |= step.profiles
    mine = mask & judge.place.profiles
    idle = [r for r in judge.state.rules if r.active and r.store is Store.LOCAL and r.profiles & (mine or mask)]
    if not mask or not (idle or mine):
        return
    yield finding(
        LOCAL_MERGE_OFF,
        Severity.ERROR if fell else Severity.WARNING if mine else Severity.NOTE,
        judge.place.name,
        repair=tuple(step.command for step in steps),
        evidence=tuple(r.origin or r.id for r in idle[:5]),
        profiles=_names(mask),
        store=", ".join(step.store.value for step in steps),
        rules=len(idle),
        features=", ".join(fell),
        variant="with_features" if fell else "",
    )
    yield from _promises(group, mine, judge)


def fallen(rows: tuple[FeatureRow, ...], judge: Judge) -> tuple[str, ...]:
    """The features that would be better off if a policy did not keep local rules from counting; none where it does not."""
    steps = merge_steps(judge.state, judge.place.profiles)
    if not steps:
        return ()
    state = relevant(Repair(steps).apply(judge.state), judge.place.profiles)
    merged = judge.on(Engine(state, judge.engine))
    found: dict[str, None] = {}
    for row in rows:
        if not row.disabled:
            now = judge.bounds(row.need)
            then = merged.bounds(row.need) if now.low is not Status.WORKS else now
            if (then.low, then.high) > (now.low, now.high):
                found[row.feature] = None
    return tuple(found)


def _promises(group: ClientGroup | None, mine: int, judge: Judge) -> Iterator[Finding]:
    """Client settings that make the agent write a local exception, which then does nothing. Source: configmgr.md 3.5."""
    if group is None or not mine:
        return
    settings = group.settings
    promised = {
        "remote_control": settings.remote_control_profiles if settings.remote_control else 0,
        "wakeup_proxy": settings.wakeup_profiles if settings.wakeup_proxy else 0,
        "peer_cache": ALL_PROFILES if settings.peer_cache else 0,
    }
    features = [name for name, profiles in promised.items() if profiles & mine]
    if features:
        yield finding(
            "setting-ignored",
            Severity.WARNING,
            judge.place.name,
            depends_on=(LOCAL_MERGE_OFF,),
            features=", ".join(features),
            profiles=_names(mine),
        )


def _profiles(rows: tuple[FeatureRow, ...], judge: Judge) -> Iterator[Finding]:
    """Profiles of the machine in which the firewall is off, or blocks everything inbound."""
    for profile in Profile:
        if not profile & judge.place.profiles:
            continue
        worlds = judge.engine.worlds(profile)
        if not all(world.firewall_on for world in worlds):
            yield finding("firewall-off", Severity.WARNING, judge.place.name, profile=PROFILE_NAMES[profile])
        elif any(world.shields_up for world in worlds):
            stores = [
                s for s in (Store.GPO, Store.MDM, Store.LOCAL) if judge.state.setting(s, profile).do_not_allow_exceptions
            ]
            broken = {
                row.feature: None
                for row in rows
                if not row.disabled and judge.bounds(row.need).low is not Status.WORKS and _is_inbound(row, judge)
            }
            yield finding(
                "shields-up",
                Severity.ERROR if broken else Severity.WARNING,
                judge.place.name,
                repair=tuple(commands.leave_shields_up(store, profile) for store in stores),
                profile=PROFILE_NAMES[profile],
                store=", ".join(store.value for store in stores),
                features=", ".join(broken),
            )


def _is_inbound(row: FeatureRow, judge: Judge) -> bool:
    return any(one.end == "to" for name in leaves(row.need) for one in judge.leaf(name).ends)


def _services(results: tuple[RowResult, ...], judge: Judge) -> Iterator[Finding]:
    off = {fact.name.lower(): fact.name for fact in judge.state.services if fact.start == DISABLED}
    on = [row.feature for row in results if row.bounds is not None]
    for name in (name for name in _FIREWALL if name in off):
        yield _service(off[name], dict.fromkeys(on), Severity.ERROR, judge)
    if judge.place.host:
        return
    wanted: dict[str, dict[str, None]] = {}
    for feature in on:
        for name in _NEEDED_SERVICES.get(feature, ()):
            if name in off:
                wanted.setdefault(name, {})[feature] = None
    for name, features in wanted.items():
        yield _service(off[name], features, Severity.WARNING, judge)


def _service(name: str, features: Iterable[str], severity: Severity, judge: Judge) -> Finding:
    return finding(
        "service-disabled",
        severity,
        judge.place.name,
        repair=(commands.start_service(name),),
        evidence=(f"Services\\{name}: Start = {DISABLED}",),
        service=name,
        features=", ".join(features),
    )


def _gaps(results: tuple[RowResult, ...], judge: Judge) -> Iterator[Finding]:
    """Gaps that leave rows open, and stores that nobody gave; other evidence that is missing counts as a gap too."""
    rows: dict[str, dict[str, None]] = {}
    for row in results:
        for blocked in row.blocking:
            for word in blocked.verdict.missing:
                rows.setdefault(word, {})[row.feature] = None
    known = set()
    for gap in judge.state.gaps:
        features = rows.get(gap.code, {})
        if gap.code in known or not (features or gap.code in _ABSENT):
            continue
        known.add(gap.code)
        yield finding(
            "gap",
            Severity.WARNING if features else Severity.NOTE,
            judge.place.name,
            evidence=(gap.source,),
            gap=gap.code,
            detail=gap.detail,
            features=", ".join(features),
        )
    for word, features in rows.items():
        if word not in known and word != "service_state":
            yield finding(
                "gap", Severity.WARNING, judge.place.name, gap=word, features=", ".join(features), variant="missing"
            )


_ABSENT = ("no_gpo_source", "no_local_source")
"""Gaps that turn no verdict and still have to be said: a whole store was not looked at. Source: CONTRACT.md."""


def _rpc_ports(catalog: Catalog, judge: Judge) -> Iterator[Finding]:
    """Where the host limits its dynamic RPC ports to others than the plan was made for. Source: corrections 13."""
    mine = judge.state.rpc_ports
    if mine is None:
        return
    for item in judge.items.values():
        kind = catalog.flows.get(item.flow)
        if kind is None or kind.ports != ("rpc.dynamic",) or "to" not in judge.place.ends(item):
            continue
        if mine not in (item.ports, DEFAULT_RPC_PORTS):
            yield finding(
                "rpc-range",
                Severity.WARNING,
                judge.place.name,
                planned=str(item.ports),
                found=str(mine),
                evidence=("Rpc\\Internet",),
            )
            return


def _names(mask: int) -> str:
    return ", ".join(name for profile, name in PROFILE_NAMES.items() if mask & profile)
