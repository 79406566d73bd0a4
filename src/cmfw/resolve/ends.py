"""``End``: one side of a flow as resolve works with it, and where the ends of a flow come from."""

from __future__ import annotations

from cmfw.model.plan import Endpoint
from cmfw.model.site import ClientGroup, Install, Product, SitePorts, System
from cmfw.net.addr import V6_BASE, AddrSet
from cmfw.resolve.topology import Topology

CLIENT_DIR = "%windir%\\CCM"
MP_CLIENT_DIR = "%ProgramFiles%\\SMS_CCM"
"""A host that is a management point keeps its client here. Source: corrections 35."""

CLIENT_ROLES = frozenset({"client", "peer"})
NOT_OURS = frozenset({"internet", "cloud_management_gateway", "domain_controller", "dns_server", "issuing_ca", "file_share"})
"""Roles whose hosts get no rules from us: they are not run by Configuration Manager."""

V4, V6, BOTH = 4, 6, 0
_FAMILIES = {
    (True, False): frozenset((V4,)),
    (False, True): frozenset((V6,)),
    (True, True): frozenset((V4, V6)),
}


class End:
    """One end in one role. ``endpoints`` are shared by every item that starts or stops here, keyed by family.

    ``families`` are the address families of the end; empty where its addresses are unknown. Written out, because
    ``dataclasses`` compiles such a class at every start.
    """

    __slots__ = (
        "addresses",
        "blocks_outbound",
        "client_dir",
        "endpoints",
        "families",
        "group",
        "name",
        "ports",
        "profiles",
        "role",
        "slug",
        "system",
        "takes_rules",
    )

    def __init__(
        self,
        role: str,
        name: str,
        slug: str,
        addresses: AddrSet,
        profiles: int,
        ports: SitePorts,
        client_dir: str,
        *,
        blocks_outbound: bool = False,
        takes_rules: bool = True,
        system: System | None = None,
        group: ClientGroup | None = None,
    ) -> None:
        self.role = role
        self.name = name
        self.slug = slug
        self.addresses = addresses
        self.profiles = profiles
        self.ports = ports
        self.client_dir = client_dir
        self.blocks_outbound = blocks_outbound
        self.takes_rules = takes_rules
        self.system = system
        self.group = group
        self.endpoints: dict[int, Endpoint] = {}
        ranges = addresses.ranges
        self.families = _FAMILIES[ranges[0][0] < V6_BASE, ranges[-1][1] >= V6_BASE] if ranges else frozenset()

    def endpoint(self, family: int) -> Endpoint:
        """The end as the plan shows it, with the addresses of one family (``BOTH``: all of them)."""
        found = self.endpoints.get(family)
        if found is None:
            part = self.addresses
            if family != BOTH and self.families - {family}:
                part = part.v4 if family == V4 else part.v6
            found = self.endpoints[family] = Endpoint(self.role, self.name, part, self.profiles)
        return found


def slug(name: str) -> str:
    """The name as it can stand in an item id."""
    if name.replace("-", "").replace(".", "").replace("_", "").isalnum():
        return name  # nearly every name is one already, and compiling the pattern takes its time
    import re

    return re.sub(r"[^\w.-]+", "_", name) or "_"


def unc_host(path: str) -> str:
    """The host of a UNC path, empty for any other path."""
    text = path.strip().replace("/", "\\")
    return text[2:].partition("\\")[0] if text.startswith("\\\\") else ""


def setup_host(text: str) -> str:
    """The host in a value of ``/mp``, ``SMSMP`` or ``FSP``: a name, an address, or the URL of a management point."""
    bare = text.strip().strip('"').partition("://")[2] or text.strip().strip('"')
    bare = bare.partition("/")[0]
    if bare.startswith("["):
        return bare[1:].partition("]")[0]
    return bare if bare.count(":") > 1 else bare.partition(":")[0]


