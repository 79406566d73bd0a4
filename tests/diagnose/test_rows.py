"""What each feature gets on small machines."""

from __future__ import annotations

import pytest
from tests.diagnose.machines import (
    EPM,
    NOTIFY_BLOCK,
    SITE,
    SMB,
    SVCHOST,
    WINMGMT,
    ask,
    configured,
    findings,
    row,
    rule,
    shipped,
    site,
    state,
)

from cmfw.engine.reference import judge
from cmfw.ingest.site import read_site_text
from cmfw.model.rule import Store
from cmfw.model.state import Gap, ServiceFact
from cmfw.model.verdict import Answer, Status
from cmfw.net.addr import AddrSet

CMRC = r"%windir%\CCM\RemCtrl\CmRcService.exe"
RC = rule("rc", f"Dir=In|Protocol=6|LPort=2701|App={CMRC}|")
RC_FROM_DESK = rule("rc-desk", f"Dir=In|Protocol=6|LPort=2701|RA4=10.9.0.7|App={CMRC}|")
RC_FROM_ELSEWHERE = rule("rc-else", f"Dir=In|Protocol=6|LPort=2701|RA4=10.9.0.200|App={CMRC}|")
RC_ON_ONE_INTERFACE = rule(
    "rc-if", f"Dir=In|Protocol=6|LPort=2701|App={CMRC}|IF={11111111 - 2222 - 3333 - 4444 - 555555555555}|"
)
BLOCK_445_OUT = rule("no-smb-out", "Action=Block|Dir=Out|Protocol=6|RPort=445|")
WAKE = (
    rule("wake-udp", "Dir=In|Protocol=17|LPort=25536|RA4=LocalSubnet|"),
    rule("wake-echo", "Dir=In|Protocol=1|ICMP4=8:*|RA4=LocalSubnet|"),
)

STATUS = (
    ("nothing is open: push needs inbound", "client_push", (), "broken"),
    ("SMB alone is not enough for push", "client_push", (SMB,), "broken"),
    ("SMB, endpoint mapper and WMI let push work", "client_push", (SMB, EPM, WINMGMT), "works"),
    ("the shipped Domain rules let push work", "client_push", shipped(domain=True), "works"),
    ("the shipped Private rules do nothing in the domain", "client_push", shipped(private=True), "broken"),
    ("requests go out by default", "client_requests", (), "works"),
    ("notification falls back to HTTP", "client_notification", (NOTIFY_BLOCK,), "degraded"),
    ("remote control needs its listener's rule", "remote_control", (), "broken"),
    ("remote control by program and port", "remote_control", (RC,), "works"),
    ("remote control from the console only", "remote_control", (RC_FROM_DESK,), "works"),
    ("remote control from somebody else only", "remote_control", (RC_FROM_ELSEWHERE,), "broken"),
    ("a rule for some interface only leaves it open", "remote_control", (RC_ON_ONE_INTERFACE,), "unknown"),
    ("peers are on the local subnet by definition", "wakeup_proxy", WAKE, "works"),
    ("half of the peers' rules", "wakeup_proxy", WAKE[:1], "broken"),
    ("blocked shares stop a Group Policy install", "gpo_install", (BLOCK_445_OUT,), "broken"),
    ("no fallback status point in the site", "fsp", (), "disabled"),
)


@pytest.mark.parametrize(("feature", "rules", "wanted"), [r[1:] for r in STATUS], ids=[r[0] for r in STATUS])
def test_status(feature, rules, wanted):
    assert row(ask(state(*rules)), feature).status == wanted


def test_every_blocked_flow_is_replayed_and_names_its_rules():
    machine = state(NOTIFY_BLOCK)
    found = ask(machine)
    (blocked,) = row(found, "client_notification").blocking
    assert blocked.flow.text() == (
        r"out tcp 10.9.8.1:50000 > 10.9.0.5:10123 profile=domain program=c:\windows\ccm\ccmexec.exe service=ccmexec"
    )
    assert [ref.origin for ref in blocked.verdict.by] == ["hive!no-notify"]
    for result in found.rows:
        for flow in result.blocking:
            assert judge(flow.flow, machine).answer is Answer.BLOCK


def test_the_blocking_set_is_minimal():
    push = row(ask(state(SMB)), "client_push")
    assert {b.item.partition(":")[0] for b in push.blocking} == {"push_epm", "push_wmi"}


def test_the_machine_s_own_address_shows_where_it_is_in_the_group():
    inside = ask(state(addresses=AddrSet.parse("10.9.8.44")))
    outside = ask(state(addresses=AddrSet.parse("192.168.7.7")))
    assert "10.9.8.44:2701" in row(inside, "remote_control").blocking[0].flow.text()
    assert "10.9.8.1:2701" in row(outside, "remote_control").blocking[0].flow.text()


def test_a_rule_for_the_machine_s_own_address_counts_where_that_address_is_known():
    here = rule("rc", "Dir=In|Protocol=6|LPort=2701|LA4=10.9.8.44|")
    assert row(ask(state(here, addresses=AddrSet.parse("10.9.8.44"))), "remote_control").status == "works"
    assert row(ask(state(here)), "remote_control").status == "broken"


def test_an_open_row_gets_no_repair():
    open_row = row(ask(state(RC_ON_ONE_INTERFACE)), "remote_control")
    assert open_row.repair == ()
    assert [b.is_unknown for b in open_row.blocking] == [True]


def test_items_elsewhere_are_assumed_and_said_so():
    found = ask(state(), who="desk1.example.test", host=True)
    push = ask(state(SMB, EPM, WINMGMT))
    assert row(push, "client_push").assumed == ()
    control = row(found, "remote_control")
    assert control.status == "works"
    assert control.clients == "office"
    assert {r.peer for r in found.rows if r.feature == "remote_control"} == {"desk1.example.test"}


