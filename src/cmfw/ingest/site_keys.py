"""``SITE_KEYS``: every key of a site file, with its type, default and meaning. The reader and the docs both use it.

A path names tables by their key, ``[]`` marks a repeated table. The reader accepts nothing that is not in this table.
"""

from __future__ import annotations

from cmfw.catalog.types import Text
from cmfw.model.site import ROLES, Identity, Product, WebMode
from cmfw.values import value

USUAL_ROLES = ("site_server", "management_point", "distribution_point", "software_update_point", "console")
"""Roles of a system that lists none: the usual single server."""

METHODS = ("push", "group_policy", "software_update_point", "manual", "logon_script", "software_distribution")
PROFILES = ("domain", "private", "public")
Place = tuple[str | int, ...]
"""Keys and indexes that lead to a value of a site file: ``("system", 0, "roles")``."""


@value
class SiteKey:
    """One key: ``kind`` names its type (see ``site_values``), ``choices`` its words, ``default`` what holds without it.

    A default is a value as it would be written, the same in every language, or words.
    """

    path: str
    kind: str
    default: Text
    meaning: Text
    choices: tuple[str, ...] = ()

    @property
    def is_required(self) -> bool:
        """Whether the key must be there."""
        return self.default == REQUIRED


REQUIRED = Text("required", "必需")
_TOP_CODE = Text("the top-level code", "顶层的站点代码")
_SITE_PORT = Text("the site's", "站点的端口")


def _key(path: str, kind: str, default: str | Text, en: str, zh: str, choices: tuple[str, ...] = ()) -> SiteKey:
    holds = default if isinstance(default, Text) else Text(default, default)
    return SiteKey(path, kind, holds, Text(en, zh), choices)


def _ports(prefix: str) -> tuple[SiteKey, ...]:
    return (
        _key(
            f"{prefix}.http",
            "port_list",
            "[80]",
            "HTTP request ports: default, then alternatives",
            "HTTP 请求端口：默认，然后备用",
        ),
        _key(
            f"{prefix}.https",
            "port_list",
            "[443]",
            "HTTPS request ports: default, then alternatives",
            "HTTPS 请求端口：默认，然后备用",
        ),
        _key(f"{prefix}.notification", "port", "10123", "client notification port (TCP)", "客户端通知端口 (TCP)"),
        _key(f"{prefix}.wol", "port", "9", "Wake On LAN port of the site (UDP)", "站点的 LAN 唤醒端口 (UDP)"),
        _key(f"{prefix}.rpc", "port_range", '"49152-65535"', "dynamic RPC ports of the hosts", "主机的动态 RPC 端口范围"),
    )


def _mandate(prefix: str) -> tuple[SiteKey, ...]:
    default = Text("the top-level one", "顶层的值") if prefix else '""'
    return (
        _key(f"{prefix}owner", "label", default, "who answers for the rules", "规则负责人"),
        _key(f"{prefix}ticket", "label", default, "ticket in which the rules were asked for", "申请这些规则的工单"),
        _key(
            f"{prefix}expiry",
            "day",
            default,
            "last day of the rules, such as `2027-06-30`",
            "规则有效期的最后一天，例如 `2027-06-30`",
        ),
    )


_MODES = tuple(mode.value for mode in WebMode)

_TOP = (
    _key("schema", "choice", '"cmfw/site/1"', "version of this file format", "文件格式版本", ("cmfw/site/1",)),
    _key("code", "code", REQUIRED, "site code of the top or only site", "顶层（或唯一）站点的站点代码"),
    _key("packs", "texts", "[]", "catalog packs to plan beside the page's features", "除页面功能外要纳入计划的目录包"),
    *_mandate(""),
    _key("ports", "table", "{}", "ports of every site that does not set its own", "未单独设置端口的站点所用的端口"),
    *_ports("ports"),
    _key("site", "tables", "[]", "further sites of the hierarchy", "层次结构中的其他站点"),
    _key("system", "tables", REQUIRED, "site systems, consoles and other hosts", "站点系统、控制台和其他主机"),
    _key("clients", "tables", REQUIRED, "client groups", "客户端组"),
    _key("filter", "tables", "[]", "firewalls between zones", "区域之间的防火墙"),
    _key("expect", "tables", "[]", "flows whose verdict `check` verifies", "由 `check` 验证结论的流量"),
)