class Ends:
    """Makes every end once. INVARIANT: equal arguments give the identical ``End``, so its values are shared."""

    def __init__(self, topology: Topology, groups: tuple[ClientGroup, ...]) -> None:
        self.topology = topology
        self._made: dict[tuple[str, str], End] = {}
        self._slugs: dict[str, str] = {}
        self._mp_addresses = AddrSet.from_pairs(
            pair for s in topology.systems if "management_point" in s.roles for pair in s.addresses.ranges
        )
        taken: set[str] = set()
        for group in groups:
            wanted = text = slug(group.name)
            number = 2
            while text in taken:
                text = f"{wanted}_{number}"
                number += 1
            taken.add(text)
            self._slugs[group.name] = text

    def of_system(self, system: System, role: str) -> End:
        """The end of a site system in one of its roles."""
        key = (role, system.host)
        end = self._made.get(key)
        if end is None:
            end = self._made[key] = End(
                role=role,
                name=system.host,
                slug=slug(system.host),
                addresses=system.addresses,
                profiles=int(system.profile),
                ports=self.topology.ports(system.site),
                client_dir=MP_CLIENT_DIR if "management_point" in system.roles else CLIENT_DIR,
                blocks_outbound=system.default_outbound_block,
                takes_rules=role not in NOT_OURS,
                system=system,
            )
        return end

    def of_group(self, group: ClientGroup) -> End:
        """The end of a client group."""
        key = ("client", group.name)
        end = self._made.get(key)
        if end is None:
            end = self._made[key] = End(
                role="client",
                name=group.name,
                slug=self._slugs[group.name],
                addresses=group.subnets,
                profiles=int(group.profile),
                ports=self.topology.ports(group.site),
                client_dir=group.client_dir or self._usual_folder(group),
                blocks_outbound=group.default_outbound_block,
                takes_rules=group.product is Product.WINDOWS,
                group=group,
            )
        return end

    def _usual_folder(self, group: ClientGroup) -> str:
        all_are_mps = not group.subnets.is_empty and group.subnets <= self._mp_addresses
        return MP_CLIENT_DIR if all_are_mps else CLIENT_DIR

    def of_share(self, group: ClientGroup, install: Install | None, *, is_source: bool) -> tuple[End, ...]:
        """The hosts of the share that an install reads; empty where a ``/source`` is no network path.

        CCMSetup.exe is by default shared on the management points (page line 143), a Group Policy package on a file share.
        """
        path = "" if install is None else install.source if is_source else install.share
        if path:
            host = unc_host(path)
            return (self._share_host(host, group),) if host else ()
        if is_source:
            return ()
        if install is not None and install.method in ("manual", "logon_script"):
            hosts = self.topology.for_group(group, "management_point")
        else:
            hosts = self.topology.reachable(group.site, "file_share")
        if not hosts:
            return (self._share_host("share", group),)
        return tuple(self.of_system(system, "file_share") for system in hosts)

    def named_by_setup(self, role: str, group: ClientGroup, install: Install | None) -> tuple[End, ...]:
        """The hosts that the properties of CCMSetup name for the role; empty where they leave the choice to the site.

        ``/mp`` and ``SMSMP`` say which management points the installation talks to, ``FSP`` where it reports.
        Source: facts/configmgr.md 3.6 (about-client-installation-properties).
        """
        text = (
            "" if install is None else {"management_point": install.mp, "fallback_status_point": install.fsp}.get(role, "")
        )
        names = dict.fromkeys(filter(None, (setup_host(part) for part in text.split(";"))))
        return tuple(self._named_host(name, group, role) for name in sorted(names, key=str.lower))

    def _share_host(self, host: str, group: ClientGroup) -> End:
        return self._named_host(host, group, "file_share")

    def _named_host(self, host: str, group: ClientGroup, role: str) -> End:
        """The system of that name, else a host of which only the name (or the address that it is) is known."""
        system = self.topology.host(host)
        if system is not None:
            return self.of_system(system, role)
        key = (role, host.lower())
        end = self._made.get(key)
        if end is None:
            end = self._made[key] = End(
                role=role,
                name=host,
                slug=slug(host),
                addresses=_literal(host),
                profiles=7,
                ports=self.topology.ports(group.site),
                client_dir=CLIENT_DIR,
                takes_rules=False,
            )
        return end


def _literal(host: str) -> AddrSet:
    try:
        return AddrSet.parse(host)
    except ValueError:
        return AddrSet.EMPTY
