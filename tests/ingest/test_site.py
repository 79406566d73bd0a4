"""Reading site files: the shortest, the fullest, and every kind of mistake."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from cmfw import catalog, words
from cmfw.catalog.types import Catalog
from cmfw.errors import InputError
from cmfw.ingest.site import SITE_KEYS, read_site, read_site_text
from cmfw.ingest.site_keys import USUAL_ROLES
from cmfw.ingest.site_values import MOST_PROBLEMS
from cmfw.model.mandate import Mandate
from cmfw.model.site import Identity, Install, Product, SitePorts, SupSettings, WebMode
from cmfw.net.addr import AddrSet
from cmfw.net.flow import Profile
from cmfw.net.ports import PortSet
from cmfw.words.phrases import told

SHORTEST = """\
code = "P01"
system = [{ host = "cm1" }]
clients = [{ subnets = ["10.1.0.0/16"] }]
"""

FULL = r"""
schema = "cmfw/site/1"
code = "CAS"

[ports]
http = [81, 8081]
notification = 10124

[[site]]
code = "p02"
parent = "CAS"
[site.ports]
https = [444]
wol = 7
rpc = "50000-50999"

[[site]]
code = "S03"
parent = "P02"
kind = "secondary"

[[system]]
host = "mp1.example.com"
site = "P02"
roles = ["management_point", "distribution_point", "software_update_point", "state_migration_point"]
addresses = ["10.0.0.11", "2001:db8::11"]
zone = "servers"
mp = { mode = "ehttp" }
dp = { mode = "HTTPS" }
smp = { mode = "https" }
sup = { http = 80, ssl = true }
pxe = true
multicast = true
multicast_ports = "63100-63200"
site_server_initiates = true
profile = "private"
default_outbound = "block"
os = "Server 2022"

[[clients]]
name = "branch"
site = "S03"
subnets = ["10.2.0.0/24", "10.2.9.1-10.2.9.8"]
zone = "branch"
profile = "public"
product = "other"
os = "Windows 11 23H2"
identity = "entra"
default_outbound = "block"
uses = ["mp1"]
[clients.settings]
notification = false
remote_control_profiles = 12
wakeup_profiles = ["private", "public"]
wakeup_port = 25537
wol_port = 8
peer_cache = true
peer_http = 8013
peer_broadcast = 8014
express_updates = true
express_port = 8015
[[clients.install]]
method = "push"
properties = '/mp:mp9 CCMHTTPPORT=8088 /source:\\srv\share FSP=fsp7 SMSSITECODE=P02'
[[clients.install]]
method = "manual"
local_media = true
https_port = 4433

[[clients]]
name = "hq"
subnets = []
client_dir = 'D:\CCM'

[[filter]]
from = "servers"
to = "branch"
file = "fw.cfg"