_SITE = (
    _key("site[].code", "code", REQUIRED, "site code", "站点代码"),
    _key("site[].parent", "code", '""', "code of the parent site", "父站点的代码"),
    _key("site[].kind", "choice", '"primary"', "kind of site", "站点类型", ("central", "primary", "secondary")),
    _key(
        "site[].ports",
        "table",
        Text("the top-level ports", "顶层的端口"),
        "ports of this site; a secondary site has its parent's",
        "本站点的端口；辅助站点沿用父站点的端口",
    ),
    *_ports("site[].ports"),
)

_SYSTEM = (
    _key("system[].host", "name", REQUIRED, "host name, short or fully qualified", "主机名（短名或完全限定名）"),
    _key("system[].site", "code", _TOP_CODE, "code of the site that it serves", "所服务站点的代码"),
    _key(
        "system[].roles",
        "choices",
        Text(f"the usual single server: {', '.join(USUAL_ROLES)}", f"通常的单台服务器：{'、'.join(USUAL_ROLES)}"),
        "roles of the host",
        "主机的角色",
        ROLES,
    ),
    _key(
        "system[].addresses",
        "addresses",
        Text("[] (unknown: any)", "[]（未知：任何地址）"),
        "IPv4 and IPv6 addresses",
        "IPv4 和 IPv6 地址",
    ),
    _key("system[].zone", "text", '""', "network zone", "网络区域"),
    _key("system[].mp", "table", "{}", "management point", "管理点"),
    _key("system[].mp.mode", "choice", '"http"', "how clients talk to it", "客户端的通信方式", _MODES),
    _key("system[].dp", "table", "{}", "distribution point", "分发点"),
    _key("system[].dp.mode", "choice", '"http"', "how clients talk to it", "客户端的通信方式", _MODES),
    _key("system[].smp", "table", "{}", "state migration point", "状态迁移点"),
    _key("system[].smp.mode", "choice", '"http"', "how clients talk to it", "客户端的通信方式", _MODES),
    _key("system[].sup", "table", "{}", "software update point (WSUS)", "软件更新点 (WSUS)"),
    _key(
        "system[].sup.http",
        "port",
        Text("8530, or what belongs to `https`", "8530，或与 `https` 对应的端口"),
        "WSUS HTTP port",
        "WSUS 的 HTTP 端口",
    ),
    _key(
        "system[].sup.https",
        "port",
        Text("443 with HTTP 80, else HTTP + 1", "HTTP 为 80 时是 443，否则为 HTTP + 1"),
        "WSUS HTTPS port",
        "WSUS 的 HTTPS 端口",
    ),
    _key("system[].sup.ssl", "flag", "false", "clients scan over HTTPS", "客户端通过 HTTPS 扫描"),
    _key("system[].pxe", "flag", "false", "the distribution point answers PXE", "分发点响应 PXE"),
    _key("system[].multicast", "flag", "false", "the distribution point multicasts", "分发点使用多播"),
    _key("system[].multicast_ports", "port_range", '"63000-64000"', "multicast ports (UDP)", "多播端口 (UDP)"),
    _key(
        "system[].site_server_initiates",
        "flag",
        "false",
        "only the site server opens connections to it",
        "仅由站点服务器发起到该系统的连接",
    ),
    _key("system[].profile", "choice", '"domain"', "Windows Firewall profile", "Windows 防火墙配置文件", PROFILES),
    _key(
        "system[].default_outbound",
        "choice",
        '"allow"',
        "Windows Firewall default for outbound",
        "Windows 防火墙的出站默认操作",
        ("allow", "block"),
    ),
    _key(
        "system[].os",
        "text",
        '""',
        "Windows version, such as `Server 2022` or `10.0.20348`",
        "Windows 版本，例如 `Server 2022` 或 `10.0.20348`",
    ),
    *_mandate("system[]."),
)

