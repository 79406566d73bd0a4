"""Which packets a plan asks for: only from the vantage, only to addresses of the site file."""

from __future__ import annotations

import pytest

from cmfw.catalog import load
from cmfw.errors import InputError
from cmfw.ingest.site import read_site
from cmfw.net.addr import parse_address
from cmfw.probe import plan as probe_plan
from cmfw.probe.plan import Skipped, plan_probes
from cmfw.resolve import resolve

SITE = """
code = "P01"
ports = { http = [80, 8079], https = [443] }

[[system]]
host = "cm1"
addresses = ["10.1.0.5", "2001:db8::5"]
roles = ["site_server", "management_point"]

[[system]]
host = "wsus1"
addresses = ["10.1.0.6"]
roles = ["software_update_point"]
sup = { http = 8530, https = 8531, ssl = true }

[[system]]
host = "dp1"
addresses = ["10.1.0.7"]
roles = ["distribution_point"]
dp = { mode = "https" }

[[system]]
host = "mp2"
roles = ["management_point"]

[[system]]
host = "desk"
addresses = ["10.1.9.0/24"]
roles = ["console"]

[[clients]]
name = "office"
subnets = ["10.2.0.0/24"]
features = ["client_requests", "client_notification", "remote_control", "wakeup_proxy"]
install = [{ method = "push" }, { method = "software_update_point" }]
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    path = tmp_path_factory.mktemp("site") / "site.toml"
    path.write_text(SITE, encoding="utf-8")
    site = read_site(str(path))
    return resolve(load(site.packs), site, advisory=True)


def told(found):
    return {(p.protocol, p.host, p.port, p.talk, p.mapped) for p in found.probes}


def test_a_client_group_probes_what_it_opens(plan):
    found = told(plan_probes(plan, "office", host=False))
    assert (6, "cm1", 80, "mp_http", False) in found
    assert (6, "cm1", 8079, "mp_http", False) in found
    assert (6, "cm1", 10123, "tls", False) in found
    assert (6, "wsus1", 8531, "wsus_https", False) in found
    assert (6, "dp1", 443, "dp_https", False) in found
    assert {host for _, host, *_ in found} <= {"cm1", "wsus1", "dp1"}


def test_every_address_of_a_system_is_probed_in_its_family(plan):
    found = {p.address for p in plan_probes(plan, "office", host=False).probes if p.port == 10123}
    assert found <= {parse_address("10.1.0.5"), parse_address("2001:db8::5")}
    assert parse_address("10.1.0.5") in found


def test_a_site_server_probes_the_targets_that_are_named(plan):
    found = plan_probes(plan, "cm1", host=True, targets=[parse_address("10.2.0.77")])
    assert told(found) >= {
        (6, "10.2.0.77", 445, "smb", False),
        (6, "10.2.0.77", 135, "rpc", False),
        (6, "10.2.0.77", None, "rpc_bind", True),
        (1, "10.2.0.77", None, "", False),
    }
    assert {p.address for p in found.probes} == {parse_address("10.2.0.77")}


def test_without_a_target_nothing_of_a_group_is_probed(plan):
    found = plan_probes(plan, "cm1", host=True)
    assert found.probes == ()
    assert {one.reason for one in found.skipped} == {"no_target"}


@pytest.mark.parametrize(
    ("vantage", "host", "item", "reason"),
    [
        ("office", False, "notify_tcp:office>mp2", "no_address"),
        ("office", False, "wup_udp:office>office", "no_target"),
    ],
)
def test_what_is_left_out_says_why(plan, vantage, host, item, reason):
    assert Skipped(item, reason) in plan_probes(plan, vantage, host=host).skipped


def test_one_probe_serves_every_item_of_its_port(plan):
    (one,) = [p for p in plan_probes(plan, "office", host=False).probes if (p.host, p.port) == ("cm1", 80)]
    assert {item.partition(":")[0] for item in one.items} >= {"mp_http", "setup_mp_http"}


@pytest.mark.parametrize(
    "text", ["10.3.0.1", "10.1.0.5", "2001:db8::5"], ids=["of nobody", "of a system", "of a system, IPv6"]
)
def test_a_target_outside_the_groups_is_refused(plan, text):
    with pytest.raises(InputError, match=text):
        plan_probes(plan, "cm1", host=True, targets=[parse_address(text)])


def test_too_many_probes_are_refused(plan, monkeypatch):
    monkeypatch.setattr(probe_plan, "MOST_PROBES", 2)
    with pytest.raises(InputError, match="at most 2 probes"):
        plan_probes(plan, "office", host=False)


def test_the_same_plan_gives_the_same_probes(plan):
    assert plan_probes(plan, "office", host=False) == plan_probes(plan, "office", host=False)
