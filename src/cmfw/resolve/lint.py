"""``lint_site``: what an administrator would want to hear about a site before anything is planned. Text lives in the catalog."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cmfw.catalog.types import Catalog
from cmfw.model.finding import Finding, Severity
from cmfw.model.site import ClientGroup, Identity, Product, Site, System
from cmfw.net.flow import PROFILE_NAMES, Profile
from cmfw.resolve.conditions import Situation, holds
from cmfw.resolve.plans import METHOD_FEATURES, PAGE
from cmfw.resolve.reach import unreached_groups
from cmfw.resolve.topology import Topology
from cmfw.resolve.windows import windows_version

LINTS: dict[str, tuple[str, ...]] = {
    "wsus-pair": ("http", "https", "wanted"),
    "port-433": ("port", "place"),
    "wol-port": ("wol_port", "site_port", "site"),
    "port-collision": ("port", "first", "second"),
    "group-profile": ("feature", "group", "profile", "peers"),
    "product-other": (),
    "feature-disabled": ("feature", "setting"),
    "workgroup-push": (),
    "setup-port": ("property", "port", "site", "known"),
    "setting-profile": ("feature", "profiles", "profile"),
    "os-unknown": ("os",),
    "role-missing": ("role", "site"),
    "zone-unknown": ("file",),
    "subnet-overlap": ("other",),
    "no-common-family": ("systems",),
    "rules-expired": ("expiry", "owner", "ticket"),
}
"""Every code that this module finds, with the names of its args in order; the subject is a host, a group or a site code."""

_WRONG_HTTPS = 433
"""Printed by the Chinese page in four places instead of 443. Source: erratum E1."""

_SHARED_SITE = frozenset({80, 443})
"""WSUS may live in the default web site, beside the roles of the site. Source: page line 161."""

_WEB_ROLES = ("management_point", "distribution_point", "fallback_status_point", "state_migration_point")


def lint_site(catalog: Catalog, site: Site, day: str = "") -> tuple[Finding, ...]:
    """All findings about the site, sorted by severity, code and subject; the same for any order of systems and clients.

    ``day`` is an ISO 8601 day: rules whose last day lies before it are found too; empty asks for none.
    """
    topology = Topology(site)
    found = [*_ports(topology), *_systems(topology), *_zones(site), *_overlaps(site), *_expired(site, day)]
    for group in site.clients:
        found += _group(catalog, site, topology, group)
    order = list(Severity)
    return tuple(sorted(set(found), key=lambda f: (order.index(f.severity), f.code, f.subject, f.args)))


def _finding(code: str, severity: Severity, subject: str, **args: object) -> Finding:
    return Finding(code=code, severity=severity, subject=subject, args=tuple((k, str(v)) for k, v in args.items()))


def _wrong_port(subject: str, place: str) -> Finding:
    return _finding("port-433", Severity.WARNING, subject, port=_WRONG_HTTPS, place=place)


def _ports(topology: Topology) -> Iterator[Finding]:
    for code, one in topology.sites.items():
        ports = one.ports
        lists = {"http": ports.http, "https": ports.https, "notification": (ports.notification,)}
        for name, numbers in lists.items():
            if _WRONG_HTTPS in numbers:
                yield _wrong_port(code, f"ports.{name}")
        services = [(number, f"ports.{name}") for name, numbers in lists.items() for number in numbers]
        yield from _collisions(code, services)


def _collisions(subject: str, services: Iterable[tuple[int, str]]) -> Iterator[Finding]:
    """One finding per port that two different services of one host or site want."""
    first: dict[int, str] = {}
    for port, service in services:
        other = first.setdefault(port, service)
        if other != service:
            yield _finding("port-collision", Severity.ERROR, subject, port=port, first=other, second=service)


def _systems(topology: Topology) -> Iterator[Finding]:
    for system in topology.systems:
        ports = topology.ports(system.site)
        services: list[tuple[int, str]] = []
        if any(role in system.roles for role in _WEB_ROLES):
            services += [(port, "client requests") for port in (*ports.http, *ports.https)]
        if "management_point" in system.roles:
            services.append((ports.notification, "client notification"))
        if "software_update_point" in system.roles:
            yield from _wsus(system)
            shares = [(system.sup.http, "WSUS HTTP"), (system.sup.https, "WSUS HTTPS")]
            services += [pair for pair in shares if pair[0] not in _SHARED_SITE]
            if system.sup.http == system.sup.https:
                services += shares
        named = {name for _, name in services}
        if named != {"client requests", "client notification"}:  # that pair is the site's own and reported there
            yield from _collisions(system.host, services)
        if _WRONG_HTTPS in (system.sup.http, system.sup.https) and "software_update_point" in system.roles:
            yield _wrong_port(system.host, "sup")
        if system.os and windows_version(system.os) is None:
            yield _finding("os-unknown", Severity.WARNING, system.host, os=system.os)


def _wsus(system: System) -> Iterator[Finding]:
    """HTTP 80 goes with HTTPS 443, any other n with n + 1. Source: page lines 163, 165."""
    wanted = 443 if system.sup.http == 80 else system.sup.http + 1
    if system.sup.https != wanted:
        yield _finding("wsus-pair", Severity.ERROR, system.host, http=system.sup.http, https=system.sup.https, wanted=wanted)


def _zones(site: Site) -> Iterator[Finding]:
    known = {s.zone for s in site.systems} | {g.zone for g in site.clients}
    for one in site.filters:
        for zone in (one.from_zone, one.to_zone):
            if zone not in known:
                yield _finding("zone-unknown", Severity.WARNING, zone, file=one.file)


def _expired(site: Site, day: str) -> Iterator[Finding]:
    places = [(one.host, one.mandate) for one in site.systems] + [(one.name, one.mandate) for one in site.clients]
    for name, mandate in places:
        if day and mandate.is_over(day):
            owner, ticket = mandate.owner or "-", mandate.ticket or "-"
            yield _finding("rules-expired", Severity.WARNING, name, expiry=mandate.expiry, owner=owner, ticket=ticket)


def _overlaps(site: Site) -> Iterator[Finding]:
    """Pairs of client groups that share addresses; linear in the number of subnets after sorting."""
    ranges = sorted((first, last, group.name) for group in site.clients for first, last in group.subnets.ranges)
    reach, owner = -1, ""
    for first, last, name in ranges:
        if first <= reach and name != owner:
            one, two = sorted((owner, name))
            yield _finding("subnet-overlap", Severity.WARNING, one, other=two)
        if last > reach:
            reach, owner = last, name


def _group(catalog: Catalog, site: Site, topology: Topology, group: ClientGroup) -> Iterator[Finding]:
    explicit = {*group.features, *(METHOD_FEATURES[i.method] for i in group.install)}
    usual = {f.id for f in catalog.features.values() if f.pack == PAGE or f.pack in site.packs}
    features = explicit or usual
    yield from _group_ports(topology, group)
    yield from _settings(catalog, topology, group, features, is_explicit=bool(explicit))
    if group.identity is Identity.WORKGROUP and "client_push" in features:
        severity = Severity.ERROR if "client_push" in explicit else Severity.WARNING
        yield _finding("workgroup-push", severity, group.name)
    if group.product is Product.OTHER:
        yield _finding("product-other", Severity.NOTE, group.name)
    else:
        yield from _profiles(catalog, topology, group, features)
    if group.os and windows_version(group.os) is None:
        yield _finding("os-unknown", Severity.WARNING, group.name, os=group.os)
    foreign = _foreign(topology, group)
    if foreign:
        yield _finding("no-common-family", Severity.ERROR, group.name, systems=", ".join(foreign))
    if not topology.for_group(group, "management_point"):
        yield _finding("role-missing", Severity.ERROR, group.name, role="management_point", site=group.site)


def _foreign(topology: Topology, group: ClientGroup) -> list[str]:
    """The systems of the group's site that it cannot talk to: one side has only IPv4 addresses and the other only IPv6."""
    found = []
    for role in ("management_point", "distribution_point", "software_update_point", "site_server"):
        for system in topology.for_group(group, role):
            ours, theirs = group.subnets, system.addresses
            is_apart = (ours.v4.is_empty or theirs.v4.is_empty) and (ours.v6.is_empty or theirs.v6.is_empty)
            if is_apart and not ours.is_empty and not theirs.is_empty:
                found.append(system.host)
    return list(dict.fromkeys(found))


