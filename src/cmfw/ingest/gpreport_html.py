"""The HTML report of the Group Policy console, and of ``gpresult /h``: tables under titles, in the language of the console.

Titles and labels are known in English and Chinese; else the order of tables and rows counts, the same in every language. A
value in another language is not guessed: what it would say may be anything.

Source: corpus ``gpo/dc_firewall/GPOReport.html``; a report in words, Louda-Jan/check_wmi_os_security README.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from cmfw.errors import InputError, Problem
from cmfw.ingest.gpreport import Report, doubtful, old_exceptions_gap, unread_setting
from cmfw.ingest.rule_parts import ANYTHING, Written, items_of, read_addresses, with_conditions
from cmfw.model.rule import Action, Extras, HostRule, Store
from cmfw.model.state import Gap, ProfileSettings
from cmfw.net.flow import ALL_PROFILES, ICMP_PROTOCOLS, PORT_PROTOCOLS, Direction, Profile
from cmfw.words.phrases import phrase

MOST_CELLS = 2_000_000
_PROFILE_TITLES = {
    "domain profile settings": Profile.DOMAIN,
    "private profile settings": Profile.PRIVATE,
    "public profile settings": Profile.PUBLIC,
    "域配置文件设置": Profile.DOMAIN,
    "专用配置文件设置": Profile.PRIVATE,
    "公用配置文件设置": Profile.PUBLIC,
}
_RULE_TITLES = {
    "inbound rules": Direction.IN,
    "outbound rules": Direction.OUT,
    "入站规则": Direction.IN,
    "出站规则": Direction.OUT,
}
_SETTINGS = (
    # field, words for True, words for False; in the order of the rows
    ("enable_firewall", ("on", "启用", "打开"), ("off", "禁用", "关闭")),
    ("default_inbound_allow", ("allow", "允许"), ("block", "阻止")),
    ("default_outbound_allow", ("allow", "允许"), ("block", "阻止")),
    ("allow_local_policy_merge", ("yes", "是"), ("no", "否")),
    ("allow_local_ipsec_policy_merge", ("yes", "是"), ("no", "否")),
    ("disable_notifications", ("no", "否"), ("yes", "是")),
    ("disable_unicast_responses", ("no", "否"), ("yes", "是")),
)
_COSMETIC = ("disable_notifications", "disable_unicast_responses")
_SHIELDS = ("block all", "block all connections", "阻止所有连接", "全部阻止")
_NOTHING = ("not configured", "未配置", "")
FIELDS = (
    "Enabled", "Program", "Action", "Security", "Authorized computers", "Authorized users", "Protocol", "Local port",
    "Remote port", "ICMP settings", "Local scope", "Remote scope", "Profile", "Network interface type", "Service",
    "Allow edge traversal", "Group",
)  # fmt: skip
"""The rows of a rule's table, in their order."""
_FEW_FIELDS, _SETTING_ROWS, _LEAST_CELLS = 12, 11, 2
"""Details that make a table that of a rule, even where some were lost; rows of a profile's table, and cells of each."""
_CHINESE = {
    "已启用": "Enabled",
    "程序": "Program",
    "操作": "Action",
    "安全": "Security",
    "授权的计算机": "Authorized computers",
    "授权的用户": "Authorized users",
    "协议": "Protocol",
    "本地端口": "Local port",
    "远程端口": "Remote port",
    "本地作用域": "Local scope",
    "远程作用域": "Remote scope",
    "配置文件": "Profile",
    "服务": "Service",
    "组": "Group",
}
_WORDS = {
    "dynamic rpc": "RPC",
    "动态 rpc": "RPC",
    "rpc endpoint mapping": "RPC-EPMap",
    "rpc 终结点映射": "RPC-EPMap",
    "edge traversal": "Teredo",
    "local subnet": "LocalSubnet",
    "本地子网": "LocalSubnet",
    "default gateway": "DefaultGateway",
    "默认网关": "DefaultGateway",
    "dns servers": "DNS",
    "dhcp servers": "DHCP",
    "wins servers": "WINS",
    "local area network": "Lan",
    "lan": "Lan",
    "remote access": "RemoteAccess",
    "wireless": "Wireless",
    "任何": "Any",
    "所有": "Any",
    "全部": "Any",
}
_TRUE, _FALSE = ("true", "真", "是"), ("false", "假", "否")
_PROFILES = {
    "domain": Profile.DOMAIN,
    "private": Profile.PRIVATE,
    "public": Profile.PUBLIC,
    "域": Profile.DOMAIN,
    "专用": Profile.PRIVATE,
    "公用": Profile.PUBLIC,
}
_EVERY_SERVICE = ("all programs and services", "所有程序和服务", "any", "任何")
_ONLY_SERVICES = ("all services only", "仅限服务", "services only")


