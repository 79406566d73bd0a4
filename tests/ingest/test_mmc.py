"""Lists that the firewall console exports: which direction, which columns, what a row proves."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.ingest.console_lists import INBOUND, OUTBOUND, WINDOWS_7, row, table

from cmfw.engine.reference import judge
from cmfw.errors import InputError
from cmfw.ingest import mmc, read_state
from cmfw.ingest.input_file import open_input
from cmfw.model.rule import Action, PortMatch, Store
from cmfw.net.addr import AddrSet, parse_address
from cmfw.net.flow import ALL_PROFILES, TCP, Direction, Flow, Profile
from cmfw.net.ports import PortSet

HEADS = {
    "en": INBOUND,
    "de": (
        "Name", "Gruppe", "Profil", "Aktiviert", "Aktion", "Außer Kraft setzen", "Programm", "Lokale Adresse", "Remoteadresse",
        "Protokoll", "Lokaler Port", "Remoteport", "Autorisierte Benutzer", "Autorisierte Computer", "x", "y", "z", "Anwendungspaket",
    ),
    "zh": (
        "名称", "组", "配置文件", "已启用", "操作", "替代", "程序", "本地地址", "远程地址", "协议", "本地端口", "远程端口", "授权用户",
        "授权的计算机", "授权的本地主体", "本地用户所有者", "PolicyAppId", "应用程序包",
    ),
    "ja": (
        "名前", "グループ", "プロファイル", "有効", "操作", "?", "プログラム", "ローカル アドレス", "リモート アドレス", "プロトコル",
        "ローカル ポート", "リモート ポート", "承認されているユーザー", "承認されているコンピューター", "a", "b", "c", "d",
    ),
}  # fmt: skip
WORDS = {
    "en": ("All", "Yes", "Allow", "No", "Any"), "de": ("Alle", "Ja", "Zulassen", "Nein", "Beliebig"),
    "zh": ("所有", "是", "允许", "否", "任何"), "ja": ("すべて", "はい", "許可", "いいえ", "任意"),
}  # fmt: skip
PAGES = {"en": "cp1252", "de": "cp1252", "zh": "cp936", "ja": "cp932"}


def file(tmp_path: Path, content: str | bytes, name: str = "list.txt") -> str:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def only(tmp_path: Path, content: str | bytes, name: str = "list.txt"):
    found = [rule for rule in read_state([file(tmp_path, content, name)]).state.rules if "no file" not in rule.id]
    assert len(found) == 1
    return found[0]


def tokens(rule) -> set[str]:
    return {token for token, _ in rule.extras.unknown}


def verdict(paths, port: int = 2701, direction: Direction = Direction.IN) -> str:
    ends = {"local_port": port, "remote_port": 50123}
    flow = Flow(
        direction=direction, protocol=TCP, local=parse_address("10.9.8.7"), remote=parse_address("10.77.0.5"),
        program="c:\\a\\b.exe", service="", profile=Profile.DOMAIN, **ends,
    )  # fmt: skip
    return judge(flow, read_state(paths).state).answer.value


def test_a_rule_for_a_program_and_a_port_is_certain(tmp_path):
    rule = only(tmp_path, table(row()))
    assert (rule.name, rule.action, rule.direction, rule.active) == ("Remote control", Action.ALLOW, Direction.IN, True)
    assert (rule.profiles, rule.protocol, rule.program) == (ALL_PROFILES, TCP, "C:\\a\\b.exe")
    assert rule.local_port == PortMatch(PortSet.of(2701))
    assert (rule.store, rule.extras.unknown) == (Store.LOCAL, ())


@pytest.mark.parametrize("language", HEADS)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "ansi"])
def test_languages_and_encodings(tmp_path, language, encoding):
    every, yes, allow, no, any_word = WORDS[language]
    cells = ["Regel", "", every, yes, allow, no, "C:\\a\\b.exe", any_word, any_word, "TCP", "2701", any_word]
    content = table("\t".join(cells + [any_word] * 6) + "\t", heads=HEADS[language])
    rule = only(tmp_path, content.encode(PAGES[language] if encoding == "ansi" else encoding))
    assert (rule.direction, rule.extras.unknown, rule.local_port) == (Direction.IN, (), PortMatch(PortSet.of(2701)))


def test_an_unknown_language_is_read_by_the_places_of_its_columns(tmp_path):
    cells = ["Regel", "", "?", "?", "?", "?", "C:\\a\\b.exe", "Vsi", "10.1.2.3", "TCP", "2701", "Vsi", "Vsi", "Vsi"]
    found = read_state([file(tmp_path, table("\t".join(cells), heads=tuple(f"c{n}" for n in range(14))))])
    rules = [rule for rule in found.state.rules if "no file" not in rule.id]
    assert {rule.action for rule in rules} == {Action.ALLOW, Action.BLOCK}
    assert {rule.direction for rule in rules} == {Direction.IN}
    assert rules[0].remote_address.addresses == AddrSet.parse("10.1.2.3")
    assert {"action", "enabled", "profile"} <= tokens(rules[0])


@pytest.mark.parametrize(
    ("heads", "direction"),
    [(INBOUND, Direction.IN), (OUTBOUND, Direction.OUT), (WINDOWS_7, Direction.IN), (WINDOWS_7[:12] + WINDOWS_7[13:], Direction.OUT)],
    ids=["inbound", "outbound", "inbound of Windows 7", "outbound of Windows 7"],
)  # fmt: skip
def test_the_columns_say_the_direction(tmp_path, heads, direction):
    assert only(tmp_path, table(row(heads), heads=heads)).direction is direction


SHORT = ("Name", "Enabled", "Action", "Local Port", "Remote Address", "Remote Port", "Protocol")


@pytest.mark.parametrize(
    ("name", "part", "direction"),
    [
        ("inbound.txt", "", Direction.IN),
        ("pc1-Outbound Rules.txt", "", Direction.OUT),
        ("pc1-入站.txt", "", Direction.IN),
        ("rules.txt", "#outbound", Direction.OUT),
        ("inbound.txt", "#outbound", Direction.OUT),
    ],
)
def test_the_name_or_the_mark_says_the_direction(tmp_path, name, part, direction):
    path = file(tmp_path, table(row(SHORT), heads=SHORT), name) + part
    assert {rule.direction for rule in read_state([path]).state.rules if "no file" not in rule.id} == {direction}


@pytest.mark.parametrize(
    ("heads", "part", "word"),
    [(SHORT, "", "#inbound"), (SHORT, "#sideways", "#sideways"), (INBOUND, "#outbound", "inbound"), (OUTBOUND, "#inbound", "outbound")],
)  # fmt: skip
def test_a_direction_that_nothing_says_is_refused(tmp_path, heads, part, word):
    with pytest.raises(InputError, match=word):
        read_state([file(tmp_path, table(row(heads), heads=heads)) + part])


def test_a_few_columns_prove_nothing(tmp_path):
    """The seven columns that FirewallChecker reads: program, profiles and local addresses are not among them."""
    rule = only(tmp_path, table(row(SHORT), heads=SHORT), "inbound.txt")
    assert {"program", "profile", "local_address"} <= tokens(rule)


def test_the_first_columns_alone_are_a_list_too(tmp_path):
    heads = INBOUND[:9]
    assert "protocol" in tokens(only(tmp_path, table(row(heads), heads=heads), "inbound.txt"))


def test_one_list_leaves_the_other_direction_open(tmp_path):
    inbound = file(tmp_path, table(row()), "a.txt")
    assert [verdict([inbound]), verdict([inbound], 2702)] == ["allow", "block"]
    assert verdict([inbound], direction=Direction.OUT) == "unknown"
    outbound = file(tmp_path, table(row(OUTBOUND, Local_Port="9"), heads=OUTBOUND), "b.txt")
    assert verdict([inbound, outbound], direction=Direction.OUT) == "allow"
    assert verdict([outbound]) == "unknown"
    with pytest.raises(InputError, match="one local policy"):
        read_state([inbound, outbound, file(tmp_path, table(row()), "c.txt")])


@pytest.mark.parametrize(
    ("changes", "token"),
    [
        ({"Program": "%SystemRoot%\\system32\\svchost.exe"}, "service"),
        ({"Program": "Any", "Local_Port": "RPC Endpoint Mapper"}, "service"),
        ({"Protocol": "ICMPv4", "Local_Port": "Any"}, "icmp types"),
        ({"Program": "System", "Local_Port": "Any"}, "device"),
        ({"Remote_Address": "Mars"}, "remote_address"),
        ({"Local_Port": "http"}, "local_port"),
        ({"Profile": "Home"}, "profile"),
        ({"Override": "Perhaps"}, "override"),
        ({"PolicyAppId": "x"}, "policy_app_id"),
    ],
)
def test_what_is_not_listed_or_not_understood_proves_nothing(tmp_path, changes, token):
    assert token in tokens(only(tmp_path, table(row(**changes))))


@pytest.mark.parametrize(
    ("changes", "field", "wanted"),
    [
        ({"Application_Package": "Contoso.App_1"}, "packages", ("Contoso.App_1",)),
        ({"Local_User_Owner": "PC\\ann"}, "local_owner", "PC\\ann"),
        ({"Authorized_Local_Principals": "PC\\ann"}, "local_users", "PC\\ann"),
        ({"Action": "Secure", "Authorized_Computers": "D\\g"}, "security", ("Authenticate",)),
    ],
)
def test_conditions_that_the_list_shows(tmp_path, changes, field, wanted):
    assert getattr(only(tmp_path, table(row(**changes))).extras, field) == wanted


def test_a_secure_override_is_a_bypass(tmp_path):
    changes = {"Action": "Secure", "Override": "Yes", "Authorized_Computers": "D\\g"}
    assert only(tmp_path, table(row(**changes))).action is Action.BYPASS
    assert only(tmp_path, table(row(OUTBOUND, **changes), heads=OUTBOUND)).extras.bypass_out


def test_every_program_of_no_package_is_certain(tmp_path):
    """The columns of packages and owners say that this is no rule of a store app."""
    rule = only(tmp_path, table(row(Program="Any", Protocol="Any", Local_Port="Any", Remote_Address="Any")))
    assert tokens(rule) == {"service"}


@pytest.mark.parametrize(
    ("changes", "field", "wanted"),
    [
        ({"Local_Port": "80, 443, 5000-5020"}, "local_port", PortMatch(PortSet.of(80, 443, (5000, 5020)))),
        ({"Local_Port": "RPC Dynamic Ports"}, "local_port", PortMatch(PortSet.EMPTY, ("RPC",))),
        ({"Profile": "Domain, Private"}, "profiles", 3),
        ({"Enabled": "No"}, "active", False),
        ({"Protocol": "GRE"}, "protocol", 47),
    ],
)
def test_values(tmp_path, changes, field, wanted):
    assert getattr(only(tmp_path, table(row(**changes))), field) == wanted


def test_commas_between_columns(tmp_path):
    content = table(row(Local_Port="80, 443", Name="a, b")).replace("\t", ",")
    rule = only(tmp_path, content)
    assert (rule.name, rule.local_port) == ("a, b", PortMatch(PortSet.of(80, 443)))
    quoted = "\r\n".join(",".join(f'"{cell}"' for cell in line.split("\t")[:-1]) for line in table(row()).split("\r\n")[:2])
    assert only(tmp_path, quoted).extras.unknown == ()


def test_a_row_of_too_few_columns_is_named_and_leaves_all_open(tmp_path):
    result = read_state([file(tmp_path, table(row(), "broken\trow"))])
    assert [problem.line for problem in result.problems] == [3]
    assert ("store:local", True, True) in {(gap.code, gap.may_allow, gap.may_block) for gap in result.state.gaps}


@pytest.mark.parametrize(
    "content",
    [
        "Name,Enabled,Direction,Action\r\na,True,Inbound,Allow\r\n",
        "Name\tEnabled\r\n",
        "a\tb\tc\r\n1\t2\t3\r\n",
        "\t\t\t\r\n",
    ],
)
def test_other_tables_are_not_taken(tmp_path, content):
    assert not mmc.sniff(open_input(file(tmp_path, content)))