def _group_ports(topology: Topology, group: ClientGroup) -> Iterator[Finding]:
    ports, settings = topology.ports(group.site), group.settings
    if settings.wakeup_proxy and settings.wol_port != ports.wol:
        yield _finding(
            "wol-port", Severity.WARNING, group.name, wol_port=settings.wol_port, site_port=ports.wol, site=group.site
        )
    yield from _collisions(group.name, _tcp_services(topology, group))
    yield from _collisions(group.name, _udp_services(group))
    numbers = {
        "settings.wakeup_port": settings.wakeup_port,
        "settings.wol_port": settings.wol_port,
        "settings.peer_http": settings.peer_http,
        "settings.peer_broadcast": settings.peer_broadcast,
        "settings.express_port": settings.express_port,
    }
    for install in group.install:
        numbers[f"install.{install.method}.http_port"] = install.http_port or 0
        numbers[f"install.{install.method}.https_port"] = install.https_port or 0
        for name, number, known in (
            ("CCMHTTPPORT", install.http_port, ports.http),
            ("CCMHTTPSPORT", install.https_port, ports.https),
        ):
            if number is not None and number not in known:
                yield _finding(
                    "setup-port", Severity.WARNING, group.name, property=name, port=number, site=group.site,
                    known=", ".join(map(str, known)),
                )  # fmt: skip
    for place, number in numbers.items():
        if number == _WRONG_HTTPS:
            yield _wrong_port(group.name, place)


