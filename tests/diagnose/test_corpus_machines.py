"""Real machines: a Windows 10 hive, and the same with a security baseline over it."""

from __future__ import annotations

import pytest
from tests.diagnose.machines import ask, findings, row, site

from cmfw.engine.reference import judge
from cmfw.ingest import read_state
from cmfw.model.finding import Severity
from cmfw.model.verdict import Answer

pytestmark = pytest.mark.corpus

WIN10 = "hives/win10_SYSTEM.xz"
BASELINE = "gpo/ncsc/NCSC_Windows_GPO.zip#{9F720BED-11C3-442A-AAE6-25A93938FCE2}"


@pytest.fixture(scope="module")
def hive(corpus):
    return read_state([str(corpus / WIN10)]).state


@pytest.fixture(scope="module")
def merged(corpus):
    return read_state([str(corpus / WIN10), f"{corpus}/{BASELINE}"]).state


def statuses(found) -> dict[str, str]:
    return {r.feature: r.status for r in found.rows}


def test_a_windows_10_in_the_domain(hive):
    found = ask(hive)
    assert statuses(found) == {
        "client_push": "broken",
        "gpo_install": "works",
        "client_requests": "works",
        "client_notification": "works",
        "remote_control": "broken",
        "remote_assistance": "works",
        "remote_desktop": "broken",
        "wakeup_proxy": "broken",
        "remote_tools": "broken",
        "fsp": "disabled",
        "sup_install": "works",
        "manual_install": "works",
        "logon_install": "works",
        "swdist_install": "works",
    }
    push = row(found, "client_push")
    assert push.as_dict()["repair"] == [
        "Enable-NetFirewallRule -Name 'FPS-SMB-In-TCP-NoScope'",
        "Enable-NetFirewallRule -Name 'WMI-WINMGMT-In-TCP-NoScope'",
    ]
    assert not findings(found, "local-merge-off")


def test_a_baseline_over_it_ignores_local_rules_in_one_finding_and_every_feature_follows(hive, merged):
    alone, found = statuses(ask(hive)), statuses(ask(merged))
    (merge,) = findings(ask(merged), "local-merge-off")
    args = dict(merge.args)
    assert merge.severity is Severity.ERROR
    assert args["profiles"] == "domain, private, public"
    assert int(args["rules"]) > 100
    fell = {name for name, status in found.items() if status != alone[name]}
    assert fell == set(args["features"].split(", ")) == {"remote_assistance"}
    inbound = {"client_push", "remote_control", "remote_assistance", "remote_desktop", "wakeup_proxy", "remote_tools"}
    assert {name for name, status in found.items() if status == "broken"} == inbound


def test_documented_exceptions_that_stopped_counting_depend_on_it(merged):
    found = ask(merged)
    ignored = findings(found, "exception-missing", presence="ignored")
    assert {dict(f.args)["exception"] for f in ignored} == {"remote_assistance.remote_assistance:office"}
    assert all(f.depends_on == ("local-merge-off",) for f in ignored)


def test_outside_the_domain_the_baseline_blocks_everything(merged):
    found = ask(merged, of=site("public"))
    assert {r.status for r in found.rows} == {"broken", "disabled"}
    for result in found.rows:
        for blocked in result.blocking:
            assert judge(blocked.flow, merged).answer is Answer.BLOCK
        assert result.bounds is None or result.repair


def test_repairs_of_real_machines_work(hive, merged):
    for machine, profile in ((hive, "domain"), (hive, "private"), (merged, "domain"), (merged, "public")):
        for result in ask(machine, of=site(profile)).rows:
            if result.status in ("broken", "degraded"):
                (repair,) = result.repair
                assert row(ask(repair.apply(machine), of=site(profile)), result.feature).status == "works"


def test_user_made_rules_are_named_and_windows_own_are_one_note(hive):
    notes = [f for f in findings(ask(hive), "excess") if f.severity is Severity.NOTE]
    assert len(notes) == 1
    assert int(dict(notes[0].args)["count"]) > 50
    named = {f.subject for f in findings(ask(hive), "excess") if f.severity is Severity.WARNING}
    assert "OpenSSH-Server-In-TCP" in named
    assert not any(name.startswith(("CoreNet-", "FPS-", "RemoteAssistance-")) for name in named)
