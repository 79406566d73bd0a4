"""``Site``: one site or hierarchy as its administrator describes it. The reader of the TOML file is ``ingest/site.py``."""

from __future__ import annotations

from enum import StrEnum

from cmfw.model.mandate import Mandate
from cmfw.model.state import DEFAULT_RPC_PORTS
from cmfw.net.addr import AddrSet
from cmfw.net.flow import Profile
from cmfw.net.ports import PortSet
from cmfw.values import value

ROLES = (
    "site_server",
    "secondary_site_server",
    "management_point",
    "distribution_point",
    "software_update_point",
    "fallback_status_point",
    "state_migration_point",
    "console",
    "sms_provider",
    "sql_server",
    "reporting_services_point",
    "asset_intelligence_point",
    "endpoint_protection_point",
    "enrollment_point",
    "enrollment_proxy_point",
    "certificate_registration_point",
    "cmg_connection_point",
    "cloud_management_gateway",
    "service_connection_point",
    "data_warehouse_point",
    "exchange_connector",
    "domain_controller",
    "dns_server",
    "issuing_ca",
    "file_share",
    "internet",
)
"""Roles a system can have. The first eight are those of the source page; the rest belong to the server pack."""


MULTICAST_PORTS = PortSet.of((63000, 64000))


class WebMode(StrEnum):
    """How a web role talks: HTTP, HTTPS with PKI, or enhanced HTTP. Source: corrections 7."""

    HTTP = "http"
    HTTPS = "https"
    EHTTP = "ehttp"


class Identity(StrEnum):
    """How a client proves who it is; decides HTTP or HTTPS under enhanced HTTP. Source: corrections 7."""

    DOMAIN = "domain"
    ENTRA = "entra"
    WORKGROUP = "workgroup"


class Product(StrEnum):
    """The firewall that runs on the clients; with ``OTHER`` nothing is configured automatically (page line 89)."""

    WINDOWS = "windows"
    OTHER = "other"


@value(kw_only=True)
class SitePorts:
    """Ports of one site. ``http`` and ``https`` are (default, alternative...) in the order that clients try them."""

    http: tuple[int, ...] = (80,)
    https: tuple[int, ...] = (443,)
    notification: int = 10123
    wol: int = 9
    rpc: PortSet = DEFAULT_RPC_PORTS


@value(kw_only=True)
class SupSettings:
    """Ports of one software update point; ``ssl`` means that clients scan over HTTPS (and still fetch EULAs over HTTP)."""

    http: int = 8530
    https: int = 8531
    ssl: bool = False


@value(kw_only=True)
class System:
    """One site system. ``addresses`` may be empty (unknown: any address). ``site`` is the code of the site it serves."""

    host: str
    site: str
    roles: tuple[str, ...]
    addresses: AddrSet = AddrSet.EMPTY
    zone: str = ""
    mp_mode: WebMode = WebMode.HTTP
    dp_mode: WebMode = WebMode.HTTP
    smp_mode: WebMode = WebMode.HTTP
    sup: SupSettings = SupSettings()
    pxe: bool = False
    multicast: bool = False
    multicast_ports: PortSet = MULTICAST_PORTS
    site_server_initiates: bool = False
    profile: Profile = Profile.DOMAIN
    default_outbound_block: bool = False
    os: str = ""
    mandate: Mandate = Mandate.NONE


@value(kw_only=True)
class ClientSettings:
    """Client settings that open or close features and ports. ``*_profiles`` are profile masks (0: no exception set).

    Source: facts/configmgr.md 3.3, 3.5 (SMS_RemoteToolsAgentConfig, SMS_PowerAgentConfig, client cache, updates).
    """

    notification: bool = True
    remote_control: bool = True
    remote_control_profiles: int = 0
    remote_assistance: bool = True
    remote_desktop: bool = True
    wakeup_proxy: bool = True
    wakeup_port: int = 25536
    wol_port: int = 9
    wakeup_profiles: int = 0
    peer_cache: bool = False
    peer_http: int = 8003
    peer_broadcast: int = 8004
    express_updates: bool = False
    express_port: int = 8005
    delivery_optimization: bool = False
    branchcache: bool = False


@value(kw_only=True)
class Install:
    """One install method of a client group with its CCMSetup properties.

    ``method`` is ``push`` | ``group_policy`` | ``software_update_point`` | ``manual`` | ``logon_script`` |
    ``software_distribution``. ``source`` is the ``/source`` path; a UNC path names the share host. ``share`` is the share
    from which CCMSetup.exe (manual, logon script) or the package (Group Policy) runs; ``local_media`` removes it.
    """

    method: str
    source: str = ""
    share: str = ""
    local_media: bool = False
    mp: str = ""
    http_port: int | None = None
    https_port: int | None = None
    fsp: str = ""


@value(kw_only=True)
class ClientGroup:
    """Clients that share network place, firewall profile and settings.

    ``uses`` names the systems they talk to (empty: all systems of their site). ``features`` and ``install`` empty
    together mean: everything that the source page covers. ``client_dir`` empty means ``%windir%\\CCM``.
    ``default_outbound_block`` True where their Windows Firewall blocks outbound by default.
    """

    name: str
    site: str
    subnets: AddrSet
    subnet_list: tuple[str, ...] = ()
    zone: str = ""
    profile: Profile = Profile.DOMAIN
    product: Product = Product.WINDOWS
    os: str = ""
    identity: Identity = Identity.DOMAIN
    default_outbound_block: bool = False
    uses: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    install: tuple[Install, ...] = ()
    client_dir: str = ""
    settings: ClientSettings = ClientSettings()
    mandate: Mandate = Mandate.NONE


@value(kw_only=True)
class Filter:
    """A perimeter filter between two zones, kept for the path engine; ``file`` is its configuration."""

    from_zone: str
    to_zone: str
    file: str


@value(kw_only=True)
class Expect:
    """One ``[[expect]]`` row: flow text and the verdict wanted; ``key`` is its place in the file."""

    flow: str
    verdict: str
    key: str


@value(kw_only=True)
class SubSite:
    """One site of a hierarchy: code, parent code (empty for the top), kind ``central`` | ``primary`` | ``secondary``."""

    code: str
    parent: str = ""
    kind: str = "primary"
    ports: SitePorts = SitePorts()


@value(kw_only=True)
class Site:
    """A whole hierarchy. ``sites`` holds at least the one whose code is ``code``; ``packs`` are catalog packs to include."""

    code: str
    path: str = ""
    sites: tuple[SubSite, ...] = ()
    systems: tuple[System, ...] = ()
    clients: tuple[ClientGroup, ...] = ()
    filters: tuple[Filter, ...] = ()
    expects: tuple[Expect, ...] = ()
    packs: tuple[str, ...] = ()
    mandate: Mandate = Mandate.NONE

    def ports(self, code: str) -> SitePorts:
        """The ports of one site; KeyError for a code that is not in the hierarchy."""
        for site in self.sites:
            if site.code == code:
                return site.ports
        raise KeyError(code)