def test_a_host_gets_the_rows_in_which_it_is_an_end():
    found = ask(state(), who="sup1.example.test", host=True)
    assert {r.feature for r in found.rows} == {"sup_install"}
    sup = found.rows[0]
    assert sup.status == "broken"
    assert sup.blocking[0].flow.text().startswith("in tcp 10.9.8.1:50000 > 10.9.0.6:8530 ")
    assert sup.assumed  # setup talks to the management point, which is another machine


def test_a_free_process_that_some_rule_allows_leaves_the_row_open():
    # notification is answered by a process that the plan does not name
    rules = (rule("bgb", r"Dir=In|Protocol=6|LPort=10123|App=C:\SMS\bgb.exe|"),)
    assert row(ask(state(*rules), who="cm1.example.test", host=True), "client_notification").bounds.high is Status.WORKS
    rules = (rule("bgb", r"Dir=In|Protocol=6|LPort=10123|"), rule("mp", "Dir=In|Protocol=6|LPort=80|"))
    assert row(ask(state(*rules), who="cm1.example.test", host=True), "client_notification").status == "works"


def test_a_process_that_the_plan_does_not_name_is_no_hardened_service():
    hardened = (
        rule("dns-only", f"Dir=In|Protocol=6|LPort=53|App={SVCHOST}|Svc=dns|", store=Store.HARDENING),
        rule("dns-rest", f"Action=Block|Dir=In|App={SVCHOST}|Svc=dns|", store=Store.HARDENING),
    )
    rules = (rule("bgb", "Dir=In|Protocol=6|LPort=10123|"), rule("mp", "Dir=In|Protocol=6|LPort=80|"), *hardened)
    assert row(ask(state(*rules), who="cm1.example.test", host=True), "client_notification").status == "works"


def test_alternatives_are_those_that_work_now():
    assert row(ask(state()), "client_push").alternatives == (
        "gpo_install",
        "manual_install",
        "logon_install",
        "sup_install",
        "swdist_install",
    )
    no_shares = row(ask(state(BLOCK_445_OUT)), "client_push").alternatives
    assert no_shares == ("sup_install", "swdist_install")


def test_alternatives_that_nobody_planned_are_judged_too():
    only_push = site("domain", 'install = [{ method = "push" }]')
    found = ask(state(BLOCK_445_OUT), of=only_push)
    assert {r.feature for r in found.rows} == {"client_push"}
    assert row(found, "client_push").alternatives == ("sup_install", "swdist_install")


def test_another_firewall_product_is_unknown_in_one_finding():
    found = ask(state(SMB), of=site("domain", 'product = "other"'))
    assert {r.status for r in found.rows} <= {"unknown", "disabled"}
    assert [f.code for f in found.findings] == ["product-other"]
    assert "client_push" in dict(found.findings[0].args)["features"]


def test_who_is_not_in_the_site_is_refused():
    with pytest.raises(ValueError, match="no client group `nobody`"):
        ask(state(), who="nobody")
    with pytest.raises(ValueError, match="no host `office`"):
        ask(state(), who="office", host=True)


def test_local_subnet_reaches_no_system_outside_the_group_s_subnets():
    assert row(ask(state(*shipped(private=True)), of=site("private")), "client_push").status == "broken"


def test_local_subnet_leaves_a_system_inside_the_group_s_subnets_open():
    """The group's subnets may hold more than the machine's own link."""
    wide = read_site_text(SITE.replace("10.9.8.0/24", "10.9.0.0/16").replace('"domain"', '"private"'), "site.toml")
    push = row(ask(state(*shipped(private=True)), of=wide), "client_push")
    assert push.status == "unknown"
    assert {b.verdict.missing for b in push.blocking} == {("local_subnet",)}
    known = ask(state(*shipped(private=True), local_subnets=AddrSet.parse("10.9.0.0/24")), of=wide)
    assert row(known, "client_push").status == "works"


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"gaps": (Gap("legacy_lists", "old lists", may_allow=True),)}, "unknown"),
        ({"gaps": (Gap("no_gpo_source", "no policy"),)}, "broken"),
        ({"services": (ServiceFact(name="MpsSvc", start=4),)}, "unknown"),
        ({"settings": configured(Store.LOCAL, enable_firewall=False)}, "works"),
    ],
    ids=["a gap that may allow", "a gap that turns nothing", "the firewall's service is disabled", "the firewall is off"],
)
def test_evidence_decides_the_bounds(changes, wanted):
    found = ask(state(**changes))
    assert row(found, "remote_control").status == wanted


def test_the_gap_names_the_rows_that_it_opens():
    (gap,) = findings(ask(state(gaps=(Gap("legacy_lists", "old lists", may_allow=True),))), "gap", gap="legacy_lists")
    named = dict(gap.args)["features"].split(", ")
    assert "remote_control" in named
    assert "client_requests" not in named


def test_alternative_request_ports_need_only_one_that_passes():
    two = read_site_text(SITE.replace('code = "P01"', 'code = "P01"\n[ports]\nhttp = [80, 8087]', 1), "site.toml")
    first = rule("no-80", "Action=Block|Dir=Out|Protocol=6|RPort=80|")
    both = rule("no-both", "Action=Block|Dir=Out|Protocol=6|RPort=80|RPort=8087|")
    assert row(ask(state(first), of=two), "client_requests").status == "works"
    assert row(ask(state(both), of=two), "client_requests").status == "broken"
