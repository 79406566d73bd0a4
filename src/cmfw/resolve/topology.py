"""Which systems a client group or a site system talks to, by role. Built once per plan; every answer is cached."""

from __future__ import annotations

from cmfw.model.site import ClientGroup, Site, SitePorts, SubSite, System

BY_BOUNDARY = frozenset(
    {
        "management_point",
        "distribution_point",
        "software_update_point",
        "fallback_status_point",
        "state_migration_point",
    }
)
"""Roles that ``uses`` of a client group can narrow, as boundary groups do."""

_ALSO = {"site_server": ("secondary_site_server",)}
"""Push and Wake On LAN come from every site server, the passive and the secondary ones too. Source: corrections 11."""

_STANDS_IN = {"sms_provider": "site_server"}
"""Roles that sit on another host where the site names none (the SMS Provider is installed with the site)."""

_FROM_ANYWHERE = frozenset({"console", "domain_controller", "dns_server", "file_share", "internet", "issuing_ca"})
"""Roles that serve the whole hierarchy wherever their host is listed."""


class Topology:
    """Lookups over one site; systems always come sorted by host, so the order of the file does not matter."""

    def __init__(self, site: Site) -> None:
        self.sites: dict[str, SubSite] = {s.code: s for s in site.sites}
        self.systems: tuple[System, ...] = tuple(sorted(site.systems, key=lambda s: s.host.lower()))
        self.by_host: dict[str, System] = {s.host.lower(): s for s in self.systems}
        self._short: dict[str, list[System]] = {}
        self._here: dict[tuple[str, str], list[System]] = {}
        self._all: dict[str, list[System]] = {}
        for system in self.systems:
            self._short.setdefault(system.host.partition(".")[0].lower(), []).append(system)
            for role in system.roles:
                self._here.setdefault((system.site, role), []).append(system)
                self._all.setdefault(role, []).append(system)
        # nobody lists the internet as a host; it is there all the same
        self._all.setdefault("internet", [System(host="internet", site=site.code, roles=("internet",))])
        self._reach: dict[tuple[str, str], tuple[System, ...]] = {}

    def ports(self, code: str) -> SitePorts:
        """The ports of the site with this code."""
        return self.sites[code].ports

    def host(self, name: str) -> System | None:
        """The system of this host name, fully qualified or (where only one has it) short."""
        found = self.by_host.get(name.lower())
        if found is None:
            short = self._short.get(name.partition(".")[0].lower(), [])
            qualified = "." in name
            fitting = [s for s in short if not (qualified and "." in s.host)]
            found = fitting[0] if len(fitting) == 1 else None
        return found

    def with_role(self, role: str) -> tuple[System, ...]:
        """Every system of the hierarchy that has the role."""
        found = {s.host: s for r in (role, *_ALSO.get(role, ())) for s in self._all.get(r, ())}
        if not found and role in _STANDS_IN:
            return self.with_role(_STANDS_IN[role])
        return tuple(sorted(found.values(), key=lambda s: s.host.lower()))

    def reachable(self, code: str, role: str) -> tuple[System, ...]:
        """The systems of a role that serve the site: its own, at a secondary site the primary's too, else the parent's."""
        key = (code, role)
        found = self._reach.get(key)
        if found is None:
            hosts = self._in_chain(code, role)
            if not hosts and role in _FROM_ANYWHERE:
                hosts = {s.host: s for s in self.with_role(role)}
            found = self._reach[key] = tuple(sorted(hosts.values(), key=lambda s: s.host.lower()))
        return found

    def _in_chain(self, code: str, role: str) -> dict[str, System]:
        """The systems of the site and, where it has none or lives from its parent, those above it."""
        site = self.sites[code]
        found = {s.host: s for r in (role, *_ALSO.get(role, ())) for s in self._here.get((code, r), ())}
        if not found and role in _STANDS_IN:
            return self._in_chain(code, _STANDS_IN[role])
        if site.parent and (not found or site.kind == "secondary" or role in _FROM_ANYWHERE):
            return {**self._in_chain(site.parent, role), **found}
        return found

    def above(self, system: System, role: str) -> tuple[System, ...]:
        """The systems of a role in the site above the system's."""
        parent = self.sites[system.site].parent
        return tuple(s for s in self.reachable(parent, role) if s.site == parent) if parent else ()

    def for_group(self, group: ClientGroup, role: str) -> tuple[System, ...]:
        """The systems of a role that the client group uses; those it names, else all that serve its site."""
        if group.uses and role in BY_BOUNDARY:
            named = [s for s in (self.by_host.get(name.lower()) for name in group.uses) if s is not None and role in s.roles]
            if named:
                return tuple(sorted(named, key=lambda s: s.host.lower()))
        return self.reachable(group.site, role)