_CLIENTS = (
    _key(
        "clients[].name",
        "text",
        Text("`clients`, or the first subnet where there are several groups", "`clients`；有多个组时为第一个子网"),
        "name of the group",
        "组名",
    ),
    _key("clients[].site", "code", _TOP_CODE, "code of the assigned site", "所分配站点的代码"),
    _key("clients[].subnets", "addresses", REQUIRED, "subnets, addresses or ranges", "子网、地址或地址范围"),
    _key("clients[].zone", "text", '""', "network zone", "网络区域"),
    _key("clients[].profile", "choice", '"domain"', "Windows Firewall profile", "Windows 防火墙配置文件", PROFILES),
    _key(
        "clients[].product",
        "choice",
        '"windows"',
        "firewall product on the clients",
        "客户端上的防火墙产品",
        tuple(p.value for p in Product),
    ),
    _key(
        "clients[].os",
        "text",
        '""',
        "Windows version, such as `Windows 11 23H2` or `10.0.22631`",
        "Windows 版本，例如 `Windows 11 23H2` 或 `10.0.22631`",
    ),
    _key(
        "clients[].identity",
        "choice",
        '"domain"',
        "how the clients identify themselves",
        "客户端的身份类型",
        tuple(i.value for i in Identity),
    ),
    _key(
        "clients[].default_outbound",
        "choice",
        '"allow"',
        "Windows Firewall default for outbound",
        "Windows 防火墙的出站默认操作",
        ("allow", "block"),
    ),
    _key(
        "clients[].uses",
        "texts",
        Text("[] (all systems of the site)", "[]（站点的所有系统）"),
        "hosts they talk to; a role that none of them has is taken from the site",
        "它们使用的主机；这些主机都没有的角色取自站点",
    ),
    _key(
        "clients[].features",
        "texts",
        Text("[] (with no `install` either: all of the page's)", "[]（也没有 `install` 时：页面上的全部功能）"),
        "feature ids to plan",
        "要计划的功能 ID",
    ),
    _key(
        "clients[].client_dir",
        "text",
        '"%windir%\\CCM"',
        "folder of the client (CCMINSTALLDIR)",
        "客户端安装文件夹 (CCMINSTALLDIR)",
    ),
    *_mandate("clients[]."),
    _key("clients[].install", "tables", "[]", "install methods, each once", "安装方法，每种一次"),
    _key("clients[].settings", "table", "{}", "client settings", "客户端设置"),
)

_INSTALL = (
    _key("clients[].install[].method", "choice", REQUIRED, "install method", "安装方法", METHODS),
    _key(
        "clients[].install[].source",
        "text",
        '""',
        "CCMSetup `/source` path; a UNC path names the share host",
        "CCMSetup `/source` 路径；UNC 路径指明共享主机",
    ),
    _key(
        "clients[].install[].share",
        "text",
        '""',
        "share that CCMSetup.exe or the package runs from",
        "运行 CCMSetup.exe 或程序包的共享",
    ),
    _key(
        "clients[].install[].local_media",
        "flag",
        "false",
        "CCMSetup.exe runs from local media",
        "从本地介质运行 CCMSetup.exe",
    ),
    _key("clients[].install[].mp", "text", '""', "CCMSetup `/mp` or `SMSMP`", "CCMSetup `/mp` 或 `SMSMP`"),
    _key("clients[].install[].http_port", "port", _SITE_PORT, "CCMHTTPPORT", "CCMHTTPPORT"),
    _key("clients[].install[].https_port", "port", _SITE_PORT, "CCMHTTPSPORT", "CCMHTTPSPORT"),
    _key("clients[].install[].fsp", "text", '""', "host of the fallback status point (FSP)", "回退状态点主机 (FSP)"),
    _key(
        "clients[].install[].properties",
        "text",
        '""',
        "the CCMSetup command line; the keys above win only where it is silent",
        "CCMSetup 命令行；只有它没有写明的，才以上面的键为准",
    ),
)

