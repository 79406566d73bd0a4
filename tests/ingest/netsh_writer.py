"""Writes rules and settings as ``netsh advfirewall`` prints them, in four languages and in any made-up one.

Only what the format can show is written; ``as_shown`` gives the rule that a reader can get back from it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from cmfw.model.rule import Action, AddressMatch, Extras, HostRule, PortMatch, Store, canonical_program
from cmfw.net.flow import ALL_INTERFACES, ALL_PROFILES, Direction, Interface, Profile

FIELDS = (
    "description", "enabled", "direction", "profiles", "grouping", "local_ip", "remote_ip", "protocol", "local_port",
    "remote_port", "edge", "program", "service", "interfaces", "computers", "users", "security", "source", "action",
)  # fmt: skip
VERBOSE = {"description", "program", "service", "interfaces", "computers", "users", "security", "source"}
DASHES = "-" * 70


@dataclass(frozen=True)
class Language:
    """``labels`` in the order of name and FIELDS; ``words`` for what netsh translates."""

    labels: tuple[str, ...]
    words: Mapping[str, str]
    column: int = 38
    end: str = "Ok."

    def label(self, field: str) -> str:
        return self.labels[(("name", *FIELDS)).index(field)]


def _words(text: str) -> dict[str, str]:
    keys = ("yes", "no", "in", "out", "any", "domain", "private", "public", "allow", "block", "bypass", "app", "user")
    keys += (
        "local",
        "gpo",
        "wireless",
        "not_required",
        "on",
        "off",
        "enable",
        "disable",
        "heading",
        "only",
        "state",
        "policy",
    )
    return dict(zip(keys, text.split("|"), strict=True))


ENGLISH = Language(
    (
        "Rule Name", "Description", "Enabled", "Direction", "Profiles", "Grouping", "LocalIP", "RemoteIP", "Protocol",
        "LocalPort", "RemotePort", "Edge traversal", "Program", "Service", "InterfaceTypes", "RemoteComputerGroup",
        "RemoteUserGroup", "Security", "Rule source", "Action",
    ),
    _words(
        "Yes|No|In|Out|Any|Domain|Private|Public|Allow|Block|Bypass|Defer to application|Defer to user|Local Setting|"
        "Group Policy Setting|Wireless|NotRequired|ON|OFF|Enable|Disable|{} Profile Settings|GPO-store only|State|Firewall Policy"
    ),
)  # fmt: skip
GERMAN = Language(
    (
        "Regelname", "Beschreibung", "Aktiviert", "Richtung", "Profile", "Gruppierung", "Lokales IP", "Remote-IP", "Protokoll",
        "Lokaler Port", "Remoteport", "Edgeausnahme", "Programm", "Dienst", "Schnittstellentypen", "RemoteComputerGroup",
        "RemoteUserGroup", "Sicherheit", "Regelquelle", "Aktion",
    ),
    _words(
        "Ja|Nein|Eingehend|Aus|Beliebig|Domäne|Privat|Öffentlich|Zulassen|Blockieren|Bypass|?app|Benutzer zurückstellen|"
        "Lokale Einstellung|Gruppenrichtlinieneinstellung|Drahtlos|Nicht erforderlich|EIN|AUS|Aktivieren|Deaktivieren|"
        "{}-Profileinstellungen|Nur GPO-Speicher|Status|Firewallrichtlinie"
    ),
    41,
    "OK.",
)  # fmt: skip
CHINESE = Language(
    (
        "规则名称", "描述", "已启用", "方向", "配置文件", "分组", "本地 IP", "远程 IP", "协议", "本地端口", "远程端口", "边缘遍历",
        "程序", "服务", "接口类型", "RemoteComputerGroup", "RemoteUserGroup", "安全", "规则源", "操作",
    ),
    _words(
        "是|否|入|出|任何|域|专用|公用|允许|阻止|Bypass|?app|?user|本地设置|组策略设置|Wireless|NotRequired|打开|关闭|启用|禁用|"
        "{}配置文件 设置|仅 GPO 存储|状态|防火墙策略"
    ),
    38,
    "确定。",
)  # fmt: skip
JAPANESE = Language(
    (
        "規則名", "説明", "有効", "方向", "プロファイル", "グループ", "ローカル IP", "リモート IP", "プロトコル", "ローカル ポート",
        "リモート ポート", "エッジ トラバーサル", "プログラム", "サービス", "インターフェイスの種類", "リモート コンピューター グループ",
        "リモート ユーザー グループ", "セキュリティ", "規則のソース", "操作",
    ),
    _words(
        "はい|いいえ|入力|出力|任意|ドメイン|プライベート|パブリック|許可|ブロック|バイパス|アプリケーションに従う|ユーザーに従う|"
        "ローカル設定|グループ ポリシー設定|ワイヤレス|NotRequired|オン|オフ|有効|無効|{} プロファイル 設定|GPO ストアのみ|State|Firewall Policy"
    ),
    38,
    "OK",
)  # fmt: skip
STRANGE = Language(
    tuple(f"{a}{b}" for a in ("Føl", "Ŋar", "Żud", "Øki") for b in ("a", "eg", "im noz", "u-ra", "ÿl")),
    _words(
        "Ež|Ur|Dör|Wäk|Vša|Møn|Pøl|Qål|Lub|Kev|Jyd|Rit app|Rit use|Sø la|Sø gp|Wü|Nø mus|Ð|Þ|Æn|Æf|{} ŋof|Nø gpo|Ŝat|Ŝpol"
    ),
)
"""A language that nobody speaks."""
LANGUAGES = {"en": ENGLISH, "de": GERMAN, "zh": CHINESE, "ja": JAPANESE}
CODE_PAGES = {"en": "cp437", "de": "cp850", "zh": "cp936", "ja": "cp932"}
SECURITY = {
    (): "", ("Authenticate",): "Authenticate", ("AuthenticateEncrypt",): "AuthEnc",
    ("AuthenticateEncrypt", "AnE-Nego"): "AuthDynEnc", ("Authenticate", "An-NoEncap"): "AuthNoEncap",
}  # fmt: skip
PORT_SHOWN = {"IPHTTPSIn": "IPHTTPS", "IPTLSIn": "IPHTTPS", "IPHTTPSOut": "IPHTTPS", "IPTLSOut": "IPHTTPS"}
PROFILE_KEYS = ((Profile.DOMAIN, "domain"), (Profile.PRIVATE, "private"), (Profile.PUBLIC, "public"))


def written(rules: Iterable[HostRule], language: Language = ENGLISH, *, verbose: bool = True) -> str:
    """The whole listing, with the returns of Windows."""
    lines = [line for rule in rules for line in ["", *_rule(rule, language, verbose=verbose)]]
    return "\r\n".join([*lines, language.end, "", ""])


def _rule(rule: HostRule, language: Language, *, verbose: bool) -> list[str]:
    values = dict(_values(rule, language))
    lines = [_line(language, "name", rule.name), DASHES]
    for field in FIELDS:
        if field in values and (verbose or field not in VERBOSE):
            lines.append(_line(language, field, values[field]))
        if field == "protocol" and rule.protocol in (1, 58):
            pairs = rule.icmp if rule.icmp is not None else ((None, None),)
            cells = [(_cell(kind, language), _cell(code, language)) for kind, code in pairs]
            lines += [" " * 38 + f"{a:<8}{b:<6}" for a, b in [("Type", "Code"), *cells]]
    return lines


def _cell(number: int | None, language: Language) -> str:
    return language.words["any"] if number is None else str(number)


def _line(language: Language, field: str, value: str) -> str:
    """The label in its column; wide characters take two, as in a console."""
    label = language.label(field) + ":"
    width = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in label)
    return label + " " * max(language.column - width, 1) + value


def _values(rule: HostRule, language: Language) -> Iterable[tuple[str, str]]:
    words = language.words
    if rule.description:
        yield "description", rule.description
    yield "enabled", words["yes" if rule.active else "no"]
    yield "direction", words["in" if rule.direction is Direction.IN else "out"]
    yield "profiles", ",".join(words[key] for profile, key in PROFILE_KEYS if rule.profiles & profile)
    yield "grouping", rule.group
    yield "local_ip", addresses(rule.local_address, language)
    yield "remote_ip", addresses(rule.remote_address, language)
    yield "protocol", _protocol(rule.protocol, language)
    if rule.protocol in (6, 17):
        yield "local_port", ports(rule.local_port, language)
        yield "remote_port", ports(rule.remote_port, language)
    defer = {"App": "app", "User": "user"}.get(rule.extras.defer)
    yield "edge", words[defer or ("yes" if rule.edge else "no")]
    if rule.program is not None:
        yield "program", expanded(rule.program)
    if rule.service is not None:
        yield "service", words["any"] if rule.service == "*" else rule.service
    yield "interfaces", _interfaces(rule.interfaces, language)
    if rule.extras.remote_machines:
        yield "computers", rule.extras.remote_machines
    if rule.extras.remote_users:
        yield "users", rule.extras.remote_users
    yield "security", SECURITY[rule.extras.security] or words["not_required"]
    yield "source", words["gpo" if rule.store is Store.GPO else "local"]
    yield "action", words[rule.action.value]


def addresses(match: AddressMatch, language: Language) -> str:
    """netsh shows both families in one list, ranges as they are stored, and any address for the keywords that it lacks."""
    if match.is_any:
        return language.words["any"]
    shown = [word for word in SHOWN_ADDRESS_WORDS if {f"{word}4", f"{word}6"} & set(match.keywords)]
    shown += [text if "/" in text or "-" in text else _single(text) for text in match.addresses.texts()]
    return ",".join(shown) or language.words["any"]


def _single(address: str) -> str:
    return f"{address}-{address}" if ":" in address else f"{address}/32"


SHOWN_ADDRESS_WORDS = ("LocalSubnet", "DNS", "DHCP", "WINS", "DefaultGateway")


def ports(match: PortMatch, language: Language) -> str:
    if match.is_any:
        return language.words["any"]
    return ",".join([*dict.fromkeys(PORT_SHOWN.get(word, word) for word in match.keywords), *match.ports.texts()])


def _protocol(number: int | None, language: Language) -> str:
    names = {6: "TCP", 17: "UDP", 1: "ICMPv4", 58: "ICMPv6"}
    return language.words["any"] if number is None else names.get(number, str(number))


def _interfaces(mask: int, language: Language) -> str:
    if mask == ALL_INTERFACES:
        return language.words["any"]
    shown = ((Interface.RAS, "RAS"), (Interface.LAN, "LAN"), (Interface.WIRELESS, language.words["wireless"]))
    return ",".join(word for kind, word in shown if mask & kind)


def expanded(program: str) -> str:
    """netsh expands variables."""
    lowered = program.lower()
    for variable, root in (("%systemroot%", "C:\\Windows"), ("%programfiles%", "C:\\Program Files")):
        if lowered.startswith(variable):
            return root + program[len(variable) :]
    return program


def as_shown(rule: HostRule) -> HostRule:
    """The rule without what netsh cannot show (and without the doubt that a reader adds for that)."""
    extras = rule.extras
    kept = Extras(
        security=extras.security,
        remote_machines=extras.remote_machines,
        remote_users=extras.remote_users,
        defer=extras.defer,
        invalid=extras.invalid,
    )
    return replace(
        rule,
        id="",
        origin="",
        version=(2, 10),
        edge=rule.edge or extras.defer == "App",
        program=None if rule.program is None else canonical_program(rule.program),
        extras=kept if kept != Extras.NONE else Extras.NONE,
    )


def profile_settings(policies: Mapping[Profile, tuple[bool, str]], language: Language = ENGLISH, merge: str = "") -> str:
    """``show allprofiles``: profile to (is the firewall on, its policy such as ``BlockInbound,AllowOutbound``)."""
    words = language.words
    lines = []
    for profile, key in PROFILE_KEYS:
        if profile not in policies:
            continue
        is_on, policy = policies[profile]
        only = merge or f"N/A ({words['only']})"
        rows = (
            (words["state"], words["on" if is_on else "off"]),
            (words["policy"], policy),
            ("LocalFirewallRules", only),
            ("LocalConSecRules", only),
            ("InboundUserNotification", words["enable"]),
            ("RemoteManagement", words["disable"]),
            ("UnicastResponseToMulticast", words["enable"]),
        )
        lines += ["", words["heading"].format(words[key]) + ": ", DASHES, *(f"{a:<38}{b}" for a, b in rows)]
        lines += ["", "Logging:", f"{'LogAllowedConnections':<38}{words['disable']}", f"{'MaxFileSize':<38}4096", ""]
    return "\r\n".join([*lines, language.end, "", ""])


ALL = ALL_PROFILES
ALLOW, BLOCK, BYPASS = Action.ALLOW, Action.BLOCK, Action.BYPASS