def _tcp_services(topology: Topology, group: ClientGroup) -> Iterator[tuple[int, str]]:
    """TCP listeners of a client, and the notification port, whose rules would be mistaken for theirs."""
    settings = group.settings
    yield from ((135, "RPC endpoint mapper"), (445, "SMB"), (topology.ports(group.site).notification, "client notification"))
    if settings.remote_control:
        yield 2701, "remote control"
    if settings.remote_desktop:
        yield 3389, "Remote Desktop"
    if settings.peer_cache:
        yield settings.peer_http, "peer cache"
    if settings.express_updates:
        yield settings.express_port, "express updates"


def _udp_services(group: ClientGroup) -> Iterator[tuple[int, str]]:
    settings = group.settings
    if settings.wakeup_proxy:
        yield settings.wakeup_port, "wake-up proxy"
        yield settings.wol_port, "Wake On LAN"
    if settings.peer_cache:
        yield settings.peer_broadcast, "peer cache broadcast"


def _settings(
    catalog: Catalog, topology: Topology, group: ClientGroup, features: set[str], *, is_explicit: bool
) -> Iterator[Finding]:
    situation = Situation(topology=topology, group=group)
    for name in features:
        feature = catalog.features.get(name)
        if feature is not None and feature.when.startswith("settings.") and not holds(feature.when, situation):
            severity = Severity.WARNING if is_explicit else Severity.NOTE
            yield _finding("feature-disabled", severity, group.name, feature=name, setting=feature.when)
    wanted = (
        ("remote_control", group.settings.remote_control, group.settings.remote_control_profiles),
        ("wakeup_proxy", group.settings.wakeup_proxy, group.settings.wakeup_profiles),
    )
    for name, is_on, mask in wanted:
        if is_on and name in features and mask and not mask & group.profile and group.product is Product.WINDOWS:
            profiles = ", ".join(PROFILE_NAMES[p] for p in Profile if mask & p)
            yield _finding(
                "setting-profile", Severity.WARNING, group.name, feature=name, profiles=profiles, profile=_name(group)
            )


def _profiles(catalog: Catalog, topology: Topology, group: ClientGroup, features: set[str]) -> Iterator[Finding]:
    for feature, firewall_group, peers in unreached_groups(catalog, topology, group, features):
        yield _finding(
            "group-profile",
            Severity.WARNING,
            group.name,
            feature=feature,
            group=firewall_group,
            profile=_name(group),
            peers=", ".join(peers),
        )


def _name(group: ClientGroup) -> str:
    return PROFILE_NAMES[group.profile]