_S = "clients[].settings"
_SETTINGS = (
    _key(f"{_S}.notification", "flag", "true", "client notification is on for the site", "站点启用了客户端通知"),
    _key(f"{_S}.remote_control", "flag", "true", "remote control is enabled", "启用远程控制"),
    _key(
        f"{_S}.remote_control_profiles",
        "profiles",
        "[]",
        "profiles with a remote control exception: names, or the raw FirewallExceptionProfiles (0, or 8 + 1 public + 2 private + 4 domain)",
        "设置了远程控制例外的配置文件：名称，或原始值 FirewallExceptionProfiles（0，或 8 + 1 公用 + 2 专用 + 4 域）",
    ),
    _key(f"{_S}.remote_assistance", "flag", "true", "remote assistance is enabled", "启用远程协助"),
    _key(f"{_S}.remote_desktop", "flag", "true", "remote desktop is enabled", "启用远程桌面"),
    _key(f"{_S}.wakeup_proxy", "flag", "true", "wake-up proxy is enabled", "启用唤醒代理"),
    _key(f"{_S}.wakeup_port", "port", "25536", "wake-up proxy port (UDP)", "唤醒代理端口 (UDP)"),
    _key(
        f"{_S}.wol_port",
        "port",
        "9",
        "Wake On LAN port of the client setting (UDP); the product does not copy the site's",
        "客户端设置中的 LAN 唤醒端口 (UDP)；产品不会与站点同步",
    ),
    _key(
        f"{_S}.wakeup_profiles",
        "profiles",
        "[]",
        "profiles with a wake-up proxy exception: names, or the raw WakeupProxyFirewallFlags",
        "设置了唤醒代理例外的配置文件：名称，或原始值 WakeupProxyFirewallFlags",
    ),
    _key(f"{_S}.peer_cache", "flag", "false", "clients are peer cache sources", "客户端作为对等缓存源"),
    _key(f"{_S}.peer_http", "port", "8003", "peer cache download port (TCP)", "对等缓存下载端口 (TCP)"),
    _key(f"{_S}.peer_broadcast", "port", "8004", "peer cache broadcast port (UDP)", "对等缓存广播端口 (UDP)"),
    _key(f"{_S}.express_updates", "flag", "false", "express (delta) updates", "快速（增量）更新"),
    _key(
        f"{_S}.express_port",
        "port",
        "8005",
        "express updates port, local to the client (TCP)",
        "快速更新端口，仅限客户端本机 (TCP)",
    ),
    _key(f"{_S}.delivery_optimization", "flag", "false", "Delivery Optimization between peers", "对等方之间的传递优化"),
    _key(f"{_S}.branchcache", "flag", "false", "BranchCache between peers", "对等方之间的 BranchCache"),
)

_REST = (
    _key("filter[].from", "text", REQUIRED, "zone", "区域"),
    _key("filter[].to", "text", REQUIRED, "zone", "区域"),
    _key("filter[].file", "text", REQUIRED, "its configuration", "存放其配置的文件"),
    _key("expect[].flow", "text", REQUIRED, "flow text", "流量文本"),
    _key("expect[].verdict", "choice", REQUIRED, "the verdict wanted", "期望的结论", ("allow", "block")),
)

SITE_KEYS: tuple[SiteKey, ...] = (*_TOP, *_SITE, *_SYSTEM, *_CLIENTS, *_INSTALL, *_SETTINGS, *_REST)
"""All keys, each table's keys together, in the order that the documentation shows them."""