@dataclass(slots=True)
class Row:
    """One row of a table: its cells' texts, its line, and the rows of the table inside it."""

    cells: list[str]
    line: int
    inner: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Section:
    """What stands below one title."""

    title: str
    rows: list[Row] = field(default_factory=list)


class _Tables(HTMLParser):
    """Collects titles and rows; text outside of tables is left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sections = [Section("")]
        self.open: list[Row] = []
        self.in_cell: list[bool] = []
        self.title: str | None = None
        self.cells = 0
        self.tables = 0
        self.ended = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table" and dict(attrs).get("class") == "subtable":
            self.tables += 1
        elif tag == "span" and dict(attrs).get("class") == "sectionTitle":
            self.title = ""
        elif tag == "tr":
            row = Row([], self.getpos()[0])
            (self.open[-1].inner if self.open else self.sections[-1].rows).append(row)
            self.open.append(row)
            self.in_cell.append(False)
        elif tag == "td" and self.open:
            self.cells += 1
            self.open[-1].cells.append("")
            self.in_cell[-1] = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "html":
            self.ended = True
        elif tag == "span" and self.title is not None:
            self.sections.append(Section(self.title.strip()))
            self.title = None
        elif tag == "tr" and self.open:
            self.open.pop()
            self.in_cell.pop()
        elif tag == "td" and self.open:
            self.in_cell[-1] = False

    def handle_data(self, data: str) -> None:
        if self.title is not None:
            self.title += data
        elif self.open and self.in_cell[-1]:
            self.open[-1].cells[-1] += data


def read_html_report(text: str, path: str) -> Report:
    """The settings and rules of the report.

    Raises:
        InputError: it has no part about the firewall, or its tables nest too deep.
    """
    parser = _Tables()
    for start in range(0, len(text), 1 << 16):
        parser.feed(text[start : start + (1 << 16)])
        if parser.cells > MOST_CELLS or len(parser.open) > 20:
            raise InputError(Problem(path, "tables of a report", "tables without end", line=parser.getpos()[0]))
    parser.close()
    reader = _Reader(path)
    for section in parser.sections:
        reader.section(section)
    if not parser.ended or parser.open or parser.tables < text.count('class="subtable"'):
        # a quotation mark without its pair swallows tables, and the parser says nothing
        reader.lose("all tables of the report and its end", phrase("{count} tables", count=parser.tables), [])
    if not (reader.settings or reader.rules or reader.problems or reader.gaps):
        raise InputError(
            Problem(path, "a part about the firewall", "none", hint="a report without one has nothing to judge")
        )
    return Report(tuple(reader.settings), tuple(reader.rules), tuple(reader.gaps), tuple(reader.problems))


class _Reader:
    def __init__(self, path: str) -> None:
        self.path = path
        self.settings: list[tuple[Profile, ProfileSettings]] = []
        self.rules: list[HostRule] = []
        self.gaps: list[Gap] = []
        self.problems: list[Problem] = []
        self.profiles_seen = 0

    def section(self, section: Section) -> None:
        """Everything below one title."""
        title = " ".join(section.title.lower().replace("\u00a0", " ").split())
        rows = [row for row in section.rows if row.cells]
        profile = _PROFILE_TITLES.get(title) or (self._by_place(rows) if title not in _RULE_TITLES else None)
        if profile is not None:
            self.profiles_seen += 1
            self._profile(profile, rows)
        elif title in _RULE_TITLES or any(row.inner and len(_cells(row.inner)) >= _FEW_FIELDS for row in rows):
            self._rules(_RULE_TITLES.get(title), rows)
        elif ("firewall" in title or "防火墙" in title) and any(_may_open(row.inner) for row in rows):
            self.gaps.append(old_exceptions_gap(self.path, section.title))

    def _by_place(self, rows: list[Row]) -> Profile | None:
        """The profile of a table of settings by its place: eleven rows, domain first, private, public."""
        if len(rows) == 11 and all(len(row.cells) in (2, 3) and not row.inner for row in rows) and self.profiles_seen < 3:
            last = rows[-1].cells[1].strip()
            if last.isdigit() or last.lower() in _NOTHING:
                return (Profile.DOMAIN, Profile.PRIVATE, Profile.PUBLIC)[self.profiles_seen]
        return None

    def _profile(self, profile: Profile, rows: list[Row]) -> None:
        found: dict[str, Any] = {}
        if len(rows) != _SETTING_ROWS or any(row.inner or len(row.cells) < _LEAST_CELLS for row in rows):
            self.lose("settings of a profile", phrase("{count} rows", count=len(rows)), rows)
        for (name, yes, no), row in zip(_SETTINGS, rows, strict=False):
            text = row.cells[1].strip().lower() if len(row.cells) > 1 else ""
            if name == "default_inbound_allow" and text in _SHIELDS:
                found |= {"do_not_allow_exceptions": True, name: False}
            elif text in (*yes, *no):
                found[name] = text in yes
            elif text not in _NOTHING:
                self.problems.append(
                    Problem(self.path, phrase("a word for {name}", name=name), f"`{text[:40]}`", line=row.line)
                )
                self.gaps += [] if name in _COSMETIC else [unread_setting(self.path, row.cells[0].strip())]
        if found:
            self.settings.append((profile, ProfileSettings(**found)))

    def _rules(self, direction: Direction | None, rows: list[Row]) -> None:
        """The rules of one table: a row with name and description, then one with the table of the rule."""
        if direction is None:
            self.problems.append(
                Problem(self.path, "the title `Inbound Rules`", "rules below another title", line=rows[0].line)
            )
        name = ("", "")
        if [bool(row.inner) for row in rows] != [False, True] * (len(rows) // 2):
            self.lose("a row with the name before each rule", "rows in another order", rows)
        for row in rows:
            if not row.inner:
                name = (row.cells[0].strip(), row.cells[1].strip() if len(row.cells) > 1 else "")
                continue
            rule = self._rule(name, direction, row)
            if rule is not None:
                self.rules.append(rule)

    def lose(self, expected: str, found: str, rows: list[Row]) -> None:
        """Rows that do not fit: a rule or setting may be among what is missing."""
        self.problems.append(Problem(self.path, expected, found, line=rows[0].line if rows else None))
        self.gaps.append(Gap("store:gpo", f"expected {expected}, found {found}", True, True, self.path))

    def _rule(self, name: tuple[str, str], direction: Direction | None, row: Row) -> HostRule | None:
        values = _values(row.inner)
        if len(_cells(row.inner)) not in (len(FIELDS), len(FIELDS) + 1) or any(each.inner for each in row.inner):
            self.lose(phrase("{count} rows of a rule", count=len(FIELDS)), f"{len(_cells(row.inner))}", row.inner)
        action = _action(values["Action"])
        if action is None or direction is None:
            kind = "action" if action is None else "direction"
            found = f"`{values['Action'][:40]}`" if action is None else phrase("no title that says it")
            expected = phrase("the action of a rule") if action is None else phrase("the direction of a rule")
            self.problems.append(Problem(self.path, expected, found, key=name[0], line=row.line))
            self.gaps.append(Gap("store:gpo", f"the {kind} of `{name[0]}` is not known", True, True, self.path))
            return None
        unread: list[tuple[str, str]] = []
        protocol = _protocol(values["Protocol"], unread)
        profiles = _profile_mask(values["Profile"], unread)
        rule = HostRule(
            id=f"report:{len(self.rules) + 1}",
            action=action,
            direction=direction,
            store=Store.GPO,
            active=values["Enabled"].lower() not in _FALSE,
            profiles=profiles,
            protocol=protocol,
            program=_program(values["Program"]),
            service=_service(values["Service"]),
            name=name[0],
            description=name[1],
            group=values["Group"],
            edge=values["Allow edge traversal"].lower() in _TRUE,
            # the console prints `Require authentication` for every allow rule, so one that does may be among them
            extras=Extras(unknown=tuple(unread), security=("Authenticate",) if action is Action.ALLOW else ()),
            version=(2, 0),
            origin=f"{self.path}:{row.line}",
        )
        return doubtful(with_conditions(rule, _written(values, protocol)))


def _written(values: dict[str, str], protocol: int | None) -> Written:
    """The conditions in the table; ports and kinds of ICMP count only with their protocol, else they say `Any` in any language."""
    has_ports, has_icmp = protocol in PORT_PROTOCOLS, protocol in ICMP_PROTOCOLS
    return Written(
        local_ports=_items(values["Local port"]) if has_ports else (),
        remote_ports=_items(values["Remote port"]) if has_ports else (),
        icmp=_icmp_items(values["ICMP settings"]) if has_icmp else (),
        local_addresses=_items(values["Local scope"]),
        remote_addresses=_items(values["Remote scope"]),
        interfaces=_items(values["Network interface type"]),
    )


def _may_open(rows: list[Row]) -> bool:
    """Whether the details of an administrative template may be an exception: entries, a scope, or a row of check boxes.

    The template for the log has four details and none of these.
    """
    texts = [cell.strip().lower() for row in rows for cell in row.cells]
    scopes = [text for text in texts if text and not text.isdigit() and not read_addresses("", items_of(text)).unread]
    return bool(scopes) or len(rows) > 4 or any(":enabled" in text or ":disabled" in text for text in texts)


def _cells(rows: list[Row]) -> list[Row]:
    """The rows that have a value, without the notice on top."""
    return [row for row in rows if len(row.cells) > 1]


def _values(rows: list[Row]) -> dict[str, str]:
    """Field to its text: by label where all labels are known, else by the place of the row."""
    found = _cells(rows)
    labels = [_CHINESE.get(row.cells[0].strip(), row.cells[0].strip()) for row in found]
    if not set(FIELDS) <= set(labels):
        # the notice that something may be missing stands above the rows, where there is one
        labels = list(FIELDS) if len(found) == len(FIELDS) else ["", *FIELDS]
    values = {label: row.cells[1].strip() for label, row in zip(labels, found, strict=False)}
    return {name: values.get(name, "") for name in FIELDS}


def _items(text: str) -> list[str]:
    """The items of a list with the words of the console turned into those of the programming interfaces."""
    return [_WORDS.get(item.lower(), item) for item in items_of(text)]


def _icmp_items(text: str) -> list[str]:
    """``type 8:code any, type 3:code 4`` as ``8:*`` and ``3:4``; the words are of any language."""
    out = []
    for item in items_of(text):
        kind, colon, code = item.partition(":")
        numbers = ["".join(filter(str.isdigit, part)) for part in (kind, code)]
        out.append(f"{numbers[0]}:{numbers[1] or '*'}" if colon and numbers[0] else _WORDS.get(item.lower(), item))
    return out


def _protocol(text: str, unread: list[tuple[str, str]]) -> int | None:
    if text.isascii() and text.isdigit() and int(text) <= 256:
        return None if int(text) == 256 else int(text)
    if _WORDS.get(text.lower(), text).lower() not in ANYTHING:
        unread.append(("Protocol", text))
    return None


def _action(text: str) -> Action | None:
    low = text.lower()
    if low.startswith(("allow", "允许")):
        return Action.ALLOW
    return Action.BLOCK if low.startswith(("block", "阻止")) else None


def _profile_mask(text: str, unread: list[tuple[str, str]]) -> int:
    mask = 0
    for item in items_of(text):
        if _WORDS.get(item.lower(), item).lower() in ANYTHING:
            return ALL_PROFILES
        found = _PROFILES.get(item.lower())
        if found is None:
            unread.append(("Profile", item))
            return ALL_PROFILES
        mask |= found
    return mask or ALL_PROFILES


def _program(text: str) -> str | None:
    return None if _WORDS.get(text.lower(), text).lower() in ANYTHING else text


def _service(text: str) -> str | None:
    if text.lower() in _ONLY_SERVICES:
        return "*"
    return None if not text or text.lower() in _EVERY_SERVICE else text
