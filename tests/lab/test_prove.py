"""Sufficiency, necessity and the nearest wrong packets, on the wire; and that a defect anywhere makes the proof fail."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.lab.sites import DOWN, FILTERED, ONE_GROUP, TWO_FAMILIES, UP, planned

from cmfw.lab.prove import prove
from cmfw.lab.run import Runner
from cmfw.lab.shots import ROUTER, Fate
from cmfw.lab.trial_packets import Kind
from cmfw.model.rule import PortMatch
from cmfw.model.verdict import Answer, Status
from cmfw.net.addr import is_v6
from cmfw.net.ports import PortSet

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def proof():
    _, plan, layout = planned(TWO_FAMILIES)
    with Runner(layout) as lab:
        return prove(plan, layout, lab)


def test_the_matrix_is_large_and_without_a_wrong_verdict(proof, record_count):
    assert len(proof.removals) >= 60
    assert proof.sent >= 3600
    assert proof.wrong == ()
    assert all(removal.agrees for removal in proof.removals)
    assert {is_v6(trial.packet.target_address) for trial in proof.required} == {False, True}
    record_count("packets of the lab: proof of one site", proof.sent)


def test_every_verdict_rests_on_evidence_of_that_packet(proof):
    for trial in (*proof.required, *proof.nearest):
        assert trial.evidence is not None
        stopped = trial.seen.verdict.answer is Answer.BLOCK
        assert (trial.evidence.fate is Fate.STOPPED) == stopped
        assert trial.evidence.logs
        assert trial.seen.place == trial.predicted.place


def test_with_the_plan_every_feature_works(proof):
    assert {bounds.low for bounds in proof.bounds} == {Status.WORKS}
    assert proof.not_played == ()


def test_without_a_rule_exactly_the_predicted_rows_change(proof):
    necessary = [removal for removal in proof.removals if removal.is_necessary]
    assert len(necessary) >= len(proof.removals) - 3
    changed = [change for removal in necessary for change in removal.changes]
    assert {change.seen.low for change in changed} == {Status.BROKEN, Status.DEGRADED}
    assert all(change.seen == change.predicted != change.before for change in changed)


def test_what_another_rule_lets_pass_is_said(proof):
    for removal in proof.removals:
        if not removal.is_necessary:
            assert removal.instead


def test_wrong_packets_of_every_kind_are_stopped(proof):
    stopped = {trial.packet.kind for trial in proof.nearest if trial.seen.verdict.answer is Answer.BLOCK}
    assert stopped == set(Kind) - {Kind.REQUIRED}
    strangers = [trial for trial in proof.nearest if trial.packet.kind is Kind.OTHER_PEER]
    let_in = {ref.id for trial in strangers if trial.seen.verdict.answer is Answer.ALLOW for ref in trial.seen.verdict.by}
    # nobody knows where the share of the Group Policy package is, so its own machine is no host of the site
    assert let_in == set()


def test_a_rule_with_the_wrong_port_breaks_the_proof():
    _, plan, layout = planned(ONE_GROUP)
    number = next(n for n, host in enumerate(layout.hosts) if host.place == "branch")
    host = layout.hosts[number]
    at = next(n for n, rule in enumerate(host.state.rules) if rule.id.startswith("cmfw-rc-tcp"))
    rules = list(host.state.rules)
    rules[at] = replace(rules[at], local_port=PortMatch(PortSet.of(2702)))
    wrong = replace(host, state=replace(host.state, rules=tuple(rules)))
    hosts = tuple(wrong if n == number else other for n, other in enumerate(layout.hosts))
    with Runner(layout) as lab:
        found = prove(plan, replace(layout, hosts=hosts), lab)
    broken = {row.feature for row, bounds in zip(found.rows, found.bounds, strict=True) if bounds.low is Status.BROKEN}
    assert broken == {"remote_control"}
    let_in = [t for t in found.nearest if t.packet.item.startswith("rc_tcp") and t.seen.verdict.answer is Answer.ALLOW]
    assert {trial.packet.port for trial in let_in} == {2702}


def test_a_wire_that_disobeys_is_noticed():
    """Behind the prover's back the rules for remote control get another port on their way to the kernel."""
    _, plan, layout = planned(ONE_GROUP)

    class Disobedient(Runner):
        def load(self, changes):
            super().load([(n, text.replace("th dport 2701", "th dport 2702")) for n, text in changes])

    with Disobedient(layout) as lab:
        found = prove(plan, layout, lab)
    assert {trial.packet.port for trial in found.wrong} == {2701, 2702}
    assert not all(removal.agrees for removal in found.removals)


def test_filters_between_zones_decide_on_the_router(tmp_path):
    (tmp_path / "up.flows").write_text(UP, encoding="utf-8")
    (tmp_path / "down.flows").write_text(DOWN, encoding="utf-8")
    _, plan, layout = planned(FILTERED, str(tmp_path / "site.toml"))
    with Runner(layout) as lab:
        found = prove(plan, layout, lab)
    assert found.wrong == ()
    stopped = {
        (trial.packet.port, ref.id)
        for trial in found.required
        if trial.seen.place == ROUTER
        for ref in trial.seen.verdict.by
    }
    assert stopped == {(445, "block tcp 10.9.0.5 > 10.9.65.0/24:445"), (10123, "")}
    status = {row.feature: bounds.word for row, bounds in zip(found.rows, found.bounds, strict=True)}
    assert status == {"client_push": "broken", "client_notification": "degraded", "client_requests": "works"}