[[expect]]
flow = "in tcp 10.0.0.11 > 10.2.0.5:445"
verdict = "block"
"""


def problems(text: str, path: str = "site.toml") -> list[tuple[str, int | None, str]]:
    with pytest.raises(InputError) as caught:
        read_site_text(text, path)
    return [(p.key, p.line, p.found) for p in caught.value.problems]


def hints(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_site_text(text, "site.toml")
    return [p.hint for p in caught.value.problems]


MANDATES = """
code = "P01"
owner = "site team"
ticket = "CHG-1"
expiry = 2027-06-30
system = [{ host = "cm1", owner = "server team" }, { host = "cm2" }]
clients = [{ subnets = ["10.1.0.0/16"], ticket = "CHG-2", expiry = "2026-12-31" }]
"""


def test_who_answers_is_said_once_for_all_or_for_each():
    site = read_site_text(MANDATES, "site.toml")
    whole = Mandate(owner="site team", ticket="CHG-1", expiry="2027-06-30")
    assert site.mandate == whole
    assert [system.mandate for system in site.systems] == [replace(whole, owner="server team"), whole]
    assert site.clients[0].mandate == replace(whole, ticket="CHG-2", expiry="2026-12-31")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('owner = "a|b"', "`|`"),
        ("owner = 'a\"b'", '`"`'),
        ('ticket = "CHG-1; CHG-2"', "`;`"),
        ('owner = "a\\u0007"', "control characters"),
        ('expiry = "30.06.2027"', "`30.06.2027`"),
        ('expiry = "2027-02-29"', "`2027-02-29`"),
        ('expiry = "20270630"', "`20270630`"),
        ("expiry = 2027-06-30T01:02:03", "a datetime"),
        ("expiry = 20270630", "`20270630`"),
    ],
)
def test_what_would_end_a_field_or_is_no_day(line, found):
    key = line.partition(" ")[0]
    assert problems(SHORTEST.replace('code = "P01"', f'code = "P01"\n{line}')) == [(key, problems_line(line), found)]


def problems_line(line: str) -> int:
    text = SHORTEST.replace('code = "P01"', f'code = "P01"\n{line}')
    return 1 + text[: text.index(line)].count("\n")


def test_three_lines_are_a_site(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(SHORTEST, encoding="utf-8")
    site = read_site(str(path))
    assert site.code == "P01"
    assert [s.code for s in site.sites] == ["P01"]
    assert site.systems[0].roles == USUAL_ROLES
    assert site.systems[0].site == "P01"
    assert (site.clients[0].name, site.clients[0].site) == ("clients", "P01")
    assert site.clients[0].subnets == AddrSet.parse("10.1.0.0/16")
    assert site.ports("P01") == SitePorts()


def test_every_key_arrives():
    site = read_site_text(FULL, "site.toml")
    assert [(s.code, s.parent, s.kind) for s in site.sites] == [
        ("CAS", "", "central"),
        ("P02", "CAS", "primary"),
        ("S03", "P02", "secondary"),
    ]
    p02 = SitePorts(http=(81, 8081), https=(444,), notification=10124, wol=7, rpc=PortSet.of((50000, 50999)))
    assert site.ports("CAS") == SitePorts(http=(81, 8081), notification=10124)
    assert site.ports("P02") == p02
    assert site.ports("S03") == p02, "a secondary site has the ports of its primary"
    (system,) = site.systems
    assert (system.mp_mode, system.dp_mode, system.smp_mode) == (WebMode.EHTTP, WebMode.HTTPS, WebMode.HTTPS)
    assert system.sup == SupSettings(http=80, https=443, ssl=True)
    assert system.addresses == AddrSet.parse("10.0.0.11", "2001:db8::11")
    assert (system.pxe, system.multicast, system.site_server_initiates, system.default_outbound_block) == (True,) * 4
    assert system.multicast_ports == PortSet.of((63100, 63200))
    assert (system.profile, system.os, system.zone) == (Profile.PRIVATE, "Server 2022", "servers")
    branch, hq = site.clients
    assert (branch.site, branch.product, branch.identity) == ("S03", Product.OTHER, Identity.ENTRA)
    assert branch.profile is Profile.PUBLIC
    assert branch.default_outbound_block
    assert branch.uses == ("mp1.example.com",), "a short name becomes the system's"
    assert branch.subnet_list == ("10.2.0.0/24", "10.2.9.1-10.2.9.8")
    assert branch.install == (
        Install(method="push", source=r"\\srv\share", mp="mp9", http_port=8088, fsp="fsp7"),
        Install(method="manual", local_media=True, https_port=4433),
    )
    settings = branch.settings
    assert not settings.notification
    assert settings.remote_control_profiles == Profile.DOMAIN, "raw 12 is 8 (enabled) and 4 (domain)"
    assert settings.wakeup_profiles == Profile.PRIVATE | Profile.PUBLIC
    assert (settings.wakeup_port, settings.wol_port) == (25537, 8)
    assert (settings.peer_cache, settings.peer_http, settings.peer_broadcast) == (True, 8013, 8014)
    assert (settings.express_updates, settings.express_port) == (True, 8015)
    assert hq.client_dir == r"D:\CCM"
    assert hq.subnets.is_empty
    assert (site.filters[0].from_zone, site.filters[0].to_zone, site.filters[0].file) == ("servers", "branch", "fw.cfg")
    assert (site.expects[0].verdict, site.expects[0].key) == ("block", "expect[0]")


def test_json_of_the_same_shape_is_the_same_site():
    import tomllib

    text = json.dumps(tomllib.loads(FULL), indent=1)
    assert read_site_text(text, "site.toml") == read_site_text(FULL, "site.toml")


TEN = """\
code = "P0"
pakcs = []
[ports]
http = [80, 70000]
[[system]]
host = "cm1"
roles = ["managment_point"]
[[clients]]
subnets = ["10.1.0.0/36"]
uses = ["cm2"]
profile = "work"
[clients.settings]
remote_control = false
remote_control_profiles = 12
[[clients.install]]
method = "puhs"
properties = "CCMHTTPPORT=x"
"""


def test_ten_mistakes_give_ten_problems_and_nothing_else():
    assert problems(TEN) == [
        ("code", 1, "`P0`"),
        ("pakcs", 2, "`pakcs`"),
        ("ports.http[1]", 4, "`70000`"),
        ("system[0].roles[0]", 7, "`managment_point`"),
        ("clients[0].subnets[0]", 9, "`10.1.0.0/36`"),
        ("clients[0].uses[0]", 10, "`cm2`"),
        ("clients[0].profile", 11, "`work`"),
        ("clients[0].settings.remote_control_profiles", 14, "8 to 15 (enabled)"),
        ("clients[0].install[0].method", 16, "`puhs`"),
        ("clients[0].install[0].properties", 17, "`x`"),
    ]


def test_a_near_miss_is_named():
    assert {"did you mean `packs`?", "did you mean `management_point`?", "did you mean `push`?"} <= set(hints(TEN))


SYSTEM = '[[system]]\nhost = "cm1"\n'
CLIENTS = '[[clients]]\nsubnets = ["10.1.0.0/16"]\n'

MISTAKES = [
    (
        "group named like a host",
        'code = "P01"\n' + SYSTEM + CLIENTS + 'name = "CM1"\n',
        [("clients[0].name", 6, "`CM1` again")],
    ),
    ("site that nobody knows", 'code = "P01"\n' + SYSTEM + 'site = "X99"\n' + CLIENTS, [("system[0].site", 4, "`X99`")]),
    ("no code", SYSTEM + CLIENTS, [("code", None, "nothing")]),
    ("no systems", 'code = "P01"\n' + CLIENTS, [("system", None, "nothing")]),
    ("empty systems", 'code = "P01"\nsystem = []\n' + CLIENTS, [("system", 2, "an empty list")]),
    ("one table where several are meant", 'code = "P01"\n[system]\nhost = "a"\n' + CLIENTS, [("system", 2, "one table")]),
    ("host twice", 'code = "P01"\n' + SYSTEM + SYSTEM + CLIENTS, [("system[1].host", 5, "`cm1` again")]),
    ("host with a blank", 'code = "P01"\n[[system]]\nhost = "c m"\n' + CLIENTS, [("system[0].host", 3, "`c m`")]),
    ("text for a port", 'code = "P01"\nports.wol = "9"\n' + SYSTEM + CLIENTS, [("ports.wol", 2, "`9`")]),
    ("truth for a port", 'code = "P01"\nports.wol = true\n' + SYSTEM + CLIENTS, [("ports.wol", 2, "`true`")]),
    ("port zero", 'code = "P01"\nports.notification = 0\n' + SYSTEM + CLIENTS, [("ports.notification", 2, "`0`")]),
    ("one port for a list", 'code = "P01"\nports.http = 80\n' + SYSTEM + CLIENTS, [("ports.http", 2, "`80`")]),
    ("port twice", 'code = "P01"\nports.http = [80, 80]\n' + SYSTEM + CLIENTS, [("ports.http[1]", 2, "`80` again")]),
    ("range backwards", 'code = "P01"\nports.rpc = "9-8"\n' + SYSTEM + CLIENTS, [("ports.rpc", 2, "`9-8`")]),
    (
        "settings of a missing role",
        'code = "P01"\n[[system]]\nhost = "a"\nroles = ["console"]\nmp = {}\n' + CLIENTS,
        [
            ("system[0].mp", 5, "no such role"),
        ],
    ),
    (
        "raw profile bits without 8",
        'code = "P01"\n' + SYSTEM + CLIENTS + "settings.wakeup_profiles = 4\n",
        [
            ("clients[0].settings.wakeup_profiles", 6, "`4`"),
        ],
    ),
    (
        "method twice",
        'code = "P01"\n' + SYSTEM + CLIENTS + 'install = [{method = "push"}, {method = "push"}]\n',
        [
            ("clients[0].install[1].method", 6, "`push` again"),
        ],
    ),
    (
        "share and local media",
        'code = "P01"\n'
        + SYSTEM
        + CLIENTS
        + 'install = [{method = "manual", share = "\\\\\\\\a\\\\b", local_media = true}]\n',
        [
            ("clients[0].install[0].local_media", 6, "both"),
        ],
    ),
    (
        "properties against a key",
        'code = "P01"\n'
        + SYSTEM
        + CLIENTS
        + 'install = [{method = "push", http_port = 81, properties = "CCMHTTPPORT=82"}]\n',
        [
            ("clients[0].install[0].http_port", 6, "`81`"),
        ],
    ),
    ("names that coincide", 'code = "P01"\n' + SYSTEM + CLIENTS + CLIENTS, [("clients[1].name", 6, "`10.1.0.0/16` again")]),
    (
        "secondary without a parent",
        'code = "P01"\n[[site]]\ncode = "S02"\nkind = "secondary"\n' + SYSTEM + CLIENTS,
        [
            ("site[0].parent", 2, "nothing"),
        ],
    ),
    (
        "ports at a secondary",
        'code = "P01"\n[[site]]\ncode = "S02"\nparent = "P01"\nkind = "secondary"\nports = {}\n' + SYSTEM + CLIENTS,
        [
            ("site[0].ports", 6, "a table"),
        ],
    ),
    (
        "primary below a primary",
        'code = "P01"\n[[site]]\ncode = "P01"\n[[site]]\ncode = "P02"\nparent = "P01"\n' + SYSTEM + CLIENTS,
        [
            ("site[1].parent", 6, "`P01`"),
        ],
    ),
    (
        "parent unknown",
        'code = "P01"\n[[site]]\ncode = "P02"\nparent = "C09"\n' + SYSTEM + CLIENTS,
        [("site[0].parent", 4, "`C09`")],
    ),
    (
        "verdict unknown",
        'code = "P01"\n' + SYSTEM + CLIENTS + '[[expect]]\nflow = "x"\nverdict = "allowed"\n',
        [
            ("expect[0].verdict", 8, "`allowed`"),
        ],
    ),
    ("another schema", 'schema = "cmfw/site/2"\ncode = "P01"\n' + SYSTEM + CLIENTS, [("schema", 1, "`cmfw/site/2`")]),
    ("no subnets", 'code = "P01"\n' + SYSTEM + '[[clients]]\nname = "x"\n', [("clients[0].subnets", 4, "nothing")]),
    ("not TOML", 'code = "P01"\ncode = \n', [("", 2, "invalid value")]),
]


@pytest.mark.parametrize(("text", "wanted"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_a_mistake_is_the_only_problem(text, wanted):
    assert problems(text) == wanted


JSON_MISTAKES = [
    ("syntax", '{\n "code": "P01",\n}', [("", 3, "expecting property name enclosed in double quotes")]),
    ("key twice", '{"code": "P01", "code": "P02"}', [("code", None, "`code` again")]),
    (
        "value",
        '{\n "code": "P01",\n "system": [\n  {"host": "a"},\n  {"host": "b",\n   "pxe": 1}\n ],\n "clients": [{"subnets": ["x"]}]\n}',
        [("system[1].pxe", 6, "`1`"), ("clients[0].subnets[0]", 8, "`x`")],
    ),
    ("null", '{"code": null, "system": [{"host": "a"}], "clients": [{"subnets": []}]}', [("code", 1, "null")]),
    ("not a table", "[]", [("", None, "an empty list")]),
]


@pytest.mark.parametrize(("text", "wanted"), [m[1:] for m in JSON_MISTAKES], ids=[m[0] for m in JSON_MISTAKES])
def test_json_problems_name_their_line(text, wanted):
    assert problems(text, "site.json") == wanted


def test_a_missing_file_is_a_problem(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_site(str(tmp_path / "none.toml"))


def test_bytes_that_are_no_utf8_name_their_offset(tmp_path):
    path = tmp_path / "site.toml"
    path.write_bytes(b'code = "P\xff1"')
    with pytest.raises(InputError) as caught:
        read_site(str(path))
    assert caught.value.problems[0].offset == 9


PAIRS = [
    ("nothing said", "", (8530, 8531)),
    ("80 goes with 443", "http = 80", (80, 443)),
    ("n goes with n + 1", "http = 8888", (8888, 8889)),
    ("443 goes with 80", "https = 443", (80, 443)),
    ("n + 1 goes with n", "https = 9001", (9000, 9001)),
    ("a contradiction is kept for the lint", "http = 80, https = 8531", (80, 8531)),
]


@pytest.mark.parametrize(("said", "wanted"), [p[1:] for p in PAIRS], ids=[p[0] for p in PAIRS])
def test_the_wsus_pair(said, wanted):
    site = read_site_text(
        f'code = "P01"\nsystem = [{{ host = "a", sup = {{ {said} }} }}]\nclients = [{{ subnets = [] }}]', "s"
    )
    assert (site.systems[0].sup.http, site.systems[0].sup.https) == wanted


@pytest.mark.parametrize(
    ("raw", "is_on", "mask"),
    [
        (0, False, 0),
        (8, True, 0),
        (9, True, Profile.PUBLIC),
        (10, True, Profile.PRIVATE),
        (12, True, Profile.DOMAIN),
        (15, True, 7),
    ],
)
def test_raw_profile_flags(raw, is_on, mask):
    site = read_site_text(SHORTEST.replace('16"] }', f'16"], settings.remote_control_profiles = {raw} }}'), "s")
    assert (site.clients[0].settings.remote_control, site.clients[0].settings.remote_control_profiles) == (is_on, mask)


EMPTY = Catalog(
    sources={}, flows={}, features={}, requirements={}, exceptions={}, groups={}, errata={}, usual=(), notes={}, findings={}
)


def test_feature_names_are_checked_against_the_catalog(monkeypatch):
    monkeypatch.setattr(catalog, "load", lambda _packs=(): EMPTY, raising=False)
    text = SHORTEST.replace('16"] }', '16"], features = ["client_puhs"] }')
    assert problems(text) == [("clients[0].features[0]", 3, "`client_puhs`")]


def test_pack_names_are_checked_against_the_catalog(monkeypatch):
    monkeypatch.setattr(catalog, "load", lambda _packs=(): EMPTY, raising=False)
    assert problems('packs = ["sever"]\n' + SHORTEST) == [("packs[0]", 1, "`sever`")]


def test_every_key_has_both_languages_and_an_own_path():
    assert len({key.path for key in SITE_KEYS}) == len(SITE_KEYS)
    for key in SITE_KEYS:
        assert key.meaning.en, key.path
        assert key.meaning.zh_CN, key.path
        assert key.default.en, key.path
        is_words = key.is_required or " " in key.default.en
        assert (key.default.zh_CN != key.default.en) == is_words, key.path


HOSTILE = [
    pytest.param("site.toml", "x = " + "[" * 100_000, "nesting too deep", id="deep TOML"),
    pytest.param("site.json", '{"a":' * 100_000, "nesting too deep", id="deep JSON"),
    pytest.param("site.toml", "x = " + "9" * 5000, "a number with too many digits", id="endless number in TOML"),
    pytest.param("site.json", '{"x": ' + "9" * 5000 + "}", "a number with too many digits", id="endless number in JSON"),
]


@pytest.mark.parametrize(("path", "text", "wanted"), HOSTILE)
def test_what_no_parser_takes_is_a_problem(path, text, wanted):
    with pytest.raises(InputError) as caught:
        read_site_text(text, path)
    assert [p.found for p in caught.value.problems] == [wanted]


def test_problems_beyond_the_limit_are_counted():
    text = json.dumps({f"key{number}": number for number in range(MOST_PROBLEMS + 7)})
    with pytest.raises(InputError) as caught:
        read_site_text(text, "site.json")
    assert len(caught.value.problems) == MOST_PROBLEMS + 1
    # three required keys are missing besides
    assert caught.value.problems[-1].found == "10 more problems"


def test_a_port_alone_is_told_how_to_be_a_list():
    with pytest.raises(InputError) as caught:
        read_site_text(SHORTEST + '[ports]\nhttp = "80"\nhttps = 444\n', "site.toml")
    assert [p.hint for p in caught.value.problems] == ["write `[80]`", "write `[444]`"]


def test_repeated_json_keys_are_named_once():
    with pytest.raises(InputError) as caught:
        read_site_text('{"code": "P01", "code": "P02", "code": "P03"}', "site.json")
    assert [(p.key, p.found) for p in caught.value.problems] == [("code", "`code` again")]


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        pytest.param(
            SHORTEST.replace('code = "P01"\n', ""),
            "site.toml: code: expected site code of the top or only site, found nothing (add `code`)",
            "site.toml: code: 应为顶层（或唯一）站点的站点代码，实为没有任何内容（请添加 `code`）",
            id="a key that is missing",
        ),
        pytest.param(
            SHORTEST + '[[expect]]\nflow = " "\nverdict = "allow"\n',
            "site.toml:5: expect[0].flow: expected flow text, found an empty text",
            "site.toml:5: expect[0].flow: 应为流量文本，实为空文本",
            id="a required text that is empty",
        ),
        pytest.param(
            SHORTEST.replace('"cm1"', '"cm1", roles = ["xyzzy"]'),
            "site.toml:2: system[0].roles[0]: expected roles of the host, found `xyzzy`",
            "site.toml:2: system[0].roles[0]: 应为主机的角色，实为 `xyzzy`",
            id="a word of a long list",
        ),
        pytest.param(
            'code = "P01"\nsystem = []\nclients = [{ subnets = ["10.1.0.0/16"] }]\n',
            "site.toml:2: system: expected site systems, consoles and other hosts, found an empty list (add `[[system]]`)",
            "site.toml:2: system: 应为站点系统、控制台和其他主机，实为空列表（请添加 `[[system]]`）",
            id="a required list that is empty",
        ),
        pytest.param(
            'code = "P01"\nsystem = [{ host = "cm1" }]\nclients = [{ subnets = ["10.1.0.0/16"] }]\n[ports]\nxyzzy = 1\n',
            "site.toml:5: ports.xyzzy: expected a known key, found `xyzzy` "
            "(known here: http, https, notification, wol, rpc)",
            "site.toml:5: ports.xyzzy: 应为已知的键，实为 `xyzzy`（此处可用的键：http、https、notification、wol、rpc）",
            id="a key that is like no other",
        ),
    ],
)
def test_what_a_key_means_is_told_in_chinese_and_programs_have_the_english(text, english, chinese):
    with pytest.raises(InputError) as caught:
        read_site_text(text, "site.toml")
    words.choose("zh_CN")
    try:
        said = told(str(caught.value))
    finally:
        words.choose("en")
    assert (str(caught.value), said) == (english, chinese)
    assert told(str(caught.value)) == english
