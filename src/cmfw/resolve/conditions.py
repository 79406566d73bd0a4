"""What each ``when`` of the catalog asks of the site. Resolve removes conditions: a plan only holds what is true here."""

from __future__ import annotations

from collections.abc import Callable

from cmfw.model.site import ClientGroup, ClientSettings, Identity, Install, System, WebMode
from cmfw.resolve.ends import unc_host
from cmfw.resolve.topology import Topology
from cmfw.values import value

_NO_SETTINGS = ClientSettings()
_NO_INSTALL = Install(method="")
_ROLES = {
    "mp": "management_point",
    "dp": "distribution_point",
    "smp": "state_migration_point",
    "sup": "software_update_point",
}


@value(kw_only=True)
class Situation:
    """Where a condition is asked: the client group (None between servers), its install method, the site system.

    Without a system, a condition on systems holds where it holds for any system that the group uses.
    """

    topology: Topology
    group: ClientGroup | None = None
    install: Install | None = None
    system: System | None = None

    @property
    def settings(self) -> ClientSettings:
        """The client settings, the defaults where there is no client group."""
        return _NO_SETTINGS if self.group is None else self.group.settings

    @property
    def setup(self) -> Install:
        """The install method, an empty one where none is given."""
        return self.install or _NO_INSTALL

    def systems(self, short_role: str) -> tuple[System, ...]:
        """The systems that a condition on ``mp``, ``dp``, ``smp``, ``sup`` speaks of."""
        if self.system is not None:
            return (self.system,)
        role = _ROLES[short_role]
        return self.topology.with_role(role) if self.group is None else self.topology.for_group(self.group, role)


def _talks(mode: WebMode, group: ClientGroup | None) -> tuple[bool, bool]:
    """(HTTP, HTTPS) between a client and a web role; enhanced HTTP depends on who asks. Source: corrections 7."""
    if mode is not WebMode.EHTTP:
        return mode is WebMode.HTTP, mode is WebMode.HTTPS
    return True, group is None or group.identity is not Identity.DOMAIN


def _mode(role: str, *, https: bool) -> Callable[[Situation], bool]:
    field = f"{role}_mode"
    return lambda at: any(_talks(getattr(s, field), at.group)[https] for s in at.systems(role))


def _uses_pki(at: Situation) -> bool:
    """Whether any web role that the clients use has a PKI certificate."""
    return any(
        getattr(system, f"{role}_mode") is WebMode.HTTPS
        for role in ("mp", "dp", "smp")
        for system in Situation(topology=at.topology, group=at.group).systems(role)
    )


def _has_fsp(at: Situation) -> bool:
    role = "fallback_status_point"
    if at.setup.fsp:
        return True
    return bool(at.topology.for_group(at.group, role) if at.group else at.topology.with_role(role))


def _setting(name: str) -> Callable[[Situation], bool]:
    return lambda at: bool(getattr(at.settings, name))


HOLDS: dict[str, Callable[[Situation], bool]] = {
    "mp.http": _mode("mp", https=False),
    "mp.https": _mode("mp", https=True),
    "dp.http": _mode("dp", https=False),
    "dp.https": _mode("dp", https=True),
    # peer content and state migration stay HTTP under enhanced HTTP, whoever asks (corrections 7)
    "smp.http": lambda at: any(s.smp_mode is not WebMode.HTTPS for s in at.systems("smp")),
    "smp.https": lambda at: any(s.smp_mode is WebMode.HTTPS for s in at.systems("smp")),
    "sup.ssl": lambda at: any(s.sup.ssl for s in at.systems("sup")),
    "dp.pxe": lambda at: any(s.pxe for s in at.systems("dp")),
    "dp.multicast": lambda at: any(s.multicast for s in at.systems("dp")),
    "install.source": lambda at: bool(unc_host(at.setup.source)),
    "install.no_source": lambda at: not at.setup.source,
    "install.share": lambda at: not at.setup.local_media,
    "site.fsp": _has_fsp,
    "client.domain_member": lambda at: at.group is None or at.group.identity is Identity.DOMAIN,
    "client.pki": _uses_pki,
    "system.calls_back": lambda at: at.system is None or not at.system.site_server_initiates,
    **{
        f"settings.{name}": _setting(name)
        for name in (
            "notification",
            "remote_control",
            "remote_assistance",
            "remote_desktop",
            "wakeup_proxy",
            "peer_cache",
            "express_updates",
            "delivery_optimization",
            "branchcache",
        )
    },
}
"""One claim per word of ``catalog.conditions``."""


def holds(condition: str, situation: Situation) -> bool:
    """Whether the condition is true; an empty one always is. Raises KeyError for a word the catalog may not use."""
    return not condition or HOLDS[condition](situation)
