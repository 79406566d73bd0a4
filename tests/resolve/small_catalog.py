"""A catalog of a few rows, so that resolve's tests do not change whenever a fact does. Its words are the real one's."""

from __future__ import annotations

from cmfw.catalog.types import (
    Catalog,
    Cite,
    Erratum,
    ExceptionRow,
    Feature,
    FlowKind,
    Group,
    GroupEdition,
    GroupMember,
    Necessity,
    Process,
    Requirement,
    Source,
    Text,
)
from cmfw.model.rule import Action, AddressMatch, HostRule, PortKeyword, PortMatch
from cmfw.net.addr import AddrSet
from cmfw.net.flow import TCP, Direction
from cmfw.net.ports import PortSet

AS_OF = "2016-09-02"
SYSTEM = Process("System")
RPCSS = Process("%SystemRoot%\\system32\\svchost.exe", "RpcSs")
WINMGMT = Process("%SystemRoot%\\system32\\svchost.exe", "winmgmt")
CCMEXEC = Process("{client_dir}\\CcmExec.exe", "CcmExec")
BITS = Process("%SystemRoot%\\system32\\svchost.exe", "BITS")
SLEEP = Process("{client_dir}\\SleepAgentService.exe", "SleepAgent")
CMRC = Process("{client_dir}\\RemCtrl\\CmRcService.exe", "CmRcService")


def text(word: str) -> Text:
    return Text(word, f"{word}（中文）")


def line(number: int) -> Cite:
    return Cite("page-zh-cn-2016", f"line {number}", AS_OF)


def flow(name: str, ends: str, protocol: str, *ports: str, at: int = 1, **more: object) -> FlowKind:
    source, _, target = ends.partition(">")
    return FlowKind(
        id=name, from_role=source, to_role=target, protocol=protocol, ports=ports, title=text(name), cite=line(at), **more
    )


FLOWS = (
    flow(
        "mp_http", "client>management_point", "tcp", "site.http", initiators=(CCMEXEC, BITS), listener=SYSTEM, when="mp.http"
    ),
    flow(
        "mp_https",
        "client>management_point",
        "tcp",
        "site.https",
        initiators=(CCMEXEC, BITS),
        listener=SYSTEM,
        when="mp.https",
    ),
    flow("dp_http", "client>distribution_point", "tcp", "site.http", initiators=(BITS,), listener=SYSTEM, when="dp.http"),
    flow("dp_https", "client>distribution_point", "tcp", "site.https", initiators=(BITS,), listener=SYSTEM, when="dp.https"),
    flow("dp_smb", "client>distribution_point", "tcp", "445", initiators=(SYSTEM,), listener=SYSTEM),
    flow("notify_tcp", "client>management_point", "tcp", "site.notification", initiators=(CCMEXEC,)),
    flow("push_smb", "site_server>client", "tcp", "445", initiators=(SYSTEM,), listener=SYSTEM, at=117),
    flow("push_epm", "site_server>client", "tcp", "135", listener=RPCSS, at=118),
    flow("push_epm_udp", "site_server>client", "udp", "135", listener=RPCSS, at=118),
    flow("push_rpc", "site_server>client", "tcp", "rpc.dynamic", listener=WINMGMT, at=119),
    flow("push_icmp", "site_server>client", "icmp4", icmp="8:*", listener=SYSTEM, at=114),
    flow("sup_http", "client>software_update_point", "tcp", "sup.http", initiators=(BITS,), listener=SYSTEM),
    flow(
        "sup_https", "client>software_update_point", "tcp", "sup.https", initiators=(BITS,), listener=SYSTEM, when="sup.ssl"
    ),
    flow("source_smb", "client>file_share", "tcp", "445", initiators=(SYSTEM,), when="install.source"),
    flow("share_smb", "client>file_share", "tcp", "445", initiators=(SYSTEM,), when="install.share"),
    flow("remote_control", "console>client", "tcp", "2701", listener=CMRC, at=77),
    flow("fsp_http", "client>fallback_status_point", "tcp", "site.http", initiators=(CCMEXEC,), at=110),
    flow(
        "proxy_udp",
        "client>client",
        "udp",
        "settings.wakeup_port",
        initiators=(SLEEP,),
        listener=SLEEP,
        scope="local_subnet",
        at=85,
    ),
    flow(
        "proxy_wol",
        "client>peer",
        "udp",
        "settings.wol_port",
        initiators=(SLEEP,),
        scope="local_subnet",
        answered=False,
        at=87,
    ),
    flow("proxy_echo", "client>peer", "icmp4", icmp="8:*", scope="local_subnet", at=91),
    flow("statview", "sms_provider>console", "tcp", "rpc.dynamic", listener=Process("C:\\Console\\statview.exe"), at=38),
    flow("sql", "site_server>sql_server", "tcp", "1433"),
    flow("peer_http", "client>client", "tcp", "settings.peer_http"),
    flow("express_local", "client>client", "tcp", "settings.express_port"),
)

