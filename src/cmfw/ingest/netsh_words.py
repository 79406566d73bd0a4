"""The words of ``netsh advfirewall`` in the languages that are known, and the order of the fields in a rule.

English, German, Simplified Chinese and Japanese; French, Spanish, Portuguese and Italian as far as real listings show them. Words of all languages
stand in one table of a kind, as no word means two things in it; so a listing needs no language.

Source: facts/windows_firewall.md 4.5; the order and the Japanese words from a listing of a whole Windows 10 in the examples of
yuksiy/inetfw_tools; German, French, Spanish, Portuguese, Italian and Chinese words from
listings in public files. What has not been seen is marked.
"""

from __future__ import annotations

from functools import lru_cache

from cmfw.model.rule import Action
from cmfw.net.flow import Direction, Interface, Profile

NAME, DESCRIPTION, ENABLED, DIRECTION, PROFILES, GROUPING = (
    "name",
    "description",
    "enabled",
    "direction",
    "profiles",
    "grouping",
)
LOCAL_IP, REMOTE_IP, PROTOCOL, LOCAL_PORT, REMOTE_PORT, EDGE = (
    "local_ip",
    "remote_ip",
    "protocol",
    "local_port",
    "remote_port",
    "edge",
)
PROGRAM, SERVICE, INTERFACES, COMPUTERS, USERS = "program", "service", "interfaces", "computers", "users"
SECURITY, SOURCE, ACTION = "security", "source", "action"
BEFORE_PROTOCOL = (ENABLED, DIRECTION, PROFILES, GROUPING, LOCAL_IP, REMOTE_IP)
"""The fields that always stand right before the protocol, in order."""
NEEDED = (*BEFORE_PROTOCOL, PROTOCOL, ACTION)
"""Every listing shows them of every rule; the grouping may be empty."""
VERBOSE_ONLY = frozenset({INTERFACES, SECURITY, SOURCE})
"""Each of them shows that the listing was made with ``verbose``, whose other fields may be missing in a rule."""
FREE_TEXT = frozenset({NAME, DESCRIPTION, GROUPING})

_LABELS: dict[str, tuple[str, ...]] = {
    NAME: (
        "Rule Name",
        "Regelname",
        "规则名称",
        "規則名",
        "Nom de la règle",
        "Nombre de regla",
        "Nome da Regra",
        "Nome regola",
    ),
    DESCRIPTION: ("Description", "Beschreibung", "描述", "说明", "説明", "Descripción"),
    ENABLED: ("Enabled", "Aktiviert", "已启用", "启用", "有効", "Activé", "Habilitada", "Habilitado", "Attivata"),
    DIRECTION: ("Direction", "Richtung", "方向", "Dirección", "Direção", "Direzione"),
    PROFILES: ("Profiles", "Profile", "配置文件", "プロファイル", "Profils", "Perfiles", "Perfis", "Profili"),
    GROUPING: ("Grouping", "Gruppierung", "分组", "グループ", "Groupement", "Agrupamiento", "Agrupamento", "Raggruppamento"),
    LOCAL_IP: ("LocalIP", "Lokales IP", "LokaleIP", "本地 IP", "ローカル IP"),
    REMOTE_IP: ("RemoteIP", "Remote-IP", "远程 IP", "リモート IP"),
    PROTOCOL: ("Protocol", "Protokoll", "协议", "プロトコル", "Protocole", "Protocolo", "Protocollo"),
    LOCAL_PORT: ("LocalPort", "Lokaler Port", "本地端口", "ローカル ポート"),
    REMOTE_PORT: ("RemotePort", "Remoteport", "远程端口", "リモート ポート"),
    EDGE: (
        "Edge traversal",
        "Edgeausnahme",
        "边缘遍历",
        "エッジ トラバーサル",
        "Traversée latérale",
        "Cruce seguro del perímetro",
        "Travessia da borda",
        "Attraversamento confini",
    ),
    PROGRAM: ("Program", "Programm", "程序", "プログラム", "Programme", "Programa"),
    SERVICE: ("Service", "Dienst", "服务", "サービス", "Servicio"),
    INTERFACES: ("InterfaceTypes", "Schnittstellentypen", "接口类型", "インターフェイスの種類", "Tipos de Interface"),
    COMPUTERS: ("RemoteComputerGroup", "リモート コンピューター グループ"),
    USERS: ("RemoteUserGroup", "リモート ユーザー グループ"),
    SECURITY: ("Security", "Sicherheit", "安全", "安全性", "セキュリティ", "Segurança"),
    SOURCE: ("Rule source", "Regelquelle", "规则源", "规则来源", "規則のソース", "Origem da Regra"),
    ACTION: ("Action", "Aktion", "操作", "Acción", "Ação", "Azione"),
}
"""Not seen in Chinese listings, by the facts: description, service, interface types, security and source."""


@lru_cache(maxsize=2048)
def label_key(text: str) -> str:
    """A label without the differences that mean nothing: case, blanks of any width, hyphens."""
    return "".join(text.split()).replace("-", "").casefold()


@lru_cache(maxsize=2048)
def word_key(text: str) -> str:
    """A value's word without differences of case and blanks."""
    return " ".join(text.split()).casefold()


LABELS = {label_key(label): field for field, labels in _LABELS.items() for label in labels}
"""Key of a label to the field."""

