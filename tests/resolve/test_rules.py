"""The rules that both ends get: who needs one, by which program, and scoped to whom."""

from __future__ import annotations

import pytest
from tests.resolve.small_catalog import EPMAP
from tests.resolve.test_plans import SERVERS, plan

from cmfw.catalog import load
from cmfw.catalog.types import Edition
from cmfw.ingest.site import read_site_text
from cmfw.model.plan import Plan
from cmfw.model.rule import HostRule
from cmfw.net.flow import ICMP4, Direction
from cmfw.resolve import resolve

SVCHOST = "%SystemRoot%\\system32\\svchost.exe"


def rules(found: Plan, where: str = "room") -> dict[str, HostRule]:
    """The rules of one place by id; two different ones of one id are a defect."""
    out: dict[str, HostRule] = {}
    for item in found.items:
        for planned in item.rules:
            if planned.where == where:
                assert out.setdefault(planned.rule.id, planned.rule) == planned.rule
    return out


def test_push_opens_smb_the_endpoint_mapper_and_winmgmt():
    found = rules(plan())
    smb, epm, wmi = (found[f"cmfw-push-{name}-in"] for name in ("smb", "epm", "rpc"))
    assert (smb.program, smb.service, smb.local_port.ports.texts()) == ("System", None, ["445"])
    assert (epm.program, epm.service, epm.local_port.keywords) == (SVCHOST, "RpcSs", (EPMAP,))
    assert (wmi.program, wmi.service, wmi.local_port.is_any) == (SVCHOST, "winmgmt", True)
    for rule in (smb, epm, wmi):
        assert rule.remote_address.addresses.texts() == ["10.0.0.11"]
        assert (rule.direction, rule.profiles, rule.group) == (Direction.IN, 1, "cmfw")
        assert "page-zh-cn-2016, line 11" in rule.description


FOLDERS = [
    ("by default", "", "%windir%\\CCM"),
    ("as the site says", "client_dir = 'D:\\CCM'", "D:\\CCM"),
]


@pytest.mark.parametrize(("more", "folder"), [f[1:] for f in FOLDERS], ids=[f[0] for f in FOLDERS])
def test_remote_control_names_the_program_in_the_client_folder(more, folder):
    rule = rules(plan(more))["cmfw-remote-control-in"]
    assert (rule.program, rule.service) == (f"{folder}\\RemCtrl\\CmRcService.exe", None)
    assert rule.remote_address.addresses.texts() == ["10.0.0.21"]


def test_clients_that_are_management_points_have_the_other_folder():
    clients = '[[clients]]\nname = "servers"\nsubnets = ["10.0.0.21"]\n'
    rule = rules(plan(clients=clients), "servers")["cmfw-remote-control-in"]
    assert rule.program == "%ProgramFiles%\\SMS_CCM\\RemCtrl\\CmRcService.exe"
    unknown = rules(plan(clients=clients.replace('"10.0.0.21"', "")), "servers")["cmfw-remote-control-in"]
    assert unknown.program == "%windir%\\CCM\\RemCtrl\\CmRcService.exe", "nothing says that these are servers"


def test_outbound_rules_exist_only_under_default_block():
    assert not [r for r in rules(plan()).values() if r.direction is Direction.OUT]
    blocked = rules(plan('default_outbound = "block"'))
    out = {name: rule for name, rule in blocked.items() if rule.direction is Direction.OUT}
    assert {"cmfw-mp-http-out-ccmexec", "cmfw-mp-http-out-svchost", "cmfw-notify-tcp-out", "cmfw-proxy-wol-out"} <= set(out)
    assert all(rule.service is None for rule in out.values()), "BITS and its like carry other tokens"
    assert out["cmfw-mp-http-out-ccmexec"].remote_address.addresses.texts() == ["10.0.0.21"]
    assert out["cmfw-mp-http-out-ccmexec"].remote_port.ports.texts() == ["80"]


TWO_FAMILIES = """
code = "P01"
[[system]]
host = "h0"
default_outbound = "block"
[[clients]]
name = "room"
subnets = ["10.100.7.0/24", "2001:db8:7::/64"]
default_outbound = "block"
"""


def test_an_echo_of_one_family_has_no_rules_of_the_other():
    site = read_site_text(TWO_FAMILIES, "site.toml")
    found = {item.id: item for item in resolve(load(), site, edition=Edition.PAGE_2016).items}
    rules = {
        name: {planned.rule.id for planned in found[name].rules} for name in ("push_icmp:h0>room", "push_icmp:h0>room/v6")
    }
    assert rules == {
        "push_icmp:h0>room": {"cmfw-push-icmp-in", "cmfw-push-icmp-out"},
        "push_icmp:h0>room/v6": {"cmfw-push-icmp-v6-in", "cmfw-push-icmp-v6-out"},
    }
    assert found["push_smb:h0>room"].rules == found["push_smb:h0>room/v6"].rules, "of TCP one rule is about both"


def test_servers_answer_only_the_clients():
    rule = rules(plan(), "mp1")["cmfw-mp-http-in"]
    assert (rule.remote_address.addresses.texts(), rule.local_port.ports.texts()) == (["10.2.0.0/24"], ["80"])


def test_wake_up_proxy_stays_on_the_subnet_without_a_program():
    found = rules(plan('default_outbound = "block"'))
    assert "cmfw-proxy-wol-in" not in found, "the network card answers"
    for name in ("cmfw-proxy-udp-in", "cmfw-proxy-udp-out", "cmfw-proxy-wol-out", "cmfw-proxy-echo-in"):
        rule = found[name]
        assert (rule.program, rule.remote_address.keywords) == (None, ("LocalSubnet4",))
        assert rule.remote_address.addresses.is_empty
    echo = found["cmfw-proxy-echo-in"]
    assert (echo.protocol, echo.icmp) == (ICMP4, ((8, None),))


def test_another_product_gets_no_windows_rules():
    found = plan('product = "other"')
    assert not rules(found)
    assert ("host_rules", "other_product") in {(o.subject, o.code) for o in found.omissions}
    assert rules(found, "mp1"), "the servers still do"


def test_nothing_opens_the_express_port():
    from dataclasses import replace

    from tests.resolve.small_catalog import feature, small_catalog
    from tests.resolve.test_plans import ROOM

    from cmfw.ingest.site import read_site_text
    from cmfw.resolve import resolve

    catalog = small_catalog()
    catalog = replace(catalog, features={**catalog.features, "express": feature("express", 30, "express_local")})
    found = resolve(catalog, read_site_text(SERVERS + ROOM, "site.toml"))
    (item,) = [i for i in found.items if i.flow == "express_local"]
    assert item.rules == ()


def test_documented_scope_has_the_pages_own_rules():
    found = rules(plan(scope="documented"))
    assert set(found) == {
        "cmfw-doc-requests-80-out",
        "cmfw-doc-control-2701-in",
        "cmfw-doc-proxy-icmp-in",
        "cmfw-doc-proxy-icmp-out",
    }
    assert found["cmfw-doc-control-2701-in"].program is None
    assert found["cmfw-doc-control-2701-in"].remote_address.is_any