BOTH_2016 = {"2016": Necessity.REQUIRED, "current": Necessity.REQUIRED}
WEB = "spread(mp_http and mp_https)"
CONTENT = "(spread(dp_http and dp_https) or (mp_http and mp_https) or source_smb)"


def feature(name: str, order: int, need: str, need_2016: str = "", **more: object) -> Feature:
    pack = str(more.pop("pack", "page"))
    return Feature(
        id=name,
        title=text(name),
        summary=text(name),
        kind="feature",
        pack=pack,
        order=order,
        need={"current": need, "2016": need_2016 or need},
        **more,
    )


MP = "management_point"
FEATURES = (
    feature("queries", 1, "statview", peer_role="console"),
    feature(
        "client_push",
        2,
        f"push_smb and push_epm and push_rpc and (mp_http and mp_https) and {CONTENT}",
        "push_smb and push_epm and push_rpc and push_icmp and (mp_http and mp_https)",
        peer_role="site_server",
        alternatives=("manual_install",),
    ),
    feature("client_requests", 3, f"{WEB} and spread(dp_http and dp_https)", peer_role=MP),
    feature(
        "client_notification", 4, "prefer(notify_tcp, mp_http and mp_https)", peer_role=MP, when="settings.notification"
    ),
    feature("remote_control", 5, "remote_control", peer_role="console", when="settings.remote_control"),
    feature("wakeup_proxy", 6, "proxy_udp and proxy_wol and proxy_echo", when="settings.wakeup_proxy"),
    feature("fsp", 7, "fsp_http", peer_role="fallback_status_point"),
    feature("sup_install", 8, f"(sup_http and sup_https) and {CONTENT}", peer_role="software_update_point"),
    feature("manual_install", 9, f"share_smb and {CONTENT} and {WEB}", peer_role=MP),
    feature("swdist_install", 10, f"prefer(spread(dp_http and dp_https), dp_smb) and {WEB}", peer_role=MP),
    feature("site_database", 20, "sql", peer_role="sql_server", pack="servers"),
    feature("peer_cache", 21, "peer_http and notify_tcp", pack="beyond", when="settings.peer_cache"),
)


def row(
    name: str, feature_id: str, flow_id: str, at: int, level: dict[str, Necessity] | None = None, **more: object
) -> Requirement:
    return Requirement(
        id=name, feature=feature_id, flow=flow_id, level=level or BOTH_2016, direction="out", cite=line(at), **more
    )


