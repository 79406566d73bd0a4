"""Documented exceptions: present as documented, partly, ignored, for the local subnet only, or missing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.diagnose.machines import (
    FPS,
    SMB,
    WMI,
    ask,
    configured,
    findings,
    member,
    rule,
    shipped,
    site,
    state,
)

from cmfw.diagnose import Presence
from cmfw.model.finding import Severity
from cmfw.model.rule import Store
from cmfw.model.state import Gap

PUSH_WMI, RC_PORT = "client_push.wmi:office", "remote_control.tcp:office"
RC = rule("rc", "Dir=In|Protocol=6|LPort=2701|")


def presence(found, name: str):
    return next(one for one in found.exceptions if one.id == name)


TABLE = (
    ("all members of the profile are on", shipped(domain=True), "domain", PUSH_WMI, "present"),
    ("none is on", shipped(), "domain", PUSH_WMI, "missing"),
    ("those of another profile are on", shipped(private=True), "domain", PUSH_WMI, "missing"),
    ("one of two is on", (*shipped()[:-2], replace(shipped()[-2], active=True)), "domain", PUSH_WMI, "partly"),
    ("the machine shows no rule of the group", (), "domain", PUSH_WMI, "missing"),
    ("a rule for the port, from everywhere", (RC,), "domain", RC_PORT, "present"),
    (
        "a rule for the port, from one peer",
        (rule("rc", "Dir=In|Protocol=6|LPort=2701|RA4=10.9.0.7|"),),
        "domain",
        RC_PORT,
        "missing",
    ),
    ("a wider rule has the port too", (rule("every", "Dir=In|Protocol=6|"),), "domain", RC_PORT, "present"),
    ("a rule that is off", (rule("rc", "Dir=In|Protocol=6|LPort=2701|", on=False),), "domain", RC_PORT, "missing"),
    ("a twin for the local subnet", shipped(private=True), "private", PUSH_WMI, "local_subnet"),
)


@pytest.mark.parametrize(("rules", "profile", "name", "wanted"), [r[1:] for r in TABLE], ids=[r[0] for r in TABLE])
def test_presence(rules, profile, name, wanted):
    assert presence(ask(state(*rules), of=site(profile)), name).presence == wanted


def test_without_any_rule_of_the_group_the_client_s_own_members_are_wanted():
    wanted = presence(ask(state()), PUSH_WMI).missing
    assert "WMI-WINMGMT-In-TCP-NoScope" in wanted
    assert all(name.endswith("-NoScope") for name in wanted)


def test_group_id_decides_not_the_name_and_not_the_case():
    odd = member("Somebody-Else", "Dir=In|Protocol=6|LPort=135|Profile=Domain|", WMI)
    odd = replace(odd, group="@%SystemRoot%\\SYSTEM32\\firewallapi.dll,-34251")
    assert presence(ask(state(odd)), PUSH_WMI).presence is Presence.PRESENT


def test_the_local_subnet_twin_is_one_finding_with_a_packet_from_a_remote_subnet():
    found = ask(state(*shipped(private=True)), of=site("private"))
    (smb,) = findings(found, "group-profile", group=FPS)
    assert smb.severity is Severity.ERROR
    assert smb.witness == "in tcp 10.9.0.5:50000 > 10.9.8.1:445 profile=private program=system"
    assert dict(smb.args)["rule"] == "FPS-SMB-In-TCP"
    assert smb.evidence[0] == "hive!FPS-SMB-In-TCP"
    assert not findings(found, "exception-missing", value=FPS, direction="in")


LLMNR = member("FPS-LLMNR-In-UDP", "Dir=In|Protocol=17|LPort=5355|RA4=LocalSubnet|RA6=LocalSubnet|", FPS)


@pytest.mark.parametrize(
    "rules", [shipped(), (*shipped(), LLMNR)], ids=["the twin is off", "the member that is on is about something else"]
)
def test_no_twin_no_finding(rules):
    assert not findings(ask(state(*rules), of=site("private")), "group-profile")


SEVERITIES = (
    ("broken because of it", (), "error", "in tcp 10.9.0.7:50000 > 10.9.8.1:2701 "),
    ("traffic passes anyway", (rule("rc", "Dir=In|Protocol=6|LPort=2701|RA4=10.9.0.7|"),), "note", ""),
)


@pytest.mark.parametrize(("rules", "severity", "witness"), [r[1:] for r in SEVERITIES], ids=[r[0] for r in SEVERITIES])
def test_a_missing_exception_is_as_bad_as_what_follows(rules, severity, witness):
    (found,) = findings(ask(state(*rules)), "exception-missing", exception=RC_PORT)
    assert found.severity == severity
    assert found.witness.startswith(witness)
    assert bool(found.witness) == bool(witness)
    assert found.evidence[0] == "page-2016 line 77"


def test_an_open_gap_makes_it_a_warning():
    (found,) = findings(ask(state(gaps=(Gap("legacy_lists", "x", may_allow=True),))), "exception-missing", exception=RC_PORT)
    assert found.severity is Severity.WARNING


def test_outbound_exceptions_that_the_default_makes_are_one_note():
    (note,) = findings(ask(state()), "exception-missing", reason="outbound_default")
    assert note.severity is Severity.NOTE
    assert "client_requests.http:office" in dict(note.args)["exception"]
    blocked = ask(state(settings=configured(Store.LOCAL, default_outbound_allow=False)))
    assert not findings(blocked, "exception-missing", reason="outbound_default")
    (http,) = findings(blocked, "exception-missing", exception="client_requests.http:office")
    assert http.severity is Severity.ERROR


def test_rules_that_a_policy_ignores_depend_on_that_policy():
    off = configured(Store.GPO, allow_local_policy_merge=False)
    found = ask(state(*shipped(domain=True), settings=off))
    (wmi,) = findings(found, "exception-missing", exception=PUSH_WMI)
    assert dict(wmi.args)["presence"] == "ignored"
    assert wmi.depends_on == ("local-merge-off",)
    assert all("-PolicyStore" in command for command in wmi.repair)
    assert presence(found, PUSH_WMI).presence is Presence.IGNORED
    (rc,) = findings(found, "exception-missing", exception=RC_PORT)
    assert rc.depends_on == ()


def test_the_repair_switches_on_what_is_there_and_adds_the_rest():
    (wmi,) = findings(ask(state(*shipped())), "exception-missing", exception=PUSH_WMI)
    assert wmi.repair == ("Enable-NetFirewallRule -Name 'WMI-RPCSS-In-TCP-NoScope','WMI-WINMGMT-In-TCP-NoScope'",)
    (rc,) = findings(ask(state(SMB)), "exception-missing", exception=RC_PORT)
    assert rc.repair[0].startswith("New-NetFirewallRule -Name 'cmfw-doc-remote-control-tcp-in'")
