"""What a machine lets in beyond the plan."""

from __future__ import annotations

import pytest
from tests.diagnose.machines import FPS, SVCHOST, ask, configured, findings, member, planned, rule, shipped, site, state

from cmfw.engine.reference import judge
from cmfw.ingest.rulewrite import write_rule
from cmfw.model.finding import Severity
from cmfw.model.rule import Store
from cmfw.model.verdict import Answer
from cmfw.net.flowtext import parse_parts

PUSH = "RA4=10.9.0.5|"
CODES = (
    ("needed by nothing", rule("ssh", "Dir=In|Protocol=6|LPort=2222|"), ["excess"]),
    ("another program on a planned port", rule("vnc", r"Dir=In|Protocol=6|LPort=2701|App=C:\vnc.exe|"), ["excess"]),
    ("SMB from everywhere", rule("smb", "Dir=In|Protocol=6|LPort=445|App=System|"), ["wider"]),
    ("SMB from the peers that need it", rule("smb", f"Dir=In|Protocol=6|LPort=445|Profile=Domain|{PUSH}App=System|"), []),
    ("the same in other profiles too", rule("smb", f"Dir=In|Protocol=6|LPort=445|{PUSH}App=System|"), ["wider"]),
    ("more ports", rule("smb", f"Dir=In|Protocol=6|LPort=445|LPort=446|Profile=Domain|{PUSH}App=System|"), ["wider"]),
    ("any program", rule("smb", f"Dir=In|Protocol=6|LPort=445|Profile=Domain|{PUSH}"), ["wider"]),
    (
        "another service of a planned program",
        rule("log", f"Dir=In|Protocol=6|{PUSH}App={SVCHOST}|Svc=Schedule|"),
        ["excess"],
    ),
    ("off", rule("ssh", "Dir=In|Protocol=6|LPort=2222|", on=False), []),
    ("outbound is no way in", rule("out", "Dir=Out|Protocol=6|RPort=2222|"), []),
    ("a block lets nothing in", rule("no", "Action=Block|Dir=In|Protocol=6|LPort=2222|"), []),
    ("TCP 433 in", rule("ssl", "Dir=In|Protocol=6|LPort=433|"), ["port-433"]),
    ("TCP 433 out", rule("ssl", "Dir=Out|Protocol=6|RPort=433|"), ["port-433"]),
    ("433 in a list", rule("ssl", "Dir=Out|Protocol=6|RPort=80|RPort=433|"), ["port-433"]),
    ("433 inside a wide range", rule("wide", "Dir=Out|Protocol=6|RPort2_10=400-5000|"), []),
    ("the port on the wrong side", rule("wrong", "Dir=Out|Protocol=6|LPort=8530|"), ["local-port-only"]),
    ("both sides", rule("both", "Dir=Out|Protocol=6|LPort=8530|RPort=8530|"), []),
)


@pytest.mark.parametrize(("made", "wanted"), [r[1:] for r in CODES], ids=[r[0] for r in CODES])
def test_codes(made, wanted):
    found = [f for f in ask(state(made)).findings if f.code in ("excess", "wider", "port-433", "local-port-only")]
    assert [f.code for f in found] == wanted
    for one in found:
        assert one.severity is Severity.WARNING
        assert one.subject == made.id
        assert one.evidence[0] == f"hive!{made.id}"


PARTS = (
    ("addresses", "Profile=Domain|", "10.9.0.5, 10.9.0.7", "*"),
    ("profiles", "RA4=10.9.0.5|", "domain", "domain, private, public"),
)


@pytest.mark.parametrize(("part", "conditions", "needed", "allowed"), PARTS, ids=[p[0] for p in PARTS])
def test_wider_names_the_part_that_is_too_wide(part, conditions, needed, allowed):
    (found,) = findings(ask(state(rule("smb", f"Dir=In|Protocol=6|LPort=445|App=System|{conditions}"))), "wider")
    args = dict(found.args)
    assert (args["part"], args["needed"], args["allowed"]) == (part, needed, allowed)


def test_the_witness_is_let_in_and_not_needed():
    machine = state(rule("smb", "Dir=In|Protocol=6|LPort=445|App=System|"))
    (found,) = findings(ask(machine), "wider")
    assert found.witness == "in tcp 10.9.8.77:50000 > 10.9.8.9:445 profile=domain program=system"
    flow = parse_parts(found.witness).flows().witness()
    assert judge(flow, machine).answer is Answer.ALLOW


def test_what_another_rule_blocks_is_not_open():
    ssh = rule("ssh", "Dir=In|Protocol=6|LPort=2222|")
    assert not findings(ask(state(ssh, rule("no", "Action=Block|Dir=In|Protocol=6|LPort=2222|"))), "excess")
    assert not findings(ask(state(ssh, settings=configured(Store.LOCAL, do_not_allow_exceptions=True))), "excess")
    assert not findings(ask(state(ssh, settings=configured(Store.LOCAL, enable_firewall=False))), "excess")
    assert not findings(ask(state(ssh, settings=configured(Store.GPO, allow_local_policy_merge=False))), "excess")


def test_the_rules_that_the_plan_writes_are_neither():
    rules = {r.rule.id: r.rule for item in planned(site()).items for r in item.rules if r.where == "office"}
    assert len(rules) > 5
    found = ask(state(*rules.values()))
    assert not findings(found, "excess")
    assert not findings(found, "wider")
    assert {r.status for r in found.rows} <= {"works", "disabled"}


def test_rules_that_windows_ships_are_one_note():
    rules = [member(f"Core-{n}", f"Dir=In|Protocol=17|LPort={6000 + n}|", "@FirewallAPI.dll,-25000") for n in range(7)]
    wide = member("Core-Wide", "Dir=In|Protocol=47|", "@FirewallAPI.dll,-25000")
    (note,) = findings(ask(state(*rules, wide)), "excess")
    assert note.severity is Severity.NOTE
    assert dict(note.args)["count"] == "8"
    assert note.subject == "office"
    assert len(note.evidence) == 3
    assert note.evidence[0] == "hive!Core-Wide"
    assert note.witness.startswith("in ip/47 ")


def test_a_shipped_rule_that_serves_is_a_note_when_it_is_wider():
    found = findings(ask(state(*shipped(domain=True))), "wider")
    assert {f.severity for f in found} == {Severity.NOTE}
    assert "FPS-SMB-In-TCP-NoScope" in {f.subject for f in found}
    assert FPS in write_rule(shipped()[0])