ANY = frozenset(map(word_key, ("Any", "Beliebig", "任何", "任意", "Cualquiera", "Tout", "Qualquer")))
YES = frozenset(map(word_key, ("Yes", "Ja", "是", "はい", "Sí", "Oui", "Sim", "Sì")))
NO = frozenset(map(word_key, ("No", "Nein", "否", "いいえ", "Non", "Não")))
BOOLEANS = dict.fromkeys(YES, True) | dict.fromkeys(NO, False)
DIRECTIONS = {
    **dict.fromkeys(map(word_key, ("In", "Eingehend", "入", "入站", "入力", "Dentro", "Actif", "Entrada")), Direction.IN),
    # `Saída` has not been seen
    **dict.fromkeys(map(word_key, ("Out", "Aus", "Ausgehend", "出", "出站", "出力", "Fuera", "Saída")), Direction.OUT),
}
PROFILE_WORDS = {
    **dict.fromkeys(map(word_key, ("Domain", "Domäne", "域", "ドメイン", "Domaine", "Dominio", "Domínio")), Profile.DOMAIN),
    **dict.fromkeys(
        map(word_key, ("Private", "Privat", "专用", "プライベート", "Privé", "Privada", "Particular")), Profile.PRIVATE
    ),
    **dict.fromkeys(map(word_key, ("Public", "Öffentlich", "公用", "パブリック", "Pública", "Público")), Profile.PUBLIC),
}
ACTIONS = {
    **dict.fromkeys(map(word_key, ("Allow", "Zulassen", "允许", "許可", "Autoriser", "Permitir")), Action.ALLOW),
    **dict.fromkeys(
        map(word_key, ("Block", "Blockieren", "阻止", "ブロック", "Bloquer", "Bloquear", "Blocca")), Action.BLOCK
    ),
    **dict.fromkeys(map(word_key, ("Bypass", "バイパス")), Action.BYPASS),
}
DEFERS = {
    **dict.fromkeys(map(word_key, ("Defer to application", "アプリケーションに従う")), "App"),
    **dict.fromkeys(map(word_key, ("Defer to user", "ユーザーに従う", "Benutzer zurückstellen")), "User"),
}
INTERFACE_WORDS = {
    "lan": Interface.LAN,
    "ras": Interface.RAS,
    **dict.fromkeys(map(word_key, ("Wireless", "ワイヤレス", "Drahtlos")), Interface.WIRELESS),
}
SECURITIES: dict[str, tuple[str, ...]] = {
    "notrequired": (),
    "nicht erforderlich": (),
    "authenticate": ("Authenticate",),
    "authenc": ("AuthenticateEncrypt",),
    "authdynenc": ("AuthenticateEncrypt", "AnE-Nego"),
    "authnoencap": ("Authenticate", "An-NoEncap"),
}
"""To the words of a rule string. Source: facts/windows_firewall.md 4.6 (COM's SecureFlags) and 2.2."""
LOCAL_SOURCES = frozenset(
    map(word_key, ("Local Setting", "Lokale Einstellung", "本地设置", "ローカル設定", "Configuração Local"))
)
POLICY_SOURCES = frozenset(
    map(word_key, ("Group Policy Setting", "Gruppenrichtlinieneinstellung", "组策略设置", "グループ ポリシー設定"))
)
"""In English from Microsoft's documentation; the others have not been seen, and another word leaves the source unknown."""

ON = frozenset(map(word_key, ("ON", "EIN", "打开", "启用", "オン", "Actif")))
OFF = frozenset(map(word_key, ("OFF", "AUS", "关闭", "禁用", "オフ", "Inactif")))
SWITCH = dict.fromkeys(ON, True) | dict.fromkeys(OFF, False)
ENABLE = frozenset(map(word_key, ("Enable", "Aktivieren", "启用", "有効", "Activer")))
DISABLE = frozenset(map(word_key, ("Disable", "Deaktivieren", "禁用", "無効", "Désactiver")))
PROFILE_HEADS = {
    **dict.fromkeys(("domain", "domäne", "domaine", "域", "ドメイン", "dominio"), Profile.DOMAIN),
    **dict.fromkeys(("private", "privat", "privé", "专用", "プライベート", "privado"), Profile.PRIVATE),
    **dict.fromkeys(("public", "öffentlich", "公用", "パブリック", "público"), Profile.PUBLIC),
}
"""Begin of a word in the heading of a profile's settings."""


def known_words(text: str) -> int:
    """How many labels and words of this table stand in a text where a listing has them."""
    found = 0
    for line in text.split("\n"):
        label, colon, rest = line.replace("：", ":").partition(":")
        if not colon:
            found += _known_setting(line)
            continue
        if label_key(label) in LABELS:
            found += 1
            found += sum(word_key(word) in _COUNTED for word in rest.split(","))
        elif not rest.strip():
            found += any(word in label.casefold() for word in PROFILE_HEADS if not word.isascii())
    return found


_COUNTED = frozenset(
    word
    for words in (ANY, BOOLEANS, DIRECTIONS, PROFILE_WORDS, ACTIONS, DEFERS, LOCAL_SOURCES, POLICY_SOURCES)
    for word in words
)
_SETTING_WORDS = ON | OFF | ENABLE | DISABLE


def _known_setting(line: str) -> int:
    """Whether a line without colon ends in a known word of the settings."""
    label, blanks, rest = line.partition("  ")
    return int(bool(blanks) and bool(label) and word_key(rest) in _SETTING_WORDS)
