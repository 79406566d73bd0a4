"""Findings about the machine as a whole."""

from __future__ import annotations

import pytest
from tests.diagnose.machines import EPM, SMB, WINMGMT, ask, configured, findings, row, rule, shipped, site, state

from cmfw.model.finding import Severity
from cmfw.model.rule import Store
from cmfw.model.state import Gap, ProfileSettings, ServiceFact
from cmfw.net.flow import Profile
from cmfw.net.ports import PortSet

MERGE_OFF = configured(Store.GPO, allow_local_policy_merge=False)
RC = rule("rc", "Dir=In|Protocol=6|LPort=2701|")


def test_local_merge_off_is_one_finding_with_its_rules_and_features():
    found = ask(state(RC, *shipped(domain=True), settings=MERGE_OFF))
    (merge,) = findings(found, "local-merge-off")
    args = dict(merge.args)
    assert merge.severity is Severity.ERROR
    assert args["rules"] == "5"
    assert args["profiles"] == "domain, private, public"
    assert {"remote_control", "client_push"} <= set(args["features"].split(", "))
    assert "wakeup_proxy" not in args["features"]
    assert row(found, "remote_control").status == "broken"
    assert merge.repair[0].endswith("-Profile Domain,Private,Public -AllowLocalFirewallRules True")


def test_local_merge_off_in_another_profile_is_a_note():
    elsewhere = ((Store.GPO, Profile.PUBLIC, ProfileSettings(allow_local_policy_merge=False)),)
    (merge,) = findings(ask(state(RC, settings=elsewhere)), "local-merge-off")
    assert merge.severity is Severity.NOTE
    assert row(ask(state(RC, settings=elsewhere)), "remote_control").status == "works"
    assert not findings(ask(state(RC)), "local-merge-off")
    assert not findings(ask(state(settings=elsewhere)), "local-merge-off")


def test_settings_that_promise_a_local_exception_are_named():
    promising = site("domain", 'settings = { remote_control_profiles = ["domain"] }')
    (found,) = findings(ask(state(settings=MERGE_OFF), of=promising), "setting-ignored")
    assert dict(found.args)["features"] == "remote_control"
    assert found.depends_on == ("local-merge-off",)
    assert not findings(ask(state(settings=MERGE_OFF)), "setting-ignored")
    elsewhere = site("domain", 'settings = { remote_control_profiles = ["private"] }')
    assert not findings(ask(state(settings=MERGE_OFF), of=elsewhere), "setting-ignored")
    assert not findings(ask(state(), of=promising), "setting-ignored")


def test_shields_up_names_what_it_breaks():
    (found,) = findings(ask(state(RC, settings=configured(Store.LOCAL, do_not_allow_exceptions=True))), "shields-up")
    assert found.severity is Severity.ERROR
    assert "remote_control" in dict(found.args)["features"]
    assert "client_requests" not in dict(found.args)["features"]
    assert found.repair == ("Set-NetFirewallProfile -Profile Domain -AllowInboundRules True",)


def test_firewall_off_in_the_profile_of_the_group():
    off = ((Store.LOCAL, Profile.DOMAIN, ProfileSettings(enable_firewall=False)),)
    (found,) = findings(ask(state(settings=off)), "firewall-off")
    assert dict(found.args)["profile"] == "domain"
    assert not findings(ask(state(settings=off), of=site("private")), "firewall-off")


def test_disabled_services():
    (firewall,) = findings(ask(state(services=(ServiceFact(name="BFE", start=4),))), "service-disabled")
    assert firewall.severity is Severity.ERROR
    registry = ask(state(services=(ServiceFact(name="RemoteRegistry", start=4), ServiceFact(name="Spooler", start=4))))
    (tools,) = findings(registry, "service-disabled")
    assert tools.severity is Severity.WARNING
    assert dict(tools.args) == {"service": "RemoteRegistry", "features": "remote_tools"}
    assert not findings(ask(state(services=(ServiceFact(name="RemoteRegistry", start=3),))), "service-disabled")


def test_gaps_that_matter_are_warnings_and_absent_stores_notes():
    gaps = (Gap("no_gpo_source", "no policy"), Gap("dirty_hive", "log files"), Gap("token:lost", "a value", may_block=True))
    found = ask(state(RC, gaps=gaps))
    assert {(dict(f.args)["gap"], f.severity) for f in findings(found, "gap")} == {
        ("no_gpo_source", Severity.NOTE),
        ("token:lost", Severity.WARNING),
    }


def test_a_missing_local_subnet_is_said_like_a_gap():
    keyword = rule("rc", "Dir=In|Protocol=6|LPort=2701|RA4=LocalSubnet|")
    wide = ask(state(keyword), of=site("domain", 'os = "Windows 10"'))
    assert row(wide, "remote_control").status == "broken"  # the console is outside the group's subnets
    host = ask(state(rule("mp", "Dir=In|Protocol=6|LPort=80|RA4=LocalSubnet|")), who="cm1.example.test", host=True)
    (gap,) = findings(host, "gap", gap="local_subnet")
    assert "client_requests" in dict(gap.args)["features"]


def test_rpc_ports_that_differ_from_the_plan():
    (found,) = findings(ask(state(rpc_ports=PortSet.of((50100, 50300)))), "rpc-range")
    assert dict(found.args) == {"planned": "49152-65535", "found": "50100-50300"}
    assert not findings(ask(state()), "rpc-range")


@pytest.mark.parametrize(
    ("more", "severities"),
    [
        ('identity = "workgroup"', ["warning"]),
        ('identity = "workgroup"\ninstall = [{ method = "push" }]', ["error"]),
        ('identity = "workgroup"\ninstall = [{ method = "manual" }]', []),
        ('identity = "domain"', []),
    ],
    ids=["not chosen", "asked for", "another way", "in a domain"],
)
def test_open_ports_do_not_make_client_push_work_in_a_workgroup(more, severities):
    told = findings(ask(state(SMB, EPM, WINMGMT), of=site(more=more)), "workgroup-push")
    assert [one.severity.value for one in told] == severities
