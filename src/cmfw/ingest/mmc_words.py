"""The columns and words of lists that the management console of Windows Firewall exports, in the languages that are known.

English from lists in public files. The words of other languages are those that netsh uses, and translations that have not been
seen in a list: a full list is read by the places of its columns too, and a value that is not known leaves its rule in doubt.

Source: public lists of Windows 7 to 11 (columns and their order); facts/windows_firewall.md 4.5 (words shared with netsh).
"""

from __future__ import annotations

from cmfw.ingest.netsh_words import ACTIONS, ANY, BOOLEANS, PROFILE_WORDS, label_key, word_key
from cmfw.model.rule import Action, PortKeyword
from cmfw.net.flow import ALL_PROFILES

NAME, GROUP, PROFILE, ENABLED, ACTION, OVERRIDE = "name", "group", "profile", "enabled", "action", "override"
PROGRAM, LOCAL_ADDRESS, REMOTE_ADDRESS, PROTOCOL = "program", "local_address", "remote_address", "protocol"
LOCAL_PORT, REMOTE_PORT, USERS, COMPUTERS = "local_port", "remote_port", "users", "computers"
PRINCIPALS, OWNER, APP_ID, PACKAGE = "principals", "owner", "policy_app_id", "package"
FIRST = (
    NAME, GROUP, PROFILE, ENABLED, ACTION, OVERRIDE, PROGRAM, LOCAL_ADDRESS, REMOTE_ADDRESS, PROTOCOL, LOCAL_PORT, REMOTE_PORT,
)  # fmt: skip
"""The columns that every full list begins with."""
INBOUND_COUNTS, OUTBOUND_COUNTS = (14, 18), (13, 16)
"""Columns of full lists: outbound ones have none for authorized users. Of 17 columns there are both kinds."""
MOST_COLUMNS = 18

_COLUMNS: dict[str, tuple[str, ...]] = {
    NAME: ("Name", "名称", "名前"),
    GROUP: ("Group", "Gruppe", "组", "グループ"),
    PROFILE: ("Profile", "Profil", "配置文件", "プロファイル"),
    ENABLED: ("Enabled", "Aktiviert", "已启用", "有効"),
    ACTION: ("Action", "Aktion", "操作"),
    OVERRIDE: ("Override", "Außer Kraft setzen", "替代", "优先"),
    PROGRAM: ("Program", "Programm", "程序", "プログラム"),
    LOCAL_ADDRESS: ("Local Address", "Lokale Adresse", "本地地址", "ローカル アドレス"),
    REMOTE_ADDRESS: ("Remote Address", "Remoteadresse", "远程地址", "リモート アドレス"),
    PROTOCOL: ("Protocol", "Protokoll", "协议", "プロトコル"),
    LOCAL_PORT: ("Local Port", "Lokaler Port", "本地端口", "ローカル ポート"),
    REMOTE_PORT: ("Remote Port", "Remoteport", "远程端口", "リモート ポート"),
    USERS: ("Authorized Users", "Allowed Users", "Autorisierte Benutzer", "授权用户", "承認されているユーザー"),
    COMPUTERS: ("Authorized Computers", "Allowed Computers", "Autorisierte Computer", "授权的计算机", "承認されているコンピューター"),
    PRINCIPALS: ("Authorized Local Principals", "授权的本地主体"),
    OWNER: ("Local User Owner", "本地用户所有者"),
    APP_ID: ("PolicyAppId",),
    PACKAGE: ("Application Package", "Anwendungspaket", "应用程序包", "アプリケーション パッケージ"),
}  # fmt: skip
COLUMNS = {label_key(label): column for column, labels in _COLUMNS.items() for label in labels}
FOREIGN = frozenset(map(label_key, ("Direction", "DisplayName", "InstanceID", "Richtung", "方向")))
"""Columns of other tools' lists."""

NOTHING = ANY | frozenset(map(word_key, ("None", "Keine", "无", "なし", "")))
SWITCHES = BOOLEANS
ALL = frozenset(map(word_key, ("All", "Alle", "所有", "全部", "すべて")))
PROFILES = dict.fromkeys(ALL, ALL_PROFILES) | {word: int(profile) for word, profile in PROFILE_WORDS.items()}
CHOICES = {word: action for word, action in ACTIONS.items() if action is not Action.BYPASS}
SECURE = word_key("Secure")
"""An allow that demands IPsec; with an override it is a bypass."""
ADDRESSES = {
    **dict.fromkeys(map(word_key, ("Local subnet", "Lokales Subnetz", "本地子网", "ローカル サブネット")), "LocalSubnet"),
    word_key("DNS Servers"): "DNS",
    word_key("DHCP Servers"): "DHCP",
    word_key("WINS Servers"): "WINS",
    word_key("Default Gateway"): "DefaultGateway",
    word_key("PlayTo Renderers"): "Ply2Renders",
    word_key("Internet"): "IntErnet",
    word_key("Intranet"): "IntrAnet",
}
PORTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # word: (keywords as a local port, as a remote port)
    **dict.fromkeys(
        map(word_key, ("RPC Dynamic Ports", "Dynamische RPC-Ports", "RPC 动态端口", "RPC 動的ポート")),
        ((PortKeyword.RPC,), ()),
    ),
    **dict.fromkeys(
        map(word_key, ("RPC Endpoint Mapper", "RPC-Endpunktzuordnung", "RPC 终结点映射器", "RPC エンドポイント マッパー")),
        ((PortKeyword.RPC_EPMAP,), ()),
    ),
    word_key("IPHTTPS"): ((PortKeyword.IPHTTPS_IN, PortKeyword.IPTLS_IN), (PortKeyword.IPHTTPS_OUT, PortKeyword.IPTLS_OUT)),
    word_key("Edge Traversal"): ((PortKeyword.TEREDO,), ()),
    word_key("PlayTo Discovery"): ((PortKeyword.PLAY_TO,), ()),
    word_key("mDNS"): ((PortKeyword.MDNS,), ()),
}
PROTOCOLS = {
    "tcp": 6, "udp": 17, "icmpv4": 1, "icmpv6": 58, "igmp": 2, "ipv6": 41, "gre": 47, "ipv6-route": 43, "ipv6-frag": 44,
    "ipv6-nonxt": 59, "ipv6-opts": 60, "vrrp": 112, "pgm": 113, "l2tp": 115, "hopopt": 0,
}  # fmt: skip
DIRECTION_NAMES = {
    "in": ("inbound", "incoming", "eingehend", "入站", "受信"),
    "out": ("outbound", "outgoing", "ausgehend", "出站", "送信"),
}
"""In a file's name, or behind ``#``."""


def known_columns(text: str) -> int:
    """How many column heads of the first line, and words of the next ones, are known."""
    lines = text.split("\n", 8)[:8]
    separator = "\t" if "\t" in lines[0] else ","
    found = 3 * sum(label_key(cell.strip('"')) in COLUMNS for cell in lines[0].split(separator))
    return found + sum(word_key(cell.strip('"')) in _COUNTED for line in lines[1:] for cell in line.split(separator))


_COUNTED = (ANY | ALL | SWITCHES.keys() | CHOICES.keys()) - {""}
