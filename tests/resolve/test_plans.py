"""``resolve`` feature by feature, on a catalog of a few rows; the golden files hold the whole of a small site."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.resolve import snapshot
from tests.resolve.small_catalog import feature, flow, small_catalog

from cmfw import catalog
from cmfw.catalog.types import Edition
from cmfw.ingest.site import read_site_text
from cmfw.model.need import leaves, need_text
from cmfw.model.plan import FeatureRow, Plan, PlanItem
from cmfw.net.addr import AddrSet
from cmfw.resolve import resolve
from cmfw.resolve.ends import setup_host

CATALOG = small_catalog()
SERVERS = """
code = "P01"
[[system]]
host = "ss1"
addresses = ["10.0.0.11"]
roles = ["site_server"]
[[system]]
host = "mp1"
addresses = ["10.0.0.21"]
roles = ["management_point", "distribution_point", "console"]
"""
ROOM = """
[[clients]]
name = "room"
subnets = ["10.2.0.0/24"]
"""


def plan(more: str = "", servers: str = SERVERS, clients: str = ROOM, **selection: object) -> Plan:
    """The plan of the servers and one client group; ``more`` are further lines of that group."""
    return resolve(CATALOG, read_site_text(servers + clients + more, "site.toml"), **selection)


def rows(found: Plan, feature: str) -> dict[tuple[str, str], str]:
    return {(row.clients, row.peer): need_text(row.need) for row in found.rows if row.feature == feature}


def row(found: Plan, feature: str) -> FeatureRow:
    (only,) = [row for row in found.rows if row.feature == feature]
    return only


def item(found: Plan, name: str) -> PlanItem:
    (only,) = [item for item in found.items if item.id == name]
    return only


def omitted(found: Plan) -> set[tuple[str, str]]:
    return {(o.subject, o.code) for o in found.omissions}


@pytest.mark.parametrize(("edition", "scope"), snapshot.CASES, ids=[f"{e.value}-{s}" for e, s in snapshot.CASES])
def test_the_whole_plan_of_a_small_site(edition, scope):
    found = snapshot.snapshot(resolve(CATALOG, snapshot.site(), edition=edition, scope=scope))
    wanted = snapshot.path(edition, scope).read_text(encoding="utf-8")
    assert found == wanted, "a meant change: python -m tests.resolve.snapshot"


def test_a_group_without_features_has_all_of_the_page():
    features = {r.feature for r in plan().rows}
    assert features == {
        "queries", "client_push", "client_requests", "client_notification", "remote_control", "wakeup_proxy",
        "manual_install", "swdist_install",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ('features = ["remote_control"]', {"remote_control"}),
        ('install = [{ method = "push" }]', {"client_push"}),
        ('install = [{ method = "manual" }, { method = "software_distribution" }]', {"manual_install", "swdist_install"}),
    ],
    ids=["a feature", "push", "two methods"],
)
def test_a_group_that_names_any_has_only_those(more, wanted, monkeypatch):
    from cmfw import catalog

    monkeypatch.setattr(catalog, "load", lambda _packs=(): CATALOG)
    assert {r.feature for r in plan(more).rows} == wanted


def test_push_comes_from_every_site_server():
    passive = SERVERS + '[[system]]\nhost = "ss2"\naddresses = ["10.0.0.12"]\nroles = ["site_server"]\n'
    found = plan(servers=passive)
    assert set(rows(found, "client_push")) == {("room", "ss1"), ("room", "ss2")}
    rule = item(found, "push_smb:ss1>room").rules[0]
    assert (rule.on, rule.where, rule.rule.id) == ("to", "room", "cmfw-push-smb-in")
    assert rule.rule.remote_address.addresses.texts() == ["10.0.0.11", "10.0.0.12"]
    assert item(found, "push_smb:ss2>room").rules[0].rule is rule.rule, "one rule for all site servers"


def test_secondary_site_servers_push_too():
    servers = SERVERS + '[[site]]\ncode = "S02"\nparent = "P01"\nkind = "secondary"\n'
    servers += '[[system]]\nhost = "sec1"\nsite = "S02"\naddresses = ["10.0.0.13"]\nroles = ["secondary_site_server"]\n'
    found = plan('site = "S02"', servers=servers)
    assert set(rows(found, "client_push")) == {("room", "sec1"), ("room", "ss1")}


def test_requests_bind_the_management_point_and_spread_over_distribution_points():
    servers = SERVERS + '[[system]]\nhost = "dp2"\nroles = ["distribution_point"]\n'
    servers += '[[system]]\nhost = "mp2"\nroles = ["management_point"]\nmp.mode = "https"\n'
    assert rows(plan(servers=servers), "client_requests") == {
        ("room", "mp1"): "mp_http:room>mp1 and spread(dp_http:room>dp2, dp_http:room>mp1)",
        ("room", "mp2"): "mp_https:room>mp2 and spread(dp_http:room>dp2, dp_http:room>mp1)",
    }


def test_uses_narrows_a_role_that_it_names_and_no_other():
    servers = SERVERS + '[[system]]\nhost = "dp2"\nroles = ["distribution_point"]\n'
    assert rows(plan('uses = ["dp2"]', servers=servers), "client_requests") == {
        ("room", "mp1"): "mp_http:room>mp1 and dp_http:room>dp2"
    }


def test_notification_prefers_its_own_port():
    assert rows(plan(), "client_notification") == {("room", "mp1"): "prefer(notify_tcp:room>mp1, mp_http:room>mp1)"}


@pytest.mark.parametrize(
    ("mode", "identity", "wanted"),
    [
        ("http", "domain", "mp_http:room>mp1"),
        ("https", "domain", "mp_https:room>mp1"),
        ("ehttp", "domain", "mp_http:room>mp1"),
        ("ehttp", "entra", "mp_http:room>mp1 and mp_https:room>mp1"),
        ("ehttp", "workgroup", "mp_http:room>mp1 and mp_https:room>mp1"),
    ],
)
def test_who_a_client_is_decides_what_enhanced_http_means(mode, identity, wanted):
    found = plan(f'identity = "{identity}"', servers=SERVERS + f'mp.mode = "{mode}"\n')
    need = rows(found, "client_requests")["room", "mp1"].replace("(", "").replace(")", "")
    assert need == f"{wanted} and dp_http:room>mp1"


def test_port_lists_are_one_item_that_one_port_satisfies():
    found = plan(servers="ports.http = [81, 8081]\n" + SERVERS)
    requests = item(found, "mp_http:room>mp1")
    assert (requests.ports.texts(), requests.any_port) == (["81", "8081"], True)
    assert not item(found, "notify_tcp:room>mp1").any_port


def test_setup_ports_replace_the_sites_for_that_install_only():
    found = plan('features = []\ninstall = [{ method = "manual", http_port = 8088 }, { method = "push" }]')
    assert item(found, "mp_http@8088:room>mp1").features == ("manual_install",)
    assert item(found, "mp_http@8088:room>mp1").ports.texts() == ["8088"]
    assert item(found, "mp_http@8088:room>mp1").rules[0].rule.id.endswith("-http-8088-in")
    assert item(found, "mp_http:room>mp1").features == ("client_push",)


def test_every_software_update_point_has_its_own_pair():
    servers = SERVERS + "".join(
        f'[[system]]\nhost = "{host}"\nroles = ["software_update_point"]\nsup = {{ http = {http}, ssl = {ssl} }}\n'
        for host, http, ssl in (("sup1", 80, "true"), ("sup2", 8888, "false"))
    )
    found = plan(servers=servers)
    assert item(found, "sup_http:room>sup1").ports.texts() == ["80"]
    assert item(found, "sup_https:room>sup1").ports.texts() == ["443"]
    assert item(found, "sup_http:room>sup2").ports.texts() == ["8888"]
    assert "sup_https:room>sup2" not in {i.id for i in found.items}, "scans go over HTTP there"
    assert ("sup_https", "condition") not in omitted(found), "it holds for the other one"


def test_source_brings_the_share_in():
    found = plan("install = [{ method = \"push\", source = '\\\\fs7\\cm' }]")
    share = item(found, "source_smb:room>fs7")
    assert (share.target.role, share.target.addresses.is_empty) == ("file_share", True)
    assert "source_smb:room>fs7" in set(leaves(row(found, "client_push").need))


def test_a_local_source_is_no_flow():
    found = plan("install = [{ method = \"push\", source = 'D:\\cm' }]")
    assert not [i for i in found.items if i.flow == "source_smb"]


@pytest.mark.parametrize(
    ("install", "wanted"),
    [
        ("", {"share_smb:room>mp1"}),
        (", share = '\\\\ss1\\client'", {"share_smb:room>ss1"}),
        (", share = '\\\\10.9.9.9\\client'", {"share_smb:room>10.9.9.9"}),
        (", local_media = true", set()),
    ],
    ids=["by default the management points share it", "share on a site system", "share by address", "local media"],
)
def test_where_ccmsetup_runs_from(install, wanted):
    found = plan(f'install = [{{ method = "manual"{install} }}]')
    assert {i.id for i in found.items if i.flow == "share_smb"} == wanted


def test_both_families_are_split_and_either_will_do():
    servers = SERVERS.replace('["10.0.0.11"]', '["10.0.0.11", "2001:db8::11"]')
    found = plan(servers=servers, clients=ROOM.replace('0/24"]', '0/24", "2001:db8:2::/64"]'))
    assert item(found, "push_smb:ss1>room").target.addresses.texts() == ["10.2.0.0/24"]
    assert item(found, "push_smb:ss1>room/v6").source.addresses.texts() == ["2001:db8::11"]
    assert need_text(row(found, "client_push").need).startswith("(push_smb:ss1>room or push_smb:ss1>room/v6) and")
    assert {i.id for i in found.items if i.flow == "mp_http"} == {"mp_http:room>mp1"}, "the server has IPv4 only"
    assert {i.id for i in found.items if i.flow.startswith("proxy")} == {
        f"proxy_{name}:room>room" for name in ("udp", "wol", "echo")
    }, "wake-up proxy is IPv4 only"


def test_unknown_addresses_are_not_split():
    servers = SERVERS.replace('addresses = ["10.0.0.11"]\n', "")
    found = plan(servers=servers, clients=ROOM.replace('"10.2.0.0/24"', ""))
    smb = item(found, "push_smb:ss1>room")
    assert smb.source.addresses.is_empty
    assert smb.target.addresses.is_empty
    assert smb.rules[0].rule.remote_address.is_any


def test_no_common_family_is_said():
    found = plan(clients=ROOM.replace("10.2.0.0/24", "2001:db8:2::/64"))
    assert ("client_push.push_smb", "no_common_family") in omitted(found)
    assert "client_push" not in {r.feature for r in found.rows}


@pytest.mark.parametrize(
    ("setting", "feature"),
    [("notification", "client_notification"), ("remote_control", "remote_control"), ("wakeup_proxy", "wakeup_proxy")],
)
def test_a_setting_disables_its_feature(setting, feature):
    found = plan(f"settings = {{ {setting} = false }}")
    only = row(found, feature)
    assert (only.disabled, only.peer, list(leaves(only.need))) == (f"settings.{setting}", "", [])
    assert (feature, "feature_disabled") in omitted(found)
    assert not [i for i in found.items if feature in i.features]
    assert not [e for e in found.exceptions if e.feature == feature]


def test_a_role_that_nobody_has_is_said():
    assert ("fsp", "role_missing") in omitted(plan())


def test_a_part_that_nobody_can_serve_takes_its_feature_along():
    found = plan(servers=SERVERS.replace(', "distribution_point"', ""))
    assert "client_requests" not in {r.feature for r in found.rows}
    assert ("client_requests", "role_missing") in omitted(found)
    assert "client_requests" not in item(found, "mp_http:room>mp1").features
    assert "dp_http" not in str(rows(found, "client_push")), "an alternative just goes"


def test_the_order_of_uses_does_not_matter():
    servers = SERVERS + '[[system]]\nhost = "dp2"\nroles = ["distribution_point"]\n'
    assert plan('uses = ["dp2", "mp1"]', servers=servers) == plan('uses = ["mp1", "dp2"]', servers=servers)


def test_both_ends_on_one_host_are_said():
    single = 'code = "P01"\n[[system]]\nhost = "cm1"\n'
    found = plan(servers=single)
    assert ("queries", "no_network") in omitted(found)
    assert [e.where for e in found.exceptions if e.feature == "queries"] == ["cm1"], "the exception stays documented"


@pytest.mark.parametrize(
    ("edition", "printed", "errata", "name"),
    [(Edition.PAGE_2016, ("433",), ("E1",), "mp_https.E1:room>mp1"), (Edition.CURRENT, (), (), "mp_https:room>mp1")],
    ids=["2016 prints 433", "current does not"],
)
def test_433_is_printed_and_443_is_planned(edition, printed, errata, name):
    found = plan('install = [{ method = "push" }]', servers=SERVERS + 'mp.mode = "https"\n', edition=edition)
    https = item(found, name)
    assert (https.ports.texts(), https.printed, https.errata) == (["443"], printed, errata)
    assert all("433" not in (*r.rule.local_port.ports.texts(), *r.rule.remote_port.ports.texts()) for r in https.rules)


def test_what_is_only_documented_waits_for_the_scope():
    least, documented = plan(), plan(scope="documented")
    assert not [i for i in least.items if i.flow == "push_epm_udp"]
    assert ("client_push.push_epm_udp", "documented_only") in omitted(least)
    assert item(documented, "push_epm_udp:ss1>room").necessity == "documented_only"
    assert "push_epm_udp:ss1>room" in row(documented, "client_push").advisory
    assert "push_epm_udp:ss1>room" not in set(leaves(row(documented, "client_push").need))


def test_advisory_items_wait_to_be_asked_for():
    assert not [i for i in plan().items if i.flow == "push_icmp"]
    found = plan(advisory=True)
    assert item(found, "push_icmp:ss1>room").necessity == "advisory"
    assert "push_icmp:ss1>room" in row(found, "client_push").advisory
    literal = row(plan(edition=Edition.PAGE_2016), "client_push")
    assert "push_icmp:ss1>room" in set(leaves(literal.need)), "the page requires it"


def test_necessity_is_the_strongest_that_any_feature_has():
    assert item(plan(), "mp_http:room>mp1").necessity == "required"
    only = plan("", servers=SERVERS, clients=ROOM)
    assert set(item(only, "mp_http:room>mp1").features) >= {"client_requests", "client_notification", "client_push"}


def test_packs_add_server_features_and_client_features():
    site = read_site_text(SERVERS + '[[system]]\nhost = "db1"\nroles = ["sql_server"]\n' + ROOM, "site.toml")
    site = replace(site, packs=("servers", "beyond"))
    found = resolve(CATALOG, site)
    assert rows(found, "site_database") == {("ss1", "db1"): "sql:ss1>db1"}
    assert row(found, "peer_cache").disabled == "settings.peer_cache"
    assert not rows(resolve(CATALOG, replace(site, packs=())), "site_database")


HIERARCHY = """
code = "CAS"
[[site]]
code = "P01"
parent = "CAS"
[[site]]
code = "P02"
parent = "CAS"
"""


def test_servers_of_one_role_pair_up_along_the_hierarchy():
    servers = HIERARCHY + "".join(
        f'[[system]]\nhost = "{host}"\nsite = "{code}"\nroles = ["site_server"]\n'
        for host, code in (("cas1", "CAS"), ("ss1", "P01"), ("ss2", "P02"))
    )
    facts = replace(
        CATALOG,
        flows={**CATALOG.flows, "site_site": flow("site_site", "site_server>site_server", "tcp", "445")},
        features={**CATALOG.features, "sites": feature("sites", 40, "site_site", peer_role="site_server")},
    )
    found = resolve(facts, read_site_text(servers + ROOM, "s"))
    assert set(rows(found, "sites")) == {("ss1", "cas1"), ("cas1", "ss1"), ("ss2", "cas1"), ("cas1", "ss2")}
    assert rows(found, "sites")["ss2", "cas1"] == "site_site:ss2>cas1"


def test_a_console_serves_its_site_and_those_below():
    servers = HIERARCHY + "".join(
        f'[[system]]\nhost = "{host}"\nsite = "{code}"\nroles = ["console"]\n'
        for host, code in (("con0", "CAS"), ("con1", "P01"), ("con2", "P02"))
    )
    found = plan('site = "P02"', servers=servers)
    assert {peer for _, peer in rows(found, "remote_control")} == {"con0", "con2"}


def test_same_names_are_kept_apart():
    clients = "".join(f'[[clients]]\nname = "{name}"\nsubnets = ["10.{n}.0.0/24"]\n' for n, name in ((2, "a b"), (3, "a_b")))
    ids = [i.id for i in plan(clients=clients).items]
    assert len(ids) == len(set(ids))
    assert {"push_smb:ss1>a_b", "push_smb:ss1>a_b_2"} <= set(ids)


def test_an_unknown_scope_is_refused():
    with pytest.raises(ValueError, match="`wide` is not a scope"):
        plan(scope="wide")


REAL = catalog.load()
FSP = '[[system]]\nhost = "fsp1"\nroles = ["fallback_status_point"]\n'
PUSHED = ROOM + 'install = [{ method = "push", source = "\\\\\\\\fs1\\\\ccm" }]\n'


def test_an_install_method_reports_to_the_fallback_status_point_where_there_is_one():
    for servers, wanted in ((SERVERS, {"client_push"}), (SERVERS + FSP, {"client_push", "fsp"})):
        found = resolve(REAL, read_site_text(servers + PUSHED, "site.toml"))
        assert {row.feature for row in found.rows if row.clients == "room"} == wanted


MORE_MPS = """
[[system]]
host = "mp7.example.com"
addresses = ["10.0.0.27"]
roles = ["management_point"]
"""


@pytest.mark.parametrize(
    ("properties", "wanted"),
    [
        ("", {"mp1", "mp7.example.com"}),
        ("/mp:mp7", {"mp7.example.com"}),
        ("/mp:https://MP7.example.com/ccm SMSMP=mp1", {"mp7.example.com"}),
        ("SMSMP=mp7.example.com", {"mp7.example.com"}),
        ("/mp:mp1;mp7", {"mp1", "mp7.example.com"}),
        ("/mp:mp9.other.example", {"mp9.other.example"}),
        ("/mp:10.0.0.99", {"10.0.0.99"}),
    ],
    ids=["silent", "switch", "url before property", "property", "several", "not of the site", "an address"],
)
def test_setup_properties_name_the_management_points_of_that_install_only(properties, wanted):
    lines = f'install = [{{ method = "manual", properties = \'{properties}\' }}, {{ method = "software_distribution" }}]\n'
    found = resolve(REAL, read_site_text(SERVERS + MORE_MPS + ROOM + lines, "site.toml"))
    # the distribution point on mp1 serves the package whatever the setup says
    targets = {i.target.name for i in found.items if "manual_install" in i.features and i.target.role == "management_point"}
    assert targets == wanted
    assert {r.peer for r in found.rows if r.feature == "manual_install"} <= wanted | {""}
    literal = [i for i in found.items if i.target.name == "10.0.0.99"]
    assert all(i.target.addresses == AddrSet.parse("10.0.0.99") for i in literal)
    assert bool(literal) == ("10.0.0.99" in wanted)


def test_setup_properties_name_the_fallback_status_point():
    install = "install = [{ method = \"manual\", properties = 'FSP=fsp8.example.com' }]\n"
    for servers in (SERVERS, SERVERS + FSP):
        found = resolve(REAL, read_site_text(servers + ROOM + install, "site.toml"))
        assert {i.target.name for i in found.items if "fsp" in i.features} == {"fsp8.example.com"}
        assert {row.feature for row in found.rows if row.clients == "room"} == {"manual_install", "fsp"}


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("mp1", "mp1"),
        ("https://mp1.example.com:8443/ccm", "mp1.example.com"),
        ("mp1.example.com:8080", "mp1.example.com"),
        ("[fd00::7]:443", "fd00::7"),
        ("fd00::7", "fd00::7"),
        ('"mp1"', "mp1"),
        ("", ""),
    ],
)
def test_the_host_in_a_setup_property(text, host):
    assert setup_host(text) == host


def test_the_condition_that_fails_is_the_one_that_is_told():
    found = resolve(REAL, read_site_text(SERVERS + PUSHED, "site.toml"))
    details = {o.subject: dict(o.args)["detail"] for o in found.omissions if o.code == "condition"}
    assert details["client_push.setup_dp_http"] == "install.no_source"
    assert details["setup_dp_https"] == "dp.https"
    assert "setup_dp_http" not in details


def test_a_known_windows_without_known_member_rules_is_told():
    found = resolve(REAL, read_site_text(SERVERS + ROOM + 'os = "Server 2012 R2"\n', "site.toml"))
    assert ("client_push.wmi", "unknown_members") in omitted(found)
