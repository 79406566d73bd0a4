"""Random sites: small hierarchies with every choice that a site file has, always valid."""

from __future__ import annotations

from hypothesis import strategies as st

from cmfw.model.site import (
    ClientGroup,
    ClientSettings,
    Identity,
    Install,
    Product,
    Site,
    SitePorts,
    SubSite,
    SupSettings,
    System,
    WebMode,
)
from cmfw.net.addr import AddrSet
from cmfw.net.flow import Profile

PORT = st.integers(1, 65535)
ROLES = (
    "site_server",
    "management_point",
    "distribution_point",
    "software_update_point",
    "fallback_status_point",
    "state_migration_point",
    "console",
    "sms_provider",
    "sql_server",
    "file_share",
)
METHODS = ("push", "group_policy", "software_update_point", "manual", "logon_script", "software_distribution")
WINDOWS = ("", "Windows 7", "Windows 10 22H2", "Windows 11 24H2", "Server 2022", "BeOS")
SOURCES = ("", "\\\\h0\\cm", "\\\\elsewhere\\cm", "\\\\10.99.0.1\\cm", "D:\\cm")


def _port_list() -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(PORT, min_size=1, max_size=3, unique=True).map(tuple)


@st.composite
def ports(draw: st.DrawFn) -> SitePorts:
    """Ports of a site, half the time the usual ones."""
    if draw(st.booleans()):
        return SitePorts()
    return SitePorts(http=draw(_port_list()), https=draw(_port_list()), notification=draw(PORT), wol=draw(PORT))


def _addresses(draw: st.DrawFn, number: int) -> AddrSet:
    """Unknown, IPv4, IPv6 or both; no two numbers share any."""
    texts = draw(st.sampled_from([(), (4,), (6,), (4, 6), (4,), (4,)]))
    written = {4: f"10.{number}.0.0/24", 6: f"2001:db8:{number:x}::/64"}
    return AddrSet.parse(*(written[family] for family in texts)) if texts else AddrSet.EMPTY


def _system(draw: st.DrawFn, number: int, codes: list[str]) -> System:
    modes = st.sampled_from(WebMode)
    return System(
        host=f"h{number}",
        site=draw(st.sampled_from(codes)),
        roles=tuple(draw(st.lists(st.sampled_from(ROLES), min_size=1, max_size=5, unique=True))),
        addresses=_addresses(draw, number),
        mp_mode=draw(modes),
        dp_mode=draw(modes),
        smp_mode=draw(modes),
        sup=SupSettings(http=draw(PORT), https=draw(PORT), ssl=draw(st.booleans())),
        pxe=draw(st.booleans()),
        multicast=draw(st.booleans()),
        site_server_initiates=draw(st.booleans()),
        profile=draw(st.sampled_from(tuple(Profile))),
        default_outbound_block=draw(st.booleans()),
        os=draw(st.sampled_from(WINDOWS)),
    )


def _install(draw: st.DrawFn, method: str) -> Install:
    is_local = draw(st.booleans())
    return Install(
        method=method,
        source=draw(st.sampled_from(SOURCES)),
        share="" if is_local else draw(st.sampled_from(SOURCES[:4])),
        local_media=is_local,
        http_port=draw(st.none() | PORT),
        https_port=draw(st.none() | PORT),
    )


def _group(draw: st.DrawFn, number: int, codes: list[str], hosts: list[str], features: tuple[str, ...]) -> ClientGroup:
    flags = {name: draw(st.booleans()) for name in ("notification", "remote_control", "wakeup_proxy", "peer_cache")}
    return ClientGroup(
        name=draw(st.sampled_from([f"g{number}", f"g {number}", f"组{number}"])),
        site=draw(st.sampled_from(codes)),
        subnets=_addresses(draw, 100 + number),
        profile=draw(st.sampled_from(tuple(Profile))),
        product=draw(st.sampled_from(Product)),
        os=draw(st.sampled_from(WINDOWS)),
        identity=draw(st.sampled_from(Identity)),
        default_outbound_block=draw(st.booleans()),
        uses=tuple(draw(st.lists(st.sampled_from(hosts), max_size=2, unique=True))),
        features=tuple(draw(st.lists(st.sampled_from(features), max_size=3, unique=True))),
        install=tuple(_install(draw, m) for m in draw(st.lists(st.sampled_from(METHODS), max_size=2, unique=True))),
        settings=ClientSettings(wakeup_port=draw(PORT), wol_port=draw(PORT), peer_http=draw(PORT), **flags),
    )


@st.composite
def sites(draw: st.DrawFn, features: tuple[str, ...], packs: tuple[str, ...] = ()) -> Site:
    """A hierarchy of one to four sites; ``features`` are the ids that its groups may name."""
    tree = [SubSite(code="P01", ports=draw(ports()))]
    if draw(st.booleans()):
        tree = [
            SubSite(code="CAS", kind="central"),
            SubSite(code="P01", parent="CAS", ports=draw(ports())),
            SubSite(code="P02", parent="CAS", ports=draw(ports())),
        ]
    if draw(st.booleans()):
        tree.append(SubSite(code="S03", parent="P01", kind="secondary", ports=tree[-2 if len(tree) > 1 else 0].ports))
    codes = [site.code for site in tree if site.kind != "central"]
    count = draw(st.integers(1, 5))
    systems = tuple(_system(draw, number, [site.code for site in tree]) for number in range(count))
    hosts = [system.host for system in systems]
    clients = tuple(_group(draw, number, codes, hosts, features) for number in range(draw(st.integers(1, 3))))
    chosen = tuple(draw(st.lists(st.sampled_from(packs), unique=True))) if packs else ()
    return Site(code=tree[0].code, sites=tuple(tree), systems=systems, clients=clients, packs=chosen)
