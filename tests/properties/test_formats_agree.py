"""One real machine in two formats: what reads both finds no flow that they treat differently, over all flows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cmfw.emit.convert import convert
from cmfw.engine.difference import differ
from cmfw.ingest import read_state
from cmfw.model.rule import Store
from cmfw.model.state import HostState

WFW, WINDOWS_7 = "hives/luthfina16_v2.30.wfw", "hives/win7_SYSTEM.xz"
LISTED = "hives/yossidoctor_FirewallRules.reg"
DISA, NCSC = "gpo/disa_server2019_ms_v2r3/registry.pol", "gpo/ncsc/NCSC_Windows_GPO.zip"
NSA = "gpo/nsacyber_win10_firewall_2017"
WRITTEN = [
    *((name, target) for name in (WFW, WINDOWS_7, LISTED, DISA, NCSC) for target in ("registry-pol", "reg")),
    *((name, "gpo-backup") for name in (WFW, WINDOWS_7, LISTED, DISA, NCSC, NSA)),
    *((name, "syncml") for name in (DISA, NCSC, NSA)),
    (DISA, "intune"),
]
REPORTS = [
    "disa_windows_firewall_stig/{F089F2A4-6D59-42DA-8DF9-2A9AC7709341}",
    "nsacyber_win10_firewall_2017",
    "ms_baseline_sample",
]


def own(state: HostState) -> HostState:
    """The state without the rules of Windows' own stores, which no target carries."""
    return replace(state, rules=tuple(r for r in state.rules if r.store not in (Store.HARDENING, Store.APPISO)))


def read_again(folder: Path, target: str, state: HostState) -> HostState:
    """What the reader of anybody's files makes of the files of the target; it knows nothing of who wrote them."""
    found = convert(state, target, where="m")
    assert (found.outcome, found.skipped) == ("equal", ())
    for artifact in found.output.artifacts:
        place = folder / artifact.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(artifact.content)
    main = next(artifact.path for artifact in found.output.artifacts if not artifact.path.startswith("undo"))
    return read_state([str(folder if target == "gpo-backup" else folder / main)]).state


@pytest.mark.corpus
@pytest.mark.slow
@pytest.mark.parametrize(("name", "target"), WRITTEN, ids=lambda text: text.rpartition("/")[2])
def test_a_machine_and_what_was_written_of_it_are_equal(name, target, corpus, tmp_path):
    state = read_state([str(corpus / name)]).state
    found = differ(own(state), own(read_again(tmp_path, target, state)))
    assert found.changes == ()
    assert not found.not_compared


@pytest.mark.corpus
@pytest.mark.parametrize("folder", REPORTS, ids=lambda text: text.partition("/")[0])
def test_a_policy_and_the_report_of_it_are_equal(folder, corpus):
    report, policy = (
        read_state([str(corpus / "gpo" / folder / name)]).state
        for name in ("gpreport.xml", "DomainSysvol/GPO/Machine/registry.pol")
    )
    found = differ(report, policy)
    assert found.changes == ()
    assert not found.not_compared


@pytest.mark.corpus
def test_two_formats_that_say_something_else_are_not_equal(corpus, tmp_path):
    """The comparison sees a single rule that is gone."""
    state = read_state([str(corpus / DISA)]).state
    fewer = replace(state, rules=state.rules[1:])
    assert differ(own(state), own(read_again(tmp_path, "registry-pol", fewer))).changes
