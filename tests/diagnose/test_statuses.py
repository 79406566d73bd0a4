"""One finding per feature that does not fully work."""

from __future__ import annotations

import pytest
from tests.diagnose.machines import NOTIFY_BLOCK, SITE, ask, configured, findings, rule, state

from cmfw.ingest.site import read_site_text
from cmfw.model.finding import Severity
from cmfw.model.rule import Store
from cmfw.model.state import Gap

RC = rule("rc", "Dir=In|Protocol=6|LPort=2701|")
CASES = (
    ("broken", state(), "remote_control", Severity.ERROR, "in tcp 2701", ()),
    ("degraded", state(NOTIFY_BLOCK), "client_notification", Severity.WARNING, "out tcp 10123", ()),
    (
        "unknown",
        state(gaps=(Gap("lost", "x", may_allow=True),)),
        "remote_control",
        Severity.WARNING,
        "in tcp 2701",
        ("gap",),
    ),
    (
        "broken",
        state(RC, settings=configured(Store.GPO, allow_local_policy_merge=False)),
        "remote_control",
        Severity.ERROR,
        "in tcp 2701",
        ("local-merge-off",),
    ),
)


@pytest.mark.parametrize(
    ("status", "machine", "feature", "severity", "flows", "depends_on"),
    CASES,
    ids=["broken", "degraded", "unknown", "broken by a policy that ignores local rules"],
)
def test_status(status, machine, feature, severity, flows, depends_on):
    (found,) = findings(ask(machine), f"feature-{status}", feature=feature)
    args = dict(found.args)
    assert (found.subject, found.severity, found.depends_on) == ("office", severity, depends_on)
    assert (args["clients"], args["flows"]) == ("office", flows)
    assert found.witness.startswith(flows.split(" ")[0])
    assert args.get("missing", "") == ("lost" if status == "unknown" else "")


def test_peers_of_one_story_are_told_once():
    two = read_site_text(
        SITE.replace(
            "[[clients]]",
            '[[system]]\nhost = "desk2.example.test"\naddresses = ["10.9.0.17"]\nroles = ["console"]\n[[clients]]',
        ),
        "site.toml",
    )
    found = ask(state(), of=two)
    assert len([r for r in found.rows if r.feature == "remote_control"]) == 2
    (broken,) = findings(found, "feature-broken", feature="remote_control")
    assert dict(broken.args)["peers"] == "desk1.example.test, desk2.example.test"


def test_what_works_or_is_off_is_no_finding():
    assert not findings(ask(state(RC)), "feature-broken", feature="remote_control")
    assert not [f for f in ask(state()).findings if dict(f.args).get("feature") == "fsp"]
