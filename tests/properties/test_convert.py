"""Random states and real machines, to every host target: what is written is as wide as it says, and never wider."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from tests.properties import universe

from cmfw.emit import HOST_TARGETS
from cmfw.emit.carried import carry
from cmfw.emit.convert import convert, host_target, written_state
from cmfw.engine import reference
from cmfw.ingest import read_state
from cmfw.model.state import HostState
from cmfw.model.verdict import Answer

STATES, FLOWS = 60, 25
MACHINES = (
    "hives/luthfina16_v2.30.wfw",
    "hives/puppet_fwpolicy_full_v2.28.wfw",
    "hives/win10_SYSTEM.xz",
    "hives/win7_SYSTEM.xz",
    "hives/winxp_SYSTEM",
    "hives/malton33_Firewall.reg",
    "hives/yossidoctor_FirewallRules.reg",
    "gpo/ncsc/NCSC_Windows_GPO.zip",
    "gpo/disa_server2019_ms_v2r3/registry.pol",
    "gpo/detectionlab_workstations_auditing/registry.pol",
    "gpo/nsacyber_win10_firewall_2017",
)


def named(state: HostState) -> HostState:
    """The state with the names that real rules have: without one, Windows takes no rule."""
    return replace(state, rules=tuple(replace(rule, name=f"Rule {rule.id}") for rule in state.rules))


def made_of(state: HostState, target: str) -> HostState:
    """The host that the files of the target make, every rule left out that it cannot say."""
    module = host_target(target)
    carried = carry(state, module.CAPABILITIES, module.check, "m")
    output = module.write_policy(carried.policy)
    return written_state(state, carried.policy, module.read_policy(output.artifacts))


@pytest.mark.slow
@pytest.mark.parametrize("target", HOST_TARGETS)
def test_flows_on_random_states_get_what_the_proof_says(target, soak, seed, record_count):
    """The reference judges single flows on both hosts: equal means the same answers, narrower means none more allowed."""
    rng = Random(f"{seed} {target}")
    outcomes: dict[str, int] = {}
    judged = 0
    states = STATES * max(1, soak // 5)  # each state is written, read and judged on both sides
    for _ in range(states):
        state = named(universe.state(rng, most_rules=8))
        found = convert(state, target, where="m", allow_narrower=True)
        outcomes[found.outcome] = outcomes.get(found.outcome, 0) + 1
        if found.outcome not in ("equal", "narrower"):
            assert found.output.artifacts == ()
            continue
        module = host_target(target)
        carried = carry(state, module.CAPABILITIES, module.check, "m")
        made = written_state(state, carried.policy, module.read_policy(found.output.artifacts))
        for _ in range(FLOWS):
            flow = universe.flow_near(rng, carried.source)
            old, new = reference.judge(flow, carried.source).answer, reference.judge(flow, made).answer
            judged += 1
            if found.outcome == "equal":
                assert old is new, (flow.text(), state)
            else:
                assert new is not Answer.ALLOW or old is Answer.ALLOW, (flow.text(), state)
                assert new is Answer.BLOCK or old is not Answer.BLOCK, (flow.text(), state)
    assert outcomes.get("equal", 0) >= states // 20, outcomes
    record_count(f"converted states: {target}", sum(outcomes.values()))
    record_count("converted flows judged", judged)


@pytest.mark.corpus
@pytest.mark.slow
@pytest.mark.parametrize("name", MACHINES)
def test_no_machine_becomes_wider(name, corpus):
    state = read_state([str(corpus / name)]).state
    for target in HOST_TARGETS:
        found = convert(state, target, where=name, allow_narrower=True)
        if found.output.artifacts:
            assert found.comparison.answer in ("equal", "narrower")
            again = made_of(state, target)
            assert len(again.rules) + len(found.skipped) >= len(
                [r for r in state.rules if r.store.value not in ("hardening", "appiso")]
            ) - sum(loss.code == "not-counted" for loss in found.losses)
        else:
            assert found.outcome in ("refused", "undecided")
            assert found.reasons


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["hives/luthfina16_v2.30.wfw", "hives/win10_SYSTEM.xz", "hives/win7_SYSTEM.xz"])
@pytest.mark.parametrize("target", ["reg", "registry-pol"])
def test_a_real_machine_goes_whole_into_rule_strings(name, target, corpus):
    found = convert(read_state([str(corpus / name)]).state, target, where=name)
    assert (found.outcome, found.skipped) == ("equal", ())
