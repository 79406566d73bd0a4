"""The full matrix of the lab: every planned packet with all rules and without each one, with evidence for each packet."""

from __future__ import annotations

import sys
import time

from bench.protocol import Absent, Result
from cmfw import catalog
from cmfw.diagnose.planned_state import all_windows
from cmfw.errors import LabError
from cmfw.ingest.site import read_site_text
from cmfw.lab.layout import make_layout
from cmfw.lab.prove import prove
from cmfw.net.addr import is_v6
from cmfw.resolve import resolve

SYSTEMS = """
code = "P01"
[[system]]
host = "cm1"
addresses = ["10.9.0.5", "2001:db8:9::5"]
roles = ["site_server", "management_point", "distribution_point", "fallback_status_point", "software_update_point"]
[[system]]
host = "desk1"
addresses = ["10.9.0.8", "2001:db8:9::8"]
roles = ["console"]
"""
# one that blocks nothing outbound, as most do
LAST = """
[[clients]]
name = "plain"
subnets = ["10.9.90.0/24", "2001:db8:90::/64"]
"""
GROUP = """
[[clients]]
name = "group{n}"
subnets = ["10.9.{n}.0/24", "2001:db8:{n}::/64"]
default_outbound = "block"
"""
FULL, QUICK = 2, 1
LIMIT_S = 3.0
"""For a quiet machine with two processors."""
RULES, PACKETS = 60, 3600


def run(*, quick: bool) -> Result:
    """Rules, packets, and the time from a plan to its proof, the building of the lab included."""
    if sys.platform != "linux":
        raise Absent("no network namespaces on this system")
    text = SYSTEMS + "".join(GROUP.format(n=64 + number) for number in range(QUICK if quick else FULL)) + LAST
    site = all_windows(read_site_text(text, "site.toml"))
    plan = resolve(catalog.load(site.packs), site)
    layout = make_layout(site, plan)
    best, proof = float("inf"), None
    for _ in range(1 if quick else 3):
        start = time.perf_counter()
        try:
            from cmfw.lab.run import Runner

            with Runner(layout) as lab:
                proof = prove(plan, layout, lab)
        except LabError as error:
            raise Absent(str(error)) from error
        best = min(best, time.perf_counter() - start)
    assert proof is not None
    families = {is_v6(trial.packet.target_address) for trial in proof.required}
    return Result(
        figures={
            "rules": len(proof.removals),
            "packets": proof.sent,
            "prove_s": round(best, 2),
            "packets_per_s": round(proof.sent / best),
        },
        answers={
            "no packet does other than predicted": not proof.wrong,
            "every status is as predicted": all(removal.agrees for removal in proof.removals),
            "both families": families == {False, True},
            f"at least {RULES} rules and {PACKETS} packets": quick
            or (len(proof.removals) >= RULES and proof.sent >= PACKETS),
        },
        claims={f"the matrix in under {LIMIT_S:g} s": best < LIMIT_S},
    )