REQUIREMENTS = (
    row(
        "push-icmp",
        "client_push",
        "push_icmp",
        114,
        {"2016": Necessity.REQUIRED, "current": Necessity.ADVISORY},
        errata=("E2",),
    ),
    row("push-smb", "client_push", "push_smb", 117),
    row("push-epm", "client_push", "push_epm", 118),
    row(
        "push-epm-udp",
        "client_push",
        "push_epm_udp",
        118,
        dict.fromkeys(BOTH_2016, Necessity.DOCUMENTED_ONLY),
        errata=("E5",),
    ),
    row("push-rpc", "client_push", "push_rpc", 119),
    row("push-http", "client_push", "mp_http", 120),
    row("push-https", "client_push", "mp_https", 121, printed=("433",), errata=("E1",)),
    row("requests-http", "client_requests", "mp_http", 53),
    row("requests-https", "client_requests", "mp_https", 55),
    row("notify", "client_notification", "notify_tcp", 63),
    row("notify-http", "client_notification", "mp_http", 67, dict.fromkeys(BOTH_2016, Necessity.FALLBACK)),
    row("fsp", "fsp", "fsp_http", 110, dict.fromkeys(BOTH_2016, Necessity.CONDITIONAL)),
    row("manual-https", "manual_install", "mp_https", 145, printed=("433",), errata=("E1",)),
)


def exception(
    name: str, feature_id: str, kind: str, value: str, ways: tuple[str, ...], at: int, **more: object
) -> ExceptionRow:
    return ExceptionRow(
        id=name,
        feature=feature_id,
        kind=kind,
        value=value,
        on=str(more.pop("on", "client")),
        directions=ways,
        effective_directions=ways,
        editions=("2016", "current"),
        cite=line(at),
        **more,
    )


FPS = "@FirewallAPI.dll,-28502"
EXCEPTIONS = (
    exception("push-fps", "client_push", "group", FPS, ("out", "in"), 43),
    exception("requests-80", "client_requests", "port", "mp_http", ("out",), 53),
    exception("control-2701", "remote_control", "port", "remote_control", ("in",), 77),
    exception("proxy-icmp", "wakeup_proxy", "icmp", "8:*", ("in", "out"), 91),
    exception("queries-statview", "queries", "program", "C:\\Console\\statview.exe", ("in",), 38, on="console"),
)


def member(name: str, profiles: int, *, near: bool) -> GroupMember:
    remote = AddressMatch(AddrSet.EMPTY, ("LocalSubnet4", "LocalSubnet6")) if near else AddressMatch.ANY
    return GroupMember(
        rule=HostRule(
            id=name,
            action=Action.ALLOW,
            direction=Direction.IN,
            active=False,
            profiles=profiles,
            protocol=TCP,
            local_port=PortMatch(PortSet.of(445)),
            remote_address=remote,
            program="System",
            group=FPS,
        )
    )


GROUPS = (
    Group(
        id="fps",
        resource=FPS,
        title=text("File and Printer Sharing"),
        zh_verified=True,
        reach=text("reach"),
        editions=(
            GroupEdition(
                sku="client",
                first_build=7600,
                last_build=None,
                members=(member("FPS-SMB-In-TCP-NoScope", 1, near=False), member("FPS-SMB-In-TCP", 6, near=True)),
                cite=line(43),
            ),
        ),
        cite=line(43),
    ),
)

EPMAP = PortKeyword.RPC_EPMAP.value


def small_catalog() -> Catalog:
    return Catalog(
        sources={"page-zh-cn-2016": Source("page-zh-cn-2016", "the page", "zh-CN", AS_OF)},
        flows={f.id: f for f in FLOWS},
        features={f.id: f for f in FEATURES},
        requirements={r.id: r for r in REQUIREMENTS},
        exceptions={e.id: e for e in EXCEPTIONS},
        groups={g.id: g for g in GROUPS},
        errata={
            e: Erratum(
                id=e,
                title=text(e),
                printed="433",
                effective="443",
                reason=text(e),
                lines=(121,),
                features=("client_push",),
                cite=line(121),
            )
            for e in ("E1", "E2", "E5")
        },
        usual=(),
        notes={},
        findings={},
    )
