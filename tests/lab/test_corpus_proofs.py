"""Real machines in the demo's site: what packets do on them is what the audit says, and no packet contradicts the engine."""

from __future__ import annotations

import pytest
from tests.conftest import ROOT

from cmfw import catalog
from cmfw.diagnose import diagnose
from cmfw.diagnose.planned_state import all_windows
from cmfw.engine.exact import Engine
from cmfw.ingest import read_state
from cmfw.ingest.site import read_site
from cmfw.lab.layout import make_layout
from cmfw.lab.prove import prove
from cmfw.lab.run import Runner
from cmfw.resolve import resolve

pytestmark = [pytest.mark.lab, pytest.mark.corpus]

DEMO = ROOT / "src" / "cmfw" / "demo" / "site.toml"
MACHINES = (
    "hives/luthfina16_v2.30.wfw",
    "hives/puppet_fwpolicy_full_v2.28.wfw",
    "hives/malton33_Firewall.reg",
    "hives/win10_SYSTEM.xz",
    "gpo/detectionlab_workstations_auditing/registry.pol",
)


@pytest.mark.parametrize("name", MACHINES, ids=lambda name: name.rsplit("/", 1)[-1])
def test_a_real_machine(name, corpus, record_count):
    site = all_windows(read_site(str(DEMO)))
    facts = catalog.load(site.packs)
    plan = resolve(facts, site)
    state = read_state([str(corpus / name)]).state
    layout = make_layout(site, plan, {(True, "office"): state})
    with Runner(layout) as lab:
        found = prove(plan, layout, lab)
    assert found.wrong == ()
    assert all(removal.agrees for removal in found.removals)
    audited = diagnose(facts, site, plan, Engine(state), "office")
    said = {(row.feature, row.peer): row.bounds for row in audited.rows}
    for row, bounds in zip(found.rows, found.bounds, strict=True):
        wanted = said[row.feature, row.peer]
        # packets are samples of what the audit judges whole, so they may be certain where it is not
        assert wanted is None or (wanted.low <= bounds.high and bounds.low <= wanted.high), (row, wanted, bounds)
    record_count("packets of the lab: real machines", found.sent)
